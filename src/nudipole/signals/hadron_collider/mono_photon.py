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
(:mod:`nudipole.signals.hadron_collider.sampled_events`).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.constraint import as_masses
from nudipole.fluxes.hadrons.parton_luminosity import PartonLuminosity, proton_proton
from nudipole.portal import Direction
from nudipole.processes.collisions import annihilation
from nudipole.signals.decay_in_flight import decay_rate, decay_widths, photon_cosine, photon_energy
from nudipole.signals.hadron_collider.sampled_events import late_template
from nudipole.signals.hadron_collider.search import MonoPhotonSearch, Production, rates
from nudipole.signals.quadrature import legendre, midpoints
from nudipole.signals.template import SignalTemplate

FloatArray = npt.NDArray[np.float64]
MASS_GRID = np.concatenate([[1.0], np.geomspace(10.0, 8990.0, 48)])  # GeV; below, the mass matters for the decay only
_LOG_MASS = np.log(MASS_GRID)
_WIDE = 250.0  # GeV; the photons of heavier N leave its direction
TRANSVERSE_GRID = np.geomspace(5.0, 4500.0, 24)  # p_T of N, GeV


@dataclass(frozen=True)
class _Nodes:
    """Accepted nodes of one mass: events per d^2 and momentum of N."""

    weight: FloatArray  # (n,) events per d^2
    index: npt.NDArray[np.int64]  # (n,) bin of missing transverse momentum
    transverse: FloatArray  # (n,) p_T of N


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
    decays = decay_widths(masses, direction)
    rates_at_1_gev = decay_rate(decays.total, masses, 1.0)
    make = _template if search.selection == "any" else late_template
    empty = SignalTemplate.from_counts(np.zeros(len(search.missing_edges) - 1))
    end = proton_proton(search.sqrt_s).sqrt_s_hat[-1]
    return [
        make(float(mass), float(rate), float(seen), float(extra), direction, search) if 0.0 < mass < end else empty
        for mass, rate, seen, extra in zip(masses, rates_at_1_gev, decays.photon, decays.extra, strict=True)
    ]


def template(mass: float, direction: Direction, search: MonoPhotonSearch) -> SignalTemplate:
    """One mass of :func:`templates`."""
    return templates([mass], direction, search)[0]


def _template(
    mass: float, rate: float, visible: float, extra: float, direction: Direction, search: MonoPhotonSearch
) -> SignalTemplate:
    """Photons from anywhere inside the radius, from the tabulated shares of p_T."""
    shares, totals = _shares(Production.of(direction, search), search)
    position = float(np.interp(np.log(mass), _LOG_MASS, np.arange(MASS_GRID.size)))
    left = min(int(position), MASS_GRID.size - 2)
    part = position - left
    total = float(np.exp((1.0 - part) * totals[left] + part * totals[left + 1]))
    weight = ((1.0 - part) * shares[left] + part * shares[left + 1]) * total * direction.decay_norm
    kappa = rate / TRANSVERSE_GRID * search.radius
    return SignalTemplate.from_nodes(weight, kappa, 0.0, 1.0, visible, direction.decay_norm, extra)


@functools.lru_cache(maxsize=64)
def _shares(production: Production, search: MonoPhotonSearch) -> tuple[FloatArray, FloatArray]:
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
def _nodes(mass: float, production: Production, search: MonoPhotonSearch) -> _Nodes:
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
    photon, cos_open = photon_energy(energy, momentum, star), photon_cosine(energy, momentum, star)
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
    production: Production,
    search: MonoPhotonSearch,
    luminosity: PartonLuminosity,
) -> FloatArray:
    """dsigma/dln(tau) [fb per d^2] times the share of boosts that bring photons of this rapidity into the acceptance.

    All quark flavours have one angular distribution in the sum of lepton-number states, so that the boosts can be
    summed on a grid in the photon's rapidity, once for every s_hat.
    """
    rate = rates(root.ravel(), mass, production, luminosity)
    grid = np.linspace(0.0, 8.0, 81)
    seen = rate @ _rapidity_share(grid, search, luminosity.rapidity_edges).T / units.FEMTOBARN
    size = np.minimum(np.abs(rapidity), grid[-1] - 1e-9)
    left = (size / grid[1]).astype(int)
    part = size / grid[1] - left
    rows = np.arange(root.size).reshape(-1, *(1,) * (rapidity.ndim - 1))
    return seen[rows, left] * (1.0 - part) + seen[rows, left + 1] * part


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
