r"""Neutrinos from pions and muons that decay at rest, and when they arrive.

:math:`\pi^+ \to \mu^+\nu_\mu` gives a line, :math:`\mu^+\to e^+\nu_e\bar\nu_\mu` the Michel spectra

.. math::

    E_{\nu_\mu} = \frac{m_\pi^2-m_\mu^2}{2m_\pi} = 29.79\ {\rm MeV}, \qquad
    \phi_{\nu_e} = \frac{192}{m_\mu}x^2\Bigl(\tfrac12-x\Bigr), \qquad
    \phi_{\bar\nu_\mu} = \frac{64}{m_\mu}x^2\Bigl(\tfrac34-x\Bigr), \qquad x = \frac{E}{m_\mu} < \tfrac12 .

The prompt line follows the proton pulse by the pion lifetime (26 ns); the delayed pair follows by the muon lifetime
(2.197 us) too. With a Gaussian pulse both arrival-time distributions are sums of exponentially modified Gaussians, so
the fraction in a time bin is analytic. Electron mass and radiative corrections to the Michel spectra (1e-4, 0.5 %) are
left out.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import erfcx, log_ndtr, ndtr

from nudipole import units
from nudipole.errors import (
    DomainError,
    UnknownNameError,
    check_between,
    check_choice,
    check_finite,
    check_increasing,
    check_non_negative,
    check_once,
)
from nudipole.fluxes.flux import Flux, FluxComponent, pure

FloatArray = npt.NDArray[np.float64]
Component = Literal["nu_mu", "nu_e", "nubar_mu"]
COMPONENTS: tuple[Component, ...] = ("nu_mu", "nu_e", "nubar_mu")
PION_LIFETIME_US = 0.026033  # PDG 2024
MUON_LIFETIME_US = 2.1969811  # PDG 2024
MICHEL_ENDPOINT = 0.5 * units.MUON_MASS
_NODES = 600


def line_energy() -> float:
    """Energy [GeV] of the muon neutrino of pion decay at rest.

    Examples
    --------
    >>> round(line_energy() * 1e3, 2)
    29.79
    """
    pion = units.particle_mass("pi+")
    return (pion**2 - units.MUON_MASS**2) / (2.0 * pion)


def michel_spectrum(energy: npt.ArrayLike, component: Literal["nu_e", "nubar_mu"]) -> FloatArray:
    """Spectrum of one neutrino of mu+ decay at rest [GeV^-1], normalised to one; zero outside 0 < E < m_mu / 2.

    Parameters
    ----------
    energy : array_like
        Neutrino energy [GeV].
    component : {"nu_e", "nubar_mu"}

    Raises
    ------
    DomainError
        If an energy is negative or not finite.

    Examples
    --------
    >>> float(michel_spectrum(0.06, "nu_e"))
    0.0
    """
    check_non_negative(energy=energy)
    check_choice("muon decay neutrino", component, ("nu_e", "nubar_mu"))
    x = np.asarray(energy, dtype=float) / units.MUON_MASS
    shape = 192.0 * x**2 * (0.5 - x) if component == "nu_e" else 64.0 * x**2 * (0.75 - x)
    return np.where(x <= 0.5, shape / units.MUON_MASS, 0.0)


def stopped_pion(
    neutrinos_per_proton: float = 0.09,
    protons_on_target: float | None = None,
    baseline_m: float = 20.0,
    components: list[str] | None = None,
    fluence_cm2: float | None = None,
) -> Flux:
    """Neutrinos of each flavour from a stopped-pion source over the whole exposure.

    Parameters
    ----------
    neutrinos_per_proton : float
        Neutrinos of each of the three kinds made per proton.
    protons_on_target : float
        Protons on target in the exposure; needed unless ``fluence_cm2`` is given.
    baseline_m : float
        Distance from the source [m].
    components : list of str
        Any of ``nu_mu`` (prompt line), ``nu_e`` and ``nubar_mu`` (delayed); all three by default.
    fluence_cm2 : float
        Time-integrated flux of each kind [cm^-2] where an experiment quotes that; replaces the three numbers above.

    Returns
    -------
    Flux
        Per run, in cm^-2: one line and two continua, named as the components.

    Raises
    ------
    DomainError
        If a number is negative, not finite or absurd (baselines are 0.1 to 1e7 m), or neither protons nor fluence are
        given.
    UnknownNameError
        If a component is not one of the three.

    Examples
    --------
    >>> flux = stopped_pion(0.08, protons_on_target=1.76e23, baseline_m=19.3)
    >>> f"{flux.total('e'):.2e}"
    '3.01e+14'
    """
    chosen = COMPONENTS if components is None else tuple(components)
    check_once("stopped-pion component", chosen)
    for name in chosen:
        check_choice("stopped-pion component", name, COMPONENTS)
    if fluence_cm2 is not None and protons_on_target is not None:
        raise DomainError("a stopped-pion flux takes protons_on_target or fluence_cm2, not both")
    if fluence_cm2 is None:
        if protons_on_target is None:
            raise DomainError("a stopped-pion flux needs protons_on_target or fluence_cm2")
        check_between(0.0, 1e3, neutrinos_per_proton=neutrinos_per_proton)
        check_between(0.0, 1e30, protons_on_target=protons_on_target)
        check_between(0.1, 1e7, baseline_m=baseline_m)
        fluence_cm2 = neutrinos_per_proton * protons_on_target / (4.0 * np.pi * (100.0 * baseline_m) ** 2)
    check_between(0.0, 1e40, fluence_cm2=fluence_cm2)
    grid = MICHEL_ENDPOINT * (0.5 - 0.5 * np.cos(np.linspace(0.02, np.pi, _NODES)))
    parts: list[FluxComponent] = []
    for name in chosen:
        if name == "nu_mu":
            parts.append(
                FluxComponent(name, np.array([line_energy()]), np.array([fluence_cm2]), pure("mu"), lines=True)
            )
        elif name == "nu_e":
            parts.append(FluxComponent(name, grid, fluence_cm2 * michel_spectrum(grid, "nu_e"), pure("e")))
        else:
            spectrum = fluence_cm2 * michel_spectrum(grid, "nubar_mu")
            parts.append(FluxComponent(name, grid, spectrum, pure("mu"), antineutrino=True))
    return Flux("stopped_pion", tuple(parts), per="run", citations=("COHERENT:2021yvp",))


def arrival_cdf(
    time_us: npt.ArrayLike, component: str, pulse_mean_us: float = 0.0, pulse_sigma_us: float = 0.0
) -> FloatArray:
    r"""Fraction of neutrinos of one component that have arrived by a time.

    Parameters
    ----------
    time_us : array_like
        Time [us] on the axis on which the proton pulse (plus flight) has its mean.
    component : {"nu_mu", "nu_e", "nubar_mu"}
        ``nu_mu`` is prompt, the others are delayed.
    pulse_mean_us, pulse_sigma_us : float
        Gaussian proton pulse [us]; zero width is allowed.

    Raises
    ------
    DomainError
        If a number is not finite or the width is negative.
    UnknownNameError
        If there is no such component.

    Notes
    -----
    The convolution of a Gaussian with two exponentials of means a < b has the cumulative distribution
    (b F_b - a F_a) / (b - a), F the exponentially modified Gaussian's.

    Examples
    --------
    >>> round(float(arrival_cdf(2.1969811, "nu_e", 0.0, 0.0)), 3)
    0.628
    """
    check_finite(time_us=time_us, pulse_mean_us=pulse_mean_us)
    check_non_negative(pulse_sigma_us=pulse_sigma_us)
    if component not in COMPONENTS:
        raise UnknownNameError("stopped-pion component", component, COMPONENTS)
    time = np.asarray(time_us, dtype=float) - pulse_mean_us
    prompt = _modified_gaussian_cdf(time, pulse_sigma_us, PION_LIFETIME_US)
    if component == "nu_mu":
        return prompt
    muon = _modified_gaussian_cdf(time, pulse_sigma_us, MUON_LIFETIME_US)
    return (MUON_LIFETIME_US * muon - PION_LIFETIME_US * prompt) / (MUON_LIFETIME_US - PION_LIFETIME_US)


def arrival_fractions(
    edges_us: npt.ArrayLike, component: str, pulse_mean_us: float = 0.0, pulse_sigma_us: float = 0.0
) -> FloatArray:
    """Fraction of one component that arrives in each time bin.

    Parameters
    ----------
    edges_us : array_like, shape (n + 1,)
        Increasing bin edges [us].
    component, pulse_mean_us, pulse_sigma_us
        As for :func:`arrival_cdf`.

    Returns
    -------
    ndarray, shape (n,)

    Examples
    --------
    >>> arrival_fractions([0, 1, 6], "nu_mu", 0.44, 0.15).round(3)
    array([0.999, 0.   ])
    """
    check_increasing(edges_us=edges_us)
    edges = np.asarray(edges_us, dtype=float)
    return np.diff(arrival_cdf(edges, component, pulse_mean_us, pulse_sigma_us))


def tabulated_arrival_fractions(
    edges_us: npt.ArrayLike, component: str, pulse_time_us: npt.ArrayLike, pulse_weight: npt.ArrayLike
) -> FloatArray:
    """As :func:`arrival_fractions` for a measured proton pulse: weights at times [us], each a delta function."""
    times, weights = np.asarray(pulse_time_us, dtype=float), np.asarray(pulse_weight, dtype=float)
    check_finite(pulse_time_us=times)
    check_non_negative(pulse_weight=weights)
    if times.shape != weights.shape or not np.sum(weights) > 0:
        raise DomainError("a proton pulse needs as many weights as times, not all zero")
    rows = np.array([arrival_fractions(edges_us, component, pulse_mean_us=t) for t in times.ravel()])
    return weights.ravel() @ rows / np.sum(weights)


def _modified_gaussian_cdf(time: FloatArray, sigma: float, lifetime: float) -> FloatArray:
    if sigma < 1e-9 * lifetime:
        return np.where(time > 0, -np.expm1(-np.clip(time, 0.0, None) / lifetime), 0.0)
    reduced, ratio = time / sigma, sigma / lifetime
    early = np.exp(-0.5 * reduced**2) * 0.5 * erfcx(np.clip(ratio - reduced, 0.0, None) / np.sqrt(2.0))
    late = np.exp(np.clip(ratio * (0.5 * ratio - reduced), None, 0.0) + log_ndtr(reduced - ratio))
    return np.clip(ndtr(reduced) - np.where(reduced < ratio, early, late), 0.0, 1.0)
