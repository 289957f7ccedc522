"""Where the operator ends: partial-wave unitarity, its scale, and points out of reach."""

import numpy as np
import pytest

from nudipole.constraint import Interval
from nudipole.errors import DomainError
from nudipole.portal import Completion
from nudipole.processes import validity
from nudipole.processes.collisions import annihilation, chiral_exchange

GAUGE = Completion("gauge", 0.7).z_over_gamma


def test_unitarity_bound_is_saturated_by_the_cross_section():
    s = 1e4**2
    d = float(validity.unitarity_coupling(s, "e", GAUGE))
    left, right = chiral_exchange.chiral_couplings(s, "e", GAUGE)
    share = float(np.maximum(left, right) / (left + right))
    one_helicity = 4 * 2 * float(annihilation.cross_section(s, 0.0, "e", GAUGE)) * share * d**2
    assert one_helicity == pytest.approx(12 * np.pi / s, rel=1e-12, abs=0)


def test_warns_where_the_operator_no_longer_stands_for_its_completion():
    with pytest.warns(validity.EffectiveTheoryWarning, match="not small"):
        validity.check_effective_theory(2e-2, 100.0**2)
    with pytest.warns(validity.EffectiveTheoryWarning, match="unitarity"):
        validity.check_effective_theory(10.0, 100.0**2)
    validity.check_effective_theory(1e-5, 100.0**2)


def test_a_point_is_out_of_reach_or_beyond_the_scale_or_neither():
    with pytest.warns(validity.OutOfReachWarning, match="4 GeV is not above the mass 5 GeV"):
        validity.check_point(5.0, 1e-5, 4.0)
    with pytest.warns(validity.EffectiveTheoryWarning):
        validity.check_point(1.0, 0.5, 4.0)
    validity.check_point(1.0, 1e-5, 4.0)


def test_companions_larger_than_d_are_what_the_scale_is_judged_by():
    validity.check_effective_theory(1e-4, 189.0**2)
    with pytest.warns(validity.EffectiveTheoryWarning, match=r"max\(d_Z, d_W\)\^2 s = 3.57 is not small"):
        validity.check_effective_theory(1e-4, 189.0**2, largest_over_gamma=100.0)
    ratio = -3.6  # close to where the photon's coupling cancels
    completion = Completion("gauge", ratio)
    assert completion.largest_over_gamma == max(abs(completion.z_over_gamma), abs(completion.w_over_gamma)) > 100.0
    assert Completion("gauge", 0.0).largest_over_gamma == Completion().largest_over_gamma == 1.0


def test_a_negative_coupling_is_a_named_error():
    with pytest.raises(DomainError):
        validity.check_effective_theory(-1.0, 10.0)


def test_the_largest_coupling_is_one_over_the_larger_scale_of_collision_and_mass():
    assert validity.largest_coupling(4.0, np.array([0.0, 1.0, 8.0])) == pytest.approx(
        [0.5, 0.5, 0.125], rel=1e-12, abs=0
    )
    assert float(validity.largest_coupling(4.0, 1.0, largest_over_gamma=5.0)) == pytest.approx(0.1, rel=1e-12, abs=0)


def test_excluded_regions_are_cut_off_there():
    found = validity.within([Interval(0.1, 0.2), Interval(0.3, None), Interval(0.6, 0.7)], 0.5)
    assert found == (Interval(0.1, 0.2), Interval(0.3, 0.5))


def test_a_point_beyond_is_warned_of():
    validity.check_coupling(0.4, 4.0, 1.0)
    with pytest.warns(validity.EffectiveTheoryWarning, match="stand"):
        validity.check_coupling(0.6, 4.0, 1.0)
