"""One exclusion curve of 200 masses for each kind of signal and every recoil card, and all recoil curves of the atlas.

``first``: a fresh process with the package's modules imported, nothing else: the call reads tables, makes fluxes and the
detector's response, then the curve. ``anew``: the card is read and its model built anew; what belongs to the process
(tables of fluxes and form factors) is warm, as it is inside an atlas. ``again``: the experiment exists. ``first`` is in
CPU milliseconds (``extra_info``), for the process pays for its own start too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.integrate import dblquad

from nudipole import api
from nudipole.catalogue import registry
from nudipole.catalogue.experiment import Experiment
from nudipole.kinematics import minimum_neutrino_energy
from nudipole.processes.scattering import upscattering

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
RECOILS = [k for k in registry.card_keys() if getattr(getattr(registry.get(k), "card", None), "signal", "") == "recoil"]
FIRST = """
import json, sys, time
import numpy as np
from nudipole import api, units
from nudipole.catalogue import registry
key, points = sys.argv[1], int(sys.argv[2])
constraint = registry.get(key)
from nudipole.signals import SIGNALS
SIGNALS[constraint.card.signal]
import scipy.interpolate
units.particle_mass("pi+")
masses = np.geomspace(1e-6, 5e-3, points)
flavor = "mu" if key.startswith("coherent") else "e"
seconds = []
for _ in range(2):
    start = time.process_time()
    constraint.limit(masses, api.direction(flavor))
    seconds.append(time.process_time() - start)
print(json.dumps(seconds))
"""


def curve(key: str, flavor: str) -> np.ndarray:
    """The lower edge between the lowest mass of the card (at least 1 keV) and threshold."""
    experiment = Experiment.from_file(registry.card_directory() / f"{key}.toml")
    masses = np.geomspace(*experiment.mass_range, POINTS)
    return experiment.limit(masses, api.direction(flavor)).lower


@pytest.mark.parametrize("key", RECOILS)
def test_first_and_second_curve_of_a_process(benchmark, key):
    found = []

    def process() -> None:
        command = [sys.executable, "-c", FIRST, key, str(POINTS)]
        compiled = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}  # as installed: sources are not compiled anew
        found.append(json.loads(subprocess.run(command, check=True, capture_output=True, env=compiled).stdout))

    benchmark.pedantic(process, rounds=5, warmup_rounds=1)
    first, again = 1e3 * np.min(found, axis=0)
    benchmark.extra_info |= {"first_cpu_ms": round(first, 1), "again_cpu_ms": round(again, 1)}
    assert again <= 1.5 * first


@pytest.mark.parametrize("key", RECOILS)
def test_curve_of_a_loaded_recoil_search(benchmark, key):
    experiment = registry.get(key)
    masses = np.geomspace(*experiment.mass_range, POINTS)
    direction = api.direction(experiment.flavors[0])
    assert len(benchmark(lambda: experiment.limit(masses, direction).lower)) == POINTS


@pytest.mark.parametrize("key", CARDS)
def test_curve_of_200_masses(benchmark, key):
    lower = benchmark.pedantic(curve, (key, CARDS[key]), rounds=3, warmup_rounds=1)
    assert np.count_nonzero(np.isfinite(lower)) > POINTS // 2


def test_one_mass_of_a_loaded_experiment(benchmark):
    lower = benchmark(lambda: api.limit("conus-plus", "e", 1e-3).lower)
    assert np.all(lower > 0)


def test_counts_of_one_mass_by_dblquad(benchmark):
    """What one mass of the simplest card costs scipy: GEMMA, electrons in one window, folded with reactor neutrinos."""
    model, mass, direction = registry.get("gemma").model(), 1e-3, api.direction("e")
    response, (channel,) = model.response.for_electrons(), model.channels
    energies = np.unique(np.concatenate([c.energy for c in model.flux.components]))
    intensity = sum(np.interp(energies, c.energy, c.effective(direction), 0.0, 0.0) for c in model.flux.components)

    def integrand(energy: float, recoil: float) -> float:
        cross = upscattering.electron_energy_coefficients(recoil, mass) @ energy ** -np.arange(3.0)
        seen = float(response.matrix(recoil)[0, 0]) * float(channel._electrons(np.array([recoil]))[0])
        return float(cross) * seen * float(np.interp(energy, energies, intensity))

    def lowest(recoil: float) -> float:
        return min(max(float(minimum_neutrino_energy(recoil, mass, channel.mass)), energies[0]), energies[-1])

    def counts() -> float:
        return dblquad(integrand, *response.edges, lowest, energies[-1], epsrel=1e-3, epsabs=0)[0]

    ours = model.signal(np.array([mass]), direction).per_d2.sum()
    assert benchmark.pedantic(counts, rounds=1, warmup_rounds=0) == pytest.approx(ours, rel=2e-2, abs=0)  # sharp shells


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
