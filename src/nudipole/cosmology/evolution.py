r"""The history of the Universe with an N in it: expansion, two baths, and the momentum distribution of N.

    d ln a / dt = H = sqrt(8 pi rho / 3) / M_Planck
    f_h'        = G_h - R_h f_h                          (relic.py)
    d(s a^3)    = Q_gamma a^3 dt / T_gamma               photons, e+-, mu+-
    d(rho_nu a^4) = Q_nu a^4 dt,   d(n_nu a^3) = -d(n_N a^3) + weak processes
    Q_gamma + Q_nu = - change of the energy of N,        split exactly by the photon's share in each decay

Until 20 MeV N only gravitates (:mod:`nudipole.cosmology.hot_phase`); from 20 MeV on everything exchanges energy. Steps
in ln a are second order (midpoint) with exponential relaxation of f, so they are stable from complete equilibrium to free
decay. Two balances are followed as a check: d(rho a^3) + P d(a^3) = 0, and the number of N and neutrinos, which only
e+e- <-> nu nubar changes.

The neutrinos have a temperature and, once e+e- <-> nu nubar is frozen, a chemical potential: nu gamma <-> N conserves
their number together with N's, so a strongly coupled N can heat them to T_gamma but not fill them up.

Left out, and said here: neutrinos from decays thermalise among themselves at once; scattering takes its energy from the
neutrinos; one neutrino bath for three flavours (so the flavour of d does not matter); N -> nu e+e- (below 1 %).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import zeta

from nudipole import units
from nudipole.cosmology import baths, hot_phase, relic
from nudipole.cosmology.hot_phase import MATCHING_TEMPERATURE
from nudipole.errors import DomainError, check_between, check_choice, check_count, check_non_negative, check_positive
from nudipole.portal import Nature

FloatArray = npt.NDArray[np.float64]
MASS_RANGE = (5e-6, 1.0)  # GeV
LATE = 2e-5  # GeV, after which a photon from a decay may break a nucleus
PHOTON_TEMPERATURE_TODAY = 2.7255 * units.KELVIN  # Fixsen 2009


@dataclass(frozen=True)
class Options:
    """Assumptions of a run.

    Parameters
    ----------
    reheating_temperature : float
        T [GeV] at which the hot phase begins without any N; infinite: N was in equilibrium once, if it ever could be.
    initial : {"dynamic", "full"}
        ``dynamic`` follows every momentum and both helicities from the start; ``full`` is sudden: the baths start at
        20 MeV with every helicity in equilibrium if N decoupled below 60 MeV, else with a relic of the two options
        below (a cruder recipe, kept for comparison).
    helicities : {"flipped", "all"}
        Which helicities scatter and are made while N is relativistic: the one that the dipole flips to, or (wrong, but
        often assumed: four states of a Dirac N instead of two) both alike.
    dilution : {"entropy", "none"}
        Whether the annihilation of heavier particles after decoupling, g_*s(T), leaves N colder than the bath.
    neutrinos : {"kinetic", "thermal"}
        What a neutrino from a decay does to the others: shares its energy at fixed number (``kinetic``: T_nu and mu_nu), or
        is absorbed into a bath without chemical potential (``thermal``). The truth lies between: a hard neutrino
        scatters faster than the average one of the kinetic bath, and late ones do not scatter at all.
    log_step : float
        Step in ln a below 20 MeV.
    nodes : int
        Comoving momenta.
    coldest : float
        T_gamma [GeV] at which the run ends at the latest.
    """

    reheating_temperature: float = float("inf")
    initial: str = "dynamic"
    helicities: str = "flipped"
    dilution: str = "entropy"
    neutrinos: str = "kinetic"
    log_step: float = 0.01
    nodes: int = 48
    coldest: float = 1e-10

    def __post_init__(self) -> None:
        check_choice("initial state", self.initial, ("dynamic", "full"))
        check_choice("helicities", self.helicities, ("flipped", "all"))
        check_choice("dilution", self.dilution, ("entropy", "none"))
        check_choice("neutrino bath", self.neutrinos, ("kinetic", "thermal"))
        check_between(1e-4, 1.0, log_step=self.log_step)
        check_between(1e-11, MATCHING_TEMPERATURE, coldest=self.coldest)
        check_count(2, nodes=self.nodes)
        hot_phase.check_reheating(self.reheating_temperature)


@dataclass(frozen=True)
class History:
    """The result: a, t [s], T_gamma, T_nu [GeV] and energy density of N [GeV^4] in time order; a = 1 today.

    ``relics`` is the number of N and Nbar per photon at 20 keV (:data:`LATE`), what is left to decay then.
    ``energy_residual`` is the largest |integral of a [d(rho a^3) + P d(a^3)]| / rho a^4, ``number_residual`` the largest
    |d(n_N a^3 + n_nu a^3) - weak processes| / (n_N + n_nu) a^3, of no meaning for thermal neutrinos (NaN).
    """

    scale: FloatArray
    time: FloatArray
    photon_temperature: FloatArray
    neutrino_temperature: FloatArray
    neutrino_degeneracy: FloatArray
    relic_energy: FloatArray
    n_eff: float
    energy_residual: float
    number_residual: float = float("nan")
    relics: float = 0.0

    def n_eff_of_temperature(self) -> FloatArray:
        """(8/7)(11/4)^(4/3) (rho_nu + rho_N) / rho_gamma along the history; N_eff in the end."""
        rho = baths.neutrino_energy(self.neutrino_temperature, self.neutrino_degeneracy) + self.relic_energy
        return _n_eff(rho, self.photon_temperature)


@dataclass(frozen=True)
class _State:
    scale: float
    time: float
    photon_t: float
    neutrino_t: float
    degeneracy: float  # mu_nu / T_nu
    occupation: FloatArray
    em: baths.Thermodynamics
    energy: float  # of everything [GeV^4]
    pressure: float  # of everything [GeV^4]
    weak_number: float = 0.0  # neutrinos that e+e- made so far, per comoving volume


def evolve(mass: float, strength: float, nature: Nature = "dirac", options: Options | None = None) -> History:
    r"""Evolve the Universe with an N.

    Parameters
    ----------
    mass : float
        M [GeV], 5e-6 to 1.
    strength : float
        D = sum |d_alpha|^2 [GeV^-2]; zero is the Standard Model.
    nature : {"dirac", "majorana"}
    options : Options

    Raises
    ------
    DomainError
        If a mass is outside the range in which photons and neutrinos are all that N decays to.
    """
    options = options or Options()
    check_non_negative(mass=mass)
    if strength != 0:
        check_positive(strength=strength)
    check_choice("nature of N", nature, ("dirac", "majorana"))
    if not MASS_RANGE[0] <= mass <= MASS_RANGE[1]:
        raise DomainError(
            f"the early Universe is followed for M from {MASS_RANGE[0]:g} to {MASS_RANGE[1]:g} GeV, got {mass:g}"
        )
    n = relic.relic(mass, strength, nature, options.nodes, comoving_max=30.0, helicities=options.helicities)
    start = MATCHING_TEMPERATURE
    occupation = np.zeros((2, options.nodes))
    if strength > 0:
        if options.initial == "dynamic":
            occupation = hot_phase.occupation(n, options.reheating_temperature, options.dilution)
        else:
            occupation = hot_phase.sudden_occupation(n, options.dilution)
    state = _state(n, 1.0 / start, 0.0, (start, start, 0.0), occupation, baths.electromagnetic(start))
    state = replace(state, time=0.5 / (_hubble(state) * units.SECOND))
    thermal_neutrinos = options.neutrinos == "thermal"
    rows, residual, worst = [state], 0.0, 0.0
    number, miscounted = _number(n, state), float("nan") if thermal_neutrinos else 0.0
    while state.photon_t > options.coldest and not (state.photon_t < 8e-7 and _spent(n, state)):
        step = options.log_step if state.photon_t > 5e-6 else 2 * options.log_step
        middle = _advance(n, state, state, 0.5 * step, thermal_neutrinos)
        new = _advance(n, state, middle, step, thermal_neutrinos)
        residual += _imbalance(state, middle, new) * middle.scale
        worst = max(worst, abs(residual) / (new.energy * new.scale**4))
        if not thermal_neutrinos:
            miscounted = max(miscounted, abs(_number(n, new) / number - 1.0))
        state = new
        rows.append(state)
    today = PHOTON_TEMPERATURE_TODAY / (state.scale * state.photon_t)
    relic_energy = np.array([n.density(s.occupation, s.scale, n.energy(s.scale)) for s in rows])
    temperature = np.array([s.photon_t for s in rows])
    per_photon = np.array([n.density(s.occupation, s.scale) for s in rows]) / (2 * zeta(3) / np.pi**2 * temperature**3)
    neutrino = float(baths.neutrino_energy(state.neutrino_t, state.degeneracy)) + relic_energy[-1]
    return History(
        scale=np.array([s.scale for s in rows]) * today,
        time=np.array([s.time for s in rows]),
        photon_temperature=temperature,
        neutrino_temperature=np.array([s.neutrino_t for s in rows]),
        neutrino_degeneracy=np.array([s.degeneracy for s in rows]),
        relic_energy=relic_energy,
        n_eff=float(_n_eff(np.array(neutrino), np.array(state.photon_t))),
        energy_residual=worst,
        number_residual=miscounted,
        relics=float(np.interp(-np.log(LATE), -np.log(temperature), per_photon)),
    )


def _n_eff(dark: FloatArray, photon_t: FloatArray) -> FloatArray:
    return 8 / 7 * (11 / 4) ** (4 / 3) * dark / (np.pi**2 / 15 * photon_t**4)


def _state(
    n: relic.Relic,
    scale: float,
    time: float,
    bath: tuple[float, float, float],
    occupation: FloatArray,
    em: baths.Thermodynamics,
    weak_number: float = 0.0,
) -> _State:
    """A state with its total energy density and pressure; ``bath`` is T_gamma, T_nu and mu_nu / T_nu."""
    neutrino = float(baths.neutrino_energy(bath[1], bath[2]))
    energy = n.energy(scale)
    rho = float(em.energy) + neutrino + n.density(occupation, scale, energy)
    pressure = float(em.pressure) + neutrino / 3
    pressure += n.density(occupation, scale, (n.momenta / scale) ** 2 / (3 * energy))
    return _State(scale, time, *bath, occupation, em, rho, pressure, weak_number)


def _hubble(state: _State) -> float:
    return float(np.sqrt(8 * np.pi / 3 * state.energy) / units.PLANCK_MASS)


def _number(n: relic.Relic, state: _State) -> float:
    """N and neutrinos per comoving volume, without those that e+e- made."""
    neutrinos = float(baths.neutrino_number(state.neutrino_t, state.degeneracy))
    return (n.density(state.occupation, state.scale) + neutrinos) * state.scale**3 - state.weak_number


def _spent(n: relic.Relic, state: _State) -> bool:
    """Whether N has gone, or is dark radiation that will stay so until recombination."""
    return n.density(state.occupation, state.scale, n.energy(state.scale)) < 1e-6 * state.energy


def _imbalance(old: _State, middle: _State, new: _State) -> float:
    """d(rho a^3) + P d(a^3) over one step, the work by Simpson's rule in ln a."""
    step = np.log(new.scale / old.scale)
    work = old.pressure * old.scale**3 + 4 * middle.pressure * middle.scale**3 + new.pressure * new.scale**3
    return float(new.energy * new.scale**3 - old.energy * old.scale**3 + step / 2 * work)


