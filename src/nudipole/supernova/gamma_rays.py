r"""Gamma rays from N -> nu gamma outside the progenitor of SN1987A, against the Solar Maximum Mission.

A photon of energy E_gamma from the decay of N at proper time tau reaches us later than light from the collapse by

.. math:: t = \tau\,\frac{M}{2E_\gamma}

whatever the energy of N: t = t_lab (1 - beta cos theta) and E_gamma = M^2 / 2E(1 - beta cos theta). So the fluence
in a window of delay is a difference of exponentials exp(-Gamma tau) at fixed E_gamma and E, and the photon escapes
if its ray misses the envelope: decay radius beyond R_env for cos theta >= 0, beyond R_env / sin theta for photons
thrown back towards the star. The 3 s of emission are short against the 10.24 s bins. By default N is unpolarised; a light
Dirac N from scattering has helicity +1/2 (P = 1) and sends its photon backwards, which softens the spectrum by a third.

Data: counts of the Gamma-Ray Spectrometer, 25-100 and 10-25 MeV, 33 bins before the neutrino burst and 22 after
(Chupp et al. 1989 as digitised for :cite:`Hoof:2022xbe`), effective areas 63 and 115 cm^2, D = 51.4 kpc
:cite:`Jaeckel:2017tud`. Where M > ~10 MeV and d is large the photons can thermalise in a fireball
:cite:`Diamond:2023scc`; they are then below the window and the exclusion there rests on other data.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, check_increasing, check_non_negative, check_positive
from nudipole.inputs import tables
from nudipole.processes.decays import hnl_decay
from nudipole.processes.plasma import stellar_plasma as plasma
from nudipole.supernova.luminosity import Escape

FloatArray = npt.NDArray[np.float64]
BURST_SECONDS = 7 * 3600 + 35 * 60 + 41.374  # first IMB event, 23 February 1987 UT
CHANNELS: dict[str, tuple[float, float, float]] = {  # column: E_min, E_max [MeV], effective area [cm^2] (1702.02964)
    "middle": (10.0, 25.0, 115.0),
    "high": (25.0, 100.0, 63.0),
}
GAUSSIAN_FLUENCE = np.sqrt(1393.0) / 63.0  # 1 sigma fluence [cm^-2] in 25-100 MeV and 223.2 s (1702.02964)
WINDOW_SECONDS = 223.232
_PHOTON_NODES = 10
_FEWEST_PHOTONS = 0.1


@dataclass(frozen=True)
class Geometry:
    """Distance [kpc], radius of the envelope [cm], duration of the emission [s] and polarisation of N along its path.

    In its rest frame N sends the photon as 1 - P cos(theta), and so does N-bar of the opposite helicity (CP).
    """

    distance_kpc: float = 51.4
    envelope_cm: float = 3e12  # blue supergiant Sk -69 202
    emission_s: float = 3.0
    polarisation: float = 0.0

    def __post_init__(self) -> None:
        check_positive(distance_kpc=self.distance_kpc, envelope_cm=self.envelope_cm, emission_s=self.emission_s)
        if not -1.0 <= self.polarisation <= 1.0:
            raise DomainError(f"polarisation lies between -1 and 1, got {self.polarisation:g}")


def fluence(
    escape: Escape, d: npt.ArrayLike, window: tuple[float, float], delays: npt.ArrayLike, geometry: Geometry
) -> FloatArray:
    """Photons per cm^2 in an energy window and in bins of delay.

    Parameters
    ----------
    escape : Escape
        Rays of N at one mass.
    d : array_like
        Couplings [GeV^-1].
    window : (float, float)
        Photon energies [MeV].
    delays : array_like (n + 1,)
        Edges of the bins, seconds after the burst.
    geometry : Geometry

    Returns
    -------
    ndarray
        [cm^-2], shape d.shape + (n,).
    """
    check_non_negative(d=d)
    check_increasing(delays=delays)
    d, delays = np.asarray(d, dtype=float), np.asarray(delays, dtype=float)
    rates = escape.rates
    mass, energy, momentum = rates.mass, rates.energy[:, None], rates.momentum[:, None]
    nodes, weights = plasma.legendre(_PHOTON_NODES)
    low, high = window[0] * units.MEV, window[1] * units.MEV
    photon = 0.5 * (high + low) + 0.5 * (high - low) * nodes
    measure = 0.5 * (high - low) * weights
    cosine = (energy - mass**2 / (2.0 * photon)) / momentum
    allowed = np.abs(cosine) <= 1.0
    sine = np.sqrt(np.maximum(1.0 - np.minimum(cosine**2, 1.0), 1e-12))
    radius = geometry.envelope_cm * units.CENTIMETRE * np.where(cosine >= 0, 1.0, 1.0 / sine)
    # proper times [GeV^-1] at which the photon gets out and at which it is at the edges of the bins
    out = radius * mass / momentum
    edge = 2.0 * photon[:, None] / mass * delays * units.SECOND
    # an N that has passed us is not seen any more: its photon keeps its direction, as M << E where this matters
    distance = geometry.distance_kpc * 1e3 * units.PARSEC * units.METRE
    proper = np.minimum(np.maximum(out[..., None], edge), (distance * mass / momentum)[..., None])
    rest = np.clip((2.0 * photon - energy) / momentum, -1.0, 1.0)
    angular = 2.0 * hnl_decay.photon_angular_distribution(rest, geometry.polarisation)
    density = (measure / momentum * angular)[allowed]
    width = rates.vacuum_width * hnl_decay_share(mass)
    area = 4.0 * np.pi * (geometry.distance_kpc * 1e3 * units.PARSEC * 100.0) ** 2  # cm^2
    emitted = escape.spectrum(d.ravel()) * rates.measure * geometry.emission_s * units.SECOND / area
    proper, parent = proper[allowed], np.nonzero(allowed)[0]
    result = np.zeros((d.size, len(delays) - 1))
    for row, (coupling, number) in enumerate(zip(d.ravel(), emitted, strict=True)):
        alive = np.exp(-width * coupling**2 * proper)
        result[row] = (number[parent] * density) @ (alive[:, :-1] - alive[:, 1:])
    return result.reshape((*d.shape, len(delays) - 1))


@functools.lru_cache(maxsize=1024)
def hnl_decay_share(mass: float) -> float:
    """Total over radiative width of N: the pair channel shortens its life by a per cent and gives no photon line."""
    check_positive(mass=mass)
    return float(hnl_decay.total_width(mass) / hnl_decay.radiative_width(mass))


@functools.cache
def _data() -> tuple[FloatArray, FloatArray, dict[str, FloatArray]]:
    table = tables.load("supernova/data/smm_grs.csv")
    time = table["time"] - BURST_SECONDS
    half = 0.5 * float(np.diff(time[:2])[0])
    after = time - half > -0.5 * half
    edges = np.concatenate([(time - half)[after], [(time + half)[after][-1]]])
    return time, np.maximum(edges, 0.0), {name: table[name] for name in CHANNELS}


def statistic(escape: Escape, d: npt.ArrayLike, geometry: Geometry | None = None) -> FloatArray:
    r"""Profile likelihood ratio -2 ln L(d) / L(0) over both channels, shape d.shape; zero where N improves the fit.

    Poisson counts in 55 bins per channel, a background linear in time profiled for every d. Fewer than 0.1 photons in
    all count as none.
    """
    d = np.asarray(d, dtype=float)
    return _statistic(escape, tuple(d.ravel().tolist()), geometry or Geometry()).reshape(d.shape)


@functools.lru_cache(maxsize=2048)  # flavours with the same emission share it
def _statistic(escape: Escape, couplings: tuple[float, ...], geometry: Geometry) -> FloatArray:
    d = np.array(couplings)
    time, edges, counts = _data()
    total = np.zeros(d.size)
    first = len(time) - (len(edges) - 1)
    expected = np.zeros(d.size)
    for low, high, area in CHANNELS.values():
        expected += area * fluence(escape, d, (low, high), edges[[0, -1]], geometry)[:, 0]
    seen = expected > _FEWEST_PHOTONS
    for name, (low, high, area) in CHANNELS.items():
        signal = np.zeros((int(seen.sum()) + 1, len(time)))
        signal[1:, first:] = area * fluence(escape, d[seen], (low, high), edges, geometry)
        deviance = profile_deviance(counts[name], signal, time / edges[-1])
        total[seen] += deviance[1:] - deviance[0]
    return np.maximum(total, 0.0)


def profile_deviance(counts: FloatArray, signal: FloatArray, time: FloatArray, steps: int = 40) -> FloatArray:
    """min over b_0, b_1 of 2 sum[lambda - n ln lambda], lambda = b_0 + b_1 time + signal; signal (rows, bins).

    Damped Newton for all rows at once; the function is convex.
    """
    design = np.stack([np.ones_like(time), time])
    background = np.tile([[np.mean(counts)], [0.0]], (1, len(signal)))
    for _ in range(steps):
        rate = np.maximum(background.T @ design + signal, 1e-9)
        gradient = design @ (1.0 - counts / rate).T
        curvature = np.einsum("it,jt,rt->rij", design, design, counts / rate**2)
        step = np.linalg.solve(curvature, gradient.T[..., None])[..., 0].T
        # keep the background of every bin positive
        room = np.where(design.T @ step > 0, design.T @ background / np.maximum(design.T @ step, 1e-300), np.inf)
        background = background - step * np.minimum(1.0, 0.9 * np.min(room, axis=0))
        if np.max(np.abs(step)) < 1e-6 * np.mean(counts):
            break
    rate = np.maximum(background.T @ design + signal, 1e-9)
    return 2.0 * np.sum(rate - counts * np.log(rate), axis=1)


def gaussian_excess(escape: Escape, d: npt.ArrayLike, geometry: Geometry | None = None) -> FloatArray:
    """Fluence in 25-100 MeV and 223 s in units of its one-sigma background fluctuation, 0.59 cm^-2 (1702.02964)."""
    low, high, _ = CHANNELS["high"]
    total = fluence(escape, d, (low, high), [0.0, WINDOW_SECONDS], geometry or Geometry())
    return total[..., 0] / float(GAUSSIAN_FLUENCE)
