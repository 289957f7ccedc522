r"""The photon of N in the detector: its energy and angle, what is accepted of it, and in which bin it falls.

In the lab, with the polarisation P of a Dirac N (isotropic for Majorana N),

.. math::  \frac{1}{\Gamma}\frac{d\Gamma}{d\cos\theta^*} = \tfrac12(1 - P\cos\theta^*),\quad
    E_\gamma = \tfrac12(E_N + p_N\cos\theta^*),\quad \cos\alpha = \frac{\cos\theta^* + \beta}{1 + \beta\cos\theta^*},

alpha to the path of N, then smearing, cuts and efficiency. What is accepted is linear in P, so two numbers for each bin
and each node of momentum and angle of N say all. They are exact where the true energy alone decides; otherwise they come
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
        angular = chosen.cosine_min > -1.0 or chosen.energy_angle2_max_GeV is not None
        return not (smeared or angular or self.efficiency) and self.histogram.variable in ("count", "energy")

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
        each = np.ceil((_SMOOTH if smooth else _DECAYS) * share).astype(np.intp) + _FEWEST
        node, weight = np.repeat(node, each), np.repeat(1.0 / each, each)
        order = np.arange(len(node)) - np.repeat(np.cumsum(each) - each, each)

        def uniform(dimension: int) -> FloatArray:
            u = points(_DECAYS + _FEWEST + 1, 7)[dimension][order] + _shifts(importance.size)[dimension][node]
            return u - (u >= 1.0)

        row, column = np.divmod(node, len(momenta))
        angle = _around(angles, row, uniform(5))
        momentum = 1.0 / _around(1.0 / momenta, column, uniform(6))
        rest = 2.0 * uniform(0) - 1.0
        photons = decay_photons(np.hypot(momentum, mass), momentum, np.cos(angle), rest, uniform(1))
        bins, efficiency = self._accept(photons, uniform)
        if self.conversion is not None:
            efficiency *= self._converted(photons, mass)
        place, weight = np.maximum(bins, 0) * importance.size + node, np.where(bins >= 0, weight * efficiency, 0.0)
        shape = (len(self.histogram.edges) - 1, *importance.shape)
        both = [np.bincount(place, w, int(np.prod(shape))).reshape(shape) for w in (weight, -rest * weight)]
        return np.stack(both)

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
            relative = np.hypot(stochastic / np.sqrt(np.maximum(energy, 1e-6)), constant)
            energy = np.maximum(energy * (1.0 + relative * ndtri(np.clip(uniform(2), 1e-12, 1.0 - 1e-12))), 0.0)
        if selection.angle_resolution_deg > 0:
            kick = np.deg2rad(selection.angle_resolution_deg) * np.sqrt(-2.0 * np.log1p(-uniform(3)))
            sine = np.sqrt(1.0 - cosine**2)
            cosine = cosine * np.cos(kick) + sine * np.sin(kick) * np.cos(2.0 * np.pi * uniform(4))
        good = (energy >= selection.energy_min_GeV) & (cosine >= selection.cosine_min)
        if selection.energy_max_GeV is not None:
            good &= energy <= selection.energy_max_GeV
        if selection.energy_angle2_max_GeV is not None:
            good &= energy * np.arccos(np.clip(cosine, -1.0, 1.0)) ** 2 <= selection.energy_angle2_max_GeV
        efficiency = np.full_like(energy, selection.efficiency)
        if self.efficiency is not None:
            efficiency *= np.interp(photons.energy, *self.efficiency)
        edges = np.asarray(histogram.edges)
        if histogram.variable == "count":
            return np.where(good, 0, -1), efficiency
        value = {
            "energy": energy,
            "cosine": cosine,
            "quasi-elastic-energy": quasi_elastic_energy(energy, cosine),
        }[histogram.variable]
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
    energy: FloatArray, momentum: FloatArray, cosine: FloatArray, rest: FloatArray, v: FloatArray
) -> Photons:
    """Photon energy [GeV] and cosine to z of N with ``energy``, ``momentum`` [GeV] that flies at ``cosine`` to z.

    ``rest`` is cos(theta*) to the path of N in its rest frame, v in [0, 1) the azimuth about the path.
    """
    beta = momentum / energy
    photon = 0.5 * (energy + momentum * rest)
    alpha_cosine = np.clip((rest + beta) / (1.0 + beta * rest), -1.0, 1.0)
    sines = np.sqrt((1.0 - alpha_cosine**2) * np.maximum(1.0 - cosine**2, 0.0))
    return Photons(photon, np.clip(cosine * alpha_cosine - sines * np.cos(2.0 * np.pi * v), -1.0, 1.0))


def quasi_elastic_energy(energy: FloatArray, cosine: FloatArray) -> FloatArray:
    """Neutrino energy [GeV] that a quasi-elastic electron of this energy and angle would mean (MiniBooNE)."""
    m_n, m_p, m_e = units.NEUTRON_MASS, units.PROTON_MASS, units.ELECTRON_MASS
    momentum = np.sqrt(np.maximum(energy**2 - m_e**2, 0.0))
    denominator = m_n - energy + momentum * cosine
    numerator = m_n * energy - 0.5 * (m_n**2 + m_e**2 - m_p**2)
    return np.where(denominator > 0, numerator / np.where(denominator > 0, denominator, 1.0), np.inf)


def _around(nodes: FloatArray, index: npt.NDArray[np.intp], u: FloatArray) -> FloatArray:
    """Points about each node, densest there and none beyond its neighbours; at an end on the inner side only."""
    offset = 2.0 * u - 1.0
    offset = np.copysign(1.0 - np.sqrt(1.0 - np.abs(offset)), offset)
    offset = np.where(index == 0, np.abs(offset), offset)
    offset = np.where(index == len(nodes) - 1, -np.abs(offset), offset)
    step = np.diff(nodes)
    width = np.where(offset > 0, step[np.minimum(index, len(step) - 1)], step[np.maximum(index - 1, 0)])
    return nodes[index] + offset * width


@functools.lru_cache(maxsize=2)
def _shifts(nodes: int) -> FloatArray:
    """What tells the samples of the nodes apart, at every mass alike: curves are smooth."""
    return np.random.default_rng(62).random((7, nodes))
