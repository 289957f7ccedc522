r"""How fast the plasma of a proto-neutron star makes and takes N at one place: gain and loss rates per d^2.

Channels (:data:`CHANNELS`): ``protons`` (nu p -> N p, Primakoff), ``electrons`` (nu e -> N e), ``photons`` (nu gamma
-> N where M exceeds the photon mass, plasmon decay where it does not) and ``pairs`` (e+e- -> N nubar), each with its
inverse. N approaches equilibrium with its neutrinos, of chemical potential mu, as

.. math:: \dot f = G\,(1-f) - L f, \qquad G/L = e^{-(E-\mu)/T},

so that gain plus loss of all channels is all that is added up. Approximations: protons are at rest (E_N = E_nu) with a
Pauli factor; neutrons, muons and nuclear correlations are left out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.interpolate import Akima1DInterpolator

from nudipole.errors import check_between
from nudipole.processes.plasma import electron_gas
from nudipole.processes.plasma import stellar_plasma as plasma
from nudipole.supernova import profiles

FloatArray = npt.NDArray[np.float64]
CHANNELS = ("protons", "electrons", "photons", "pairs")
SLOW = ("electrons", "pairs")  # numerical integrals; the others are closed forms
ENERGIES = 60  # limits move by 2 % or less when they and the shells are doubled
_COARSE = 16  # energies of the two slow channels, of ENERGIES
_ELECTRON_NODES = (9, 6)
_PAIR_NODES = (12, 4, 6)
_TINY = 1e-300
HEAVIEST = 10.0  # GeV: nothing is left of the emission long before
_ENERGY_RANGE = 25.0  # temperatures above M + mu_nu: exp(-25) of the emission is lost


def sum_rates(
    channels: tuple[str, ...],
    state: profiles.Conditions,
    energy: FloatArray,
    mass: float,
    potential: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Gain and loss per d^2 [GeV^3] of N through one flavour of neutrinos, shape (..., radii, energies).

    Parameters
    ----------
    channels : tuple of str
    state : Conditions
        Plasma at n radii.
    energy : ndarray (m,) or (n, m)
        [GeV], above M; of each radius its own or the same for all.
    mass : float
        [GeV]
    potential : ndarray (..., n)
        mu_nu [GeV], with opposite signs for N and N-bar.

    Notes
    -----
    Every channel obeys detailed balance, so only gain plus loss is added up. Of electrons and pairs it is computed at a
    few energies and splined (logarithm against the root of E - M): good to a per cent of the channel where N is made.

    Examples
    --------
    >>> state = profiles.load("cold").at([10.0])
    >>> gain, loss = sum_rates(("protons",), state, np.array([0.1]), 0.01, np.zeros(1))
    >>> bool(np.isclose(gain / loss, np.exp(-0.1 / state.temperature[0])))
    True
    """
    return gain_and_loss(total_rate(channels, state, energy, mass, potential), state, energy, potential)


def gain_and_loss(
    total: FloatArray, state: profiles.Conditions, energy: FloatArray, potential: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Their sum shared out by detailed balance; arguments and shapes as for :func:`sum_rates`."""
    heat, mu = state.temperature[:, None], potential[..., None]
    return total * plasma.fermi(energy, heat, mu), total * plasma.fermi(-energy, heat, -mu)


def total_rate(
    channels: tuple[str, ...],
    state: profiles.Conditions,
    energy: FloatArray,
    mass: float,
    potential: FloatArray,
    abscissa: FloatArray | None = None,
) -> FloatArray:
    """Gain plus loss, the rate of approach to equilibrium; arguments and shape as for :func:`sum_rates`.

    ``abscissa`` (m,) is what the slow channels are splined over, in place of (E - M)^(1/2), where every radius has its energies.
    """
    heat, kappa2, mu = state.temperature[:, None], state.screening2[:, None], potential[..., None]
    electron = state.electron_potential[:, None]
    count = energy.shape[-1]
    total = np.zeros((*potential.shape, count))
    if "protons" in channels:
        forward = plasma.static_cross_section(energy, mass, kappa2)
        total += state.proton_targets[:, None] * plasma.backward(forward, energy, mass)
    if "photons" in channels:
        total += sum(plasma.photon_rates(energy, mass, state.photon_mass[:, None], heat, mu))
    coarse = np.unique(np.linspace(0, count - 1, min(_COARSE, count)).round().astype(int))
    few = energy[..., coarse]
    root = np.sqrt(energy - mass) if abscissa is None else abscissa
    if "electrons" in channels:
        slow = sum(electron_gas.scattering_rates(few, mass, electron, heat, kappa2, mu, _ELECTRON_NODES))
        total += _splined(root, coarse, np.asarray(slow))
    if "pairs" in channels:
        slow = sum(electron_gas.pair_rates(few, mass, electron, heat, mu, _PAIR_NODES))
        total += _splined(root, coarse, np.asarray(slow))
    return total


def _splined(root: FloatArray, nodes: npt.NDArray[np.intp], values: FloatArray) -> FloatArray:
    """Values >= 0 at some nodes of the abscissa, along the last axis, at all of it: their logarithm, without overshoots."""
    if len(nodes) == len(root):
        return values
    # deep in a neutrino sea a rate may vanish at some energies; 1e-15 of its largest value is nothing, too
    floor = np.maximum(1e-15 * np.max(values, axis=-1, keepdims=True), _TINY)
    spline = Akima1DInterpolator(root[nodes], np.log(np.maximum(values, floor)), axis=-1)
    return np.asarray(np.exp(spline(root)))


def local_emissivity(mass: float, state: profiles.Conditions, channels: tuple[str, ...] = CHANNELS) -> FloatArray:
    """Energy lost to N and N-bar per mass of star, time and d^2 [GeV^3 = erg/g/s in natural units], mu_nu = 0.

    ``state`` of n conditions gives n values.
    """
    check_between(0.0, HEAVIEST, mass=mass)
    zero = np.zeros(len(state.radius))
    energy, measure = energy_grid(mass, state.temperature, zero)
    gain, _ = sum_rates(channels, state, energy, mass, zero)
    momentum = np.sqrt((energy - mass) * (energy + mass))
    return np.sum(2.0 * energy**2 * momentum / np.pi**2 * gain * measure, axis=-1) / state.mass_density


def energy_grid(mass: float, temperature: FloatArray, potential: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Energies M + range * u^2 with Gauss-Legendre u: dense at threshold."""
    reach = _ENERGY_RANGE * float(np.max(temperature)) + max(0.0, float(np.max(np.abs(potential))))
    nodes, weights = plasma.legendre(ENERGIES)
    u = 0.5 * (nodes + 1.0)
    return mass + reach * u**2, reach * u * weights
