"""Pictures of the documentation: to scale, from the numbers of the cards; folds, links and tutorials."""

from __future__ import annotations

import importlib
import re
import sys
import warnings
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import nudipole as nd
from nudipole.catalogue import registry
from nudipole.compilation import validation
from nudipole.portal import Portal

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SPACE = "{http://www.w3.org/2000/svg}"
CELL = re.compile(r"^```\{code-cell\}\n(.*?)^```", re.MULTILINE | re.DOTALL)
TUTORIALS = sorted(path for path in (DOCS / "tutorials").glob("*.md") if path.stem != "index")


@pytest.fixture
def extension(monkeypatch):
    """A module of docs/extensions (or of scripts) by its name."""
    pytest.importorskip("sphinx")
    for folder in (DOCS / "extensions", ROOT / "scripts"):
        monkeypatch.syspath_prepend(str(folder))
    yield importlib.import_module
    for name in ("svg", "geometry_sketches", "experiment_pictures", "experiment_pages", "physics_pictures", "folds"):
        sys.modules.pop(name, None)


def lengths(picture, tag, color):
    """Widths [px] of the rectangles of this colour."""
    return [float(e.get("width")) for e in ElementTree.fromstring(picture).iter(SPACE + tag) if e.get("fill") == color]


def test_the_line_of_a_beam_is_to_scale(extension):
    """MiniBooNE: 541 m from the source, 471 m of soil, a tank of 12.2 m, all with one scale."""
    sketches, svg = extension("geometry_sketches"), extension("svg")
    raw = registry.get("miniboone").raw
    picture = sketches.sketch(raw, "MiniBooNE")
    scale = 600.0 / (541.0 + 6.1)  # px a metre
    slabs = [wide for color in svg.COLORS[4:6] for wide in lengths(picture, "rect", color)]
    assert slabs[0] == pytest.approx(scale * 471.0, rel=2e-3, abs=0)
    tank = lengths(picture, "rect", svg.COLORS[0])
    assert tank[0] == pytest.approx(scale * 12.2, rel=5e-3, abs=0)
    round_ = next(ElementTree.fromstring(picture).iter(SPACE + "ellipse"))
    assert round_.get("rx") == round_.get("ry")


def test_a_box_is_as_long_and_as_high_as_its_card_says(extension):
    sketches = extension("geometry_sketches")
    shape = registry.get("sbnd").raw["detector"]
    found = sketches.body(shape, "box")
    assert found.z[1] - found.z[0] == pytest.approx(shape["length_m"], rel=1e-12, abs=0)
    assert found.y[1] - found.y[0] == pytest.approx(shape["height_m"], rel=1e-12, abs=0)
    hexagon = sketches.body({"model": "hexagon", "apothem_m": 1.0, "length_m": 2.0}, "hexagon")
    assert hexagon.y[1] == pytest.approx(2.0 / np.sqrt(3.0), rel=1e-12, abs=0)


def test_every_experiment_has_a_sketch(extension):
    sketches = extension("geometry_sketches")
    cards = {key: getattr(registry.get(key), "raw", None) for key in registry.all_keys()}
    without = [key for key, raw in cards.items() if raw and not sketches.sketch(raw, key)]
    assert not without


def test_counts_of_a_page_are_those_of_the_rate(extension):
    """The bar of N is the count at the point that the words name."""
    pages, pictures = extension("experiment_pages"), extension("experiment_pictures")
    constraint = registry.get("conus-plus")
    limit = pages.curve(constraint)
    picture, words = pictures.spectrum(constraint, limit)
    mass, d = pictures.shown_point(limit)
    assert f"M = {mass:.3g} GeV and d = {d:.3g}" in words
    expected = constraint.rate(Portal(mass, d, limit.direction)).signal.sum()
    assert f">{expected:.4g}<" in picture


def test_presets_are_compared_with_the_default(extension):
    pages = extension("experiment_pages")
    constraint = registry.get("gemma")
    limit = pages.curve(constraint)
    page = pages.page(constraint, limit, ())
    masses = limit.masses[::3]
    for name in constraint.presets[1:]:
        ratio = constraint.limit(masses, limit.direction, preset=name).lower / limit.lower[::3]
        assert f"| `{name}` | {np.nanmedian(ratio):.3g} |" in page


