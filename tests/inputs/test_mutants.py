"""Fuzzing of cards and tables: refused in one line or evaluated to numbers, quickly and in little memory."""

from __future__ import annotations

import pytest

from tests.inputs import mutants


def test_mutants_are_refused_or_evaluated(tmp_path):
    tally = mutants.sweep(tmp_path, 150, seed=1, keys=("superk-solar", "conus-plus", "dresden-ii", "ship-mesons"))
    assert min(tally.values()) > 15  # the sweep neither refuses everything nor lets everything pass


@pytest.mark.validation
@pytest.mark.parametrize("seed", range(8))
def test_thousands_of_mutants(tmp_path, seed):
    tally = mutants.sweep(tmp_path, 400, seed=100 + seed, keys=(*mutants.KEYS, *mutants.SLOW_KEYS))
    assert min(tally.values()) > 40
