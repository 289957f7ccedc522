"""Fluxes from tables: interpolation, and one component for each column of a table.

A flux is zero outside its table, and the end of the table is the end of what an experiment can reach (no extrapolation).
Between the rows it is interpolated log-log to some 160 more nodes.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError, check_positive
from nudipole.fluxes.flux import FluxComponent, pure
from nudipole.inputs import tables

FloatArray = npt.NDArray[np.float64]
SPECIES: Mapping[str, tuple[str, bool]] = {
    "e": ("e", False),
    "mu": ("mu", False),
    "tau": ("tau", False),
    "ebar": ("e", True),
    "mubar": ("mu", True),
    "taubar": ("tau", True),
}
_NODES = 160
_SOFTEST = 1e-3  # GeV, where a first bin that reaches down to zero energy begins


def interpolate(energy: FloatArray, intensity: FloatArray, at: npt.ArrayLike, name: str = "flux") -> FloatArray:
    """Log-log interpolation of a tabulated spectrum, linear next to a zero.

    Parameters
    ----------
    energy, intensity : ndarray (n,)
        The table: increasing energies [GeV] and non-negative values.
    at : array_like
        Energies [GeV] inside the table.
    name : str
        What the error calls the table.

    Raises
    ------
    DomainError
        If an energy lies outside the table: nothing is extrapolated.

    Examples
    --------
    >>> float(interpolate(np.array([1.0, 100.0]), np.array([1.0, 1e-4]), 10.0).round(6))
    0.01
    """
    at = np.asarray(at, dtype=float)
    check_positive(energy=at)
    tolerance = 1e-9
    if np.any(at < energy[0] * (1 - tolerance)) or np.any(at > energy[-1] * (1 + tolerance)):
        raise DomainError(f"{name} is tabulated from {energy[0]:g} to {energy[-1]:g} GeV only")
    linear = np.interp(at, energy, intensity)
    positive = np.where(intensity > 0, intensity, 1.0)
    logarithmic = np.exp(np.interp(np.log(at), np.log(energy), np.log(positive)))
    segment = np.clip(np.searchsorted(energy, at, side="right") - 1, 0, len(energy) - 2)
    both = (intensity[segment] > 0) & (intensity[segment + 1] > 0)
    return np.where(both, logarithmic, linear)


def tabulated(name: str, energy: FloatArray, columns: Mapping[str, FloatArray]) -> tuple[FluxComponent, ...]:
    """One component per column (named as in :data:`SPECIES`), on the table's nodes and some 160 more between them."""
    components = []
    for species, values in columns.items():
        occupied = np.nonzero(values > 0)[0]
        if occupied.size == 0:
            continue
        keep = slice(max(occupied[0] - 1, 0), min(occupied[-1] + 2, len(energy)))
        own, intensity = energy[keep], values[keep]
        nodes = np.union1d(own, np.geomspace(own[0], own[-1], _NODES)[1:-1])
        flavor, antineutrino = SPECIES[species]
        on_nodes = interpolate(own, intensity, nodes, name)
        components.append(FluxComponent(f"{name} {species}", nodes, on_nodes, pure(flavor), antineutrino))
    return tuple(components)


@functools.cache
def shipped(resource: str) -> tuple[FluxComponent, ...]:
    """Components of a table in ``fluxes/data`` (name without ``.csv``) whose rows are values at an energy."""
    table = tables.load(f"fluxes/data/{resource}.csv")
    return tabulated(resource, table["energy"], {c: table[c] for c in table.columns if c in SPECIES})


@functools.cache
def histogram(resource: str) -> tuple[FluxComponent, ...]:
    """The same of bin averages at bin centres: the first and the last bin keep their outer halves, flat."""
    table = tables.load(f"fluxes/data/{resource}.csv")
    centre = table["energy"]
    first = max(1.5 * centre[0] - 0.5 * centre[1], _SOFTEST)
    energy = np.concatenate([[first], centre, [1.5 * centre[-1] - 0.5 * centre[-2]]])
    columns = {c: np.pad(table[c], 1, mode="edge") for c in table.columns if c in SPECIES}
    return tabulated(resource, energy, columns)


def spectrum(resource: str, species: str, energy: npt.ArrayLike) -> FloatArray:
    """One column of one beam table at any energy [GeV] inside it; outside is an error.

    Parameters
    ----------
    resource : str
        Name of the table without ``.csv``, e.g. ``"numi_me_fhc"``.
    species : {"e", "mu", "tau", "ebar", "mubar", "taubar"}
    energy : array_like
        [GeV].

    Returns
    -------
    ndarray
        In the unit of the table, cm^-2 GeV^-1 POT^-1 for beams.

    Raises
    ------
    DomainError
        Outside the tabulated range.
    UnknownNameError, TableError
        No such column, no such table.
    """
    table = tables.load(f"fluxes/data/{resource}.csv")
    return interpolate(table["energy"], table[species], energy, resource)
