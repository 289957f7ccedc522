"""Every verb with every argument of the wrong type: an answer or a named error in one line, nothing from deep inside."""

from __future__ import annotations

import inspect
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nudipole as nd
from nudipole.compilation import run
from nudipole.errors import DomainError, NudipoleError

# calls that succeed; each argument is then replaced in turn
GOOD: dict[str, dict[str, Any]] = {
    "bands": {"experiment": "gemma", "flavor": "e", "mass": 1e-3},
    "beam_spectrum": {"beam": "sps", "parent": "eta", "mass": 0.1, "d": 1e-6},
    "cite": {"keys": ["gemma"]},
    "collider": {"initial": "e+e-", "energy": 10.58, "mass": 1.0, "d": 1e-6},
    "combine": {"keys": ["gemma", "texono-ge"], "flavor": "e", "mass": 1e-3},
    "cross_section": {"target": "Ar40", "energy": 0.1, "mass": 0.01, "d": 1e-6, "recoil": 1e-5},
    "decay_probability": {"near": 0.0, "far": 1.0, "energy": 1.0, "mass": 0.1, "d": 1e-6},
    "decay_spectrum": {"variable": "photon_energy", "values": [0.05], "mass": 0.1, "energy": 1.0},
    "differential": {"target": "Ar40", "energy": 0.1, "mass": 0.01, "d": 1e-6},
    "discovery": {"experiment": "gemma", "flavor": "e", "mass": 1e-3},
    "expected": {"experiment": "gemma", "flavor": "e", "mass": 1e-3},
    "flux": {"name": "solar", "energy": 0.001},
    "generate": {"experiment": "miniboone", "mass": 0.1, "d": 1e-6, "flavor": "mu", "events": 10},
    "hepdata": {"atlas": "no atlas", "out": "submission"},
    "limit": {"experiment": "gemma", "flavor": "e", "mass": 1e-3},
    "meson": {"parent": "pi0", "mass": 0.05, "d": 1e-6},
    "meson_spectrum": {"parent": "pi0", "channel": "gamma nu N", "mass": 0.05, "d": 1e-6, "values": [0.01]},
    "peak_recoil": {"energy": 0.1, "mass": 0.01, "target_mass": 37.0},
    "point": {"mass": 0.1, "d": 1e-6, "flavor": "mu", "keys": ["gemma"]},
    "posterior": {"keys": ["lep"], "mass": 1.0, "flavors": ["mu"], "walkers": 8, "steps": 20},
    "published": {"name": "gemma"},
    "rate": {"experiment": "gemma", "mass": 1e-3, "d": 1e-8, "flavor": "e"},
    "reweight": {"events": "no file", "d": 2e-6},
    "scan": {"plan": "no plan.toml"},
    "spectrum": {"experiment": "gemma", "mass": 1e-3, "d": 1e-8, "flavor": "e"},
    "tension": {"region": "miniboone-roi", "keys": ["lep"], "flavor": "mu", "mass": 0.1},
    "thermal": {"place": "supernova", "mass": 0.01, "d": 1e-7},
    "ufo": {"out": "ufo"},
    "workspace": {"experiment": "conus-plus", "flavor": "e", "mass": 1e-3},
    "width": {"mass": 0.1, "d": 1e-6},
    "atlas": {"out": "atlas", "only": ["no key"], "masses": 3, "flavors": ["e"]},
    "explore": {"export": "e.html", "only": ["no key"]},
    "Portal": {"mass": 0.1, "d": 1e-6},
    "Direction": {"name": "mu"},
    "Completion": {"kind": "gauge"},
    "Interval": {"low": 1.0, "high": 2.0},
    "Limit": {
        "key": "k",
        "direction": nd.Direction("mu"),
        "confidence_level": 0.9,
        "masses": [1.0],
        "excluded": ((),),
    },
}
FEW: list[Any] = [None, True, "x", b"x", 1 + 2j, [], {"a": 1}, object(), 10**400]
MANY = [
    *FEW,
    -1,
    1.5,
    float("nan"),
    "",
    ["x"],
    [[1]],
    [None],
    {},
    {1},
    len,
    nd.Portal,
    ("a", 1),
    Path("x"),
    range(3),
    iter([1]),
]
NEVER = ("NudipoleError", "__version__", "doctor", "experiments", "plot", "units")  # take nothing, or are no verbs
# would start a server, processes or everything at once, or is only called where work is done
ASIDE = {
    "explore": ("port", "jobs", "masses", "progress", "ready", "curves", "only"),
    "atlas": ("jobs", "scheduler", "only", "beside"),  # the last is given by the verb itself
    "point": ("keys",),
    "generate": ("progress",),
}


def names(verb: str) -> list[str]:
    function = run.atlas if verb == "atlas" else getattr(nd, verb)
    found = [p.name for p in inspect.signature(function).parameters.values() if p.kind is not p.VAR_KEYWORD]
    return [name for name in found if name not in ASIDE.get(verb, ())]


def escaped(verb: str, values: list[Any]) -> list[str]:
    """What came out of calls with wrong arguments that is not ours."""
    found = []
    for name in names(verb):
        for value in values:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    getattr(nd, verb)(**{**GOOD[verb], name: value})
            except NudipoleError as error:
                if "\n" in str(error):
                    found.append(f"{verb}({name}={value!r:.40}): more than a line")
            except Exception as error:  # noqa: BLE001  what is looked for
                found.append(f"{verb}({name}={value!r:.40}): {type(error).__name__}: {error}")
    return found


def test_every_verb_is_swept():
    assert set(GOOD) | set(NEVER) == set(nd.__all__)


@pytest.mark.parametrize("verb", list(GOOD))
def test_wrong_types_are_named(verb, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert escaped(verb, FEW) == []


@pytest.mark.validation
@pytest.mark.parametrize("verb", list(GOOD))
def test_many_wrong_types_are_named(verb, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert escaped(verb, MANY) == []


@pytest.mark.parametrize(
    ("verb", "changes", "words"),
    [
        ("limit", {"mass": "heavy"}, "mass must be a number or an array of numbers, got 'heavy'"),
        ("limit", {"experiment": 7}, "experiment must be a string or a path or an experiment, got 7"),
        ("limit", {"cl": True}, "cl must be a number or None, got True"),
        ("combine", {"keys": "gemma"}, "keys must be a list of strings or paths, got 'gemma'"),
        ("generate", {"events": 1.5}, "events must be a whole number or None, got 1.5"),
        ("point", {"couplings": 3}, "couplings must be a dictionary or None, got 3"),
        ("rate", {"completion": "gauge"}, "completion must be a Completion or None, got 'gauge'"),
        ("Interval", {"low": None}, "low must be a number, got None"),
    ],
)
def test_the_line_says_what_is_wanted(verb, changes, words):
    with pytest.raises(DomainError) as error:
        getattr(nd, verb)(**{**GOOD[verb], **changes})
    assert str(error.value) == words


def test_numbers_of_numpy_are_numbers_and_functions_keep_their_face():
    assert nd.limit("gemma", np.str_("e"), np.float32(1e-3), cl=np.float64(0.9)).lower[0] > 0
    assert nd.width(np.array(0.1), np.array([1e-6]), np.False_)["width_GeV"].shape == (1,)
    assert nd.limit.__doc__
    assert list(inspect.signature(nd.limit).parameters)[:3] == ["experiment", "flavor", "mass"]
    with pytest.raises(TypeError, match="flavour"):
        nd.limit("gemma", flavour="e", mass=1e-3)
