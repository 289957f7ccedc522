"""Tabulated distributions are drawn as their content, also where most of it is in few cells."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from nudipole.errors import DomainError
from nudipole.generator.sampling.choice import Choice


@pytest.mark.parametrize("flatness", [0.0, 0.5])
def test_cells_are_drawn_in_proportion(flatness):
    rng = np.random.default_rng(5)
    content = rng.random(400) ** 12
    content[::7] = 0.0
    cell, weight = Choice.of(content, flatness).draw(rng.random(200_000))
    assert np.all(content[cell] > 0)
    got, error = np.bincount(cell, weight, 400) / 200_000, np.sqrt(np.bincount(cell, weight**2, 400)) / 200_000
    wanted = content / content.sum()
    seen = error > 0
    pulls = (got - wanted)[seen] / error[seen]
    filled = np.bincount(cell, minlength=400)[seen] > 30
    assert stats.kstest(pulls[filled], "norm").pvalue > 1e-4
    assert weight.mean() == pytest.approx(1.0, abs=0.02)


def test_flat_draws_fill_the_tails():
    content = np.geomspace(1.0, 1e-12, 60)
    cell, _ = Choice.of(content, 0.5).draw(np.random.default_rng(1).random(100_000))
    plain, _ = Choice.of(content).draw(np.random.default_rng(1).random(100_000))
    assert np.sum(cell > 30) > 5 * np.sum(plain > 30)


def test_nothing_cannot_be_drawn_from():
    with pytest.raises(DomainError, match="nothing to draw"):
        Choice.of(np.zeros(4))
