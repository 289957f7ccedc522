"""Limits on gauge-invariant operators: the angle, the scale, and the blind spot of the photon."""

from __future__ import annotations

import numpy as np
import pytest

import nudipole as nd
from nudipole import effective
from nudipole.errors import DomainError
from nudipole.fits.smeft import smeft_plane
from nudipole.portal import Completion


def test_a_beam_excludes_the_scale_that_matches_its_dipole():
    found = smeft_plane(["charm-ii"], "mu", 0.05, points=5)
    d = nd.limit("charm-ii", "mu", 0.05).lower[0]
    (middle,) = np.nonzero(found.angles == 0.0)[0]
    assert found.scales[0, middle] == pytest.approx(float(effective.scale_from_coupling(d)), rel=1e-9, abs=0)
    for angle, size in zip(np.deg2rad(found.angles), found.coefficients[0], strict=True):
        broken = effective.match(float(size * np.sin(angle)), float(size * np.cos(angle)))
        assert abs(broken.photon) == pytest.approx(d, rel=1e-9, abs=0)


def test_a_collider_feels_the_companions():
    found = smeft_plane(["lep"], "mu", 1.0, points=3)
    angle = np.deg2rad(45.0)
    along = nd.limit("lep", "mu", 1.0, completion=Completion("gauge", 1.0)).lower[0]
    photon = effective.match(float(np.sin(angle)), float(np.cos(angle))).photon
    assert found.coefficients[0, 2] == pytest.approx(along / photon, rel=1e-9, abs=0)
    assert abs(along / nd.limit("lep", "mu", 1.0).lower[0] - 1.0) > 0.05


def test_searches_through_the_photon_are_blind_where_it_decouples():
    found = smeft_plane(["charm-ii"], "mu", 0.05, points=181)
    blind = np.rad2deg(np.arctan(-2.0 * np.sqrt(1 / 0.2312 - 1)))
    worst = found.angles[np.argmin(found.scales[0])]
    assert worst == pytest.approx(blind, rel=0.02, abs=0)
    columns = found.to_arrays()
    assert columns["Lambda_GeV"] == pytest.approx(
        np.hypot(columns["d_B_GeV-2"], columns["d_W_GeV-2"]) ** -0.5, rel=1e-9, abs=0
    )


def test_nothing_excluded_is_an_error():
    with pytest.raises(DomainError, match="excludes anything"):
        smeft_plane(["conus-plus"], "mu", 1e-3, points=3)
    with pytest.raises(DomainError, match="points"):
        smeft_plane(["lep"], "mu", 1.0, points=0)
