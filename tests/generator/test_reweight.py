"""Reweighted events are those of the other point: closure bin by bin, and refusals where they do not cover it."""

from __future__ import annotations

import numpy as np
import pytest

import nudipole as nd
from nudipole.errors import DomainError

NUMBER = 60_000


def _histograms(table):
    """Weights in bins of what a detector sees, after nothing but the decay."""
    photon = table.pdg("photon") == 22
    energy, angle = table["photon_E"], table["photon_pz"] / np.maximum(table["photon_E"], 1e-300)
    for value, edges in (
        (energy, np.geomspace(0.05, 3.0, 9)),
        (angle, np.array([-1.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0])),
        (table["path"], np.geomspace(1.0, 470.0, 8)),
    ):
        yield (
            np.histogram(value[photon], edges, weights=table["weight"][photon])[0],
            np.histogram(value[photon], edges, weights=table["weight"][photon] ** 2)[0],
        )


def _closes(ours, theirs, tolerance=0.01):
    checked = 0
    for (one, error), (two, other) in zip(_histograms(ours), _histograms(theirs), strict=True):
        effective = one**2 / np.maximum(error, 1e-300)
        big = (effective > 1000) & (two > 0)
        checked += int(big.sum())
        room = tolerance * two + 4 * np.sqrt(error + other)
        assert np.all(np.abs(one - two)[big] < room[big]), (one / two)[big]
    assert checked > 5


@pytest.mark.parametrize(("of", "d"), [(1e-7, 1.5e-7), (1e-6, 8e-7), (1e-6, 1.4e-6), (1e-5, 1.2e-5)])
def test_another_coupling(of, d):
    found = nd.reweight(nd.generate("miniboone", 0.15, of, "mu", NUMBER, seed=2), d=d)
    assert found.effective_size > 0.1 * NUMBER
    _closes(found.table, nd.generate("miniboone", 0.15, d, "mu", NUMBER, seed=3))


def test_the_other_nature_both_ways():
    dirac = nd.generate("miniboone", 0.15, 1e-6, "mu", NUMBER, seed=2)
    majorana = nd.generate("miniboone", 0.15, 1e-6, "mu", NUMBER, seed=3, majorana=True)
    _closes(nd.reweight(majorana, d=1e-6, majorana=False).table, dirac)
    there = nd.reweight(dirac, d=1e-6, majorana=True)
    _closes(there.table, majorana)
    assert there.effective_size < 0.9 * NUMBER
    photons = there.table.pdg("photon") == 22
    nubar = there.table["neutrino_pdg"] < 0
    weight = there.table["weight"]
    assert weight[photons & nubar].sum() / weight[photons].sum() == pytest.approx(0.5, rel=0.05, abs=0)


@pytest.mark.parametrize("mass", [0.152, 0.157])
def test_a_mass_a_little_higher(mass):
    table = nd.generate("miniboone", 0.15, 1e-6, "mu", NUMBER, seed=2)
    found = nd.reweight(table, d=1e-6, mass=mass)
    ours, theirs = found.table, nd.generate("miniboone", mass, 1e-6, "mu", NUMBER, seed=3)
    _closes(ours, theirs, tolerance=0.03)
    energy, x, y, z = ours.momentum("hnl")
    good = ours["weight"] > 0
    assert np.max(np.abs(energy**2 - x**2 - y**2 - z**2 - mass**2)[good] / energy[good] ** 2) < 1e-9
    left = [
        h - n - p
        for h, n, p in zip(ours.momentum("hnl"), ours.momentum("neutrino"), ours.momentum("photon"), strict=True)
    ]
    assert np.max(np.abs(np.stack(left))[:, good]) < 1e-12
    counted = nd.rate("miniboone", mass, 1e-6, "mu").signal.sum()
    assert ours.counted.sum() == pytest.approx(counted, rel=0.06, abs=0)


def test_n_that_leaves_follows_its_survival():
    table = nd.generate("charm-ii", 0.05, 1e-6, "mu", NUMBER)
    found = nd.reweight(table, d=1e-5)
    wanted = nd.generate("charm-ii", 0.05, 1e-5, "mu", NUMBER).provenance["expected"]
    assert found.table["weight"].sum() == pytest.approx(wanted, rel=0.02, abs=0)


def test_an_extra_width_stays():
    table = nd.generate("miniboone", 0.15, 1e-6, "mu", 20_000, extra_width=1e-15)
    wanted = nd.generate("miniboone", 0.15, 2e-6, "mu", 1000, extra_width=1e-15).provenance["expected"]
    assert nd.reweight(table, d=2e-6).table["weight"].sum() == pytest.approx(wanted, rel=0.02, abs=0)


def test_files_go_in_and_out(tmp_path):
    one, two = tmp_path / "one.parquet", tmp_path / "two.parquet"
    nd.generate("miniboone", 0.15, 1e-6, "mu", 3000, out=one)
    found = nd.reweight(one, d=2e-6, out=two)
    back = nd.reweight(two, d=1e-6)
    assert back.table["weight"] == pytest.approx(np.full(3000, back.table["weight"][0]), rel=1e-9, abs=0)
    assert found.table.provenance["d_GeV-1"] == 2e-6
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one.parquet", "two.parquet"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"d": 1e-6, "mass": 0.14}, "none below"),
        ({"d": 1e-6, "mass": 0.3}, "cover masses up to"),
        ({"d": 0.1}, "do not cover this point"),
        ({"d": 0.0}, "d must be"),
    ],
)
def test_points_that_events_do_not_cover_are_refused(options, words):
    table = nd.generate("miniboone", 0.15, 1e-6, "mu", 1000)
    with pytest.raises(DomainError, match=words):
        nd.reweight(table, **options)


def test_files_that_are_no_events_are_refused(tmp_path):
    with pytest.raises(DomainError, match="no events in"):
        nd.reweight(tmp_path / "none.parquet", d=1e-6)
    (tmp_path / "text.parquet").write_text("text")
    with pytest.raises(DomainError, match="no Parquet file"):
        nd.reweight(tmp_path / "text.parquet", d=1e-6)
