"""The triangle of flavours and the plane of operators show what the functions say."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

from nudipole.cli import main
from nudipole.errors import DomainError
from nudipole.fits.smeft import smeft_plane
from nudipole.plot import canvas, structure

pytest.importorskip("matplotlib")


@pytest.fixture
def ax():
    return canvas.new_figure((4.6, 3.6)).add_subplot()


def test_lines_of_the_operator_plane_are_its_scales(ax):
    structure.operators(["lep", "charm-ii"], "mu", 0.05, points=7, ax=ax)
    expected = smeft_plane(["lep", "charm-ii"], "mu", 0.05, points=7)
    for line, scales in zip(ax.lines, expected.scales, strict=True):
        assert np.asarray(line.get_ydata()) == pytest.approx(1e-3 * scales, rel=1e-9, abs=0)
    assert "TeV" in ax.get_ylabel()


def test_the_triangle_is_drawn_between_three_flavours(ax):
    structure.triangle(["lep", "miniboone"], 0.1, steps=4, ax=ax)
    assert {text.get_text() for text in ax.texts} >= {r"$\nu_e$", r"$\nu_\mu$", r"$\nu_\tau$"}
    assert ax.collections


def test_a_reactor_alone_makes_no_triangle(ax):
    with pytest.raises(DomainError, match="no triangle"):
        structure.triangle(["conus-plus"], 1e-3, steps=1, ax=ax)


def test_the_commands_write_files(tmp_path):
    for name, arguments in (
        ("t.svg", ["triangle", "lep", "miniboone", "--mass", "0.1", "--steps", "4"]),
        ("o.png", ["operators", "lep", "--flavor", "mu", "--mass", "1", "--points", "5"]),
    ):
        result = CliRunner().invoke(main, ["plot", *arguments, "--out", str(tmp_path / name)])
        assert result.exit_code == 0, result.output
        assert (tmp_path / name).stat().st_size > 1000
