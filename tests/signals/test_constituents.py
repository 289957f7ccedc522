"""Targets one by one are the targets of the templates, and cells give the cross sections of the nodes."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.signals.constituents import constituents
from nudipole.signals.production import elastic_recoil, scatterers, states_on

MASS, ENERGY = np.array([0.15]), np.array([0.4, 1.0, 5.0, 30.0])


def _total(found, **options):
    return sum(s.number * states_on(s, ENERGY, MASS, **options).weight.reshape(4, -1).sum(axis=1) for s in found)


@pytest.mark.parametrize("channels", [("coherent",), ("incoherent",), ("electron",), ("dis",)])
def test_targets_one_by_one_are_those_of_the_template(channels):
    ours, theirs = (_total(find("crust", channels)) for find in (constituents, scatterers))
    assert ours == pytest.approx(theirs, rel=2e-3, abs=0)


@pytest.mark.parametrize("name", ["C12", "C12:p", "e-", "H1", "n"])
def test_cells_integrate_to_what_nodes_do(name):
    found = [s for s in constituents("CH2", ("coherent", "incoherent", "electron", "dis")) if s.name == name]
    assert _total(found, cells=48) == pytest.approx(_total(found, recoil_nodes=64), rel=3e-3, abs=0)


def test_shares_of_the_recoil_lie_between_its_limits():
    recoil, span, low, high = elastic_recoil(0.938, np.inf, 1.0 + np.zeros(3), 0.2, np.array([0.0, 0.5, 1.0]))
    assert recoil == pytest.approx([low[0], np.sqrt(low[0] * high[0]), high[0]], rel=1e-9, abs=0)
    assert np.exp(span[0]) == pytest.approx(high[0] / low[0], rel=1e-9, abs=0)
