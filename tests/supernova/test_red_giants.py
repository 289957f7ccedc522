"""Red giants: the published line, the massless limit and the end at the plasma frequency."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from nudipole import units
from nudipole.inputs import tables
from nudipole.portal import Direction
from nudipole.supernova import red_giants
from nudipole.supernova.constraints import CONSTRAINTS

SOURCE = next(c for c in CONSTRAINTS if c.key == "red-giants")


def test_prototype_ratios() -> None:
    mass = np.array([5, 8, 10, 12, 15, 16, 17, 17.5]) * units.KEV
    expected = [1.012, 1.069, 1.162, 1.35, 2.23, 3.16, 6.1, 12.7]
    assert np.allclose(red_giants.limit_ratio(mass), expected, rtol=5e-3, atol=0)


def test_published_line_up_to_16_kev() -> None:
    published = tables.load("catalogue/published/red-giants.csv")
    use = published["mass_GeV"] <= 16.01e-6
    limit = SOURCE.limit(published["mass_GeV"][use], Direction("mu"), preset="brdar2020")
    assert use.sum() == 4
    assert np.allclose(limit.lower, published["d_low"][use], rtol=0.1, atol=0)


def test_nothing_above_the_plasma_frequency() -> None:
    limit = SOURCE.limit([20e-6, 1e-3], Direction("e"))
    assert limit.excluded == ((), ())


def test_massless_limit_is_the_bound_it_is_scaled_from() -> None:
    limit = SOURCE.limit([1e-9], Direction("tau"))
    assert limit.excluded[0][0].mu[0] == pytest.approx(1.2e-12, rel=1e-3, abs=0)
    assert limit.excluded[0][0].high is None


def test_massless_loss_is_the_neutrino_magnetic_moment_one() -> None:
    """Gamma = mu^2 K^4 Z / 24 pi omega with mu = 2 d (Raffelt 1996, Sec. 6.5)."""
    core = red_giants.Core()
    wp, heat = core.plasma_frequency, core.temperature

    def transverse(k: float) -> float:
        omega = np.hypot(k, wp)
        return 2 * k**2 / (2 * np.pi**2) * omega / np.expm1(omega / heat) * 4 * wp**4 / (24 * np.pi * omega)

    def longitudinal(k: float) -> float:
        invariant2 = wp**2 - k**2
        width = 4 * invariant2**2 * (wp**2 / invariant2) / (24 * np.pi * wp)
        return k**2 / (2 * np.pi**2) * wp / np.expm1(wp / heat) * width

    expected = quad(transverse, 0, 40 * heat, epsabs=0)[0] + quad(longitudinal, 0, wp * (1 - 1e-12), epsabs=0)[0]
    assert float(red_giants.energy_loss(0.0)) == pytest.approx(expected, rel=1e-6, abs=0)


def test_published_tail_lies_above_every_limit_of_plasmon_decay() -> None:
    published = tables.load("catalogue/published/red-giants.csv")
    tail = published["mass_GeV"] > 18e-6
    assert np.all(np.isinf(red_giants.limit_ratio(published["mass_GeV"][tail])))
    assert np.all(np.diff(published["d_low"]) > 0)
