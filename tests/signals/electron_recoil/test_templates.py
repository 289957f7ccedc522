"""Templates of a beam: long-lived N, prompt N and the flank in between, each in closed form for one energy."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.fluxes.flux import Flux, FluxComponent
from nudipole.portal import Direction
from nudipole.signals.electron_recoil import templates
from nudipole.signals.electron_recoil.card import SelectionSection
from nudipole.signals.electron_recoil.production import Beam, recoils_in_bins, recoils_of_any_size
from nudipole.signals.electron_recoil.showers import merged_fraction

ME = units.ELECTRON_MASS
EDGES = np.array([2.0, 2.2])  # narrow: N has one momentum
MASSES = np.array([0.05, 0.1])
LINE = FluxComponent("nu", np.array([20.0]), np.array([1.0]), np.diag([0.0, 1.0, 0.0]), lines=True)
BEAMS = [Beam(Flux("toy", (LINE,), per="POT"), 1e40)]
MU = Direction("mu")


def decay_rate(direction: Direction, mass: float, energy: float, d: np.ndarray) -> np.ndarray:
    """1/m of N with this energy."""
    width = float(direction.portal(mass, 1.0).width)
    return width * d**2 * units.METRE * mass / np.sqrt(energy**2 - mass**2)


@pytest.mark.parametrize("nature", ["dirac", "majorana"])
def test_n_leaves_as_the_exponential_of_its_own_momentum(nature: str) -> None:
    direction = Direction("mu", nature=nature)
    counts, made = recoils_in_bins(BEAMS, direction, MASSES, EDGES, SelectionSection(energy_GeV=EDGES.tolist()))
    found = templates.leaving(made, BEAMS, MASSES, direction, EDGES, 2.0, 5.0)
    for row, mass in enumerate(MASSES):
        energy = 20.0 - 2.1 + ME
        d = np.sqrt(np.array([1e-3, 0.1, 0.3]) / decay_rate(direction, mass, energy, np.ones(1)))  # decays a metre
        rate = decay_rate(direction, mass, energy, d)
        mean = np.exp(-rate * 5.0) * -np.expm1(-rate * 2.0) / (rate * 2.0)
        assert found[row].counts(d)[:, 0] == pytest.approx(counts[row, 0] * d**2 * mean, rel=0.01, abs=0)


@pytest.mark.parametrize("nature", ["dirac", "majorana"])
def test_prompt_n_merges_with_the_share_of_photons_in_the_bin(nature: str) -> None:
    direction, edges = Direction("mu", nature=nature), np.array([5.0, 15.0])
    showers = recoils_of_any_size(BEAMS, direction, MASSES, 5.0, 1.0)
    found = templates.merging(showers, BEAMS, MASSES, direction, edges, 1.0)
    (made,) = showers
    for row, mass in enumerate(MASSES):
        share = merged_fraction(
            made.cells.recoil, np.maximum(made.cells.hnl_energy[row], 1e-6), edges, nature == "majorana"
        )
        expected = np.sum(made.cells.rate[row][..., None] * share)
        prompt = found[row].counts(np.array([1.0]))[0, 0]
        photons = float(direction.portal(mass, 1.0).branching_ratios["nu gamma"])
        assert prompt == pytest.approx(expected * photons, rel=1e-6, abs=0)


def test_long_lived_n_merges_in_proportion_to_the_merging_length() -> None:
    showers = recoils_of_any_size(BEAMS, MU, MASSES, 2.0, 1.0)
    d = np.array([1e-9, 2e-9])
    short, long = (templates.merging(showers, BEAMS, MASSES, MU, EDGES, merge)[0].counts(d) for merge in (0.1, 0.3))
    assert long == pytest.approx(3.0 * short, rel=1e-6, abs=0)
    assert short[1] == pytest.approx(16.0 * short[0], rel=1e-6, abs=0)
