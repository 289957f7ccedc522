"""The background: the Standard Model, conservation, relics against Eq. (52), helicities, reheating, strong coupling."""

import numpy as np
import pytest

from nudipole import units
from nudipole.cosmology import evolution, freedom, hot_phase, relic
from nudipole.errors import DomainError, UnknownNameError
from nudipole.processes.plasma import relativistic_plasma as thermal

THERMAL = evolution.Options(neutrinos="thermal", log_step=0.02, nodes=32)
KINETIC = evolution.Options(log_step=0.02, nodes=32)


@pytest.fixture(scope="module")
def standard():
    return evolution.evolve(1e-3, 0.0)


def test_standard_model_n_eff(standard):
    # 3.044 in the literature; the simplified collision terms are good to 2e-3
    assert standard.n_eff == pytest.approx(3.044, abs=2e-3)


def test_standard_model_time_and_scale(standard):
    # t = 1.32 s (MeV/T)^2 / sqrt(g/10.75) x 0.74/0.74 well before electrons annihilate; a T -> T_0
    i = np.argmin(np.abs(standard.photon_temperature - 5e-3))
    h = np.sqrt(8 * np.pi / 3 * 10.75 * np.pi**2 / 30) * standard.photon_temperature[i] ** 2 / units.PLANCK_MASS
    assert standard.time[i] == pytest.approx(0.5 / (h * units.SECOND), rel=0.02, abs=0)
    assert standard.scale[-1] * standard.photon_temperature[-1] == pytest.approx(
        evolution.PHOTON_TEMPERATURE_TODAY, rel=1e-6, abs=0
    )


@pytest.mark.parametrize(("mass", "d"), [(1e-3, 0.0), (1e-2, 1e-9), (0.3, 1e-11)])
def test_energy_is_conserved(mass, d):
    history = evolution.evolve(mass, d**2)
    print(f"M = {mass:g} GeV, d = {d:g}: energy conserved to {history.energy_residual:.1e}")
    print(f"number of N and neutrinos to {history.number_residual:.1e}")
    assert history.energy_residual < 1e-3
    # nu gamma <-> N and N f <-> nu f turn one into the other; only e+e- make neutrinos
    assert history.number_residual < 1e-6


def test_thermal_neutrinos_have_no_conserved_number():
    assert np.isnan(evolution.evolve(1e-2, 1e-18, options=THERMAL).number_residual)


def test_n_eff_of_temperature_ends_at_n_eff(standard):
    along = standard.n_eff_of_temperature()
    assert along[-1] == pytest.approx(standard.n_eff, rel=1e-6, abs=0)
    assert along[0] == pytest.approx(3 * (11 / 4) ** (4 / 3), rel=1e-6, abs=0)


def test_result_does_not_depend_on_the_step():
    fine = evolution.evolve(1e-2, 1e-18, options=evolution.Options(log_step=0.005, nodes=64))
    assert evolution.evolve(1e-2, 1e-18).n_eff == pytest.approx(fine.n_eff, rel=1e-3, abs=0)


def test_relativistic_relic_counts_the_flipped_helicity_only():
    # Eq. (52) with two states (one helicity of N, one of Nbar), read at 3 MeV where N is still relativistic; the coupling
    # is small enough that nothing comes back at the QCD transition, where g_* drops by three and Gamma/H is not yet small
    mass, d = 3e-5, 2e-11
    history = evolution.evolve(mass, d**2, options=KINETIC)
    i = np.argmin(np.abs(history.photon_temperature - 3e-3))
    one_flavour = 7 / 8 * np.pi**2 / 15 * history.photon_temperature[i] ** 4
    expected = freedom.relic_delta_neff(hot_phase.decoupling_temperature(mass, d**2), 2.0)
    assert history.relic_energy[i] / one_flavour == pytest.approx(expected, rel=0.05, abs=0)


def test_low_reheating_leaves_less_n():
    mass, strength = 1e-2, 1e-20
    once_thermal = evolution.evolve(mass, strength, options=THERMAL)
    frozen_in = evolution.evolve(
        mass,
        strength,
        options=evolution.Options(reheating_temperature=1.0, neutrinos="thermal", log_step=0.02, nodes=32),
    )
    assert frozen_in.relic_energy[0] < 0.1 * once_thermal.relic_energy[0]
    assert 3.0 < frozen_in.n_eff < once_thermal.n_eff


def test_reheating_far_above_decoupling_is_never_noticed():
    mass, strength = 1e-2, 1e-18  # T_dec = 5 GeV
    high = evolution.Options(reheating_temperature=500.0, log_step=0.02, nodes=32)
    assert (
        evolution.evolve(mass, strength, options=high).n_eff == evolution.evolve(mass, strength, options=KINETIC).n_eff
    )


def test_reheating_above_the_hottest_plasma_tabulated_still_starts_without_n():
    mass, strength = 1e-2, 1e-24  # T_dec far above 10 TeV
    options = evolution.Options(reheating_temperature=2e4, log_step=0.02, nodes=32)
    assert (
        evolution.evolve(mass, strength, options=options).relic_energy[0]
        < 0.1 * (evolution.evolve(mass, strength, options=KINETIC).relic_energy[0])
    )


