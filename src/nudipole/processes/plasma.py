r"""N in a hot and dense plasma: dispersion, screening, targets, and the rates that make and destroy N.

Every rate is per unit d^2 and per phase-space cell of N, in the notation of a Boltzmann equation with all other
species in equilibrium,

.. math:: \frac{df_N}{dt} = \Gamma^+ (1 - f_N) - \Gamma^- f_N, \qquad
          \frac{\Gamma^+}{\Gamma^-} = e^{-(E - \mu_\nu)/T}\quad\text{(detailed balance)}.

* static charges, :math:`\nu Z \to N Z`, k = momentum of N:
  :math:`d\sigma/dq^2 = 4\alpha Z^2\,[1/q^2 - M^2/4E^2q^2 - M^4/4E^2q^4]\,q^2/(q^2+\kappa^2)`;
* relativistic electrons and positrons, with the blocked density :math:`\int f(1-f)` as target;
* photons of mass m (transverse plasmons), :math:`\nu\gamma \leftrightarrow N` for M > m and
  :math:`\gamma \leftrightarrow N\bar\nu` for M < m, with full quantum statistics;
* pairs, :math:`e^+e^- \leftrightarrow N\bar\nu`, with full quantum statistics and a vacuum photon.

Derived from the operator; the traces are in tests/processes/test_plasma.py. The massless limits are those of
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
_NODES = 24  # Gauss-Legendre nodes of the photon and neutrino energy integrals
_PAIR_NODES = 6
_TAIL = 45.0  # thermal integrals stop this many temperatures up: exp(-45) = 3e-20
_PAIR_TAIL = 30.0
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
    r"""Screening scale squared [GeV^2] of protons, :math:`4\pi\alpha\,n_p/\sqrt{T^2 + (2E_F/3)^2}`.

    Interpolates between Debye (non-degenerate) and Thomas-Fermi (degenerate).
    """
    check_positive(temperature=temperature)
    fermi_energy = proton_fermi_energy(proton_density)
    density, temperature = np.asarray(proton_density, dtype=float), np.asarray(temperature, dtype=float)
    return 4.0 * np.pi * units.ALPHA * density / np.sqrt(temperature**2 + (2.0 / 3.0 * fermi_energy) ** 2)


def proton_blocking(proton_density: npt.ArrayLike, temperature: npt.ArrayLike) -> FloatArray:
    """Share of protons free to scatter, min(1, 3 T / 2 E_F): the limits of the blocked density int f (1 - f)."""
    check_positive(temperature=temperature)
    free, fermi_energy = 1.5 * np.asarray(temperature, dtype=float), proton_fermi_energy(proton_density)
    return free / np.maximum(fermi_energy, free)


def electron_targets(electron_potential: npt.ArrayLike, temperature: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    r"""Blocked density [GeV^3] and mean energy [GeV] of e- plus e+ as targets of a soft scattering.

    :math:`n = 2\int d^3p/(2\pi)^3 f(1-f) = T(\mu^2 + \pi^2T^2/3)/\pi^2`; the mean energy is weighted with f (1 - f),
    :math:`3\pi^2(n_- + n_+)/(\mu^2 + \pi^2T^2/3)`: mu if degenerate, 3.29 T if not.
    """
    check_non_negative(electron_potential=electron_potential)
    check_positive(temperature=temperature)
    potential, temperature = np.broadcast_arrays(
        np.asarray(electron_potential, dtype=float), np.asarray(temperature, dtype=float)
    )
    susceptibility = _susceptibility(potential, temperature)
    # n_- + n_+ = (T^3/pi^2) int x^2 [f_- + f_+], exact up to exp(-mu/T) terms through Li_3
    total = temperature**3 / np.pi**2 * _pair_integral(potential / temperature)
    return temperature * susceptibility / np.pi**2, 3.0 * np.pi**2 * total / susceptibility


def _susceptibility(potential: npt.ArrayLike, temperature: npt.ArrayLike) -> FloatArray:
    return np.asarray(potential, dtype=float) ** 2 + np.pi**2 / 3.0 * np.asarray(temperature, dtype=float) ** 2


def _pair_integral(degeneracy: FloatArray) -> FloatArray:
    """int_0^inf x^2 [f(x - y) + f(x + y)] dx for y = mu/T >= 0: y^3/3 + pi^2 y/3 + 2 int x^2 f(x + y)."""
    nodes, weights = legendre(_NODES)
    u = 0.5 * (nodes + 1.0)
    x = _TAIL * u**2
    tail = _TAIL * np.sum(weights * u * x**2 * expit(-x - degeneracy[..., None]), axis=-1)
    return degeneracy**3 / 3.0 + np.pi**2 * degeneracy / 3.0 + 2.0 * tail


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
    if np.any(open_channel & (low2 + kappa2 <= 0)):
        raise DomainError("the cross section on a bare charge diverges for M = 0: give a screening scale")
    single = 1.0 - mass**2 / (4.0 * safe**2)
    double = mass**4 / (4.0 * safe**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = np.log((high2 + kappa2) / (low2 + kappa2))
        screened = (np.log1p(kappa2 / low2) - np.log1p(kappa2 / high2)) / kappa2
        bare = 1.0 / low2 - 1.0 / high2
        inverse = np.where(low2 > 0, double * np.where(kappa2 > 0, screened, bare), 0.0)
    return np.where(open_channel, 4.0 * units.ALPHA * np.maximum(single * logarithm - inverse, 0.0), 0.0)


def electron_cross_section(
    energy: npt.ArrayLike, mass: npt.ArrayLike, electron_energy: npt.ArrayLike, screening2: npt.ArrayLike
) -> FloatArray:
    r"""Cross section per d^2 [dimensionless] of :math:`\nu e \to N e` on relativistic electrons, screened.

    With s = 2 E E_e (angle average), y = M^2/s and L = ln[1 + (s - M^2)/kappa^2],

    .. math:: \sigma = 4\alpha\left[(1 - y + y^2/2)\,L - (1 - y/2)(1 - y - \kappa^2 L/s)\right],

    the massless-electron limit of the exact spectrum with 1/t^2 -> 1/t(t - kappa^2). Zero below threshold. Energies in
    GeV, kappa^2 in GeV^2.
    """
    check_non_negative(energy=energy, mass=mass, electron_energy=electron_energy)
    check_positive(screening2=screening2)
    energy, mass, electron, kappa2 = np.broadcast_arrays(
        *(np.asarray(v, dtype=float) for v in (energy, mass, electron_energy, screening2))
    )
    s = 2.0 * energy * electron
    open_channel = (s > mass**2) & (energy > mass)
    s = np.where(open_channel, s, mass**2 + 1.0)
    y = mass**2 / s
    logarithm = np.log1p((s - mass**2) / kappa2)
    bracket = (1.0 - y + 0.5 * y**2) * logarithm - (1.0 - 0.5 * y) * (1.0 - y - kappa2 * logarithm / s)
    return np.where(open_channel, 4.0 * units.ALPHA * np.maximum(bracket, 0.0), 0.0)


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
    The decay keeps the transverse part (1 - m^2/M^2)^2 of the phase space, the plasmon decay the same rate for both
    transverse polarisations, isotropic in its rest frame; wave-function factors Z_T = 1.
    """
    check_non_negative(mass=mass, photon_mass=photon_mass)
    check_positive(temperature=temperature, energy=energy)
    check_finite(potential=potential)
    energy, photon, temperature, potential = np.broadcast_arrays(
        *(np.asarray(v, dtype=float) for v in (energy, photon_mass, temperature, potential))
    )
    momentum = np.sqrt(np.maximum((energy - mass) * (energy + mass), 0.0))
    gap2 = mass**2 - photon**2
    sign = np.where(gap2 >= 0, 1.0, -1.0)  # N -> nu gamma, or N nubar -> gamma
    low = np.abs(gap2) / (2.0 * (energy + momentum))
    spread = np.abs(gap2) * momentum / max(mass, _MASSLESS) ** 2  # high - low, stable at threshold
    reach = np.maximum(-potential, 0.0) + _TAIL * temperature
    spread = np.where(sign > 0, spread, np.minimum(spread, reach))
    nodes, weights = legendre(_NODES)
    # decay: photon energy on a logarithmic scale (soft photons, f ~ T/omega); plasmon decay: neutrino energy
    photon_high = energy - low
    photon_low = np.maximum(photon_high - spread, 1e-12 * photon_high)
    log_range = np.log(photon_high / photon_low)[..., None]
    omega_decay = photon_high[..., None] * np.exp(-0.5 * log_range * (1.0 - nodes))
    u = 0.5 * (nodes + 1.0)
    neutrino_plasmon = low[..., None] + spread[..., None] * u**2
    is_decay = (sign > 0)[..., None]
    omega = np.where(is_decay, omega_decay, energy[..., None] + neutrino_plasmon)
    neutrino = np.where(is_decay, energy[..., None] - omega, neutrino_plasmon)
    measure = np.where(is_decay, 0.5 * log_range * omega, spread[..., None] * u) * weights
    occupied = bose(omega, temperature[..., None])
    # share of free neutrino cells; for the plasmon the antineutrino hole plays the part of the neutrino
    filled = fermi(sign[..., None] * neutrino, temperature[..., None], potential[..., None])
    empty = fermi(-sign[..., None] * neutrino, temperature[..., None], -potential[..., None])
    strength = np.where(sign > 0, gap2 * mass**2 / (4.0 * np.pi), -gap2 * (photon**2 + 2.0 * mass**2) / (12.0 * np.pi))
    flux = energy * momentum
    strength = np.divide(strength, flux, out=np.zeros_like(flux), where=flux > 0)
    gain = strength * np.sum(measure * filled * occupied, axis=-1)
    loss = strength * np.sum(measure * empty * (1.0 + occupied), axis=-1)
    return gain, loss


