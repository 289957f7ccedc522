r"""N decays in flight: N -> nu gamma, N -> nu l+ l-, with its polarisation.

In the rest frame of N, theta* between the photon (or the pair, of mass squared s = x M^2) and the flight of N in the lab,

.. math::  \frac{1}{\Gamma}\frac{d\Gamma}{d\cos\theta^*} = \tfrac12(1 - P\cos\theta^*)

for a photon and for the transverse part of a pair, with + and the share x/2 of it for the longitudinal part. The pair's
leptons follow 1 + c^2 + (4 m^2/s)(1 - c^2) (transverse) and 1 - c^2 + (4 m^2/s) c^2 (longitudinal) about its flight;
interference of the two, which only a correlation of three directions sees, is left out. A Majorana N decays to nu and to
nubar, with opposite signs of P.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.generator.table import Columns
from nudipole.portal import Portal
from nudipole.processes.decays import hnl_decay
from nudipole.signals.decay_in_flight import decay_rate, decay_widths

FloatArray = npt.NDArray[np.float64]
LEPTONS = ("e", "mu", "tau")
NEUTRINO_PDG = {"e": 12, "mu": 14, "tau": 16}
LEPTON_PDG = {"e": 11, "mu": 13, "tau": 15}
_NODES = 600


@dataclass(frozen=True)
class Decays:
    """How N of one point of theory decays.

    Parameters
    ----------
    mass : float
        M [GeV].
    majorana : bool
    share : ndarray (4,)
        Of the decays that are generated, those to nu gamma, nu e+ e-, nu mu+ mu-, nu tau+ tau-.
    generated : float
        Fraction of all decays that these are: the extra width and decays to W and Z are not.
    gamma, strength, extra : float
        Width per D [GeV^3], D and X [GeV^-2] of :mod:`nudipole.signals.decay_in_flight`.
    pairs : tuple
        For each lepton the cumulative spectrum and s / M^2 at its nodes, None where closed.
    """

    mass: float
    majorana: bool
    share: FloatArray
    generated: float
    gamma: float
    strength: float
    extra: float
    pairs: tuple[tuple[FloatArray, FloatArray] | None, ...]

    @classmethod
    def of(cls, portal: Portal) -> Decays:
        """All channels that are open."""
        mass, direction = portal.mass, portal.direction
        found = decay_widths(mass, direction)
        share = float(found.photon) * np.array([1.0, *(float(hnl_decay.dilepton_ratio(mass, x)) for x in LEPTONS)])
        whole = portal.decay_strength + float(found.extra)
        dipole = portal.decay_strength / whole if whole > 0.0 else 0.0
        return cls(
            mass,
            direction.nature == "majorana",
            share / share.sum(),
            min(float(share.sum()), 1.0) * dipole,
            float(found.total),
            portal.decay_strength,
            float(found.extra),
            tuple(_pair_table(mass, lepton) for lepton in LEPTONS),
        )

    def kappa(self, momentum: FloatArray) -> FloatArray:
        """Dipole decays per metre and D of N of these momenta [GeV]."""
        return decay_rate(self.gamma, self.mass, momentum)

    def rate(self, momentum: FloatArray) -> FloatArray:
        """All decays per metre of N of these momenta [GeV]."""
        return (self.strength + self.extra) * self.kappa(np.maximum(momentum, 1e-12))


def _pair_table(mass: float, lepton: str) -> tuple[FloatArray, FloatArray] | None:
    """Cumulative content and s / M^2 of a pair, in steps of u with s = 4 m^2 cosh^2 u; None where closed."""
    lepton_mass = units.LEPTON_MASS[lepton]
    if mass <= 2.0 * lepton_mass * (1.0 + 1e-9):
        return None
    u = np.linspace(0.0, np.arccosh(mass / (2.0 * lepton_mass)), _NODES)
    s = 4.0 * lepton_mass**2 * np.cosh(u) ** 2
    density = hnl_decay.dilepton_spectrum(s, mass, lepton) * s * np.tanh(u)
    content = np.concatenate([[0.0], np.cumsum(density[1:] + density[:-1])])
    return content / content[-1], s / mass**2


def decayed(
    rng: np.random.Generator,
    decays: Decays,
    hnl: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
    axis: tuple[FloatArray, FloatArray, FloatArray],
    polarisation: FloatArray,
    anti: npt.NDArray[np.bool_],
    neutrino: npt.NDArray[np.int64] | int,
) -> Columns:
    """What N decays to.

    Parameters
    ----------
    rng : Generator
    decays : Decays
    hnl : four arrays (n,)
        Energy and momentum of N [GeV].
    axis : three arrays (n,)
        Unit vector of the polarisation in the rest frame of N.
    polarisation : ndarray (n,)
        P along it of an N from a nu_L (of Nbar: minus that of the particle itself).
    anti : ndarray (n,) of bool
        Nbar of a Dirac N.
    neutrino : int or ndarray (n,)
        PDG number, positive, of the neutrino's flavour.

    Returns
    -------
    dict
        Columns of ``neutrino_pdg``, ``photon`` and ``antilepton``, ``channel`` (0 photon, 1 to 3 pairs), ``angular``.
    """
    number = len(hnl[0])
    channel = np.zeros(number, dtype=np.int8)
    x, longitudinal = np.zeros(number), np.zeros(number, dtype=bool)
    if (pair_share := float(decays.share[1:].sum())) > 0.0:
        rows = np.flatnonzero(rng.random(number) < pair_share)
        edges = np.cumsum(decays.share[1:]) / pair_share
        channel[rows] = 1 + np.searchsorted(edges, rng.random(len(rows)), side="right").clip(0, 2)
        for index, table in enumerate(decays.pairs):
            here = rows[channel[rows] == index + 1]
            if len(here) and table is not None:
                x[here] = np.interp(rng.random(len(here)), *table)
                longitudinal[here] = rng.random(len(here)) < 0.5 * x[here] / (1.0 + 0.5 * x[here])
    slope = np.where(longitudinal, polarisation, -polarisation)
    flipped = np.zeros(number, dtype=bool)
    rest = 2.0 * rng.random(number) - 1.0
    if decays.majorana:  # flat; which of nu and nubar follows from the angle
        flipped = rng.random(number) > 0.5 * (1.0 + slope * rest)
    else:
        t = 2.0 * rest + slope
        rest = t / (1.0 + np.sqrt(np.maximum(1.0 + slope * t, 0.0)))
    # half energy of the photon or pair in units of M: (1 + x)/2, momentum (1 - x)/2
    mass = decays.mass
    direction = _about(axis, rest, rng.random(number))
    size, energy = 0.5 * (1.0 - x) * mass, 0.5 * (1.0 + x) * mass
    light = _boosted((energy, size * direction[0], size * direction[1], size * direction[2]), hnl, mass)
    sign = np.where(anti ^ flipped, -1, 1)
    columns: Columns = {
        "channel": channel,
        "angular": 1.0 + slope * rest,
        "neutrino_pdg": sign * neutrino,
        "photon_pdg": np.full(number, 22),
        "antilepton_pdg": np.zeros(number, dtype=np.int64),
    }
    rows = np.flatnonzero(channel)
    if not len(rows):
        return columns | dict(zip(("photon_E", "photon_px", "photon_py", "photon_pz"), light, strict=True))
    minus, plus = _pair(rng, tuple(v[rows] for v in light), x[rows] * mass**2, channel[rows], longitudinal[rows])
    for axis_name, both, one, other in zip(("E", "px", "py", "pz"), light, minus, plus, strict=True):
        columns[f"antilepton_{axis_name}"] = np.zeros(number)
        columns[f"antilepton_{axis_name}"][rows] = other
        both[rows] = one
        columns[f"photon_{axis_name}"] = both
    lepton = np.array([LEPTON_PDG[name] for name in LEPTONS])[channel[rows] - 1]
    columns["photon_pdg"][rows], columns["antilepton_pdg"][rows] = lepton, -lepton
    return columns


def _pair(
    rng: np.random.Generator,
    pair: tuple[FloatArray, ...],
    s: FloatArray,
    channel: npt.NDArray[np.int8],
    longitudinal: npt.NDArray[np.bool_],
) -> tuple[tuple[FloatArray, ...], tuple[FloatArray, ...]]:
    """Negative and positive lepton of a pair of this momentum and mass squared [GeV^2]."""
    m2 = np.array([units.LEPTON_MASS[name] for name in LEPTONS])[channel - 1] ** 2
    ratio = np.minimum(4.0 * m2 / s, 1.0)
    flat, square = np.where(longitudinal, 1.0, 1.0 + ratio), np.where(longitudinal, ratio - 1.0, 1.0 - ratio)
    cosine = _quadratic(rng, flat, square)
    size = np.maximum(np.sqrt(pair[1] ** 2 + pair[2] ** 2 + pair[3] ** 2), 1e-300)
    direction = _about((pair[1] / size, pair[2] / size, pair[3] / size), cosine, rng.random(len(s)))
    root = np.sqrt(s)
    one = 0.5 * root * np.sqrt(1.0 - ratio)
    minus = _boosted((0.5 * root, one * direction[0], one * direction[1], one * direction[2]), pair, root)
    return minus, tuple(both - part for both, part in zip(pair, minus, strict=True))


def _quadratic(rng: np.random.Generator, flat: FloatArray, square: FloatArray) -> FloatArray:
    """Cosines with the density flat + square c^2 on [-1, 1], by rejection."""
    cosine, left = np.zeros(len(flat)), np.arange(len(flat))
    while len(left):
        tried = 2.0 * rng.random(len(left)) - 1.0
        top = flat[left] + np.maximum(square[left], 0.0)
        good = rng.random(len(left)) * top <= flat[left] + square[left] * tried**2
        cosine[left[good]] = tried[good]
        left = left[~good]
    return cosine


def _about(
    axis: tuple[FloatArray, FloatArray, FloatArray], cosine: FloatArray, turn: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Unit vectors at an angle to unit vectors, ``turn`` (0 to 1) of the way around them (Duff et al. 2017 basis)."""
    x, y, z = axis
    sign = np.copysign(1.0, z)
    a = -1.0 / (sign + z)
    b = x * y * a
    angle = 2.0 * np.pi * turn
    sine = np.sqrt(np.maximum((1.0 - cosine) * (1.0 + cosine), 0.0))
    one, two = sine * np.cos(angle), sine * np.sin(angle)
    return (
        cosine * x + one * (1.0 + sign * x * x * a) + two * b,
        cosine * y + one * sign * b + two * (sign + y * y * a),
        cosine * z - one * sign * x - two * y,
    )


def _boosted(
    rest: tuple[FloatArray, ...], frame: tuple[FloatArray, ...], mass: FloatArray | float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Four-vectors given in the rest frame of something of this four-momentum and mass, in the lab."""
    e, x, y, z = rest
    energy, px, py, pz = frame
    along = (px * x + py * y + pz * z) / mass
    factor = (along / (energy + mass)) + e / mass
    return (energy * e) / mass + along, x + factor * px, y + factor * py, z + factor * pz


about, boosted = _about, _boosted
