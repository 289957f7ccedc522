"""Every public function that takes numbers: over the whole range of floats it answers with finite numbers or refuses.

Nothing that is not a number comes out unannounced, no warning is raised (they are errors here) and no error that is not
one of nudipole's own. What is swept, how and what is not: tests/numeric_functions.py.
"""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nudipole.errors import LARGEST, SMALLEST, NudipoleError
from tests.numeric_functions import (
    EXCLUDED,
    INNER,
    SPECIAL,
    UNBOUNDED,
    Case,
    build,
    cases,
    excluded,
    missing,
    numbers,
    swept,
)

EDGES = [0.0, -0.0, 5e-324, -5e-324, 1e-308, 1e-300, 1e-155, 1e155, 1e300, -1e300, 1.7e308, np.inf, -np.inf, np.nan]
EDGES += [-1.0, 1.0, SMALLEST, 0.99 * SMALLEST, LARGEST, 1.01 * LARGEST, 0.000511, 0.938]
ANY = st.one_of(st.sampled_from(EDGES), st.floats())
ALLOWED = st.floats(np.log10(SMALLEST), np.log10(LARGEST)).map(lambda power: 10.0**power)
USUAL = st.one_of(st.floats(-9.0, 4.0).map(lambda power: 10.0**power), st.floats(0.0, 1.0))
NUMBERS = (USUAL, st.one_of(USUAL, ALLOWED), st.one_of(USUAL, ALLOWED, ANY), ANY)  # from tame to wild
# warnings that the package gives on purpose, under a name
IGNORED = pytest.mark.filterwarnings(
    "ignore::nudipole.processes.validity.EffectiveTheoryWarning",
    "ignore::nudipole.processes.validity.OutOfReachWarning",
)


def swept_cases() -> list[object]:
    return [pytest.param(case, id=case.label) for case in swept()]


def verdict(case: Case, values: list[np.ndarray]) -> None:
    for array in values:
        allowed = ~np.isnan(array) & (array != -np.inf) if case.label in UNBOUNDED else np.isfinite(array)
        assert np.all(allowed), f"{case.label} answers {array}"


def test_everything_is_swept_or_excluded_with_a_reason() -> None:
    assert len(swept()) > 350
    unknown = {case.label: missing(case) for case in swept() if missing(case)}
    assert not unknown, f"enter these in tests/numeric_functions.py: {unknown}"
    laid_out = [case.label for case in swept() if case.takes_blocks and case.label not in SPECIAL]
    assert not laid_out, f"check these at their entrance, or list them as inner steps: {laid_out}"


def test_no_entry_is_stale() -> None:
    labels = {case.label for case in cases()}
    entries = {*INNER, *UNBOUNDED, *SPECIAL, *(name for name in EXCLUDED if not name.endswith("*"))}
    assert entries <= labels, entries - labels
    assert all(any(excluded(label) for label in labels if label.startswith(name[:-1])) for name in EXCLUDED)
    assert not {*INNER, *EXCLUDED} & {*UNBOUNDED, *SPECIAL}


@IGNORED
@pytest.mark.parametrize("case", swept_cases())
def test_tame_numbers_are_answered(case: Case) -> None:
    """The sweep below is no proof for a function that refuses everything."""
    generator = random.Random(case.label)
    for _ in range(400):
        call = build(case, generator.choice, lambda: 10 ** generator.uniform(-9.0, 4.0))
        try:
            verdict(case, numbers(call()))
        except NudipoleError:
            continue
        return
    raise AssertionError(
        f"{case.label} answers none of 400 calls: give it better choices in tests/numeric_functions.py"
    )


def sweep(case: Case, data: st.DataObject) -> None:
    draw = data.draw(st.sampled_from(NUMBERS))
    call = build(case, lambda menu: data.draw(st.sampled_from(menu)), lambda: data.draw(draw))
    try:
        values = numbers(call())
    except NudipoleError:
        return
    verdict(case, values)


@IGNORED
@pytest.mark.parametrize("case", swept_cases())
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_finite_or_refused(case: Case, data: st.DataObject) -> None:
    sweep(case, data)


@pytest.mark.validation
@IGNORED
@pytest.mark.parametrize("case", swept_cases())
@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_finite_or_refused_at_length(case: Case, data: st.DataObject) -> None:
    sweep(case, data)
