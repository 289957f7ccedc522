"""Sampled meson decays gathered into few nodes of a template, and their interpolation in the mass of N.

Events are made at some masses. In between, the share of N that is seen is linear in M; how many N each decay makes is taken
at the mass itself, because near a threshold it lies far below any chord.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nudipole.errors import check_positive
from nudipole.signals.template import merge_nodes

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
_KNOT_RATIO = 1.1  # step of the masses at which events are made
_LIGHT = 0.03  # GeV; below, production does not depend on the mass and knots may be farther apart


class Gathered(NamedTuple):
    """Nodes of a template. ``code``: bin of momentum and slice of the path, and last the decay or the flavour group."""

    weight: FloatArray
    inverse_momentum: FloatArray
    near: FloatArray
    far: FloatArray
    code: IntArray


class Knot(NamedTuple):
    """Nodes of a mass at which events were made; their ``code`` ends in the place of the decay among all of them."""

    nodes: Gathered
    made: FloatArray  # N per d^2 of each decay; nodes hold its share that is seen


def gather(
    code: IntArray, weight: FloatArray, inverse_momentum: FloatArray, near: FloatArray, far: FloatArray
) -> Gathered:
    """One node for each code: summed weight, weighted means."""
    joined = merge_nodes(code, weight[:, None], inverse_momentum, near, far)
    mean_inverse, mean_near, mean_far = joined.means
    return Gathered(joined.weight[:, 0], mean_inverse, mean_near, mean_far, joined.cell)


def interpolated(pair: Sequence[tuple[Knot, float]], made: FloatArray, group: IntArray, groups: int) -> Gathered:
    """Nodes at a mass that makes ``made`` N per d^2 of each decay, from knots and their parts (which add up to one).

    A decay that is closed at one knot is seen as at the other; ``code`` ends in the ``group`` (of so many) of the decay.
    """
    known = np.sum([part * (knot.made > 0) for knot, part in pair], axis=0)
    scale = np.divide(made, known, out=np.zeros(len(made)), where=known > 0)
    parts = []
    for knot, part in pair:
        place, decay = np.divmod(knot.nodes.code, len(made))
        weight = knot.nodes.weight * part * scale[decay] / knot.made[decay]
        parts.append(knot.nodes._replace(weight=weight, code=place * groups + group[decay]))
    weight, inverse, near, far, code = (np.concatenate(values) for values in zip(*parts, strict=True))
    return gather(code, weight, inverse, near, far)


def knot_masses(highest: float) -> FloatArray:
    """Masses [GeV] at which events are made: 9 from 1 keV to 30 MeV, then in steps of a tenth up to ``highest`` [GeV].

    Raises
    ------
    DomainError
        If ``highest`` is not positive.

    Examples
    --------
    >>> knot_masses(0.037).round(6).tolist()[-3:]
    [0.033, 0.0363, 0.03993]
    """
    check_positive(highest=highest)
    light = np.geomspace(1e-6, _LIGHT, 9)
    heavy = _LIGHT * _KNOT_RATIO ** np.arange(1, np.log(highest / _LIGHT) / np.log(_KNOT_RATIO) + 1)
    return np.concatenate([light, heavy])


def bracket(knots: FloatArray, mass: float) -> tuple[float, float, float]:
    """The knots on both sides of a mass [GeV], and the weight of the upper one; beyond the ends, that of the end.

    Examples
    --------
    >>> bracket(np.array([1.0, 2.0, 4.0]), 2.5)
    (2.0, 4.0, 0.25)
    """
    upper = int(np.clip(np.searchsorted(knots, mass), 1, len(knots) - 1))
    low, high = float(knots[upper - 1]), float(knots[upper])
    return low, high, float(np.clip((mass - low) / (high - low), 0.0, 1.0))
