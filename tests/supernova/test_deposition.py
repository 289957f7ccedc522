"""Energy left in low-energy supernovae."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.portal import Direction
from nudipole.supernova import deposition, emission, luminosity
from nudipole.supernova.emission import Star


def rays(mass: float, potential: str | float = "none", flavor: str = "mu") -> luminosity.Escape:
    star = Star("analytic", potential, degenerate_km=1e3, gravity=False)
    return luminosity.escape(emission.rates(star, mass, Direction(flavor)), 100.0)


def lowest(escape: luminosity.Escape) -> float:
    d = np.geomspace(1e-12, 1e-7, 301)
    return float(d[np.argmax(deposition.deposited_energy(escape, d) > deposition.LIMIT_ERG)])


@pytest.mark.parametrize(
    ("mass", "edge"),
    [(1e-3, 1.1e-9), (3e-3, 3.5e-10), (0.01, 1.1e-10), (0.03, 5e-11), (0.1, 4.5e-11), (0.2, 5.6e-11), (0.3, 1.3e-10)],
)
def test_lower_edges_of_the_prototype(mass: float, edge: float) -> None:
    assert lowest(rays(mass)) == pytest.approx(edge, rel=0.2, abs=0)


@pytest.mark.parametrize(("mass", "edge"), [(1e-3, 4e-10), (0.01, 4e-11), (0.1, 6.3e-12), (0.3, 1.4e-11)])
def test_degenerate_neutrinos_reach_the_published_1e_11(mass: float, edge: float) -> None:
    assert lowest(rays(mass, 150.0, "e")) == pytest.approx(edge, rel=0.2, abs=0)


def test_weak_coupling_deposits_with_the_fourth_power() -> None:
    low, high = deposition.deposited_energy(rays(0.01), [1e-12, 2e-12])
    assert high / low == pytest.approx(16.0, rel=1e-2, abs=0)


def test_deposit_never_exceeds_half_of_what_escapes() -> None:
    escape = rays(0.1)
    d = np.geomspace(1e-12, 1e-7, 30)
    carried = escape.luminosity(d) * deposition.EMISSION_SECONDS
    energy = deposition.deposited_energy(escape, d)
    assert np.all(energy <= 0.5 * carried * (1 + 1e-12))
    assert energy[10] > 0
    assert units.ERG > 0
