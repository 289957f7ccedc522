"""Imports run downward only, the public names are those we list, importing loads nothing heavy."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import nudipole

ROOT = Path(nudipole.__file__).parent
# packages and modules by level, lowest first; each imports from its own level and from those below
LEVELS: tuple[tuple[str, ...], ...] = (
    ("errors",),
    ("arguments",),
    ("units", "bibliography", "columns"),
    ("coupling", "completion"),
    ("portal", "kinematics", "intervals", "constraint", "effective", "uv_models"),
    ("inputs",),
    ("matter",),
    ("processes",),
    ("fluxes",),
    ("detectors",),
    ("inference",),
    ("signals",),
    ("sky",),
    ("cosmology", "supernova"),
    ("catalogue",),
    ("generator",),
    ("compilation", "plot", "fits"),
    ("observables",),
    ("explorer",),
    ("api", "installation"),
    ("cli",),
)
LEVEL = {package: level for level, packages in enumerate(LEVELS) for package in packages}
# imports inside a function that go upward on purpose, each with its reason
ALLOWED = {
    ("portal", "processes"),  # Portal.width asks hnl_decay: an object that only holds delegates to pure functions
    ("api", "compilation"),
}


def modules():
    return sorted(path for path in ROOT.rglob("*.py") if path.name != "__main__.py")


def package_of(path: Path) -> str:
    relative = path.relative_to(ROOT)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imported_packages(path: Path) -> set[str]:
    packages = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("nudipole"):
            names = [
                f"{node.module}.{alias.name}" if node.module == "nudipole" else node.module for alias in node.names
            ]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.startswith("nudipole.")]
        packages |= {name.split(".")[1] for name in names if "." in name}
    return packages - {"__version__"}


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_run_downward(path):
    own = package_of(path)
    if own == "__init__":
        return
    for other in imported_packages(path):
        assert other in LEVEL, f"{path.name} imports {other}, which has no level"
        assert LEVEL[other] <= LEVEL[own] or (own, other) in ALLOWED, f"{own} must not import {other}"


def test_processes_know_no_fluxes_and_inference_no_physics():
    physics = {"matter", "processes", "fluxes", "detectors", "signals", "catalogue"}
    for path in modules():
        packages = imported_packages(path)
        if package_of(path) == "inference":
            assert not packages & physics, path
        if package_of(path) == "processes":
            assert not packages & {"fluxes", "detectors", "signals", "catalogue", "inference"}, path


def test_public_face():
    assert dir(nudipole) == [
        "Completion", "Direction", "Interval", "Limit", "NudipoleError", "Portal", "__version__", "atlas", "bands",
        "beam_spectrum", "cite", "collider", "combine", "cross_section", "decay_probability", "decay_spectrum",
        "differential", "discovery", "doctor", "expected", "experiments", "explore", "flux", "generate", "hepdata",
        "limit", "meson", "meson_spectrum", "peak_recoil", "plot", "point", "posterior", "published", "rate",
        "reweight", "scan", "spectrum", "tension", "thermal", "ufo", "units", "width", "workspace",
    ]  # fmt: skip
    for name in dir(nudipole):
        assert getattr(nudipole, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = nudipole.nothing


def test_modules_stay_short():
    """No module has more than 350 lines, but for the two classes of the portal, half of them docstrings."""
    long = {str(p.relative_to(ROOT)) for p in modules() if len(p.read_text().splitlines()) > 350}
    assert long <= {"portal.py"}


def test_import_loads_nothing_heavy():
    code = "import sys, nudipole; print([m for m in ('numpy', 'scipy', 'particle', 'matplotlib') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_nothing_is_evaluated_or_unpickled():
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec", "__import__"), path
        assert "import pickle" not in path.read_text(encoding="utf-8"), path
