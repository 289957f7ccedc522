"""The relativistic plasma: limits of the Debye mass, the photon mass and the densities."""

import numpy as np
import pytest
from scipy.integrate import quad

from nudipole import units
from nudipole.errors import DomainError
from nudipole.processes.plasma import relativistic_plasma as thermal

HOT = 0.05
MASSLESS = thermal.ChargedFermion("massless", 0.0, -1.0)


def test_screening_tends_to_the_textbook_limits():
    e2 = units.ELEMENTARY_CHARGE**2
    assert thermal.debye_mass2(HOT, (MASSLESS,)) == pytest.approx(e2 * HOT**2 / 3, rel=1e-10, abs=0)
    assert thermal.photon_mass2(HOT, (MASSLESS,)) == pytest.approx(e2 * HOT**2 / 6, rel=1e-10, abs=0)


def test_debye_mass_is_the_charge_susceptibility():
    # m_D^2 = e^2 d n_Q / d mu: the same number by another integral, adaptively
    t, m = 3e-4, units.ELECTRON_MASS
    integrand = lambda p: p**2 / (4 * t * np.cosh(0.5 * np.hypot(p, m) / t) ** 2)  # noqa: E731
    susceptibility = 2 / np.pi**2 * quad(integrand, 0, 60 * t, epsabs=0, epsrel=1e-10)[0]
    expected = units.ELEMENTARY_CHARGE**2 * susceptibility
    assert thermal.debye_mass2(t, (thermal.ELECTRON,)) == pytest.approx(expected, rel=1e-8, abs=0)


def test_photon_mass_in_full_plasma_counts_every_charge():
    # e, mu, tau and five quarks well above the b mass, below the top: sum Q^2 N_c = 3 + 11/3
    ratio = thermal.photon_mass2(25.0) / thermal.photon_mass2(25.0, (MASSLESS,))
    assert ratio == pytest.approx(3 + 11 / 3, rel=0.03, abs=0)


def test_number_density_of_massless_fermions():
    zeta3 = 1.2020569031595942
    assert thermal.number_density(HOT, 0.0) == pytest.approx(1.5 * zeta3 / np.pi**2 * HOT**3, rel=1e-10, abs=0)


def test_statistics_are_stable():
    x = np.array([-800.0, -1.0, 0.0, 1.0, 800.0])
    assert thermal.fermi(x) + thermal.fermi(-x) == pytest.approx(np.ones(5), rel=1e-6, abs=0)
    assert thermal.bose(1e-8) == pytest.approx(1e8, rel=1e-7, abs=0)
    assert thermal.tail(0.0, 2.0) == pytest.approx(2 * np.log(2), rel=1e-6, abs=0)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan])
def test_bad_temperatures_are_named(bad):
    with pytest.raises(DomainError, match="temperature"):
        thermal.debye_mass2(bad)
