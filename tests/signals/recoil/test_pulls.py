"""What nuisance parameters of recoil searches do, against counts computed again with the parameter changed."""

from dataclasses import replace

import numpy as np
import pytest

from nudipole.catalogue import registry
from nudipole.inference.likelihood import Pull
from nudipole.inputs.cards import Nuisance
from nudipole.portal import Direction
from nudipole.signals.recoil import pulls

E = Direction("e")


def with_pull(key, **nuisance):
    model = registry.get(key).model()
    card = model.card
    changed = type(card)(**{f: getattr(card, f) for f in card.__struct_fields__} | {"nuisance": [Nuisance(**nuisance)]})
    return replace(model, card=changed)


@pytest.mark.parametrize("what", ["quenching", "energy-scale", "resolution"])
def test_a_pull_on_the_detector_is_the_change_of_the_counts(what):
    sigma, mass = 0.05, np.array([1e-4])
    model = with_pull("conus-plus", name="detector", sigma=sigma, affects=what)
    (shift,) = model.signal(mass, E).relative_shifts[0]
    counts = [
        replace(model, response=pulls.varied(model.response, what, step)).signal(mass, E).counts(0, np.array([1e-9]))[0]
        for step in (sigma, -sigma, 0.0)
    ]
    expected = (counts[0] - counts[1]) / (2 * counts[2])
    assert np.all(np.abs(expected) > 1e-6)
    assert shift == pytest.approx(expected, rel=1e-2, abs=0)  # 1e-5 of the counts: grids follow the response


def test_a_pull_on_one_component_moves_its_share():
    model, mass = with_pull("borexino", name="beryllium", sigma=0.06, affects="flux:7Be"), np.array([1e-4])
    row = [pull.name for pull in model.pulls].index("beryllium")
    whole = model.signal(mass, E)
    beryllium = tuple(c for c in model.flux.components if c.name == "7Be")
    alone = replace(model, flux=replace(model.flux, components=beryllium)).signal(mass, E)
    share = np.divide(alone.stable[0], whole.stable[0])
    assert whole.relative_shifts[0, row] == pytest.approx(0.06 * share, rel=1e-3, abs=1e-9)
    assert 0.0 <= share.min() < 0.1 < share.max() <= 1.0


def test_normalisations_are_the_same_fraction_of_every_bin():
    counts = np.array([[[1.0, 0.0, 4.0]]])
    named = [
        Nuisance(name="norm", sigma=0.1, affects="neutrinos"),
        Nuisance(name="eff", sigma=0.2, affects="efficiency"),
    ]
    found = pulls.relative_shifts(counts, (), [Pull("eff"), Pull("norm")], named, {})
    assert found.tolist() == [[[0.2, 0.2, 0.2], [0.1, 0.1, 0.1]]]
    assert pulls.relative_shifts(counts, (), [], [], {}) is None
    background = [Nuisance(name="norm", sigma=0.1, affects="background:x")]
    assert pulls.relative_shifts(counts, (), [Pull("norm")], background, {}) is None


def test_parts_of_the_flux_that_move_alone():
    components = registry.get("borexino").model().flux.components
    names = [c.name for c in components]
    together, alone = pulls.flux_parts(components, [Nuisance(name="be", sigma=0.1, affects="flux:7Be")], timed=False)
    assert [c.name for c in alone] == ["7Be"]
    assert sorted([c.name for c in together] + ["7Be"]) == sorted(names)
    assert [len(part) for part in pulls.flux_parts(components, [], timed=True)] == [1] * len(names)
    assert [len(part) for part in pulls.flux_parts(components, [], timed=False)] == [len(names)]
