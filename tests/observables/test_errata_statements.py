"""The numbers that docs/errata.md puts beside statements of the review are those of today."""

from __future__ import annotations

import pytest

import nudipole as nd
from nudipole.matter import form_factors, isotopes
from nudipole.processes.validity import OutOfReachWarning


@pytest.mark.parametrize(
    ("key", "flavor", "mass", "written"),
    [
        ("lep", "mu", 0.1, 1.9e-6),
        ("borexino", "mu", 1e-3, 8.0e-10),
        ("lz-cevns", "universal", 1e-4, 6.9e-10),
        ("xenonnt-cevns", "universal", 1e-4, 1.1e-9),
        ("borexino", "universal", 1e-4, 2.9e-11),
        ("supercdms", "universal", 1e-3, 5.3e-8),
        ("xenon1t-nr", "universal", 1e-3, 1.25e-8),
        ("bbn", "mu", 1e-2, 6.1e-16),
    ],
)
def test_lower_edges(key, flavor, mass, written):
    assert nd.limit(key, flavor, mass).excluded[0][0].mu[0] == pytest.approx(written, rel=0.04, abs=0)


def test_the_rest():
    assert nd.limit("bbn", "mu", 1e-2).excluded[0][0].mu[1] == pytest.approx(1.5e-11, rel=0.04, abs=0)
    with pytest.warns(OutOfReachWarning, match=r"up to 0\.0039 GeV"):
        assert not nd.limit("borexino", "mu", 5e-3).excluded[0]
    assert form_factors.neutron_radius(isotopes.get("Ar40")) == pytest.approx(3.50, rel=2e-3, abs=0)
