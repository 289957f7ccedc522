"""Cards whose photons must convert: what share does, and how far the curves move."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nudipole.catalogue import registry
from nudipole.inputs import cards
from nudipole.portal import Direction
from nudipole.signals.upscattering import model as upscatter_decay

LONG_LIVED = 1e-9


def built(card, preset="default", **selection):
    file = registry.card_directory() / f"{card}.toml"
    raw = cards.apply_preset(cards.read(file), preset, file)
    raw = raw | {"selection": raw["selection"] | selection}
    return upscatter_decay.build(cards.convert(raw, upscatter_decay.CardType, file), Path(file))


def events(model, mass, d=LONG_LIVED):
    return float(model.signal(np.array([mass]), Direction("mu")).counts(0, np.array([d])).sum())


@pytest.mark.parametrize(
    ("card", "preset", "low", "high"),
    [
        ("nomad", "nomad2012", 0.26, 0.29),  # 0.94 radiation lengths, decays all along it
        ("nomad", "nomad2001", 0.23, 0.26),  # 0.80
        ("parts/minerva-photon", "default", 0.74, 0.79),
        ("dune-nd", "default", 0.92, 0.96),
        ("miniboone", "converted", 0.53, 0.56),  # the fiducial sphere is 0.55 of the tank
        ("t2k-nd280", "converted-photons", 0.003, 0.004),
    ],
)
def test_share_of_photons_that_convert(card, preset, low, high):
    """Long-lived N of 20 MeV: their decays are as even as the average over decay points takes them."""
    pairs = {"visible": "photon"} if preset == "nomad2001" else {}
    share = events(built(card, preset, **pairs), 0.02) / events(built(card, preset, conversion=[], **pairs), 0.02)
    assert low < share < high


def test_nomad_from_counts_lies_near_the_published_photons_per_event():
    """78 over 76.6 +- 5.3 with acceptance and protons, against 1.6e-4 photons per charged current: flux apart the same."""
    masses = np.array([0.01, 0.1, 0.5, 1.0])
    limits = {
        p: registry.get("nomad").limit(masses, Direction("mu"), preset=p).lower for p in ("nomad2012", "collinear")
    }
    assert limits["nomad2012"] / limits["collinear"] == pytest.approx(np.full(4, 1.06), abs=0.05)


def test_fiducial_sphere_loses_what_it_gains():
    masses = np.array([0.01, 0.1, 0.5])
    limits = [
        registry.get("miniboone").limit(masses, Direction("mu"), preset=p).lower for p in ("converted", "default")
    ]
    assert limits[0] / limits[1] == pytest.approx(np.ones(3), abs=0.02)


def test_photons_reach_the_gas_where_heavy_n_do_not():
    masses = np.array([0.1, 0.4])
    experiment = registry.get("t2k-nd280")
    photons, pairs = (
        experiment.limit(masses, Direction("mu"), preset=p).lower for p in ("converted-photons", "default")
    )
    assert 0.7 < photons[0] / pairs[0] < 1.0
    assert photons[1] / pairs[1] < 0.3