def test_the_ratio_is_drawn_where_it_is(extension):
    """One comparison at one mass: its dot stands at log2 of the ratio between the marks of the axis."""
    pictures = extension("experiment_pictures")
    (check, *_) = validation.compare_key("conus-plus")
    root = ElementTree.fromstring(pictures.ratio([check], "ratio"))
    (dot,) = [e for e in root.iter(SPACE + "circle") if e.get("fill")]
    marks = [
        (float(t.get("y")) - 4.0, float(t.text)) for t in root.iter(SPACE + "text") if t.get("text-anchor") == "end"
    ]
    (y0, v0), (y1, v1) = marks[0], marks[-1]
    shown = v0 + (float(dot.get("cy")) - y0) / (y1 - y0) * (v1 - v0)
    assert 2.0**shown == pytest.approx(check.median, rel=0.02, abs=0)


def test_tables_say_where_they_are_from(extension):
    pages = extension("experiment_pages")
    constraint = registry.get("miniboone")
    (text,) = pages._tables(constraint.raw, constraint.file)
    assert "typed from the release" in text
    assert text.count("\n| ") == len({name for name in pages._named(constraint.raw) if name}) + 1


@pytest.mark.parametrize("page", sorted((DOCS / "physics").glob("*.md")), ids=lambda path: path.stem)
def test_every_page_on_physics_opens_with_a_picture_and_three_sentences(page, extension):
    drawn = extension("physics_pictures")
    text = page.read_text(encoding="utf-8")
    assert page.stem in {*drawn.PICTURES, *drawn.CURVES}
    opening = text.split("\n\n")
    assert f":file: ../_generated/pictures/{page.stem}.svg" in opening[1]
    assert opening[2].startswith("*")
    words = opening[3].split("\n")[0]
    assert len(re.findall(r"\.(?= [A-Z$]|$)", words)) == 3


def test_what_follows_a_fold_is_folded(extension):
    from docutils import nodes

    folds = extension("folds")
    section = nodes.section("", nodes.title("", "Derivation"), folds.fold_mark(words="Show"), nodes.paragraph("", "x"))
    document = nodes.document(None, None)
    document += [nodes.paragraph("", "before"), section]
    folds._close(None, document, "page")
    title, folded = section.children
    assert isinstance(title, nodes.title)
    assert isinstance(folded, folds.fold)
    assert [child.astext() for child in folded.children] == ["x"]
    assert document.children[0].astext() == "before"


def test_broken_links_are_found(extension, tmp_path):
    links = extension("check_links")
    (tmp_path / "a.html").write_text('<p id="here"><a href="b.html#there">b</a> <a href="#here">a</a></p>')
    (tmp_path / "b.html").write_text('<p id="there"><a href="https://example.org/x">out</a></p>')
    assert links.broken(tmp_path) == []
    (tmp_path / "b.html").write_text('<p id="elsewhere"><a href="c.html">c</a></p>')
    assert links.broken(tmp_path) == ["a.html: b.html#there has no such place", "b.html: c.html is not there"]


def test_links_of_the_sources_lead_to_pages():
    """Relative links between Markdown files; what Sphinx checks inside docs/, the readme has too."""
    made = {"_generated"}
    for page in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        if made & set(page.parts):
            continue
        text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)#\s]+\.md)", text):
            path = page.parent / target
            assert path.exists() or made & set(path.parts), f"{page.name}: {target}"


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda path: path.stem)
def test_every_tutorial_runs(page):
    """Its cells one after another, as the notebook runs them; its own assertions hold."""
    pytest.importorskip("matplotlib").use("Agg")
    import matplotlib.pyplot as plt

    cells = CELL.findall(page.read_text(encoding="utf-8"))
    assert len(cells) >= 4
    names: dict[str, object] = {}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning)  # non-interactive figures, couplings out of reach
        try:
            for number, cell in enumerate(cells, 1):
                exec(compile(cell, f"{page.name}: {number}", "exec"), names)
        finally:
            plt.close("all")


def test_the_six_tutorials_are_there():
    listed = (DOCS / "tutorials" / "index.md").read_text(encoding="utf-8")
    assert len(TUTORIALS) == 6
    assert all(f"\n{page.stem}\n" in listed for page in TUTORIALS)


def test_the_gallery_draws_each_picture_by_one_line(extension):
    gallery = extension("gallery")
    names = [name for name, _, _ in gallery.ENTRIES]
    assert len(set(names)) == len(names) >= 8
    drawn = {line.split("(")[0].removeprefix("nd.plot.") for _, _, line in gallery.ENTRIES}
    assert {"plane", "limit", "spectrum", "cross_section", "branching", "decay_length"} == drawn
    assert all(hasattr(nd.plot, name) for name in drawn)
