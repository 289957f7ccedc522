"""What ends a curve: the validity of the operator, the card's range of masses, the plane, or physics."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

import nudipole as nd
from nudipole.catalogue import registry
from nudipole.catalogue.experiment import Experiment
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


# W23 of the list of faults: walls that were a card's range of masses alone
PHYSICAL = [
    ("icecube", "mu"), ("borexino-superk-earth", "e"), ("na62", "mu"), ("faser2", "mu"), ("facet", "mu"), ("charm", "mu"),
    ("hike", "mu"),
]  # fmt: skip
TO_THE_PLANE = ["lep", "besiii", "belle-ii", "stcf", "ship-mesons", "superk-atmospheric", "dune-earth"]


@pytest.mark.parametrize(("key", "flavor"), PHYSICAL)
def test_regions_close_before_the_range_of_the_card_ends(key, flavor):
    experiment = registry.get(key)
    low, high = experiment.mass_range
    masses = [low, np.sqrt(low * high), high * (1 - 1e-9)]
    masses.insert(1, 1e-2 if low < 1e-2 < high else masses[1])
    found = experiment.limit(sorted(masses), Direction(flavor)).excluded
    assert not found[0]
    assert not found[-1]
    assert any(found)


@pytest.mark.parametrize("key", TO_THE_PLANE)
def test_regions_of_light_n_go_on_to_the_edge_of_the_plane(key):
    experiment = registry.get(key)
    low, high = experiment.mass_range
    found = experiment.limit([low, high * (1 - 1e-9)], Direction("mu"))
    assert low == pytest.approx(1e-6, rel=1e-9, abs=0)
    assert found.excluded[0]
    assert found.ends[0] == "grid"
    assert found.ends[1] == "physics" or not found.excluded[1]


def test_deep_inelastic_scattering_carries_super_kamiokande_above_a_gev(tmp_path):
    shipped = registry.get("superk-atmospheric")
    text = shipped.file.read_text(encoding="utf-8").replace(', "dis"]', "]").partition("[[published]]")[0]
    elastic = Experiment.from_file(_written(tmp_path / "elastic.toml", text))
    ratio = [e.limit([0.01, 1.0, 5.0], Direction("mu")).lower for e in (elastic, shipped)]
    ratio = ratio[0] / ratio[1]
    assert ratio[0] == pytest.approx(1.0, rel=1e-3, abs=0)
    assert 1.02 < ratio[1] < ratio[2] < 1.3


def _written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


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
