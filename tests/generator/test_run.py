"""Streams, seeds, jobs, files and refusals of the verb."""

from __future__ import annotations

import numpy as np
import pytest

import nudipole as nd
from nudipole.errors import DomainError, OutputError, UnknownNameError
from nudipole.generator import run
from nudipole.generator.samplers.sampler import BLOCK
from nudipole.generator.table import joined

POINT = ("miniboone", 0.15, 1e-6, "mu")


def _same(one, other):
    assert one.columns.keys() == other.columns.keys()
    for name in one.columns:
        assert np.array_equal(one[name], other[name], equal_nan=one[name].dtype.kind == "f"), name


def test_events_depend_on_the_seed_and_not_on_how_the_work_is_cut():
    number = 5 * BLOCK + 100
    whole = nd.generate(*POINT, number, seed=7)
    again = joined(run.stream(run.order_for(*POINT, seed=7), number, jobs=2))
    _same(whole, again)
    other = nd.generate(*POINT, 1000, seed=8)
    assert not np.array_equal(whole["hnl_E"][:1000], other["hnl_E"])
    first = nd.generate(*POINT, 1000, seed=7)
    assert np.array_equal(whole["hnl_E"][:1000], first["hnl_E"])
    assert whole["weight"].sum() == pytest.approx(first["weight"].sum(), rel=1e-9, abs=0)


def test_weighted_events_have_the_same_sum_and_more_of_the_tail():
    plain = nd.generate(*POINT, 40_000)
    heavy = nd.generate(*POINT, 40_000, weighted=True)
    assert heavy["weight"].sum() == pytest.approx(plain["weight"].sum(), rel=4 / np.sqrt(heavy.effective_size), abs=0)
    assert len(np.unique(heavy["weight"])) > 100
    assert np.mean(heavy["beam_E"] > 3.0) > 1.5 * np.mean(plain["beam_E"] > 3.0)
    assert plain.effective_size == pytest.approx(40_000, rel=1e-9, abs=0)


def test_progress_is_told():
    steps = []
    nd.generate(*POINT, 5 * BLOCK, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(4 * BLOCK, 5 * BLOCK), (5 * BLOCK, 5 * BLOCK)]


@pytest.mark.parametrize("events", [0, -3, 1.5, True])
def test_a_number_of_events_that_is_none_is_refused(events):
    with pytest.raises(DomainError, match="events"):
        nd.generate(*POINT, events)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("miniboone", 20.0, 1e-6, "mu"), "phase space is closed"),
        (("miniboone", 0.1, 1e-6, "tau"), "makes no N with the coupling tau"),
        (("miniboone", 0.1, 0.0, "mu"), "d must be"),
        (("bbn", 0.1, 1e-9, "mu"), "bbn has no events"),
        (("sn1987a", 0.1, 1e-9, "mu"), "sn1987a has no events"),
        (("miniboone", 0.0, 1e-6, "mu"), "no N decays"),
    ],
)
def test_points_without_events_are_refused_in_one_line(arguments, words):
    with pytest.raises(DomainError, match=words) as raised:
        nd.generate(*arguments, 10)
    assert "\n" not in str(raised.value)


def test_a_coupling_at_which_nothing_decays_is_drawn_with_a_warning():
    with pytest.warns(run.RareEventsWarning, match="expects .* events"):
        table = nd.generate("miniboone", 0.15, 1e-12, "mu", 100, weighted=True)
    assert 0 < table["weight"].sum() < 1e-12


def test_names_that_are_unknown_are_refused(tmp_path):
    with pytest.raises(UnknownNameError, match="flavor"):
        nd.generate("miniboone", 0.1, 1e-6, "nue", 10)
    with pytest.raises(UnknownNameError, match="format"):
        nd.generate(*POINT, 10, format="root", out=tmp_path / "events.root")
    with pytest.raises(UnknownNameError, match="preset"):
        nd.generate(*POINT, 10, preset="none")
    with pytest.raises(DomainError, match="needs a file"):
        nd.generate(*POINT, 10, format="csv")


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(OutputError, match="does not exist"):
        nd.generate(*POINT, 10, out=tmp_path / "none" / "events.csv")
    (tmp_path / "events.csv").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        nd.generate(*POINT, 10, out=tmp_path / "events.csv")
    assert [p.name for p in tmp_path.iterdir()] == ["events.csv"]


def test_an_interrupted_run_leaves_the_old_file(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text("old")

    def stop(_done, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nd.generate(*POINT, 10, out=path, progress=stop)
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_disk_that_fills_up_is_one_line_and_leaves_nothing(tmp_path, monkeypatch):
    from nudipole.generator.writers import text

    def full(self, table):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(text.CsvWriter, "write", full)
    with pytest.raises(OutputError, match="No space left on device"):
        nd.generate(*POINT, 10, out=tmp_path / "events.csv")
    assert not list(tmp_path.iterdir())
