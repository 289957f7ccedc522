"""Solar fluxes, shapes and flavour against the tables of Bahcall, Winter et al. and B16."""

import numpy as np
import pytest

from nudipole.errors import DomainError, UnknownNameError
from nudipole.fluxes import oscillations
from nudipole.fluxes.low_energy import solar
from nudipole.fluxes.low_energy.solar import continuum_shape, solar_totals, solar_uncertainties, survival_probability
from nudipole.portal import Direction

PP_TABLE = (  # Bahcall 1997, MeV^-1 from 0.02 to 0.40 MeV in steps of 0.02
    ".0531 .2009 .4267 .7149 1.050 1.419 1.805 2.198 2.583 2.948 3.281 3.571 3.805 3.971 4.056 4.044 3.917 3.646 3.184 "
    "2.423"
)
P_EE = {  # averaged over the production region of B16-GS98, 1611.09867 profiles
    "pp": {0.05: 0.5488, 0.20: 0.5459, 0.40: 0.5420},
    "7Be": {0.384: 0.5399, 0.862: 0.5267},
    "pep": {1.442: 0.5165},
    "13N": {0.2: 0.5451, 0.6: 0.5352, 1.2: 0.5192},
    "15O": {0.25: 0.5429, 1.0: 0.5203, 1.7: 0.4973},
    "8B": {0.5: 0.5353, 2: 0.4857, 4: 0.4195, 6: 0.3717, 8: 0.3431, 10: 0.3267, 12: 0.3168, 15: 0.3085},
    "hep": {2: 0.5138, 4: 0.4742, 8: 0.4090, 12: 0.3694, 18: 0.3381},
}


def test_pp_shape_agrees_with_the_table_of_bahcall():
    table = np.array(PP_TABLE.split(), dtype=float)
    energy, shape = continuum_shape("pp")
    ours = np.interp(0.02e-3 * np.arange(1, 21), energy, shape) * 1e-3
    assert ours == pytest.approx(table, rel=3e-3, abs=0)


@pytest.mark.parametrize(
    ("component", "mean"),
    [("pp", 0.26667), ("13N", 0.7067), ("15O", 0.9965), ("17F", 0.9996), ("8B", 6.770), ("hep", 9.63)],
)
def test_shapes_are_normalised_and_have_the_mean_energy_of_the_tables(component, mean):
    energy, shape = continuum_shape(component)
    assert energy.size >= 300
    assert np.trapezoid(shape, energy) == pytest.approx(1.0, rel=1e-12, abs=0)
    assert np.trapezoid(energy * shape, energy) * 1e3 == pytest.approx(mean, rel=1e-3, abs=0)


@pytest.mark.parametrize(("energy", "value"), [(0.5, 0.003763), (3.5, 0.08616), (6.5, 0.1311), (13.5, 0.005703)])
def test_boron_shape_agrees_with_rows_of_the_table_that_were_not_typed(energy, value):
    nodes, shape = continuum_shape("8B")
    assert np.interp(energy * 1e-3, nodes, shape) * 1e-3 == pytest.approx(value, rel=2e-3, abs=0)


def test_boron_tail_reaches_above_fifteen_mev_and_ends():
    energy, shape = continuum_shape("8B")
    assert np.interp(14.7e-3, energy, shape) * 1e-3 == pytest.approx(2.7e-4, rel=0.03, abs=0)
    assert energy[-1] == pytest.approx(15.3e-3, rel=1e-6, abs=0)
    assert shape[-1] == 0.0


@pytest.mark.parametrize(("energy", "value"), [(3, 0.02689), (7, 0.08332), (13, 0.07514), (17, 0.01669), (18, 0.0056)])
def test_hep_shape_agrees_with_the_table(energy, value):
    nodes, shape = continuum_shape("hep")
    assert np.interp(energy * 1e-3, nodes, shape) * 1e-3 == pytest.approx(value, rel=3e-3, abs=0)


@pytest.mark.parametrize("component", P_EE)
def test_survival_probability_is_that_of_the_full_average_over_the_sun(component):
    for energy, value in P_EE[component].items():
        assert float(survival_probability(component, energy * 1e-3)) == pytest.approx(value, abs=0.003)


