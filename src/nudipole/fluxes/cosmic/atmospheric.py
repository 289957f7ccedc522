r"""Atmospheric neutrinos by direction (Honda et al. 2014 at Kamioka, or H3a), with oscillation through the Earth.

.. math:: \phi_\beta(E, c) = \sum_\alpha \phi^0_\alpha(E, c)\, P(\alpha\to\beta; E, c), \qquad
          \Phi = 2\pi \int \phi\, dc

with c = cos(zenith), 1 for down-going. The tables hold ten bins of c between -1 and 1, 0.1 GeV-10 TeV (solar minimum,
averaged over azimuth; :cite:`Honda:2015fha`). Solar maximum is 7 % lower at 0.1 GeV and 2 % at 1 GeV; the authors quote
7 % on the absolute flux between 1 and 10 GeV and more outside. ``h3a-sibyll23c`` is the one-dimensional calculation with
H3a cosmic rays and Sibyll 2.3c of the nuflux library, 40 % lower at 1 GeV and four times lower at 0.1 GeV, where it leaves
out the geomagnetic field and the third dimension: it is here because :cite:`Gustafson:2022rsz` used it.
"""

from __future__ import annotations

import functools
from typing import Literal

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError, check_choice
from nudipole.fluxes.flux import Flux, FluxComponent, mixed, pure
from nudipole.fluxes.tabulated import SPECIES, interpolate
from nudipole.inputs import tables

FloatArray = npt.NDArray[np.float64]
COSINE_EDGES: FloatArray = np.linspace(-1.0, 1.0, 11)
_NODES = 160
_SPECIES = ("e", "mu", "ebar", "mubar")
Model = Literal["honda2014", "h3a-sibyll23c"]
_STEMS = {"honda2014": "atmospheric", "h3a-sibyll23c": "atmospheric_h3a"}
_CITATIONS: dict[str, tuple[str, ...]] = {"honda2014": ("Honda:2015fha",), "h3a-sibyll23c": ("Gustafson:2022rsz",)}


def differential(
    species: str, energy: npt.ArrayLike, cos_zenith: npt.ArrayLike, model: Model = "honda2014"
) -> FloatArray:
    """Unoscillated flux in one direction.

    Parameters
    ----------
    species : {"e", "mu", "ebar", "mubar"}
    energy : array_like
        [GeV], inside 0.1-1e4.
    cos_zenith : array_like
        Inside [-1, 1], broadcast against the energy; interpolated linearly between bin centres and held constant
        beyond the outermost ones (|c| > 0.9).
    model : {"honda2014", "h3a-sibyll23c"}

    Returns
    -------
    ndarray
        cm^-2 s^-1 sr^-1 GeV^-1.

    Raises
    ------
    DomainError
        Outside the table.
    UnknownNameError, TableError
        No such species.

    Examples
    --------
    >>> bool(differential("mu", 1.0, 0.05) > differential("mu", 1.0, 0.95))
    True
    """
    energy, cosine = np.broadcast_arrays(np.asarray(energy, dtype=float), np.asarray(cos_zenith, dtype=float))
    if not np.all(np.abs(cosine) <= 1.0):
        raise DomainError("the cosine of the zenith angle must lie in [-1, 1]")
    table_energy, values = _grid(species, model)
    at_energy = np.stack([interpolate(table_energy, column, energy, "atmospheric flux") for column in values])
    position = np.clip((cosine - 0.5 * (COSINE_EDGES[0] + COSINE_EDGES[1])) / 0.2, 0.0, len(values) - 1.0)
    lower = np.minimum(position.astype(int), len(values) - 2)
    fraction = position - lower
    low = np.take_along_axis(at_energy, lower[None], axis=0)[0]
    high = np.take_along_axis(at_energy, lower[None] + 1, axis=0)[0]
    return (1.0 - fraction) * low + fraction * high


def atmospheric(
    cos_zenith_min: float = -1.0, cos_zenith_max: float = 1.0, oscillation: bool = True, model: Model = "honda2014"
) -> Flux:
    """Atmospheric neutrinos per second, integrated over the directions cos_zenith_min < cos(zenith) < cos_zenith_max.

    Parameters
    ----------
    cos_zenith_min, cos_zenith_max : float
        Range of cos(zenith), 1 is down-going.
    oscillation : bool
        Oscillate three flavours through the Earth in shells of constant density; nu_tau appears only so. Fast
        oscillations are averaged over eight directions in each of the ten zenith bins; density matrices are diagonal.
    model : {"honda2014", "h3a-sibyll23c"}
        The calculation; see above.

    Returns
    -------
    Flux
        cm^-2 s^-1 GeV^-1, 0.1 GeV-10 TeV.

    Raises
    ------
    DomainError
        If the range is empty or leaves [-1, 1].
    UnknownNameError
        No such model.

    Examples
    --------
    >>> atmospheric(oscillation=False).flavors
    ('e', 'mu')
    """
    if not -1.0 <= cos_zenith_min < cos_zenith_max <= 1.0:
        raise DomainError(f"need -1 <= cos_zenith_min < cos_zenith_max <= 1, got {cos_zenith_min}, {cos_zenith_max}")
    components = _components(float(cos_zenith_min), float(cos_zenith_max), bool(oscillation), model)
    return Flux("atmospheric", components, "s", _CITATIONS[model], tabulated=True)


@functools.cache
def _grid(species: str, model: Model) -> tuple[FloatArray, FloatArray]:
    """Energies (n,) and fluxes (10, n) of one species."""
    check_choice("atmospheric flux", model, _STEMS)
    table = tables.load(f"fluxes/data/{_STEMS[model]}_{species}.csv")
    directions = [name for name in table.columns if name.startswith("cos")]
    return table["energy"], np.stack([table[name] for name in directions])


@functools.lru_cache(maxsize=64)
def _components(cos_min: float, cos_max: float, oscillation: bool, model: Model) -> tuple[FluxComponent, ...]:
    energy_table, _ = _grid("mu", model)
    energy = np.geomspace(energy_table[0], energy_table[-1], _NODES)
    inner = [edge for edge in COSINE_EDGES if cos_min < edge < cos_max]
    edges = np.concatenate([[cos_min], inner, [cos_max]])
    step = np.diff(edges)
    cosine = (edges[:-1, None] + step[:, None] * (np.arange(8) + 0.5) / 8.0).ravel()
    solid_angle = 2.0 * np.pi * np.repeat(step / 8.0, 8)
    earth = {anti: _earth_probability(energy, cosine, anti) for anti in (False, True)} if oscillation else {}
    components = []
    for species in _SPECIES:
        flavor, antineutrino = SPECIES[species]
        by_direction = solid_angle[:, None] * differential(species, energy, cosine[:, None], model)
        intensity = by_direction.sum(axis=0)
        if not oscillation:
            components.append(FluxComponent(f"atmospheric {species}", energy, intensity, pure(flavor), antineutrino))
            continue
        chances = earth[antineutrino][..., ("e", "mu", "tau").index(flavor), :]
        fractions = np.sum(by_direction[..., None] * chances, axis=0) / intensity[:, None]
        components.append(FluxComponent(f"atmospheric {species}", energy, intensity, mixed(fractions), antineutrino))
    return tuple(components)


def _earth_probability(energy: FloatArray, cosine: FloatArray, antineutrino: bool) -> FloatArray:
    """P(alpha -> beta), shape (directions, energies, 3, 3)."""
    from nudipole.fluxes.oscillations import earth_layers, probability

    lengths, densities = earth_layers(cosine)
    return probability(energy[None, :], lengths[:, None, :], densities, antineutrino=antineutrino)
