"""The main job on a few keys: files, formats, resumption, comparison."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from nudipole import api, units
from nudipole.catalogue import registry
from nudipole.compilation import run, store, tasks, validation
from nudipole.errors import DomainError, InputFileError, MissingExtraError, OutputError, UnknownNameError
from nudipole.inputs import tables

KEYS = ("gemma", "conus-plus")


@pytest.fixture(scope="module")
def atlas(tmp_path_factory):
    return run.atlas(tmp_path_factory.mktemp("atlas"), only=KEYS, masses=12, jobs=1)


def test_everything_is_written(atlas):
    names = {str(p.relative_to(atlas.folder)) for p in atlas.folder.rglob("*") if p.is_file()}
    expected = {"limits.csv", "limits.json", "table1.md", "table1.tex", "validation.md", "validation.json"}
    expected |= {
        "strongest.md",
        "validation.png",
        "references.bib",
        "figures/fig3.svg",
        "figures/fig3.png",
        "figures/fig3.pdf",
    }
    assert expected <= names
    assert not [n for n in names if "/." in n or n.startswith(".")], "no half-written files"


def test_csv_has_the_fixed_columns_and_converts(atlas):
    with (atlas.folder / "limits.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert ",".join(rows[0]) == store.COLUMNS
    for row in rows:
        assert float(row["mu_low_muB"]) == pytest.approx(units.mu_from_d(float(row["d_low_GeV-1"])), rel=1e-4, abs=0)
        assert float(row["d_high_GeV-1"]) > float(row["d_low_GeV-1"])  # N decays on its way out, or the operator ends
        assert row["ends"] in ("physics", "card", "grid")
    assert {row["experiment"] for row in rows} == {*KEYS, "combined"}


def test_json_round_trips(atlas):
    for limit, again in zip(atlas.limits, store.read_limits(atlas.folder), strict=True):
        assert again.key == limit.key
        assert again.excluded == limit.excluded
        assert np.allclose(again.masses, limit.masses)


def test_resume_takes_finished_parts_and_only_those(atlas, tmp_path, monkeypatch):
    out = tmp_path / "again"
    run.atlas(out, only=KEYS, masses=12, jobs=1, figures=False)
    (out / "parts" / "gemma.json").write_text('{"half":')  # interrupted
    computed = []
    real = tasks.run
    monkeypatch.setattr(tasks, "run", lambda key, *rest: computed.append(key) or real(key, *rest))
    resumed = run.atlas(out, only=KEYS, masses=12, jobs=1, resume=True, figures=False)
    assert computed == ["gemma"]
    assert [c.excluded for c in resumed.limits] == [c.excluded for c in atlas.limits]
    computed.clear()
    run.atlas(out, only=KEYS, masses=13, jobs=1, resume=True, figures=False)
    assert sorted(computed) == sorted(KEYS)  # other options: nothing is reused


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interruption_keeps_what_was_finished(tmp_path, jobs):
    def interrupt(key, done, total):
        assert (tmp_path / "parts" / f"{key}.json").is_file()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.atlas(tmp_path, only=KEYS, masses=12, jobs=jobs, figures=False, progress=interrupt)
    assert len(list((tmp_path / "parts").iterdir())) == 1
    seen = []
    run.atlas(tmp_path, only=KEYS, masses=12, jobs=jobs, resume=True, figures=False, progress=lambda *a: seen.append(a))
    assert [(done, total) for _, done, total in seen] == [(2, 2)]  # the other one only


def test_processes_give_the_same_answer(atlas, tmp_path):
    other = run.atlas(tmp_path / "pool", only=KEYS, masses=12, jobs=2, figures=False)
    assert [c.excluded for c in other.limits] == [c.excluded for c in atlas.limits]


def test_comparison_with_itself_is_one(atlas, tmp_path):
    run.atlas(tmp_path, only=KEYS, masses=12, jobs=1, compare=atlas.folder, figures=False)
    rows = [line for line in (tmp_path / "compare.md").read_text().splitlines() if line.startswith("| gemma")]
    assert "1.0000 | 1.0000 | 1.0000" in rows[0]


def test_not_an_atlas(tmp_path):
    with pytest.raises(OutputError, match="not an atlas"):
        store.read_limits(tmp_path)
    with pytest.raises(DomainError, match="at least 2"):
        run.atlas(tmp_path, only=KEYS, masses=1)


def test_a_failed_write_leaves_nothing_behind(tmp_path):
    target = tmp_path / "folder-in-the-way"
    target.mkdir()
    with pytest.raises(OutputError):
        store.write_text(target, "text")
    assert [p.name for p in tmp_path.iterdir()] == ["folder-in-the-way"]


def test_verdicts():
    def check(ours, published, evidence=True, reason=""):
        n = len(ours)
        return validation.Check(
            "k",
            "b",
            "e",
            "default",
            "s",
            "d",
            evidence,
            "",
            np.ones(n),
            np.array(published),
            np.array(ours),
            reason=reason,
        )

    assert check([1.1, 0.9], [1, 1]).verdict == "agrees"
    assert check([1.5, 1.5], [1, 1]).verdict == "misses"
    assert check([1.0, 1.0, 2.5], [1, 1, 1]).verdict == "misses"
    assert check([1.0, np.nan], [1, 1]).verdict == "agrees, part of the range"
    assert check([1.0], [1], evidence=False).verdict == "no evidence"
    assert check([np.nan], [1]).verdict == "no overlap"
    assert check([3.0], [1], reason="refuted").verdict == "refuted"
    assert check([1.1], [1], reason="refuted").verdict == "agrees"  # a verdict on a miss says nothing of a hit
    assert check([1.1], [1], reason="not comparable").verdict == "not comparable"
    assert [check([1.0], [1], reason=reason).counts for reason in ("", "input missing", "mended")] == [
        True,
        True,
        False,
    ]


def test_summary_counts_what_is_explained():
    def check(ours, reason=""):
        one = np.ones(1)
        return validation.Check("lep", "b", "e", "p", "s", "d", True, "why", one, one, ours * one, reason=reason)

    page = validation.summary([check(1.0), check(3.0, "refuted"), check(3.0), check(9.0, "mended")])
    assert "1 of 3 comparisons that count" in page
    assert "Of the rest 1 are refuted" in page
    assert "1 are open" in page
    assert "(e, p; refuted): why. `nudipole limit lep --flavor e --mass 1 --preset p`" in page


def test_comparisons_are_kept_with_the_curves(atlas, tmp_path):
    import json

    part = json.loads((atlas.folder / "parts" / "conus-plus.json").read_text())
    again = [validation.from_record(record) for record in part["checks"]]
    for one, other in zip(validation.compare_key("conus-plus"), again, strict=True):
        assert one.verdict == other.verdict
        assert one.ratio == pytest.approx(other.ratio, rel=1e-6, abs=0)
    nothing = validation.from_record(part["checks"][0] | {"d_GeV-1": [None] * len(part["checks"][0]["mass_GeV"])})
    assert nothing.verdict == "not comparable"
    assert not nothing.counts


def test_long_tasks_start_first():
    order = sorted(("gemma", "dune-nd", "supernova-energy", "lep"), key=lambda key: tasks.order(key, {}))
    assert order == ["supernova-energy", "dune-nd", "lep", "gemma"]
    measured = {"gemma": 9.0, "lep": 1.0, "dune-nd": 2.0, "supernova-energy": 3.0}
    assert sorted(measured, key=lambda key: tasks.order(key, measured))[0] == "gemma"


def test_presets_levels_and_nature_reach_the_curves(atlas, tmp_path):
    options = {"only": ("gemma",), "masses": 12, "jobs": 1, "figures": False}
    other = run.atlas(tmp_path, presets=["gemma=sensitivity"], cl=0.95, majorana=True, **options)
    (limit, *_) = other.limits
    assert (limit.preset, limit.confidence_level, limit.direction.nature) == ("sensitivity", 0.95, "majorana")
    assert limit.excluded != atlas.find("gemma", limit.direction.name).excluded
    assert tasks.presets(["sensitivity"]).keys() == {"gemma", "texono-ge"}


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"presets": ["gemma=none"]}, UnknownNameError, "preset of gemma"),
        ({"presets": ["gema=sensitivity"]}, UnknownNameError, "gemma"),
        ({"presets": ["no-such"]}, UnknownNameError, "preset"),
        ({"cl": 1.5}, DomainError, "confidence level"),
        ({"style": "drak"}, UnknownNameError, "dark"),
        ({"only": ["gemma"], "flavors": ["tau"]}, DomainError, "nothing to draw"),
    ],
)
def test_bad_options_are_named_before_anything_is_written(tmp_path, options, error, match):
    with pytest.raises(error, match=match):
        run.atlas(tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_a_constraint_that_refuses_a_level_is_left_out_and_said(tmp_path, monkeypatch):
    real = tasks.curves

    def refuse(key, settings):
        if key == "gemma":
            raise DomainError("gemma has no other level")
        return real(key, settings)

    monkeypatch.setattr(tasks, "curves", refuse)
    with pytest.warns(UserWarning, match="gemma is left out: gemma has no other level"):
        found = run.atlas(tmp_path, only=KEYS, masses=12, jobs=1, figures=False, cl=0.95)
    assert {c.key for c in found.limits} == {"conus-plus"}
    with pytest.raises(DomainError, match="no curve could be computed"):
        run.atlas(tmp_path, only=["gemma"], masses=12, jobs=1, figures=False, cl=0.95)


def test_keys_from_a_file(tmp_path):
    path = tmp_path / "keys.txt"
    path.write_text("# mine\ngemma, conus-plus # two\ngemma\n")
    assert tasks.keys_from(path) == ("gemma", "conus-plus")
    path.write_text("gema\n")
    with pytest.raises(UnknownNameError, match="gemma"):
        tasks.keys_from(path)
    path.write_text("# nothing\n")
    with pytest.raises(InputFileError, match="no keys"):
        tasks.keys_from(path)
    with pytest.raises(InputFileError, match="no such file"):
        tasks.keys_from(tmp_path)


def test_a_folder_that_is_removed_is_no_success(tmp_path):
    import shutil

    out = tmp_path / "out"

    def remove(key, done, total):
        if done == 1:
            shutil.rmtree(out)

    with pytest.raises(OutputError, match="lost 1 of its parts"):
        run.atlas(out, only=KEYS, masses=12, jobs=1, figures=False, progress=remove)


def test_without_matplotlib_it_is_said_before_anything_is_computed(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match="nudipole\\[plot\\]"):
        run.atlas(tmp_path / "out", only=KEYS, masses=12, jobs=1)
    assert not (tmp_path / "out").exists()
    assert run.atlas(tmp_path / "out", only=KEYS, masses=12, jobs=1, figures=False).limits


@pytest.mark.validation
def test_every_miss_has_a_verdict_and_a_reason():
    checks = [check for key in registry.all_keys() for check in validation.compare_key(key)]
    assert not [c.name for c in checks if c.verdict.startswith(("misses", "no overlap"))]
    assert all(c.note for c in checks if c.verdict in ("refuted", "input missing", "mended", "not comparable"))


def test_verdicts_of_cards_have_reasons():
    found = [p for key in registry.card_keys() for p in registry.get(key).card.comparisons if p.verdict]
    assert len(found) > 20
    assert all(p.note and p.table for p in found)


def _comparisons(key):
    constraint = registry.get(key)
    return getattr(getattr(constraint, "card", constraint), "comparisons", ())


def test_every_published_table_is_compared():
    folder = registry.card_directory().parent / "published"
    named = {p.table for key in registry.all_keys() for p in _comparisons(key)}
    assert {f"published/{file.name}" for file in folder.glob("*.csv")} == named - {""}


def test_comparisons_may_switch_on_several_flavours():
    """The tau flavour only shortens the life of N: d_mu of long-lived N falls by the fourth root of 1 + 16.8^2."""
    check = next(c for c in validation.compare_key("minerva") if c.couplings)
    assert check.flavor == "mu and tau"
    assert "nd.Direction(" in check.command
    assert validation.from_record(validation.to_record(check)).command == check.command
    alone = api.limit("minerva", "mu", check.masses[:1], preset="kamp2022").lower[0]
    assert alone / check.ours[0] == pytest.approx((1 + 16.82**2) ** 0.25, rel=0.03, abs=0)


@pytest.mark.parametrize(
    ("one", "other", "factor"), [("ship-main-liu", "ship-main-mu", 1.0), ("nomad-liu", "nomad", 2**0.5)]
)
def test_two_readings_of_one_curve(one, other, factor):
    """SHiP of 1803.03262 as it is; NOMAD as tabulated by others is sqrt(2) too weak already."""
    a, b = (tables.load(f"catalogue/published/{name}.csv") for name in (one, other))
    kept = (b["mass_GeV"] > 0.02) & (b["mass_GeV"] < 0.51)
    read = np.exp(np.interp(np.log(b["mass_GeV"][kept]), np.log(a["mass_GeV"]), np.log(a["d_low"])))
    assert read == pytest.approx(factor * b["d_low"][kept], rel=0.09, abs=0)


def test_curves_of_many_points_come_close_to_the_kinematic_end():
    masses = tasks.mass_grid(1e-6, 10.58, 200)
    assert len(masses) == len(set(masses)) == 200
    assert (masses[0], masses[-1]) == (1e-6, pytest.approx(10.58, rel=1e-8, abs=0))
    found = api.limit("belle-ii", "mu", masses[:-1])
    assert max(m for m, intervals in zip(found.masses, found.excluded, strict=True) if intervals) > 0.997 * 10.58
    assert tasks.mass_grid(1e-3, 1.0, 3) == pytest.approx(np.geomspace(1e-3, 1.0, 3), rel=1e-8, abs=0)
