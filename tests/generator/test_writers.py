"""Every format, one key of every kind, read back by the community's own reader."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

import nudipole as nd
from nudipole.errors import MissingExtraError
from nudipole.generator.table import SLOTS
from nudipole.generator.writers.parquet import read_parquet

NUMBER = 60
KINDS = {  # one key of each kind
    "miniboone": (0.15, 1e-6, "mu"),
    "charm-ii": (0.05, 1e-6, "mu"),
    "conus-plus": (1e-3, 1e-8, "e"),
    "facet": (0.3, 1e-6, "universal"),
    "superk-atmospheric": (0.05, 1e-6, "mu"),
    "icecube": (0.2, 1e-6, "mu"),
    "besiii": (0.5, 1e-4, "mu"),
    "lhc-monophoton": (1.0, 1e-5, "mu"),
    "lsnd": (0.03, 1e-6, "mu"),
}


@pytest.fixture(scope="module", params=KINDS)
def sample(request):
    return request.param, nd.generate(request.param, *KINDS[request.param], NUMBER)


def _written(sample, tmp_path, name):
    key, table = sample
    path = tmp_path / f"events.{name}"
    made = nd.generate(key, *KINDS[key], NUMBER, format=name, out=path)
    assert made.events == NUMBER
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    return path, table


def _close(got, want):
    size = np.maximum(np.abs(want), 1e-9)
    assert np.max(np.abs(np.asarray(got) - want) / size) < 1e-9


def test_parquet(sample, tmp_path):
    awkward = pytest.importorskip("awkward")
    path, table = _written(sample, tmp_path, "parquet")
    back = read_parquet(path)
    for slot in SLOTS:
        assert np.array_equal(back.pdg(slot), table.pdg(slot))
        for got, want in zip(back.momentum(slot), table.momentum(slot), strict=True):
            assert np.array_equal(got, np.broadcast_to(want, (NUMBER,)))
    assert np.array_equal(back["weight"], table["weight"])
    assert back.provenance["experiment"] == sample[0]
    nested = awkward.from_parquet(str(path))
    assert np.allclose(awkward.to_numpy(nested.hnl.E), table["hnl_E"], rtol=1e-15, atol=0)
    from pyarrow import parquet

    field = parquet.read_schema(str(path)).field("path")
    assert field.metadata[b"unit"] == b"m"


def _read(attribute, kind):
    """A HepMC3 attribute; pyhepmc keeps what it has once converted."""
    return attribute.astype(kind) if hasattr(attribute, "astype") else attribute


def _follows_nuhepmc(run, events, table):
    """Requirements and the conventions that are claimed, NuHepMC 1.0 (arXiv:2310.13211, specification 1.0.0)."""
    said = set(run.attributes)
    for kind, used in (
        ("Process", {_read(e.attributes["signal_process_id"], int) for e in events}),
        ("VertexStatus", {v.status for e in events for v in e.vertices} - {1}),
        ("ParticleStatus", {p.status for e in events for p in e.particles} - {1, 2, 4}),
    ):  # G.R.8 to G.R.10
        listed = set(_read(run.attributes[f"NuHepMC.{kind}IDs"], list[int]))
        assert used <= listed
        for number in listed:
            assert {f"NuHepMC.{kind}Info[{number}].{what}" for what in ("Name", "Description")} <= said
    assert run.weight_names == ["CV"]  # G.R.7
    assert {"NuHepMC.Units.CrossSection.Unit", "NuHepMC.Units.CrossSection.TargetScale"} <= said  # G.R.6
    for pdg in _read(run.attributes["NuHepMC.AdditionalParticleNumbers"], list[int]):  # G.R.11, G.C.5
        assert {
            f"NuHepMC.AdditionalParticleNumber[{pdg}].Name",
            f"NuHepMC.AdditionalParticleInfo[{pdg}].Description",
        } <= said
    assert "NuHepMC.Citations.Generator.InspireHep" in said  # G.C.3
    ranges = {1: (150, 199), 2: (250, 299), 3: (250, 299), 5: (650, 699)}  # E.C.1
    numbers = [e.event_number for e in events]
    assert len(set(numbers)) == len(numbers)
    for row, event in enumerate(events):
        process = _read(event.attributes["signal_process_id"], int)
        low, high = ranges.get(int(table["process"][row]), (750, 999))
        assert low <= process <= high
        place = _read(event.attributes["lab_pos"], list[float])
        assert len(place) == 3
        if "production_z" in table.columns:  # E.R.5 in mm
            assert place[2] == pytest.approx(1e3 * table["production_z"][row], rel=1e-9, abs=1e-6)
        assert sum(p.status == 4 for p in event.particles) == 1  # E.R.7
        assert sum(v.status == 1 for v in event.vertices) == 1
        assert all(v.status == 1 or 21 <= v.status <= 999 for v in event.vertices)
        assert all(p.status in (1, 2, 4, 20) for p in event.particles)


def test_hepmc3(sample, tmp_path):
    pyhepmc = pytest.importorskip("pyhepmc")
    path, table = _written(sample, tmp_path, "hepmc3")
    with pyhepmc.open(str(path)) as stream:
        events = list(stream)
    assert len(events) == NUMBER
    run = events[0].run_info
    assert json.loads(str(run.attributes["nudipole.provenance"].astype(str)))["experiment"] == sample[0]
    assert run.attributes["NuHepMC.Version.Major"].astype(int) == 1
    _follows_nuhepmc(run, events, table)
    for row, event in enumerate(events):
        assert event.momentum_unit == pyhepmc.Units.GEV
        assert event.weights == pytest.approx([table["weight"][row]], rel=1e-12, abs=0)
        primary = [v for v in event.vertices if v.status == 1]
        assert len(primary) == 1
        for vertex in event.vertices:
            came = np.sum(
                [[p.momentum.e, p.momentum.px, p.momentum.py, p.momentum.pz] for p in vertex.particles_in], axis=0
            )
            left = np.sum(
                [[p.momentum.e, p.momentum.px, p.momentum.py, p.momentum.pz] for p in vertex.particles_out], axis=0
            )
            assert np.max(np.abs(came - left)) < 1e-10 * came[0]
        assert next(p.pid for p in primary[0].particles_in) == table.pdg("beam")[row]
        assert primary[0].particles_in[0].status == 4
        (hnl,) = [p for p in event.particles if abs(p.pid) == 9900012]
        assert hnl.generated_mass == pytest.approx(KINDS[sample[0]][0], rel=1e-12, abs=0)
        if hnl.status == 2:
            (decay,) = [v for v in event.vertices if v.status == 22]
            assert decay.position.z == pytest.approx(1e3 * table["decay_z"][row], rel=1e-9, abs=1e-6)


def test_lhe(sample, tmp_path):
    pylhe = pytest.importorskip("pylhe")
    path, table = _written(sample, tmp_path, "lhe")
    file = pylhe.LHEFile.fromfile(str(path))
    events = list(file.events)
    assert len(events) == NUMBER
    for row, event in enumerate(events):
        assert event.eventinfo.weight == pytest.approx(table["weight"][row], rel=1e-12, abs=0)
        hnl = [p for p in event.particles if abs(p.id) == 9900012]
        assert len(hnl) == 1
        assert hnl[0].e == pytest.approx(table["hnl_E"][row], rel=1e-12, abs=0)
        came = np.sum([[p.e, p.px, p.py, p.pz] for p in event.particles if p.status == -1], axis=0)
        left = np.sum([[p.e, p.px, p.py, p.pz] for p in event.particles if p.status == 1], axis=0)
        assert np.max(np.abs(came - left)) < 1e-10 * came[0]


def test_hepevt(sample, tmp_path):
    path, table = _written(sample, tmp_path, "hepevt")
    lines = iter(path.read_text(encoding="ascii").splitlines())
    for row in range(NUMBER):
        number, size = map(int, next(lines).split())
        assert number == row + 1
        rows = [next(lines).split() for _ in range(size)]
        assert {len(r) for r in rows} == {15}
        numbers = np.array([[float(v) for v in r[6:]] for r in rows])
        status = np.array([int(r[0]) for r in rows])
        assert set(status) <= {1, 2, 3}
        came, left = numbers[status == 3, :4].sum(axis=0), numbers[status == 1, :4].sum(axis=0)
        assert np.max(np.abs(came - left)) < 1e-10 * came[3]
        hnl = next(k for k, r in enumerate(rows) if abs(int(r[1])) == 9900012)
        assert numbers[hnl, 3] == pytest.approx(table["hnl_E"][row], rel=1e-12, abs=0)
        for k, r in enumerate(rows):  # mothers know their daughters
            for mother in {int(r[2]), int(r[3])} - {0}:
                assert int(rows[mother - 1][4]) <= k + 1 <= int(rows[mother - 1][5])


def test_csv(sample, tmp_path):
    path, table = _written(sample, tmp_path, "csv")
    with path.open(encoding="utf-8") as stream:
        provenance = json.loads(stream.readline()[2:])
        rows = list(csv.DictReader(stream))
    assert provenance["experiment"] == sample[0]
    assert len(rows) == NUMBER
    for slot in SLOTS:
        _close([float(r[f"{slot}_E [GeV]"]) for r in rows], np.broadcast_to(table.momentum(slot)[0], (NUMBER,)))


def test_nuclei_have_their_codes():
    codes = set(nd.generate("miniboone", 0.15, 1e-6, "mu", 2000).pdg("target").tolist())
    assert {1000060120, 2212, 2112} <= codes
    assert all(code == 11 or code in (2212, 2112) or 1000000000 < code < 1001000000 for code in codes)


@pytest.mark.parametrize(("name", "package"), [("parquet", "pyarrow"), ("hepmc3", "pyhepmc")])
def test_a_missing_extra_is_named(tmp_path, monkeypatch, name, package):
    import sys

    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf"{package}.*nudipole\[events\]"):
        nd.generate("miniboone", 0.15, 1e-6, "mu", 10, format=name, out=tmp_path / "events")
    assert not list(tmp_path.iterdir())
