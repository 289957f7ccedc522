r"""Energetic neutrinos from N -> nu gamma in the neutrino burst: SN1987A as it was seen, and the next in the Galaxy.

N decays outside R_far; its neutrino, flat in energy between (E - p)/2 and (E + p)/2, arrives with delay t = tau M /
2 E_nu as the photon does (:mod:`nudipole.supernova.gamma_rays`). Flavour is averaged over vacuum oscillations,
:math:`P_{\alpha e} = \sum_i |U_{\alpha i}|^2|U_{ei}|^2`. Detection: nubar_e p -> e+ n, nu_e and nubar_e on oxygen;
muon-type charged currents and neutral currents are left out. No event above 50 MeV was seen by Kamiokande-II, IMB or
Baksan within the burst, the argument of :cite:`Fiorillo:2022cdq,Akita:2023iwq`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gamma as gamma_function
from scipy.special import gammaincc, gammaln, logsumexp, ndtri_exp

from nudipole import units
from nudipole.errors import LARGEST_TOTAL, DomainError, check_between, check_choice, check_non_negative, check_positive
from nudipole.inputs import tables
from nudipole.portal import Direction
from nudipole.processes.plasma import stellar_plasma as plasma
from nudipole.supernova.gamma_rays import hnl_decay_share
from nudipole.supernova.luminosity import Escape

FloatArray = npt.NDArray[np.float64]
_NEUTRON_PROTON = units.NEUTRON_MASS - units.PROTON_MASS
_OXYGEN_GAP = {"neutrino": 15.4e-3, "antineutrino": 11.4e-3}  # GeV between E_nu and E_e on 16O (Kolbe et al. 2002)
_MIXING_SIN2 = {"12": 0.307, "13": 0.0222, "23": 0.561}  # NuFIT, normal ordering
_CP_PHASE = np.deg2rad(177.0)
_HIGHEST_ENERGY = 0.6  # GeV
_NODES = 160
_MOST_EVENTS = 1e12  # beyond, nothing changes
_MOST_BACKGROUND = 1e5  # events without N that a Poisson sum is taken over
_TINY = 1e-300


@dataclass(frozen=True)
class Detector:
    """Free protons, oxygen nuclei, efficiency (live time included) above the energy cut [GeV of the electron]."""

    name: str
    protons: float
    oxygens: float
    efficiency: float
    energy_cut: float


def water(name: str, kilotonnes: float, efficiency: float, energy_cut: float) -> Detector:
    """A water Cherenkov detector of this mass [kt]."""
    check_positive(kilotonnes=kilotonnes)
    check_between(0.0, 1.0, efficiency=efficiency)
    check_non_negative(energy_cut=energy_cut)
    molecules = kilotonnes * 1e9 * units.AVOGADRO / 18.015
    return Detector(name, 2.0 * molecules, molecules, efficiency, energy_cut)


# Masses and efficiencies at 50 MeV: the parametrisations of Vissani, J. Phys. G 42 (2015) 013001, through a public
# code; IMB 0.75 at 50 MeV (0.95 at 70) times a live fraction of 0.905. Highest event energies: 35, 39 and 23 MeV.
SN1987A_DETECTORS = (
    water("Kamiokande-II", 2.14, 0.92, 0.050),
    water("IMB", 6.8, 0.75 * 0.905, 0.050),
    Detector("Baksan", 1.88e31, 0.0, 1.0, 0.050),
)
# full inner volumes; the cut keeps the thermal burst of 10 kpc below a few events
SUPER_K = water("Super-Kamiokande", 32.5, 1.0, 0.075)
HYPER_K = water("Hyper-Kamiokande", 217.0, 1.0, 0.075)


@dataclass(frozen=True)
class Observation:
    """Where, how long and with what a burst is seen."""

    detectors: tuple[Detector, ...] = SN1987A_DETECTORS
    distance_kpc: float = 51.4
    window_s: float = 12.4  # length of the SN1987A burst at Kamiokande-II
    emission_s: float = 3.0

    def __post_init__(self) -> None:
        check_positive(distance_kpc=self.distance_kpc, window_s=self.window_s, emission_s=self.emission_s)


def inverse_beta(energy: npt.ArrayLike) -> FloatArray:
    r"""Cross section [cm^2] of nubar_e p -> e+ n, Strumia and Vissani's fit, good to 1 % below 300 MeV.

    :math:`10^{-43}\,p_eE_e\,E^{-0.07056 + 0.02018\ln E - 0.001953\ln^3E}`, MeV, E_e = E - 1.293 (astro-ph/0302055
    Eq. 25).

    Examples
    --------
    >>> f"{float(inverse_beta(0.1)):.1e}"
    '4.5e-40'
    """
    check_non_negative(energy=energy)
    energy = np.asarray(energy, dtype=float) / units.MEV
    electron = energy - _NEUTRON_PROTON / units.MEV
    mass = units.ELECTRON_MASS / units.MEV
    momentum = np.sqrt(np.maximum(electron**2 - mass**2, 0.0))
    logarithm = np.log(np.maximum(energy, 1.0))
    power = -0.07056 + 0.02018 * logarithm - 0.001953 * logarithm**3
    return np.where(electron > mass, 1e-43 * momentum * electron * np.maximum(energy, 1.0) ** power, 0.0)


def oxygen(energy: npt.ArrayLike, kind: str) -> FloatArray:
    """Cross section [cm^2] of nu_e or nubar_e (``neutrino``, ``antineutrino``) on 16O; constant above 100 MeV.

    nu_e: 4.7e-40 (E^(1/4) - 15^(1/4))^6 with E in MeV (Tomas et al., hep-ph/0307050; 3 % above Kolbe et al. at 100
    MeV); nubar_e: table, from 62 MeV.
    """
    check_non_negative(energy=energy)
    check_choice("kind of neutrino", kind, _OXYGEN_GAP)
    energy = np.asarray(energy, dtype=float) / units.MEV
    if kind == "neutrino":
        root = np.maximum(np.minimum(energy, 100.0) ** 0.25 - 15.0**0.25, 0.0)
        return 4.7e-40 * root**6
    table = tables.load("supernova/data/oxygen_antineutrino.csv")
    return np.interp(energy, table["energy"], table["cross_section"], left=0.0)


@functools.cache
def oscillation_to_electron() -> tuple[float, float, float]:
    """Averaged vacuum probabilities P(nu_alpha -> nu_e) for e, mu, tau."""
    s = {name: np.sqrt(value) for name, value in _MIXING_SIN2.items()}
    c = {name: np.sqrt(1.0 - value) for name, value in _MIXING_SIN2.items()}
    phase = np.exp(1j * _CP_PHASE)
    matrix = np.array(
        [
            [c["12"] * c["13"], s["12"] * c["13"], s["13"] / phase],
            [
                -s["12"] * c["23"] - c["12"] * s["23"] * s["13"] * phase,
                c["12"] * c["23"] - s["12"] * s["23"] * s["13"] * phase,
                s["23"] * c["13"],
            ],
            [
                s["12"] * s["23"] - c["12"] * c["23"] * s["13"] * phase,
                -c["12"] * s["23"] - s["12"] * c["23"] * s["13"] * phase,
                c["23"] * c["13"],
            ],
        ]
    )
    squares = np.abs(matrix) ** 2
    electron, muon, tau = (float(value) for value in squares @ squares[0])
    return electron, muon, tau


def electron_share(direction: Direction) -> float:
    """Probability that a neutrino from N reaches the Earth as nu_e."""
    weights = np.full(3, 1.0 / 3.0) if direction.incoherent else np.abs(np.asarray(direction.couplings)) ** 2
    return float(weights @ np.array(oscillation_to_electron()) / np.sum(weights))


def detected_area(energy: FloatArray, detectors: Sequence[Detector], kind: str) -> FloatArray:
    """Targets times cross section times efficiency [cm^2] above the cut, for ``neutrino`` or ``antineutrino``."""
    area = np.zeros_like(energy)
    for detector in detectors:
        seen = energy - _OXYGEN_GAP[kind] > detector.energy_cut
        area += detector.efficiency * detector.oxygens * np.where(seen, oxygen(energy, kind), 0.0)
        if kind == "antineutrino":
            seen = energy - _NEUTRON_PROTON > detector.energy_cut
            area += detector.efficiency * detector.protons * np.where(seen, inverse_beta(energy), 0.0)
    return area


def events(escape: Escape, d: npt.ArrayLike, direction: Direction, observation: Observation) -> FloatArray:
    """Expected events above the cuts within the window, shape d.shape.

    Parameters
    ----------
    escape : Escape
        Rays out to the radius beyond which neutrinos leave freely.
    d : array_like
        [GeV^-1]
    direction : Direction
        Flavour of the neutrinos.
    observation : Observation
    """
    check_non_negative(d=d)
    d = np.asarray(d, dtype=float)
    rates = escape.rates
    neutrino, measure, areas = _nodes(observation.detectors)
    energy, momentum = rates.energy[:, None], rates.momentum[:, None]
    box = (np.abs(2.0 * neutrino - energy) <= momentum) / momentum * measure
    width = rates.vacuum_width * hnl_decay_share(rates.mass)
    latest = 2.0 * neutrino / rates.mass * observation.window_s * units.SECOND
    sphere = 4.0 * np.pi * (observation.distance_kpc * 1e3 * units.PARSEC * 100.0) ** 2
    spectrum = escape.species_spectrum(d.ravel()) * rates.measure * observation.emission_s * units.SECOND
    # of the species: N gives neutrinos and N-bar antineutrinos; where one stands for both, half and half
    split = np.eye(2) if spectrum.shape[1] == 2 else np.full((1, 2), 0.5)
    # an N that has passed us is not seen: this matters below a few keV only
    passing = observation.distance_kpc * 1e3 * units.PARSEC * units.METRE * rates.mass / momentum
    squared = width * d.ravel() ** 2
    if np.min(passing) < np.max(latest):
        decayed = -np.expm1(-squared[:, None, None] * np.minimum(latest, passing))
        arriving = np.einsum("dse,sk,en,den->dkn", spectrum, split, box, decayed, optimize=True)
    else:
        decayed = -np.expm1(-squared[:, None] * latest)
        arriving = np.einsum("dse,sk,en->dkn", spectrum, split, box, optimize=True) * decayed[:, None, :]
    total = np.einsum("dkn,kn->d", arriving, areas) * electron_share(direction) / sphere
    return total.reshape(d.shape)


@functools.lru_cache(maxsize=32)
def _nodes(detectors: tuple[Detector, ...]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Neutrino energies [GeV] above the lowest cut, their weights, and the areas of detection of nu and nubar."""
    nodes, weights = plasma.legendre(_NODES)
    lowest = min(detector.energy_cut for detector in detectors)
    neutrino = lowest + 0.5 * (_HIGHEST_ENERGY - lowest) * (nodes + 1.0)
    areas = np.stack([detected_area(neutrino, detectors, kind) for kind in ("neutrino", "antineutrino")])
    return neutrino, 0.5 * (_HIGHEST_ENERGY - lowest) * weights, areas


