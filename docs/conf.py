"""Sphinx configuration: MyST pages, bibliography shared with the package, warnings are errors."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import nudipole
from nudipole import plot
from nudipole.catalogue import registry
from nudipole.compilation import validation
from nudipole.constraint import Limit

sys.path.insert(0, str(Path(__file__).parent / "extensions"))
project = "nudipole"
author = "The nudipole developers"
copyright = "2026, the nudipole developers"
release = nudipole.__version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "sphinxcontrib.bibtex",
    "sphinx-mathjax-offline",  # brings MathJax: equations are drawn without a network
    "call_path",
    "plain_bars",
]
myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "colon_fence"]
myst_heading_anchors = 3
bibliography = Path(nudipole.__file__).parent / "bibliography"
bibtex_bibfiles = sorted(str(path) for path in bibliography.glob("*.bib"))
bibtex_reference_style = "author_year"
autodoc_typehints = "none"
# types of arguments are sentences ("ndarray (n, bins)"), not references to be resolved word by word
napoleon_use_param = False
napoleon_use_rtype = False
autodoc_member_order = "bysource"
html_theme = "furo"
html_title = "nudipole"
exclude_patterns = ["_build", "extensions", "_generated/*.md"]
# "ref.python": words in shapes of attributes, "(pairs, bins)", that several classes have as names
suppress_warnings = ["myst.strikethrough", "ref.python"]


def write_pages(app: Any) -> None:
    """What is computed for the pages that show it: comparisons, a page for each constraint, the plane."""
    import experiment_pages
    import independent
    import levels

    folder = Path(app.srcdir) / "_generated"
    folder.mkdir(exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about couplings beyond the effective theory, which the curves reach
        checks = [check for key in sorted(registry.all_keys()) for check in validation.compare_key(key)]
        limits = experiment_pages.write(folder, checks)
        draw_plane(folder / "plane.svg", limits)
        (folder / "independent_table.md").write_text(independent.table(), encoding="utf-8")
        (folder / "levels_table.md").write_text(levels.table(), encoding="utf-8")
    (folder / "validation_table.md").write_text(validation.summary(checks, registry.all_keys()), encoding="utf-8")


def draw_plane(path: Path, limits: list[Limit]) -> None:
    """Mass against coupling of every experiment for the muon flavour."""
    import matplotlib

    matplotlib.use("Agg")
    plot.save(plot.plane("mu", curves=limits).figure, path)


def draw_events(app: Any) -> None:
    """The page on events, run: its pictures are those of its own blocks."""
    import matplotlib

    matplotlib.use("Agg")
    page = (Path(app.srcdir) / "generator.md").read_text(encoding="utf-8")
    target = Path(app.srcdir) / "_generated"
    target.mkdir(exist_ok=True)
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shutil.copytree(Path(app.srcdir).parent / "examples", Path(folder) / "examples")
        os.chdir(folder)
        try:
            for number, block in enumerate(re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL), 1):
                exec(compile(block, f"generator.md: {number}", "exec"), {})
        finally:
            os.chdir(before)
        for picture in Path(folder).glob("*.svg"):
            shutil.copy(picture, target / picture.name)


def setup(app: Any) -> None:
    """Hook of Sphinx."""
    app.connect("builder-inited", write_pages)
    app.connect("builder-inited", draw_events)
