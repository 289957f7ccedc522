"""Red giants: the published line, the massless limit and the end at the plasma frequency."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from nudipole import units
from nudipole.inputs import tables
from nudipole.portal import Direction
from nudipole.supernova import red_giants
from nudipole.supernova.constraints import CONSTRAINTS

SOURCE = next(c for c in CONSTRAINTS if c.key == "red-giants")


def test_relativistic_electrons_let_heavier_photons_decay() -> None:
    # the non-relativistic ratios of an earlier prototype, 3.16 at 16 keV and 6.1 at 17, and its wall at 17.94 keV
    core = red_giants.Core()
    assert core.fermi_velocity == pytest.approx(0.63, abs=0.01)
    assert core.largest_mass == pytest.approx(18.7 * units.KEV, rel=5e-3, abs=0)
    stronger = np.array([3.16, 6.1]) / red_giants.limit_ratio(np.array([16, 17]) * units.KEV)
    assert np.allclose(stronger, [1.18, 1.44], rtol=0.01, atol=0)
    assert np.isfinite(red_giants.limit_ratio(18.6 * units.KEV))


@pytest.mark.parametrize("mass", [0.0, 10.0, 17.0, 18.2])
def test_energy_loss_against_roots_and_residues_of_the_dispersion_itself(mass: float) -> None:
    """omega(k) by root finding and Z by differentiating the polarisation functions, no code of the package."""
    core = red_giants.Core()
    wp, v, heat = 1.0, core.fermi_velocity, core.temperature / core.plasma_frequency
    m2 = (mass * units.KEV / core.plasma_frequency) ** 2

    def logarithm(w: float, k: float) -> float:
        return float(np.log((w + v * k) / (w - v * k)))

    def transverse(w: float, k: float) -> float:
        return 1.5 * wp**2 * w**2 / (v * k) ** 2 * (1 - (w**2 - (v * k) ** 2) / (2 * v * w * k) * logarithm(w, k))

    def longitudinal(w: float, k: float) -> float:
        return 3 * wp**2 / v**2 * (w / (2 * v * k) * logarithm(w, k) - 1)

    def loss(k: float, w: float, residue: float) -> float:
        invariant2 = w**2 - k**2
        if invariant2 <= m2:
            return 0.0
        width = residue * (invariant2 - m2) ** 2 * (invariant2 + 2 * m2) / (6 * np.pi * invariant2)
        return float(k**2 / (2 * np.pi**2) / np.expm1(w / heat) * width)

    def of_transverse(k: float) -> float:
        w = brentq(lambda x: x**2 - k**2 - transverse(x, k), np.hypot(k, 0.999), np.hypot(k, 1.2), xtol=1e-14)
        step = 1e-5 * w
        slope = (transverse(w + step, k) - transverse(w - step, k)) / (4 * step * w)
        return 2 * loss(k, w, 1 / (1 - slope))

    def of_longitudinal(k: float) -> float:
        w = brentq(lambda x: k**2 - longitudinal(x, k), max(v * k * (1 + 1e-9), 0.5), 3.0, xtol=1e-14)
        step = 1e-5 * w
        slope = (longitudinal(w + step, k) - longitudinal(w - step, k)) / (4 * step * w)
        return loss(k, w, -(k**2) / (w**2 - k**2) / slope) if w > k else 0.0

    expected = quad(of_transverse, 1e-3, 30, epsabs=0, epsrel=1e-6, limit=400, points=[0.5, 1, 2, 5])[0]
    if m2 < 1:
        last = brentq(lambda k: k**2 - longitudinal(np.sqrt(k**2 + max(m2, 1e-8)), k), 1e-2, 2.0)
        expected += quad(of_longitudinal, 1e-3, last * (1 - 1e-6), epsabs=0, epsrel=1e-6, limit=400)[0]
    found = float(red_giants.energy_loss(mass * units.KEV)) / core.plasma_frequency**7
    assert found == pytest.approx(expected, rel=1e-5, abs=0)


def test_conservative_preset_leaves_what_stellar_models_leave() -> None:
    limit = SOURCE.limit([1e-9], Direction("mu"), preset="conservative")
    assert limit.excluded[0][0].mu[0] == pytest.approx(6e-12, rel=1e-3, abs=0)


def test_published_line_up_to_16_kev() -> None:
    published = tables.load("catalogue/published/red-giants.csv")
    use = published["mass_GeV"] <= 16.01e-6
    limit = SOURCE.limit(published["mass_GeV"][use], Direction("mu"), preset="brdar2020")
    assert use.sum() == 4
    assert np.allclose(limit.lower, published["d_low"][use], rtol=0.1, atol=0)


def test_nothing_above_the_largest_photon_mass() -> None:
    limit = SOURCE.limit([20e-6, 1e-3], Direction("e"))
    assert limit.excluded == ((), ())


def test_massless_limit_is_the_bound_it_is_scaled_from() -> None:
    limit = SOURCE.limit([1e-9], Direction("tau"))
    assert limit.excluded[0][0].mu[0] == pytest.approx(1.2e-12, rel=1e-3, abs=0)
    assert limit.excluded[0][0].high is None


def test_electrons_at_rest_give_the_neutrino_magnetic_moment_loss() -> None:
    """Gamma = mu^2 K^4 Z / 24 pi omega with mu = 2 d (Raffelt 1996, Sec. 6.5), at a density where v_F is small."""
    core = red_giants.Core(density=3.0)
    wp, heat = core.plasma_frequency, core.temperature

    def transverse(k: float) -> float:
        omega = np.hypot(k, wp)
        return 2 * k**2 / (2 * np.pi**2) * omega / np.expm1(omega / heat) * 4 * wp**4 / (24 * np.pi * omega)

    expected = quad(transverse, 0, 40 * heat, epsabs=0, points=[wp, heat])[
        0
    ]  # longitudinal: negligible for T >> omega_p
    assert core.fermi_velocity < 0.015
    assert float(red_giants.energy_loss(0.0, core)) == pytest.approx(expected, rel=2e-3, abs=0)


def test_published_tail_lies_above_every_limit_of_plasmon_decay() -> None:
    published = tables.load("catalogue/published/red-giants.csv")
    tail = published["mass_GeV"] > 18.8e-6
    assert np.all(np.isinf(red_giants.limit_ratio(published["mass_GeV"][tail])))
    assert np.all(np.diff(published["d_low"]) > 0)
