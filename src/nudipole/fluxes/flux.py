r"""A neutrino flux: lines and continua, each with a flavour density matrix.

A continuum is piecewise linear between its nodes, so every integral over it is exact; in particular the three
cumulative moments int_{E_min}^inf phi(E) E^-j dE, j = 0, 1, 2, from which all recoil spectra follow (recoil cross
sections are polynomials of degree two in 1/E at fixed recoil energy and mass).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError, check_choice, check_finite, check_non_negative, check_positive, check_triples
from nudipole.portal import FLAVORS, Direction

FloatArray = npt.NDArray[np.float64]


def pure(flavor: str) -> FloatArray:
    """Flavour density matrix of one flavour, ``e``, ``mu`` or ``tau``; shape (3, 3).

    Raises
    ------
    UnknownNameError
        If there is no such flavour.
    """
    check_choice("flavor", flavor, FLAVORS)
    density = np.zeros((3, 3))
    index = FLAVORS.index(flavor)
    density[index, index] = 1.0
    return density


def mixed(fractions: npt.ArrayLike) -> FloatArray:
    """Diagonal density matrices of shape (..., 3, 3) from flavour fractions of shape (..., 3)."""
    check_triples(fractions=fractions)
    return np.asarray(fractions, dtype=float)[..., None] * np.eye(3)


@dataclass(frozen=True)
class FluxComponent:
    """One source of neutrinos (or antineutrinos): a continuum, or a set of lines.

    Parameters
    ----------
    name : str
    energy : ndarray (n,)
        Neutrino energies [GeV], increasing.
    intensity : ndarray (n,)
        Continuum: cm^-2 GeV^-1 per unit of :attr:`Flux.per`. Lines: cm^-2 per unit of :attr:`Flux.per`.
    density : ndarray (3, 3) or (n, 3, 3)
        Flavour density matrix, trace 1 (or less if part of the flux has gone sterile).
    antineutrino : bool
    lines : bool
        True if ``intensity`` is concentrated at the energies.
    """

    name: str
    energy: FloatArray
    intensity: FloatArray
    density: npt.NDArray[Any]
    antineutrino: bool = False
    lines: bool = False

    def __post_init__(self) -> None:
        check_positive(energy=self.energy)
        check_non_negative(intensity=self.intensity)
        if self.energy.ndim != 1 or self.energy.shape != self.intensity.shape:
            raise DomainError(f"flux {self.name}: energy and intensity must be one-dimensional and of equal length")
        if np.any(np.diff(self.energy) <= 0):
            raise DomainError(f"flux {self.name}: energies must increase")
        if not self.lines and self.energy.size < 2:
            raise DomainError(f"flux {self.name}: a continuum needs at least two nodes")
        check_finite(density=np.abs(self.density))
        if self.density.shape[-2:] != (3, 3) or self.density.shape[:-2] not in ((), self.energy.shape):
            raise DomainError(f"flux {self.name}: density has shape {self.density.shape}, expected (3, 3) or (n, 3, 3)")

    def effective(self, direction: Direction) -> FloatArray:
        """Intensity times d^dagger rho d / d^2, at the nodes."""
        return self.intensity * direction.production(self.density, self.antineutrino)

    def flavor_intensity(self, flavor: str) -> FloatArray:
        """Intensity times the diagonal element of the density matrix: the part that is ``e``, ``mu`` or ``tau``."""
        check_choice("flavor", flavor, FLAVORS)
        index = FLAVORS.index(flavor)
        return self.intensity * np.real(self.density[..., index, index])

    def quadrature(self, intensity: FloatArray) -> FloatArray:
        """Weights w_i with int phi f dE = sum_i w_i f(E_i): trapezoid for a continuum, intensity itself for lines."""
        if self.lines:
            return intensity
        width = np.zeros_like(self.energy)
        step = np.diff(self.energy)
        width[:-1] += 0.5 * step
        width[1:] += 0.5 * step
        return intensity * width

    def cumulative_moments(self, intensity: FloatArray, energy_min: npt.ArrayLike, powers: Sequence[int]) -> FloatArray:
        r"""int_{E_min}^inf phi E^-j dE for each power j in ``powers`` (0, 1 or 2); shape (len(powers),) + E_min.shape.

        Exact for the piecewise-linear continuum given by ``intensity`` at the nodes; E_min may be infinite (zero).

        Raises
        ------
        DomainError
            If an E_min is NaN or a power is not 0, 1 or 2.
        """
        minimum = np.asarray(energy_min, dtype=float)
        if np.any(np.isnan(minimum)):
            raise DomainError("energy_min must be a number, got nan")
        if any(power not in (0, 1, 2) for power in powers):
            raise DomainError(f"cumulative moments exist for powers 0, 1, 2, got {tuple(powers)}")
        if self.lines:
            above = self.energy >= minimum[..., None]
            return np.stack([np.sum(above * intensity * self.energy**-j, axis=-1) for j in powers])
        energy = self.energy
        slope = np.diff(intensity) / np.diff(energy)
        inside = np.clip(minimum, energy[0], energy[-1])
        index = np.clip(np.searchsorted(energy, inside, side="right") - 1, 0, len(energy) - 2)
        steepness = slope[index]
        value = intensity[index] + steepness * (inside - energy[index])
        whole = _segment_integrals(intensity[:-1], slope, energy[:-1], energy[1:], powers)
        partial = _segment_integrals(value, steepness, inside, energy[index + 1], powers)
        for moment, segments in zip(partial, whole, strict=True):
            tail = np.append(np.cumsum(segments[::-1])[::-1], 0.0)
            moment += tail[index + 1]
        return np.stack(partial)


def _segment_integrals(
    value: FloatArray, slope: FloatArray, low: FloatArray, high: FloatArray, powers: Sequence[int]
) -> list[FloatArray]:
    """int_low^high [value + slope (E - low)] E^-j dE for each j, also where the segment is a steep step."""
    width = high - low
    logarithm = np.log1p(width / low) if any(powers) else width
    closed = {
        0: lambda: (value + 0.5 * slope * width) * width,
        1: lambda: value * logarithm + slope * (width - low * logarithm),
        2: lambda: value * width / (low * high) + slope * (logarithm - width / high),
    }
    return [np.asarray(closed[power]()) for power in powers]


@dataclass(frozen=True)
class Flux:
    """A sum of components in one unit of exposure.

    Parameters
    ----------
    name : str
    components : tuple of FluxComponent
    per : str
        What one unit is: ``s`` (second) or ``POT`` (proton on target) or ``run`` (the whole exposure).
    citations : tuple of str
        Keys of docs/references.bib.
    tabulated : bool
        True if the flux goes on beyond its table: there it is unknown, not zero, and asking for it is an error.
    """

    name: str
    components: tuple[FluxComponent, ...]
    per: str = "s"
    citations: tuple[str, ...] = ()
    tabulated: bool = False

    def scaled(self, factor: float) -> Flux:
        """The same flux, every component times ``factor``."""
        check_non_negative(factor=factor)
        return replace(self, components=tuple(replace(c, intensity=c.intensity * factor) for c in self.components))

    @property
    def maximum_energy(self) -> float:
        """Highest energy [GeV] with a non-zero intensity; 0 if there is none."""
        return max(
            (float(c.energy[np.nonzero(c.intensity)[0][-1]]) for c in self.components if np.any(c.intensity > 0)),
            default=0.0,
        )

    @property
    def flavors(self) -> tuple[str, ...]:
        """The flavours that this flux contains."""
        present = [f for f in FLAVORS if any(np.any(c.flavor_intensity(f) > 0) for c in self.components)]
        return tuple(present)

    def total(self, flavor: str | None = None) -> float:
        """Integrated flux [cm^-2 per unit], of one flavour or of all."""
        return float(
            sum(
                np.sum(c.quadrature(c.intensity if flavor is None else c.flavor_intensity(flavor)))
                for c in self.components
            )
        )

    def cumulative_moments(
        self, direction: Direction, energy_min: npt.ArrayLike, powers: Sequence[int] = (0, 1, 2)
    ) -> FloatArray:
        """int_{E_min}^inf phi d^dagger rho d E^-j dE / d^2, all components; shape (len(powers),) + E_min.shape."""
        parts = [c.cumulative_moments(c.effective(direction), energy_min, powers) for c in self.components]
        return np.asarray(np.sum(parts, axis=0))

    def nodes(self, direction: Direction) -> tuple[FloatArray, FloatArray]:
        """All quadrature energies [GeV] and weights [cm^-2 per unit] that reach N along this direction."""
        energies = [c.energy for c in self.components]
        weights = [c.quadrature(c.effective(direction)) for c in self.components]
        energy, weight = np.concatenate(energies), np.concatenate(weights)
        keep = weight > 0
        return energy[keep], weight[keep]

    def differential(self, energy: npt.ArrayLike, flavor: str | None = None) -> FloatArray:
        """Continuum flux [cm^-2 GeV^-1 per unit] at these energies [GeV], of one flavour or of all; lines left out.

        Raises
        ------
        DomainError
            If the flux is a table and an energy lies outside it.
        """
        energy = np.asarray(energy, dtype=float)
        if self.tabulated:
            low = min(float(c.energy[0]) for c in self.components)
            high = max(float(c.energy[-1]) for c in self.components)
            if not np.all((energy >= low) & (energy <= high)):
                raise DomainError(f"the flux {self.name} is tabulated from {low:g} to {high:g} GeV only")
        check_non_negative(energy=energy)
        total = np.zeros_like(energy)
        for component in self.components:
            if not component.lines:
                values = component.intensity if flavor is None else component.flavor_intensity(flavor)
                total += np.interp(energy, component.energy, values, left=0.0, right=0.0)
        return total