def pair_rates(
    energy: npt.ArrayLike,
    mass: float,
    electron_potential: npt.ArrayLike,
    temperature: npt.ArrayLike,
    potential: npt.ArrayLike = 0.0,
) -> tuple[FloatArray, FloatArray]:
    r"""Gain and loss rate per d^2 [GeV^3] of N through :math:`e^+e^- \leftrightarrow N\bar\nu`.

    A virtual photon of mass^2 s with the spectral density alpha/(3 pi s) of a pair takes the place of the plasmon:

    .. math:: \Gamma^+ = \int\frac{ds}{s}\,\frac{\alpha}{3\pi}\,\frac{(s - M^2)(s + 2M^2)}{8\pi E p}
              \int dE_\nu\,(1 - f_{\bar\nu})\,f_B(\omega)\,\langle 1 - f_{e^-} - f_{e^+}\rangle,

    the bracket averaged over the directions of the pair, which makes f_B <...> = <f_- f_+>. Massless electrons, vacuum
    photon; without statistics it integrates to 4 alpha d^2 T^6 / 3 pi^4 (M = 0). Accurate to 5e-3.
    """
    check_non_negative(mass=mass, electron_potential=electron_potential)
    check_positive(temperature=temperature, energy=energy)
    check_finite(potential=potential)
    # no broadcast yet: only the last factor knows mu_nu, so N and N-bar cost little more than one
    energy, electron, temperature, potential = (
        np.asarray(v, dtype=float)[..., None, None] for v in (energy, electron_potential, temperature, potential)
    )
    momentum = np.sqrt(np.maximum((energy - mass) * (energy + mass), 0.0))
    nodes, weights = legendre(_PAIR_NODES)
    u, half = 0.5 * (nodes + 1.0), 0.5 * weights
    scale = 2.0 * (energy + momentum) * temperature * _PAIR_TAIL
    gap2 = scale * (u**2)[:, None]
    s = mass**2 + gap2
    low = gap2 / (2.0 * (energy + momentum))
    spread = np.minimum(gap2 * momentum / max(mass, _MASSLESS) ** 2, _PAIR_TAIL * temperature)
    neutrino = low + spread * u**2
    omega = energy + neutrino
    wave = np.sqrt(np.maximum(omega**2 - s, 0.0))
    flux = energy * momentum
    strength = units.ALPHA / (3.0 * np.pi * s) * gap2 * (s + 2.0 * mass**2) / (8.0 * np.pi)
    strength = np.divide(strength, flux, out=np.zeros_like(strength), where=np.broadcast_to(flux > 0, strength.shape))
    measure = strength * scale * (2.0 * u * half)[:, None] * spread * (2.0 * u * half)
    measure = measure * _pair_phase_space(omega, wave, electron, temperature)
    occupied = bose(omega, temperature)
    gain = np.sum(measure * occupied * fermi(-neutrino, temperature, potential), axis=(-2, -1))
    loss = np.sum(measure * (1.0 + occupied) * fermi(neutrino, temperature, -potential), axis=(-2, -1))
    return gain, loss


def _pair_phase_space(
    omega: FloatArray, wave: FloatArray, potential: FloatArray, temperature: FloatArray
) -> FloatArray:
    """<1 - f_-(x) - f_+(omega - x)> over x in (omega -+ k)/2: logarithms of the two Fermi functions."""
    low, high = 0.5 * (omega - wave), 0.5 * (omega + wave)
    filled = np.zeros(np.broadcast_shapes(omega.shape, potential.shape))
    for charge in (1.0, -1.0):
        filled += _softplus((charge * potential - low) / temperature)
        filled -= _softplus((charge * potential - high) / temperature)
    filled *= temperature
    mean = np.divide(filled, wave, out=np.ones_like(filled), where=np.broadcast_to(wave > 0, filled.shape))
    return np.clip(1.0 - mean, 0.0, 1.0)


def _softplus(x: FloatArray) -> FloatArray:
    """ln(1 + e^x), overflow-free."""
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


@functools.cache
def legendre(count: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of Gauss-Legendre quadrature on [-1, 1], computed once."""
    check_count(count=count)
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return nodes, weights
