"""What contradicts itself in the ``[observation]``, ``[[background]]`` and ``[[nuisance]]`` of a card, or would not be used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from nudipole.inputs.cards import Background, Fault, Nuisance, repeated, unused

COUNTED = ("poisson", "gaussian", "feldman-cousins", "on-off")
"""Statistics that judge observed counts."""
PULLED = ("poisson", "gaussian", "asimov")
"""Statistics with a likelihood, in which pulls and uncertain backgrounds move."""
_WHOLE = 1e-6  # of a count


def observation(section: Any) -> Iterator[Fault]:
    """Of an ``ObservationSection``: each statistic has what it needs, and nothing that it does not look at."""
    statistic = section.statistic
    if statistic in COUNTED and section.counts is None and not section.table:
        yield "counts", None, f"is required: {statistic} judges observed counts, typed or read from a table"
    if section.counts is not None:
        yield from _counts(section)
    if statistic == "upper-limit" and section.allowed is None:
        yield "allowed", None, "is required for an upper limit on events"
    if statistic == "on-off" and (section.off_counts is None or section.off_ratio is None):
        yield "off_counts", section.off_counts, "on-off needs off_counts and off_ratio"
    if statistic == "gaussian" and section.uncertainty is None and not section.table:
        yield "uncertainty", None, "is required for a Gaussian observation"
    if section.parameters == 2 and section.test == "one-sided":
        yield "test", section.test, "a one-sided limit has one parameter"
    used = {
        "upper-limit": ("allowed", "approximation"),
        "on-off": ("off_counts", "off_ratio", "weights"),
        "feldman-cousins": ("column", "weights"),
        "gaussian": ("column", "uncertainty", "uncertainty_column", "test", "parameters", "weights"),
        "poisson": ("column", "test", "parameters", "weights"),
        "asimov": ("test", "parameters", "weights"),
    }[statistic]
    every = (
        "allowed",
        "approximation",
        "off_counts",
        "off_ratio",
        "column",
        "uncertainty",
        "uncertainty_column",
        "test",
        "parameters",
    )
    yield from unused(section, [name for name in every if name not in used], f"by the statistic {statistic}")
    if section.counts is not None and section.table:
        yield from unused(section, ["column"], "where counts are typed")
    if section.uncertainty is not None and section.table:
        yield from unused(section, ["uncertainty_column"], "where the uncertainty is typed")


def _counts(section: Any) -> Iterator[Fault]:
    statistic = section.statistic
    counts = section.counts if isinstance(section.counts, list) else [section.counts]
    if statistic not in COUNTED:
        why = "the expectation stands in for data" if statistic == "asimov" else "it is a limit on events"
        yield "counts", section.counts, f"is not used by the statistic {statistic}: {why}"
        return
    if not counts:
        yield "counts", section.counts, "must not be empty"
    if statistic != "gaussian" and any(count < 0 for count in counts):
        yield "counts", section.counts, f"counts of the statistic {statistic} must not be negative"
    if statistic in ("feldman-cousins", "on-off"):
        total = sum(counts) * section.weights
        if abs(total - round(total)) > _WHOLE:
            yield "counts", section.counts, f"{statistic} counts whole events, not {total:g}"


def parts(
    section: Any, backgrounds: Sequence[Background], nuisances: Sequence[Nuisance], affects: Sequence[str]
) -> Iterator[Fault]:
    """Of the backgrounds and pulls beside it. ``affects``: what a pull may move; ``flux:`` stands for every component."""
    yield from repeated([b.name for b in backgrounds], "background.name")
    yield from repeated([n.name for n in nuisances], "nuisance.name")
    statistic = section.statistic
    for index, background in enumerate(backgrounds):
        field = f"background[{index}]"
        if statistic in PULLED:
            continue
        if background.free or background.uncertainty > 0:
            what = "free" if background.free else "uncertainty"
            yield f"{field}.{what}", getattr(background, what), f"is not used by the statistic {statistic}"
        if background.column and not section.table:
            yield f"{field}.column", background.column, "needs observation.table"
    names = [f"background:{background.name}" for background in backgrounds]
    for index, nuisance in enumerate(nuisances):
        field = f"nuisance[{index}]"
        if not nuisance.name:
            yield f"{field}.name", nuisance.name, "must not be empty"
        if statistic not in PULLED:
            yield f"{field}.name", nuisance.name, f"pulls are not used by the statistic {statistic}"
        prefixed = next((a for a in affects if a.endswith(":") and nuisance.affects.startswith(a)), None)
        if nuisance.affects not in (*affects, *names) and not prefixed:
            listed = [f"{a}NAME" if a.endswith(":") else a for a in affects]
            yield f"{field}.affects", nuisance.affects, f"moves nothing; allowed: {', '.join([*listed, *names])}"
