r"""A region of interest against everything else: whether one point of (M, d) describes both.

The parameter goodness of fit (Maltoni & Schwetz, Phys. Rev. D 68 (2003) 033020) holds the joint minimum against the
separate ones,

.. math:: \chi^2_{\rm PG} = \min_{M,d}\Bigl[\chi^2_{\rm region} + \chi^2_{\rm rest}\Bigr]
        - \min_{M,d}\chi^2_{\rm region} - \min_{M,d}\chi^2_{\rm rest},

which follows a chi^2 of two degrees of freedom, the parameters that both sides share. Bins that neither side moves cancel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from nudipole.arguments import typed_arguments
from nudipole.catalogue import registry
from nudipole.constraint import as_masses
from nudipole.errors import DomainError, check_count
from nudipole.fits import datasets
from nudipole.fits.combination import ray_scan
from nudipole.portal import direction

FloatArray = npt.NDArray[np.float64]
_GRID = np.geomspace(1e-10, 1e-2, 161)  # d [GeV^-1], twenty a decade
_ROUNDS, _AROUND = 4, 9
PARAMETERS = 2


@dataclass(frozen=True)
class Best:
    """A best point.

    Attributes
    ----------
    mass : float
        [GeV].
    d : float
        [GeV^-1], 0 where no signal fits best.
    chi2 : float
        -2 ln L relative to no signal.
    """

    mass: float
    d: float
    chi2: float


@dataclass(frozen=True)
class Tension:
    """How badly a region of interest and the rest agree.

    Attributes
    ----------
    region : str
    members : tuple of str
        What the region is held against.
    chi2 : float
        Of the parameter goodness of fit.
    p_value : float
        Probability of a chi^2 at least as large, two degrees of freedom.
    preferred, rest, joint : Best
        Best points of the region, of the rest, of both together.
    """

    region: str
    members: tuple[str, ...]
    chi2: float
    p_value: float
    preferred: Best
    rest: Best
    joint: Best

    @property
    def sigmas(self) -> float:
        """The p value as two-sided standard deviations of a normal."""
        return float(-special.ndtri(0.5 * self.p_value))

    def to_dict(self) -> dict[str, Any]:
        """Plain data: the same as ``nudipole tension --json`` prints."""
        points = {"region": self.preferred, "rest": self.rest, "joint": self.joint}
        best = {name: {"mass_GeV": p.mass, "d_GeV-1": p.d, "delta_chi2": p.chi2} for name, p in points.items()}
        head = {"region": self.region, "members": list(self.members)}
        return head | {"chi2": self.chi2, "p_value": self.p_value, "sigmas": self.sigmas, "best": best}


@typed_arguments
def tension(
    region: str | Path,
    keys: Sequence[str | Path],
    flavor: str,
    mass: npt.ArrayLike,
    *,
    majorana: bool = False,
) -> Tension:
    """The parameter goodness of fit of a search that prefers N against others.

    Parameters
    ----------
    region : str or Path
        Key or card of the search that wants N, such as ``miniboone-roi``.
    keys : sequence of str or Path
        The others; ``laboratory`` stands for every measurement whose data do not overlap.
    flavor : {"e", "mu", "tau", "universal", "coherent"}
        The coupling that is switched on.
    mass : array_like
        M_N [GeV] among which the best points are looked for; d is refined, the mass is not.
    majorana : bool
        Whether N is its own antiparticle.

    Returns
    -------
    Tension
        chi^2, p value and the best points.

    Raises
    ------
    DomainError
        If data overlap, or one side has no likelihood of counted events for this flavour.

    Examples
    --------
    >>> found = tension("miniboone-roi", ["charm-ii"], "mu", [0.1, 0.3, 0.5])
    >>> found.preferred.d > 0 and 0.0 <= found.p_value <= 1.0
    True
    """
    masses, along = as_masses(mass), direction(flavor, majorana)
    check_count(masses=len(masses))
    wanted = datasets.expanded([str(region), *(str(key) for key in keys)])
    constraints = [registry.load(key) for key in dict.fromkeys(wanted)]
    if len(constraints) < 2:
        raise DomainError("a region needs something to be held against")
    datasets.check_independent(constraints)
    first, _ = ray_scan(constraints[:1], masses, along)
    others, members = ray_scan(constraints[1:], masses, along)
    one, two = _chi2(first, len(masses)), _chi2(others, len(masses))
    preferred, rest = _best(masses, one, first.at), _best(masses, two, others.at)
    both = _best(masses, one + two, lambda row, d: first.at(row, d) + others.at(row, d))
    chi2 = max(both.chi2 - preferred.chi2 - rest.chi2, 0.0)
    return Tension(constraints[0].key, members, chi2, float(special.chdtrc(PARAMETERS, chi2)), preferred, rest, both)


def _chi2(scan: Any, masses: int) -> FloatArray:
    return np.stack([scan.at(row, _GRID) for row in range(masses)])


def _best(masses: FloatArray, chi2: FloatArray, at: Any) -> Best:
    """The lowest point, d refined between its neighbours on the grid; no signal where nothing lies below it."""
    best = Best(float(masses[0]), 0.0, 0.0)
    for row in np.nonzero(np.min(chi2, axis=1) < 0.0)[0].tolist():
        index = int(np.argmin(chi2[row]))
        low, high = _GRID[max(index - 1, 0)], _GRID[min(index + 1, len(_GRID) - 1)]
        for _ in range(_ROUNDS):
            fine = np.geomspace(low, high, _AROUND)
            values = at(row, fine)
            place = int(np.argmin(values))
            if values[place] < best.chi2:
                best = Best(float(masses[row]), float(fine[place]), float(values[place]))
            low, high = fine[max(place - 1, 0)], fine[min(place + 1, _AROUND - 1)]
    return best
