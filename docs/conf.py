"""Sphinx configuration: MyST pages, bibliography shared with the package, warnings are errors."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import nudipole
from nudipole.catalogue import registry
from nudipole.compilation import validation

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
]
myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "colon_fence"]
myst_heading_anchors = 3
bibliography = Path(nudipole.__file__).parent / "bibliography"
bibtex_bibfiles = sorted(str(path) for path in bibliography.glob("*.bib"))
bibtex_reference_style = "author_year"
autodoc_typehints = "none"
autodoc_member_order = "bysource"
html_theme = "furo"
html_title = "nudipole"
exclude_patterns = ["_build", "_generated"]
suppress_warnings = ["myst.strikethrough"]


def write_validation_table(app: Any) -> None:
    """How far every curve is from the published one, computed for the page that shows it: it cannot be out of date."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about couplings beyond the effective theory, which the curves reach
        checks = [check for key in sorted(registry.all_keys()) for check in validation.compare_key(key)]
    page = Path(app.srcdir) / "_generated" / "validation_table.md"
    page.parent.mkdir(exist_ok=True)
    page.write_text(validation.summary(checks, registry.all_keys()), encoding="utf-8")


def setup(app: Any) -> None:
    """Hook of Sphinx."""
    app.connect("builder-inited", write_validation_table)