def _limited(n: relic.Relic, rates: relic.Rates, hubble: float, neutrino_number: float) -> relic.Rates:
    """The rates, where N is as common as neutrinos no faster than 50 H: equilibrium all the same, and stable.

    An N that is rare may be as fast as it likes, it cannot drag the neutrinos along within a step.
    """
    target = float(np.sum(n.weights * rates.gain / np.maximum(rates.loss, 1e-300)))
    fastest = 50.0 * hubble * max(1.0, neutrino_number / max(target, 1e-30 * neutrino_number))
    slowed = np.minimum(1.0, fastest / np.maximum(rates.loss, 1e-250))
    return relic.Rates(*(slowed * rate for rate in rates))


def _advance(n: relic.Relic, old: _State, at: _State, step: float, thermal_neutrinos: bool) -> _State:
    """One step in ln a from ``old`` with the rates of ``at``."""
    hubble = _hubble(at)
    dt = step / hubble
    new_scale = old.scale * np.exp(step)
    volume = at.scale**3
    em = at.em
    neutrino_rho = float(baths.neutrino_energy(at.neutrino_t, at.degeneracy))
    neutrino_n = float(baths.neutrino_number(at.neutrino_t, at.degeneracy)) * volume
    flow = baths.weak_exchange(at.photon_t, at.neutrino_t, at.degeneracy)
    exchange, new_neutrinos = -float(flow[0]) * volume * dt, float(flow[1]) * volume * dt
    occupation, to_photons, to_neutrinos, coupling = old.occupation, 0.0, 0.0, 0.0
    if n.strength > 0:
        rates = _limited(n, n.rates(at.scale, at.photon_t, at.neutrino_t, at.degeneracy), hubble, neutrino_n)
        occupation, mean = relic.relax(old.occupation, rates, dt)
        energy = n.energy(at.scale)
        released = -float(np.sum(n.weights * (occupation - old.occupation) * energy))
        radiated = float(np.sum(n.weights * (rates.photon_loss * mean - rates.photon_gain))) * dt
        # N hands half of its energy to each bath; what differs from that flows from one bath to the other
        to_photons = to_neutrinos = 0.5 * released
        exchange += radiated - to_photons
        coupling = float(np.sum(n.weights * rates.photon_loss * mean * energy)) / at.photon_t**2 / 4
    # energy and number flows die away exponentially where they are fast on the scale of the step
    weak_energy, weak_number = _conductance(at)
    heat = 1.0 / (float(em.heat_capacity) * volume) + at.neutrino_t / (4 * neutrino_rho * volume)
    exchange *= _fading(dt * (weak_energy * volume + coupling) * heat)
    new_neutrinos *= _fading(dt * weak_number * volume / neutrino_n)
    from_pairs = old.weak_number + new_neutrinos
    new_neutrinos -= float(np.sum(n.weights * (occupation - old.occupation)))
    to_photons, to_neutrinos = to_photons + exchange, to_neutrinos - exchange
    entropy = float(old.em.entropy) * old.scale**3 + to_photons / at.photon_t
    photon_t, new_em = baths.at_entropy(entropy / new_scale**3, at.photon_t * at.scale / new_scale)
    old_rho = float(baths.neutrino_energy(old.neutrino_t, old.degeneracy)) * old.scale**4
    old_n = float(baths.neutrino_number(old.neutrino_t, old.degeneracy)) * old.scale**3
    rho, number = (old_rho + to_neutrinos * at.scale) / new_scale**4, (old_n + new_neutrinos) / new_scale**3
    if thermal_neutrinos:
        neutrino_t, z = float((rho / baths.neutrino_energy(1.0)) ** 0.25), 0.0
    else:
        neutrino_t, z = baths.neutrino_state(rho, number)
    time, bath = old.time + dt / units.SECOND, (photon_t, neutrino_t, z)
    return _state(n, new_scale, time, bath, occupation, new_em, from_pairs)


def _fading(y: float) -> float:
    """(1 - e^-y) / y: what is left of a flow that stops itself at the rate y per step."""
    return float(-np.expm1(-y) / y) if y > 1e-8 else 1.0


def _conductance(state: _State) -> tuple[float, float]:
    """How fast the weak flows react: d(energy flow)/dT [GeV^4] and d(number flow)/d(ln n) [GeV^4]."""
    t, e = state.photon_t, 1e-4
    energy, number = baths.weak_exchange(
        t * np.array([1 + e, 1 - e, 1.0, 1.0]), np.full(4, t), np.array([0.0, 0.0, -e, e])
    )
    return float(energy[0] - energy[1]) / (2 * e * t), float(number[2] - number[3]) / (2 * e)
