"""Plans of scans: which points of the parameter space, and what is asked of each.

    name = "muon and tau couplings"
    keys = ["miniboone", "charm-ii"]          # default: every measurement
    seed = 1

    [mass]                                    # GeV; one of the three ways of saying it, as for every axis
    from = 1e-3
    to = 1.0
    points = 10                               # logarithmic steps

    [couplings.mu]                            # GeV^-1: a range as above, ``values = [..]`` or ``value = ..``
    values = [1e-7, 1e-6]

A grid is the product of all axes. ``sampling = "sobol"`` with ``points = N`` draws N points of a scrambled Sobol set from
the ranges instead.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.stats import qmc

from nudipole.catalogue import registry
from nudipole.errors import DomainError, NudipoleError, OutputError

FloatArray = npt.NDArray[np.float64]
FLAVORS = ("e", "mu", "tau")
MOST_POINTS = 20_000_000
SECONDS_A_POINT = 2e-4  # and key, measured on recoil and beam searches; only for the estimate in a refusal
_BYTES_A_POINT = 40


class PlanError(NudipoleError, ValueError):
    """A plan that cannot be run: file, field, value and what is allowed."""

    def __init__(self, file: object, field: str, value: object, allowed: str) -> None:
        super().__init__(f"{file}: {field} = {value!r}: {allowed}")


class Axis(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"low": "from", "high": "to"}):
    """Values of one parameter: a range in logarithmic steps, a list, or one value."""

    low: float | None = None
    high: float | None = None
    points: Annotated[int, msgspec.Meta(ge=1)] | None = None
    values: list[float] | None = None
    value: float | None = None

    @property
    def is_range(self) -> bool:
        """Whether it has two ends."""
        return self.low is not None and self.high is not None

    def number(self) -> int:
        """How many values a grid takes of it."""
        if self.values is not None:
            return len(self.values)
        return 1 if self.value is not None else int(self.points or 0)

    def grid(self) -> FloatArray:
        """Its values."""
        if self.values is not None:
            return np.array(self.values, dtype=float)
        if self.value is not None:
            return np.array([self.value])
        assert self.low is not None
        assert self.high is not None
        return np.geomspace(self.low, self.high, int(self.points or 0))


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scan as data; see the text on top for the fields."""

    mass: Axis
    couplings: dict[str, Axis]
    name: str = ""
    keys: list[str] = []
    presets: dict[str, str] = {}
    nature: Literal["dirac", "majorana"] = "dirac"
    sampling: Literal["grid", "sobol"] = "grid"
    points: Annotated[int, msgspec.Meta(ge=1)] | None = None
    seed: Annotated[int, msgspec.Meta(ge=0)] = 1
    chunk: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 100

    @property
    def axes(self) -> dict[str, Axis]:
        """The mass and the couplings by name, in the order of the columns."""
        return {"mass": self.mass, **{f: self.couplings[f] for f in FLAVORS if f in self.couplings}}

    @property
    def size(self) -> int:
        """How many points it has."""
        if self.sampling == "sobol":
            return int(self.points or 0)
        return int(np.prod([float(axis.number()) for axis in self.axes.values()]))

    @property
    def fingerprint(self) -> str:
        """Hash of everything that decides the result."""
        text = json.dumps(msgspec.to_builtins(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:20]

    def table(self) -> FloatArray:
        """All points, shape (points, 4): M_N [GeV], d_e, d_mu, d_tau [GeV^-1]; sorted by mass, so that chunks share it."""
        axes = self.axes
        if self.sampling == "grid":
            columns = np.array(list(itertools.product(*(axis.grid() for axis in axes.values()))), dtype=float)
        else:
            ranged = [name for name, axis in axes.items() if axis.is_range]
            unit = qmc.Sobol(len(ranged), rng=np.random.default_rng(self.seed)).random(self.size)
            columns = np.empty((self.size, len(axes)))
            for column, (name, axis) in enumerate(axes.items()):
                if name not in ranged:
                    columns[:, column] = axis.grid()[0]
                    continue
                low, high = np.log(axis.low), np.log(axis.high)  # type: ignore[arg-type]
                columns[:, column] = np.exp(low + (high - low) * unit[:, ranged.index(name)])
            columns = columns[np.argsort(columns[:, 0], kind="stable")]
        full = np.zeros((len(columns), 4))
        for column, name in enumerate(axes):
            full[:, ("mass", *FLAVORS).index(name)] = columns[:, column]
        return full


def read(path: Path) -> Plan:
    """A plan from its file, checked.

    Raises
    ------
    PlanError
        File, field, value and what is allowed.
    OutputError
        If the file cannot be read.
    """
    try:
        if not path.is_file():
            raise PlanError(path, "file", str(path), "must be a regular file")
        text = path.read_bytes()
    except OSError as error:
        raise OutputError(f"cannot read {path}: {error.strerror or error}") from None
    if len(text) > 1_000_000:
        raise PlanError(path, "file", len(text), "a plan has at most 1 MB")
    try:
        raw = tomllib.loads(text.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise PlanError(path, "TOML", "", str(error)) from None
    try:
        plan = msgspec.convert(raw, Plan)
    except msgspec.ValidationError as error:
        raise PlanError(path, "plan", "", str(error)) from None
    return checked(plan, path)


def checked(plan: Plan, path: object = "plan") -> Plan:
    """The plan, if it can be run.

    Raises
    ------
    PlanError
        For unknown keys, flavours or presets, empty ranges, and more points than can be computed (with an estimate).
    """
    for key in plan.keys:
        if key not in registry.all_keys():
            raise PlanError(path, "keys", key, "no such constraint; `nudipole experiments` lists them")
    for key, preset in plan.presets.items():
        if key not in plan.keys:
            raise PlanError(path, f"presets.{key}", preset, "is none of the keys of the plan")
        if preset not in registry.get(key).presets:
            raise PlanError(path, f"presets.{key}", preset, f"must be one of {', '.join(registry.get(key).presets)}")
    for name in plan.couplings:
        if name not in FLAVORS:
            raise PlanError(path, f"couplings.{name}", name, "must be e, mu or tau")
    if not plan.couplings:
        raise PlanError(path, "couplings", {}, "at least one of e, mu, tau is needed")
    for name, axis in plan.axes.items():
        _check_axis(axis, "mass" if name == "mass" else f"couplings.{name}", plan.sampling, path)
    if plan.sampling == "sobol" and plan.points is None:
        raise PlanError(path, "points", None, "is required for sampling = 'sobol'")
    if plan.sampling == "grid" and plan.points is not None:
        raise PlanError(path, "points", plan.points, "belongs to sampling = 'sobol'; a grid has points on each axis")
    if plan.size > MOST_POINTS:
        keys = len(plan.keys) or 50
        hours, size = plan.size * SECONDS_A_POINT * keys / 3600, plan.size * (_BYTES_A_POINT + 8 * keys) / 1e9
        words = f"at most {MOST_POINTS:g} points; this would take about {hours:.3g} hours of CPU and {size:.3g} GB"
        raise PlanError(path, "points", plan.size, words)
    return plan


def _check_axis(axis: Axis, field: str, sampling: str, path: object) -> None:
    ways = [axis.values is not None, axis.value is not None, axis.low is not None or axis.high is not None]
    if sum(ways) != 1:
        raise PlanError(path, field, _shown(axis), "give a range (from, to), values or one value")
    if ways[2] and (axis.low is None or axis.high is None or not 0 < axis.low < axis.high < np.inf):
        raise PlanError(path, field, _shown(axis), "a range needs 0 < from < to")
    if ways[2] and sampling == "grid" and axis.points is None:
        raise PlanError(path, f"{field}.points", None, "is required for a grid")
    if axis.points is not None and (not ways[2] or sampling == "sobol"):
        raise PlanError(path, f"{field}.points", axis.points, "belongs to a range of a grid")
    if sampling == "sobol" and axis.number() > 1:
        raise PlanError(path, field, _shown(axis), "a Sobol set draws from ranges; give a range or one value")
    values = axis.values if axis.values is not None else [axis.value] if axis.value is not None else []
    if axis.values == [] or not all(v is not None and np.isfinite(v) and v >= 0 for v in values):
        raise PlanError(path, field, _shown(axis), "values must be finite and not negative, and at least one")


def _shown(axis: Axis) -> Mapping[str, Any]:
    return {name: value for name, value in msgspec.to_builtins(axis).items() if value is not None}


def check_grid(plan: Plan) -> None:
    """Refuse points without any coupling.

    Raises
    ------
    DomainError
        If every coupling of a point is zero.
    """
    if not np.all(np.any(plan.table()[:, 1:] > 0, axis=1)):
        raise DomainError("at least one of d_e, d_mu, d_tau must be non-zero at every point of a plan")
