"""The warning about data that the background of a card does not describe, once for each card and preset."""

from __future__ import annotations

import warnings
from typing import Any

from nudipole.errors import ConvergenceError, MisfitWarning
from nudipole.inference.goodness import MISFIT

_TOLD: set[tuple[str, str, str]] = set()


def warn_of_misfit(constraint: Any, preset: str = "default", stacklevel: int = 3) -> None:
    """Warn (:class:`~nudipole.errors.MisfitWarning`) if the background-only fit has p < 0.01, once a process.

    Not for a region of interest, which is what such data point to, nor where there is nothing to test.
    """
    name = (constraint.key, str(getattr(constraint, "file", "")), preset)
    if name in _TOLD or not hasattr(constraint, "goodness_of_fit"):
        return
    _TOLD.add(name)
    try:
        found = constraint.goodness_of_fit(preset)
    except ConvergenceError as error:
        warnings.warn(f"{constraint.key}: no goodness of fit: {error}", MisfitWarning, stacklevel=stacklevel)
        return
    if found is None or not found.misfit or constraint.kind_of(preset) == "roi":
        return
    side = "more" if found.excess > 0 else "fewer"
    words = f"{constraint.key}: the background alone does not describe the data, {found}"
    if abs(found.excess) >= 0.5:
        words += f"; {abs(found.excess):.3g} events {side} than its best fit"
    warnings.warn(f"{words}: p < {MISFIT:g}, do not trust this limit", MisfitWarning, stacklevel=stacklevel)


def forget() -> None:
    """Warn again of every card."""
    _TOLD.clear()
