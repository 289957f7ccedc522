r"""N in a hot and dense plasma: dispersion, screening, targets, and the rates that make and destroy N.

Every rate is per unit d^2 and per phase-space cell of N, in the notation of a Boltzmann equation with all other
species in equilibrium,

.. math:: \frac{df_N}{dt} = \Gamma^+ (1 - f_N) - \Gamma^- f_N, \qquad
          \frac{\Gamma^+}{\Gamma^-} = e^{-(E - \mu_\nu)/T}\quad\text{(detailed balance)}.

* static charges, :math:`\nu Z \to N Z`, k = momentum of N:
  :math:`d\sigma/dq^2 = 4\alpha Z^2\,[1/q^2 - M^2/4E^2q^2 - M^4/4E^2q^4]\,q^2/(q^2+\kappa^2)`;
* photons of mass m (transverse plasmons), :math:`\nu\gamma \leftrightarrow N` for M > m and
  :math:`\gamma \leftrightarrow N\bar\nu` for M < m, with full quantum statistics;
* electrons and positrons, which scatter and annihilate: :mod:`nudipole.processes.plasma.electron_gas`.

Derived from the operator; the traces are in tests/processes/plasma/test_stellar_plasma.py. The massless limits are those of
:cite:`Raffelt:1996wa`, the cross sections for N those of :cite:`Magill:2018jla`.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from nudipole import units
from nudipole.errors import SMALLEST, DomainError, check_count, check_finite, check_non_negative, check_positive

FloatArray = npt.NDArray[np.float64]
_MASSLESS = SMALLEST  # GeV: a mass below it is none


# --- occupation numbers -----------------------------------------------------------------------------------------------
def fermi(energy: npt.ArrayLike, temperature: npt.ArrayLike, potential: npt.ArrayLike = 0.0) -> FloatArray:
    """Fermi-Dirac occupation 1 / (exp((E - mu)/T) + 1), overflow-free. Energies in one unit, e.g. GeV."""
    check_finite(energy=energy, potential=potential)
    check_positive(temperature=temperature)
    return np.asarray(expit((np.asarray(potential) - np.asarray(energy)) / np.asarray(temperature)))


def bose(energy: npt.ArrayLike, temperature: npt.ArrayLike) -> FloatArray:
    """Bose-Einstein occupation 1 / (exp(E/T) - 1), overflow-free."""
    check_positive(energy=energy, temperature=temperature)
    x = np.asarray(energy) / np.asarray(temperature)
    return np.exp(-x) / -np.expm1(-x)


# --- electrons, protons, photons --------------------------------------------------------------------------------------
def electron_potential(net_density: npt.ArrayLike, temperature: npt.ArrayLike) -> FloatArray:
    r"""Chemical potential [GeV] of relativistic electrons from :math:`n = (\mu^3 + \pi^2T^2\mu)/3\pi^2`.

    Parameters
    ----------
    net_density : array_like
        n(e-) - n(e+) [GeV^3].
    temperature : array_like
        T [GeV].

    Notes
    -----
    Exact for massless electrons; the cubic solved by mu = 2 pi T / sqrt(3) sinh(asinh(x) / 3).

    Examples
    --------
    >>> mu = electron_potential(1e-3, 0.03)
    >>> bool(abs((mu**3 + np.pi**2 * 0.03**2 * mu) / (3 * np.pi**2) / 1e-3 - 1) < 1e-12)
    True
    """
    check_non_negative(net_density=net_density)
    check_positive(temperature=temperature)
    density, temperature = np.asarray(net_density, dtype=float), np.asarray(temperature, dtype=float)
    argument = 9.0 * np.sqrt(3.0) * density / (2.0 * np.pi * temperature**3)
    return 2.0 * np.pi * temperature / np.sqrt(3.0) * np.sinh(np.arcsinh(argument) / 3.0)


def plasma_frequency2(electron_potential: npt.ArrayLike, temperature: npt.ArrayLike) -> FloatArray:
    r"""Plasma frequency squared [GeV^2] of relativistic electrons, :math:`(4\alpha/3\pi)(\mu^2 + \pi^2T^2/3)`."""
    check_finite(electron_potential=electron_potential)
    check_non_negative(temperature=temperature)
    return 4.0 * units.ALPHA / (3.0 * np.pi) * _susceptibility(electron_potential, temperature)


def photon_mass(electron_potential: npt.ArrayLike, temperature: npt.ArrayLike) -> FloatArray:
    r"""Mass [GeV] of a transverse photon of high momentum, :math:`m_T = \sqrt{3/2}\,\omega_p`."""
    return np.sqrt(1.5 * plasma_frequency2(electron_potential, temperature))


def stellar_plasma_frequency(density: npt.ArrayLike, electron_fraction: npt.ArrayLike) -> FloatArray:
    r"""Plasma frequency [GeV] of degenerate electrons at any degree of relativity.

    :math:`\omega_p = 28.7\,\mathrm{eV}\,\sqrt{\rho Y_e}\,[1 + (1.019\times10^{-6}\rho Y_e)^{2/3}]^{-1/4}`, with rho in
    g/cm^3 (:cite:`Raffelt:1996wa`, Sec. 6.3).

    Examples
    --------
    >>> f"{float(stellar_plasma_frequency(1e6, 0.5)) / units.KEV:.2f}"
    '17.94'
    """
    check_positive(density=density, electron_fraction=electron_fraction)
    electrons = np.asarray(density, dtype=float) * np.asarray(electron_fraction, dtype=float)
    return 28.7 * units.EV * np.sqrt(electrons) * (1.0 + (1.019e-6 * electrons) ** (2.0 / 3.0)) ** -0.25


def electron_screening2(electron_potential: npt.ArrayLike, temperature: npt.ArrayLike) -> FloatArray:
    r"""Thomas-Fermi and Debye scale squared [GeV^2], :math:`\kappa_e^2 = e^2\,\partial n/\partial\mu = 3\omega_p^2`."""
    return 3.0 * plasma_frequency2(electron_potential, temperature)


def proton_fermi_energy(proton_density: npt.ArrayLike) -> FloatArray:
    """Kinetic Fermi energy [GeV] of protons of density [GeV^3]: (3 pi^2 n)^(2/3) / 2 m_p."""
    check_non_negative(proton_density=proton_density)
    return (3.0 * np.pi**2 * np.asarray(proton_density, dtype=float)) ** (2.0 / 3.0) / (2.0 * units.PROTON_MASS)


def proton_screening2(proton_density: npt.ArrayLike, temperature: npt.ArrayLike) -> FloatArray:
    r"""Screening scale squared [GeV^2] of protons, :math:`\kappa_p^2 = e^2\,\partial n/\partial\mu`.

    Debye's :math:`4\pi\alpha n_p/T` times :func:`proton_blocking`, Thomas-Fermi where degenerate.
    """
    check_non_negative(proton_density=proton_density)
    check_positive(temperature=temperature)
    density, temperature = np.asarray(proton_density, dtype=float), np.asarray(temperature, dtype=float)
    return 4.0 * np.pi * units.ALPHA * density / temperature * proton_blocking(density, temperature)


def proton_blocking(proton_density: npt.ArrayLike, temperature: npt.ArrayLike) -> FloatArray:
    r"""Share of protons free to scatter, :math:`\int f(1 - f)/\int f` of a non-relativistic Fermi gas.

    One if dilute, 3 T / 2 E_F if degenerate; density in GeV^3, temperature in GeV; interpolated to 1e-5 in between.

    Examples
    --------
    >>> bool(abs(proton_blocking(1e-9, 0.03) - 1) < 1e-4)
    True
    """
    check_non_negative(proton_density=proton_density)
    check_positive(temperature=temperature)
    warmth = np.asarray(temperature, dtype=float) / np.maximum(proton_fermi_energy(proton_density), SMALLEST)
    grid, share = _blocked_gas()
    inside = np.interp(np.log(warmth), grid, share)
    cold = np.minimum(warmth, 1.0)
    degenerate = 1.5 * cold * (1.0 - np.pi**2 / 12.0 * cold**2)
    return np.where(np.log(warmth) < grid[0], degenerate, inside)


@functools.cache
def _blocked_gas() -> tuple[FloatArray, FloatArray]:
    """ln(T/E_F) and the share of free particles, for chemical potentials from -12 to 60 temperatures."""
    degeneracy = np.linspace(60.0, -12.0, 1441)[:, None]
    nodes, weights = legendre(120)
    u = 0.5 * (nodes + 1.0)
    top = np.sqrt(np.maximum(degeneracy, 0.0) + 40.0)  # x = v^2, the root of a Fermi integral of order 1/2 removed
    edge = np.sqrt(np.maximum(degeneracy, 0.0))
    number, free = np.zeros((2, len(degeneracy)))
    for low, high in ((np.zeros_like(edge), edge), (edge, top)):
        v = low + (high - low) * u
        filled = fermi(v**2, 1.0, degeneracy)
        measure = (high - low) * weights * v**2
        number += np.sum(measure * filled, axis=-1)
        free += np.sum(measure * filled * (1.0 - filled), axis=-1)
    return np.log((1.5 * number) ** (-2.0 / 3.0)), free / number


def _susceptibility(potential: npt.ArrayLike, temperature: npt.ArrayLike) -> FloatArray:
    return np.asarray(potential, dtype=float) ** 2 + np.pi**2 / 3.0 * np.asarray(temperature, dtype=float) ** 2


# --- scattering off charges -------------------------------------------------------------------------------------------
def static_cross_section(energy: npt.ArrayLike, mass: npt.ArrayLike, screening2: npt.ArrayLike) -> FloatArray:
    r"""Cross section per d^2 [dimensionless] of :math:`\nu Z \to N Z` on a heavy screened unit charge.

    Parameters
    ----------
    energy : array_like
        Energy E of nu and of N [GeV]; zero is returned for E <= M.
    mass : array_like
        Mass of N [GeV].
    screening2 : array_like
        kappa^2 [GeV^2], > 0 unless M > 0.

    Notes
    -----
    Integral of the spectrum at the head of this module between q = E - k and E + k; recoil neglected (E << m_p). For
    M = 0, 4 alpha ln(1 + 4 E^2 / kappa^2) without remainder; the inverse is :func:`backward`.

    Examples
    --------
    >>> sigma = static_cross_section(0.1, 0.0, 1e-4)
    >>> bool(np.isclose(sigma, 4 * units.ALPHA * np.log(1 + 4 * 0.1**2 / 1e-4)))
    True
    """
    check_non_negative(energy=energy, mass=mass, screening2=screening2)
    energy, mass, kappa2 = np.broadcast_arrays(
        np.asarray(energy, dtype=float), np.asarray(mass, dtype=float), np.asarray(screening2, dtype=float)
    )
    mass = np.where(mass > _MASSLESS, mass, 0.0)
    open_channel = energy > np.maximum(mass, _MASSLESS)
    safe = np.where(open_channel, energy, mass + 1.0)
    momentum = np.sqrt((safe - mass) * (safe + mass))
    high2 = (safe + momentum) ** 2
    low2 = mass**4 / high2
    if np.any(open_channel & (low2 + kappa2 < 1e-240)):
        raise DomainError("the cross section on a bare charge diverges for M = 0: give a screening scale")
    single = 1.0 - mass**2 / (4.0 * safe**2)
    double = mass**4 / (4.0 * safe**2)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        logarithm = np.log((high2 + kappa2) / (low2 + kappa2))
        screened = (np.log1p(kappa2 / low2) - np.log1p(kappa2 / high2)) / kappa2
        bare = 1.0 / low2 - 1.0 / high2
        inverse = np.where(low2 > 0, double * np.where(kappa2 > _MASSLESS**2, screened, bare), 0.0)
    return np.where(open_channel, 4.0 * units.ALPHA * np.maximum(single * logarithm - inverse, 0.0), 0.0)


def backward(forward: npt.ArrayLike, energy: npt.ArrayLike, mass: npt.ArrayLike) -> FloatArray:
    """Rate of N -> nu per unit target density, v sigma(N Z -> nu Z), from sigma(nu Z -> N Z): E sigma / 2 k.

    Microscopic reversibility at equal energy with one helicity of nu and two of N: sigma_back = sigma E^2 / 2 k^2, v =
    k / E. Zero where E <= M.
    """
    check_non_negative(forward=forward, energy=energy, mass=mass)
    energy, mass = np.asarray(energy, dtype=float), np.asarray(mass, dtype=float)
    momentum = np.sqrt(np.maximum((energy - mass) * (energy + mass), 0.0))
    result = 0.5 * energy * np.asarray(forward, dtype=float)
    return np.divide(result, momentum, out=np.zeros(np.broadcast(result, momentum).shape), where=momentum > 0)


# --- photons ----------------------------------------------------------------------------------------------------------
def plasmon_width(
    invariant2: npt.ArrayLike, mass: npt.ArrayLike, energy: npt.ArrayLike, residue: npt.ArrayLike = 1.0
) -> FloatArray:
    r"""Width per d^2 [GeV^3] of a photon of invariant K^2 into :math:`\bar\nu N + \nu\bar N`.

    .. math:: \Gamma = Z\,\frac{(K^2 - M^2)^2 (K^2 + 2M^2)}{6\pi K^2\omega},

    for each polarisation; Z is the residue of the propagator; zero for K^2 <= M^2. For M = 0 it is the
    :math:`\mu^2K^4Z/24\pi\omega` of neutrinos with mu = 2 d. Energies in GeV, K^2 in GeV^2.
    """
    check_finite(invariant2=invariant2)
    check_non_negative(mass=mass, residue=residue)
    check_positive(energy=energy)
    invariant2, mass2 = np.asarray(invariant2, dtype=float), np.asarray(mass, dtype=float) ** 2
    gap = np.maximum(invariant2 - mass2, 0.0)
    gap = np.where(gap > _MASSLESS**2, gap, 0.0)
    safe = np.where(gap > 0, invariant2, 1.0)
    return np.asarray(residue) * gap**2 * (invariant2 + 2.0 * mass2) / (6.0 * np.pi * safe * np.asarray(energy))


def photon_rates(
    energy: npt.ArrayLike,
    mass: float,
    photon_mass: npt.ArrayLike,
    temperature: npt.ArrayLike,
    potential: npt.ArrayLike = 0.0,
) -> tuple[FloatArray, FloatArray]:
    r"""Gain and loss rate per d^2 [GeV^3] of N through transverse photons of mass m, with full quantum statistics.

    For M > m, inverse decay and decay, with :math:`a = M^2(M^2 - m^2)/4\pi E p`,

    .. math:: \Gamma^+ = a\int dE_\nu\, f_\nu f_\gamma, \qquad \Gamma^- = a\int dE_\nu\,(1 - f_\nu)(1 + f_\gamma),

    photon energy E - E_nu; for M < m, plasmon decay and its inverse, :math:`a = (m^2 - M^2)(m^2 + 2M^2)/12\pi E p`,

    .. math:: \Gamma^+ = a\int dE_\nu\,(1 - f_{\bar\nu}) f_\gamma, \quad \Gamma^- = a\int dE_\nu\,f_{\bar\nu}(1 +
              f_\gamma),

    photon energy E + E_nu; E_nu between :math:`|M^2 - m^2|/2(E \pm p)`. In vacuum Gamma^- = M^3/4pi (M/E).

    Parameters
    ----------
    energy, photon_mass, temperature, potential : array_like
        E > M of N, m_T, T and mu_nu of the neutrino [GeV], broadcast; mu_nu -> -mu_nu gives the rates of N-bar.
    mass : float
        M > 0 or M = 0 with a massive photon [GeV].

    Notes
    -----
    Exact: with :math:`f_\nu f_\gamma = f_N(1 - f_\nu + f_\gamma)` and :math:`(1 - f_{\bar\nu})f_\gamma = f_N(f_{\bar\nu}
    + f_\gamma)`, f_N the Fermi function of E - mu_nu, the integrals are logarithms. The decay keeps the transverse part
    (1 - m^2/M^2)^2 of the phase space, the plasmon decay the same rate for both transverse polarisations, isotropic in
    its rest frame; wave-function factors Z_T = 1.
    """
    check_non_negative(mass=mass, photon_mass=photon_mass)
    check_positive(temperature=temperature, energy=energy)
    check_finite(potential=potential)
    photon, temperature, potential = (np.asarray(v, dtype=float) for v in (photon_mass, temperature, potential))
    energy = np.asarray(np.maximum(np.asarray(energy, dtype=float), mass))  # at rest and below: no flux
    mass2, photon2 = max(mass, _MASSLESS) ** 2, photon**2
    momentum = np.sqrt(np.maximum((energy - mass) * (energy + mass), 0.0))
    gap2 = mass2 - photon2
    decays = gap2 >= 0  # N -> nu gamma, else N nubar -> gamma
    low = np.abs(gap2) / (2.0 * (energy + momentum))
    high = low + np.abs(gap2) * momentum / mass2
    # ends of the photon energies, that of the faintest without the cancellation of E - high
    bright = np.where(decays, energy - low, energy + high)
    faint = np.where(decays, (4.0 * photon2 * energy**2 + gap2**2) / (4.0 * mass2 * np.abs(bright)), energy + low)
    photons = temperature * (_log_one_minus_exp(bright / temperature) - _log_one_minus_exp(faint / temperature))
    # empty neutrino cells in the decay, filled antineutrino cells in the other: the same integral mirrored
    upper, lower = np.where(decays, high, -low) - potential, np.where(decays, low, -high) - potential
    neutrinos = temperature * (_softplus(upper / temperature) - _softplus(lower / temperature))
    strength = np.where(decays, gap2 * mass2 / (4.0 * np.pi), -gap2 * (photon2 + 2.0 * mass2) / (12.0 * np.pi))
    flux = energy * momentum
    total = np.divide(strength, flux, out=np.zeros(np.broadcast(strength, flux).shape), where=flux > 0)
    total = total * (neutrinos + photons)
    return total * fermi(energy, temperature, potential), total * fermi(-energy, temperature, -potential)


def _softplus(x: FloatArray) -> FloatArray:
    """ln(1 + e^x), overflow-free."""
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def _log_one_minus_exp(x: FloatArray) -> FloatArray:
    """ln(1 - e^-x) for x > 0, to machine precision at both ends."""
    far, x = np.maximum(x, 1.0), np.maximum(x, np.finfo(float).tiny)
    return np.where(x > 1.0, np.log1p(-np.exp(-far)), np.log(-np.expm1(-np.minimum(x, 1.0))))


@functools.cache
def legendre(count: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of Gauss-Legendre quadrature on [-1, 1], computed once."""
    check_count(count=count)
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return nodes, weights
