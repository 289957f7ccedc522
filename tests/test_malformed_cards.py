"""Whatever is wrong with a card, of any kind of signal: one line with the file, the field and the value.

Every number, word, list and table of one shipped card of each kind is replaced, in turn, by what it should not be.
"""

from __future__ import annotations

import copy
import json
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from nudipole import api
from nudipole.catalogue import registry
from nudipole.catalogue.experiment import Experiment
from nudipole.cli import main
from nudipole.errors import CardError, NudipoleError, TableError
from nudipole.portal import Direction
from nudipole.signals import SIGNALS

NAN, INF = float("nan"), float("inf")
CARDS = registry.card_directory()
KINDS = {
    "recoil": "superk-solar",
    "upscatter-decay": "dune-nd",
    "meson-decay": "hike",
    "electron-recoil-beam": "charm-ii",
    "lepton-collider": "stcf",
    "hadron-collider": "lhc-monophoton",
    "earth": "icecube",
    "combination": "xenon-cevns-combined",
    "envelope": "lsnd",
}
MASS = 1e-2
WORDS_FOR_NUMBERS = ["much", [1.0], {}, True]
WRONG_NUMBERS = [NAN, INF, -INF, 1e300, -1e300, 1e-300]  # no card means these, wherever they stand
DOUBTFUL_NUMBERS = [-3.0, 0.0]  # fine for a coordinate, wrong for a mass


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, (int, float)) else json.dumps(value)


def raw(key: str) -> dict[str, Any]:
    card = tomllib.loads((CARDS / f"{key}.toml").read_text(encoding="utf-8"))
    return {name: value for name, value in card.items() if name not in ("presets", "published", "comparisons")}


def write(folder: Path, card: dict[str, Any]) -> Path:
    path = folder / "card.toml"
    path.write_text("\n".join(f"{json.dumps(key)} = {toml(value)}" for key, value in card.items()), encoding="utf-8")
    return path


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if path:
        yield path, value
    children = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, item in children:
        yield from places(item, (*path, key))


def replaced(card: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    result = copy.deepcopy(card)
    where: Any = result
    for key in path[:-1]:
        where = where[key]
    where[path[-1]] = value
    return result


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def wrong(value: Any) -> list[Any]:
    """What a value must never be, whatever it means."""
    if is_number(value):
        return WRONG_NUMBERS
    if isinstance(value, dict):
        return [3.0, *([{**value, "unknown_key": 1.0}] if value else [])]
    if isinstance(value, list):
        return ["x"] + ([[*value, NAN], [1e300] * len(value)] if value and all(map(is_number, value)) else [])
    return [["x"]]


def doubtful(value: Any) -> list[Any]:
    """What may be wrong or may have a meaning: evaluated or refused, nothing else."""
    if is_number(value):
        return [*WORDS_FOR_NUMBERS, *DOUBTFUL_NUMBERS]
    if isinstance(value, bool):
        return ["yes", 3]
    if isinstance(value, str):
        return ["", "nonsense", 3.0]
    if isinstance(value, list) and value and all(map(is_number, value)):
        return [3.0, [], value[::-1], [value[0]] * len(value), [-x for x in value], value[:1]]
    return [3.0, []] if isinstance(value, list) else []


def evaluate(path: Path) -> None:
    """A limit; whatever comes out is a number."""
    experiment = Experiment.from_file(path)
    for interval in experiment.limit([MASS], Direction(experiment.flavors[0])).excluded[0]:
        assert np.isfinite(interval.low)
        assert interval.high is None or np.isfinite(interval.high)


def check_message(error: NudipoleError, path: tuple[Any, ...], value: Any) -> None:
    message = str(error)
    assert isinstance(error, (CardError, TableError)), f"{path} = {value}: {error!r}"
    assert "\n" not in message, message
    if isinstance(error, CardError):
        assert "card.toml" in message, f"{path} = {value}: {message}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped cards, since combinations and envelopes look for their members beside them."""
    return Path(shutil.copytree(CARDS, tmp_path / "cards"))


def test_there_is_a_card_of_every_kind() -> None:
    assert set(KINDS) == set(SIGNALS)
    assert all(raw(key).get("signal", "recoil") == kind for kind, key in KINDS.items())


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_wrong_is_refused(kind: str, folder: Path) -> None:
    card = raw(KINDS[kind])
    evaluate(write(folder, card))
    for path, value in places(card):
        for bad in wrong(value):
            changed = write(folder, replaced(card, path, bad))
            with pytest.raises(NudipoleError) as caught:
                evaluate(changed)
            check_message(caught.value, path, bad)
            named = [str(key) for key in path if isinstance(key, str)]
            assert named[0] in str(caught.value), f"{path} = {bad}: {caught.value}"


@pytest.mark.filterwarnings("ignore::nudipole.errors.UnreachableWarning")  # a volume that nothing hits says so
@pytest.mark.parametrize("kind", KINDS)
def test_what_may_be_wrong_is_evaluated_or_refused(kind: str, folder: Path) -> None:
    card = raw(KINDS[kind])
    refused = 0
    for path, value in places(card):
        for other in doubtful(value):
            try:
                evaluate(write(folder, replaced(card, path, other)))
            except NudipoleError as error:
                check_message(error, path, other)
                refused += 1
    assert refused > 20


# --- through both doors -----------------------------------------------------------------------------------------------
def refusal(path: Path, flavor: str) -> str:
    """The line that the command prints; the same error comes out of Python."""
    with pytest.raises(NudipoleError) as caught:
        api.limit(path, flavor, MASS)
    result = CliRunner().invoke(main, ["limit", str(path), "--flavor", flavor, "--mass", str(MASS)])
    assert result.exit_code == 2
    assert not result.stdout
    lines = result.stderr.splitlines()
    assert len(lines) == 1
    assert "Traceback" not in lines[0]
    assert lines[0] == "nudipole: " + " ".join(str(caught.value).split())
    return lines[0]


@pytest.mark.parametrize("kind", KINDS)
def test_files_that_are_no_cards(kind: str, folder: Path) -> None:
    flavor = registry.get(KINDS[kind]).flavors[0]
    card = raw(KINDS[kind])
    path = write(folder, card)
    good = path.read_bytes()
    assert "is required" in refusal(write(folder, {k: v for k, v in card.items() if k != "title"}), flavor)
    for content, said in ((b"", "required"), (b"\xe9" + good, "UTF-8"), (good + b"\nx = ", "TOML"), (b"\0", "TOML")):
        path.write_bytes(content)
        assert said in refusal(path, flavor)
    directory = folder / "directory.toml"
    directory.mkdir()
    assert "directory.toml" in refusal(directory, flavor)
    assert "no such file" in refusal(folder / "absent.toml", flavor)


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_names_and_words_for_numbers(kind: str, folder: Path) -> None:
    flavor = registry.get(KINDS[kind]).flavors[0]
    card = raw(KINDS[kind])
    line = refusal(write(folder, card | {"colour": "red"}), flavor)
    assert all(part in line for part in ("card.toml", "colour", "'red'", "unknown field"))
    line = refusal(write(folder, card | {"confidence_level": "high"}), flavor)
    assert all(part in line for part in ("card.toml", "confidence_level", "'high'"))
    line = refusal(write(folder, card | {"confidence_level": 1.5}), flavor)
    assert all(part in line for part in ("card.toml", "confidence_level", "1.5"))
    line = refusal(write(folder, card | {"signal": "magic"}), flavor)
    assert all(part in line for part in ("card.toml", "signal", "'magic'", "recoil"))


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("recoil", ("target", "exposure_kg_day")),
        ("upscatter-decay", ("source", 0, "protons_on_target")),
        ("meson-decay", ("source", "protons")),
        ("electron-recoil-beam", ("beam", 0, "protons")),
        ("lepton-collider", ("running", 0, "luminosity_pb")),
        ("hadron-collider", ("search", "luminosity_fb")),
        ("earth", ("detector", "mass_tonne")),
    ],
)
def test_negative_exposures(kind: str, path: tuple[Any, ...], folder: Path) -> None:
    line = refusal(write(folder, replaced(raw(KINDS[kind]), path, -3.0)), registry.get(KINDS[kind]).flavors[0])
    assert all(part in line for part in ("card.toml", str(path[0]), str(path[-1]), "-3.0"))


