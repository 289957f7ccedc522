r"""Flavour structure of a joint fit: fixed proportions, profiled couplings, and the triangle of flavours.

The couplings are :math:`d_a = d\,r_a`. Proportions :math:`r_a` are fixed, or some :math:`d_a` take the value that fits best,

.. math:: q_{\rm prof}(d) = \min_{d_a,\ a\ \rm profiled} q(d_e,d_\mu,d_\tau),\qquad d_a = 0
    \ \text{or}\ 10^{-11} \le |d_a| \le 10^{-2}\ {\rm GeV}^{-1},

which also lets a large second coupling shorten the life of N, so that searches lose it. Beyond the upper end the operator is
no effective one (1/d of 100 GeV). In the triangle :math:`|d_a|^2 = s_a d^2` with shares :math:`s_e+s_\mu+s_\tau = 1`. Solar
neutrinos interfere, so there the signs matter: profiled couplings take both, the triangle has positive ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nudipole.arguments import typed_arguments
from nudipole.catalogue import registry
from nudipole.catalogue.experiment import Experiment
from nudipole.columns import Columns, Tabular
from nudipole.constraint import Interval
from nudipole.errors import DomainError, check_choice, check_count, check_mass, number
from nudipole.fits import datasets, joint
from nudipole.fits.scanning import CouplingScan
from nudipole.inference.counting import critical_value
from nudipole.portal import DIRECTIONS, Direction, Nature

FloatArray = npt.NDArray[np.float64]
FLAVORS = ("e", "mu", "tau")
#: Sizes [GeV^-1] that a profiled coupling may have besides zero.
PROFILED = (1e-11, 1e-2)
_SIZES = {1: 46, 2: 28}  # by the number of profiled couplings: points of the first look
_ROUNDS, _AROUND = 3, 5
_AT_ONCE = 200_000


def ray(flavor: str | None, ratios: Mapping[str, complex] | None, nature: Nature) -> Direction:
    """The ray of one flavour, or of couplings in fixed proportion.

    Raises
    ------
    DomainError
        If both or neither are given, or no proportion is non-zero.

    Examples
    --------
    >>> ray(None, {"e": 1, "tau": 0.5}, "dirac").couplings
    ((1+0j), 0j, (0.5+0j))
    """
    if (flavor is None) == (ratios is None):
        raise DomainError("give exactly one of a flavour and ratios of couplings")
    if ratios is None:
        assert flavor is not None
        check_choice("flavor", flavor, DIRECTIONS)
        return Direction(flavor, nature=nature)
    for name in ratios:
        check_choice("flavor of a ratio", name, FLAVORS)
    values = [complex(ratios.get(name, 0.0)) for name in FLAVORS]
    if not any(values):
        raise DomainError("at least one ratio of couplings must be non-zero")
    return Direction("couplings", (values[0], values[1], values[2]), nature)


def check_profile(direction: Direction, profile: Sequence[str]) -> None:
    """Raise unless the couplings of ``profile`` can be profiled along this ray.

    Raises
    ------
    DomainError
        If they are on the ray themselves, stand there twice, or the ray is not of real couplings.
    """
    for name in profile:
        check_choice("flavor to profile", name, FLAVORS)
    if not profile:
        return
    if len(set(profile)) < len(profile):
        raise DomainError("a coupling to profile stands there twice")
    if direction.incoherent:
        raise DomainError("universal is the total flux whatever its flavour: no coupling is left to profile")
    on = [name for name, c in zip(FLAVORS, direction.couplings, strict=True) if c]
    if twice := [name for name in profile if name in on]:
        raise DomainError(f"{', '.join(twice)} is on the ray itself and cannot be profiled")
    if np.any(np.imag(direction.couplings)):
        raise DomainError("profiled couplings are real, and so must the others be")


@dataclass(frozen=True)
class _ProfiledScan(CouplingScan):
    """The joint statistic at its minimum over some of the couplings."""

    tables: tuple[joint.JointTable, ...]
    unit: FloatArray
    free: tuple[int, ...]
    per_step = 1

    @property
    def masses(self) -> int:  # type: ignore[override]
        return len(self.tables)

    def at(self, row: int, d: FloatArray) -> FloatArray:
        table, number = self.tables[row], len(self.free)
        sizes = np.geomspace(*PROFILED, _SIZES[number])
        values = np.concatenate([[0.0], sizes, -sizes]) if table.interferes else np.concatenate([[0.0], sizes])
        first = np.stack(np.meshgrid(*[values] * number, indexing="ij"), axis=-1).reshape(-1, number)
        place, lowest = self._lowest(table, d, np.broadcast_to(first, (len(d), *first.shape)))
        step = np.log(sizes[1] / sizes[0])
        for _ in range(_ROUNDS):
            factor = np.exp(np.linspace(-step, step, _AROUND))
            around = np.stack(np.meshgrid(*[factor] * number, indexing="ij"), axis=-1).reshape(-1, number)
            found, value = self._lowest(table, d, place[:, None, :] * around)
            better = value < lowest
            place, lowest = np.where(better[:, None], found, place), np.where(better, value, lowest)
            step *= 2.0 / (_AROUND - 1)
        return lowest

    def _lowest(self, table: joint.JointTable, d: FloatArray, free: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Of trial couplings (n, k, free) at each d (n,): the best (n, free) and its statistic (n,)."""
        rows, trials, _ = free.shape
        points = np.broadcast_to((d[:, None] * self.unit)[:, None, :], (rows, trials, 3)).copy()
        points[..., list(self.free)] = np.clip(np.abs(free), 0.0, PROFILED[1]) * np.sign(free)
        flat = points.reshape(-1, 3)
        parts = [table.test_statistic(flat[k : k + _AT_ONCE]) for k in range(0, len(flat), _AT_ONCE)]
        value = np.concatenate(parts).reshape(rows, trials)
        best = np.argmin(value, axis=1)
        every = np.arange(rows)
        return points[every, best][:, list(self.free)], value[every, best]


