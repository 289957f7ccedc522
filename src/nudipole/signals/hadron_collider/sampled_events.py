"""Displaced and delayed photons of a mono-photon search: sampled collisions, each with its own paths of N.

z_DCA and t_gamma (:mod:`nudipole.signals.hadron_collider.photon_timing`) change with the boost of the pair, so that events are made in the
laboratory: a low-discrepancy sample of the distribution of :mod:`nudipole.signals.hadron_collider.mono_photon`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.detectors.geometry import points
from nudipole.fluxes.hadrons.parton_luminosity import proton_proton
from nudipole.portal import Direction
from nudipole.processes.collisions import annihilation
from nudipole.signals.decay_in_flight import photon_cosine, photon_energy
from nudipole.signals.hadron_collider import photon_timing as late_photons
from nudipole.signals.hadron_collider.search import MonoPhotonSearch, Production, rates
from nudipole.signals.template import SignalTemplate, merge_nodes

FloatArray = npt.NDArray[np.float64]
_SAMPLE = 1 << 15


@dataclass(frozen=True)
class LateEvents:
    """Accepted events in the laboratory: unit vectors (n, 3) of N and photon, and v / c of N."""

    weight: FloatArray  # (n,) events per d^2
    index: npt.NDArray[np.int64]  # (n,) bin of missing transverse momentum
    transverse: FloatArray  # (n,) p_T of N
    flight: FloatArray
    photon: FloatArray
    beta: FloatArray


def late_template(
    mass: float, rate: float, visible: float, extra: float, direction: Direction, search: MonoPhotonSearch
) -> SignalTemplate:
    """Photons displaced or delayed: each event of a low-discrepancy sample has its own smallest path."""
    bins = len(search.missing_edges) - 1
    events = sample(mass, Production.of(direction, search), search)
    near, far = late_paths(events, search)
    near, kappa = np.maximum(near, 1e-15), rate / events.transverse
    keep = near < np.minimum(far, search.radius)
    if not np.any(keep):
        return SignalTemplate.from_counts(np.zeros(bins))
    # cells of 5 per cent in kappa, near and what is left to far
    size = np.round(20.0 * np.log(np.stack([near[keep], kappa[keep], far[keep] - near[keep]]))) + 0.0
    _, member = np.unique(size, axis=1, return_inverse=True)
    weight = events.weight[keep][:, None] * (events.index[keep][:, None] == np.arange(bins))
    joined = merge_nodes(member * bins + events.index[keep], weight, near[keep], far[keep], kappa[keep])
    mean_near, mean_far, mean_kappa = joined.means
    weight = joined.weight * direction.decay_norm
    return SignalTemplate.from_nodes(weight, mean_kappa, mean_near, mean_far, visible, direction.decay_norm, extra)


@functools.lru_cache(maxsize=256)
def sample(mass: float, production: Production, search: MonoPhotonSearch) -> LateEvents:
    """Accepted events in the laboratory: energy and boost of the pair, direction of N, photon about its path."""
    luminosity = proton_proton(search.sqrt_s)
    low = max(2.0 * search.threshold, mass * (1.0 + 1e-9), luminosity.sqrt_s_hat[0])
    u = points(_SAMPLE, 5)
    span = np.log(luminosity.sqrt_s_hat[-1] / low)
    root, c, star, phi = low * np.exp(span * u[0]), 2.0 * u[1] - 1.0, 2.0 * u[2] - 1.0, 2.0 * np.pi * u[3]
    number = luminosity.rapidity_edges.size - 1
    place, inside = np.divmod(2.0 * number * u[4], 2.0)  # bin of |y|; position in it, and its sign
    column, sign = place.astype(int), np.where(inside < 1.0, -1.0, 1.0)
    edges = luminosity.rapidity_edges
    rapidity = sign * (edges[column] + (edges[column + 1] - edges[column]) * (inside % 1.0))
    s = root**2
    tilt = annihilation.helicity(c, s, mass) if production.polarised else 0.0
    shape = 0.75 * ((1.0 - c**2) * s + (1.0 + c**2) * mass**2) / (s + 2.0 * mass**2)
    rate = rates(root, mass, production, luminosity)[np.arange(_SAMPLE), column] * number / units.FEMTOBARN
    weight = rate * 4.0 * span * shape * (1.0 - tilt * star) * search.luminosity * search.efficiency / _SAMPLE
    energy, momentum = 0.5 * (root + mass**2 / root), 0.5 * (root - mass**2 / root)
    cosine = photon_cosine(energy, momentum, star)
    sine, across = np.sqrt(1.0 - c**2), np.sqrt(1.0 - cosine**2)
    zero = np.zeros(_SAMPLE)
    flight, first = np.stack([sine, zero, c], axis=-1), np.stack([c, zero, -sine], axis=-1)
    photon = cosine[:, None] * flight + (across * np.cos(phi))[:, None] * first
    photon[:, 1] += across * np.sin(phi)
    size = photon_energy(energy, momentum, star)
    photon, hnl = size[:, None] * photon, momentum[:, None] * flight
    along = np.sinh(rapidity)
    photon[:, 2] = np.cosh(rapidity) * photon[:, 2] + along * size
    hnl[:, 2] = np.cosh(rapidity) * hnl[:, 2] + along * energy
    transverse = np.hypot(photon[:, 0], photon[:, 1])
    eta = np.abs(np.arcsinh(photon[:, 2] / np.maximum(transverse, 1e-300)))
    gap = (eta > search.eta_gap[0]) & (eta < search.eta_gap[1])
    index = np.searchsorted(np.asarray(search.missing_edges), transverse) - 1
    keep = (weight > 0) & (transverse > search.photon_pt_min) & (eta < search.eta_max) & ~gap
    keep &= (index >= 0) & (index < len(search.missing_edges) - 1)
    total = np.sqrt(np.sum(hnl**2, axis=-1))
    directions = (v / np.sqrt(np.sum(v**2, axis=-1))[:, None] for v in (hnl, photon))
    kept = (
        v[keep] for v in (weight, index, np.hypot(hnl[:, 0], hnl[:, 1]), *directions, total / np.hypot(total, mass))
    )
    return LateEvents(*kept)


def late_paths(events: LateEvents, search: MonoPhotonSearch) -> tuple[FloatArray, FloatArray]:
    """Smallest and largest transverse path [m] that passes the displaced or delayed selection."""
    across = np.hypot(events.flight[:, 0], events.flight[:, 1])
    wall = np.full(across.size, search.radius)
    if search.selection == "displaced":
        slope = np.abs(late_photons.closest_approach(events.flight, events.photon))
        return search.impact_min * across / np.maximum(slope, 1e-12), wall
    if search.delay_min == 0.0:
        return np.zeros(across.size), wall
    paths = late_photons.paths_of_delay(search.delay_min, events.flight, events.photon, events.beta, search.radius)
    return paths[0] * across, paths[1] * across
