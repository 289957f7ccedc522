"""One exclusion curve of 200 masses for each kind of signal, and all recoil curves of the atlas.

Every round reads the card and builds its model anew; what belongs to the process (tables of fluxes and form factors) is
warm, as it is inside an atlas.
"""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import api
from nudipole.experiments import registry
from nudipole.experiments.experiment import Experiment

POINTS = 200
# counting; spectrum in one dimension; in two; photons of N; N from the Earth; collider
CARDS = {
    "conus-plus": "e",
    "lz-nees": "mu",
    "coherent-csi": "mu",
    "miniboone": "mu",
    "superk-atmospheric": "mu",
    "lep": "mu",
}


def curve(key: str, flavor: str) -> np.ndarray:
    """The lower edge between the lowest mass of the card (at least 1 keV) and threshold."""
    experiment = Experiment.from_file(registry.card_directory() / f"{key}.toml")
    masses = np.geomspace(*experiment.mass_range, POINTS)
    return experiment.limit(masses, api.direction(flavor)).lower


@pytest.mark.parametrize("key", CARDS)
def test_curve_of_200_masses(benchmark, key):
    lower = benchmark.pedantic(curve, (key, CARDS[key]), rounds=3, warmup_rounds=1)
    assert np.count_nonzero(np.isfinite(lower)) > POINTS // 2


def test_one_mass_of_a_loaded_experiment(benchmark):
    lower = benchmark(lambda: api.limit("conus-plus", "e", 1e-3).lower)
    assert np.all(lower > 0)


def recoil_atlas() -> int:
    """Curves of every recoil card, every flavour; how many."""
    count = 0
    for key in registry.card_keys():
        experiment = Experiment.from_file(registry.card_directory() / f"{key}.toml")
        if experiment.card.signal == "recoil":
            masses = np.geomspace(*experiment.mass_range, POINTS)
            for flavor in experiment.flavors:
                count += np.any(np.isfinite(experiment.limit(masses, api.direction(flavor)).lower))
    return int(count)


def test_all_recoil_curves(benchmark):
    assert benchmark.pedantic(recoil_atlas, rounds=1, warmup_rounds=0) > 30
