r"""Solar neutrinos at the Earth: three lines, five continua, and their flavour by day.

.. math:: \Phi(E) = \sum_k \Phi_k\, \phi_k(E)\, \rho_k(E), \qquad
          \rho_{k,\alpha\beta}(E) = \sum_i P_i(E, n_k)\, U_{\alpha i} U^*_{\beta i}.

Totals Phi_k are those of a standard solar model (B16, :cite:`Vinyoles:2016djt`) or of one of the sets used in the
literature; shapes are the allowed beta spectra for pp, 13N, 15O and 17F, tables for 8B (:cite:`Winter:2004kf`) and hep
(:cite:`Bahcall:1997eg`). Neutrinos arrive as incoherent mass eigenstates, P_i from adiabatic conversion averaged over
two electron densities n_k +- w_k that stand for the production region of B16-GS98 (within 0.0015 in P_ee of the full
average). So a coupling to one flavour sees P_ea, the coherent sum sees sum_i P_i |sum_a d_a U_ai|^2 and ``universal``
everything.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import check_choice, check_non_negative, check_once
from nudipole.fluxes import oscillations
from nudipole.fluxes.flux import Flux, FluxComponent, pure
from nudipole.fluxes.low_energy import beta_decay
from nudipole.inputs import tables

FloatArray = npt.NDArray[np.float64]
SolarModel = Literal["B16-GS98", "B16-AGSS09met", "BS05-AGS", "BS05-OP", "borexino-fit", "conventions"]
Survival = Literal["msw-day", "vacuum", "none"]
MODELS: tuple[SolarModel, ...] = (
    "B16-GS98",
    "B16-AGSS09met",
    "BS05-AGS",
    "BS05-OP",
    "borexino-fit",
    "conventions",
)
SURVIVALS: tuple[Survival, ...] = ("msw-day", "vacuum", "none")
COMPONENTS = ("pp", "pep", "hep", "7Be", "8B", "13N", "15O", "17F")

# Electron density at production [mol / cm^3]: mean and half-width of the two points that stand for the B16-GS98 profile
# (1611.09867); a width only where conversion is not linear in the density over the profile.
PRODUCTION_DENSITY: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "pp": (60.8, 0.0),
        "pep": (66.9, 0.0),
        "hep": (51.4, 20.6),
        "7Be": (79.7, 0.0),
        "8B": (87.9, 9.2),
        "13N": (73.8, 0.0),
        "15O": (86.3, 0.0),
        "17F": (87.1, 0.0),
    }
)
# Lines: energies [MeV] and weights. 7Be decays to the ground and first excited state of 7Li (Bahcall 1994).
LINES: Mapping[str, tuple[tuple[float, float], ...]] = MappingProxyType(
    {"pep": ((1.442, 1.0),), "7Be": ((0.3843, 0.103), (0.8618, 0.897))}
)
# beta+ continua: endpoint [MeV] and daughter (Z, A); pp is a positron in the field of a deuteron.
BETA: Mapping[str, tuple[float, int, int]] = MappingProxyType(
    {"pp": (0.42341, 1, 2), "13N": (1.1982, 6, 13), "15O": (1.7317, 7, 15), "17F": (1.7400, 8, 17)}
)
_TABLES = MappingProxyType({"8B": "fluxes/data/solar_b8.csv", "hep": "fluxes/data/solar_hep.csv"})
_NODES = 500


def solar(
    model: SolarModel = "B16-GS98",
    components: list[str] | None = None,
    survival: Survival = "msw-day",
    fluxes_cm2_s: dict[str, float] | None = None,
    oscillation: dict[str, float] | None = None,
) -> Flux:
    """Solar neutrinos at 1 AU, averaged over the year.

    Parameters
    ----------
    model : str
        ``B16-GS98`` (high metallicity), ``B16-AGSS09met`` (low), ``BS05-AGS``, ``BS05-OP``, ``borexino-fit`` (BS05-AGS
        with pp, pep, 7Be and 8B as measured), ``conventions`` (those of the direct detection community).
    components : list of str
        Any of pp, pep, hep, 7Be, 8B, 13N, 15O, 17F; all by default.
    survival : str
        ``msw-day``; ``vacuum``: averaged oscillations without matter; ``none``: all stay nu_e.
    fluxes_cm2_s : dict
        Totals [cm^-2 s^-1] that replace the model's, by component.
    oscillation : dict
        Mixing parameters that replace the defaults of :class:`~nudipole.fluxes.oscillations.Oscillation`.

    Returns
    -------
    Flux
        Per second; one component for each source.

    Raises
    ------
    UnknownNameError
        If a name is not one of those listed.
    DomainError
        If a flux is negative or a mixing parameter out of range.

    Examples
    --------
    >>> f"{solar().total():.3e}"
    '6.537e+10'
    """
    check_choice("survival", survival, SURVIVALS)
    totals = dict(solar_totals(model))
    check_once("solar component", components or ())
    for name, value in (fluxes_cm2_s or {}).items():
        check_choice("solar component", name, COMPONENTS if components is None else components)
        check_non_negative(**{f"flux of {name}": value})
        totals[name] = value
    osc = oscillations.parameters(oscillation)
    parts = []
    for name in COMPONENTS if components is None else components:
        check_choice("solar component", name, COMPONENTS)
        lines = name in LINES
        energy, shape = line_shape(name) if lines else continuum_shape(name)
        density = _flavour_density(energy, PRODUCTION_DENSITY[name], survival, osc)
        parts.append(FluxComponent(name, energy, totals[name] * shape, density, lines=lines))
    return Flux("solar", tuple(parts), citations=_CITATIONS[model])


def solar_totals(model: SolarModel = "B16-GS98") -> Mapping[str, float]:
    """Total flux [cm^-2 s^-1] of each component in a model.

    Examples
    --------
    >>> solar_totals("B16-AGSS09met")["8B"]
    4500000.0
    """
    check_choice("solar model", model, MODELS)
    values = tables.load("fluxes/data/solar_models.csv")[model]
    return MappingProxyType({name: float(value) for name, value in zip(COMPONENTS, values, strict=True)})


def solar_uncertainties(model: SolarModel = "B16-GS98") -> Mapping[str, float]:
    """Fractional 1-sigma theory error of each component's flux, for pulls.

    Those of B16; the other models carry the errors of B16-GS98.

    Examples
    --------
    >>> solar_uncertainties()["7Be"]
    0.06
    """
    check_choice("solar model", model, MODELS)
    column = "B16-AGSS09met error" if model == "B16-AGSS09met" else "B16-GS98 error"
    values = tables.load("fluxes/data/solar_models.csv")[column]
    return MappingProxyType({name: float(value) for name, value in zip(COMPONENTS, values, strict=True)})


def line_shape(component: str) -> tuple[FloatArray, FloatArray]:
    """Energies [GeV] and weights (summing to one) of a component made of lines, ``pep`` or ``7Be``."""
    check_choice("solar line", component, LINES)
    energy, weight = np.array(LINES[component]).T
    return energy * units.MEV, weight


@functools.cache
def continuum_shape(component: str) -> tuple[FloatArray, FloatArray]:
    """Energies [GeV] and shape [GeV^-1] of a continuum, normalised to one over its nodes.

    Examples
    --------
    >>> energy, shape = continuum_shape("8B")
    >>> round(float(np.trapezoid(energy * shape, energy)) * 1e3, 2)
    6.77
    """
    check_choice("solar continuum", component, (*BETA, *_TABLES))
    if component in BETA:
        endpoint, charge, mass_number = BETA[component]
        energy = endpoint * units.MEV * (0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, _NODES + 1)))[1:]
        shape = beta_decay.allowed_shape(energy, endpoint * units.MEV, -charge, mass_number)
    else:
        from scipy.interpolate import PchipInterpolator

        table = tables.load(_TABLES[component])
        energy = np.linspace(0.0, table["energy"][-1], _NODES + 1)[1:]
        shape = np.clip(PchipInterpolator(table["energy"], table["shape"])(energy), 0.0, None)
        energy = energy * units.MEV
    shape = shape / np.trapezoid(shape, energy)
    energy.setflags(write=False)
    shape.setflags(write=False)
    return energy, shape


def survival_probability(
    component: str, energy: npt.ArrayLike, oscillation: oscillations.Oscillation | None = None
) -> FloatArray:
    """P_ee by day of neutrinos of this component at energies [GeV].

    Examples
    --------
    >>> round(float(survival_probability("8B", 0.008)), 2)
    0.34
    """
    check_choice("solar component", component, COMPONENTS)
    density = _flavour_density(energy, PRODUCTION_DENSITY[component], "msw-day", oscillation)
    return np.real(density[..., 0, 0])


def _flavour_density(
    energy: npt.ArrayLike, profile: tuple[float, float], survival: Survival, osc: oscillations.Oscillation | None
) -> npt.NDArray[np.complex128]:
    energy = np.asarray(energy, dtype=float)
    if survival == "none":
        return np.broadcast_to(pure("e").astype(complex), (*energy.shape, 3, 3))
    mean, width = profile if survival == "msw-day" else (0.0, 0.0)
    fractions = oscillations.solar_mass_fractions(energy[..., None], np.array([mean - width, mean + width]), osc)
    return oscillations.density_matrix(fractions.mean(axis=-2), osc)


_SHAPES = ("Winter:2004kf", "Bahcall:1997eg")
_CITATIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "B16-GS98": ("Vinyoles:2016djt", *_SHAPES),
        "B16-AGSS09met": ("Vinyoles:2016djt", *_SHAPES),
        "BS05-AGS": ("Bahcall:2004pz", *_SHAPES),
        "BS05-OP": ("Bahcall:2004pz", *_SHAPES),
        "borexino-fit": ("BOREXINO:2018ohr", *_SHAPES),
        "conventions": ("Baxter:2021pqo", *_SHAPES),
    }
)
