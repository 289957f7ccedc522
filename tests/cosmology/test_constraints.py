"""bbn and cmb: the protocol, the published 4He line, the shape of the wedge, presets and bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nudipole import tables
from nudipole.constraint import Constraint
from nudipole.cosmology import constraints, grid
from nudipole.errors import DomainError, UnknownNameError
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
    table = tables.load("experiments/published/bbn.csv")
    published = float(table["d_low"][(table["branch"] == 0) & (np.isclose(table["mass_GeV"], mass))][0])
    ours = BBN.limit([mass], MU, preset="brdar2020").excluded[0][0].high
    assert published / 2 < ours < published * 2


def test_published_helium_line_in_the_median():
    table = tables.load("experiments/published/bbn.csv")
    late = (table["branch"] == 0) & (table["mass_GeV"] > 6e-4)
    ours = [i[0].high for i in BBN.limit(table["mass_GeV"][late], MU, preset="brdar2020").excluded]
    ratio = np.array(ours) / table["d_low"][late]
    assert 0.75 < np.median(ratio) < 1.25
    assert np.all((ratio > 0.5) & (ratio < 2.5))


def test_light_n_is_excluded_at_every_larger_coupling_and_heavy_n_only_below():
    light, heavy = CMB.limit([1e-4, 0.1], MU).excluded
    assert light[-1].high is None
    assert heavy[-1].high is not None
    assert heavy[-1].high < 1e-8


def test_the_default_excludes_no_more_than_either_neutrino_treatment():
    points = [Portal(m, d, MU) for m in (1e-3, 1e-2, 0.1) for d in np.geomspace(1e-11, 1e-7, 9)]
    both = BBN.test_statistic(points)
    alone = [BBN.test_statistic(points, preset) for preset in ("kinetic", "thermal")]
    np.testing.assert_allclose(both, np.minimum(*alone))


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
    assert coherent.excluded[1][0].high == pytest.approx(reference.excluded[1][0].high / np.sqrt(3))


def test_majorana_n_decays_twice_as_fast():
    dirac = CMB.limit([2e-2], MU).excluded[0][0].high
    majorana = CMB.limit([2e-2], Direction("mu", nature="majorana")).excluded[0][0].high
    assert majorana == pytest.approx(dirac / np.sqrt(2), rel=0.02)


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


def test_limit_and_statistic_agree():
    limit = BBN.limit([1e-2], MU)
    edge = limit.excluded[0][0].high
    below, above = BBN.test_statistic([Portal(1e-2, edge * f, MU) for f in (0.97, 1.03)])
    assert below > 3.84 > above


def test_masses_outside_the_grid_have_no_limit_and_say_so():
    limit = BBN.limit([1e-6, 1.0], MU)
    assert limit.excluded == ((), ())
    assert any("nothing is said beyond" in note for note in limit.notes)
    assert BBN.test_statistic([Portal(1.0, 1e-6, MU)])[0] == 0
    assert BBN.mass_range == (grid.MASSES[0], grid.MASSES[-1])


def test_baryon_density_is_marginalised():
    # with the prior's error the deuterium term weakens
    values, standard = np.array([0.247, 2.3e-5, 3.0]), np.array([0.247, 2.5e-5, 3.0])
    response = constraints._standard_model("thermal")[1]
    criterion = constraints.BBN["default"]
    assert 0 < criterion.statistic(values, standard, response) < criterion.statistic(values, standard, 0 * response)
    assert response[1] / standard[1] == pytest.approx(-1.65, abs=0.1)  # d ln(D/H) / d ln(Omega_b h^2)


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
