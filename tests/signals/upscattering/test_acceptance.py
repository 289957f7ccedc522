"""Where N passes the decay volumes: exact contents, reciprocity, and whole templates against a direct Monte Carlo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nudipole import units
from nudipole.detectors import geometry
from nudipole.inputs import cards
from nudipole.portal import Direction
from nudipole.processes.decays import hnl_decay
from nudipole.signals import production
from nudipole.signals.upscattering import acceptance as passages
from nudipole.signals.upscattering import decay_sample, directions
from nudipole.signals.upscattering import model as upscatter_decay
from tests import chain

BOX = {"model": "box", "width_m": 3.0, "height_m": 2.0, "length_m": 6.0}


def length(found, name):
    """Integral of h over s at each angle [kg m]."""
    return found.mean[name] @ np.diff(found.edges)


def test_contents_of_cells_are_exact():
    box = geometry.box(2.0, 2.0, 10.0)
    far = geometry.box(2.0, 2.0, 1.0, [0.0, 0.0, 40.0])
    found = passages.tabulate([("far", passages.Body(far, 3.0))], [box])
    assert np.all(length(found, "far")[: np.searchsorted(passages.ANGLES, 0.5 * np.pi)] == 0.0)
    found = passages.tabulate([("before", passages.Body(box, 3.0))], [far])
    assert length(found, "before")[0] == pytest.approx(
        3.0, rel=1e-6, abs=0
    )  # 3 kg, one metre each, all of it straight ahead
    inside = passages.tabulate([("itself", passages.Body(box, 3.0))], [box])
    assert length(inside, "itself")[0] == pytest.approx(15.0, rel=0.01, abs=0)  # half of the length on average


@pytest.mark.parametrize("angle", [0.0, 0.3, 1.0])
def test_a_broad_slab_gives_every_direction_the_whole_volume(angle):
    """Mean path through V of N from a slab of thickness T: density V T / cos(theta), whatever the shape of V."""
    box = geometry.box(1.0, 1.0, 50.0)
    found = passages.tabulate([("rock", passages.Slab(-100.0, -60.0, 2.0))], [box])
    total = np.interp(angle, passages.ANGLES, length(found, "rock"))
    assert total == pytest.approx(2.0 * 50.0 * 40.0 / np.cos(angle), rel=0.02, abs=0)


def test_separation_cuts_paths_short():
    box = geometry.box(2.0, 2.0, 10.0)
    found = passages.tabulate([("x", passages.Body(box, 1.0))], [box], separation=4.0)
    assert found.edges[1] == pytest.approx(4.0, rel=1e-6, abs=0)
    assert length(found, "x")[0] == pytest.approx(1.8, rel=0.02, abs=0)  # int_4^10 (10 - s)/10 ds


# --- whole templates -----------------------------------------------------------------------------------------------------
def _model(**changes):
    raw = {
        "schema": 1, "key": "toy", "title": "toy", "signal": "upscatter-decay", "basis": "first-principles",
        "summary": "x", "source": {"flux": "booster", "baseline_m": 541.0}, "exposure": {"protons_on_target": 1e21},
        "matter": [{"name": "box", "material": "C", "mass_tonne": 50.0, "shape": BOX}], "detector": BOX,
        "observation": {"statistic": "upper-limit", "allowed": 3.0, "expectation": "none"},
    }  # fmt: skip
    return upscatter_decay.build(cards.convert(raw | changes, upscatter_decay.CardType, Path("toy")), Path("toy"))


def monte_carlo(model, mass, couplings, number=1 << 19, energies=240):
    """Counts in each bin by plain sampling: final states by weight, places, azimuths, decays, smearing, one by one."""
    rng = np.random.default_rng(7)
    direction, selection, size = Direction("mu"), model.card.selection, model.observation.size
    energy, fluence = model.flux.nodes(direction)
    edges = np.geomspace(energy.min(), energy.max() * (1 + 1e-9), energies + 1)
    cell = np.searchsorted(edges, energy, side="right") - 1
    weight = np.bincount(cell, fluence, energies)
    keep = weight > 0
    energy, fluence = np.bincount(cell, fluence * energy, energies)[keep] / weight[keep], weight[keep]
    counts = np.zeros((len(couplings), size))
    widths = hnl_decay.partial_widths(mass)
    whole = sum(widths.values())
    for region in model.regions:
        (states,) = production.final_states(region.material, energy, np.array([mass]), region.matter.channels)
        rate = states.weight * fluence[states.neutrino] * model.card.exposure.protons_on_target
        chosen = rng.choice(len(rate), number, p=rate / rate.sum())
        sine = states.sine[chosen]
        cosine = np.where(states.forward[chosen], 1.0, -1.0) * np.sqrt(1 - sine**2)
        azimuth = 2 * np.pi * rng.random(number)
        path = np.column_stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine])
        if isinstance(region.place, passages.Body):
            origin, kilograms = region.place.volume.sample(rng.random((number, 3))), region.place.kilograms
            near, far = model.detectors[0].chord(origin, path)
        else:  # lines through a disc about the detector; N made anywhere on them inside the slab
            slab, radius = region.place, 4.0
            across = np.cross(path, rng.normal(size=(number, 3)))
            across /= np.linalg.norm(across, axis=1)[:, None]
            point = across * (radius * np.sqrt(rng.random(number)))[:, None]
            forward = cosine > passages.STEEPEST
            thickness = np.where(forward, (slab.stop - slab.start) / np.where(forward, cosine, 1.0), 0.0)
            z = slab.start + (slab.stop - slab.start) * rng.random(number)
            back = (point[:, 2] - z) / np.where(forward, cosine, 1.0)
            near, far = model.detectors[0].chord(point - back[:, None] * path, path)
            kilograms = slab.density * np.pi * radius**2 * thickness
        hnl = states.energy[chosen]
        momentum = np.sqrt(hnl**2 - mass**2)
        spin = states.polarisation[chosen]
        pair = decay_sample.pair_mass_squared(mass, rng.random(number)) if selection.visible == "pair" else 0.0
        spin = spin * (1 - pair / 2) / (1 + pair / 2)
        spread = 4 * rng.random(number) - 2 - spin
        rest = spread / (1 + np.sqrt(np.maximum(1 - spin * spread, 0)))
        true, alpha = chain.boosted_photon(hnl, momentum, mass, rest, pair)
        if model.photons.integrates_azimuth:  # which here is drawn
            seen = directions.cosine_to_axis(cosine, alpha, rng.random(number))
            good = (true >= selection.energy_min_GeV) & (seen >= selection.cosine_min)
            bins, efficiency = np.where(good, 0, -1), np.full(number, selection.efficiency)
        else:
            bins, efficiency = model.photons.reconstructed(true, (cosine, alpha), lambda _: rng.random(number), mass)
        hit = (far > near) & (bins >= 0)
        weight = (efficiency * kilograms * rate.sum() / number)[hit]
        kappa = whole * mass / momentum[hit] / units.HBAR_C
        for row, d in enumerate(couplings):
            decays = np.exp(-kappa * d**2 * near[hit]) * -np.expm1(-kappa * d**2 * (far - near)[hit])
            counts[row] += d**2 * np.bincount(bins[hit], weight * decays, size)
    visible = {"photon": widths["nu gamma"], "pair": widths["nu e+ e-"]}[selection.visible] / whole
    return counts * visible


CASES = {
    "photons above a threshold": {"selection": {"energy_min_GeV": 0.1}},
    "a narrow cone": {"selection": {"energy_min_GeV": 0.15, "cosine_min": 0.99, "visible": "pair"}},
    "smeared energies and angles": {
        "selection": {"energy_min_GeV": 0.14, "energy_resolution": [0.12, 0.01], "angle_resolution_deg": 3.0},
        "histogram": {"variable": "quasi-elastic-energy", "edges": [0.2, 0.475, 0.8, 3.0]},
        "observation": {"statistic": "poisson", "counts": [1.0, 1.0, 1.0]},
        "background": [{"name": "b", "counts": [1.0, 1.0, 1.0]}],
    },
    "soil before the detector": {
        "matter": [{"name": "soil", "material": "crust", "density_g_cm3": 2.0, "upstream_m": [-60.0, -8.0]}],
    },
    "a vessel behind the target": {"detector": BOX | {"length_m": 20.0, "centre_m": [0.0, 0.0, 25.0]}},
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_template_agrees_with_a_direct_monte_carlo(case):
    """One per cent in d is four in the counts of long-lived N and two in those of prompt ones."""
    model = _model(**CASES[case])
    for mass in (0.02, 0.25):
        flank = np.sqrt(
            2.0 * 0.7 * units.HBAR_C / (8.0 * mass * float(hnl_decay.total_width(mass)))
        )  # exp(-2) over 8 m
        couplings = flank * np.array([1e-3, 0.3, 1.0])
        ours = model.signal(np.array([mass]), Direction("mu")).counts(0, couplings)
        number = 1 << (21 if "histogram" in CASES[case] else 19)  # bins hold fewer: 0.6 % of chance at 2^19
        theirs = monte_carlo(model, mass, couplings, number)
        kept = theirs > 1e-3 * theirs.max(axis=1, keepdims=True)
        assert np.abs(ours / theirs - 1.0)[kept].max() < 0.025
        assert ours.sum(axis=1) == pytest.approx(theirs.sum(axis=1), rel=0.02, abs=0)


def test_a_late_photon_needs_a_long_path():
    """delta = (s/c)(1/beta - 1): a cut far below every delay changes nothing, one far above leaves nothing."""
    cuts = ({}, {"delay_min_ns": 1e-6}, {"delay_min_ns": 5.0}, {"delay_min_ns": 1e6})
    none, loose, firm, all_ = (
        _model(selection=cut).signal(np.array([0.2]), Direction("mu")).counts(0, np.array([1e-8])).sum() for cut in cuts
    )
    assert loose == pytest.approx(none, rel=1e-3, abs=0)
    assert 0.0 < firm < 0.2 * none
    assert all_ == 0.0


def test_a_gate_over_the_whole_period_counts_everything():
    gate = {"gate_ns": (0.0, 18.94), "bunch_period_ns": 18.94, "bunch_sigma_ns": 2.0}
    one, other = (
        _model(selection=cut).signal(np.array([0.2]), Direction("mu")).counts(0, np.array([1e-8])).sum()
        for cut in ({}, gate)
    )
    assert other == pytest.approx(one, rel=1e-6, abs=0)