def thermal_background(
    observation: Observation, energy_erg: float = 5e52, mean: float = 14.0, pinch: float = 2.5
) -> float:
    r"""Thermal events above the cuts: nubar_e and nu_e of :math:`E^\alpha e^{-(1+\alpha)E/\langle E\rangle}`.

    Typical numbers: 5e52 erg per species, mean energy [MeV] and pinching from memory of time-integrated models.
    """
    check_positive(largest=LARGEST_TOTAL, energy_erg=energy_erg)
    check_between(0.1, 1e3, mean=mean)
    check_between(0.0, 10.0, pinch=pinch)
    energy = np.linspace(20.0, 200.0, 721) * units.MEV
    scale = mean * units.MEV
    x = (1.0 + pinch) * energy / scale
    shape = x**pinch * np.exp(-x) * (1.0 + pinch) / (scale * gamma_function(1.0 + pinch))
    number = energy_erg * units.ERG / scale
    sphere = 4.0 * np.pi * (observation.distance_kpc * 1e3 * units.PARSEC * 100.0) ** 2
    area = sum(detected_area(energy, observation.detectors, kind) for kind in ("neutrino", "antineutrino"))
    return float(np.trapezoid(number * shape * area, energy) / sphere)


def statistic(signal: npt.ArrayLike, background: float = 0.0) -> FloatArray:
    r"""Squared one-sided Gaussian equivalent of the Poisson probability, CL_s, when the whole part of the background is seen.

    .. math:: q = z^2,\quad \Phi(-z) = \frac{P(n \le \lfloor b\rfloor\,|\,s + b)}{P(n \le \lfloor b\rfloor\,|\,b)},

    and zero where the ratio exceeds one half. Without signal it is zero at any background.

    Parameters
    ----------
    signal : array_like
        Events s expected.
    background : float
        Events b expected without N.

    Examples
    --------
    >>> bool(np.isclose(statistic(2.302585), 1.6424, rtol=1e-4))  # 2.30 events at 90 %
    True
    """
    check_non_negative(signal=signal, background=background)
    if background > _MOST_BACKGROUND:
        raise DomainError(f"background must be at most {_MOST_BACKGROUND:g} events, got {background:g}")
    observed = np.floor(background)
    mean = np.minimum(np.asarray(signal, dtype=float), _MOST_EVENTS) + background
    # ln P(n <= N | m) = -m + ln sum m^k / k!, exact where P itself underflows
    counts = np.arange(observed + 1.0)
    log_terms = counts * np.log(np.maximum(mean, _TINY))[..., None] - gammaln(counts + 1.0)
    log_p = logsumexp(log_terms, axis=-1) - mean
    log_none = np.log(gammaincc(observed + 1.0, background)) if background > 0 else 0.0
    return np.minimum(ndtri_exp(np.minimum(log_p - log_none, 0.0)), 0.0) ** 2
