"""Sphinx configuration: MyST pages, bibliography shared with the package, warnings are errors."""

from __future__ import annotations

from pathlib import Path

import nudipole

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
exclude_patterns = ["_build"]
suppress_warnings = ["myst.strikethrough"]
