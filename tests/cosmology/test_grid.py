"""The shipped grid: complete, interpolated smoothly, equal to what the evolution gives, near the prototype's numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nudipole.cosmology import abundances, evolution, freedom, grid, grid_points, hot_phase
from nudipole.errors import DomainError, OutputError, TableError, UnknownNameError
from nudipole.inputs import tables

# M [MeV], d [GeV^-1], Y_p, N_eff of an independent prototype with a thermal neutrino bath (docs/physics/cosmology.md)
PROTOTYPE = [
    (10, 1e-8, 0.2467, 3.05),
    (10, 3e-9, 0.2465, 3.06),
    (10, 1e-9, 0.2498, 3.10),
    (10, 5e-10, 0.2516, 3.21),
    (10, 3e-10, 0.2534, 3.36),
    (10, 2e-10, 0.2589, 3.53),
    (10, 1e-10, 0.2687, 3.83),
    (100, 3e-10, 0.2469, 3.04),
    (100, 1e-10, 0.2453, 3.09),
    (100, 5e-11, 0.2525, 3.16),
    (100, 3e-11, 0.2632, 3.28),
    (100, 1e-11, 0.2820, 3.91),
]


KINETIC, THERMAL = (grid_points.Assumptions(neutrinos) for neutrinos in grid_points.NEUTRINOS)


@pytest.mark.parametrize(("mass_mev", "d", "helium", "n_eff"), PROTOTYPE)
def test_prototype_points(mass_mev, d, helium, n_eff):
    found = grid.load(THERMAL)(mass_mev * 1e-3, d)
    assert found[0] == pytest.approx(helium, rel=0.01, abs=0)
    # more N than in the prototype: it has every charged fermion and a gradual decoupling
    assert found[2] == pytest.approx(n_eff, rel=0.025, abs=0)


@pytest.mark.parametrize("made_for", grid_points.SHIPPED, ids=lambda a: a.name)
def test_grid_is_complete_and_conserves_energy(made_for):
    table = tables.load(f"cosmology/data/{made_for.name}.csv")
    have = {(f"{m:.5e}", f"{t:.5e}") for m, t in zip(table["mass"], table["lifetime"], strict=True)}
    assert have == {(f"{m:.5e}", f"{t:.5e}") for m, t in grid_points.points(made_for)}
    assert np.max(table["energy_residual"]) < 1e-3
    np.testing.assert_allclose(table["d"], grid_points.coupling(table["mass"], table["lifetime"]), rtol=1e-5)


def test_interpolation_passes_through_the_points():
    table = tables.load("cosmology/data/sky_kinetic.csv")
    sky = grid.load(KINETIC)
    for row in range(0, len(table), 37):
        found = sky(float(table["mass"][row]), float(table["d"][row]))
        np.testing.assert_allclose(found[:3], [table[c][row] for c in ("helium", "deuterium", "n_eff")], rtol=1e-4)


def test_relics_are_a_relativistic_relic_before_they_decay():
    # long-lived N that decoupled early: 2 states, (3/4) n_gamma per pair of states, diluted by g_*s from T_dec to 20 keV
    mass, lifetime = 2e-2, 1e6
    d = float(grid_points.coupling(mass, lifetime))
    late = freedom.entropy_freedom(2e-5) / freedom.entropy_freedom(hot_phase.decoupling_temperature(mass, d**2))
    assert grid.load(KINETIC)(mass, d)[3] == pytest.approx(0.75 * float(late), rel=0.1, abs=0)
    assert grid.load(KINETIC)(mass, 100 * d)[3] < 1e-10


def test_low_reheating_leaves_fewer_relics_and_tends_to_the_standard_model():
    mass, d = 2e-2, float(grid_points.coupling(2e-2, 1e6))
    skies = [grid.load(grid_points.Assumptions(reheating=t))(mass, d) for t in grid_points.REHEATING]
    relics = [float(sky[3]) for sky in skies]
    assert relics == sorted(relics)
    assert relics[-1] < 0.1 * grid.load(KINETIC)(mass, d)[3]
    assert skies[0][2] == pytest.approx(3.045, abs=0.01)


def test_strongly_coupled_n_does_not_remember_reheating():
    mass, d = 1e-2, 1e-6
    low, never = grid.load(grid_points.Assumptions(reheating=grid_points.REHEATING[0])), grid.load(KINETIC)
    np.testing.assert_allclose(low(mass, d)[:3], never(mass, d)[:3], rtol=0.01)


def test_majorana_n_fills_fewer_states_where_it_stays_in_equilibrium():
    majorana, dirac = (grid.load(grid_points.Assumptions(nature=n)) for n in ("majorana", "dirac"))
    # relativistic relic: as many states, half the lifetime
    np.testing.assert_allclose(majorana(0.1, 3e-11)[:3], dirac(0.1, np.sqrt(2) * 3e-11)[:3], rtol=0.01)
    # equilibrium while N becomes non-relativistic: 2 states, not 4
    assert majorana(1e-3, 3e-8)[2] < dirac(1e-3, np.sqrt(2) * 3e-8)[2] - 0.1


def test_a_grid_that_is_not_shipped_says_how_to_make_it(tmp_path):
    wanted = grid_points.Assumptions(reheating=5.0)
    with pytest.raises(DomainError, match=r"nudipole\[cosmology\].*reheating=5"):
        grid.load(wanted)
    with pytest.raises(DomainError, match="no early Universes"):
        grid.load_from(tmp_path, wanted)
    with pytest.raises(DomainError, match=r"at least 0\.02 GeV"):
        grid_points.Assumptions(reheating=1e-3)
    with pytest.raises(UnknownNameError, match="nature"):
        grid_points.Assumptions(nature="weyl")


@pytest.mark.parametrize("neutrinos", grid_points.NEUTRINOS)
def test_grid_agrees_with_the_evolution_between_its_points(neutrinos):
    options = evolution.Options(neutrinos=neutrinos, log_step=0.02, nodes=32)
    mass, d = 1.3e-2, 4e-10
    assert grid.load(grid_points.Assumptions(neutrinos))(mass, d)[2] == pytest.approx(
        evolution.evolve(mass, d**2, options=options).n_eff, rel=0.02, abs=0
    )


def test_short_lifetimes_are_the_standard_model():
    standard = tables.load("cosmology/data/standard_model.csv")
    for flag, neutrinos in ((1.0, "kinetic"), (0.0, "thermal")):
        row = int(np.nonzero((standard["kinetic"] == flag) & (standard["baryon_density"] == 0.02242))[0][0])
        found = grid.load(grid_points.Assumptions(neutrinos))(0.3, 5e-9)[:3]
        np.testing.assert_allclose(found, [standard[c][row] for c in ("helium", "deuterium", "n_eff")], rtol=2e-3)
        assert standard["helium"][row] == pytest.approx(0.2470, abs=3e-4)
        assert 2.44e-5 < standard["deuterium"][row] < 2.52e-5
        assert standard["n_eff"][row] == pytest.approx(3.044, abs=2e-3)


@given(st.floats(3e-5, 0.3), st.floats(1e-16, 1e-2))
def test_everything_on_the_grid_is_finite(mass, d):
    found = grid.load(THERMAL)(mass, d)
    assert np.all(np.isfinite(found))
    assert 0.2 < found[0] < 0.6


@pytest.mark.parametrize("mass", [1e-6, 2.0, np.nan])
def test_masses_outside_are_named(mass):
    with pytest.raises(DomainError, match="covers"):
        grid.load(KINETIC)(mass, 1e-9)


def test_unknown_bath_is_named():
    with pytest.raises(UnknownNameError, match="neutrino bath"):
        grid_points.Assumptions("lukewarm")


def test_building_resumes_and_replaces_whole(tmp_path, monkeypatch):
    calls = []

    def fake(history, *_):
        calls.append(history)
        return abundances.Abundances(0.25, 2.5e-5, 1e-5, 5e-10)

    monkeypatch.setattr(abundances, "abundances", fake)
    monkeypatch.setattr(evolution, "evolve", lambda *_, **__: evolution.History(*[np.ones(1)] * 6, 3.0, 1e-5, 1e-8))
    seen = []
    out = tmp_path / "sky.csv"
    masses = grid_points.MASSES[:1]
    wanted = grid_points.points(THERMAL, masses)
    grid.build_table(out, THERMAL, lambda *progress: seen.append(progress), masses=masses)
    assert len(calls) == len(wanted) == len(seen)
    assert "energy conserved to 1e-05, number to 1e-08" in seen[0][2]
    lines = out.read_text().splitlines()
    out.write_text("\n".join(lines[:-3]) + "\n")
    grid.build_table(out, THERMAL, masses=masses)
    assert len(calls) == len(wanted) + 3
    assert [p.name for p in tmp_path.iterdir()] == ["sky.csv"]
    assert grid.from_table(tables.load_file(out)).masses == pytest.approx(masses, rel=1e-6, abs=0)


def test_a_room_that_is_complete_costs_nothing_unless_begun_anew(tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(grid, "build_standard_model", lambda out: made.append(out))
    (tmp_path / "standard_model.csv").write_text("kept\n")
    grid.build(tmp_path, wanted=())
    assert made == []
    grid.build(tmp_path, resume=False, wanted=())
    assert made == [tmp_path / "standard_model.csv"]


def test_unwritable_and_broken_tables_are_named(tmp_path, monkeypatch):
    broken = tmp_path / "sky.csv"
    broken.write_text("1,2,3\n")
    with pytest.raises(TableError, match="header"):
        grid.build_table(broken, THERMAL)
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(OutputError):
        grid.build(blocked / "below")


@pytest.mark.validation
@pytest.mark.parametrize(("mass", "d"), [(1e-2, 3e-10), (0.1, 3e-11), (1e-3, 1e-8)])
@pytest.mark.parametrize("neutrinos", grid_points.NEUTRINOS)
def test_shipped_grid_against_the_live_code(mass, d, neutrinos):
    history = evolution.evolve(mass, d**2, options=evolution.Options(neutrinos=neutrinos))
    light = abundances.abundances(history)
    found = grid.load(grid_points.Assumptions(neutrinos))(mass, d)[:3]
    np.testing.assert_allclose(found, [light.helium, light.deuterium, history.n_eff], rtol=0.01)


@pytest.mark.validation
def test_cruder_start_reproduces_the_prototype_where_n_decoupled_early():
    # every helicity or half of them, by T_dec: the prototype's recipe
    options = evolution.Options(initial="full", neutrinos="thermal")
    for mass_mev, d, helium, n_eff in PROTOTYPE:
        history = evolution.evolve(mass_mev * 1e-3, d**2, options=options)
        assert history.n_eff == pytest.approx(n_eff, rel=0.01, abs=0)
        assert abundances.abundances(history).helium == pytest.approx(helium, rel=0.01, abs=0)


@pytest.mark.validation
@pytest.mark.parametrize("made_for", grid_points.SHIPPED, ids=lambda a: a.name)
def test_a_shipped_point_of_every_table_is_computed_again(made_for, tmp_path):
    mass = float(made_for.masses[len(made_for.masses) * 2 // 3])
    lifetime = float(made_for.lifetimes(mass)[-5])
    d = float(grid_points.coupling(mass, lifetime))
    history = evolution.evolve(mass, d**2, made_for.nature, made_for.options)
    light = abundances.abundances(history)
    found = [light.helium, light.deuterium, history.n_eff, history.relics]
    print(
        f"{made_for.name}: energy conserved to {history.energy_residual:.0e}, number to {history.number_residual:.0e}"
    )
    np.testing.assert_allclose(grid.load(made_for)(mass, d), found, rtol=1e-3)


@pytest.mark.validation
def test_coarse_grids_lie_on_the_evolution_between_their_points():
    for made_for in (grid_points.Assumptions(reheating=1.0), grid_points.Assumptions(nature="majorana")):
        mass, d = 2.2e-2, float(grid_points.coupling(2.2e-2, 2e4))
        history = evolution.evolve(mass, d**2, made_for.nature, made_for.options)
        assert grid.load(made_for)(mass, d)[2] == pytest.approx(history.n_eff, rel=0.03, abs=0)
