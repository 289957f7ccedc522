r"""The photon of N in the detector: its energy and angle, what is accepted of it, and in which bin it falls.

In the lab, with the polarisation P of a Dirac N (isotropic for Majorana N),

.. math::  \frac{1}{\Gamma}\frac{d\Gamma}{d\cos\theta^*} = \tfrac12(1 - P\cos\theta^*),\quad
    E_\gamma = \tfrac12(E_N + p_N\cos\theta^*),\quad \cos\alpha = \frac{\cos\theta^* + \beta}{1 + \beta\cos\theta^*},

alpha to the path of N, then smearing, cuts and efficiency. An e+ e- pair of invariant mass squared s = x M^2, drawn from
its spectrum, has the energy (1 + x) M/2 and momentum (1 - x) M/2 in the rest frame, and of its polarisations the
longitudinal one, a share x/2 of the transverse one, prefers the other side: P (1 - x/2)/(1 + x/2) stands for P. Pairs keep
closer to the path of N than photons.

What is accepted is linear in P, so two numbers for each bin and each node of momentum and angle of N say all. They are
exact where the true energy alone decides; otherwise they come from a low-discrepancy sample at each node, spread over the
neighbourhood that the node stands for, so that cuts do not feel the nodes. Cuts on the angle are a least cosine for the
measured energy. Where only they feel the last azimuth phi, of the smearing or else of the decay, it is integrated: two arms
at angles a and b to each other's axes reach :math:`\cos a\cos b + \sin a\sin b\cos\varphi \geq c` over a share
:math:`\arccos[(c - \cos a\cos b)/(\sin a\sin b)]/\pi` of the turn.
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
from nudipole.processes.decays import hnl_decay
from nudipole.signals.decay_in_flight import photon_cosine, photon_energy, rest_cosine, share_below
from nudipole.signals.upscattering.card import Histogram, Selection

FloatArray = npt.NDArray[np.float64]
_DECAYS, _FEWEST = 1 << 14, 2  # sampled at one mass, shared out by importance, and at each node at least
_INTEGRATED = 1 << 13  # where the last azimuth is integrated, and so a cut on the angle smooth
_SMOOTH = 1 << 12  # where an energy cut and the conversion of the photon are all there is
_LEAST_PROMISE = 1e-3  # a node that accepts nothing may have neighbours that do
_SIGMAS = 5.0


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
        pair = chosen.visible == "pair"
        return not (smeared or self._angular or pair or self.efficiency) and self.histogram.variable in (
            "count",
            "energy",
        )

    @property
    def _angular(self) -> bool:
        chosen = self.selection
        return chosen.cosine_min > -1.0 or chosen.energy_angle2_max_GeV is not None or chosen.q2_max_GeV2 is not None

    @property
    def _integrates_azimuth(self) -> bool:
        """True if nothing but cuts on the angle feels the last azimuth."""
        ends = self.selection.angle_resolution_deg > 0 or self.conversion is None
        return ends and self.histogram.variable in ("count", "energy")

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
        share = importance.ravel()[node] * self._promise(
            mass, angles[node // len(momenta)], momenta[node % len(momenta)]
        )
        share /= share.sum()
        smooth = self.conversion is not None and self._cuts_energy_alone
        decays = _SMOOTH if smooth else _INTEGRATED if self._integrates_azimuth else _DECAYS
        each = np.ceil(decays * share).astype(np.intp) + _FEWEST
        drawn = self._drawn()
        shift, sample = _shifts(importance.size)[:, node], points(decays + _FEWEST + 1, len(drawn))
        node, weight = np.repeat(node, each), np.repeat(1.0 / each, each)
        order = np.arange(len(node)) - np.repeat(np.cumsum(each) - each, each)

        def uniform(name: str) -> FloatArray:
            u = np.take(sample[drawn.index(name)], order) + np.repeat(shift[drawn.index(name)], each)
            return np.asarray(u - (u >= 1.0))

        row, column = np.divmod(node, len(momenta))
        angle = _around(angles, row, uniform("angle"))
        momentum = 1.0 / _around(1.0 / momenta, column, uniform("momentum"))
        energy = np.sqrt(momentum**2 + mass**2)
        pair = self.selection.visible == "pair"
        x = _pair_mass2(mass, uniform("pair")) if pair else 0.0
        least, most = self._least_cosine(energy, momentum, angle, x), self._most_cosine(energy, momentum, x)
        width = np.maximum(most - least, 0.0)
        rest = most - uniform("rest") * width
        weight *= 0.5 * width
        true, alpha = photon_energy(energy, momentum, rest, x), photon_cosine(energy, momentum, rest, x)
        bins, efficiency = self._accept(true, (np.cos(angle), alpha), uniform, mass)
        place, weight = np.maximum(bins, 0) * importance.size + node, np.where(bins >= 0, weight * efficiency, 0.0)
        shape = (len(self.histogram.edges) - 1, *importance.shape)
        slope = -rest * (1.0 - 0.5 * x) / (1.0 + 0.5 * x)
        both = [np.bincount(place, w, int(np.prod(shape))).reshape(shape) for w in (weight, slope * weight)]
        return np.stack(both)

    def judged(
        self, energy: FloatArray, cosine: FloatArray, uniform: Callable[[str], FloatArray], mass: float
    ) -> tuple[npt.NDArray[np.intp], FloatArray]:
        """Bin (-1: none) and chance to be seen of single photons (or pairs) of an energy [GeV] and a cosine to the beam.

        ``uniform``: uniform numbers in [0, 1), one an event, for what is smeared; ``mass``: M [GeV].
        """
        return self._accept(energy, (cosine, np.ones_like(cosine)), uniform, mass)

    def _drawn(self) -> tuple[str, ...]:
        """What is sampled, a dimension each: what matters most last, where a few points are the most even."""
        chosen = self.selection
        smeared = chosen.angle_resolution_deg > 0
        drawn = {
            "azimuth": smeared or not self._integrates_azimuth,
            "pair": chosen.visible == "pair",
            "energy": any(chosen.energy_resolution),
            "kick": smeared,
            "turn": not self._integrates_azimuth,
        }
        return (*(name for name, is_drawn in drawn.items() if is_drawn), "rest", "angle", "momentum")

    def _least_cosine(
        self, energy: FloatArray, momentum: FloatArray, angle: FloatArray, x: FloatArray | float
    ) -> FloatArray:
        """cos(theta*) below which no photon of N is accepted, whatever the resolution does (to five standard deviations)."""
        selection = self.selection
        stochastic, constant = selection.energy_resolution
        lowest = selection.energy_min_GeV
        relative = np.hypot(stochastic / np.sqrt(max(lowest, 1e-6)), constant)
        room = 2.0 * lowest / (1.0 + _SIGMAS * relative) ** 2 - (1.0 + x) * energy
        least = room / np.maximum((1.0 - x) * momentum, 1e-300)
        if np.ndim(x) == 0:  # pairs keep closer to the path of N, so this would miss some
            widest = np.arccos(max(selection.cosine_min, -1.0))
            if selection.energy_angle2_max_GeV is not None and lowest > 0.0:
                widest = min(widest, np.sqrt(selection.energy_angle2_max_GeV / lowest))
            widest = widest + _SIGMAS * np.deg2rad(selection.angle_resolution_deg) + angle
            cosine, beta = np.cos(np.minimum(widest, np.pi)), momentum / energy
            bound = np.divide(cosine - beta, 1.0 - beta * cosine, out=np.full_like(beta, -1.0), where=cosine > -1.0)
            least = np.maximum(least, bound)
        return np.asarray(np.clip(least, -1.0, 1.0))

    def _most_cosine(self, energy: FloatArray, momentum: FloatArray, x: FloatArray | float) -> FloatArray:
        """The same above which the energy is too high."""
        highest = self.selection.energy_max_GeV
        if highest is None:
            return np.ones_like(energy)
        stochastic, constant = self.selection.energy_resolution
        relative = np.hypot(stochastic / np.sqrt(max(highest, 1e-6)), constant)
        # (stochastic smearing of larger energies is relatively smaller)
        true = highest / (1.0 - _SIGMAS * relative) if _SIGMAS * relative < 1.0 else np.inf
        most = (2.0 * true - (1.0 + x) * energy) / np.maximum((1.0 - x) * momentum, 1e-300)
        return np.asarray(np.clip(most, -1.0, 1.0))

    def _promise(self, mass: float, angle: FloatArray, momentum: FloatArray) -> FloatArray:
        """Root of the largest part of the decays at each node that may be accepted: fewer are sampled where few are."""
        energy = np.hypot(momentum, mass)
        width = self._most_cosine(energy, momentum, 0.0) - self._least_cosine(energy, momentum, angle, 0.0)
        return np.sqrt(np.maximum(width, _LEAST_PROMISE))

    def _exact(self, energy: FloatArray, momentum: FloatArray) -> FloatArray:
        """Integrals of 1/2 and of -cos/2 between the edges; E = (E_N + p cos)/2; shape (2, bins, nodes)."""
        low, high = self.selection.energy_min_GeV, self.selection.energy_max_GeV
        if self.histogram.variable == "count":
            edges = np.array([low, np.inf if high is None else high])
        else:
            edges = np.clip(self.histogram.edges, low, high)
        cosine = rest_cosine(edges[:, None], energy, momentum)
        plain, tilted = share_below(cosine, 0.0), share_below(cosine, 1.0)
        both = np.stack([np.diff(plain, axis=0), np.diff(tilted - plain, axis=0)])
        return np.asarray(self.selection.efficiency * both)

    def _accept(
        self, true: FloatArray, arms: tuple[FloatArray, FloatArray], uniform: Callable[[str], FloatArray], mass: float
    ) -> tuple[npt.NDArray[np.intp], FloatArray]:
        """Bin (-1: none) and chance of each photon after smearing and cuts.

        ``arms``: cosines of N to z and of the photon, of ``true`` energy [GeV], to N.
        """
        selection, histogram = self.selection, self.histogram
        chance = np.full_like(true, selection.efficiency)
        if self.efficiency is not None:
            chance *= np.interp(true, *self.efficiency)
        if selection.angle_resolution_deg > 0 or not self._integrates_azimuth:
            cosine = _turned(*arms, uniform("azimuth"))
            if self.conversion is not None:
                chance *= self._converted(true, cosine, mass)
            arms = cosine, np.ones_like(cosine)
        if selection.angle_resolution_deg > 0:
            kick = np.deg2rad(selection.angle_resolution_deg) * np.sqrt(-2.0 * np.log(1.0 - uniform("kick")))
            arms = arms[0], _cosine(kick)
        energy = true
        stochastic, constant = selection.energy_resolution
        if stochastic > 0 or constant > 0:
            relative = np.sqrt(stochastic**2 / np.maximum(energy, 1e-6) + constant**2)
            energy = np.maximum(energy * (1.0 + relative * ndtri(np.clip(uniform("energy"), 1e-12, 1.0 - 1e-12))), 0.0)
        good = energy >= selection.energy_min_GeV
        if selection.energy_max_GeV is not None:
            good &= energy <= selection.energy_max_GeV
        value = energy
        if self._integrates_azimuth:
            chance *= _share_of_turn(*arms, self._least_measured(energy)) if self._angular else 1.0
        else:
            cosine = _turned(*arms, uniform("turn"))
            good &= cosine >= self._least_measured(energy)
            if histogram.variable == "quasi-elastic-energy":
                value = quasi_elastic_energy(energy, cosine)
            elif histogram.variable == "cosine":
                value = cosine
        if histogram.variable == "count":
            return np.where(good, 0, -1), chance
        edges = np.asarray(histogram.edges)
        bins = np.searchsorted(edges, value, side="right") - 1
        good &= (bins >= 0) & (bins < len(edges) - 1)
        return np.where(good, bins, -1), chance

    def _least_measured(self, energy: FloatArray) -> FloatArray:
        r"""Least cosine to z that the cuts allow at a measured energy [GeV].

        Q^2 = 2 m (E_nu - E), of a massless lepton off a nucleon of mass m at rest, means E_nu = m E/(m - E (1 - c)), so
        that :math:`E(1 - c) = m Q^2/(2 m E + Q^2)`.
        """
        selection = self.selection
        least = np.full_like(energy, selection.cosine_min)
        if selection.energy_angle2_max_GeV is not None:
            widest = np.sqrt(selection.energy_angle2_max_GeV / np.maximum(energy, 1e-300))
            least = np.maximum(least, np.cos(np.minimum(widest, np.pi)))
        if selection.q2_max_GeV2 is not None:
            m, q2 = units.NEUTRON_MASS, selection.q2_max_GeV2
            least = np.maximum(least, 1.0 - q2 * m / ((2.0 * m * energy + q2) * np.maximum(energy, 1e-300)))
        return least

    def _converted(self, energy: FloatArray, cosine: FloatArray, mass: float) -> FloatArray:
        """Chance that the photon makes a pair that is seen; N -> nu e+ e-, where it counts too, makes one at once."""
        assert self.conversion is not None
        chance = self.conversion(energy, cosine)
        if self.selection.visible == "photon":
            return chance
        widths = hnl_decay.partial_widths(mass)
        photon, pair = float(widths["nu gamma"]), float(widths["nu e+ e-"])
        return (photon * chance + pair) / (photon + pair) if photon + pair > 0.0 else chance


def quasi_elastic_energy(energy: FloatArray, cosine: FloatArray) -> FloatArray:
    """Neutrino energy [GeV] that a quasi-elastic electron of this energy and angle would mean (MiniBooNE)."""
    m_n, m_p, m_e = units.NEUTRON_MASS, units.PROTON_MASS, units.ELECTRON_MASS
    momentum = np.sqrt(np.maximum(energy**2 - m_e**2, 0.0))
    denominator = m_n - energy + momentum * cosine
    numerator = m_n * energy - 0.5 * (m_n**2 + m_e**2 - m_p**2)
    return np.where(denominator > 0, numerator / np.where(denominator > 0, denominator, 1.0), np.inf)


def _sines(one: FloatArray, other: FloatArray) -> FloatArray:
    """sin a sin b of two cosines."""
    return np.sqrt(np.maximum((1.0 - one**2) * (1.0 - other**2), 0.0))


def _turned(one: FloatArray, other: FloatArray, share: FloatArray) -> FloatArray:
    """Cosine at the end of two arms, this share of a turn apart: 1e-7, in single precision, is enough and six times as fast."""
    turn = np.cos((2.0 * np.pi * share).astype(np.float32)).astype(float)
    return np.asarray(np.clip(one * other - _sines(one, other) * turn, -1.0, 1.0))


def _share_of_turn(one: FloatArray, other: FloatArray, least: FloatArray) -> FloatArray:
    """Part of the turn over which two arms end above the cosine ``least``."""
    beyond = (least - one * other) / np.maximum(_sines(one, other), 1e-300)
    return np.asarray(np.arccos(np.clip(beyond, -1.0, 1.0)) / np.pi)


def _cosine(angle: FloatArray) -> FloatArray:
    """Of a small angle, from the sine of its half in single precision."""
    return np.asarray(1.0 - 2.0 * np.sin(0.5 * angle, dtype=np.float32, casting="same_kind").astype(float) ** 2)


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
