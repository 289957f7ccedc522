"""Every numeric public function: whatever numbers it is given, it answers without NaN or refuses with a named error."""

from __future__ import annotations

import importlib
import inspect
import typing
from dataclasses import is_dataclass

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nudipole.errors import NudipoleError

MODULES = (
    "units",
    "kinematics",
    "effective",
    "inference.counting",
    "matter.nucleons",
    "matter.form_factors",
    "processes.upscattering",
    "processes.helicity",
    "processes.hnl_decay",
    "processes.annihilation",
    "processes.mono_photon",
    "processes.gauge_decays",
    "processes.vector_meson",
    "processes.neutral_meson",
    "processes.charged_meson",
    "processes.deep_inelastic",
    "processes.charged_current",
    "processes.phase_space",
)
NUMERIC = (float, npt.ArrayLike)
SPECIAL = [0.0, -0.0, -1.0, 1.0, float("nan"), float("inf"), float("-inf"), 0.000511, 0.938, 1e-12, 1e6]
NUMBERS = st.one_of(st.sampled_from(SPECIAL), st.floats(1e-9, 1e6), st.floats(-1e6, 0.0))  # 1 eV to 1 PeV


def functions():
    found = []
    for name in MODULES:
        module = importlib.import_module(f"nudipole.{name}")
        for label, function in inspect.getmembers(module, inspect.isfunction):
            if label.startswith("_") or function.__module__ != module.__name__:
                continue
            hints = typing.get_type_hints(function)
            needed = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
            if needed and all(hints.get(p.name) in NUMERIC and p.kind is not p.VAR_POSITIONAL for p in needed):
                found.append(pytest.param(function, len(needed), id=f"{name}.{label}"))
    return found


def numbers(result):
    """Every number in a result: arrays, tuples, dictionaries, dataclasses."""
    if isinstance(result, dict):
        return [x for value in result.values() for x in numbers(value)]
    if isinstance(result, (tuple, list)):
        return [x for value in result for x in numbers(value)]
    if is_dataclass(result):
        return [x for value in vars(result).values() for x in numbers(value)]
    if callable(result) or result is None or isinstance(result, str):
        return []
    return [np.asarray(result)]


def test_there_is_something_to_test():
    assert len(functions()) > 40


@pytest.mark.parametrize(("function", "arguments"), functions())
@pytest.mark.filterwarnings("ignore::nudipole.processes.validity.EffectiveTheoryWarning")
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_silent_nan(function, arguments, data):
    values = [data.draw(NUMBERS) for _ in range(arguments)]
    try:
        result = function(*values)
    except NudipoleError:
        return
    for array in numbers(result):
        assert not np.any(np.isnan(array)), values
