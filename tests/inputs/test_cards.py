"""Malformed cards: one line that names the file, the field, the value."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nudipole.catalogue.experiment import Experiment
from nudipole.errors import CardError
from nudipole.inputs import cards
from nudipole.portal import Direction

GOOD = Path(__file__).parents[2] / "examples" / "germanium-reactor.toml"


def written(tmp_path, old="", new="", text=None):
    text = GOOD.read_text(encoding="utf-8") if text is None else text
    assert old in text
    path = tmp_path / "card.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def compute(path):
    """Everything that a limit needs of a card."""
    model = Experiment.from_file(path).model()
    return model.signal(np.array([1e-3]), Direction("e")), model.statistic()


def test_the_example_works(tmp_path):
    experiment = Experiment.from_file(written(tmp_path))
    limit = experiment.limit([1e-6, 1e-3, 1.0], Direction("e"))
    assert 1e-9 < limit.lower[0] < limit.lower[1]
    assert limit.excluded[2] == ()


@pytest.mark.parametrize(
    ("old", "new", "field", "value"),
    [
        ("exposure_kg_day = 3650.0", "exposure_kg_day = -3.0", "target.exposure_kg_day", "-3.0"),
        ("exposure_kg_day = 3650.0", 'exposure_kg_day = "much"', "target.exposure_kg_day", "'much'"),
        ("exposure_kg_day = 3650.0", "exposure_kg_day = 1.0\nmass_kg = 2.0", "target", "exposure_kg_day"),
        ("exposure_kg_day = 3650.0", "mass_kg = 2.0", "target.mass_kg", "2.0"),
        ('material        = "Ge"', 'material        = "Unobtainium"', "target.material", "Unobtainium"),
        ("power_GW   = 3.0", "power_GW   = -3.0", "source", "-3.0"),
        ("power_GW   = 3.0", "power_MW   = 3.0", "source.power_MW", "3.0"),
        ("power_GW   = 3.0", "power_GW   = true", "source.power_GW", "True"),
        ('flux       = "reactor"', 'flux       = "sun"', "source.flux", "'sun'"),
        ('model = "lindhard", k', 'model = "lindhart", k', "response.quenching.model", "'lindhart'"),
        ('model = "lindhard", k = 0.162', 'model = "lindhard", kay = 0.162', "response.quenching.kay", "0.162"),
        ("[200.0, 300.0, 400.0", "[200.0, 400.0, 300.0", "response.edges_eV", "400"),
        ('recoil     = "both"', 'recoil     = "bothh"', "response.recoil", "'bothh'"),
        ('statistic   = "asimov"', 'statistic   = "bayes"', "observation.statistic", "'bayes'"),
        ('statistic   = "asimov"', 'statistic   = "poisson"\ntable = "none.csv"', "observation.table", "'none.csv'"),
        ('statistic   = "asimov"', 'statistic   = "poisson"\ncounts = [1.0]', "observation.counts", "1 values"),
        ("sigma   = 0.05", "sigma   = 0.0", "nuisance[0].sigma", "0.0"),
        ("schema  = 1", "schema  = 2", "schema", "2"),
        ('kind    = "projection"', 'kind    = "guess"', "kind", "'guess'"),
        ('title   = "My germanium detector"', "", "title", ""),
        ("[target]", "[target]\ncolour = 'red'", "target.colour", "'red'"),
        ('flux       = "reactor"', 'flux       = "reactor"\nbaseline = 3.0', "source.baseline", "3.0"),
        ('key     = "germanium-reactor"', 'key     = "Bad Key"', "key", "'Bad Key'"),
        ('summary = "Ten', 'signal = "magic"\nsummary = "Ten', "signal", "'magic'"),
        ('summary = "Ten', 'flavors = ["sterile"]\nsummary = "Ten', "flavors", "'sterile'"),
    ],
)
def test_a_malformed_card_is_refused_in_one_line(tmp_path, old, new, field, value):
    path = written(tmp_path, old, new)
    with pytest.raises(CardError) as caught:
        compute(path)
    message = str(caught.value)
    assert "\n" not in message
    assert "card.toml" in message
    assert field in message
    assert value in message


@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        ("[target]", "[target]\ncolour = 'red'", "unknown field; allowed: material, exposure_kg_day"),
        ('kind    = "projection"', 'kind    = "guess"', "must be one of exclusion, projection, roi, line"),
        ('statistic   = "asimov"', 'statistic   = "bayes"', "must be one of poisson, gaussian, feldman-cousins"),
        ("exposure_kg_day = 3650.0", "exposure_kg_day = -3.0", "must be > 0.0"),
        ("exposure_kg_day = 3650.0", 'exposure_kg_day = "much"', "must be a number or left out, not text in quotes"),
        ('summary = "Ten', 'flavors = "e"\nsummary = "Ten', "must be a list, not text in quotes"),
        ('summary = "Ten', 'mass_range_MeV = [1.0]\nsummary = "Ten', "must be a list of length 2, not 1"),
        ('key     = "germanium-reactor"', 'key     = "Bad Key"', "must be text in quotes matching '^[a-z0-9]"),
    ],
)
def test_what_is_allowed_is_named_in_words(tmp_path, old, new, allowed):
    with pytest.raises(CardError) as caught:
        compute(written(tmp_path, old, new))
    assert allowed in str(caught.value)


def test_files_that_are_no_cards(tmp_path):
    with pytest.raises(CardError, match="no such file"):
        Experiment.from_file(tmp_path / "missing.toml")
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'title = "\xe9"')
    with pytest.raises(CardError, match="UTF-8"):
        Experiment.from_file(latin)
    broken = tmp_path / "broken.toml"
    broken.write_text("title = ")
    with pytest.raises(CardError, match="not TOML"):
        Experiment.from_file(broken)


def test_tables_of_a_card_are_checked(tmp_path):
    (tmp_path / "data.csv").write_text("low,high,observed\n1,2,3\n")
    path = written(tmp_path, 'statistic   = "asimov"', 'statistic   = "poisson"\ntable = "data.csv"')
    with pytest.raises(Exception, match=r"column 'low' needs a unit in square brackets"):
        Experiment.from_file(path).model()


def test_presets_merge_table_by_table():
    raw = {
        "a": {"x": 1, "y": 2},
        "q": {"model": "m", "k": 1},
        "presets": {"p": {"about": "who", "a": {"x": 5}, "q": {"model": "n"}}},
    }
    merged = cards.apply_preset(raw, "p", "card")
    assert merged["a"] == {"x": 5, "y": 2}
    assert merged["q"] == {"model": "n"}  # another model: its parameters go
    assert "about" not in merged
    with pytest.raises(CardError, match="no such preset; allowed: default, p"):
        cards.apply_preset(raw, "z", "card")


def test_on_off_counting_from_a_card(tmp_path):
    """For a long off run the limit is that of a known background; forgetting the off run is a named error."""
    text = GOOD.read_text(encoding="utf-8").split("[[background]]")[0]
    text = text.replace(
        "edges_eV   = [200.0, 300.0, 400.0, 600.0, 1000.0, 2000.0, 5000.0, 10000.0]", "window_eV = [200.0, 10000.0]"
    )
    on_off = 'statistic   = "on-off"\ncounts = 1000.0\noff_counts = 1.0e7\noff_ratio = 1.0e4'
    text = text.replace('"standard-model"', '"none"')
    limits = {}
    for name, statistic in (
        ("on-off", on_off),
        ("poisson", 'statistic = "poisson"\ntest = "one-sided"\ncounts = 1000.0'),
    ):
        changed = text.replace('statistic   = "asimov"', statistic)
        if name == "poisson":
            changed += '\n[[background]]\nname = "known"\ncounts = 1000.0\n'
        path = written(tmp_path, text=changed)
        limits[name] = Experiment.from_file(path).limit([1e-3], Direction("e")).lower[0]
    assert limits["on-off"] == pytest.approx(limits["poisson"], rel=1e-3, abs=0)
    with pytest.raises(CardError, match="off_counts"):
        compute(written(tmp_path, text=text.replace('statistic   = "asimov"', 'statistic = "on-off"\ncounts = 3.0')))


def test_on_off_without_room_for_the_own_expectation_excludes_nothing(tmp_path):
    """A deficit below what the card itself expects is a named error, never an exclusion of every coupling."""
    text = GOOD.read_text(encoding="utf-8").split("[[background]]")[0].replace('"standard-model"', '"none"')
    text = text.replace(
        "edges_eV   = [200.0, 300.0, 400.0, 600.0, 1000.0, 2000.0, 5000.0, 10000.0]", "window_eV = [200.0, 10000.0]"
    )
    on_off = 'statistic = "on-off"\ncounts = 10.0\noff_counts = 1000.0\noff_ratio = 100.0'
    text = text.replace('statistic   = "asimov"', on_off) + '\n[[background]]\nname = "own"\ncounts = 500.0\n'
    with pytest.raises(CardError, match="no room"):
        Experiment.from_file(written(tmp_path, text=text)).limit([1e-3], Direction("e"))
