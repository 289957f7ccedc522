r"""Response: from the recoil that happened to the bin in which it is counted.

.. math::

    R_b(E_r) = \int_{x_b}^{x_{b+1}} dx\; \epsilon(x)\, P\big(x \,|\, x(E_I(E_r))\big)

recoil -> deposit (quenching) -> observable (energy, photo-electrons, hits) -> smearing -> efficiency -> bins. The
matrix R depends on the detector alone, so a rate is one matrix product: counts_b = sum_n R_bn (dN/dE_r)_n dE_n.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.detectors import efficiency as efficiencies
from nudipole.detectors import quenching as quenchings
from nudipole.detectors import resolution as resolutions
from nudipole.detectors.efficiency import EFFICIENCY, Efficiency
from nudipole.detectors.quenching import QUENCHING, IonisationEnergy
from nudipole.detectors.resolution import RESOLUTION, Resolution
from nudipole.errors import DomainError, check_finite, check_non_negative, check_positive
from nudipole.inputs.options import resolve

FloatArray = npt.NDArray[np.float64]
SUBSTEPS = 16  # midpoints inside a bin for an efficiency in reconstructed space


def energy() -> Callable[[FloatArray], FloatArray]:
    """The detector histograms the electron-equivalent energy itself [GeV]."""
    return lambda deposit: deposit


def photo_electrons(light_yield: float) -> Callable[[FloatArray], FloatArray]:
    """Mean number of photo-electrons, ``light_yield`` per keV of electron-equivalent energy.

    COHERENT CsI[Na] 2021: 13.35 per keVee; 2017: 1.17 per keV of nuclear recoil, i.e. with ``quenching = "none"``.
    """
    check_positive(light_yield=light_yield)
    return lambda deposit: light_yield * deposit / units.KEV


def polynomial(coefficients: list[float]) -> Callable[[FloatArray], FloatArray]:
    """c_0 + c_1 T + c_2 T^2 + ... with T in MeV, not below zero: number of hit phototubes of Borexino.

    Borexino Phase-II: -8.065244, 493.2560, -64.09629, 4.146102 (2204.03011), for recoils below 2.5 MeV.
    """
    if not len(coefficients):
        raise DomainError("an observable polynomial needs at least one coefficient")
    check_finite(coefficients=coefficients)
    series = np.asarray(coefficients, dtype=float)
    return lambda deposit: np.maximum(np.polynomial.polynomial.polyval(deposit / units.MEV, series), 0.0)


OBSERVABLE: dict[str, Callable[..., Callable[[FloatArray], FloatArray]]] = {
    "energy": energy,
    "photo-electrons": photo_electrons,
    "polynomial": polynomial,
}


@dataclass(frozen=True)
class Response:
    """A detector's response to recoils of one kind.

    Parameters
    ----------
    edges : ndarray (bins + 1,)
        Edges of the observation's bins: GeV if the observable is an energy, else photo-electrons or hits.
    quenching : callable
        Recoil energy [GeV] -> deposit [GeV]; one of :data:`~nudipole.detectors.quenching.QUENCHING`.
    observable : callable
        Deposit [GeV] -> mean of what is histogrammed; one of :data:`OBSERVABLE`.
    resolution, efficiency
        See their modules.
    electron_efficiency : Efficiency, optional
        That of electron recoils, where it differs (detectors that tell them from nuclear recoils).
    quenching_scale, energy_scale : float
        Pulls: the deposit, and the mean of the observable, times this (1 unless a nuisance moves them).
    tabulated : tuple of ndarray, optional
        Recoil energies (k,) [GeV] and the released probability (bins, k) to be counted in each bin, in place of quenching,
        observable, resolution and efficiency: linear between the energies, 0 below the first, held above the last.

    Examples
    --------
    >>> response = Response(edges=np.array([1e-6, 2e-6, 3e-6]))
    >>> response.matrix(np.array([0.5e-6, 1.5e-6])).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """

    edges: FloatArray
    quenching: IonisationEnergy = field(default_factory=quenchings.none)
    observable: Callable[[FloatArray], FloatArray] = field(default_factory=energy)
    resolution: Resolution = field(default_factory=resolutions.none)
    efficiency: Efficiency = field(default_factory=efficiencies.constant)
    electron_efficiency: Efficiency | None = None
    quenching_scale: float = 1.0
    energy_scale: float = 1.0
    tabulated: tuple[FloatArray, FloatArray] | None = None

    def __post_init__(self) -> None:
        edges = np.asarray(self.edges, dtype=float)
        if edges.ndim != 1 or edges.size < 2 or not np.all(np.isfinite(edges)) or not np.all(np.diff(edges) > 0):
            raise DomainError("bin edges must be at least two finite numbers that increase")
        check_positive(quenching_scale=self.quenching_scale, energy_scale=self.energy_scale)
        object.__setattr__(self, "edges", edges)

    @property
    def bins(self) -> int:
        """Number of bins."""
        return int(self.edges.size) - 1

    def deposit(self, recoil_energy: npt.ArrayLike) -> FloatArray:
        """Electron-equivalent energy [GeV] of recoils [GeV]."""
        return self.quenching_scale * self.quenching(recoil_energy)

    def mean(self, recoil_energy: npt.ArrayLike) -> FloatArray:
        """Mean of the observable (GeV, photo-electrons or hits) for recoils [GeV]."""
        return self.energy_scale * self.observable(self.deposit(recoil_energy))

    def matrix(self, recoil_energy: npt.ArrayLike) -> FloatArray:
        """Probability (bins, n) that a recoil [GeV] of each energy (n,) is counted in each bin; columns sum to <= 1.

        Raises
        ------
        DomainError
            If an energy is negative or not finite.
        """
        check_non_negative(recoil_energy=recoil_energy)
        recoil = np.atleast_1d(np.asarray(recoil_energy, dtype=float))
        if self.tabulated is not None:
            energy, probability = self.tabulated
            return np.stack([np.interp(recoil, energy, row, left=0.0) for row in probability])
        mean = self.mean(recoil)
        if self.efficiency.space == "reconstructed":
            fine, point, bin_of = self._inside_bins()
            parts = self.resolution.probability(mean, fine) * self.efficiency(point)[:, None]
            inside, first = np.unique(bin_of, return_index=True)
            result = np.zeros((self.bins, recoil.size))
            result[inside] = np.add.reduceat(parts, first, axis=0)
        else:
            true = recoil if self.efficiency.space == "recoil" else self.deposit(recoil)
            result = self.resolution.probability(mean, self.edges) * self.efficiency(true)
        return np.where(mean > 0, result, 0.0)  # no deposit, no event: noise alone is background, not signal

    def total(self, recoil_energy: npt.ArrayLike) -> FloatArray:
        """Probability that a recoil [GeV] of each energy is counted in any bin."""
        if self.tabulated is not None or self.efficiency.space == "reconstructed":
            return np.asarray(self.matrix(recoil_energy).sum(axis=0))
        return np.asarray(replace(self, edges=self.edges[[0, -1]]).matrix(recoil_energy)[0])

    def for_electrons(self) -> Response:
        """The same detector seen by electron recoils: not quenched, and with their own efficiency if they have one."""
        own = self.electron_efficiency or self.efficiency
        return replace(self, quenching=quenchings.none(), quenching_scale=1.0, efficiency=own)

    def scaled_efficiency(self, factor: float) -> Response:
        """Every efficiency times ``factor``, never above 1."""
        electrons = None if self.electron_efficiency is None else self.electron_efficiency.scaled(factor)
        return replace(self, efficiency=self.efficiency.scaled(factor), electron_efficiency=electrons)

    def _inside_bins(self) -> tuple[FloatArray, FloatArray, npt.NDArray[np.intp]]:
        """Fine edges, a point in each fine bin and the bin that holds it; whole numbers where these are counted."""
        if self.resolution.discrete:
            whole = np.arange(np.ceil(self.edges[0]), np.ceil(self.edges[-1]) + 1.0)
            return whole, whole[:-1], np.searchsorted(self.edges, whole[:-1], side="right") - 1
        steps = np.arange(SUBSTEPS) / SUBSTEPS
        fine = np.append((self.edges[:-1, None] + np.diff(self.edges)[:, None] * steps).ravel(), self.edges[-1])
        return fine, 0.5 * (fine[1:] + fine[:-1]), np.repeat(np.arange(self.bins), SUBSTEPS)


def from_options(
    edges: npt.ArrayLike,
    quenching: Mapping[str, Any] | None = None,
    resolution: Mapping[str, Any] | None = None,
    efficiency: Mapping[str, Any] | None = None,
    observable: Mapping[str, Any] | None = None,
    electron_efficiency: Mapping[str, Any] | None = None,
    file: object = "response",
) -> Response:
    """The response that the inline tables of a card describe; what is left out is perfect.

    Raises
    ------
    CardError
        Names ``file``, field and value if a model or an option does not exist or is refused.

    Examples
    --------
    >>> r = from_options([160e-9, 800e-9], quenching={"model": "lindhard", "k": 0.162},
    ...                  resolution={"model": "gaussian", "fwhm_eV": 48.0})
    >>> r.matrix([1e-6]).round(3).tolist()
    [[0.776]]
    """

    def chosen(
        kind: str, registry: Mapping[str, Callable[..., Any]], table: Mapping[str, Any] | None, name: str
    ) -> Any:
        return resolve(registry, table or {"model": name}, "model", file, f"response.{kind}")

    return Response(
        edges=np.asarray(edges, dtype=float),
        quenching=chosen("quenching", QUENCHING, quenching, "none"),
        observable=chosen("observable", OBSERVABLE, observable, "energy"),
        resolution=chosen("resolution", RESOLUTION, resolution, "none"),
        efficiency=chosen("efficiency", EFFICIENCY, efficiency, "constant"),
        electron_efficiency=None
        if electron_efficiency is None
        else chosen("electron_efficiency", EFFICIENCY, electron_efficiency, "constant"),
    )
