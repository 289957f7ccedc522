"""The verbs from Python."""

from __future__ import annotations

import pytest

import nudipole as nd
from nudipole.errors import DomainError


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
