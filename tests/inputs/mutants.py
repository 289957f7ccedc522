"""Cards and tables changed at random, by rules that know their grammar, and the judge of what comes of them.

Whatever a mutant is, it is refused by an error of the package in one printable line, or evaluated to finite counts that are
not negative and to limits that are numbers; within five seconds and a gigabyte.
"""

from __future__ import annotations

import copy
import json
import random
import resource
import shutil
import signal
import tomllib
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from nudipole.catalogue import registry
from nudipole.catalogue.experiment import Experiment
from nudipole.errors import NudipoleError
from nudipole.portal import Direction, Portal
from tests.inputs.examples import ARGON, GERMANIUM

SECONDS, GIGABYTE = 5.0, 1_000_000  # of ru_maxrss, which counts kilobytes
KEYS = ("superk-solar", "conus-plus", "dresden-ii", "xenon1t-er", "ship-mesons", "besiii", "donut", "fasernu")
SLOW_KEYS = ("coherent-csi", "nomad", "icecube", "lhc-monophoton", "xenon-nees-combined", "charm-ii")
TABLE = "table.csv"
NUMBERS = [
    0,
    -1,
    1,
    2.5,
    -0.5,
    1e-30,
    1e30,
    1e-41,
    1e31,
    1e300,
    5e-324,
    float("inf"),
    float("nan"),
    10**30,
    1e5,
    1e-5,
    True,
]
WORDS = [
    "",
    "none",
    "e",
    "mu",
    "solar",
    "poisson",
    "flat",
    "neutrinos",
    "../x",
    "/dev/zero",
    "\u0000",
    "[/b]",
    "x" * 300,
    "\x1b[2J",
]
UNITS = ["1", "keV", "eV", "GeV", "KeV", "%", "parsec", "1/(kg d keV)", "1/d", "PE", "", "us"]
CELLS = ["nan", "inf", "-1", "1e400", "1_000", "\u0661\u0662", "word", "", "0", "1e-300", "0x10", "1,2", "-5e3"]


def documents(keys: tuple[str, ...] = KEYS) -> list[tuple[dict[str, Any], str]]:
    """Cards to start from, each with its table as a file beside it where it has one."""
    found = [(tomllib.loads(path.read_text(encoding="utf-8")), "") for path in (GERMANIUM, ARGON)]
    for key in keys:
        card = tomllib.loads((registry.card_directory() / f"{key}.toml").read_text(encoding="utf-8"))
        table = card.get("observation", {}).get("table", "")
        if table:
            card["observation"]["table"] = TABLE
            table = (registry.card_directory().parent / table).read_text(encoding="utf-8")
        card.pop("published", None)
        if key not in ("conus-plus",):
            card.pop("presets", None)
        found.append((card, table))
    return found


# --- changes ----------------------------------------------------------------------------------------------------------
def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    children = value.items() if isinstance(value, dict) else enumerate(value[:6]) if isinstance(value, list) else ()
    for key, item in children:
        yield from places(item, (*path, key))


def number(rng: random.Random, value: float) -> Any:
    return rng.choice(
        [
            rng.choice(NUMBERS),
            value * 10.0 ** rng.randint(-8, 8),
            -value,
            value * rng.uniform(0.5, 2.0),
            str(value),
            [value],
        ]
    )


def listed(rng: random.Random, value: list[Any]) -> Any:
    changed = copy.deepcopy(value)
    if not changed:
        return [rng.choice([*NUMBERS, *WORDS])]
    what = rng.randrange(5)
    if what == 0:
        rng.shuffle(changed)
    elif what == 1:
        changed.append(copy.deepcopy(rng.choice(changed)))
    elif what == 2:
        del changed[rng.randrange(len(changed))]
    elif what == 3:
        changed = changed * rng.choice([0, 2, 50])
    else:
        return rng.choice([3.0, "x", {}])
    return changed


def worded(rng: random.Random, value: str) -> Any:
    letters = list(value)
    if letters and rng.random() < 0.5:
        spot = rng.randrange(len(letters))
        letters[spot : spot + 1] = rng.choice([[], ["x"], [letters[spot]] * 2, [letters[spot].swapcase()]])
        return "".join(letters)
    return rng.choice([*WORDS, 3, ["x"]])


def changed_table(rng: random.Random, value: dict[str, Any]) -> Any:
    result = dict(value)
    if not result:
        return {rng.choice(WORDS[1:8]): 1.0}
    key = rng.choice(list(result))
    item = result.pop(key)
    what = rng.randrange(4)
    if what == 0:
        return result
    if what == 1:
        return {**result, key[:-1] or "x": item}
    if what == 2:
        return {**result, key: item, "unknown": 1.0}
    swapped = (
        key.replace("_eV", "_keV") if "_eV" in key else key.replace("_GeV", "_MeV") if "_GeV" in key else key.upper()
    )
    return {**result, swapped: item}


