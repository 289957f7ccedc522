"""The main job: all recoil keys with figures, the whole atlas, one figure."""

from __future__ import annotations

import time

import pytest

from nudipole.catalogue import registry
from nudipole.compilation import run, store, tasks
from nudipole.plot import pages as drawing

RECOIL = tuple(key for key in registry.card_keys() if registry.get(key).card.signal in ("recoil", "combination"))


@pytest.fixture(scope="module")
def recoils(tmp_path_factory):
    return run.atlas(tmp_path_factory.mktemp("recoils"), only=(*RECOIL, "lsnd"))


def test_recoil_atlas_with_figures(benchmark, tmp_path):
    """Every recoil key and flavour, 200 masses, figures, tables and comparisons."""
    found = benchmark.pedantic(run.atlas, (tmp_path,), {"only": (*RECOIL, "lsnd")}, rounds=1)
    assert len(found.limits) > 80
    assert (tmp_path / "figures" / "fig3.pdf").stat().st_size > 0


def test_whole_atlas(benchmark, tmp_path):
    found = benchmark.pedantic(run.atlas, (tmp_path,), rounds=1)
    assert len(found.limits) > 200


def test_one_figure_in_three_formats(benchmark, recoils, tmp_path):
    benchmark.pedantic(drawing.draw, (tmp_path, "fig3", recoils.limits), rounds=3, warmup_rounds=1)


def test_seconds_of_each_task(benchmark):
    """Where the time of the atlas goes."""
    seconds = {}

    def every() -> None:
        for key in registry.all_keys():
            start = time.process_time()
            tasks.run(key, tasks.Settings())
            seconds[key] = round(time.process_time() - start, 2)

    benchmark.pedantic(every, rounds=1)
    benchmark.extra_info |= dict(sorted(seconds.items(), key=lambda pair: -pair[1]))
    assert store.fingerprint("atlas")
