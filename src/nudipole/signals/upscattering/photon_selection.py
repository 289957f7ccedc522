r"""Share of the decays of N whose photon is accepted, in each bin, by angle and momentum of N.

In the lab, with the polarisation P of a Dirac N (isotropic for Majorana N),

.. math::  \frac{1}{\Gamma}\frac{d\Gamma}{d\cos\theta^*} = \tfrac12(1 - P\cos\theta^*),\quad
    E_\gamma = \tfrac12(E_N + p_N\cos\theta^*),\quad \cos\alpha = \frac{\cos\theta^* + \beta}{1 + \beta\cos\theta^*},

alpha to the path of N, then smearing, cuts and efficiency. An e+ e- pair of invariant mass squared s = x M^2, drawn from
its spectrum, has the energy (1 + x) M/2 and momentum (1 - x) M/2 in the rest frame, and of its polarisations the
longitudinal one, a share x/2 of the transverse one, prefers the other side: P (1 - x/2)/(1 + x/2) stands for P. Pairs keep
closer to the path of N than photons.

What is accepted is linear in P, so two numbers for each bin and each node of momentum and angle of N are enough. They are
exact where the true energy alone decides; otherwise they come from a low-discrepancy sample at each node
(:mod:`~nudipole.signals.upscattering.decay_sample`) of decays in the range of angles that can be accepted
(:mod:`~nudipole.signals.upscattering.rest_angles`), smeared and cut (:mod:`~nudipole.signals.upscattering.photon_cuts`).
Where only cuts on the angle depend on the last azimuth, of the smearing or else of the decay, it is integrated
(:mod:`~nudipole.signals.upscattering.directions`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole.detectors.conversion import ConversionMap
from nudipole.signals.decay_in_flight import photon_cosine, photon_energy, rest_cosine, share_below
from nudipole.signals.upscattering import decay_sample, directions, photon_cuts, rest_angles
from nudipole.signals.upscattering.card import Histogram, Selection

FloatArray = npt.NDArray[np.float64]
_DECAYS = 1 << 14  # sampled at one mass
_INTEGRATED = 1 << 13  # where the last azimuth is integrated, and so a cut on the angle smooth
_SMOOTH = 1 << 12  # where an energy cut and the conversion of the photon are all there is


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
    def integrates_azimuth(self) -> bool:
        """True if nothing but cuts on the angle depends on the last azimuth."""
        is_last = self.selection.angle_resolution_deg > 0 or self.conversion is None
        return is_last and self.histogram.variable in ("count", "energy")

    @property
    def _cuts_energy_alone(self) -> bool:
        chosen = self.selection
        smeared = any(chosen.energy_resolution) or chosen.angle_resolution_deg > 0
        other = photon_cuts.cuts_angle(chosen) or chosen.visible == "pair" or self.efficiency
        return not (smeared or other) and self.histogram.variable in ("count", "energy")

    @property
    def _dimensions(self) -> tuple[str, ...]:
        """What is sampled for each decay: what matters most last, where a few points are the most even."""
        chosen = self.selection
        smeared = chosen.angle_resolution_deg > 0
        drawn = {
            "azimuth": smeared or not self.integrates_azimuth,
            "pair": chosen.visible == "pair",
            "energy": any(chosen.energy_resolution),
            "kick": smeared,
            "turn": not self.integrates_azimuth,
        }
        return (*(name for name, is_drawn in drawn.items() if is_drawn), "rest", "angle", "momentum")

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
            exact = shares_in_energy(self.selection, self.histogram, np.hypot(momenta, mass), momenta)
            return np.broadcast_to(exact[:, :, None], (*exact.shape[:2], len(angles), len(momenta)))
        sample = self._sample(mass, angles, momenta, importance)
        row, column = np.divmod(sample.node, len(momenta))
        angle = decay_sample.around_nodes(angles, row, sample.uniform("angle"))
        momentum = 1.0 / decay_sample.around_nodes(1.0 / momenta, column, sample.uniform("momentum"))
        energy = np.sqrt(momentum**2 + mass**2)
        is_pair = self.selection.visible == "pair"
        x = decay_sample.pair_mass_squared(mass, sample.uniform("pair")) if is_pair else 0.0
        least = rest_angles.least_rest_cosine(self.selection, energy, momentum, angle, x)
        most = rest_angles.most_rest_cosine(self.selection, energy, momentum, x)
        width = np.maximum(most - least, 0.0)
        rest = most - sample.uniform("rest") * width
        true, alpha = photon_energy(energy, momentum, rest, x), photon_cosine(energy, momentum, rest, x)
        bins, chance = self.reconstructed(true, (np.cos(angle), alpha), sample.uniform, mass)
        weight = np.where(bins >= 0, sample.weight * (0.5 * width) * chance, 0.0)
        place = np.maximum(bins, 0) * importance.size + sample.node
        shape = (len(self.histogram.edges) - 1, *importance.shape)
        both = (weight, polarised_slope(rest, x) * weight)
        return np.stack([np.bincount(place, w, int(np.prod(shape))).reshape(shape) for w in both])

    def _sample(
        self, mass: float, angles: FloatArray, momenta: FloatArray, importance: FloatArray
    ) -> decay_sample.DecaySample:
        """Decays at the nodes that have N, most where most N are and most of their photons may be accepted."""
        node = np.nonzero(importance.ravel())[0]
        row, column = np.divmod(node, len(momenta))
        useful = rest_angles.sampling_importance(self.selection, mass, angles[row], momenta[column])
        smooth = self.conversion is not None and self._cuts_energy_alone
        decays = _SMOOTH if smooth else _INTEGRATED if self.integrates_azimuth else _DECAYS
        wanted = importance.ravel()[node] * useful
        return decay_sample.sample_nodes(wanted, node, importance.size, decays, self._dimensions)

    def judged(
        self, energy: FloatArray, cosine: FloatArray, uniform: Callable[[str], FloatArray], mass: float
    ) -> tuple[npt.NDArray[np.intp], FloatArray]:
        """Bin (-1: none) and chance to be seen of photons (or pairs) of an energy [GeV] and a cosine to the beam, (n,).

        ``uniform`` and ``mass`` as in :meth:`reconstructed`.
        """
        return self.reconstructed(energy, (cosine, np.ones_like(cosine)), uniform, mass)

    def reconstructed(
        self,
        true: FloatArray,
        cosines: tuple[FloatArray, FloatArray],
        uniform: Callable[[str], FloatArray],
        mass: float,
    ) -> tuple[npt.NDArray[np.intp], FloatArray]:
        """Bin (-1: none) and chance to be seen of single photons (or pairs), after smearing and cuts.

        Parameters
        ----------
        true : ndarray (n,)
            Energy [GeV].
        cosines : (ndarray (n,), ndarray (n,))
            Of the angle of N to the beam, and of that of the photon to N, in all azimuths about it.
        uniform : callable
            Numbers in [0, 1), one a photon, for ``azimuth``, ``kick``, ``energy`` and ``turn``.
        mass : float
            M [GeV].
        """
        selection, histogram = self.selection, self.histogram
        chance = np.full_like(true, selection.efficiency)
        if self.efficiency is not None:
            chance *= np.interp(true, *self.efficiency)
        if selection.angle_resolution_deg > 0 or not self.integrates_azimuth:
            cosine = directions.cosine_to_axis(*cosines, uniform("azimuth"))
            if self.conversion is not None:
                converted = self.conversion(true, cosine)
                chance *= converted if selection.visible == "photon" else photon_cuts.chance_with_pairs(converted, mass)
            cosines = cosine, np.ones_like(cosine)
        if selection.angle_resolution_deg > 0:
            cosines = cosines[0], photon_cuts.kick_cosine(selection.angle_resolution_deg, uniform("kick"))
        energy = true
        if any(selection.energy_resolution):
            energy = photon_cuts.smeared_energy(true, selection.energy_resolution, uniform("energy"))
        good = photon_cuts.in_energy_window(energy, selection)
        value = energy
        if self.integrates_azimuth:
            if photon_cuts.cuts_angle(selection):
                chance *= directions.share_of_azimuths(*cosines, photon_cuts.least_cosine(selection, energy))
        else:
            cosine = directions.cosine_to_axis(*cosines, uniform("turn"))
            good &= cosine >= photon_cuts.least_cosine(selection, energy)
            value = photon_cuts.histogrammed(histogram.variable, energy, cosine)
        bins = np.zeros(len(true), dtype=np.intp)
        if histogram.variable != "count":
            bins = photon_cuts.bin_index(value, np.asarray(histogram.edges))
        return np.where(good, bins, -1), chance


def shares_in_energy(
    selection: Selection, histogram: Histogram, energy: FloatArray, momentum: FloatArray
) -> FloatArray:
    r"""Exact share of the decays in each bin of the true energy, :math:`\epsilon\int d\cos\theta^*\,(1 - P\cos\theta^*)/2`.

    Parameters
    ----------
    selection : Selection
        Energy window and efficiency.
    histogram : Histogram
        Bins of energy [GeV], or a count.
    energy, momentum : ndarray (n,)
        E_N and p [GeV].

    Returns
    -------
    ndarray (2, bins, n)
        Without polarisation, and what P = 1 adds to it.
    """
    low, high = selection.energy_min_GeV, selection.energy_max_GeV
    if histogram.variable == "count":
        edges = np.array([low, np.inf if high is None else high])
    else:
        edges = np.clip(histogram.edges, low, high)
    cosine = rest_cosine(edges[:, None], energy, momentum)
    plain, tilted = share_below(cosine, 0.0), share_below(cosine, 1.0)
    both = np.stack([np.diff(plain, axis=0), np.diff(tilted - plain, axis=0)])
    return np.asarray(selection.efficiency * both)


def polarised_slope(rest: FloatArray, x: FloatArray | float) -> FloatArray:
    """What P = 1 adds to the isotropic density: -cos(theta*) (1 - x/2) / (1 + x/2), x = s / M^2 of a pair (photon: 0)."""
    return np.asarray(-rest * (1.0 - 0.5 * x) / (1.0 + 0.5 * x))
