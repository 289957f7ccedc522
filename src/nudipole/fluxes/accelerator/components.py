"""Components of a beam: rescaled, carried to another distance, put at one energy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError, check_increasing, check_non_negative, check_positive
from nudipole.fluxes.flux import Flux, FluxComponent

FloatArray = npt.NDArray[np.float64]
MODES = ("neutrino", "antineutrino")
HORN = {"neutrino": "fhc", "antineutrino": "rhc"}  # in the names of tables
CONJUGATE = {"e": "ebar", "ebar": "e", "mu": "mubar", "mubar": "mu"}


def rescaled(components: tuple[FluxComponent, ...], factors: Mapping[str, float]) -> tuple[FluxComponent, ...]:
    scaled = []
    for c in components:
        species = c.name.rsplit(" ", 1)[1]
        scaled.append(FluxComponent(c.name, c.energy, c.intensity * factors[species], c.density, c.antineutrino))
    return tuple(scaled)


def species_total(components: tuple[FluxComponent, ...], species: str) -> float:
    return float(sum(np.sum(c.quadrature(c.intensity)) for c in components if c.name.endswith(f" {species}")))


def moved(
    components: tuple[FluxComponent, ...],
    here: tuple[FluxComponent, ...],
    there: tuple[FluxComponent, ...],
    conjugate: Mapping[str, str],
) -> tuple[FluxComponent, ...]:
    """Components at ``there`` carried ``here`` by the ratio of the charge-conjugate ones at each energy."""

    def of(species: str, table: tuple[FluxComponent, ...], energy: FloatArray) -> FloatArray:
        c = next(c for c in table if c.name.endswith(f" {species}"))
        filled = c.intensity > 0
        return np.exp(np.interp(energy, c.energy[filled], np.log(c.intensity[filled])))

    moved = []
    for c in components:
        species = conjugate[c.name.rsplit(" ", 1)[1]]
        ends = [x.energy[x.intensity > 0] for x in (*here, *there) if x.name.endswith(f" {species}")]
        inside = np.clip(c.energy, max(e[0] for e in ends), min(e[-1] for e in ends))
        ratio = of(species, here, inside) / of(species, there, inside)
        moved.append(FluxComponent(c.name, c.energy, c.intensity * ratio, c.density, c.antineutrino))
    return tuple(moved)


def mean_energy(energy: FloatArray, intensity: FloatArray) -> float:
    """Mean energy [GeV] of a spectrum given at nodes (trapezoid)."""
    check_increasing(energy=energy)
    check_non_negative(intensity=intensity)
    if np.shape(intensity) != np.shape(energy) or not np.any(intensity):
        raise DomainError("a spectrum needs as many intensities as energies, not all zero")
    return float(np.trapezoid(intensity * energy, energy) / np.trapezoid(intensity, energy))


def at_one_energy(flux: Flux, energy: float) -> Flux:
    """Every component with its total in a line at one energy [GeV]."""
    check_positive(monochromatic_GeV=energy)
    at = np.array([float(energy)])
    lines = []
    for c in flux.components:
        total = np.array([float(np.sum(c.quadrature(c.intensity)))])
        lines.append(FluxComponent(f"{c.name} line", at, total, c.density, c.antineutrino, lines=True))
    return Flux(f"{flux.name} at {energy:g} GeV", tuple(lines), flux.per, flux.citations)
