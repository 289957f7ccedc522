r"""One photon and missing transverse momentum from N at the LHC: q qbar -> gamma*/Z -> nu N, N -> nu gamma.

.. math::

    \frac{d\sigma}{d\ln\tau\,dc\,d\cos\theta^*} = \sum_q \phi_{q\bar q}(\hat s,y)\,\frac{d\hat\sigma}{dc}\,
        \frac{1-h\cos\theta^*}{2}

at leading order, so the missing transverse momentum is the photon's own and the two are back to back. Boosts along the
beam change neither the photon's p_T nor, for a barrel of radius R, the decay probability inside it,
1 - exp(-Gamma M R / p_T^N): nodes in (s_hat, c, theta*, phi) carry everything, and the rapidity of the pair only
decides the share of photons inside the acceptance. With d_W there is also q qbar' -> W* -> l N, which counts here only
in so far as the charged lepton is lost.

Displaced (non-pointing) and delayed photons are the same events with a smallest decay length, that of z_DCA or t_gamma
(:mod:`nudipole.signals.late_photons`). These do change with boosts, so that events are sampled in the laboratory.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.constraint import as_masses
from nudipole.errors import DomainError, check_choice, check_non_negative, check_positive
from nudipole.fluxes.parton_luminosity import PartonLuminosity, proton_proton
from nudipole.portal import Direction
from nudipole.processes import annihilation
from nudipole.signals import late_photons, passages
from nudipole.signals.collider import widths
from nudipole.signals.quadrature import legendre, midpoints
from nudipole.signals.template import SignalTemplate

FloatArray = npt.NDArray[np.float64]
Selection = Literal["any", "displaced", "delayed"]
QUARKS = ("u", "d", "s", "c", "b")
MASS_GRID = np.concatenate([[1.0], np.geomspace(10.0, 8990.0, 48)])  # GeV; below, the mass matters for the decay only
_LOG_MASS = np.log(MASS_GRID)
_SAMPLE = 1 << 15
_WIDE = 250.0  # GeV; the photons of heavier N leave its direction
TRANSVERSE_GRID = np.geomspace(5.0, 4500.0, 24)  # p_T of N, GeV


@dataclass(frozen=True)
class MonoPhotonSearch:
    """What a proton-proton experiment selects.

    Parameters
    ----------
    luminosity : float
        [fb^-1].
    missing_edges : tuple of float
        Edges [GeV] of the bins in missing transverse momentum; the last may be infinite.
    photon_pt_min : float
        [GeV].
    eta_max : float
        |eta| of the photon below this.
    eta_gap : tuple of two float
        |eta| range left out (the barrel-endcap transition).
    efficiency : float
        Photon identification, isolation and everything else inside the cuts.
    radius : float
        Transverse radius [m] inside which N must decay.
    lost_lepton : tuple of three float
        Fraction of l N events in which the charged e, mu, tau does not veto.
    isotropic : bool
        Let N -> nu gamma be isotropic whatever the helicity of N (a published simplification; right for Majorana N).
    selection : {"any", "displaced", "delayed"}
        ``displaced``: |z_DCA| above ``impact_min`` [m]; ``delayed``: t_gamma above ``delay_min`` [s].
    sqrt_s : float
        [GeV].
    """

    luminosity: float
    missing_edges: tuple[float, ...]
    photon_pt_min: float
    eta_max: float
    eta_gap: tuple[float, float] = (0.0, 0.0)
    efficiency: float = 1.0
    radius: float = 1.5
    lost_lepton: tuple[float, float, float] = (0.0, 0.0, 0.0)
    isotropic: bool = False
    selection: Selection = "any"
    impact_min: float = 0.0
    delay_min: float = 0.0
    sqrt_s: float = 13000.0

    def __post_init__(self) -> None:
        check_positive(luminosity=self.luminosity, eta_max=self.eta_max, radius=self.radius)
        check_positive(photon_pt_min=self.photon_pt_min, sqrt_s=self.sqrt_s)
        check_non_negative(impact_min=self.impact_min, delay_min=self.delay_min, lost_lepton=self.lost_lepton)
        check_choice("photon selection", self.selection, ("any", "displaced", "delayed"))
        if len(self.missing_edges) < 2 or any(np.diff(np.asarray(self.missing_edges)) <= 0):
            raise DomainError(f"missing_edges must increase, got {self.missing_edges}")
        if not 0.0 <= self.efficiency <= 1.0:
            raise DomainError(f"efficiency must lie in [0, 1], got {self.efficiency:g}")

    @property
    def threshold(self) -> float:
        """Smallest transverse momentum [GeV] of a photon that can count."""
        return max(self.photon_pt_min, self.missing_edges[0])


@dataclass(frozen=True)
class _Nodes:
    """Accepted nodes of one mass: events per d^2 and momentum of N."""

    weight: FloatArray  # (n,) events per d^2
    index: npt.NDArray[np.int64]  # (n,) bin of missing transverse momentum
    transverse: FloatArray  # (n,) p_T of N


@dataclass(frozen=True)
class _Events(_Nodes):
    """Accepted events in the laboratory: unit vectors (n, 3) of N and photon, and v / c of N."""

    flight: FloatArray
    photon: FloatArray
    beta: FloatArray


def templates(masses: npt.ArrayLike, direction: Direction, search: MonoPhotonSearch) -> list[SignalTemplate]:
    """Events per d^2 in each bin of missing transverse momentum, both lepton-number states.

    Parameters
    ----------
    masses : array_like (m,)
        M [GeV].
    direction : Direction
        Couplings, Dirac or Majorana, completion (d_Z in the s channel, d_W for l N).
    search : MonoPhotonSearch

    Returns
    -------
    list of SignalTemplate
        One for each mass; zero above the parton energies of the table and for M = 0 (N never decays).

    Raises
    ------
    DomainError
        If a mass is negative.
    """
    masses = as_masses(masses)
    width, visible = widths(masses, direction)
    rates = width * masses / units.HBAR_C
    make = _template if search.selection == "any" else _late_template
    empty = SignalTemplate.from_counts(np.zeros(len(search.missing_edges) - 1))
    end = proton_proton(search.sqrt_s).sqrt_s_hat[-1]
    return [
        make(float(mass), float(rate), float(seen), direction, search) if 0.0 < mass < end else empty
        for mass, rate, seen in zip(masses, rates, visible, strict=True)
    ]


def template(mass: float, direction: Direction, search: MonoPhotonSearch) -> SignalTemplate:
    """One mass of :func:`templates`."""
    return templates([mass], direction, search)[0]


def _template(
    mass: float, rate: float, visible: float, direction: Direction, search: MonoPhotonSearch
) -> SignalTemplate:
    """Photons from anywhere inside the radius, from the tabulated shares of p_T."""
    shares, totals = _shares(_Production.of(direction, search), search)
    position = float(np.interp(np.log(mass), _LOG_MASS, np.arange(MASS_GRID.size)))
    left = min(int(position), MASS_GRID.size - 2)
    part = position - left
    total = float(np.exp((1.0 - part) * totals[left] + part * totals[left + 1]))
    weight = ((1.0 - part) * shares[left] + part * shares[left + 1]) * total * direction.decay_norm
    kappa = rate / TRANSVERSE_GRID * search.radius
    return SignalTemplate.from_nodes(weight, kappa, near=0.0, far=1.0, visible=visible, decay_norm=direction.decay_norm)


def _late_template(
    mass: float, rate: float, visible: float, direction: Direction, search: MonoPhotonSearch
) -> SignalTemplate:
    """Photons displaced or delayed: each event of a low-discrepancy sample has its own smallest path."""
    bins = len(search.missing_edges) - 1
    events = _events(mass, _Production.of(direction, search), search)
    near, far = _late_paths(events, search)
    near, kappa = np.maximum(near, 1e-15), rate / events.transverse
    keep = near < np.minimum(far, search.radius)
    if not np.any(keep):
        return SignalTemplate.from_counts(np.zeros(bins))
    # cells of 5 per cent in kappa, near and what is left to far
    size = np.round(20.0 * np.log(np.stack([near[keep], kappa[keep], far[keep] - near[keep]]))) + 0.0
    _, first, member = np.unique(np.vstack([size, events.index[keep]]), axis=1, return_index=True, return_inverse=True)
    total = np.bincount(member, events.weight[keep])
    mean_near, mean_far, mean_kappa = (
        np.bincount(member, events.weight[keep] * x[keep]) / np.maximum(total, 1e-300) for x in (near, far, kappa)
    )
    weight = total[:, None] * (events.index[keep][first][:, None] == np.arange(bins)) * direction.decay_norm
    return SignalTemplate.from_nodes(weight, mean_kappa, mean_near, mean_far, visible, direction.decay_norm)


@dataclass(frozen=True)
class _Production:
    """What of a direction matters for the accepted nodes."""

    z_over_gamma: float
    w_over_gamma_lost: float  # (d_W / d_gamma)^2 times the fraction of charged leptons lost
    polarised: bool  # whether the photon remembers the helicity of N

    @classmethod
    def of(cls, direction: Direction, search: MonoPhotonSearch) -> _Production:
        couplings = np.abs(np.asarray(direction.couplings)) ** 2
        lost = float(np.dot(couplings, search.lost_lepton) / np.sum(couplings))
        completion = direction.completion
        polarised = direction.nature == "dirac" and not search.isotropic
        return cls(completion.z_over_gamma, completion.w_over_gamma**2 * lost, polarised)


@functools.lru_cache(maxsize=64)
def _shares(production: _Production, search: MonoPhotonSearch) -> tuple[FloatArray, FloatArray]:
    """On the grid of masses: shares of p_T of N and of bins (masses, p_T, bins), and ln(accepted events per d^2)."""
    bins = len(search.missing_edges) - 1
    table = np.zeros((MASS_GRID.size, TRANSVERSE_GRID.size, bins))
    for row, mass in enumerate(MASS_GRID):
        if mass >= proton_proton(search.sqrt_s).sqrt_s_hat[-1]:
            continue
        nodes = _nodes(mass, production, search)
        step = np.log(TRANSVERSE_GRID[1] / TRANSVERSE_GRID[0])
        inside = np.clip(nodes.transverse, TRANSVERSE_GRID[0], TRANSVERSE_GRID[-1] * (1.0 - 1e-12))
        position = np.log(inside / TRANSVERSE_GRID[0]) / step
        left = np.minimum(position.astype(int), TRANSVERSE_GRID.size - 2)
        np.add.at(table[row], (left, nodes.index), nodes.weight * (1.0 - position + left))
        np.add.at(table[row], (left + 1, nodes.index), nodes.weight * (position - left))
    total = np.maximum(table.sum(axis=(1, 2)), 1e-300)
    return table / total[:, None, None], np.log(total)


def acceptance_times_cross_section(mass: float, direction: Direction, search: MonoPhotonSearch) -> FloatArray:
    """Visible cross section per d^2 [fb GeV^2] in each bin if every N decays promptly; shape (bins,)."""
    return np.asarray(template(mass, direction, search).weight.sum(axis=0)) / search.luminosity


@functools.lru_cache(maxsize=8)
def _nodes(mass: float, production: _Production, search: MonoPhotonSearch) -> _Nodes:
    luminosity = proton_proton(search.sqrt_s)
    low = max(2.0 * search.threshold, mass * (1.0 + 1e-9), luminosity.sqrt_s_hat[0])
    log, log_weight = legendre(20)
    half = 0.5 * np.log(luminosity.sqrt_s_hat[-1] / low)
    root = low * np.exp(half * (log + 1.0))
    s = root[:, None, None, None] ** 2
    c, c_weight = legendre(12)
    c, c_weight = c[6:, None, None], 2.0 * c_weight[6:, None, None]  # even under c -> -c with the photon reflected
    cells, azimuths = (64, 4) if mass < _WIDE else (32, 8)
    star, star_weight = midpoints(-1.0, 1.0, cells)  # the cuts are steps: no Gauss rule here
    star, star_weight = star[:, None], star_weight[:, None]
    phi = (np.arange(azimuths) + 0.5) * np.pi / azimuths
    energy, momentum = (s + mass**2) / (2.0 * np.sqrt(s)), (s - mass**2) / (2.0 * np.sqrt(s))
    tilt = annihilation.helicity(c, s, mass) if production.polarised else 0.0
    photon = 0.5 * (energy + momentum * star)
    cos_open = np.clip((momentum + energy * star) / (energy + momentum * star), -1.0, 1.0)
    sin_open, sin_c = np.sqrt(1.0 - cos_open**2), np.sqrt(1.0 - c**2)
    cos_photon = np.clip(c * cos_open - sin_c * sin_open * np.cos(phi), -1.0 + 1e-12, 1.0 - 1e-12)
    transverse = photon * np.sqrt(1.0 - cos_photon**2)
    accepted = _accepted(root, np.arctanh(cos_photon), mass, production, search, luminosity)
    shape = 0.75 * ((1.0 - c**2) * s + (1.0 + c**2) * mass**2) / (s + 2.0 * mass**2)
    jacobian = (2.0 * half * log_weight)[:, None, None, None]  # d ln tau
    density = accepted * jacobian * shape * c_weight * 0.5 * (1.0 - tilt * star) * star_weight / phi.size
    density *= (transverse > search.photon_pt_min) * search.luminosity * search.efficiency
    edges = np.asarray(search.missing_edges)
    index = np.searchsorted(edges, transverse) - 1
    keep = (density > 0) & (index >= 0) & (index < edges.size - 1)
    return _Nodes(density[keep], index[keep], np.broadcast_to(momentum * sin_c, keep.shape)[keep])


def _accepted(
    root: FloatArray,
    rapidity: FloatArray,
    mass: float,
    production: _Production,
    search: MonoPhotonSearch,
    luminosity: PartonLuminosity,
) -> FloatArray:
    """dsigma/dln(tau) [fb per d^2] times the share of boosts that bring photons of this rapidity into the acceptance.

    All quark flavours have one angular distribution in the sum of lepton-number states, so that the boosts can be
    summed on a grid in the photon's rapidity, once for every s_hat.
    """
    rate = _rates(root.ravel(), mass, production, luminosity)
    grid = np.linspace(0.0, 8.0, 81)
    seen = rate @ _rapidity_share(grid, search, luminosity.rapidity_edges).T / units.FEMTOBARN
    size = np.minimum(np.abs(rapidity), grid[-1] - 1e-9)
    left = (size / grid[1]).astype(int)
    part = size / grid[1] - left
    rows = np.arange(root.size).reshape(-1, *(1,) * (rapidity.ndim - 1))
    return seen[rows, left] * (1.0 - part) + seen[rows, left + 1] * part


def _rates(root: FloatArray, mass: float, production: _Production, luminosity: PartonLuminosity) -> FloatArray:
    """dsigma/dln(tau) per d^2 of both lepton-number states in each bin of |y| of the pair, shape (n, bins) [GeV^-2]."""
    s = root**2
    rate = np.zeros((root.size, luminosity.rapidity_edges.size - 1))
    for quark in QUARKS:
        sigma = 2.0 * annihilation.cross_section(s, mass, quark, production.z_over_gamma)
        rate += luminosity.binned(quark, root) * sigma[:, None]
    if production.w_over_gamma_lost > 0.0:
        charged = annihilation.charged_current_cross_section(s, mass) * production.w_over_gamma_lost
        rate += (luminosity.binned("wplus", root) + luminosity.binned("wminus", root)) * charged[:, None]
    return rate


def _rapidity_share(rapidity: FloatArray, search: MonoPhotonSearch, edges: FloatArray) -> FloatArray:
    """Share of each bin of |y|, phi flat inside it and symmetric, that brings the photon into the acceptance."""
    windows = [(-search.eta_max, search.eta_max)]
    if search.eta_gap[1] > search.eta_gap[0]:
        low, high = search.eta_gap
        windows = [(-search.eta_max, -high), (-low, low), (high, search.eta_max)]
    result = np.zeros((*rapidity.shape, edges.size - 1))
    for start, stop in windows:
        for sign in (1.0, -1.0):
            inside_low = np.maximum(start - sign * rapidity[..., None], edges[:-1])
            inside_high = np.minimum(stop - sign * rapidity[..., None], edges[1:])
            result += 0.5 * np.maximum(inside_high - inside_low, 0.0) / np.diff(edges)
    return result


@functools.lru_cache(maxsize=256)
def _events(mass: float, production: _Production, search: MonoPhotonSearch) -> _Events:
    """Accepted events in the laboratory: energy and boost of the pair, direction of N, photon about its path."""
    luminosity = proton_proton(search.sqrt_s)
    low = max(2.0 * search.threshold, mass * (1.0 + 1e-9), luminosity.sqrt_s_hat[0])
    u = passages.points(_SAMPLE, 5)
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
    rate = _rates(root, mass, production, luminosity)[np.arange(_SAMPLE), column] * number / units.FEMTOBARN
    weight = rate * 4.0 * span * shape * (1.0 - tilt * star) * search.luminosity * search.efficiency / _SAMPLE
    energy, momentum = 0.5 * (root + mass**2 / root), 0.5 * (root - mass**2 / root)
    cosine = np.clip((momentum + energy * star) / (energy + momentum * star), -1.0, 1.0)
    sine, across = np.sqrt(1.0 - c**2), np.sqrt(1.0 - cosine**2)
    zero = np.zeros(_SAMPLE)
    flight, first = np.stack([sine, zero, c], axis=-1), np.stack([c, zero, -sine], axis=-1)
    photon = cosine[:, None] * flight + (across * np.cos(phi))[:, None] * first
    photon[:, 1] += across * np.sin(phi)
    size = 0.5 * (energy + momentum * star)
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
    return _Events(*kept)


def _late_paths(events: _Events, search: MonoPhotonSearch) -> tuple[FloatArray, FloatArray]:
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
