"""The scan in d: narrow islands and gaps, the ends of the grid, and the interpolation between masses."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.sky import scan


def bump(centre: float, width: float, height: float):
    return lambda d: height * np.exp(-((np.log(d / centre) / width) ** 2))


@pytest.mark.parametrize("shift", np.linspace(0.0, 1.0, 7))
def test_an_island_narrower_than_a_step_is_found(shift: float) -> None:
    # a step is a factor 1.47 in d; the island at most 1.31 wide
    step = np.log(scan.COUPLINGS[1] / scan.COUPLINGS[0])
    centre = scan.COUPLINGS[30] * np.exp(shift * step)
    (island,) = scan.excluded_intervals(bump(centre, 0.5, 1.08))
    half = 0.5 * np.sqrt(np.log(1.08))
    assert 2 * half < step
    assert island.low == pytest.approx(centre * np.exp(-half), rel=1e-3, abs=0)
    assert island.high == pytest.approx(centre * np.exp(half), rel=1e-3, abs=0)


def test_a_gap_narrower_than_a_step_is_found() -> None:
    gap = bump(np.sqrt(scan.COUPLINGS[30] * scan.COUPLINGS[31]), 0.4, 1.0)
    intervals = scan.excluded_intervals(lambda d: 1.1 - 0.2 * gap(d))
    assert len(intervals) == 2
    assert intervals[0].low == scan.COUPLINGS[0]
    assert intervals[1].high is None


def test_what_is_excluded_at_the_first_coupling_begins_there() -> None:
    (window,) = scan.excluded_intervals(lambda d: 1e-9 / d, np.geomspace(1e-12, 1e-6, 20))
    assert window.low == pytest.approx(1e-12, rel=1e-12, abs=0)
    assert window.high == pytest.approx(1e-9, rel=1e-4, abs=0)
