r"""The one idea: at fixed mass every signal is a set of weighted nodes whose weights do not depend on the size of d.

.. math::

    n_b(d) = \sum_i w_{ib}\, d^2\, e_i \sum_{\rm segments} e^{-\kappa_i D\,{\rm near}}
             \left(1 - e^{-\kappa_i D\,({\rm far} - {\rm near})}\right),
    \qquad D = d^2 \sum_\alpha |d_\alpha/d|^2 .

A search for the photon has its fiducial segment; a recoil-only search has near = the way out of the detector and
far = infinity (no decay through the dipole before near, whose photon would spoil the selection); a double cascade has near =
the smallest separation. Regeneration and rescattering of N are negligible outside the supernova. Templates add.

An extra width into invisible final states, independent of d, is a constant X beside D
(:mod:`nudipole.signals.decay_in_flight`): decays then come at the rate kappa (D + X), of which D / (D + X) are the dipole's,

.. math::

    n_b(d) = \sum_i w_{ib}\, d^2\, e_i \frac{D}{D + X}\, e^{-\kappa_i (D + X)\,{\rm near}}
             \left(1 - e^{-\kappa_i (D + X)\,({\rm far} - {\rm near})}\right),

and a recoil-only search keeps what does not decay through the dipole before near,
:math:`1 - \frac{D}{D+X}(1 - e^{-\kappa_i (D+X)\,{\rm near}})`: an invisible decay spoils nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nudipole.errors import LARGEST_TOTAL, DomainError, check_non_negative

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SignalTemplate:
    r"""Weighted nodes of one signal at one mass.

    Parameters
    ----------
    weight : ndarray (n, bins)
        Events per d^2 [GeV^2] of each node in each bin of the observation, before decay.
    kappa : ndarray (n,)
        Total decay rate along the path in the lab per D [1/m per GeV^-2]; 0 where N may be taken as stable.
    near, far : ndarray (n,)
        The segment of N's path [m] in which it must decay; far may be infinite.
    visible : ndarray (n,)
        Branching fraction into what is seen (1 for a recoil-only search: any decay beyond ``near``).
    stable : ndarray (bins,)
        Events per d^2 that do not depend on the decay at all.
    decay_norm : float
        D / d^2 of the direction.
    extra : float
        X [GeV^-2]: the D that would have the width of decays into something invisible.

    Examples
    --------
    >>> prompt = SignalTemplate.from_nodes([[1.0]], kappa=[1e30], near=[0.0], far=[1.0])
    >>> prompt.counts(np.array([2.0]))
    array([[4.]])
    """

    weight: FloatArray
    kappa: FloatArray
    near: FloatArray
    far: FloatArray
    visible: FloatArray
    stable: FloatArray
    decay_norm: float = 1.0
    extra: float = 0.0

    @classmethod
    def from_nodes(
        cls,
        weight: npt.ArrayLike,
        kappa: npt.ArrayLike,
        near: npt.ArrayLike,
        far: npt.ArrayLike,
        visible: npt.ArrayLike = 1.0,
        decay_norm: float = 1.0,
        extra: float = 0.0,
    ) -> SignalTemplate:
        """A template of decaying nodes; one-dimensional arguments are broadcast to the number of nodes."""
        check_non_negative(largest=LARGEST_TOTAL, weight=weight, kappa=kappa)
        check_non_negative(near=near, visible=visible, decay_norm=decay_norm, extra=extra)
        weight = np.atleast_2d(np.asarray(weight, dtype=float))
        number = weight.shape[0]
        for value in (kappa, near, far, visible):
            if np.shape(value) not in ((), (1,), (number,)):
                raise DomainError(f"a template of {number} nodes needs one number for each, got {np.shape(value)}")
        kappa, near, far, visible = (
            np.broadcast_to(np.asarray(v, dtype=float), (number,)) for v in (kappa, near, far, visible)
        )
        if np.any(np.isnan(far)) or np.any(far < near):
            raise DomainError("far must not lie before near")
        return cls(weight, kappa, near, far, visible, np.zeros(weight.shape[1]), decay_norm, extra)

    @classmethod
    def from_counts(cls, counts: npt.ArrayLike) -> SignalTemplate:
        """A template without decay: ``counts`` events per d^2 in each bin (recoil searches, N practically stable)."""
        counts = np.atleast_1d(np.asarray(counts, dtype=float))
        check_non_negative(largest=LARGEST_TOTAL, counts=counts)
        if counts.ndim != 1:
            raise DomainError(f"counts must be one number for each bin, got the shape {counts.shape}")
        none = np.zeros(0)
        return cls(np.zeros((0, len(counts))), none, none, none, none, counts)

    @property
    def bins(self) -> int:
        """Number of bins of the observation."""
        return int(self.stable.size)

    @property
    def scales_as_d2(self) -> bool:
        """True if the counts are exactly proportional to d^2."""
        return self.kappa.size == 0 or not np.any(self.kappa > 0)

    def counts(self, d: npt.ArrayLike) -> FloatArray:
        """Expected events in each bin, shape d.shape + (bins,), for couplings d [GeV^-1]."""
        check_non_negative(d=d)
        d = np.asarray(d, dtype=float)
        flat = np.atleast_1d(d).ravel()
        total = flat[:, None] ** 2 * self.stable
        if self.weight.size:
            total = total + flat[:, None] ** 2 * (self._accepted(flat) @ (self.weight * self.visible[:, None]))
        return total.reshape((*d.shape, self.bins))

    def _accepted(self, d: FloatArray) -> FloatArray:
        """Chance that an N of each node decays where it must, shape (couplings, nodes), before the visible fraction."""
        strength = d[:, None] ** 2 * self.decay_norm
        rate = (strength + self.extra) * self.kappa
        length = self.far - self.near
        open_end = np.isinf(length)  # a recoil-only search: also a stable N "decays beyond near"
        inside = -np.expm1(-rate * np.where(open_end, 0.0, length))
        inside[:, open_end] = 1.0
        accepted = np.exp(-rate * self.near) * inside
        if self.extra > 0.0:
            dipole = strength / (strength + self.extra)
            unseen = -np.expm1(-rate * self.near) * (1.0 - dipole)
            accepted = np.where(open_end, accepted + unseen, accepted * dipole)
        return np.asarray(accepted)

    def compressed(self, per_decade: int = 16) -> SignalTemplate:
        """Fewer nodes: those whose decay exponents kappa near, kappa (far - near) lie in the same cell are merged.

        Weights add; kappa, near and length become weighted means, so the sum over bins is exact for long-lived N, the rest good to the
        square of the cell width: 0.1 % of the counts, and 1 % in d on the exponential flank above.
        """
        if self.kappa.size < 64 or not np.all(np.isfinite(self.far)):
            return self
        length = self.far - self.near
        keep = (self.weight.sum(axis=1) * self.visible > 0) & (self.kappa > 0) & (length > 0)
        if not np.any(keep):
            return self
        weight = self.weight[keep] * self.visible[keep, None]
        inside, before = self.kappa[keep] * length[keep], self.kappa[keep] * self.near[keep]
        smallest = inside.max() * 1e-14
        rows, columns = (
            np.floor(per_decade * np.log10(np.maximum(v, smallest) / smallest)).astype(np.int64)
            for v in (inside, before)
        )
        joined = merge_nodes(rows * (int(columns.max()) + 1) + columns, weight, inside, before)
        mean_inside, mean_before = joined.means
        ones, end = np.ones(len(joined.weight)), mean_before + mean_inside
        return SignalTemplate(joined.weight, ones, mean_before, end, ones, self.stable, self.decay_norm, self.extra)

    def __add__(self, other: SignalTemplate) -> SignalTemplate:
        if (self.bins, self.decay_norm, self.extra) != (other.bins, other.decay_norm, other.extra):
            raise DomainError("templates add only with the same bins, direction and extra width")
        joined = {
            name: np.concatenate([getattr(self, name), getattr(other, name)])
            for name in ("weight", "kappa", "near", "far", "visible")
        }
        stable = self.stable + other.stable
        return SignalTemplate(**joined, stable=stable, decay_norm=self.decay_norm, extra=self.extra)


class MergedNodes(NamedTuple):
    """Nodes after :func:`merge_nodes`: their cells (m,), weights (m, bins), and the weighted mean (m,) of each value."""

    cell: npt.NDArray[np.intp]
    weight: FloatArray
    means: tuple[FloatArray, ...]


def merge_nodes(cell: npt.NDArray[np.integer[Any]], weight: FloatArray, *values: FloatArray) -> MergedNodes:
    """Nodes with the same cell number as one node: weights add, values become means over the weight of all bins.

    So the sum of the weights, and their first moment in each value, are kept exactly; nodes without weight are left out.

    Parameters
    ----------
    cell : ndarray (n,) of int
    weight : ndarray (n, bins)
        Not negative.
    values : ndarray (n,)
        What each node carries besides: kappa, ends of its segment, 1/p.

    Examples
    --------
    >>> joined = merge_nodes(np.array([4, 4, 7]), np.array([[1.0], [3.0], [2.0]]), np.array([0.0, 4.0, 5.0]))
    >>> joined.cell.tolist(), joined.weight.ravel().tolist(), joined.means[0].tolist()
    ([4, 7], [4.0, 2.0], [3.0, 5.0])
    """
    size = weight.sum(axis=1)
    keep = size > 0
    cells, label = np.unique(cell[keep], return_inverse=True)
    number = cells.size
    merged = np.stack([np.bincount(label, w, number) for w in weight[keep].T], axis=1).astype(float)
    total_weight = merged.sum(axis=1)
    means = tuple(np.bincount(label, size[keep] * value[keep], number) / total_weight for value in values)
    return MergedNodes(cells.astype(np.intp), merged, means)


def total(templates: Iterable[SignalTemplate]) -> SignalTemplate:
    """The sum of templates: targets, flavours, channels, upstream matter."""
    first, *rest = templates
    result = first
    for template in rest:
        result = result + template
    return result


def side_by_side(templates: Sequence[SignalTemplate]) -> SignalTemplate:
    """Several searches as one: the bins of all of them, one after the other.

    Examples
    --------
    >>> side_by_side([SignalTemplate.from_counts([1.0]), SignalTemplate.from_counts([2.0, 3.0])]).counts(1.0)
    array([1., 2., 3.])
    """
    sizes = [template.bins for template in templates]
    moving = next((t for t in templates if t.kappa.size), templates[0])
    placed, start = [], 0
    for template, size in zip(templates, sizes, strict=True):
        if template.kappa.size and (template.decay_norm, template.extra) != (moving.decay_norm, moving.extra):
            raise DomainError("templates stand side by side only for the same direction")
        weight = np.zeros((len(template.weight), sum(sizes)))
        weight[:, start : start + size] = template.weight
        stable = np.zeros(sum(sizes))
        stable[start : start + size] = template.stable
        start += size
        placed.append(replace(template, weight=weight, stable=stable, decay_norm=moving.decay_norm, extra=moving.extra))
    return total(placed)
