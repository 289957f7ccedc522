"""A cooling curve of 50 masses: nothing remembered from an earlier curve."""

from __future__ import annotations

import time

import numpy as np

from nudipole import api
from nudipole.catalogue import registry
from nudipole.supernova import emission

BOUND = 60.0  # CPU seconds


def forget() -> None:
    for memory in (emission._rates, emission._booked_rates, emission._slow_rate):
        memory.cache_clear()


def curve(seconds: list[float]) -> np.ndarray:
    start = time.process_time()
    lower = registry.get("sn1987a").limit(np.geomspace(1e-4, 0.4, 50), api.direction("e"), cl=0.949).lower
    seconds.append(time.process_time() - start)
    return lower


def test_first_curve_of_fifty_masses(benchmark):
    seconds: list[float] = []
    lower = benchmark.pedantic(curve, (seconds,), setup=forget, rounds=1)
    assert np.count_nonzero(np.isfinite(lower)) > 25
    assert min(seconds) < BOUND
