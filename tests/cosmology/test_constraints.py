"""bbn and cmb: the protocol, the published 4He line, the shape of the wedge, presets and bad input."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nudipole.compilation import validation
from nudipole.constraint import EDGES, Constraint
from nudipole.cosmology import constraints, criteria, evolution, grid, grid_points, lines, presets
from nudipole.errors import DomainError, UnknownNameError
from nudipole.inputs import tables
from nudipole.portal import Direction, Portal

BBN, CMB = constraints.CONSTRAINTS
MU = Direction("mu")


@pytest.mark.parametrize("constraint", [BBN, CMB])
def test_protocol(constraint):
    assert isinstance(constraint, Constraint)
    assert constraint.presets[0] == "default"
    assert constraint.confidence_level == 0.95
    for preset in constraint.presets:
        limit = constraint.limit(np.geomspace(1e-4, 0.1, 5), MU, preset=preset)
        assert limit.preset == preset
        assert len(limit.excluded) == 5


@pytest.mark.parametrize("mass", [1e-3, 1e-2, 0.1])
def test_published_helium_line_of_late_decays(mass):
    table = tables.load("catalogue/published/bbn.csv")
    published = float(table["d_low"][(table["branch"] == 0) & (np.isclose(table["mass_GeV"], mass))][0])
    ours = BBN.limit([mass], MU, preset="brdar2020").excluded[0][0].high
    assert published / 2 < ours < published * 2


def test_published_helium_line_in_the_median():
    table = tables.load("catalogue/published/bbn.csv")
    late = (table["branch"] == 0) & (table["mass_GeV"] > 6e-4)
    ours = [i[0].high for i in BBN.limit(table["mass_GeV"][late], MU, preset="brdar2020").excluded]
    ratio = np.array(ours) / table["d_low"][late]
    assert 0.75 < np.median(ratio) < 1.25
    assert np.all((ratio > 0.5) & (ratio < 2.5))


@pytest.mark.parametrize("constraint", [BBN, CMB])
def test_both_ends_of_the_published_wedge_are_compared(constraint):
    checks = validation.compare_one(constraint)
    assert {c.edge for c in checks} >= {"gap-low", "gap-high"}
    for check in checks:
        assert check.ratio.size >= 1
        assert check.note
        assert np.all(check.masses > 0)
    # the cut on Y_p is fitted to the late line, so that one proves nothing; the others count
    expected = [False, True, True] if constraint is BBN else [True, True]
    assert [c.evidence for c in checks if c.preset == "brdar2020"] == expected


def test_the_gap_lies_between_the_two_excluded_regions():
    limit = BBN.limit([1e-6, 1e-4, 4e-3, 0.1], MU, preset="thermal")
    low, high = limit.gap
    assert np.isnan(low[:2]).all()
    assert low[2] < high[2] <= limit.open_above[2]
    assert limit.excluded[2][0].high == low[2]
    assert limit.excluded[2][1].low == high[2]
    assert np.isfinite(low[3])
    assert np.isnan(high[3])
    assert np.isnan(limit.open_above[[0, 1, 3]]).all()
    for edge in EDGES:
        assert limit.edge(edge).shape == (4,)
    with pytest.raises(UnknownNameError, match="edge"):
        limit.edge("left")


def test_explain_compares_edges_that_move():
    from click.testing import CliRunner

    from nudipole.cli import main

    arguments = ["limit", "cmb", "--flavor", "mu", "--mass", "0.01", "--preset", "planck2018", "--explain"]
    shown = CliRunner().invoke(main, arguments).output
    assert "gap-low: d(preset) / d(default) = 0.5" in shown


def test_low_reheating_allows_more():
    for constraint in (BBN, CMB):
        always, low = (
            constraint.limit([2e-2], MU, preset=preset).excluded[0] for preset in ("default", "reheating-1gev")
        )
        assert sum(i.high for i in low) < 0.1 * always[0].high
    notes = CMB.limit([2e-2], MU, preset="reheating-1gev").notes
    assert any("no N when the hot phase began at 1 GeV" in note for note in notes)


def test_late_photons_exclude_what_nothing_else_does():
    # few N, made after reheating to 1 GeV, that decay at 10^6 s: nucleosynthesis itself and N_eff do not notice
    mass, lifetime = 1e-2, 1e6
    d = np.array([float(grid_points.coupling(mass, lifetime))])
    with_photons = BBN.criteria["reheating-1gev"].statistic(mass, MU, d)
    blind = replace(BBN.criteria["reheating-1gev"], photodisintegration=False)
    without = blind.statistic(mass, MU, d)
    assert with_photons > 10 * max(float(without[0]), 1.0)
    # below the deuteron's threshold they do nothing
    light = np.array([float(grid_points.coupling(4e-3, lifetime))])
    chosen = [c.statistic(4e-3, MU, light) for c in (BBN.criteria["reheating-1gev"], blind)]
    np.testing.assert_allclose(*chosen)


def test_smaller_couplings_than_tabulated_after_low_reheating_are_not_excluded():
    smallest = float(grid_points.coupling(2e-2, 1e8))
    points = [Portal(2e-2, smallest * f, MU) for f in (0.9, 1.1)]
    below, above = BBN.test_statistic(points, "reheating-1gev")
    assert below == 0
    assert above != 0


def test_photodisintegration_can_be_switched_off():
    assert BBN.criteria["default"].photodisintegration
    assert BBN.explain("no-photodisintegration")["differs"]["photodisintegration"] == {
        "default": True,
        "no-photodisintegration": False,
    }
    # after equilibrium so much N is left that Y_p and N_eff exclude it anyway: the limit does not move
    edges = [BBN.limit([2e-2], MU, preset=p).excluded[0][0].high for p in ("default", "no-photodisintegration")]
    assert edges[0] == pytest.approx(edges[1], rel=1e-3, abs=0)


def test_other_reheating_temperatures_need_their_own_grids(tmp_path):
    with pytest.raises(DomainError, match=r"nudipole\[cosmology\]"):
        constraints.with_reheating(BBN, 5.0, tmp_path)
    with pytest.raises(DomainError, match="only bbn and cmb"):
        constraints.with_reheating(lines.CONSTRAINTS[0], 5.0, tmp_path)
    for neutrinos in grid_points.NEUTRINOS:
        shipped = Path(grid.__file__).parent / "data" / f"{grid_points.Assumptions(neutrinos, reheating=1.0).name}.csv"
        made_for = grid_points.Assumptions(neutrinos, reheating=5.0)
        (tmp_path / f"{made_for.name}.csv").write_text(shipped.read_text())
    changed = constraints.with_reheating(BBN, 5.0, tmp_path)
    assert "reheating-1gev" not in changed.presets
    found, expected = changed.limit([2e-2], MU), BBN.limit([2e-2], MU, preset="reheating-1gev")
    assert found.excluded == expected.excluded
    assert "5 GeV" in found.notes[-1]


def test_majorana_after_low_reheating_says_how_it_is_read():
    limit = BBN.limit([1e-2], Direction("mu", nature="majorana"), preset="reheating-1gev")
    dirac = BBN.limit([1e-2], MU, preset="reheating-1gev")
    assert limit.excluded[0][-1].high == pytest.approx(dirac.excluded[0][-1].high / np.sqrt(2), rel=0.02, abs=0)
    assert "read at 2D" in limit.notes[-1]


def test_a_full_undiluted_relic_would_be_excluded_at_larger_couplings():
    # four states at the temperature of the bath (no helicity, no g_*s): the published caution, at 10 MeV
    mass, d = 1e-2, 5e-10
    crude = evolution.Options(
        initial="full", helicities="all", dilution="none", neutrinos="thermal", log_step=0.02, nodes=32
    )
    ours = grid.load(grid_points.Assumptions("thermal"))
    full = evolution.evolve(mass, d**2, options=crude).n_eff
    assert full - 3.045 > 2.5 * (ours(mass, d)[2] - 3.045)
    # which it reaches in ours only for couplings smaller by a factor two or more
    assert ours(mass, d / 2)[2] < full


def test_light_n_is_excluded_at_every_larger_coupling_and_heavy_n_only_below():
    light, heavy = CMB.limit([1e-4, 0.1], MU).excluded
    assert light[-1].high is None
    assert heavy[-1].high is not None
    assert heavy[-1].high < 1e-8


def test_the_default_is_kinetic_and_the_lenient_preset_excludes_no_more_than_either_treatment():
    points = [Portal(m, d, MU) for m in (1e-3, 1e-2, 0.1) for d in np.geomspace(1e-11, 1e-7, 9)]
    both = BBN.test_statistic(points, "lenient")
    np.testing.assert_array_equal(BBN.test_statistic(points), BBN.test_statistic(points, "kinetic"))
    alone = [BBN.test_statistic(points, preset) for preset in ("kinetic", "thermal")]
    np.testing.assert_allclose(both, np.minimum(*alone))


def test_hard_neutrinos_of_heavy_n_decide_the_edge_of_late_decays():
    # at 100 MeV the neutrinos of N convert protons while the thermal bath hides them: 4.9e-10 against 6.4e-11 GeV^-1
    kinetic, thermal = (BBN.limit([0.1], MU, preset=p).excluded[0][0].high for p in ("default", "thermal"))
    assert kinetic == pytest.approx(4.9e-10, rel=0.05, abs=0)
    assert thermal == pytest.approx(6.4e-11, rel=0.05, abs=0)
    assert "thermal" in BBN.limit([0.1], MU).notes[0]


def test_standard_model_is_never_excluded_and_costs_nothing():
    for constraint in (BBN, CMB):
        for preset in constraint.presets:
            assert constraint.test_statistic([Portal(1e-2, 0.0, MU)], preset)[0] == 0
            short = constraint.test_statistic([Portal(0.3, 5e-9, MU)], preset)[0]
            assert abs(short) < 0.1


def test_flavours_are_alike_and_coherent_couplings_add():
    masses = [1e-3, 1e-2]
    reference = BBN.limit(masses, MU)
    for name in ("e", "tau", "universal"):
        assert BBN.limit(masses, Direction(name)).excluded == reference.excluded
    coherent = BBN.limit(masses, Direction("coherent"))
    assert coherent.excluded[1][0].high == pytest.approx(reference.excluded[1][0].high / np.sqrt(3), rel=1e-6, abs=0)


def test_majorana_n_decays_twice_as_fast():
    dirac = CMB.limit([2e-2], MU).excluded[0][0].high
    majorana = CMB.limit([2e-2], Direction("mu", nature="majorana")).excluded[0][0].high
    assert majorana == pytest.approx(dirac / np.sqrt(2), rel=0.1, abs=0)


def test_stricter_confidence_excludes_less():
    strict, loose = (CMB.limit([2e-2], MU, cl=cl, preset="planck2018").excluded[0][0].high for cl in (0.99, 0.9))
    assert strict < loose


def test_sharper_measurements_exclude_more():
    edges = [
        CMB.limit([5e-2], MU, cl=0.95, preset=p).excluded[0][0].high
        for p in ("planck2018", "simons-observatory", "cmb-s4")
    ]
    assert edges == sorted(edges)
    assert CMB.limit([5e-2], MU, preset="cmb-s4").kind == "projection"
    assert CMB.limit([5e-2], MU).kind == "exclusion"


@pytest.mark.parametrize("constraint", [BBN, CMB])
@pytest.mark.parametrize("preset", ["default", "thermal", "brdar2020", "reheating-1gev"])
@pytest.mark.parametrize("mass", [2e-5, 1e-3, 4e-3, 0.02, 0.1, 0.7])
def test_the_statistic_crosses_its_critical_value_at_every_edge_of_the_limit(constraint, preset, mass):
    critical = constraint.criterion(preset).critical(constraint.criterion(preset).confidence_level)
    for nature in ("dirac", "majorana"):
        direction = Direction("coherent", nature=nature)
        for interval in constraint.limit([mass], direction, preset=preset).excluded[0]:
            for edge, inside in ((interval.low, 1), (interval.high, -1)):
                if edge is not None:
                    out, within = (edge * (1 - s * inside * 1e-3) for s in (1, -1))
                    values = constraint.test_statistic([Portal(mass, d, direction) for d in (out, within)], preset)
                    assert values[0] < critical < values[1]


@pytest.mark.parametrize("constraint", [BBN, CMB])
def test_couplings_below_the_tabulated_lifetimes_are_not_excluded(constraint):
    for mass in (1e-3, 0.1):
        end = float(grid_points.coupling(mass, 1e9))
        assert constraint.limit([mass], MU).lower[0] == pytest.approx(end, rel=1e-9, abs=0)
        points = [Portal(mass, d, MU) for d in (0.0, 1e-30, 1e-20, 0.99 * end)]
        assert np.all(constraint.test_statistic(points) == 0)
        assert constraint.test_statistic([Portal(mass, 1.01 * end, MU)])[0] > 100


@pytest.mark.parametrize("constraint", [BBN, CMB])
def test_ends_of_the_grid_are_marked(constraint):
    low, high = constraint.mass_range
    masses = np.array([low, 1e-3, 0.1, high * (1 - 1e-9), 2.0])
    for direction in (MU, Direction("coherent")):
        assert constraint.limit(masses, direction).ends == ("grid",) * 5
    # below the region of an N that was absent at 1 GeV there is an edge
    limit = constraint.limit([4e-3, 8e-3], MU, preset="reheating-1gev")
    assert constraint.ends(limit) == (("physics", "grid") if constraint is BBN else ("physics", "physics"))


def test_long_lived_light_n_is_excluded():
    # 0.147 MeV that lives 1.6e7 s: D/H = 1.7e-6, N_eff = 4.15
    mass, d = 0.147e-3, float(grid_points.coupling(0.147e-3, 1.6e7))
    found = grid.load()(mass, d)
    assert found[1] == pytest.approx(1.7e-6, rel=0.08, abs=0)
    assert found[2] == pytest.approx(4.15, abs=0.03)
    assert BBN.limit([mass], MU).excludes(0, d)


def test_a_cut_has_one_confidence_level():
    assert BBN.limit([1e-2], MU, cl=0.9, preset="brdar2020").confidence_level == 0.9
    with pytest.raises(DomainError, match=r"bbn \(brdar2020\).*level of 0.9.*presets with any level: default"):
        BBN.limit([1e-2], MU, cl=0.95, preset="brdar2020")
    edges = [BBN.limit([0.1], MU, cl=cl).excluded[0][0].high for cl in (0.5, 0.9, 0.99)]
    assert edges[0] > 1.01 * edges[1] > 1.02 * edges[2]


def test_masses_outside_the_grid_have_no_limit_and_say_so():
    limit = BBN.limit([1e-6, 2.0], MU)
    assert limit.excluded == ((), ())
    assert any("nothing is said beyond" in note for note in limit.notes)
    assert BBN.test_statistic([Portal(2.0, 1e-6, MU)])[0] == 0
    assert BBN.mass_range == pytest.approx((9.487e-6, 0.9487), rel=1e-4, abs=0)


def test_baryon_density_is_marginalised():
    # with the prior's error the deuterium term weakens
    values, standard = np.array([0.247, 2.3e-5, 3.0, 1e-5]), np.array([0.247, 2.5e-5, 3.0, 1e-5])
    response = criteria.standard_model("thermal")[1]
    criterion = presets.BBN["default"]
    assert 0 < criterion.misfit(values, standard, response) < criterion.misfit(values, standard, 0 * response)
    assert response[1] / standard[1] == pytest.approx(-1.65, abs=0.1)  # d ln(D/H) / d ln(Omega_b h^2)


def test_helium3_counts_only_above_what_the_sun_was_born_with():
    standard, response = criteria.standard_model("thermal")
    criterion = replace(presets.BBN["default"], helium=None)
    fewer, same, more = (
        float(criterion.misfit(standard * [1, 1, 1, f], standard, 0 * response)) for f in (0.5, 1.0, 3.0)
    )
    assert fewer == same == 0
    assert more == pytest.approx(((3 * standard[3] / standard[1] - 0.83) / 0.15) ** 2, rel=1e-6, abs=0)


def test_explain_names_the_differences():
    explained = BBN.explain("brdar2020")
    assert explained["differs"]["helium_cut"]["brdar2020"] == 0.256
    assert "fitted" in explained["note"]


@given(st.floats(1e-9, 1e3), st.floats(0, 1.0), st.sampled_from(["dirac", "majorana"]))
def test_statistic_is_finite(mass, d, nature):
    points = [Portal(mass, d, Direction("e", nature=nature))]
    assert np.all(np.isfinite(BBN.test_statistic(points)))
    assert np.all(np.isfinite(CMB.test_statistic(points)))


def test_bad_input_is_named():
    with pytest.raises(UnknownNameError, match="preset of bbn"):
        BBN.limit([1e-2], MU, preset="planck")
    with pytest.raises(DomainError, match="masses"):
        BBN.limit([-1.0], MU)
    with pytest.raises(DomainError, match="confidence"):
        CMB.limit([1e-2], MU, cl=1.5)
    with pytest.raises(DomainError, match="extra width"):
        CMB.test_statistic([Portal(1e-2, 1e-9, MU, extra_width=1e-20)])
