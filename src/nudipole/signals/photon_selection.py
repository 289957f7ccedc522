r"""The photon of N in the detector: its energy and angle, what is accepted of it, and in which bin it falls.

In the lab, with the polarisation P of a Dirac N (isotropic for Majorana N),

.. math::  \frac{1}{\Gamma}\frac{d\Gamma}{d\cos\theta^*} = \tfrac12(1 - P\cos\theta^*),\quad
    E_\gamma = \tfrac12(E_N + p_N\cos\theta^*),\quad \cos\alpha = \frac{\cos\theta^* + \beta}{1 + \beta\cos\theta^*},

alpha to the path of N, then smearing, cuts and efficiency. An e+ e- pair of invariant mass squared s = x M^2, drawn from
its spectrum, has the energy (1 + x) M/2 and momentum (1 - x) M/2 in the rest frame, and of its polarisations the
longitudinal one, a share x/2 of the transverse one, prefers the other side: P (1 - x/2)/(1 + x/2) stands for P. Pairs keep
closer to the path of N than photons.

What is accepted is linear in P, so two numbers for each bin and each node of momentum and angle of N say all. They are exact where the true energy alone decides; otherwise they come
from a low-discrepancy sample at each node, spread over the neighbourhood that the node stands for, so that cuts do not
feel the nodes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from nudipole import units
from nudipole.detectors.conversion import ConversionMap
from nudipole.detectors.geometry import points
from nudipole.processes import hnl_decay
from nudipole.signals.upscatter_card import Histogram, Selection

FloatArray = npt.NDArray[np.float64]
_DECAYS, _FEWEST = 1 << 14, 2  # sampled at one mass, shared out by importance, and at each node at least
_SMOOTH = 1 << 12  # where an energy cut and the conversion of the photon are all there is
_NARROW = 0.9  # from this cut on cos(theta) on few decays are accepted, so twice as many are sampled
_SIGMAS = 5.0


@dataclass(frozen=True)
class Photons:
    """Decays: what is seen of each node."""

    energy: FloatArray
    cosine: FloatArray


@dataclass(frozen=True)
class PhotonSelection:
    """Cuts, resolution, efficiency (a table in the true energy [GeV], or None), conversion of the photon, and bins."""

    selection: Selection
    histogram: Histogram
    efficiency: tuple[FloatArray, FloatArray] | None = None
    conversion: ConversionMap | None = None

    @property
    def energy_alone(self) -> bool:
        """True if only the true energy of the photon decides."""
        return self._cuts_energy_alone and self.conversion is None

    @property
    def _cuts_energy_alone(self) -> bool:
        chosen = self.selection
        smeared = any(chosen.energy_resolution) or chosen.angle_resolution_deg > 0
        angular = chosen.cosine_min > -1.0 or chosen.energy_angle2_max_GeV is not None or chosen.q2_max_GeV2 is not None
        pair = chosen.visible == "pair"
        return not (smeared or angular or pair or self.efficiency) and self.histogram.variable in ("count", "energy")

    def accepted(self, mass: float, angles: FloatArray, momenta: FloatArray, importance: FloatArray) -> FloatArray:
        """Share of the decays in each bin at nodes of angle [rad] and of (decreasing) momentum [GeV] of N.

        Parameters
        ----------
        mass : float
            M [GeV].
        angles, momenta : ndarray (t,), (p,)
        importance : ndarray (t, p)
            Where N are: the sample follows it, nodes with none are left out.

        Returns
        -------
        ndarray (2, bins, t, p)
            Without polarisation, and what P = 1 adds to it.
        """
        if self.energy_alone:
            exact = self._exact(np.hypot(momenta, mass), momenta)
            return np.broadcast_to(exact[:, :, None], (*exact.shape[:2], len(angles), len(momenta)))
        node = np.nonzero(importance.ravel())[0]
        share = importance.ravel()[node] / importance.sum()
        smooth = self.conversion is not None and self._cuts_energy_alone
        narrow = self.selection.cosine_min >= _NARROW or self.selection.energy_angle2_max_GeV is not None
        decays = _SMOOTH if smooth else 2 * _DECAYS if narrow else _DECAYS
        each = np.ceil(decays * share).astype(np.intp) + _FEWEST
        shift, sample = _shifts(importance.size)[:, node], points(decays + _FEWEST + 1, 8)
        node, weight = np.repeat(node, each), np.repeat(1.0 / each, each)
        order = np.arange(len(node)) - np.repeat(np.cumsum(each) - each, each)

        def uniform(dimension: int) -> FloatArray:
            u = np.take(sample[dimension], order) + np.repeat(shift[dimension], each)
            return np.asarray(u - (u >= 1.0))

        row, column = np.divmod(node, len(momenta))
        angle = _around(angles, row, uniform(5))
        momentum = 1.0 / _around(1.0 / momenta, column, uniform(6))
        energy = np.sqrt(momentum**2 + mass**2)
        pair = self.selection.visible == "pair"
        least = -1.0 if pair else self._least_cosine(energy, momentum, angle)
        rest = 1.0 - uniform(0) * (1.0 - least)
        weight *= 0.5 * (1.0 - least)
        x = _pair_mass2(mass, uniform(7)) if pair else 0.0
        photons = decay_photons(energy, momentum, np.cos(angle), rest, uniform(1), x)
        bins, efficiency = self._accept(photons, uniform)
        if self.conversion is not None:
            efficiency *= self._converted(photons, mass)
        place, weight = np.maximum(bins, 0) * importance.size + node, np.where(bins >= 0, weight * efficiency, 0.0)
        shape = (len(self.histogram.edges) - 1, *importance.shape)
        slope = -rest * (1.0 - 0.5 * x) / (1.0 + 0.5 * x)
        both = [np.bincount(place, w, int(np.prod(shape))).reshape(shape) for w in (weight, slope * weight)]
        return np.stack(both)

    def _least_cosine(self, energy: FloatArray, momentum: FloatArray, angle: FloatArray) -> FloatArray:
        """cos(theta*) below which no photon of N is accepted, whatever the resolution does (to five standard deviations)."""
        selection = self.selection
        stochastic, constant = selection.energy_resolution
        lowest = selection.energy_min_GeV
        relative = np.hypot(stochastic / np.sqrt(max(lowest, 1e-6)), constant)
        least = (2.0 * lowest / (1.0 + _SIGMAS * relative) ** 2 - energy) / momentum
        widest = np.arccos(max(selection.cosine_min, -1.0))
        if selection.energy_angle2_max_GeV is not None and lowest > 0.0:
            widest = min(widest, np.sqrt(selection.energy_angle2_max_GeV / lowest))
        widest = widest + _SIGMAS * np.deg2rad(selection.angle_resolution_deg) + angle
        cosine, beta = np.cos(np.minimum(widest, np.pi)), momentum / energy
        bound = np.divide(cosine - beta, 1.0 - beta * cosine, out=np.full_like(beta, -1.0), where=cosine > -1.0)
        return np.asarray(np.clip(np.maximum(least, bound), -1.0, 1.0))

    def _exact(self, energy: FloatArray, momentum: FloatArray) -> FloatArray:
        """Integrals of 1/2 and of -cos/2 between the edges; E = (E_N + p cos)/2; shape (2, bins, nodes)."""
        low, high = self.selection.energy_min_GeV, self.selection.energy_max_GeV
        if self.histogram.variable == "count":
            edges = np.array([low, np.inf if high is None else high])
        else:
            edges = np.clip(self.histogram.edges, low, high)
        cosine = np.clip((2.0 * edges[:, None] - energy) / momentum, -1.0, 1.0)
        both = np.stack([np.diff(0.5 * cosine, axis=0), np.diff(-0.25 * cosine**2, axis=0)])
        return np.asarray(self.selection.efficiency * both)

    def _accept(
        self, photons: Photons, uniform: Callable[[int], FloatArray]
    ) -> tuple[npt.NDArray[np.intp], FloatArray]:
        """Bin (-1: none) and efficiency of each photon after smearing (dimensions 2 to 4 of the sample) and cuts."""
        selection, histogram = self.selection, self.histogram
        energy, cosine = photons.energy, photons.cosine
        stochastic, constant = selection.energy_resolution
        if stochastic > 0 or constant > 0:
            relative = np.sqrt(stochastic**2 / np.maximum(energy, 1e-6) + constant**2)
            energy = np.maximum(energy * (1.0 + relative * ndtri(np.clip(uniform(2), 1e-12, 1.0 - 1e-12))), 0.0)
        if selection.angle_resolution_deg > 0:
            kick = np.deg2rad(selection.angle_resolution_deg) * np.sqrt(-2.0 * np.log(1.0 - uniform(3)))
            half2 = np.sin(0.5 * kick, dtype=np.float32, casting="same_kind").astype(float) ** 2
            across = 2.0 * np.sqrt(half2 * (1.0 - half2) * (1.0 - cosine**2))
            cosine = cosine * (1.0 - 2.0 * half2) + across * _cosine_of_turn(uniform(4))
        good = (energy >= selection.energy_min_GeV) & (cosine >= selection.cosine_min)
        if selection.energy_max_GeV is not None:
            good &= energy <= selection.energy_max_GeV
        if selection.energy_angle2_max_GeV is not None:
            good &= energy * np.arccos(np.clip(cosine, -1.0, 1.0)) ** 2 <= selection.energy_angle2_max_GeV
        if selection.q2_max_GeV2 is not None:
            good &= _quasi_elastic_q2(energy, cosine) <= selection.q2_max_GeV2
        efficiency = np.full_like(energy, selection.efficiency)
        if self.efficiency is not None:
            efficiency *= np.interp(photons.energy, *self.efficiency)
        edges = np.asarray(histogram.edges)
        if histogram.variable == "count":
            return np.where(good, 0, -1), efficiency
        if histogram.variable == "quasi-elastic-energy":
            value = quasi_elastic_energy(energy, cosine)
        else:
            value = energy if histogram.variable == "energy" else cosine
        bins = np.searchsorted(edges, value, side="right") - 1
        good &= (bins >= 0) & (bins < len(edges) - 1)
        return np.where(good, bins, -1), efficiency

    def _converted(self, photons: Photons, mass: float) -> FloatArray:
        """Chance that the photon makes a pair that is seen; N -> nu e+ e-, where it counts too, makes one at once."""
        assert self.conversion is not None
        chance = self.conversion(photons.energy, photons.cosine)
        if self.selection.visible == "photon":
            return chance
        widths = hnl_decay.partial_widths(mass)
        photon, pair = float(widths["nu gamma"]), float(widths["nu e+ e-"])
        return (photon * chance + pair) / (photon + pair) if photon + pair > 0.0 else chance


def decay_photons(
    energy: FloatArray,
    momentum: FloatArray,
    cosine: FloatArray,
    rest: FloatArray,
    v: FloatArray,
    x: FloatArray | float = 0.0,
) -> Photons:
    """Photon energy [GeV] and cosine to z of N with ``energy``, ``momentum`` [GeV] that flies at ``cosine`` to z.

    ``rest`` is cos(theta*) to the path of N in its rest frame, v in [0, 1) the azimuth about the path; ``x`` the mass
    squared of the photon over that of N, for a pair.
    """
    beta = momentum / energy
    photon = 0.5 * ((1.0 + x) * energy + (1.0 - x) * momentum * rest)
    along = (1.0 - x) * rest + (1.0 + x) * beta
    if np.ndim(x) == 0 and x == 0.0:  # the momentum of a photon is its energy
        size = 1.0 + beta * rest
    else:
        size = np.sqrt(along**2 + ((1.0 - x) ** 2) * (1.0 - beta**2) * (1.0 - rest**2))
    alpha_cosine = np.clip(along / np.maximum(size, 1e-300), -1.0, 1.0)
    sines = np.sqrt((1.0 - alpha_cosine**2) * np.maximum(1.0 - cosine**2, 0.0))
    return Photons(photon, np.clip(cosine * alpha_cosine - sines * _cosine_of_turn(v), -1.0, 1.0))


def quasi_elastic_energy(energy: FloatArray, cosine: FloatArray) -> FloatArray:
    """Neutrino energy [GeV] that a quasi-elastic electron of this energy and angle would mean (MiniBooNE)."""
    m_n, m_p, m_e = units.NEUTRON_MASS, units.PROTON_MASS, units.ELECTRON_MASS
    momentum = np.sqrt(np.maximum(energy**2 - m_e**2, 0.0))
    denominator = m_n - energy + momentum * cosine
    numerator = m_n * energy - 0.5 * (m_n**2 + m_e**2 - m_p**2)
    return np.where(denominator > 0, numerator / np.where(denominator > 0, denominator, 1.0), np.inf)


def _cosine_of_turn(share: FloatArray) -> FloatArray:
    """Cosine of an azimuth that is this share of a turn: 1e-7, in single precision, is enough and six times as fast."""
    return np.cos((2.0 * np.pi * share).astype(np.float32)).astype(float)


def _quasi_elastic_q2(energy: FloatArray, cosine: FloatArray) -> FloatArray:
    """Q^2 = 2 m (E_nu - E) [GeV^2] that a massless lepton of this energy and angle would mean, off a nucleon at rest."""
    less = energy * (1.0 - cosine)
    room = units.NEUTRON_MASS - less
    return np.where(room > 0, 2.0 * units.NEUTRON_MASS * energy * less / np.where(room > 0, room, 1.0), np.inf)


def _around(nodes: FloatArray, index: npt.NDArray[np.intp], u: FloatArray) -> FloatArray:
    """Points about each node, densest there and none beyond its neighbours; at an end on the inner side only."""
    offset = 2.0 * u - 1.0
    offset = np.copysign(1.0 - np.sqrt(1.0 - np.abs(offset)), offset)
    step = np.diff(nodes)
    # at the ends what leaves turns back
    left, right = np.concatenate([-step[:1], step]), np.concatenate([step, -step[-1:]])
    return nodes[index] + offset * np.where(offset > 0, right[index], left[index])


def _pair_mass2(mass: float, u: FloatArray) -> FloatArray:
    """s / M^2 of e+ e- pairs of N -> nu e+ e- at the quantiles u of its spectrum; 0 where N is too light for a pair."""
    least = (2.0 * units.ELECTRON_MASS / mass) ** 2 if mass > 0.0 else np.inf
    if not least < 1.0:
        return np.zeros_like(u)
    x = np.geomspace(least, 1.0, 400)
    density = x * hnl_decay.dilepton_spectrum(x * mass**2, mass, "e")  # in ln s
    content = np.concatenate([[0.0], np.cumsum(density[1:] + density[:-1])])
    return np.interp(u * content[-1], content, x)


@functools.lru_cache(maxsize=2)
def _shifts(nodes: int) -> FloatArray:
    """What tells the samples of the nodes apart, at every mass alike: curves are smooth."""
    return np.random.default_rng(62).random((8, nodes))