def mutated(rng: random.Random, card: dict[str, Any]) -> dict[str, Any]:
    result = copy.deepcopy(card)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        path = rng.choice(list(places(result)))
        where: Any = result
        for key in path[:-1]:
            where = where[key]
        value = where[path[-1]]
        if isinstance(value, bool):
            where[path[-1]] = rng.choice([not value, "yes", 3])
        elif isinstance(value, (int, float)):
            where[path[-1]] = number(rng, value)
        elif isinstance(value, str):
            where[path[-1]] = worded(rng, value)
        elif isinstance(value, list):
            where[path[-1]] = listed(rng, value)
        else:
            where[path[-1]] = changed_table(rng, value)
    return result


def mutated_table(rng: random.Random, text: str) -> str:
    lines = text.splitlines()
    rows = [index for index, line in enumerate(lines) if not line.startswith("#")]
    header = next(index for index, line in enumerate(lines) if line.startswith("# columns"))
    row = rng.choice(rows)

    def cell() -> None:
        cells = lines[row].split(",")
        cells[rng.randrange(len(cells))] = rng.choice(CELLS)
        lines[row] = ",".join(cells)

    def unit() -> None:
        columns = lines[header].split("]")
        spot = rng.randrange(max(len(columns) - 1, 1))
        columns[spot] = columns[spot].partition("[")[0] + "[" + rng.choice(UNITS)
        lines[header] = "]".join(columns)

    def shuffle() -> None:
        some = [lines[index] for index in rows]
        rng.shuffle(some)
        lines[rows[0] :] = some

    changes: list[Callable[[], Any]] = [
        cell,
        unit,
        shuffle,
        lambda: lines.insert(row, lines[row]),
        lambda: lines.pop(row),
        lambda: lines.pop(rng.randrange(header + 1)),
        lambda: lines.insert(header, lines[header]),
        lambda: lines.insert(0, "\ufeff" + lines.pop(0)),
        lambda: lines.append(rng.choice(["", ",", ";", "\t", "a, b", "# columns: x [1]"])),
        lambda: lines.__setitem__(header, lines[header].replace("[", rng.choice(["(", "", "[["]), 1)),
    ]
    rng.choice(changes)()
    return rng.choice(["\n", "\r\n"]).join(lines)


# --- the judge --------------------------------------------------------------------------------------------------------
def written(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value).replace("Infinity", "inf").replace("NaN", "nan")


@contextmanager
def hurried() -> Iterator[None]:
    """A hang is an error of its own."""

    def late(*_: Any) -> None:
        raise TimeoutError(f"still at it after {SECONDS:g} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 4 * SECONDS)  # the machine may be busy
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def evaluated(path: Path) -> None:
    """A limit and a rate of every kind that a card offers; what comes out is a number."""
    experiment = Experiment.from_file(path)
    low, high = experiment.reach()
    mass = float(np.clip(0.3 * min(high, 1.0), max(low, 1e-6), high))
    flavor = experiment.flavors[0]
    assert flavor in ("e", "mu", "tau", "universal", "coherent")
    for interval in experiment.limit([mass], Direction(flavor)).excluded[0]:
        assert np.isfinite(interval.low), interval
        assert interval.low > 0, interval
        assert interval.high is None or interval.low <= interval.high < np.inf, interval
    if experiment.card.signal != "envelope":
        rate = experiment.rate(Portal(mass, 1e-7, Direction(flavor)))
        assert np.all(np.isfinite(rate.signal)), rate
        assert np.all(rate.signal >= 0), rate
        assert all(np.all(np.isfinite(counts)) for counts in rate.components.values()), rate


def verdict(folder: Path, card: dict[str, Any], table: str) -> str:
    """``refused`` or ``evaluated``; anything else is raised, with the mutant that did it."""
    path = folder / "card.toml"
    path.write_text(
        "\n".join(f"{json.dumps(str(key))} = {written(value)}" for key, value in card.items()), encoding="utf-8"
    )
    if table:
        (folder / TABLE).write_text(table, encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        with warnings.catch_warnings(), hurried():
            warnings.simplefilter("ignore")
            evaluated(path)
    except NudipoleError as error:
        message = str(error)
        assert message.isprintable(), repr(message)
        assert len(message) < 2000, message
        return "refused"
    except (Exception, RecursionError) as error:
        raise AssertionError(f"{type(error).__name__}: {error} of {path.read_text(encoding='utf-8')[:6000]}") from error
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < GIGABYTE, f"{grown / 1e6:.1f} GB for {path.read_text(encoding='utf-8')[:3000]}"
    return "evaluated"


def sweep(
    folder: Path, number_of: int, seed: int, keys: tuple[str, ...] = KEYS, faults: list[str] | None = None
) -> dict[str, int]:
    """So many mutants; how many were refused and evaluated. With ``faults`` what goes wrong is collected, not raised."""
    shutil.copytree(registry.card_directory(), folder, dirs_exist_ok=True)
    found, tally = documents(keys), {"refused": 0, "evaluated": 0}
    for index in range(number_of):
        rng = random.Random(f"{seed} {index}")
        card, table = rng.choice(found)
        if table and rng.random() < 0.5:
            table = mutated_table(rng, table)
        else:
            card = mutated(rng, card)
        try:
            tally[verdict(folder, card, table)] += 1
        except AssertionError as error:
            if faults is None:
                raise
            faults.append(f"{seed} {index}: {error}")
    return tally
