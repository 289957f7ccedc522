r"""The test statistic of one search as a function of three couplings, from one table a mass.

Where no flavours interfere (beams, decay at rest, reactors; see the portal page), the expected counts are

.. math:: n_b = \sum_a |d_a|^2\, g_{a,b}(D), \qquad D = \sum_a |d_a|^2,

because the decay knows of the couplings only through D. g is tabulated on logarithmic steps of D for each flavour: a
template with one flavour switched on, evaluated at d^2 = D, gives g_{a,b}(D) = n_b / D. A point then costs an
interpolation. Solar neutrinos arrive as mass eigenstates and interfere. For real couplings the counts of two equal ones
together, :math:`G_{ab,b}(D)` for :math:`d_a = d_b`, are tabulated as well, and

.. math:: n_b = \sum_a \Bigl(d_a^2 - \sum_{c\ne a} d_a d_c\Bigr) g_{a,b}(D) + \sum_{a<c} d_a d_c\, G_{ac,b}(D) .

All tables hold counts, so that their logarithms exist: the interference itself changes its sign with the decay length.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline

from nudipole.catalogue.experiment import Experiment
from nudipole.inference.count_limits import likelihood_of
from nudipole.portal import Direction, Nature
from nudipole.signals.joint.envelope import EnvelopeModel

FloatArray = npt.NDArray[np.float64]
PAIRS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
_NO_INTERFERENCE = 3e-3  # of the counts: what merging the nodes of two templates leaves between flavours that do not
_SMALLEST = 1e-280  # what counts as zero in logarithms
_STEPS = np.linspace(np.log(1e-26), np.log(1e4), 301)  # of ln D [GeV^-2]: ten a decade


@dataclass(frozen=True)
class CountsTable:
    """g_{a,c}(D) and G_{ab,c}(D) of one search at one mass, and how the nuisance parameters move them.

    Attributes
    ----------
    pairs : tuple of int
        Positions in :data:`PAIRS` of the flavours, and of the pairs of flavours, that make a signal.
    table : ndarray, of shape pairs x steps in D x counted bins
        [GeV^2]; one step if the counts go as d^2 at every D.
    relative : ndarray of shape pairs x pulls x counted bins, or None
        Relative change of each bin for one standard deviation of each pull.
    """

    pairs: tuple[int, ...]
    table: FloatArray
    relative: FloatArray | None = None

    @cached_property
    def _logarithms(self) -> CubicSpline:
        """ln of the tables over ln D, shape (pairs, bins): exact for powers, smooth on the exponential flank."""
        return CubicSpline(_STEPS, np.log(np.maximum(np.moveaxis(self.table, 1, 0), _SMALLEST)), axis=0)

    def _weights(self, couplings: FloatArray) -> FloatArray:
        """What each table is multiplied with: products of couplings [GeV^-2], shape (points, pairs)."""
        products = {p: couplings[:, PAIRS[p][0]] * couplings[:, PAIRS[p][1]] for p in self.pairs}
        weights = dict(products)
        for p, product in products.items():
            for flavor in set(PAIRS[p]) if p > 2 else ():
                if flavor in weights:  # a pair of equal couplings holds each flavour by itself
                    weights[flavor] = weights[flavor] - product
        return np.stack([weights[p] for p in self.pairs], axis=1)

    def _by_pair(self, couplings: FloatArray) -> FloatArray:
        couplings = np.asarray(couplings, dtype=float)
        weights = self._weights(couplings)[..., None]
        if self.table.shape[1] == 1:
            return weights * self.table[:, 0]
        strength = np.log(np.maximum(np.sum(couplings**2, axis=1), np.exp(_STEPS[0])))
        between = np.exp(self._logarithms(np.minimum(strength, _STEPS[-1])))
        return weights * np.where(between > 10 * _SMALLEST, between, 0.0)

    def counts(self, couplings: FloatArray) -> tuple[FloatArray, FloatArray | None]:
        """Expected events (points, bins) and their shifts (points, pulls, bins) at real d_e, d_mu, d_tau (points, 3)."""
        parts = self._by_pair(couplings)
        shifts = None if self.relative is None else np.einsum("pqb,qkb->pkb", parts, self.relative)
        return np.maximum(parts.sum(axis=1), 0.0), shifts


@dataclass(frozen=True)
class Tabulated:
    """One search at one mass: table of counts, nuisance responses and the statistic."""

    statistic: Any
    counts: CountsTable

    def test_statistic(self, couplings: FloatArray) -> FloatArray:
        """-2 ln L relative to no signal, shape (points,)."""
        counts, shifts = self.counts.counts(couplings)
        if (likelihood := likelihood_of(self.statistic)) is not None:
            zero = float(likelihood.chi2(np.zeros((1, likelihood.bins)))[0][0])
            return likelihood.chi2(counts, shifts)[0] - zero
        signal = _Fixed(counts)
        return np.asarray(self.statistic.delta_chi2(signal, np.arange(len(counts)), np.ones(len(counts))), dtype=float)


@dataclass(frozen=True)
class _Fixed:
    """Counts of many points in the place of a signal without nuisance parameters: each a row, whatever d."""

    rows: FloatArray
    per_d2: None = None
    relative_shifts: None = None

    def counts(self, mass_index: int, d: FloatArray) -> FloatArray:
        return np.broadcast_to(self.rows[mass_index], (*np.shape(d), self.rows.shape[1]))

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class TabulatedEnvelope:
    """Searches of which the strongest counts (an envelope has no joint likelihood)."""

    parts: tuple[Tabulated | TabulatedEnvelope, ...]

    def test_statistic(self, couplings: FloatArray) -> FloatArray:
        """The largest of the parts, at least zero, shape (points,)."""
        return np.max([np.zeros(len(couplings)), *(p.test_statistic(couplings) for p in self.parts)], axis=0)


def tabulate(
    experiment: Experiment, mass: float, nature: Nature = "dirac", preset: str = "default"
) -> Tabulated | TabulatedEnvelope | None:
    """The table of one search at one mass [GeV]; None where it is out of its range or has no signal."""
    low, high = experiment.reach(preset)
    return _of_model(experiment.model(preset), mass, nature) if low <= mass <= high else None


def _of_model(model: Any, mass: float, nature: Nature) -> Tabulated | TabulatedEnvelope | None:
    if isinstance(model, EnvelopeModel):
        inside = [m for m, (a, b) in zip(model.members, model.mass_ranges, strict=True) if a <= mass <= b]
        parts = tuple(t for m in inside if (t := _of_model(m, mass, nature)) is not None)
        return TabulatedEnvelope(parts) if parts else None
    if mass > model.maximum_mass():
        return None
    at, masses = np.exp(0.5 * _STEPS), np.array([mass])
    found: dict[int, FloatArray] = {}
    relative: dict[int, FloatArray] = {}
    stable = True
    for number, (a, b) in enumerate(PAIRS):
        if a != b and not _interferes(model, mass):
            continue
        direction = _direction(a, b, nature)
        signal = model.signal(masses, direction)
        size = at / np.sqrt(direction.decay_norm)  # so that D is that of the step
        found[number] = signal.counts(0, size) / size[:, None] ** 2
        stable = stable and bool(np.all(np.ptp(found[number], axis=0) <= 1e-12 * np.max(found[number], axis=0)))
        if signal.relative_shifts is not None:
            relative[number] = signal.relative_shifts[0]
    table = {p: counts for p, counts in found.items() if np.any(counts)}
    if not any(np.any(t > 0) for t in table.values()):
        return None
    pairs = tuple(sorted(table))
    steps = slice(0, 1) if stable else slice(None)
    shifts = np.stack([relative[p] for p in pairs]) if relative else None
    return Tabulated(model.statistic(), CountsTable(pairs, np.stack([table[p][steps] for p in pairs]), shifts))


def _direction(a: int, b: int, nature: Nature) -> Direction:
    couplings = [0.0, 0.0, 0.0]
    couplings[a] = couplings[b] = 1.0
    return Direction("couplings", (couplings[0], couplings[1], couplings[2]), nature)


def _interferes(model: Any, mass: float) -> bool:
    """Whether two flavours together make more or fewer N than each alone."""
    sums = []
    for couplings in ((1, 1, 0), (1, 0, 0), (0, 1, 0)):
        direction = Direction("couplings", couplings)
        size = np.array([1e-12]) / np.sqrt(direction.decay_norm)  # the same D, so that all decay alike
        counts = model.signal(np.array([mass]), direction).counts(0, size)
        sums.append(float(np.sum(counts)) / float(size[0]) ** 2)
    return abs(sums[0] - sums[1] - sums[2]) > _NO_INTERFERENCE * max(sums[0], 1e-300)
