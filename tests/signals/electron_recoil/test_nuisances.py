"""Which bins a pull moves, and by how much."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.inference.likelihood import Pull
from nudipole.inputs.cards import Nuisance
from nudipole.signals.electron_recoil.nuisances import moved_bins, sample_shifts, signal_shifts

BEAMS = ("fhc", "rhc")
CARD = [
    Nuisance(name="flux", sigma=0.1),
    Nuisance(name="rhc", sigma=0.2, affects="neutrinos:rhc"),
    Nuisance(name="theory", sigma=0.3, affects="signal"),
    Nuisance(name="dirt", sigma=0.4, affects="background:dirt"),
]
PULLS = [*(Pull(n.name) for n in CARD), Pull("background.toy.dirt")]


def test_a_pull_moves_every_bin_or_those_of_one_beam() -> None:
    assert moved_bins("neutrinos", BEAMS, 3).tolist() == [1.0] * 6
    assert moved_bins("signal", BEAMS, 3).tolist() == [1.0] * 6
    assert moved_bins("neutrinos:fhc", BEAMS, 3).tolist() == [1.0] * 3 + [0.0] * 3
    assert moved_bins("neutrinos:rhc", BEAMS, 1).tolist() == [0.0, 1.0]
    assert not moved_bins("background:fhc", BEAMS, 3).any()


def test_the_signal_moves_with_all_but_the_backgrounds() -> None:
    shifts = signal_shifts(CARD, PULLS, BEAMS, 1)
    assert shifts is not None
    expected = [[0.1, 0.1], [0.0, 0.2], [0.3, 0.3], [0.0, 0.0], [0.0, 0.0]]
    assert shifts[0] == pytest.approx(np.array(expected), rel=1e-12, abs=0)
    assert signal_shifts([], [], BEAMS, 1) is None


def test_the_sample_moves_with_the_neutrinos_alone() -> None:
    sample = np.array([10.0, 20.0, 30.0, 40.0])
    shifts = sample_shifts(CARD, PULLS, BEAMS, sample)
    expected = [0.1 * sample, [0.0, 0.0, 6.0, 8.0], np.zeros(4), np.zeros(4), np.zeros(4)]
    assert shifts == pytest.approx(np.array(expected), rel=1e-12, abs=0)
