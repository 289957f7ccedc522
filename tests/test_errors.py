"""The checks at the entrances: what they let through, what they refuse, and how they say it."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import errors
from nudipole.errors import LARGEST, LARGEST_ENERGY, LARGEST_TOTAL, SMALLEST, DomainError, NudipoleError

CHECKS = (errors.check_finite, errors.check_non_negative, errors.check_positive)


@pytest.mark.parametrize("check", CHECKS)
def test_what_is_in_range_passes(check):
    for value in (1, 1.0, SMALLEST, LARGEST, [1.0, 2.0], np.ones((2, 3)), [], np.float32(3.0), "7.5"):
        check(mass=value)
    check(largest=LARGEST_TOTAL, counts=1e60)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (np.nan, "nan"),
        (np.inf, "inf"),
        (-np.inf, "-inf"),
        (1.01 * LARGEST, "1.01e+30"),
        ([1.0, np.nan, 2.0], "nan"),
        (np.array([[1.0], [np.inf]]), "inf"),
        ("seven", "'seven'"),
        (None, "nan"),
        (object, "object"),
        ([[1.0], [1.0, 2.0]], "[[1.0], [1.0, 2.0]]"),
        (1j, "1j"),
        (10**400, "1000"),
    ],
)
def test_what_is_none_is_refused_in_one_line(check, value, shown):
    with pytest.raises(DomainError) as caught:
        check(mass=value)
    message = str(caught.value)
    assert message.startswith("mass must be ")
    assert shown in message
    assert "\n" not in message
    assert isinstance(caught.value, NudipoleError)
    assert isinstance(caught.value, ValueError)


def test_signs_and_zero():
    errors.check_finite(x=[-LARGEST, 0.0])
    errors.check_non_negative(x=[0.0, 1e-300])
    for bad, check in ((-1.0, CHECKS[1]), (-5e-324, CHECKS[1]), (0.0, CHECKS[2]), (0.99 * SMALLEST, CHECKS[2])):
        with pytest.raises(DomainError, match="x must be finite"):
            check(x=bad)


def test_the_range_and_the_first_offender_are_named():
    with pytest.raises(DomainError, match=r"^x must lie between 0 and 1, got 2$"):
        errors.check_between(0.0, 1.0, x=[0.5, 2.0, 3.0])
    with pytest.raises(DomainError, match=r"between 1e-40 and 1e\+30, got -2$"):
        errors.check_positive(x=[1.0, -2.0, np.nan])
    with pytest.raises(DomainError, match="got nan"):
        errors.check_between(0.0, 1.0, x=np.nan)


def test_lists_counts_and_names():
    errors.check_increasing(edges=[0.0, 1.0, 3.0])
    for bad in ([1.0], [1.0, 1.0], [2.0, 1.0], [[0.0, 1.0]], [0.0, np.nan], 3.0, []):
        with pytest.raises(DomainError, match="edges must be"):
            errors.check_increasing(edges=bad)
    errors.check_count(nodes=3)
    errors.check_count(nodes=np.int64(3))
    for count in (0, -1, 2.5, True, 10**9, "3"):
        with pytest.raises(DomainError, match="nodes must be a whole number"):
            errors.check_count(nodes=count)
    errors.check_triples(fractions=np.ones((4, 3)))
    for triple in (1.0, [1.0, 2.0], np.ones((3, 4)), [0.0, 0.0, -1.0]):
        with pytest.raises(DomainError, match="fractions must"):
            errors.check_triples(fractions=triple)
    with pytest.raises(errors.UnknownNameError, match="unknown flavour 'x'; allowed: e, mu"):
        errors.check_choice("flavour", "x", ("e", "mu"))


def test_the_powers_that_formulas_take_are_finite_over_the_range():
    assert np.isfinite(LARGEST**4 / SMALLEST**4)
    assert np.isfinite(LARGEST_ENERGY**12 / SMALLEST**1)
