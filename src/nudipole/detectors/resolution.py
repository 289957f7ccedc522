r"""Resolution: the probability that a true deposit is reconstructed between two edges, from cumulative distributions.

.. math::

    P_{b}(x) = F(x_{b+1}\,|\,x) - F(x_b\,|\,x)

with F normal, of width sigma(x), or Gamma, or Poisson in photo-electrons. The variable x is what the detector
histograms: an energy [GeV], or a number of photo-electrons or hits. Every model is a function of keyword options, those
that a card writes in ``resolution = { model = "gaussian", fwhm_eV = 48.0 }``; it returns an object with
``probability(true, edges)``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import special

from nudipole import units
from nudipole.errors import (
    DomainError,
    check_choice,
    check_finite,
    check_increasing,
    check_non_negative,
    check_positive,
)

FloatArray = npt.NDArray[np.float64]
FWHM = 2.0 * np.sqrt(2.0 * np.log(2.0))
_FARTHEST = 12.0  # standard deviations beyond which nothing is reconstructed (1e-33)
UNITS = {"1": 1.0, "eV": units.EV, "keV": units.KEV, "MeV": units.MEV, "GeV": units.GEV}


class Resolution(Protocol):
    """What the response needs to know of a resolution."""

    @property
    def discrete(self) -> bool:
        """Whether reconstructed values are whole numbers (counted photo-electrons)."""
        ...

    def probability(self, true: npt.ArrayLike, edges: npt.ArrayLike) -> FloatArray:
        """Probability (b, n) that true values (n,) are reconstructed within edges (b + 1,), lower edge included."""
        ...

    def scaled(self, factor: float) -> Resolution:
        """The same shape, every width times ``factor``: what a pull on the resolution does."""
        ...


@dataclass(frozen=True)
class Normal:
    """Normal smearing of width sigma(x) >= 0; where sigma = 0 a sharp step. ``truncated``: only x > 0 is possible."""

    sigma: Callable[[FloatArray], FloatArray]
    truncated: bool = False
    discrete: bool = False

    def probability(self, true: npt.ArrayLike, edges: npt.ArrayLike) -> FloatArray:
        x, edge = _checked(true, edges)
        width = np.maximum(self.sigma(x), 0.0)
        if self.truncated:
            edge = np.maximum(edge, 0.0)
        score = edge[:, None] - x
        if np.all(width > 0):
            score /= width
        else:
            score = np.divide(score, width, out=np.where(score > 0, np.inf, -np.inf), where=width > 0)
        # the smaller tail at each edge, below zero on the upper side: differences keep digits far from the mean
        tail = np.zeros(score.shape)
        near = np.abs(score) < _FARTHEST
        tail[near] = special.ndtr(-np.abs(score[near]))
        upper = score > 0
        tail[upper] *= -1.0
        result = np.diff(tail, axis=0) + (upper[1:] != upper[:-1])
        if self.truncated:
            zero = np.divide(-x, width, out=np.full_like(x, -np.inf), where=width > 0)
            result = result / special.ndtr(-zero)
        return result

    def scaled(self, factor: float) -> Normal:
        check_positive(factor=factor)
        return replace(self, sigma=lambda x: factor * self.sigma(x))


@dataclass(frozen=True)
class Gamma:
    """Gamma-distributed photo-electrons of mean n and shape (1 + slope n) / stretch^2; zero light stays zero."""

    slope: float
    stretch: float = 1.0
    discrete: bool = False

    def __post_init__(self) -> None:
        check_non_negative(slope=self.slope)
        check_positive(stretch=self.stretch)

    def probability(self, true: npt.ArrayLike, edges: npt.ArrayLike) -> FloatArray:
        mean, edge = _checked(true, edges)
        shape = (1.0 + self.slope * mean) / self.stretch**2
        safe = np.maximum(mean, 1e-100)
        cumulative = special.gammainc(shape, np.maximum(edge, 0.0)[:, None] * shape / safe)
        cumulative = np.where(mean > 0, cumulative, (edge > 0.0)[:, None])
        return np.diff(cumulative, axis=0)

    def scaled(self, factor: float) -> Gamma:
        check_positive(factor=factor)
        return replace(self, stretch=self.stretch * factor)


@dataclass(frozen=True)
class Poisson:
    """Counted photo-electrons, Poisson of mean n; a bin [lo, hi) holds the whole numbers lo <= n < hi."""

    discrete: bool = True

    def probability(self, true: npt.ArrayLike, edges: npt.ArrayLike) -> FloatArray:
        mean, edge = _checked(true, edges)
        below = np.ceil(edge)[:, None]  # P(n < edge) = P(n <= below - 1) = Q(below, mean)
        cumulative = special.gammaincc(np.maximum(below, 1.0), np.broadcast_to(mean, (len(edge), len(mean))))
        return np.diff(np.where(below >= 1.0, cumulative, 0.0), axis=0)

    def scaled(self, factor: float) -> Poisson:
        if factor != 1.0:
            raise DomainError("the width of a Poisson distribution is fixed by its mean and cannot be pulled")
        return self


def none() -> Resolution:
    """Perfect resolution: a deposit falls into the bin that holds it."""
    return Normal(sigma=np.zeros_like)


def gaussian(fwhm_eV: float = 0.0, sigma_eV: float = 0.0, fano: float = 0.0, pair_energy_eV: float = 0.0) -> Resolution:
    """sigma^2 = noise^2 + F epsilon E: noise as a full width at half maximum or a sigma (give one), Fano term optional.

    Raises
    ------
    DomainError
        If both or neither of ``fwhm_eV`` and ``sigma_eV`` are given, or anything is negative.

    Examples
    --------
    >>> gaussian(fwhm_eV=48.0).probability([160e-9], [160e-9, 1e-6]).round(6).tolist()
    [[0.5]]
    """
    return Normal(sigma=_noise_and_fano(fwhm_eV, sigma_eV, fano, pair_energy_eV))


def gaussian_truncated(
    fwhm_eV: float = 0.0, sigma_eV: float = 0.0, fano: float = 0.0, pair_energy_eV: float = 0.0
) -> Resolution:
    """As ``gaussian``, but no event is reconstructed below zero: times 2 / (1 + erf(E / sqrt2 sigma)).

    Dresden-II: sigma_eV = 68.5, fano = 0.11, pair_energy_eV = 2.96 (2202.09672, 2202.10829).
    """
    return Normal(sigma=_noise_and_fano(fwhm_eV, sigma_eV, fano, pair_energy_eV), truncated=True)


def gaussian_sqrt(a: float, b: float, c: float = 0.0, unit: str = "MeV") -> Resolution:
    """sigma = a + b sqrt(x) + c x, everything in ``unit`` (``1`` for hits and photo-electrons); zero where negative.

    Super-Kamiokande IV: -0.0839, 0.349, 0.0397 in MeV (1606.07538). Borexino: 1.21974, 1.31394, -0.0148585 in hits
    (2204.03011).
    """
    scale = _unit(unit)
    check_finite(a=a, b=b, c=c)

    def sigma(x: FloatArray) -> FloatArray:
        reduced = np.maximum(x, 0.0) / scale
        return scale * (a + b * np.sqrt(reduced) + c * reduced)

    return Normal(sigma=sigma)


def fractional(a: float, b: float = 0.0, unit: str = "keV") -> Resolution:
    """sigma / E = a / sqrt(E / unit) + b. XENON1T and XENONnT: a = 0.310, b = 0.0037 in keV (2006.09721)."""
    check_non_negative(a=a, b=b)
    return gaussian_sqrt(0.0, a, b, unit)


def polynomial(coefficients: list[float], unit: str = "keV") -> Resolution:
    """sigma = c_0 + c_1 E + c_2 E^2 + ..., everything in ``unit``; zero where negative."""
    if not len(coefficients):
        raise DomainError("a resolution polynomial needs at least one coefficient")
    check_finite(coefficients=coefficients)
    scale, series = _unit(unit), np.asarray(coefficients, dtype=float)
    return Normal(sigma=lambda x: scale * np.polynomial.polynomial.polyval(x / scale, series))


def gamma(light_yield: float = 13.35, shape: float = 9.56) -> Resolution:
    """COHERENT CsI[Na] of 2021: photo-electrons Gamma-distributed about n = light_yield E_ee, shape 1 + 9.56 E_ee/keV.

    The release writes a = 0.0749 / E_ee = 1 / n and b = 9.56 E_ee (2111.02477); the true variable here is n.
    """
    check_positive(light_yield=light_yield, shape=shape)
    return Gamma(slope=shape / light_yield)


def poisson() -> Resolution:
    """Poisson photo-electrons: COHERENT CsI[Na] of 2017 (1708.01294, 1804.09459)."""
    return Poisson()


RESOLUTION: dict[str, Callable[..., Resolution]] = {
    "none": none,
    "gaussian": gaussian,
    "gaussian-truncated": gaussian_truncated,
    "gaussian-sqrt": gaussian_sqrt,
    "fractional": fractional,
    "polynomial": polynomial,
    "gamma": gamma,
    "poisson": poisson,
}


def _noise_and_fano(
    fwhm_eV: float, sigma_eV: float, fano: float, pair_energy_eV: float
) -> Callable[[FloatArray], FloatArray]:
    check_non_negative(fwhm_eV=fwhm_eV, sigma_eV=sigma_eV, fano=fano, pair_energy_eV=pair_energy_eV)
    if (fwhm_eV > 0) == (sigma_eV > 0):
        raise DomainError("give the electronic noise either as fwhm_eV or as sigma_eV")
    noise = (fwhm_eV / FWHM + sigma_eV) * units.EV
    spread = fano * pair_energy_eV * units.EV
    return lambda energy: np.sqrt(noise**2 + spread * np.maximum(energy, 0.0))


def _unit(name: str) -> float:
    check_choice("unit", name, UNITS)
    return UNITS[name]


def _checked(true: npt.ArrayLike, edges: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    check_non_negative(true_value=true)
    check_increasing(edges=edges)
    if np.ndim(true) > 1:
        raise DomainError(f"true values must be one number or a list of them, got the shape {np.shape(true)}")
    return np.atleast_1d(np.asarray(true, dtype=float)), np.asarray(edges, dtype=float)
