"""The generator's contract: totals and binned distributions of every key follow the template of the same card.

A template states its own accuracy, 1 per cent in the coupling: that is allowed beside three standard deviations.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import nudipole as nd
from nudipole.api import direction
from nudipole.catalogue import registry

NUMBER = 20_000
POINTS = {  # key: mass [GeV], d [GeV^-1], flavour
    "miniboone": (0.15, 1e-6, "mu"),
    "dune-nd": (0.3, 1e-7, "mu"),
    "t2k-nd280": (0.15, 1e-6, "mu"),
    "charm-ii": (0.05, 1e-6, "mu"),
    "fasernu": (0.05, 1e-6, "mu"),
    "facet": (0.3, 1e-6, "universal"),
    "hike": (0.1, 1e-6, "e"),
    "conus-plus": (1e-3, 1e-8, "e"),
    "lz-nees": (1e-4, 1e-9, "tau"),
    "coherent-csi": (5e-3, 1e-7, "mu"),
    "coherent-lar": (0.03, 3e-6, "mu"),
    "icecube": (0.2, 1e-6, "mu"),
    "superk-atmospheric": (0.05, 1e-6, "mu"),
    "lsnd": (0.03, 1e-6, "mu"),
    "minerva": (0.1, 1e-6, "mu"),
    "borexino-superk-earth": (5e-3, 1e-6, "mu"),
    "lep": (10.0, 3e-5, "mu"),
    "besiii": (0.5, 1e-4, "mu"),
    "lhc-monophoton": (1.0, 1e-5, "mu"),
}


QUICK = ("miniboone", "charm-ii", "facet", "conus-plus", "icecube", "besiii", "lhc-monophoton", "lsnd")
ALL = [key if key in QUICK else pytest.param(key, marks=pytest.mark.validation) for key in POINTS]


def _agrees(key, mass, d, flavor, number=NUMBER, **options):
    table = nd.generate(key, mass, d, flavor, number, **options)
    signal = nd.rate(key, mass, d, flavor, **options).signal
    counts, errors = table.counts(len(signal))
    own = abs(nd.rate(key, mass, 1.01 * d, flavor, **options).signal.sum() - signal.sum())
    scale = table.provenance["expected_error"] / table.provenance["expected"] * counts.sum()
    error = np.sqrt(np.sum(errors**2) + scale**2)
    assert counts.sum() > 0
    assert abs(counts.sum() - signal.sum()) < 3 * error + own, (counts.sum(), signal.sum(), error)
    return counts, errors, signal


@pytest.mark.parametrize("key", ALL)
def test_totals_and_bins_follow_the_template(key):
    counts, errors, signal = _agrees(key, *POINTS[key])
    filled = (errors > 0) & (counts > 5 * errors)
    if np.count_nonzero(filled) < 2:
        return
    # shapes: each normalised, with 5 per cent of a bin allowed to the template's own sampling
    ours, theirs = counts[filled] / counts[filled].sum(), signal[filled] / signal[filled].sum()
    error = np.hypot(errors[filled] / counts[filled].sum(), 0.03 * theirs)
    chi2 = np.sum(((ours - theirs) / error) ** 2)
    assert stats.chi2.sf(chi2, np.count_nonzero(filled) - 1) > 1e-3 / len(POINTS)


@pytest.mark.validation
@pytest.mark.parametrize("key", sorted(set(registry.card_keys()) - set(POINTS)))
def test_every_other_key_follows_its_template(key):
    """In the middle of its range of masses, at the coupling where its curve is, with the first flavour that has one."""
    experiment = registry.get(key)
    low, high = experiment.mass_range
    for flavor in experiment.flavors:
        for share in (0.5, 0.6, 0.4, 0.7, 0.3):
            mass = float(low ** (1 - share) * min(high, 1e3) ** share)
            d = float(experiment.limit([mass], direction(flavor)).lower[0])
            if np.isfinite(d) and nd.rate(key, mass, d, flavor).signal.sum() > 0:
                _agrees(key, mass, d, flavor)
                return
    pytest.fail(f"no point of {key} is excluded")


def test_a_majorana_n_follows_its_template():
    _agrees("miniboone", 0.15, 1e-6, "mu", majorana=True)


def test_weighted_events_follow_the_template():
    table = nd.generate("miniboone", 0.15, 1e-6, "mu", NUMBER, weighted=True)
    signal = nd.rate("miniboone", 0.15, 1e-6, "mu").signal.sum()
    counts, errors = table.counts(8)
    assert abs(counts.sum() - signal) < 4 * np.sqrt(np.sum(errors**2)) + 0.02 * signal


@pytest.mark.parametrize("key", ALL)
def test_four_momentum_is_conserved_and_particles_are_on_their_mass_shells(key):
    mass, d, flavor = POINTS[key]
    table = nd.generate(key, mass, d, flavor, 2000)
    slots = {
        slot: np.stack(np.broadcast_arrays(*table.momentum(slot)))
        for slot in ("beam", "target", "hnl", "recoil", "extra")
    }
    size = np.maximum(slots["beam"][0] + slots["target"][0], 1e-300)
    left = slots["beam"] + slots["target"] - slots["hnl"] - slots["recoil"] - slots["extra"]
    assert np.max(np.abs(left) / size) < 1e-10
    energy, x, y, z = slots["hnl"]
    assert np.max(np.abs(energy**2 - x**2 - y**2 - z**2 - mass**2) / energy**2) < 1e-10
    decays = table.pdg("photon") != 0
    if decays.any():
        light = [np.stack(np.broadcast_arrays(*table.momentum(slot))) for slot in ("neutrino", "photon", "antilepton")]
        left = (slots["hnl"] - light[0] - light[1] - light[2])[:, decays]
        assert np.max(np.abs(left) / energy[decays]) < 1e-10
        e, x, y, z = light[0][:, decays]
        assert np.max(np.abs(e**2 - x**2 - y**2 - z**2) / energy[decays] ** 2) < 1e-10
    assert set(np.unique(np.abs(table["hnl_pdg"]))) == {9900012}


def test_every_shipped_experiment_has_a_sampler_for_its_kind():
    from nudipole.generator.samplers.sampler import SAMPLERS

    for key in registry.card_keys():
        assert type(registry.get(key).model()).__name__ in SAMPLERS, key
