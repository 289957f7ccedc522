"""Profiles: the checks of the built-in ones and what a user's table may get wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nudipole import units
from nudipole.errors import DomainError, TableError, UnknownNameError
from nudipole.portal import Direction
from nudipole.supernova import profiles
from nudipole.supernova.constraints import CONSTRAINTS, with_star
from nudipole.supernova.emission import Star

HEADER = """# what: a test
# source: none
# obtained: made up
# licence: free
# columns: radius [km], density [g/cm3], temperature [MeV], proton_fraction [1]
"""


def test_analytic_profile_encloses_the_mass_and_the_core_conditions_of_its_paper() -> None:
    profile = profiles.load("analytic")
    assert profile.enclosed_mass() == pytest.approx(1.6, rel=0.01, abs=0)
    edge = profile.at(10.0)
    assert float(edge.electron_potential) / units.MEV == pytest.approx(217, rel=0.01, abs=0)
    assert float(edge.photon_mass) / units.MEV == pytest.approx(15, rel=0.03, abs=0)
    outside = profile.at(20.0)
    assert float(outside.mass_density / edge.mass_density) == pytest.approx(2.0**-5, rel=1e-3, abs=0)
    assert float(outside.temperature / edge.temperature) == pytest.approx(2.0 ** (-5 / 3), rel=1e-3, abs=0)


@pytest.mark.parametrize(("name", "mass"), [("cold", 1.43), ("hot", 1.33)])
def test_anchor_profiles_have_the_mass_of_a_neutron_star(name: str, mass: float) -> None:
    assert profiles.load(name).enclosed_mass() == pytest.approx(mass, rel=0.03, abs=0)


def test_electron_potentials_agree_with_the_published_estimate() -> None:
    """beam-data table of mu_e for the cold anchor points."""
    state = profiles.load("cold").at([0.0, 4.0, 8.0, 10.0])
    assert np.allclose(state.electron_potential / units.MEV, [274, 254, 192, 147], rtol=0.04, atol=0)


def test_neutrinos_are_degenerate_only_inside_the_neutrinosphere() -> None:
    state = profiles.load("cold").at([0.0, 14.9, 15.1, 60.0])
    assert float(state.neutrino_potential[0]) == pytest.approx(0.171, rel=1e-6, abs=0)
    assert np.all(state.neutrino_potential[2:] == 0.0)


def test_extension_continues_the_power_laws() -> None:
    profile = profiles.load("cold")
    slope = np.log(6.0) / np.log(1.25)
    assert profile.outer_radius == pytest.approx(100.0, rel=1e-6, abs=0)
    ratio = profile.at(50.0).mass_density / profile.at(25.0).mass_density
    assert float(ratio) == pytest.approx(2.0**-slope, rel=1e-2, abs=0)


def test_radius_outside_is_a_named_error() -> None:
    with pytest.raises(DomainError, match="120 km is outside profile analytic"):
        profiles.load("analytic").at([5.0, 120.0])


def test_unknown_profile_lists_the_known() -> None:
    with pytest.raises(UnknownNameError, match="cold, hot, analytic"):
        profiles.load("lukewarm")


def test_user_table_is_read(tmp_path: Path) -> None:
    file = tmp_path / "star.csv"
    file.write_text(HEADER + "0, 3e14, 20, 0.3\n10, 2e14, 30, 0.2\n30, 1e11, 3, 0.1\n")
    profile = profiles.load_file(file)
    assert profile.outer_radius == 30.0
    assert profile.neutrino_potential is None


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("0, 3e14, 20, 0.3\n10, 2e14, 30, 0.2\n9, 1e11, 3, 0.1\n", "not monotonic, 9 km follows 10 km"),
        ("0, 3e14, 20, 0.3\n10, -2e14, 30, 0.2\n", "density must be finite and positive"),
        ("0, 3e14, 20, 0.3\n10, 2e14, 30, 1.2\n", "proton fraction exceeds one"),
        ("0, 3e14, 20, 0.3\n", "at least two radii"),
        ("8, 3e14, 20, 0.3\n10, 2e14, 30, 0.2\n", "starts at 8 km"),
        ("-1, 3e14, 20, 0.3\n10, 2e14, 30, 0.2\n", "starts at -1 km"),
    ],
)
def test_bad_tables_are_named_errors(tmp_path: Path, rows: str, message: str) -> None:
    file = tmp_path / "star.csv"
    file.write_text(HEADER + rows)
    with pytest.raises(DomainError, match=message):
        profiles.load_file(file)


def test_missing_columns_and_wrong_units_are_named(tmp_path: Path) -> None:
    file = tmp_path / "star.csv"
    file.write_text(HEADER.replace("temperature [MeV], ", "") + "0, 3e14, 0.3\n10, 2e14, 0.2\n")
    with pytest.raises(TableError, match="temperature is missing"):
        profiles.load_file(file)
    file.write_text(HEADER.replace("[MeV]", "[GeV]") + "0, 3e14, 20, 0.3\n10, 2e14, 30, 0.2\n")
    with pytest.raises(TableError, match=r"temperature must be in \[MeV\], not \[GeV\]"):
        profiles.load_file(file)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"no-such-star\.csv: no such file"):
        profiles.load_file(tmp_path / "no-such-star.csv")
    with pytest.raises(TableError, match="no such file"):
        with_star(CONSTRAINTS[0], Star(str(tmp_path / "no-such-star.csv")))


def test_a_cell_that_is_no_number_is_named(tmp_path: Path) -> None:
    file = tmp_path / "star.csv"
    file.write_text(HEADER + "0, 3e14, hot, 0.3\n10, 2e14, 30, 0.2\n")
    with pytest.raises(TableError, match="hot"):
        profiles.load_file(file)


def test_example_star_gives_a_closed_region_near_the_cold_one() -> None:
    path = Path(__file__).parents[2] / "examples" / "star.csv"
    mine = with_star(CONSTRAINTS[0], Star(str(path)))
    ours, theirs = (c.limit([0.05], Direction("e")) for c in (mine, CONSTRAINTS[0]))
    assert len(ours.excluded[0]) == 1
    assert ours.lower[0] == pytest.approx(theirs.lower[0], rel=0.3, abs=0)
    with pytest.raises(DomainError, match="red-giants does not depend on"):
        with_star(next(c for c in CONSTRAINTS if c.key == "red-giants"), Star("hot"))


@pytest.mark.parametrize("name", profiles.NAMES)
def test_lapse_of_a_star_meets_schwarzschild_outside_and_the_interior_solution_of_constant_density(name) -> None:
    profile = profiles.load(name)
    lapse, stretch = profile.metric([0.0, 5.0, 10.0, 50.0, 1e4])
    assert np.all(np.diff(lapse) > 0)
    outside = 1 - 2 * 1.4767 * profile.enclosed_mass() / 1e4
    assert lapse[-1] == pytest.approx(np.sqrt(outside), rel=1e-5, abs=0)
    assert stretch[-1] == pytest.approx(1 / np.sqrt(outside), rel=1e-5, abs=0)
    assert stretch[0] == pytest.approx(1.0, rel=1e-6, abs=0)


def test_lapse_of_constant_density_is_the_interior_schwarzschild_solution() -> None:
    # alpha = (3 sqrt(1 - 2 M / R) - sqrt(1 - 2 M r^2 / R^3)) / 2
    radius, edge = np.linspace(0.0, 12.0, 25), 12.0
    star = profiles.Profile("ball", radius, np.full(25, 4e14), np.full(25, 30.0), np.full(25, 0.2))
    compactness = 2 * 1.4767 * star.enclosed_mass() / edge
    lapse, stretch = star.metric(radius)
    inside = 1 - compactness * (radius / edge) ** 2
    assert 0.3 < compactness < 0.6
    assert np.allclose(lapse, (3 * np.sqrt(1 - compactness) - np.sqrt(inside)) / 2, rtol=2e-4, atol=0)
    assert np.allclose(stretch, 1 / np.sqrt(inside), rtol=2e-4, atol=0)
    with pytest.raises(DomainError, match="Schwarzschild"):
        profiles.Profile("hole", radius, np.full(25, 4e15), np.full(25, 30.0), np.full(25, 0.2)).metric(5.0)
