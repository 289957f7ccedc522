r"""Antineutrinos of a power reactor at one detector.

.. math:: \frac{d\Phi}{dE} = \frac{1}{4\pi L^2}\,\frac{P_{\rm th}}{\sum_i f_i e_i}
          \Bigl[\sum_i f_i S_i(E) + n_{\rm c}\,S_{\rm c}(E)\Bigr],

with fission fractions f_i, energies per fission e_i (:cite:`Ma:2012bm`) and spectra per fission S_i: Huber
(:cite:`Huber:2011wv`) and Mueller et al. (:cite:`Mueller:2011nm`) above 2 MeV, Vogel and Engel (:cite:`Vogel:1989iv`)
below, and the two beta decays that follow neutron capture on 238U. Above 8 MeV the fitted polynomials are continued up
to a stated cut: they fall by a factor of some 20 per MeV there, Kopeikin's table by 14, and carry 1e-4 of the flux.

The computed totals are 5 to 8 % below the fluxes that experiments quote, which assume about 7.2 antineutrinos per
fission where this sum has 6.8; ``total_flux_cm2_s`` imposes a quoted flux, on the whole spectrum or on its poorly known
part below 2 MeV only.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, check_between, check_choice, check_non_negative, check_positive
from nudipole.fluxes.flux import Flux, FluxComponent, pure
from nudipole.fluxes.low_energy import beta_decay
from nudipole.inputs import tables

FloatArray = npt.NDArray[np.float64]
ReactorModel = Literal["huber-mueller", "vogel-engel", "kopeikin"]
Capture = Literal["two-decays", "none"]
Rescaling = Literal["all", "below-2-MeV"]
MODELS: tuple[ReactorModel, ...] = ("huber-mueller", "vogel-engel", "kopeikin")
ISOTOPES = ("U235", "U238", "Pu239", "Pu241")
_ROUNDING = 0.02  # of published fission fractions, each given to two digits
TYPICAL_FRACTIONS: Mapping[str, float] = MappingProxyType({"U235": 0.55, "U238": 0.07, "Pu239": 0.32, "Pu241": 0.06})
# MeV per fission that becomes heat: Ma et al. 2013, Table VII
ENERGY_PER_FISSION: Mapping[str, float] = MappingProxyType(
    {"U235": 202.36, "U238": 205.99, "Pu239": 211.12, "Pu241": 214.26}
)
CAPTURES_PER_FISSION = 0.6  # hep-ph/0308186
# Beta branches after capture: (parent's share, endpoint [MeV], daughter Z, A). Strongest branches of 239U and 239Np
# from memory of ENSDF; their steps agree with those of Kopeikin's tabulated total (tests/fluxes/low_energy/test_reactor.py).
CAPTURE_BRANCHES: tuple[tuple[float, float, int, int], ...] = (
    (0.75, 1.187, 93, 239),
    (0.25, 1.262, 93, 239),
    (0.02, 0.714, 94, 239),
    (0.03, 0.654, 94, 239),
    (0.45, 0.437, 94, 239),
    (0.08, 0.393, 94, 239),
    (0.42, 0.331, 94, 239),
)
# exp(a0 + a1 E + a2 E^2) above 2 MeV: Vogel and Engel 1989, Table I
VOGEL_ENGEL: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        "U235": (0.870, -0.160, -0.0910),
        "U238": (0.976, -0.162, -0.0790),
        "Pu239": (0.896, -0.239, -0.0981),
        "Pu241": (0.793, -0.080, -0.1085),
    }
)
JOIN_MEV = 2.0
_LOW, _HIGH = 600, 500


def reactor(
    power_GW: float,
    baseline_m: float,
    fission_fractions: dict[str, float] | None = None,
    model: ReactorModel = "huber-mueller",
    capture: Capture = "two-decays",
    total_flux_cm2_s: float | None = None,
    rescale: Rescaling = "all",
    maximum_energy_MeV: float = 10.0,
) -> Flux:
    """Electron antineutrinos of one reactor at full power, without oscillation (baselines below 100 m).

    Parameters
    ----------
    power_GW : float
        Thermal power [GW].
    baseline_m : float
        Distance from the core's centre [m].
    fission_fractions : dict
        Shares of U235, U238, Pu239, Pu241; normalised to one. A typical core by default.
    model : str
        ``huber-mueller`` or ``vogel-engel`` above 2 MeV (Vogel-Engel table below), or ``kopeikin``: a tabulated total
        for a typical core, which contains the capture neutrinos and takes no account of the fractions.
    capture : str
        ``two-decays``: 0.6 captures per fission on 238U, two antineutrinos each; ``none``.
    total_flux_cm2_s : float
        Total flux [cm^-2 s^-1] to be imposed.
    rescale : str
        Which part takes up the difference: ``all``, or ``below-2-MeV``.
    maximum_energy_MeV : float
        End of the spectrum [MeV], 8 (where the fits end) to 20.

    Returns
    -------
    Flux
        Per second, one component for fission products and one for capture.

    Raises
    ------
    DomainError
        If a number is not positive or absurd (baselines are 0.1 to 1e7 m), fractions do not make a core, or the flux
        imposed is less than what lies above 2 MeV.
    UnknownNameError
        If a name is not one of those listed.

    Examples
    --------
    >>> f"{reactor(power_GW=3.6, baseline_m=20.7).total('e'):.2e}"
    '1.38e+13'
    """
    check_choice("reactor model", model, MODELS)
    check_choice("capture", capture, ("two-decays", "none"))
    check_choice("rescale", rescale, ("all", "below-2-MeV"))
    check_between(1e-9, 1e3, power_GW=power_GW)
    check_between(0.1, 1e7, baseline_m=baseline_m)
    fractions = _normalised(fission_fractions)
    check_between(8.0, 20.0, maximum_energy_MeV=maximum_energy_MeV)
    heat = sum(fractions[isotope] * ENERGY_PER_FISSION[isotope] for isotope in ISOTOPES) * units.MEV
    per_fission = power_GW * units.GIGAWATT / heat / (4.0 * np.pi * (100.0 * baseline_m) ** 2)
    energy = _grid(maximum_energy_MeV)
    spectra = {"fission": fission_spectrum(energy, fractions, model)}
    if capture == "two-decays" and model != "kopeikin":
        spectra["capture"] = CAPTURES_PER_FISSION * capture_spectrum(energy)
    if total_flux_cm2_s is not None:
        check_positive(total_flux_cm2_s=total_flux_cm2_s)
        spectra = _imposed(energy, spectra, total_flux_cm2_s / per_fission, rescale)
    parts = []
    for name, values in spectra.items():
        end = np.nonzero(values)[0][-1] + 2  # up to the first zero above the endpoint
        intensity = per_fission * values[:end] / units.MEV
        parts.append(FluxComponent(name, energy[:end] * units.MEV, intensity, pure("e"), antineutrino=True))
    return Flux("reactor", tuple(parts), citations=("Huber:2011wv", "Mueller:2011nm", "Vogel:1989iv", "Ma:2012bm"))


def fission_spectrum(
    energy_MeV: npt.ArrayLike,
    fractions: Mapping[str, float],
    model: ReactorModel = "huber-mueller",
) -> FloatArray:
    """Antineutrinos per MeV and fission at energies [MeV], 0 to 100, for normalised fission fractions.

    Examples
    --------
    >>> round(float(fission_spectrum(4.0, {"U238": 1.0})), 3)
    0.442
    """
    check_choice("reactor model", model, MODELS)
    energy = np.asarray(energy_MeV, dtype=float)
    check_between(0.0, 100.0, energy_MeV=energy)
    if model == "kopeikin":
        table = tables.load("fluxes/data/reactor_kopeikin.csv")
        inside = np.interp(energy, table["energy"], np.log(table["total"]))
        low = table["total"][0] * energy / table["energy"][0]
        tail_slope = np.log(table["total"][-1] / table["total"][-2]) / (table["energy"][-1] - table["energy"][-2])
        tail = np.clip(energy - table["energy"][-1], 0.0, None) * tail_slope
        return np.where(energy < table["energy"][0], low, np.exp(inside + tail))
    table = tables.load("fluxes/data/reactor_vogel_engel.csv")
    coefficients = tables.load("fluxes/data/reactor_conversion.csv")
    total = np.zeros_like(energy)
    for isotope, share in fractions.items():
        check_choice("fissile isotope", isotope, ISOTOPES)
        below = np.interp(energy, np.r_[0.0, table["energy"]], np.r_[0.0, table[isotope]])
        polynomial = coefficients[isotope] if model == "huber-mueller" else np.array(VOGEL_ENGEL[isotope])
        above = np.exp(np.polynomial.polynomial.polyval(np.clip(energy, JOIN_MEV, None), polynomial))
        total = total + share * np.where(energy <= JOIN_MEV, below, above)
    return total


@functools.cache
def _capture_norms() -> tuple[float, ...]:
    norms = []
    for _, endpoint, charge, mass_number in CAPTURE_BRANCHES:
        grid = np.linspace(0.0, endpoint, 4001)[:-1] * units.MEV
        shape = beta_decay.allowed_shape(grid, endpoint * units.MEV, charge, mass_number)
        norms.append(float(np.trapezoid(shape, grid / units.MEV)))
    return tuple(norms)


def capture_spectrum(energy_MeV: npt.ArrayLike) -> FloatArray:
    """Antineutrinos per MeV and neutron capture on 238U at energies [MeV]; two in all.

    Examples
    --------
    >>> float(capture_spectrum(1.3))
    0.0
    """
    energy = np.asarray(energy_MeV, dtype=float) * units.MEV
    total = np.zeros_like(energy)
    for (share, endpoint, charge, mass_number), norm in zip(CAPTURE_BRANCHES, _capture_norms(), strict=True):
        total = total + share / norm * beta_decay.allowed_shape(energy, endpoint * units.MEV, charge, mass_number)
    return total


def _normalised(fractions: dict[str, float] | None) -> dict[str, float]:
    given = dict(TYPICAL_FRACTIONS if fractions is None else fractions)
    for isotope, share in given.items():
        check_choice("fissile isotope", isotope, ISOTOPES)
        check_non_negative(**{f"fission fraction of {isotope}": share})
    total = sum(given.values())
    if not abs(total - 1.0) <= _ROUNDING:
        raise DomainError(f"fission fractions must add up to one, within {_ROUNDING:g}, got {total:g}")
    return {isotope: given.get(isotope, 0.0) / total for isotope in ISOTOPES}


def _grid(maximum: float) -> FloatArray:
    """Nodes [MeV] with a pair at every step of the spectrum: 2 MeV and the endpoints of the capture branches."""
    steps = np.array([branch[1] for branch in CAPTURE_BRANCHES] + [JOIN_MEV])
    nodes = np.concatenate(
        [np.geomspace(5e-3, 0.1, 60), np.linspace(0.1, JOIN_MEV, _LOW), np.linspace(JOIN_MEV, maximum, _HIGH)]
    )
    return np.unique(np.concatenate([nodes, steps * (1.0 - 1e-9), steps * (1.0 + 1e-9)]))


def _imposed(
    energy: FloatArray, spectra: dict[str, FloatArray], total: float, rescale: Rescaling
) -> dict[str, FloatArray]:
    """The same spectra per fission with ``total`` antineutrinos in all."""
    below = energy <= JOIN_MEV if rescale == "below-2-MeV" else np.ones_like(energy, dtype=bool)
    together = np.sum(list(spectra.values()), axis=0)
    whole = float(np.trapezoid(together, energy))
    kept = float(np.trapezoid(np.where(below, 0.0, together), energy))
    factor = (total - kept) / (whole - kept)
    if not factor > 0:
        raise DomainError(
            f"the flux imposed is {total / whole:.2f} of the computed one, less than what lies above 2 MeV"
        )
    return {name: np.where(below, factor * values, values) for name, values in spectra.items()}
