"""Everything that is wrong with a card, told at once: what this calls valid works.

A card passes when its fields are right one by one and together, when the experiment that it describes can be built under
every preset, and when limits and rates come out at a few masses for every flavour.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nudipole import units
from nudipole.catalogue.experiment import Experiment
from nudipole.errors import CardError, NudipoleError, printable
from nudipole.inputs import cards, files, lines
from nudipole.portal import Direction, Portal
from nudipole.signals import SIGNALS

_MASSES = 3
_COUPLING = 1e-7  # GeV^-1, of the rates that are tried


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: the field and its line where they are known, the value, what is allowed, all in a line."""

    message: str
    field: str = ""
    value: str = ""
    allowed: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Report:
    """What is wrong with a card, what it warns of, and the experiment if nothing is."""

    faults: tuple[Fault, ...]
    warnings: tuple[str, ...]
    experiment: Experiment | None


def check(path: Path) -> Report:
    """Read, build and evaluate a card under each of its presets, and collect everything that is refused.

    Parameters
    ----------
    path : Path
        Of a TOML card.

    Returns
    -------
    Report
        Without faults exactly if the card is valid.
    """
    found = _Collector(path)
    raw: dict[str, Any] = {}
    with found.collected():
        raw = cards.read(path)
    if not raw:
        return found.report(None)
    kind = raw.get("signal", "recoil")
    if not isinstance(kind, str) or kind not in SIGNALS:
        with found.collected():
            Experiment.from_file(path)
        return found.report(None)
    presets = raw.get("presets", {})
    names = ["default", *(presets if isinstance(presets, dict) else ())]
    for preset in names:
        merged = raw
        with found.collected():
            merged = cards.apply_preset(raw, preset, path)
        wrong = cards.faults(merged, SIGNALS[kind].CardType, path)
        found.errors += wrong
        probes = getattr(SIGNALS[kind], "probes", None)
        if not wrong and probes is not None:
            card = cards.convert(merged, SIGNALS[kind].CardType, path)
            for probe in probes(card, path):
                with found.collected():
                    probe()
    if found.errors:
        return found.report(None)
    experiment = None
    with found.collected():
        experiment = Experiment.from_file(path)
        for preset in experiment.presets:
            with found.collected():
                _evaluate(experiment, preset)
    return found.report(experiment if not found.errors else None)


def _evaluate(experiment: Experiment, preset: str) -> None:
    """A limit at a few masses and a rate at one, for every flavour."""
    low, high = experiment.reach(preset)
    high = min(high, 1e3)
    masses = np.geomspace(max(low, units.KEV, 1e-4 * high), 0.9 * high, _MASSES)
    for flavor in experiment.flavors:
        experiment.limit(masses, Direction(flavor), preset=preset)
        experiment.rate(Portal(float(masses[0]), _COUPLING, Direction(flavor)), preset)


class _Collector:
    """Errors and warnings of one card, each once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.errors: list[NudipoleError] = []
        self.warnings: list[str] = []

    @contextmanager
    def collected(self) -> Iterator[None]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                yield
            except NudipoleError as error:
                self.errors.append(error)
        self.warnings += [printable(str(warning.message)) for warning in caught]

    def report(self, experiment: Experiment | None) -> Report:
        text = ""
        with suppress(files.FileProblemError):
            text = files.read_text(self.path, files.LARGEST_CARD)
        unique = {str(error): error for error in self.errors}.values()
        return Report(tuple(_fault(e, text) for e in unique), tuple(dict.fromkeys(self.warnings)), experiment)


def _fault(error: NudipoleError, text: str) -> Fault:
    if not isinstance(error, CardError):
        return Fault(str(error), allowed=str(error))
    line = lines.find(text, error.field)
    place = "" if line is None else f"line {line}: "
    message = f"{error.file}: {place}{error.field} = {error.value}: {error.allowed}"
    return Fault(message, error.field, error.value, error.allowed, line)