def test_every_helicity_undiluted_is_a_full_relic():
    # what estimates without helicity and g_*s assume: four states at the temperature of the bath, 7/4 of two neutrinos
    mass, d = 1e-4, 2e-11
    energies = {}
    for helicities in ("flipped", "all"):
        for dilution in ("entropy", "none"):
            options = evolution.Options(helicities=helicities, dilution=dilution, log_step=0.02, nodes=32)
            energies[helicities, dilution] = evolution.evolve(mass, d**2, options=options).relic_energy[0]
    neutrino = 7 / 8 * np.pi**2 / 15 * hot_phase.MATCHING_TEMPERATURE**4
    assert energies["all", "none"] == pytest.approx(2 * neutrino, rel=0.02, abs=0)
    assert energies["flipped", "none"] == pytest.approx(neutrino, rel=0.02, abs=0)
    assert energies["all", "entropy"] == pytest.approx(2 * energies["flipped", "entropy"], rel=0.02, abs=0)
    diluted = freedom.entropy_freedom(0.02) / freedom.entropy_freedom(1e4)
    assert energies["flipped", "entropy"] / neutrino == pytest.approx(float(diluted) ** (4 / 3), rel=0.05, abs=0)


def test_relics_count_what_is_left_at_20_kev():
    long, short = (evolution.evolve(1e-2, s, options=KINETIC) for s in (1e-22, 1e-17))
    assert 1e-3 < long.relics < 0.75
    assert short.relics < 1e-20


def test_freeze_in_is_proportional_to_the_coupling_squared():
    mass, options = 1e-2, evolution.Options(reheating_temperature=1.0, log_step=0.02, nodes=32)
    densities = [evolution.evolve(mass, s, options=options).relic_energy[0] for s in (1e-24, 4e-24)]
    assert densities[1] / densities[0] == pytest.approx(4.0, rel=1e-2, abs=0)


def test_short_lived_n_leaves_no_trace(standard):
    assert evolution.evolve(0.3, float(5e-9**2)).n_eff == pytest.approx(standard.n_eff, abs=1e-3)


def test_strongly_coupled_n_ties_neutrinos_to_photons():
    # N never leaves equilibrium while electrons annihilate: T_nu = T_gamma, N_eff = 3 (11/4)^(4/3) without number conservation
    history = evolution.evolve(1e-4, 1e-8, options=THERMAL)
    assert history.n_eff == pytest.approx(3 * (11 / 4) ** (4 / 3), rel=0.01, abs=0)
    fewer = evolution.evolve(1e-4, 1e-8, options=KINETIC)
    assert 3.044 < fewer.n_eff < history.n_eff
    assert fewer.neutrino_temperature[-1] > 0.9 * fewer.photon_temperature[-1]


def test_majorana_relic_decays_twice_as_fast():
    majorana = evolution.evolve(1e-2, 1e-19, "majorana", THERMAL)
    dirac = evolution.evolve(1e-2, 2e-19, "dirac", THERMAL)
    assert majorana.n_eff == pytest.approx(dirac.n_eff, rel=0.01, abs=0)


def test_wrong_helicity_stays_empty_while_n_is_relativistic():
    n = relic.relic(1e-4, 1e-16, "dirac", 16, 20.0)
    rates = n.rates(1 / 0.05, 0.05, 0.05)
    assert np.all(rates.loss[1] < 1e-3 * rates.loss[0])
    cold = relic.relic(0.3, 1e-16, "dirac", 16, 1.0).rates(1 / 0.05, 0.05, 0.05)
    np.testing.assert_allclose(cold.loss[0], cold.loss[1], rtol=0.2)


def test_tabulated_scattering_rate_is_the_rate():
    from nudipole.processes.plasma import thermal_annihilation, thermal_scattering

    p = np.array([1e-3, 1e-2, 5e-2])
    direct = thermal_scattering.rate(p, 1e-2, 7.3e-3) + thermal_annihilation.rate(p, 1e-2, 7.3e-3)
    np.testing.assert_allclose(relic.scattering_rate(1e-2, 7.3e-3, p), direct, rtol=0.02)
    assert thermal.QCD_TEMPERATURE == 0.15


@pytest.mark.parametrize(
    ("mass", "strength"), [(-1.0, 1e-18), (np.nan, 1e-18), (1e-2, -1.0), (2.0, 1e-18), (1e-9, 1e-18)]
)
def test_bad_points_are_named(mass, strength):
    with pytest.raises(DomainError):
        evolution.evolve(mass, strength)


def test_bad_options_are_named():
    with pytest.raises(DomainError, match="reheating"):
        evolution.Options(reheating_temperature=1e-3)
    with pytest.raises(UnknownNameError, match="initial state"):
        evolution.Options(initial="cold")
    with pytest.raises(UnknownNameError, match="neutrino bath"):
        evolution.Options(neutrinos="absent")
    with pytest.raises(UnknownNameError, match="helicities"):
        evolution.Options(helicities="left")
    with pytest.raises(UnknownNameError, match="dilution"):
        evolution.Options(dilution="some")