def test_totals_and_components():
    flux = solar.solar()
    assert flux.total() == pytest.approx(sum(solar_totals().values()), rel=1e-12, abs=0)
    assert [c.name for c in flux.components] == list(solar.COMPONENTS)
    assert flux.flavors == ("e", "mu", "tau")
    assert flux.maximum_energy == pytest.approx(18.784e-3, rel=0.01, abs=0)
    beryllium = solar.solar(components=["7Be"]).components[0]
    assert beryllium.lines
    assert beryllium.intensity == pytest.approx(4.93e9 * np.array([0.103, 0.897]), rel=1e-6, abs=0)


@pytest.mark.parametrize("model", solar.MODELS)
def test_every_model_is_within_forty_per_cent_of_the_others_and_keeps_the_luminosity(model):
    totals, reference = solar_totals(model), solar_totals()
    for name in solar.COMPONENTS:
        assert totals[name] == pytest.approx(reference[name], rel=0.4, abs=0)
    # each pp (7Be) neutrino of the chain goes with 13.1 (12.6) MeV of sunlight: 8.53e11 MeV cm^-2 s^-1 in all
    light = 13.10 * totals["pp"] + 11.92 * totals["pep"] + 12.60 * totals["7Be"] + 6.63 * totals["8B"]
    light += 3.46 * totals["13N"] + 21.57 * totals["15O"]
    assert light == pytest.approx(8.53e11, rel=0.03, abs=0)


def test_theory_errors():
    assert solar_uncertainties()["8B"] == 0.12
    assert solar_uncertainties("B16-AGSS09met")["pp"] == 0.005
    assert set(solar_uncertainties("BS05-OP")) == set(solar.COMPONENTS)


def test_density_matrices_are_hermitian_positive_and_of_trace_one():
    for component in solar.solar(oscillation={"delta_cp": 1.0}).components:
        rho = component.density
        assert rho.shape == (component.energy.size, 3, 3)
        assert np.allclose(rho, np.swapaxes(rho.conj(), -1, -2), atol=1e-14)
        assert np.allclose(np.trace(rho, axis1=-2, axis2=-1), 1.0, atol=1e-12)
        assert np.linalg.eigvalsh(rho).min() > -1e-12


def test_one_flavour_the_coherent_sum_and_universal_are_three_different_answers():
    flux = solar.solar(components=["8B"])
    component = flux.components[0]
    parts = {name: component.effective(Direction(name)) for name in ("e", "mu", "tau", "coherent", "universal")}
    assert parts["e"] + parts["mu"] + parts["tau"] == pytest.approx(parts["universal"], rel=1e-6, abs=0)
    assert parts["universal"] == pytest.approx(component.intensity, rel=1e-6, abs=0)
    osc = oscillations.Oscillation()
    mass_states = np.abs(np.conj(osc.pmns.sum(axis=0))) ** 2  # |sum_a U_ai|^2
    fractions = 0.5 * sum(oscillations.solar_mass_fractions(component.energy, n) for n in (87.9 - 9.2, 87.9 + 9.2))
    assert parts["coherent"] == pytest.approx(component.intensity * (fractions @ mass_states), rel=1e-6, abs=0)
    ratio = np.sum(parts["coherent"]) / np.sum(parts["universal"])
    assert abs(ratio - 1) > 0.2


def test_mu_and_tau_share_what_electrons_lose():
    flux = solar.solar(components=["7Be"], oscillation={"sin2_theta13": 0.0, "sin2_theta23": 0.5})
    assert flux.total("mu") == pytest.approx(flux.total("tau"), rel=1e-6, abs=0)
    assert flux.total("e") + 2 * flux.total("mu") == pytest.approx(4.93e9, rel=1e-6, abs=0)


def test_survival_options():
    assert solar.solar(survival="none").flavors == ("e",)
    vacuum = solar.solar(components=["8B"], survival="vacuum")
    assert vacuum.total("e") / vacuum.total() == pytest.approx(
        oscillations.averaged_probability()[0, 0], rel=1e-6, abs=0
    )
    assert solar.solar(fluxes_cm2_s={"8B": 1.0}, components=["8B"]).total() == pytest.approx(1.0, rel=1e-6, abs=0)


@pytest.mark.parametrize(
    "options",
    [{"model": "SSM"}, {"components": ["9Li"]}, {"survival": "night"}, {"fluxes_cm2_s": {"B8": 1.0}}],
)
def test_unknown_names_are_refused(options):
    with pytest.raises(UnknownNameError):
        solar.solar(**options)


def test_negative_flux_is_refused():
    with pytest.raises(DomainError):
        solar.solar(fluxes_cm2_s={"8B": -1.0})
