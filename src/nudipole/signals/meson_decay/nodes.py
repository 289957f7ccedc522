"""Sampled meson decays gathered into few nodes of a template, and their interpolation in the mass of N.

Events are made at some masses. In between, the share of N that is seen is linear in M; how many N each decay makes is taken
at the mass itself, because near a threshold it lies far below any chord.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nudipole.signals.template import merge_nodes

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


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
