"""Sphinx configuration: MyST pages, bibliography shared with the package, warnings are errors."""

from __future__ import annotations

import hashlib
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
from nudipole.explorer.run import explore

sys.path.insert(0, str(Path(__file__).parent / "extensions"))
project = "nudipole"
author = "The nudipole developers"
copyright = "2026, the nudipole developers"
release = nudipole.__version__
extensions = [
    "myst_nb",  # Markdown, and notebooks that are run when the pages are built
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "sphinxcontrib.bibtex",
    "sphinx-mathjax-offline",  # brings MathJax: equations are drawn without a network
    "call_path",
    "folds",
    "plain_bars",
]
myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True
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
html_static_path = ["stylesheets"]
html_css_files = ["docs.css"]
html_extra_path = ["_generated/extra"]
(Path(__file__).parent / "_generated" / "extra").mkdir(parents=True, exist_ok=True)
# the explorer on the first page: a few keys, few masses; `nudipole explore` has them all
EMBEDDED = ("gemma", "conus-plus", "lz-nees", "charm-ii", "nomad", "microboone", "icecube", "lep", "bbn")
exclude_patterns = ["_build", "extensions", "_generated/*.md"]
# "ref.python": words in shapes of attributes, "(pairs, bins)", that several classes have as names
suppress_warnings = ["myst.strikethrough", "ref.python"]


def write_pages(app: Any) -> None:
    """What is computed for the pages that show it: comparisons, a page for each constraint, the plane."""
    import experiment_pages
    import gallery
    import independent
    import joint_pictures
    import levels
    import physics_pictures

    folder = Path(app.srcdir) / "_generated"
    folder.mkdir(exist_ok=True)
    stamp, current = folder / "inputs.sha256", inputs(Path(app.srcdir))
    if stamp.exists() and stamp.read_text(encoding="utf-8") == current:
        return  # everything that they are made from is as it was
    stamp.unlink(missing_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about couplings beyond the effective theory, which the curves reach
        checks = [check for key in sorted(registry.all_keys()) for check in validation.compare_key(key)]
        limits = experiment_pages.write(folder, checks)
        draw_plane(folder / "plane.svg", limits)
        physics_pictures.write(folder, limits)
        gallery.write(folder)
        joint_pictures.write(folder)
        explore(export=folder / "extra" / "embedded_explorer.html", only=EMBEDDED, masses=20, jobs=1)
        (folder / "independent_table.md").write_text(independent.table(), encoding="utf-8")
        (folder / "levels_table.md").write_text(levels.table(), encoding="utf-8")
    (folder / "validation_table.md").write_text(validation.summary(checks, registry.all_keys()), encoding="utf-8")
    stamp.write_text(current, encoding="utf-8")


def inputs(docs: Path) -> str:
    """A hash of all that computed pages are made from: the package with its data, and what draws them."""
    files = [p for p in Path(nudipole.__file__).parent.rglob("*") if p.is_file() and p.suffix != ".pyc"]
    files += [docs / "conf.py", *docs.glob("*.csv"), *(docs / "extensions").glob("*.py")]
    found = hashlib.sha256()
    for path in sorted(files):
        found.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


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
