r"""Total up-scattering cross sections for scans, through cumulative moments of the structure functions.

At fixed energy and mass the recoil spectrum is the structure function times a short Laurent polynomial in E_r,

.. math::

    S_0 &= -\frac{M^4}{8mE^2}E_r^{-2} + \Bigl(1-\frac{M^2}{2mE}-\frac{M^2}{4E^2}\Bigr)E_r^{-1}
          + \Bigl(\frac{M^2}{8mE^2}-\frac1E\Bigr) + \frac{E_r}{4E^2}, \\
    S_M &= \frac{1}{8m^2E^2}\left[M^4E_r^{-1} + mM^2 - 2m^2E_r\right],

so the moments int E(2mE_r) E_r^k dE_r and int G(2mE_r) E_r^k dE_r, k = -2..1, tabulated once for each target, serve
every mass and energy. Agrees with :func:`nudipole.processes.scattering.upscattering_total.total_cross_section` to 1e-6 (1e-3
in tails that the form factor suppresses by eight orders and more).
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline

from nudipole import units
from nudipole.errors import DomainError, check_non_negative, check_positive
from nudipole.kinematics import recoil_limits
from nudipole.matter import targets
from nudipole.matter.targets import Structure, Target
from nudipole.processes.scattering.upscattering import S0_TERMS, SM_TERMS
from nudipole.processes.scattering.upscattering_total import integrate, integration_limits

FloatArray = npt.NDArray[np.float64]
_POWERS = (-2, -1, 0, 1)
_LOWEST_Q2 = 1e-24  # GeV^2; below, a bare charge is constant and a screened one zero
_STEP = 0.02  # in ln E_r
# where differences of moments lose digits, they are replaced by direct integration: E_r^max / E_r^min below _NARROW
# (near threshold), and recoils so small that a neutral target answers with less than _SOFT_RESPONSE of its maximum
_NARROW, _SOFT_RESPONSE = 30.0, 1e-3
_MANY, _SPLINE_NODES = 2000, 600  # energies at one mass from which direct integrals are interpolated, and its nodes


class FormFactorMoments:
    """Cumulative moments of one target's structure functions.

    Parameters
    ----------
    target : Target
        With a finite reach: nuclei, nucleons, bound nucleons. A point needs no table.

    Raises
    ------
    DomainError
        For a point target.

    Examples
    --------
    >>> argon = FormFactorMoments(targets.get("Ar40"))
    >>> f"{float(argon.total(1.0, 0.1)):.2f}"
    '41.40'
    """

    def __init__(self, target: Target) -> None:
        if not np.isfinite(target.reach):
            raise DomainError(f"{target.name} is a point: its total cross section needs no moments")
        self.target = target
        low, high = np.log(_LOWEST_Q2 / (2 * target.mass)), np.log(target.reach / (2 * target.mass))
        self._count = int(np.ceil((high - low) / _STEP)) + 1
        self._start, self._step = low, (high - low) / (self._count - 1)
        self._electric = self._tabulate(target.electric)
        self._magnetic = None if target.magnetic is None else self._tabulate(target.magnetic)
        grid = np.exp(low + self._step * np.arange(self._count))
        response = target.electric(2 * target.mass * grid)
        self._soft = float(grid[np.argmax(response > _SOFT_RESPONSE * np.max(response))])

    def total(self, neutrino_energy: npt.ArrayLike, hnl_mass: npt.ArrayLike) -> FloatArray:
        """Total cross section per unit d^2 (dimensionless), energies and masses [GeV] broadcast.

        Raises
        ------
        DomainError
            For M = 0 on a charge that is not screened.
        """
        energy, mass = np.asarray(neutrino_energy, dtype=float), np.asarray(hnl_mass, dtype=float)
        check_positive(neutrino_energy=energy)
        check_non_negative(hnl_mass=mass)
        energy, mass = np.broadcast_arrays(energy, mass)
        shape = energy.shape
        energy, mass = energy.ravel(), mass.ravel()
        low, high, start, stop = integration_limits(self.target, energy, mass)
        total = self._polynomial(energy, mass, start, stop)
        narrow = (high > low) & (stop > start) & (stop < _NARROW * start)
        if np.any(narrow):
            total[narrow] = direct_total(self.target, energy[narrow], mass[narrow], panels=8)
        soft = (stop > start) & (stop < self._soft) & ~narrow
        if np.any(soft):
            total[soft] = direct_total(self.target, energy[soft], mass[soft], panels=48)
        return np.where(stop > start, total, 0.0).reshape(shape)

    def _polynomial(self, energy: FloatArray, mass: FloatArray, start: FloatArray, stop: FloatArray) -> FloatArray:
        total = np.zeros_like(energy)
        for terms, table in ((S0_TERMS, self._electric), (SM_TERMS, self._magnetic)):
            if table is None:
                continue
            moments = self._moments(table, start, stop)  # of E_r^-2, E_r^-1, 1, E_r
            for c, a, b, j, k in terms:
                total += c * self.target.mass**a * mass ** (2 * k) / energy**j * moments[b + 2]
        return np.asarray(4.0 * units.ALPHA * total)

    def _tabulate(self, structure: Structure) -> tuple[FloatArray, FloatArray, float]:
        """Values and u-derivatives (u = ln E_r) of the four cumulative moments, shape (4, n), and the limit at small u.

        Negative powers are accumulated from above, the others from below: no differences of large numbers.
        """
        x, w = np.polynomial.legendre.leggauss(5)
        u = self._start + self._step * np.arange(self._count)
        inner = u[:-1, None] + 0.5 * self._step * (x + 1.0)
        recoil = np.exp(inner)
        values = structure(2 * self.target.mass * recoil)
        edges = structure(2 * self.target.mass * np.exp(u))
        cumulative, slope = np.empty((4, self._count)), np.empty((4, self._count))
        for row, power in enumerate(_POWERS):
            cells = 0.5 * self._step * (values * recoil ** (power + 1)) @ w
            if power < 0:
                cumulative[row] = np.concatenate([np.cumsum(cells[::-1])[::-1], [0.0]])
            else:
                cumulative[row] = np.concatenate([[0.0], np.cumsum(cells)])
            slope[row] = (-1.0 if power < 0 else 1.0) * edges * np.exp(u * (power + 1))
        return cumulative, slope, float(edges[0])

    def _moments(
        self, table: tuple[FloatArray, FloatArray, float], start: FloatArray, stop: FloatArray
    ) -> list[FloatArray]:
        values, slope, constant = table
        floor = np.exp(self._start)
        below, above = np.clip(start, floor, None), np.clip(stop, floor, None)
        lower, upper = self._interpolate(values, slope, below), self._interpolate(values, slope, above)
        result = []
        for row, power in enumerate(_POWERS):
            moment = lower[row] - upper[row] if power < 0 else upper[row] - lower[row]
            # what lies below the table, where the structure function is constant
            a, b = np.minimum(start, floor), np.minimum(stop, floor)
            safe = np.where(a > 0, a, 1.0)
            top = np.where(a > 0, b, 1.0)
            extra = np.log(top / safe) if power == -1 else (top ** (power + 1) - safe ** (power + 1)) / (power + 1)
            result.append(moment + constant * np.where(a > 0, extra, 0.0))
        return result

    def _interpolate(self, values: FloatArray, slope: FloatArray, recoil: FloatArray) -> FloatArray:
        """Cubic Hermite interpolation in ln E_r on the uniform grid, shape (4, n)."""
        position = (np.log(recoil) - self._start) / self._step
        index = np.clip(position.astype(int), 0, self._count - 2)
        t = position - index
        s = 1.0 - t
        return (
            (1 + 2 * t) * s**2 * values[:, index]
            + t**2 * (3 - 2 * t) * values[:, index + 1]
            + self._step * (t * s**2 * slope[:, index] - t**2 * s * slope[:, index + 1])
        )


def direct_total(target: Target, energy: FloatArray, mass: FloatArray, panels: int) -> FloatArray:
    """Integrals of :func:`~.upscattering_total.integrate` above threshold; long runs of energies at one mass interpolated.

    sigma / (E_r^max - E_r^min) is analytic through the threshold, because the width of the range of recoils carries its
    square root: a cubic spline of its logarithm in ln E on 600 nodes is good to 1e-7.
    """
    masses, group = np.unique(mass, return_inverse=True)
    if energy.size < _MANY * masses.size:
        chunks = np.array_split(np.arange(energy.size), max(1, energy.size // 512))
        return np.concatenate([integrate(target, energy[c], mass[c], panels) for c in chunks])
    total = np.empty(energy.size)
    for index, value in enumerate(masses):
        own = group == index
        total[own] = _interpolated(target, energy[own], float(value), panels)
    return total


def _interpolated(target: Target, energy: FloatArray, mass: float, panels: int) -> FloatArray:
    low, high = float(energy.min()), float(energy.max())
    nodes = np.geomspace(low, high, _SPLINE_NODES)
    nodes[0], nodes[-1] = low, high
    constant = np.full(nodes.shape, mass)
    first, last = recoil_limits(nodes, constant, target.mass)
    values = integrate(target, nodes, constant, panels)
    if high <= low or np.any(values <= 0) or np.any(last <= first):
        return integrate(target, energy, np.full(energy.shape, mass), panels)
    spline = CubicSpline(np.log(nodes), np.log(values / (last - first)))
    first, last = recoil_limits(energy, mass, target.mass)
    return np.asarray((last - first) * np.exp(spline(np.log(energy))))


@functools.lru_cache(maxsize=256)
def of(name: str, form_factor: str | None = None, screening: bool = True) -> FormFactorMoments:
    """The moments of a target by name, made once (see :func:`nudipole.matter.targets.get`)."""
    return FormFactorMoments(targets.get(name, form_factor, screening))
