"""The size of the coupling as a user gives it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, check_non_negative


def coupling(d: npt.ArrayLike | None, mu: npt.ArrayLike | None) -> Any:
    """d [GeV^-1] from exactly one of d and mu [Bohr magnetons], numbers or arrays.

    Raises
    ------
    DomainError
        If both or neither are given, or the one given is negative or not finite.
    """
    if (d is None) == (mu is None):
        raise DomainError("give exactly one of d [GeV^-1] and mu [Bohr magnetons]")
    name, value = ("d", d) if d is not None else ("mu", mu)
    given: dict[str, Any] = {f"coupling {name}": value}
    check_non_negative(**given)
    number = np.asarray(value, dtype=float)[()]
    return number if d is not None else units.d_from_mu(number)
