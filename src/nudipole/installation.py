"""What is installed, what each optional extra enables, and whether the package computes what it should."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nudipole import __version__, units

ENABLES = {
    "plot": "figures: nudipole plot, the figures of nudipole atlas",
    "events": "HepMC3, LHE and Parquet files: nudipole generate, reweight, scan",
    "parallel": "a dask cluster: --scheduler ADDRESS",
    "cosmology": "rebuilding the grids of the early Universe (developers)",
    "all": "everything a user needs",
    "test": "the tests: make test",
    "docs": "the documentation",
    "dev": "everything",
}
_REQUIREMENT = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[([^\]]*)\])?[^;]*(?:;.*extra\s*==\s*['\"]([^'\"]+)['\"])?")


@dataclass(frozen=True)
class Extra:
    """One optional extra: what it enables, its packages with their versions, and those that are missing."""

    name: str
    enables: str
    installed: dict[str, str]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Check:
    """One part of the self-test: what was found, what is right, how long it took."""

    name: str
    found: float
    expected: float
    tolerance: float
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether the relative difference is within the tolerance."""
        return bool(abs(self.found - self.expected) <= self.tolerance * abs(self.expected))


@dataclass(frozen=True)
class Diagnosis:
    """The answer of :func:`doctor`."""

    versions: dict[str, str]
    extras: tuple[Extra, ...]
    cores: int
    usable_cores: int
    places: dict[str, str]
    checks: tuple[Check, ...]

    @property
    def healthy(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return {
            "healthy": self.healthy,
            "versions": self.versions,
            "extras": {
                e.name: {"enables": e.enables, "installed": e.installed, "missing": list(e.missing)}
                for e in self.extras
            },
            "cores": self.cores,
            "usable_cores": self.usable_cores,
            "places": self.places,
            "checks": [
                {"name": c.name, "passed": c.passed, "found": c.found, "expected": c.expected, "seconds": c.seconds}
                for c in self.checks
            ],
        }


def doctor() -> Diagnosis:
    """Versions, extras present and missing and what each enables, cores, places of caches, and a short self-test.

    Returns
    -------
    Diagnosis
        Prints as ``nudipole doctor`` does; ``healthy`` says whether the self-test passed.

    Examples
    --------
    >>> doctor().healthy
    True
    """
    names = ("numpy", "scipy", "particle", "msgspec", "click", "rich")
    versions = {"nudipole": __version__, "python": platform.python_version(), "system": platform.platform()}
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Diagnosis(
        versions=versions | {name: _version(name) or "missing" for name in names},
        extras=_extras(),
        cores=os.cpu_count() or 1,
        usable_cores=usable,
        places=_places(),
        checks=tuple(_checked(name, test) for name, test in _TESTS),
    )


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _extras() -> tuple[Extra, ...]:
    """Every extra of the installed distribution, one that is made of others taken apart."""
    try:
        requirements = importlib.metadata.requires("nudipole") or []
    except importlib.metadata.PackageNotFoundError:  # run from a checkout that is not installed
        return ()
    wanted: dict[str, list[tuple[str, str]]] = {}
    for text in requirements:
        match = _REQUIREMENT.match(text)
        if match and match[3]:
            wanted.setdefault(match[3], []).append((match[1], match[2] or ""))

    def packages(extra: str, seen: frozenset[str] = frozenset()) -> list[str]:
        found: list[str] = []
        for name, inner in wanted.get(extra, ()):
            if name != "nudipole":
                found.append(name)
                continue
            for part in inner.split(","):
                if part.strip() not in seen:
                    found += packages(part.strip(), seen | {part.strip()})
        return list(dict.fromkeys(found))

    result = []
    for extra in wanted:
        versions = {name: _version(name) for name in packages(extra)}
        result.append(
            Extra(
                extra,
                ENABLES.get(extra, "one script each, see scripts/"),
                {name: version for name, version in versions.items() if version is not None},
                tuple(name for name, version in versions.items() if version is None),
            )
        )
    return tuple(result)


def _places() -> dict[str, str]:
    """Where things are kept outside the folder that a command writes."""
    places = {"package": os.path.dirname(os.path.abspath(__file__)), "temporary files": tempfile.gettempdir()}
    places["results"] = "only where --out or --export say; the package keeps no cache of its own"
    if importlib.util.find_spec("matplotlib") is not None:
        matplotlib = importlib.import_module("matplotlib")
        places["matplotlib's fonts"] = str(matplotlib.get_cachedir())
    free = shutil.disk_usage(tempfile.gettempdir()).free / 1e9
    places["free for temporary files"] = f"{free:.1f} GB"
    return places


def _checked(name: str, test: Callable[[], tuple[float, float, float]]) -> Check:
    started = time.perf_counter()
    found, expected, tolerance = test()
    return Check(name, found, expected, tolerance, time.perf_counter() - started)


def _unit() -> tuple[float, float, float]:
    """d of one Bohr magneton is e / 4 m_e, 148.15 GeV^-1."""
    return units.d_from_mu(1.0), 148.15, 1e-4


def _width() -> tuple[float, float, float]:
    """Below two electrons N decays to nu gamma alone, with d^2 M^3 / 4 pi."""
    from nudipole.portal import Portal

    return Portal(1e-3, 1e-6).width, 1e-12 * 1e-9 / (4.0 * np.pi), 1e-9


def _cross_section() -> tuple[float, float, float]:
    """The spectrum of recoils of 40Ar, integrated, over the total cross section."""
    from scipy.integrate import quad

    from nudipole.processes.scattering import upscattering_total

    energy, mass = 0.03, 1e-2
    whole = upscattering_total.cross_section("Ar40", energy, mass, 1e-6)
    total, low, high = (float(whole[k] or 0.0) for k in ("sigma_GeV-2", "recoil_min_GeV", "recoil_max_GeV"))

    def logarithmic(x: float) -> float:
        recoil = float(np.exp(x))
        found = upscattering_total.cross_section("Ar40", energy, mass, 1e-6, recoil)
        return recoil * float(found["dsigma_dE_GeV-3"] or 0.0) / total

    integral = quad(logarithmic, np.log(low), np.log(high), epsabs=0.0, epsrel=1e-4)[0]
    return float(integral), 1.0, 1e-2


def _limit() -> tuple[float, float, float]:
    """The counts at the limit of GEMMA are what its card allows."""
    from nudipole.catalogue import registry
    from nudipole.catalogue.experiment import Experiment
    from nudipole.portal import Direction, Portal

    experiment = registry.get("gemma")
    assert isinstance(experiment, Experiment)
    direction = Direction("e")
    bound = experiment.limit([1e-4], direction).lower[0]
    counts = float(experiment.rate(Portal(1e-4, float(bound), direction)).signal.sum())
    return counts, float(experiment.model().observation.section.allowed), 1e-6  # type: ignore[attr-defined]


_TESTS: tuple[tuple[str, Callable[[], tuple[float, float, float]]], ...] = (
    ("d of one Bohr magneton [GeV^-1]", _unit),
    ("width of N to nu gamma [GeV]", _width),
    ("spectrum on 40Ar over its total", _cross_section),
    ("counts at the limit of gemma", _limit),
)
