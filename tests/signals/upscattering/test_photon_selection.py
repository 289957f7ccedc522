"""What is kept of the photons: conversion in the whole chain, against a direct Monte Carlo of single N."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nudipole.detectors.conversion import Converter, conversion_map
from nudipole.detectors.geometry import box
from nudipole.errors import CardError
from nudipole.inputs import cards
from nudipole.matter import photon_conversion
from nudipole.processes.decays import hnl_decay
from nudipole.signals.upscattering import directions, photon_selection
from nudipole.signals.upscattering import model as upscatter_decay
from nudipole.signals.upscattering.card import Histogram, Selection
from tests import chain
from tests.signals.upscattering.test_model import CARD, counts, model

BALL = {"model": "sphere", "radius_m": 5.0}


def converter(density, **changes):
    return {"name": "ball", "material": "C", "density_g_cm3": density, "shape": BALL} | changes


def test_everything_converts_in_thick_matter():
    """Against the same sample of photons, and to its own 1 % against the exact integral over their energies."""
    cut, smeared = {"energy_min_GeV": 0.05}, {"angle_resolution_deg": 1e-9}
    plain, sampled = model(selection=cut), model(selection=cut | smeared)
    dense = {"conversion": [converter(1e5)]}
    thick, same = model(selection=cut | dense), model(selection=cut | smeared | dense)
    for mass, d in ((0.3, 10.0), (0.02, 1e-8)):
        assert counts(same, mass, d)[0] == pytest.approx(counts(sampled, mass, d)[0], rel=1e-4, abs=0)
        assert counts(thick, mass, d)[0] == pytest.approx(counts(plain, mass, d)[0], rel=1e-2, abs=0)


def test_thin_matter_counts_in_proportion():
    thin, thinner = (model(selection={"conversion": [converter(d)]}) for d in (1e-4, 1e-5))
    assert counts(thin, 0.1, 1e-7)[0] / counts(thinner, 0.1, 1e-7)[0] == pytest.approx(10.0, rel=2e-3, abs=0)


def test_matter_that_loses_photons_sees_none():
    lost = model(selection={"conversion": [converter(1.0, seen=0.0)]})
    assert counts(lost, 0.1, 1e-7)[0] == 0.0


def test_photon_and_pair_together():
    """visible = both: the pairs of N -> nu e+ e- count whatever the photon does."""
    widths = hnl_decay.partial_widths(0.3)
    pairs = float(widths["nu e+ e-"]) / float(sum(widths.values()))
    lost = model(selection={"visible": "both", "conversion": [converter(1.0, seen=0.0)]})
    plain = model(selection={"visible": "photon"})
    photons = float(widths["nu gamma"]) / float(sum(widths.values()))
    ratio = counts(lost, 0.3, 10.0)[0] / counts(plain, 0.3, 10.0)[0]
    assert ratio == pytest.approx(pairs / photons, rel=0.01, abs=0)


def test_pairs_alone_need_no_conversion():
    raw = CARD | {"selection": {"visible": "pair", "conversion": [converter(1.0)]}}
    with pytest.raises(CardError, match="visible must be photon or both"):
        upscatter_decay.build(cards.convert(raw, upscatter_decay.CardType, Path("toy.toml")), Path("toy.toml"))


def test_unknown_matter_is_named_with_its_field():
    with pytest.raises(CardError, match=r"selection\.conversion\.ball\.material = 'unobtainium'"):
        model(selection={"conversion": [converter(1.0, material="unobtainium")]})


@pytest.mark.parametrize("polarisation", [0.0, 1.0])
def test_one_n_against_a_direct_monte_carlo(polarisation):
    """Decay points, decay angles and free paths at random; N at 20 degrees, photons above 0.2 GeV that convert."""
    rng = np.random.default_rng(8)
    volume, mass, momentum, angle, number = box(2.0, 2.0, 3.0), 0.25, 0.6, np.deg2rad(20.0), 400_000
    chosen = photon_selection.PhotonSelection(
        Selection(energy_min_GeV=0.2), Histogram(), None, conversion_map([Converter(volume, "CH2", 0.86)], [volume])
    )
    angles, momenta = np.array([angle, angle + 1e-6]), np.array([momentum, momentum * (1.0 - 1e-6)])
    plain, tilt = chosen.accepted(mass, angles, momenta, np.array([[1.0, 0.0], [0.0, 0.0]]))
    ours = plain[0, 0, 0] + polarisation * tilt[0, 0, 0]

    rest = 2.0 * rng.random(number) - 1.0
    energy = np.hypot(momentum, mass)
    photon, alpha = chain.boosted_photon(energy, momentum, mass, rest)
    cosine = directions.cosine_to_axis(np.full(number, np.cos(angle)), alpha, rng.random(number))
    azimuth, sine = 2.0 * np.pi * rng.random(number), np.sqrt(1.0 - cosine**2)
    path = np.stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine], axis=1)
    _, far = volume.chord(volume.sample(rng.random((number, 3))), path)
    grid = np.geomspace(1.1e-3, 1.0, 300)
    rate = 86.0 * np.interp(photon, grid, photon_conversion.conversions_per_depth("CH2", grid), left=0.0)
    kept = (photon > 0.2) & (rng.exponential(1.0, number) < far * rate)
    expected = np.mean(kept * (1.0 - polarisation * rest))
    assert ours == pytest.approx(expected, rel=0.01, abs=0)
