r"""N that decays at once, wherever it matters: a template reduced to what its limit can see.

A node of weight w that must decay inside contributes w d^2 (1 - exp(-kappa D)), one that must escape w d^2 exp(-kappa D).
That exponential is at most w / (e kappa), whatever d (at kappa D = 1): if all of them together are negligible against what
the data can resolve, the signal is w d^2 of what decays inside at every coupling, and a curve needs no scan in d. A node
that must survive a distance near gives at most w / (e kappa near): if all of them together are negligible there is no
signal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from nudipole.constraint import Interval
from nudipole.inference.goodness import GoodnessOfFit
from nudipole.inference.limits import Rows, Scale, Statistic
from nudipole.inference.limits import Signal as SignalLike
from nudipole.signals.protocol import Signal
from nudipole.signals.template import SignalTemplate, merge_nodes, total

FloatArray = npt.NDArray[np.float64]


def simplified(template: SignalTemplate, negligible: float) -> SignalTemplate:
    """The same counts to within ``negligible`` (a number of events): without decay if N is prompt, fewer nodes if not.

    Parameters
    ----------
    template : SignalTemplate
        Nodes of any kind; those with 0 < near and finite far are kept as they are or dropped together.
    negligible : float
        Events that no limit can tell from none, > 0.
    """
    if not template.weight.size:
        return template
    if np.any((template.near > 0) & np.isfinite(template.far)):
        shift = template.kappa * template.near
        if np.all(shift > 0) and np.sum(template.weight.sum(axis=1) / shift) / np.e < negligible:
            return SignalTemplate.from_counts(template.stable)
        return template
    every = template.weight.sum(axis=1)
    inside = np.isfinite(template.far)
    if template.extra > 0.0:  # the visible fraction depends on d: no shortcut
        return _binned(template, inside)
    reach = template.kappa * np.where(inside, template.far, template.near) * template.decay_norm
    never = np.where(every > 0, np.inf, 0.0)
    doubtful = np.divide(every, reach, out=never, where=reach > 0)
    if np.sum(doubtful) / np.e < negligible:
        visible = template.visible[inside, None] * template.weight[inside]
        return SignalTemplate.from_counts(template.stable + visible.sum(axis=0))
    return _binned(template, inside)


def _binned(template: SignalTemplate, inside: npt.NDArray[np.bool_], ratio: float = 1.25) -> SignalTemplate:
    """Nodes merged in bins of ln(kappa), each at its mean kappa: total weight and first moment are kept."""
    parts = []
    for chosen, near, far in ((inside, 0.0, 1.0), (~inside, 1.0, np.inf)):
        weight = template.weight[chosen] * template.visible[chosen, None]
        kappa = template.kappa[chosen] * np.where(inside, template.far, template.near)[chosen]
        keep = (weight.sum(axis=1) > 1e-7 * template.weight.sum()) & (kappa > 0)
        if not np.any(keep):
            continue
        weight, kappa = weight[keep], kappa[keep]
        joined = merge_nodes((np.log(kappa / kappa.min()) / np.log(ratio)).astype(np.intp), weight, kappa)
        parts.append(
            SignalTemplate.from_nodes(
                joined.weight, joined.means[0], near, far, 1.0, template.decay_norm, template.extra
            )
        )
    stable = SignalTemplate.from_counts(template.stable)
    if not parts:
        return stable
    return total([replace(stable, decay_norm=template.decay_norm, extra=template.extra), *parts])


@dataclass(frozen=True)
class PromptAware:
    """A statistic that takes masses without decay by the quick way, exactly proportional to d^2."""

    inner: Statistic

    def intervals(self, signal: SignalLike, cl: float) -> tuple[tuple[Interval, ...], ...]:
        if not isinstance(signal, Signal) or signal.per_d2 is not None:
            return self.inner.intervals(signal, cl)
        quick = [i for i, t in enumerate(signal.templates) if not t.weight.size]
        slow = [i for i, t in enumerate(signal.templates) if t.weight.size]
        found: dict[int, tuple[Interval, ...]] = {}
        if quick:
            per_d2 = np.stack([signal.templates[i].stable for i in quick])
            found |= dict(zip(quick, self.inner.intervals(Signal(per_d2=per_d2), cl), strict=True))
        if slow:
            part = Signal(templates=[signal.templates[i] for i in slow])
            found |= dict(zip(slow, self.inner.intervals(part, cl), strict=True))
        return tuple(found[i] for i in range(len(signal)))

    @property
    def scale(self) -> Scale:
        return self.inner.scale

    @property
    def description(self) -> str:
        return self.inner.description

    def critical(self, cl: float) -> float:
        return self.inner.critical(cl)

    def test(self, signal: SignalLike, rows: Rows, d: FloatArray, upper: bool = True) -> FloatArray:
        return self.inner.test(signal, rows, d, upper)

    def delta_chi2(self, signal: SignalLike, rows: Rows, d: FloatArray) -> FloatArray:
        return self.inner.delta_chi2(signal, rows, d)

    def goodness(self) -> GoodnessOfFit | None:
        return self.inner.goodness()
