"""The verbs from Python."""

from __future__ import annotations

import importlib

import pytest

import nudipole as nd
from nudipole.errors import DomainError


@pytest.mark.parametrize("name", ["atlas", "experiments"])
def test_a_verb_outlives_the_subpackage_of_the_same_name(name):
    package = importlib.import_module(f"nudipole.{name}")
    assert getattr(nd, name) is package
    assert callable(getattr(nd, name))


def test_verbs_can_be_called_again_after_everything_is_loaded(tmp_path):
    for _ in range(2):
        assert "conus-plus" in nd.experiments()
        with pytest.raises(DomainError, match="at least 2 masses"):
            nd.atlas(tmp_path, masses=1)
        assert nd.limit("conus-plus", "e", 1e-3).lower.shape == (1,)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (lambda: nd.Portal(0.15, 1e-6), "0.15 GeV"),
        (lambda: nd.limit("conus-plus", "e", 1e-3), "conus-plus, e, 90% CL"),
        (lambda: nd.rate("conus-plus", 1e-3, 1e-7, "e"), "conus-plus"),
        (nd.experiments, "<td>conus-plus</td><td>CONUS+</td>"),
        (lambda: nd.experiments()["conus-plus"], "<td>default normalisation-only</td>"),
    ],
)
def test_a_notebook_shows_a_table(shown, expected):
    html = shown()._repr_html_()
    assert html.startswith("<table>")
    assert html.count("<tr>") == html.count("</tr>") > 1
    assert expected in html
