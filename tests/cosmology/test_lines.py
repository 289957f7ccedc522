"""Theory lines: the protocol, their scaling with Lambda and mass, bad input."""

import numpy as np
import pytest

from nudipole import effective
from nudipole.constraint import Constraint
from nudipole.cosmology.lines import CONSTRAINTS
from nudipole.errors import DomainError, UnknownNameError
from nudipole.portal import Direction, Portal

NATURAL, LOOP, *MODELS = CONSTRAINTS


@pytest.mark.parametrize("line", CONSTRAINTS)
def test_protocol(line):
    assert isinstance(line, Constraint)
    assert line.kind == "line"
    assert line.presets[0] == "default"
    limit = line.limit([1e-3, 0.1], Direction("e"))
    assert limit.kind == "line"
    assert np.all(np.isinf(limit.upper))


def test_natural_line_follows_the_formula():
    masses = np.array([1e-3, 4e-3])
    lower = NATURAL.limit(masses, Direction("mu")).lower
    np.testing.assert_allclose(lower, effective.natural_coupling(masses))
    assert lower[1] / lower[0] == pytest.approx(2.0, rel=1e-6, abs=0)


def test_lines_fall_with_the_square_of_the_scale():
    for line in (NATURAL, LOOP):
        low, high = (line.limit([0.1], Direction("mu"), preset=p).lower[0] for p in ("default", "lambda-10tev"))
        assert high / low == pytest.approx(1e-2, rel=1e-6, abs=0)


def test_statistic_is_one_on_the_line():
    d = float(NATURAL.line([0.1])[0])
    assert NATURAL.test_statistic([Portal(0.1, d)])[0] == pytest.approx(1.0, rel=1e-6, abs=0)
    assert NATURAL.test_statistic([Portal(0.1, 2 * d)])[0] == pytest.approx(4.0, rel=1e-6, abs=0)


def test_explain_names_the_scale():
    assert LOOP.explain("lambda-10tev")["differs"]["scale_GeV"]["lambda-10tev"] == 1e4
    assert LOOP.explain()["differs"] == {}


def test_bad_input_is_named():
    with pytest.raises(UnknownNameError, match="preset"):
        LOOP.limit([0.1], Direction("mu"), preset="planck-scale")
    with pytest.raises(DomainError):
        NATURAL.limit([-0.1], Direction("mu"))
    with pytest.raises(DomainError, match="confidence"):
        NATURAL.limit([0.1], Direction("mu"), cl=2.0)
