"""Events: in memory, into Parquet and into HepMC3, for MiniBooNE at M = 0.15 GeV, with set-up apart.

DarkNews 0.4.8 on the same point, on two shared cores: 4,500 weighted events a second, about
1,800 effective ones, 653 MB for 2.8e5 events (its photon width is half of the right one).
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import pytest

from nudipole.generator import run
from nudipole.generator.table import joined

POINT = ("miniboone", 0.15, 1e-6, "mu")


def _sampler():
    order = run.order_for(*POINT)
    _, sampler = order.sampler()
    block = run.block(sampler, order, 0)
    return order, sampler, block


def test_setting_up(benchmark):
    benchmark.pedantic(_sampler, rounds=1, iterations=1)


def test_a_million_events_in_memory(benchmark):
    order, sampler, _ = _sampler()

    def make():
        start = time.process_time()
        for index in range(61):
            run.block(sampler, order, index)
        return 61 * 16384 / (time.process_time() - start)

    speed = benchmark.pedantic(make, rounds=1, iterations=1)
    benchmark.extra_info["events_per_cpu_second"] = speed


@pytest.mark.parametrize(
    ("name", "number"), [("parquet", 500_000), ("hepmc3", 10_000), ("csv", 10_000), ("hepevt", 10_000)]
)
def test_events_into_a_file(benchmark, tmp_path, name, number):
    def make():
        start = time.process_time()
        run.generate(*POINT, number, format=name, out=tmp_path / f"events.{name}")
        return number / (time.process_time() - start)

    benchmark.extra_info["events_per_cpu_second"] = benchmark.pedantic(make, rounds=1, iterations=1)


def test_memory_is_flat(benchmark, tmp_path):
    """Largest resident memory [MB] of a process that writes ten million events."""
    code = (
        "import sys, resource; from nudipole.generator import run;"
        f"run.generate({', '.join(repr(v) for v in POINT)}, int(sys.argv[1]), out=sys.argv[2]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )

    def make(number):
        out = str(tmp_path / "events.parquet")
        return float(
            subprocess.run(
                [sys.executable, "-c", code, str(number), out], capture_output=True, text=True, check=True
            ).stdout
        )

    small, large = make(200_000), benchmark.pedantic(make, args=(10_000_000,), rounds=1, iterations=1)
    benchmark.extra_info["megabytes"] = large
    assert large < 400
    assert large < 1.3 * small


def test_streams_are_as_the_whole():
    order = run.order_for(*POINT)
    assert len(joined(run.stream(order, 100_000))) == 100_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
