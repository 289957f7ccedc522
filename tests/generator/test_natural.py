"""Decays that are left to the lifetime of N: those that fall where the search looks are what the template counts."""

from __future__ import annotations

import numpy as np
import pytest

import nudipole as nd
from nudipole.catalogue import registry
from nudipole.errors import NudipoleError
from nudipole.signals.earth import paths

NUMBER = 60_000
POINTS = {  # key: mass [GeV], d [GeV^-1], flavour; decay lengths of the order of the detector
    "dune-nd": (0.3, 3e-7, "mu"),
    "minerva": (0.1, 3e-6, "mu"),
    "hike": (0.1, 3e-6, "e"),
    "facet": (0.3, 1e-6, "universal"),
    "conus-plus": (1e-3, 1e-4, "e"),
    "coherent-lar": (0.03, 3e-5, "mu"),
    "charm-ii": (0.05, 1e-5, "mu"),
    "fasernu": (0.05, 1e-4, "mu"),
    "lsnd": (0.03, 1e-5, "mu"),
    "icecube": (0.2, 3e-6, "mu"),
    "lep": (10.0, 3e-5, "mu"),
    "besiii": (0.5, 1e-3, "mu"),
    "lhc-monophoton": (1.0, 1e-5, "mu"),
}
QUICK = ("charm-ii", "lsnd", "conus-plus", "icecube", "besiii", "lhc-monophoton", "dune-nd")
ALL = [key if key in QUICK else pytest.param(key, marks=pytest.mark.validation) for key in POINTS]


@pytest.mark.parametrize("key", ALL)
def test_natural_decays_where_the_search_looks_follow_the_template(key):
    mass, d, flavor = POINTS[key]
    table = nd.generate(key, mass, d, flavor, NUMBER, decays="natural")
    signal = nd.rate(key, mass, d, flavor).signal.sum()
    counted = table.counted
    scale = table.provenance["expected_error"] / table.provenance["expected"] * counted.sum()
    error = np.hypot(np.sqrt(np.sum(counted**2)), scale)
    own = abs(nd.rate(key, mass, 1.01 * d, flavor).signal.sum() - signal)  # 1 per cent in d is the template's
    assert np.count_nonzero(counted) > 50
    assert abs(counted.sum() - signal) < 3 * error + own, (counted.sum(), signal, error)


def line_shares(table, near, far):
    """The chance of each N to decay between two distances from where it is made."""
    rate = table["kappa"] * table.provenance["d_GeV-1"] ** 2 * table.provenance["decay_norm"]
    return np.exp(-rate * near) - np.exp(-rate * far)


def start_and_direction(table):
    _, *momentum = table.momentum("hnl")
    size = np.sqrt(sum(p**2 for p in momentum))
    start = np.stack([table[f"production_{axis}"] for axis in "xyz"], axis=1)
    return start, np.stack(momentum, axis=1) / size[:, None]


def test_lines_of_a_beam_cross_the_detector_as_often_as_forced_decays_need():
    """Over the lines of natural events the chance to decay inside adds up to the forced decays: no decay is waited for."""
    point = ("miniboone", 0.15, 1e-6, "mu", NUMBER)
    free, forced = nd.generate(*point, decays="natural"), nd.generate(*point)
    chords = [v.chord(*start_and_direction(free)) for v in registry.get("miniboone").model().detectors]
    assert np.all(np.max([far for _, far in chords], axis=0) > 0)  # every N flies at the detector
    inside = sum(line_shares(free, near, far) for near, far in chords) * free["weight"]
    error = np.std(inside) * np.sqrt(len(inside))
    assert error < 0.05 * inside.sum()
    assert abs(inside.sum() - forced["weight"].sum()) < 3 * error


def test_lines_through_the_earth_cross_the_detector_as_often_as_forced_decays_need():
    point = ("borexino-superk-earth", 5e-3, 1e-6, "mu", NUMBER)
    free, forced = nd.generate(*point, decays="natural"), nd.generate(*point)
    start, direction = start_and_direction(free)
    joint = registry.get("borexino-superk-earth").model()
    total = 0.0
    for index, member in enumerate(joint.members):
        rows = free["member"] == index
        if not rows.any():
            continue
        radius = paths.radius_of(member.volume)
        along = -np.sum(start * direction, axis=1)
        miss = np.sum((start + along[:, None] * direction) ** 2, axis=1)
        half = np.sqrt(np.maximum(radius**2 - miss, 0.0))
        assert np.all(miss[rows] <= radius**2 * (1 + 1e-6))
        total += np.sum((line_shares(free, along - half, along + half) * free["weight"])[rows])
    error = 3 * forced.provenance["expected_error"] + 0.05 * forced["weight"].sum()
    assert abs(total - forced["weight"].sum()) < error


def test_natural_paths_are_exponential_and_reweight_as_they_are():
    table = nd.generate("lsnd", 0.03, 1e-5, "mu", 20_000, decays="natural")
    rate = table["kappa"] * (1e-5) ** 2 * table.provenance["decay_norm"]
    depth = rate * table["path"]
    assert depth.mean() == pytest.approx(1.0, abs=0.03)
    assert np.mean(depth > 2.0) == pytest.approx(np.exp(-2.0), abs=0.01)
    assert table.provenance["decays"] == "natural"
    found = nd.reweight(table, d=1.1e-5)
    again = nd.generate("lsnd", 0.03, 1.1e-5, "mu", 20_000, decays="natural", seed=9)
    assert found.table["weight"].sum() == pytest.approx(again["weight"].sum(), rel=0.02, abs=0)
    assert found.table.counted.sum() == pytest.approx(again.counted.sum(), rel=0.15, abs=0)


def test_what_never_decays_has_no_natural_decays_and_other_words_are_refused():
    with pytest.raises(NudipoleError, match="decays"):
        nd.generate("lsnd", 0.03, 1e-5, "mu", 10, decays="sometimes")
    with pytest.raises(NudipoleError):
        nd.generate("lz-nees", 0.0, 1e-9, "mu", 10, decays="natural")
