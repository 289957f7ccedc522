"""Every marginal of one key or more of every kind against an independent Monte Carlo: Kolmogorov-Smirnov.

:mod:`tests.generator.independent` makes the same events in the simplest way. Number of tests allowed for: the chance that any
of the marginals of a point fails by accident is one in a thousand.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import nudipole as nd
from nudipole.catalogue import registry
from tests.generator import independent
from tests.generator.independent import LIGHT, Sample
from tests.generator.test_marginals import _distance

QUICK, LARGE = 3000, 20_000
SIZES = [pytest.param(QUICK, id="quick"), pytest.param(LARGE, id="large", marks=pytest.mark.validation)]


def _size(vector):
    return np.maximum(np.sqrt(vector[1] ** 2 + vector[2] ** 2 + vector[3] ** 2), 1e-300)


def _cosine(one, other):
    return sum(a * b for a, b in zip(one[1:], other[1:], strict=True)) / _size(one) / _size(other)


def _rows(table):
    """Every marginal that the events have."""
    beam, hnl, photon = (table.momentum(slot) for slot in ("beam", "hnl", "photon"))
    extra = table.momentum("extra")
    size, rows = _size(hnl), {}
    lost = beam[0] - hnl[0]
    rows |= {
        "E_nu": beam[0], "E meson": beam[0], "E_N": hnl[0], "recoil": lost, "E gamma": photon[0], "pT gamma": np.hypot(*photon[1:3]),
        "Q2": sum((a - b) ** 2 for a, b in zip(beam[1:], hnl[1:], strict=True)) - lost**2,
        "E radiated": extra[0], "radiated": extra[0], "between": _cosine(hnl, photon if photon[0].any() else extra),
    }  # fmt: skip
    rows["cos N"] = hnl[3] / size
    rows["cos radiated"] = extra[3] / _size(extra)
    rows["cos gamma"] = photon[3] / _size(photon)
    rows |= {"zenith nu": beam[3] / _size(beam), "zenith N": rows["cos N"], "zenith gamma": rows["cos gamma"]}
    if "path" in table.columns:
        rows["path"] = table["path"]
    for place in ("production", "decay"):
        for axis in "xyz":
            if f"{place}_{axis}" in table.columns:
                rows[f"{place} {axis}"] = table[f"{place}_{axis}"]
    if "decay_z" in table.columns:
        rows["decay r"] = np.sqrt(sum(table[f"decay_{axis}"] ** 2 for axis in "xyz"))
        start = table["production_t"] if "production_t" in table.columns else 0.0
        rows["time"] = table["decay_t"] - start
    if "polarisation" in table.columns:
        rows["helicity"] = table["polarisation"]
    rows["anti"] = (table.pdg("hnl") < 0).astype(float)
    return Sample(rows, table["weight"])


def _later(sample):
    """Times counted from light that flies along N."""
    return Sample(sample.rows | {"time": sample.rows["time"] - LIGHT * sample.rows["path"]}, sample.weight)


def _agree(ours, theirs, floor=300):
    """Totals, and every marginal that both have; helicities and antiparticles by their mean."""
    rough = np.sqrt(sum(np.sum(s.weight**2) / s.weight.sum() ** 2 for s in (ours, theirs)))
    assert ours.weight.sum() == pytest.approx(theirs.weight.sum(), rel=4.0 * rough + 0.015, abs=0)
    names = [name for name in theirs.rows if name in ours.rows]
    missing = set(theirs.rows) - set(names)
    assert not missing, missing
    for name in names:
        one, two = ours.rows[name], theirs.rows[name]
        if name in ("anti", "helicity"):
            means = [np.average(value, weights=s.weight) for value, s in ((one, ours), (two, theirs))]
            assert abs(means[0] - means[1]) < 4.0 * rough + 0.01, (name, means)
            continue
        one, two = one.astype(np.float32), two.astype(np.float32)  # equal values of both, rounded differently
        distance, size = _distance(one, ours.weight, two, theirs.weight)
        assert size > floor, (name, size)
        chance = stats.kstwobign.sf(distance * np.sqrt(size))
        assert chance > 1e-3 / len(names), (name, distance, size, chance)


@pytest.mark.parametrize("events", SIZES)
@pytest.mark.parametrize(
    ("key", "mass", "d", "flavor", "window"),
    [
        ("conus-plus", 1e-3, 1e-8, "e", (3e-7, 9e-7)),
        ("coherent-csi", 5e-3, 1e-7, "mu", (1e-6, 3.5e-5)),
        ("borexino", 2e-4, 1e-8, "e", (1.3e-4, 1.2e-3)),
    ],
)
def test_recoils(key, mass, d, flavor, window, events):
    """Between two recoils that the detector sees, so that its response does not matter."""
    theirs = independent.recoil(key, mass, d, flavor, 40 * events, 5)
    ours = _rows(table := nd.generate(key, mass, d, flavor, 2 * events))
    process = 4 if key == "borexino" else 1

    def inside(sample):
        return (sample.rows["recoil"] > window[0]) & (sample.rows["recoil"] < window[1])

    _agree(ours.kept(inside(ours) & (table["process"] == process)), theirs.kept(inside(theirs)))


@pytest.mark.parametrize("events", SIZES)
def test_electron_recoils(events):
    leaves, merges = independent.electron_recoil("charm-ii", "merged-showers", 0.05, 1e-5, "mu", 20 * events, 5)
    table = nd.generate("charm-ii", 0.05, 1e-5, "mu", events, preset="merged-showers")
    for process, sample in ((4, leaves), (6, merges)):
        rows = table.rows(table["process"] == process)
        if process == 6:
            rows = rows.rows(rows.pdg("photon") == 22)
        ours = _later(_rows(rows))
        low, high = (3.0 - 5.11e-4, 24.0 - 5.11e-4) if process == 4 else (0.01, 300.0)
        both = [s.kept((s.rows["recoil"] > low) & (s.rows["recoil"] < high)) for s in (ours, sample)]
        _agree(*both, floor=100)


@pytest.mark.parametrize("events", SIZES)
@pytest.mark.parametrize(
    ("key", "mass", "d", "flavor"),
    [
        pytest.param("dune-nd", 0.3, 1e-7, "mu", marks=pytest.mark.validation),
        ("t2k-nd280", 0.15, 1e-6, "mu"),
        pytest.param("t2k-nd280", 0.08, 3e-6, "e", marks=pytest.mark.validation),
    ],
)
def test_up_scattering_with_several_volumes_sources_and_kinds_of_matter(key, mass, d, flavor, events):
    theirs = independent.upscattering(key, mass, d, flavor, 20 * events, 5)
    table = nd.generate(key, mass, d, flavor, events)
    _agree(_later(_rows(table.rows(table.pdg("photon") == 22))), theirs, floor=100)


@pytest.mark.parametrize("events", SIZES)
@pytest.mark.parametrize(
    ("key", "mass", "d", "flavor"),
    [
        ("juno-earth", 0.05, 1e-6, "mu"),
        pytest.param("superk-atmospheric", 0.1, 1e-5, "mu", marks=pytest.mark.validation),
    ],
)
def test_n_of_the_earth(key, mass, d, flavor, events):
    """Photons between two energies; the cosine of N is to its neutrino."""
    theirs = independent.from_the_earth(key, mass, d, flavor, 20 * events, 5)
    table = nd.generate(key, mass, d, flavor, events)
    ours = _later(_rows(table := table.rows(table.pdg("photon") == 22)))
    ours.rows["cos N"] = _cosine(table.momentum("beam"), table.momentum("hnl"))
    _agree(*(s.kept(s.rows["E gamma"] > 0.1) for s in (ours, theirs)), floor=100)


@pytest.mark.parametrize("events", SIZES)
@pytest.mark.parametrize(
    ("key", "mass", "d", "flavor"),
    [("facet", 0.3, 1e-6, "mu"), pytest.param("ship-mesons", 0.3, 1e-6, "mu", marks=pytest.mark.validation)],
)
def test_n_of_mesons(key, mass, d, flavor, events):
    theirs = independent.meson_decay(key, mass, d, flavor, 40 * events, 5)
    table = nd.generate(key, mass, d, flavor, events)
    ours = _later(_rows(table.rows(table.pdg("photon") == 22)))
    _agree(ours, theirs, floor=100)


@pytest.mark.parametrize("events", SIZES)
@pytest.mark.parametrize(
    ("key", "mass", "d", "share"),
    [("belle-ii", 0.5, 2e-7, 2), pytest.param("lep", 0.3, 2e-6, 12, marks=pytest.mark.validation)],
)
def test_lepton_colliders(key, mass, d, share, events):
    """Of LEP's seven runnings the first has 15 per cent of the events, and one in 25 of these a radiated photon."""
    both = independent.lepton_collider(key, mass, d, 20 * events, 5)
    table = nd.generate(key, mass, d, "mu", share * events)
    first = registry.get(key).model("default").colliders[0].sqrt_s
    table = table.rows(np.abs(2.0 * table["beam_E"] - first) < 1e-9 * first)
    for process, theirs in zip((21, 22), both, strict=True):
        rows = table.rows(table["process"] == process)
        if process == 21:
            rows = rows.rows(rows.pdg("photon") == 22)
        _agree(_rows(rows), theirs.kept(theirs.weight > 0), floor=100)


@pytest.mark.parametrize("events", SIZES)
def test_hadron_colliders(events):
    theirs = independent.hadron_collider("lhc-monophoton", 1.0, 1e-5, 10 * events, 5)
    table = nd.generate("lhc-monophoton", 1.0, 1e-5, "mu", events)
    ours = _rows(table := table.rows(table.pdg("photon") == 22))
    one, two = table["beam_E"], table["target_E"]
    ours = Sample(ours.rows | {"sqrt s": 2.0 * np.sqrt(one * two), "rapidity": 0.5 * np.log(one / two)}, ours.weight)
    _agree(ours, theirs.kept(theirs.weight > 0))
