"""d or mu wherever a coupling is asked for: the same numbers either way, and never both or neither."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import nudipole as nd
from nudipole import plot, units
from nudipole.catalogue import curves
from nudipole.errors import DomainError

MU = 1e-9
D = units.d_from_mu(MU)
TAKE_BOTH = [getattr(nd, name) for name in nd.__all__ if callable(getattr(nd, name))]
TAKE_BOTH += [plot.spectrum, plot.cross_section]


def test_every_verb_with_d_has_mu():
    with_d = [verb for verb in TAKE_BOTH if "d" in inspect.signature(verb).parameters]
    assert len(with_d) > 15
    assert [verb.__name__ for verb in with_d if "mu" not in inspect.signature(verb).parameters] == []


def test_events_and_weights_by_mu():
    by_d = nd.generate("miniboone", 0.15, D, "mu", 500)
    by_mu = nd.generate("miniboone", 0.15, mu=MU, flavor="mu", events=500)
    assert by_mu["weight"].tolist() == by_d["weight"].tolist()
    one, two = nd.reweight(by_d, 2 * D), nd.reweight(by_d, mu=2 * MU)
    assert one.table["weight"].tolist() == two.table["weight"].tolist()
    for wrong in (
        lambda: nd.generate("miniboone", 0.15, D, "mu", 500, mu=MU),
        lambda: nd.generate("miniboone", 0.15, D, "mu"),
        lambda: nd.generate("miniboone", 0.15, D, events=5),
        lambda: nd.reweight(by_d),
    ):
        with pytest.raises(DomainError):
            wrong()


def test_a_ufo_model_by_mu(tmp_path):
    one, two = nd.ufo(tmp_path / "one", d=D) / "param_card.dat", nd.ufo(tmp_path / "two", mu=MU) / "param_card.dat"
    assert one.read_text() == two.read_text()
    with pytest.raises(DomainError):
        nd.ufo(tmp_path / "three", d=D, mu=MU)


def test_figures_by_mu():
    pytest.importorskip("matplotlib").use("Agg")
    one, two = plot.cross_section("Ar40", [0.01], D), plot.cross_section("Ar40", [0.01], mu=MU)
    assert np.array_equal(one.lines[0].get_ydata(), two.lines[0].get_ydata(), equal_nan=True)
    one, two = plot.decay_length([1.0], [D]), plot.decay_length([1.0], mu=[MU])
    assert np.array_equal(one.lines[0].get_ydata(), two.lines[0].get_ydata(), equal_nan=True)
    for wrong in (lambda: plot.spectrum("conus-plus", 1e-3, flavor="e"), lambda: plot.decay_length([1.0])):
        with pytest.raises(DomainError):
            wrong()


def test_converters_let_nothing_and_everything_pass():
    edges = [np.nan, 1e-7, np.inf]
    for convention, factor in (("d", 1.0), ("mu", 2.0), ("muB", 2 / units.BOHR_MAGNETON)):
        found = curves.convert(edges, convention)
        assert np.isnan(found[0])
        assert np.isposinf(found[2])
        assert found[1] == pytest.approx(1e-7 * factor, rel=1e-12, abs=0)
    limit = nd.limit("conus-plus", "e", [1e-3, 5e-3])
    assert curves.convert(limit.lower, "muB") == pytest.approx(units.mu_from_d(limit.lower), rel=1e-12, abs=0)
    for wrong in (-1.0, -np.inf):
        with pytest.raises(DomainError):
            curves.convert([wrong], "mu")
