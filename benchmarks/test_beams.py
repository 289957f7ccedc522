"""N made in beams: cross sections a point, widths of mesons, and one exclusion curve for each way of seeing N.

What a peer needs for the same point is quoted beside the figures in docs/benchmarks.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from nudipole import api
from nudipole.catalogue import registry
from nudipole.catalogue.experiment import Experiment
from nudipole.matter import targets
from nudipole.processes.decays import hnl_decay
from nudipole.processes.mesons import meson
from nudipole.processes.mesons.phase_space import legendre
from nudipole.processes.scattering import deep_inelastic, moments, upscattering_total

POINTS = 200
# smeared photons of N in tank and soil; pairs in gas; deep-inelastic events after oscillation; mesons; electron recoils
CURVES = ("miniboone", "t2k-nd280", "dune-fd", "ship-main", "faser2", "facet", "charm-ii", "fasernu")
# the dearest first curves, each in a process of its own
FRESH = (
    "minerva",
    "t2k-nd280",
    "t2k-ii",
    "miniboone",
    "miniboone-roi",
    "borexino-superk-earth",
    "faser2",
    "sbnd",
    "charm-ii",
)
BOUND = 1.0  # CPU seconds, the goal for any first curve of 200 masses
PROCESS = """
import json, sys, time
import numpy as np
from nudipole import api
from nudipole.catalogue import registry
experiment, points = registry.get(sys.argv[1]), int(sys.argv[2])
from nudipole.signals import SIGNALS
SIGNALS[experiment.card.signal]
masses, seconds = np.geomspace(*experiment.mass_range, points), []
for _ in range(2):
    start = time.process_time()
    experiment.limit(masses, api.direction("mu"))
    seconds.append(time.process_time() - start)
print(json.dumps(seconds))
"""
BEAMS = ("upscatter-decay", "meson-decay", "electron-recoil-beam", "envelope", "earth")
ENERGIES = np.geomspace(0.5, 50.0, 10_000)


def _open(key: str) -> Experiment:
    return Experiment.from_file(registry.card_directory() / f"{key}.toml")


# --- cross sections and widths ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("target", ["C12", "p", "Ar40"])
def test_upscattering_at_10000_energies(benchmark, target):
    table = moments.of(target)
    totals = benchmark(lambda: table.total(ENERGIES, 0.1))
    assert np.all(totals > 0)


def test_incoherent_upscattering_at_10000_energies(benchmark):
    """Bound protons with Pauli blocking, by the moments of their structure functions."""
    table = moments.FormFactorMoments(targets.bound_nucleons(targets.isotopes.get("C12"), "p"))
    totals = benchmark(lambda: table.total(ENERGIES, 0.1))
    direct = upscattering_total.total_cross_section(targets.bound_nucleons(targets.isotopes.get("C12"), "p"), 1.0, 0.1)
    assert float(table.total(1.0, 0.1)) == pytest.approx(float(direct), rel=1e-4, abs=0)
    assert np.all(totals > 0)


def test_deep_inelastic_at_10000_energies(benchmark):
    energies = np.geomspace(5.0, 1000.0, 10_000)
    deep_inelastic.total(10.0, 0.1)  # tables F_2
    totals = benchmark.pedantic(deep_inelastic.total, (energies, 0.1), rounds=5, warmup_rounds=1)
    assert np.all(totals > 0)


def test_width_of_n_at_10000_masses(benchmark):
    masses = np.geomspace(1e-3, 1.0, 10_000)
    assert np.all(benchmark(hnl_decay.total_width, masses) > 0)


@pytest.mark.parametrize("parent", ["pi0", "phi", "K"])
def test_every_channel_of_a_meson(benchmark, parent):
    legendre(24)
    assert benchmark(meson.decay_channels, parent, 0.05)


def test_boosted_spectrum_of_a_meson(benchmark):
    parents = meson.LabNodes(np.geomspace(1.0, 100.0, 20), np.full(20, 0.01), np.ones(20))
    nodes = benchmark(meson.lab_spectrum, parents, "pi0", "gamma nu N", 0.05)
    assert nodes.weight.sum() == pytest.approx(20 * meson.branching_ratio("pi0", "gamma nu N", 0.05), rel=1e-3, abs=0)


# --- curves ---------------------------------------------------------------------------------------------------------------
def _curve(experiment: Experiment, flavor: str = "mu") -> np.ndarray:
    return experiment.limit(np.geomspace(*experiment.mass_range, POINTS), api.direction(flavor)).lower


@pytest.mark.parametrize("key", CURVES)
def test_first_curve_of_200_masses(benchmark, key):
    """Reads the card and builds the model: geometry, and the final states of all flavours."""
    lower = benchmark.pedantic(lambda: _curve(_open(key)), rounds=3, warmup_rounds=1)
    assert np.any(np.isfinite(lower))


@pytest.mark.parametrize("key", FRESH)
def test_first_curve_of_a_process(benchmark, key):
    """Nothing but modules is there before: tables, cross sections and oscillation are read and made as well."""
    found = []

    def process() -> None:
        command = [sys.executable, "-W", "ignore", "-c", PROCESS, key, str(POINTS)]
        settings = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "OPENBLAS_NUM_THREADS": "1"}
        found.append(json.loads(subprocess.run(command, check=True, capture_output=True, env=settings).stdout))

    benchmark.pedantic(process, rounds=3, warmup_rounds=1)
    first, again = np.min(found, axis=0)
    benchmark.extra_info |= {"first_cpu_s": round(first, 2), "again_cpu_s": round(again, 2)}
    assert first < BOUND


@pytest.mark.parametrize("key", ["miniboone", "facet"])
def test_curve_of_another_flavour(benchmark, key):
    """The model is there and knows its final states."""
    experiment = _open(key)
    _curve(experiment, "e")
    lower = benchmark.pedantic(_curve, (experiment,), rounds=3, warmup_rounds=0)
    assert np.any(np.isfinite(lower))


def beam_atlas() -> int:
    """Curves of every card of N from beams, air and rock, every flavour; how many."""
    count = 0
    for key in registry.card_keys():
        experiment = _open(key)
        if experiment.card.signal in BEAMS:
            count += sum(bool(np.any(np.isfinite(_curve(experiment, f)))) for f in experiment.flavors)
    return count


def test_all_beam_curves(benchmark):
    assert benchmark.pedantic(beam_atlas, rounds=1, warmup_rounds=0) > 60