# --- tables -----------------------------------------------------------------------------------------------------------
TABLE = "my-data.csv"


def with_table(folder: Path, content: bytes | None) -> str:
    """What is said about superk-solar with these bytes for a table of its data."""
    if content is not None:
        (folder / TABLE).write_bytes(content)
    path = write(folder, replaced(raw("superk-solar"), ("observation", "table"), TABLE))
    return refusal(path, "e")


def shipped() -> list[str]:
    return (CARDS.parent / raw("superk-solar")["observation"]["table"]).read_text(encoding="utf-8").splitlines()


def test_the_table_of_the_card_is_the_one_beside_it(folder: Path) -> None:
    (folder / TABLE).write_text("\n".join(shipped()), encoding="utf-8")
    evaluate(write(folder, replaced(raw("superk-solar"), ("observation", "table"), TABLE)))


def test_tables_that_are_none(folder: Path) -> None:
    assert all(part in with_table(folder, None) for part in ("card.toml", "observation.table", TABLE))
    for content, said in ((b"", "header lacks"), (b"# what: \xe9", "not UTF-8"), (b"1, 2\n", "header lacks")):
        line = with_table(folder, content)
        assert TABLE in line
        assert said in line
    (folder / TABLE).unlink()
    (folder / TABLE).mkdir()
    line = with_table(folder, None)
    assert TABLE in line
    assert "cannot be read" in line


@pytest.mark.parametrize("cell", ["nan", "inf", "-inf", "word", ""])
def test_cells_that_are_no_numbers(cell: str, folder: Path) -> None:
    lines = shipped()
    lines[-1] = ", ".join([cell, *lines[-1].split(",")[1:]])
    line = with_table(folder, "\n".join(lines).encode())
    assert TABLE in line
    assert f"line {len(lines)}" in line


@pytest.mark.parametrize("change", ["unsorted", "twice", "short row", "unknown column"])
def test_tables_whose_bins_are_none(change: str, folder: Path) -> None:
    lines = shipped()
    if change == "unsorted":
        lines[-2:] = lines[:-3:-1]
    elif change == "twice":
        lines.append(lines[-1])
    elif change == "short row":
        lines[-1] = lines[-1].rpartition(",")[0]
    else:
        lines = [line.replace("low", "lowest") if line.startswith("# columns") else line for line in lines]
    line = with_table(folder, "\n".join(lines).encode())
    assert TABLE in line or "card.toml" in line
