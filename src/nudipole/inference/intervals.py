"""Excluded intervals of a coupling from a level that is positive where it is excluded: scans, islands, edges."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from nudipole.constraint import Interval

FloatArray = npt.NDArray[np.float64]
Excess = Callable[[npt.NDArray[np.intp], FloatArray], FloatArray]
# couplings scanned where the signal is not proportional to d^2 [GeV^-1]
D_SCAN = np.geomspace(1e-12, 1e1, 105)
_EDGE, _MOST_STEPS = 1e-5, 60  # of edges, in ln d
_PROMINENT = 1e-6  # smallest rise of a level that counts as an extremum
_ISLAND_ROUNDS, _ISLAND_POINTS = 4, 9  # about an extremum between two nodes


def with_islands(d: FloatArray, level: FloatArray, excess: Excess) -> tuple[FloatArray, FloatArray]:
    """The scan with the extrema between its nodes: islands and gaps narrower than its steps then show.

    Where a node is the highest of its neighbours and not excluded, or the lowest and excluded, the extremum nearby is
    found and joins the scan.

    Parameters
    ----------
    d, level : ndarray (masses, couplings)
        Increasing couplings, and what is positive where they are excluded.
    excess : callable
        Rows (n,) and couplings (n, k) -> level there (n, k).
    """
    out = level[:, 1:-1] > 0
    sign = np.where(out, -1.0, 1.0)
    here, left, right = (sign * level[:, 1 + s : level.shape[1] - 1 + s] for s in (0, -1, 1))
    with np.errstate(invalid="ignore"):
        extreme = (here >= left) & (here >= right) & (here - np.minimum(left, right) > _PROMINENT) & np.isfinite(here)
    row, node = np.nonzero(extreme)
    if not row.size:
        return d, level
    side, node = sign[row, node], node + 1
    low, high = d[row, node - 1], d[row, node + 1]
    place, value = d[row, node], level[row, node]
    for _ in range(_ISLAND_ROUNDS):
        grid = np.geomspace(low, high, _ISLAND_POINTS, axis=1)
        fine = excess(row, grid)
        best = np.argmax(side[:, None] * fine, axis=1)
        every = np.arange(row.size)
        better = side * fine[every, best] > side * value
        place = np.where(better, grid[every, best], place)
        value = np.where(better, fine[every, best], value)
        low, high = grid[every, np.maximum(best - 1, 0)], grid[every, np.minimum(best + 1, _ISLAND_POINTS - 1)]
    crossed = (value > 0) != (level[row, node] > 0)
    row, place, value = row[crossed], place[crossed], value[crossed]
    if not row.size:
        return d, level
    number = np.arange(row.size) - np.searchsorted(row, row)
    extra = np.repeat(d[:, :1], number.max() + 1, axis=1)
    extra_level = np.repeat(level[:, :1], number.max() + 1, axis=1)
    extra[row, number], extra_level[row, number] = place, value
    d, level = np.column_stack([d, extra]), np.column_stack([level, extra_level])
    order = np.argsort(d, axis=1, kind="stable")
    return np.take_along_axis(d, order, 1), np.take_along_axis(level, order, 1)


def crossings(d: FloatArray, level: FloatArray, excess: Excess) -> tuple[tuple[Interval, ...], ...]:
    """Intervals of d where ``level`` > 0, for many masses at once: each edge to 1e-5.

    Parameters
    ----------
    d, level : ndarray (masses, couplings)
        Increasing couplings, and what is positive where they are excluded.
    excess : callable
        Rows (n,) and couplings (n, k) -> level there (n, k).

    Returns
    -------
    tuple
        Intervals of each mass, open above only if the last coupling is excluded.
    """
    d, level = with_islands(d, level, excess)
    outside = ~(level > 0)
    row, edge = np.nonzero(outside[:, :-1] != outside[:, 1:])
    ends = (np.log(d[row, edge]), np.log(d[row, edge + 1]))
    found = _roots(*ends, level[row, edge], level[row, edge + 1], lambda i, x: excess(row[i], np.exp(x)[:, None])[:, 0])
    result = []
    for index, closed in enumerate(outside[:, 0]):
        bounds = [*([] if closed else [0.0]), *np.exp(found[row == index]).tolist()]
        highs = [*bounds[1::2], None]
        result.append(tuple(Interval(low, high) for low, high in zip(bounds[::2], highs, strict=False)))
    return tuple(result)


def _roots(
    one: FloatArray,
    other: FloatArray,
    f_one: FloatArray,
    f_other: FloatArray,
    function: Callable[[npt.NDArray[np.intp], FloatArray], FloatArray],
) -> FloatArray:
    """Roots between ``one`` and ``other``, where signs differ, to :data:`_EDGE`: Chandrupatla's method, all at once.

    Adv. Eng. Software 28 (1997) 145: inverse quadratic interpolation where it is safe, bisection elsewhere (also where a
    value is infinite).
    """
    rows, root = np.arange(len(one)), np.array(one)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = f_one / (f_one - f_other)
        for _ in range(_MOST_STEPS):
            if not rows.size:
                break
            least = _EDGE / np.abs(other - one)
            x = one + np.clip(np.where(np.isfinite(share), share, 0.5), least, 1.0 - least) * (other - one)
            f = function(rows, x)
            same = (f > 0) == (f_one > 0)
            third, f_third = np.where(same, one, other), np.where(same, f_one, f_other)
            other, f_other = np.where(same, other, one), np.where(same, f_other, f_one)
            one, f_one = x, f
            root[rows] = np.where(np.abs(f_other) < np.abs(f), other, x)
            xi, phi = (one - other) / (third - other), (f_one - f_other) / (f_third - f_other)
            smooth = (phi**2 < xi) & ((1.0 - phi) ** 2 < 1.0 - xi)
            inverse = f_one / (f_other - f_one) * f_third / (f_other - f_third) + (third - one) / (
                other - one
            ) * f_one / (f_third - f_one) * f_other / (f_third - f_other)
            share = np.where(smooth, inverse, 0.5)
            keep = np.abs(other - one) > 2.0 * _EDGE
            rows, share, one, other = rows[keep], share[keep], one[keep], other[keep]
            f_one, f_other = f_one[keep], f_other[keep]
    return root