def profiled_scan(
    members: Sequence[Experiment],
    masses: FloatArray,
    direction: Direction,
    profile: Sequence[str],
    presets: Mapping[str, str],
) -> tuple[CouplingScan, dict[str, tuple[str, ...]]]:
    """The scan along a ray at the minimum over profiled couplings, and which nuisance parameters are shared."""
    tables = tuple(joint.table(members, mass, direction.nature, presets) for mass in masses.tolist())
    free = tuple(FLAVORS.index(name) for name in profile)
    shared: dict[str, tuple[str, ...]] = {}
    for table in tables:
        shared |= table.shared
    return _ProfiledScan(tables, np.real(np.array(direction.couplings)), free), shared


@dataclass(frozen=True)
class _Rays(CouplingScan):
    table: joint.JointTable
    units: FloatArray

    @property
    def masses(self) -> int:  # type: ignore[override]
        return len(self.units)

    def at(self, row: int, d: FloatArray) -> FloatArray:
        return self.table.test_statistic(d[:, None] * self.units[row])


@dataclass(frozen=True)
class Triangle(Tabular):
    """The limit on d over the shares of the flavours at one mass.

    Attributes
    ----------
    mass : float
        [GeV].
    members : tuple of str
        Searches with a signal at this mass.
    confidence_level : float
    shares : ndarray (n, 3)
        |d_a|^2 / d^2 of e, mu and tau.
    excluded : tuple of tuple of Interval
        In d = sqrt(|d_e|^2 + |d_mu|^2 + |d_tau|^2) [GeV^-1], for each row of shares.
    """

    mass: float
    members: tuple[str, ...]
    confidence_level: float
    shares: FloatArray
    excluded: tuple[tuple[Interval, ...], ...]

    @property
    def lower(self) -> FloatArray:
        """Lowest excluded d [GeV^-1] of each row, NaN where nothing is excluded."""
        return np.array([intervals[0].low if intervals else np.nan for intervals in self.excluded])

    def to_arrays(self) -> Columns:
        """One row a point of the triangle."""
        names = [f"share_{name}" for name in FLAVORS]
        return {**dict(zip(names, self.shares.T, strict=True)), "d_GeV-1": self.lower}


@typed_arguments
def triangle(
    keys: Sequence[str | Path], mass: float, *, steps: int = 10, cl: float = 0.9, majorana: bool = False
) -> Triangle:
    """The joint limit on d at one mass for every mixture of the flavours.

    Parameters
    ----------
    keys : sequence of str or Path
        Shipped keys, paths of cards, or ``laboratory``.
    mass : float
        M_N [GeV].
    steps : int
        Of the shares between 0 and 1: (steps + 1)(steps + 2) / 2 points.
    cl : float
        Confidence level, one parameter.
    majorana : bool
        Whether N is its own antiparticle.

    Returns
    -------
    Triangle
        Excluded intervals in d, mixture by mixture.

    Raises
    ------
    DomainError
        If data overlap or no search has a signal at this mass.

    Examples
    --------
    >>> found = triangle(["conus-plus"], 1e-3, steps=1)
    >>> found.shares.tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    >>> [bool(d > 0) for d in found.lower]  # a reactor makes electron antineutrinos only
    [True, False, False]
    """
    check_mass(mass=number("mass", mass))
    check_count(steps=steps)
    critical = critical_value(cl)
    constraints = [registry.load(key) for key in datasets.expanded([str(key) for key in keys])]
    datasets.check_independent(constraints)
    counting = [c for c in constraints if isinstance(c, Experiment) and c.kind != "line"]
    table = joint.table(counting, mass, "majorana" if majorana else "dirac")
    if not table.keys:
        raise DomainError(f"none of these searches has a signal at {mass:g} GeV")
    lattice = [(steps - i - j, i, j) for i in range(steps + 1) for j in range(steps + 1 - i)]
    shares = np.array(sorted(lattice, reverse=True), dtype=float) / steps
    excluded, _, _ = _Rays(table, np.sqrt(shares)).intervals(critical, one_sided=False)
    kept = tuple(tuple(i for i in found if i.low > 0.0) for found in excluded)
    return Triangle(mass, table.keys, cl, shares, kept)
