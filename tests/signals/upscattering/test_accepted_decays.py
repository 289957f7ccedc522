"""Cells of s/p: every decay is in them once, and their exponentials are those of each N by itself."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.signals.template import SignalTemplate
from nudipole.signals.upscattering import accepted_decays
from nudipole.signals.upscattering.acceptance import STEP

FIRST, CELLS = 2.0, 9
EDGES = np.concatenate([[0.0], FIRST * np.exp(STEP * np.arange(CELLS))])
MOMENTA = 3.0 * np.exp(-STEP * np.arange(5))
RNG = np.random.default_rng(9)
PRODUCED = {name: RNG.exponential(1.0, (2, 2, 3, 5)) for name in ("oil", "soil")}
ACCEPTED = RNG.exponential(1.0, (2, 4, 3, 5))
MATTER = {name: RNG.exponential(1.0, (3, CELLS)) for name in ("oil", "soil")}


def test_importance_gives_every_column_of_the_fluence_the_same_sum():
    produced = {name: made.copy() for name, made in PRODUCED.items()}
    found = accepted_decays.importance(produced)
    assert found.sum() == pytest.approx(2.0, rel=1e-12, abs=0)
    number = PRODUCED["oil"][0] + PRODUCED["soil"][0]
    expected = number[0] / number[0].sum() + number[1] / number[1].sum()
    assert found == pytest.approx(expected, rel=1e-12, abs=0)
    for made in produced.values():
        made[:, 1] = 0.0
    assert accepted_decays.importance(produced).sum() == pytest.approx(1.0, rel=1e-12, abs=0)


def test_decays_are_production_times_photon_times_matter():
    found = accepted_decays.decays_by_distance(PRODUCED, ACCEPTED, MATTER)
    assert found.shape == (2, 4, 5, CELLS)
    for f, b, p, cell in [(0, 0, 0, 0), (1, 3, 4, 8), (0, 2, 3, 5)]:
        expected = sum(
            PRODUCED[name][k, f, t, p] * ACCEPTED[k, b, t, p] * MATTER[name][t, cell]
            for name in PRODUCED for k in range(2) for t in range(3)
        )  # fmt: skip
        assert found[f, b, p, cell] == pytest.approx(expected, rel=1e-12, abs=0)


def test_angles_and_momenta_without_n_add_nothing():
    produced = {name: made.copy() for name, made in PRODUCED.items()}
    produced["soil"][...] = 0.0
    produced["oil"][..., [0, 1, 4]] = 0.0
    matter = {"oil": MATTER["oil"] * np.array([[1.0], [0.0], [0.0]]), "soil": MATTER["soil"]}
    found = accepted_decays.decays_by_distance(produced, ACCEPTED, matter)
    expected = np.einsum("kfp,kbp->fbp", produced["oil"][:, :, 0], ACCEPTED[:, :, 0])[..., None] * matter["oil"][0]
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-300)


def test_exponentials_of_joined_cells_are_those_of_each_momentum():
    r"""sum over p and cells of m (exp(-kappa near/p) - exp(-kappa far/p)), before and after cells are added."""
    decays = accepted_decays.decays_by_distance(PRODUCED, ACCEPTED, MATTER)
    joined = accepted_decays.add_equal_ratios(decays)
    near, far = accepted_decays.ratio_edges(EDGES, MOMENTA)
    assert joined.shape[-1] == len(near) == len(far) == 2 * 5 + CELLS - 2
    assert joined.sum(axis=-1) == pytest.approx(decays.sum(axis=(2, 3)), rel=1e-12, abs=0)
    visible, kappa = 0.7, 2.0
    for d in (0.01, 0.4, 2.0):
        template = SignalTemplate.from_nodes(joined[1].T, kappa, near, far, visible, 1.0, 0.0)
        rate = kappa * d**2 / MOMENTA[:, None]
        inside = np.exp(-rate * EDGES[:-1]) - np.exp(-rate * EDGES[1:])
        expected = visible * d**2 * np.einsum("bpc,pc->b", decays[1], inside)
        assert template.counts(d) == pytest.approx(expected, rel=1e-9, abs=0)
