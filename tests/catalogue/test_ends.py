"""What ends a curve: the validity of the operator, the card's range of masses, the plane, or physics."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

import nudipole as nd
from nudipole.catalogue import registry
from nudipole.compilation import store
from nudipole.constraint import Interval, Limit
from nudipole.errors import DomainError, NudipoleError
from nudipole.portal import Direction
from nudipole.processes.validity import EffectiveTheoryWarning

# W16 of the list of faults: couplings beyond the operator, after jumps of the curve
BEYOND = [("dune-nd", "mu", [10.466, 11.777]), ("sbnd", "mu", [1.75]), ("ship-ecc", "mu", [25.0])]


@pytest.mark.parametrize(("key", "flavor", "masses"), BEYOND)
def test_no_curve_where_the_operator_does_not_stand(key, flavor, masses):
    with pytest.warns(EffectiveTheoryWarning, match=f"{key}: at {masses[0]:g}"):
        found = nd.limit(key, flavor, masses)
    assert found.excluded == ((),) * len(masses)
    assert found.beyond_operator.tolist() == masses


@pytest.mark.parametrize("key", ["dune-nd", "conus-plus", "lep", "lhc-monophoton", "icecube", "hike", "charm-ii"])
def test_every_excluded_region_stays_below_the_scale_of_the_operator(key):
    experiment = registry.get(key)
    low, high = experiment.mass_range
    masses = np.geomspace(low, high * (1 - 1e-9), 12)
    found = experiment.limit(masses, Direction(experiment.flavors[0]))
    s = experiment.model().largest_s
    for mass, intervals in zip(masses, found.excluded, strict=True):
        for interval in intervals:
            assert interval.high is not None
            assert interval.low < interval.high <= (1 + 1e-9) / np.sqrt(max(s, mass**2))


def test_the_ends_of_a_card_and_of_the_plane_are_told_from_physics():
    low, high = registry.get("lhc-monophoton").mass_range
    lhc = nd.limit("lhc-monophoton", "mu", [low, 100.0])
    assert lhc.ends == ("card", "physics")
    gemma = registry.get("gemma")
    plane, kinematic = gemma.mass_range
    assert gemma.limit([plane, 1e-3, kinematic], Direction("e")).ends == ("grid", "physics", "physics")
    assert high > 100.0


def test_the_table_has_the_end_in_its_last_column():
    low, _ = registry.get("lhc-monophoton").mass_range
    limit = nd.limit("lhc-monophoton", "mu", [low, 100.0])
    rows = list(csv.reader(io.StringIO(store.limits_csv([limit]))))
    assert rows[0][-1] == "ends"
    assert [row[-1] for row in rows[1:]] == ["card", "physics"]
    assert store.from_record(store.to_record(limit)).ends == limit.ends


def test_the_sky_says_in_the_table_where_a_curve_ends_with_its_grid_or_card():
    bbn = registry.get("bbn")
    light, _ = registry.get("sn1987a").mass_range
    limits = [bbn.limit([1e-3, 0.1], Direction("mu")), registry.get("sn1987a").limit([light, 1e-3], Direction("mu"))]
    rows = list(csv.reader(io.StringIO(store.limits_csv(limits))))
    assert {(row[0], row[-1]) for row in rows[1:]} == {("bbn", "grid"), ("sn1987a", "card"), ("sn1987a", "physics")}


def test_a_limit_knows_its_ends_and_refuses_others():
    args = ("k", Direction("mu"), 0.9, np.array([1.0]), ((Interval(1e-6),),))
    assert Limit(*args).ends == ("physics",)
    with pytest.raises(DomainError, match="one end"):
        Limit(*args, ends=("card", "card"))
    with pytest.raises(NudipoleError, match="end of a curve"):
        Limit(*args, ends=("nothing",))
