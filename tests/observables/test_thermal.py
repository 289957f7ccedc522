"""nd.thermal against limits that can be written down, and sums over the plasma done by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import zeta

import nudipole as nd
from nudipole import units
from nudipole.cosmology import freedom
from nudipole.errors import NudipoleError
from nudipole.observables.thermal import decoupling_temperature
from nudipole.processes.plasma import dispersion, relativistic_plasma, stellar_plasma, thermal_scattering
from nudipole.supernova import luminosity, profiles, red_giants

D = 1e-8


def test_cold_n_decay_as_in_vacuum():
    found = nd.thermal("early-universe", 0.1, D, 1e-4, momentum=0.05)
    boosted = D**2 * 0.1**3 / (4 * np.pi) * 0.1 / np.hypot(0.1, 0.05)
    assert found["decay_GeV"] == pytest.approx(boosted, rel=1e-4, abs=0)


def test_annihilation_of_fast_n_into_electrons():
    """sigma(N nubar -> e+ e-) = 2 alpha d^2 / 3, helicities averaged, on the density of one species of neutrinos."""
    t = 5e-3
    neutrinos = 3 * zeta(3) / (4 * np.pi**2) * t**3
    expected = 2 * units.ALPHA * D**2 / 3 * neutrinos
    found = nd.thermal("early-universe", 1e-6, D, t)["annihilation_GeV"]
    assert found == pytest.approx(expected, rel=1e-3, abs=0)


def test_scattering_averages_to_the_density_of_reactions():
    """Number of N f -> nu f per volume, by Boltzmann N and f, is that of the other way round (own quadrature)."""
    mass, t = 2e-3, 1e-3
    electron = relativistic_plasma.ELECTRON
    kappa2 = float(relativistic_plasma.debye_mass2(t, (electron,)))
    forward = 2 * float(thermal_scattering.rate_density(mass, electron.mass, t, kappa2))

    def per_momentum(p):
        rate = thermal_scattering.rate(p, mass, t, (electron,), quantum=False)
        return 2 * p**2 / (2 * np.pi**2) * np.exp(-np.hypot(p, mass) / t) * float(rate) * 1e12

    backward = quad(per_momentum, 1e-6 * t, 40 * t, epsabs=0, epsrel=1e-6)[0] / 1e12
    assert backward == pytest.approx(forward, rel=2e-3, abs=0)
    verb = nd.thermal("early-universe", mass, 1.0, t, momentum=3e-3)["scattering_GeV"]
    alone = float(thermal_scattering.rate(3e-3, mass, t))
    assert verb == pytest.approx(alone, rel=1e-12, abs=0)


def test_expansion_and_ratio():
    found = nd.thermal("early-universe", [1e-3, 1e-2], D, 1e-2)
    assert found["rate_over_hubble"] == pytest.approx(found["rate_GeV"] / found["hubble_GeV"], rel=1e-12, abs=0)
    expected = 1.66 * np.sqrt(float(freedom.energy_freedom(1e-2))) * 1e-4 / 1.2209e19
    assert found["hubble_GeV"] == pytest.approx([expected, expected], rel=1e-3, abs=0)
    double = nd.thermal("early-universe", 1e-3, D, 1e-2, majorana=True)
    assert double["rate_GeV"] == pytest.approx(2 * found["rate_GeV"][0], rel=1e-12, abs=0)


def test_where_n_decouples():
    hot = decoupling_temperature(1e-6, mu=1e-11)
    assert nd.thermal("early-universe", 1e-6, mu=1e-11, temperature=hot)["rate_over_hubble"] == pytest.approx(
        1.0, rel=1e-6, abs=0
    )
    # rate ~ d^2 T^3 against T^2: ten times the coupling, a hundredth of the temperature, but for degrees of freedom
    assert 50 < decoupling_temperature(1e-6, mu=1e-12) / hot < 200
    assert decoupling_temperature(1e-6, 0.0) == np.inf
    assert decoupling_temperature(0.01, mu=1e-8) == 0.0


def test_a_supernova_core_loses_what_protons_and_plasma_make():
    mass, heat = 0.05, 0.03
    found = nd.thermal("supernova", mass, D)
    assert found["emissivity"] == pytest.approx(
        sum(found[name] for name in ("protons", "electrons", "photons", "pairs")), rel=1e-12, abs=0
    )
    raffelt = luminosity.raffelt_coupling(mass)
    assert nd.thermal("supernova", mass, raffelt)["emissivity_over_raffelt"] == pytest.approx(1.0, rel=5e-3, abs=0)
    # protons at rest: nu p -> N p with the static cross section; N and Nbar, in erg/g/s
    state = profiles.conditions(np.zeros(1), 3e14, heat / units.MEV, 0.3)

    def lost(energy):
        sigma = float(stellar_plasma.static_cross_section(energy, mass, state.screening2[0]))
        return energy**3 / (2 * np.pi**2) / (np.exp(energy / heat) + 1) * sigma * 1e6

    per_volume = 2 * quad(lost, mass, 2.0, epsabs=0, epsrel=1e-8)[0] / 1e6 * float(state.proton_targets[0]) * D**2
    erg_per_gram_second = per_volume / float(state.mass_density[0]) * units.GRAM * units.SECOND / units.ERG
    assert found["protons"] == pytest.approx(erg_per_gram_second, rel=2e-3, abs=0)


def test_mean_free_path_in_the_core():
    one, two = (nd.thermal("supernova", 0.05, d)["mean_free_path_m"] for d in (D, 2 * D))
    assert one == pytest.approx(4 * two, rel=1e-12, abs=0)
    assert nd.thermal("supernova", 0.05, D, majorana=True)["mean_free_path_m"] == pytest.approx(
        one / 2, rel=1e-12, abs=0
    )
    assert nd.thermal("supernova", 0.05, 0.0)["mean_free_path_m"] == np.inf


def test_a_red_giant_loses_plasmons():
    """Massless N: Gamma = mu^2 K^4 Z / 24 pi omega of each transverse plasmon (Raffelt 1996), summed here by trapezia."""
    mu = 2e-12
    core, moment = red_giants.Core(), mu * units.BOHR_MAGNETON
    frequency, velocity = core.plasma_frequency, core.fermi_velocity
    k = np.linspace(1e-8, 40 * core.temperature, 20001)
    omega = dispersion.transverse_energy(k, frequency, velocity)
    residue = dispersion.transverse_residue(omega, k, frequency, velocity)
    width = moment**2 * (omega**2 - k**2) ** 2 * residue / (24 * np.pi * omega)
    transverse = 2 * np.trapezoid(k**2 / (2 * np.pi**2) * omega * width / np.expm1(omega / core.temperature), k)
    per_gram = transverse / (1e6 * units.GRAM / units.CENTIMETRE**3) * units.GRAM * units.SECOND / units.ERG
    found = nd.thermal("red-giant", [0.0, 1e-5, 2e-5], mu=mu)
    assert 1.0 < found["emissivity"][0] / per_gram < 1.3  # and the longitudinal ones
    assert found["emissivity"][1] < found["emissivity"][0]
    assert found["emissivity"][2] == 0.0
    assert 1e-5 < found["largest_mass_GeV"] < 2e-5


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (("universe", 0.1, D), {}, "early-universe"),
        (("early-universe", 0.1, D), {}, "needs a temperature"),
        (("early-universe", 0.0, D, 0.1), {}, "mass"),
        (("early-universe", 0.1, D, 1e-9), {}, "temperature"),
        (("early-universe", 0.1, D, 0.1), {"density": 1.0}, "star"),
        (("supernova", 0.1, D), {"proton_fraction": 2.0}, "proton_fraction"),
        (("supernova", 100.0, D), {}, "mass"),
        (("red-giant", 1e-6, D), {"momentum": 1.0}, "momentum"),
        (("red-giant", 1e-6, D, 1e3), {}, "temperature"),
    ],
)
def test_bad_input_is_one_line(arguments, options, words):
    with pytest.raises(NudipoleError) as error:
        nd.thermal(*arguments, **options)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
