"""A box given as a mesh gives the numbers of the box; what is no convex closed surface is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import nudipole as nd
from nudipole.detectors import mesh
from nudipole.detectors.geometry import box
from nudipole.errors import CardError, MeshError, MissingExtraError

trimesh = pytest.importorskip("trimesh")
EXAMPLE = Path(__file__).parents[2] / "examples" / "argon-beam.toml"
SIDES, CENTRE = (4.0, 4.0, 4.5), [0.5, -1.0, 2.0]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "box.stl"
    trimesh.creation.box(extents=SIDES).export(path)
    return path


def test_a_box_as_a_mesh_is_the_box(file):
    ours, theirs = mesh.load(file, centre_m=CENTRE), box(*SIDES, centre_m=CENTRE)
    assert len(ours.offsets) == 6
    assert ours.volume == pytest.approx(theirs.volume, rel=1e-6, abs=0)
    assert ours.frontal_area == pytest.approx(theirs.frontal_area, rel=1e-6, abs=0)
    assert ours.extent == pytest.approx(theirs.extent, rel=1e-6, abs=0)
    assert ours.diameter == pytest.approx(np.sqrt(np.sum(np.square(SIDES))), rel=1e-6, abs=0)
    rng = np.random.default_rng(2)
    origin, direction = rng.normal(size=(5000, 3)) * 4.0, rng.normal(size=(5000, 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    for one, two in zip(ours.chord(origin, direction), theirs.chord(origin, direction), strict=True):
        assert one == pytest.approx(two, abs=1e-5)


def test_points_of_a_mesh_are_even_inside(file):
    volume = mesh.load(file)
    points = volume.sample(np.random.default_rng(3).random((40_000, 3)))
    for axis, side in enumerate(SIDES):
        count = np.histogram(points[:, axis], 8, range=(-side / 2, side / 2))[0]
        assert count == pytest.approx(np.full(8, 5000), abs=5 * np.sqrt(5000))
    front = volume.sample_front(np.random.default_rng(3).random((40_000, 2)))
    count = np.histogram(front[:, 0], 8, range=(-2, 2))[0]
    assert count == pytest.approx(np.full(8, 5000), abs=5 * np.sqrt(5000))


def test_a_card_with_a_mesh_gives_the_rate_and_events_of_the_box(file):
    text = EXAMPLE.read_text()
    shape = 'model = "box", width_m = 4.0, height_m = 4.0, length_m = 4.5'
    assert shape in text
    mine = file.parent / "mine.toml"
    detector = 'model = "box"\nwidth_m = 4.0\nheight_m = 4.0\nlength_m = 4.5'
    assert detector in text
    changed = text.replace(shape, 'model = "mesh", file = "box.stl"').replace(
        detector, 'model = "mesh"\nfile = "box.stl"'
    )
    mine.write_text(changed)
    point = (0.2, 1e-6, "mu")
    wanted = nd.rate(EXAMPLE, *point).signal.sum()
    assert nd.rate(mine, *point).signal.sum() == pytest.approx(wanted, rel=0.01, abs=0)
    table = nd.generate(mine, *point, 4000)
    assert np.max(np.abs(table["decay_x"])) <= 2.0 + 1e-6
    assert table.counted.sum() == pytest.approx(wanted, rel=0.06, abs=0)


def test_surfaces_that_are_open_or_hollow_are_refused(tmp_path):
    open_box = trimesh.creation.box(extents=SIDES)
    open_box = trimesh.Trimesh(open_box.vertices, open_box.faces[:-1])
    open_box.export(tmp_path / "open.stl")
    with pytest.raises(MeshError, match=r"open.stl is not watertight"):
        mesh.load(tmp_path / "open.stl")
    trimesh.creation.annulus(1.0, 2.0, 3.0).export(tmp_path / "ring.stl")
    with pytest.raises(MeshError, match="not convex"):
        mesh.load(tmp_path / "ring.stl")
    (tmp_path / "text.stl").write_text("no mesh")
    with pytest.raises(MeshError, match=r"text.stl"):
        mesh.load(tmp_path / "text.stl")


def test_a_card_names_the_mesh_that_is_not_there(tmp_path):
    mine = tmp_path / "mine.toml"
    text = EXAMPLE.read_text().replace(
        'model = "box", width_m = 4.0, height_m = 4.0, length_m = 4.5', 'model = "mesh", file = "no.stl"'
    )
    mine.write_text(text)
    with pytest.raises(CardError, match=r"no.stl"):
        nd.rate(mine, 0.2, 1e-6, "mu")


def test_without_trimesh_the_extra_is_named(file, monkeypatch):
    monkeypatch.setitem(sys.modules, "trimesh", None)
    with pytest.raises(MissingExtraError, match=r"nudipole\[mesh\]"):
        mesh.load(file)
