"""W and Z into N and N into W and Z, against explicit traces and their limits."""

import numpy as np
import pytest

from nudipole import units
from nudipole.errors import DomainError
from nudipole.processes.decays import gauge_decays, hnl_decay
from tests import dirac


def two_body(parent, first, second):
    momentum = np.sqrt(max((parent**2 - (first + second) ** 2) * (parent**2 - (first - second) ** 2), 0)) / (2 * parent)
    unit = np.array([0.36, 0.48, 0.8])
    return (
        np.array([np.hypot(first, momentum), *(momentum * unit)]),
        np.array([np.hypot(second, momentum), *(-momentum * unit)]),
        momentum,
    )


def massive_polarisations(q, mass):
    return -dirac.METRIC + np.outer(q, q) / mass**2


@pytest.mark.parametrize(("boson", "lepton", "hnl"), [(80.4, 1.777, 30.0), (91.19, 0.0, 60.0), (80.4, 20.0, 55.0)])
def test_boson_width_against_traces(boson, lepton, hnl):
    p_lepton, p_hnl, momentum = two_body(boson, lepton, hnl)
    q = p_lepton + p_hnl
    vertices = [2 * dirac.sigma_q(mu, q) @ dirac.P_RIGHT for mu in range(4)]
    tensor = dirac.lepton_tensor(
        dirac.slash(p_lepton) + lepton * dirac.IDENTITY, vertices, dirac.slash(p_hnl) - hnl * dirac.IDENTITY
    )
    squared = dirac.contract(tensor, massive_polarisations(q, boson))
    expected = squared / 3 * momentum / (8 * np.pi * boson**2)
    assert float(gauge_decays.boson_width(boson, lepton, hnl)) == pytest.approx(expected, rel=1e-10, abs=0)


@pytest.mark.parametrize(("hnl", "boson", "lepton"), [(200.0, 91.19, 0.0), (120.0, 80.4, 1.777), (300.0, 80.4, 150.0)])
def test_hnl_width_against_traces(hnl, boson, lepton):
    p_lepton, q, momentum = two_body(hnl, lepton, boson)
    p_hnl = p_lepton + q
    vertices = [2 * dirac.sigma_q(mu, q) @ dirac.P_RIGHT for mu in range(4)]
    tensor = dirac.lepton_tensor(
        dirac.slash(p_lepton) + lepton * dirac.IDENTITY, vertices, dirac.slash(p_hnl) + hnl * dirac.IDENTITY
    )
    squared = dirac.contract(tensor, massive_polarisations(q, boson))
    expected = squared / 2 * momentum / (8 * np.pi * hnl**2)
    assert float(gauge_decays.hnl_to_boson_width(hnl, boson, lepton)) == pytest.approx(expected, rel=1e-10, abs=0)


def test_a_light_boson_is_a_photon():
    ratio = gauge_decays.hnl_to_boson_width(1e5, 1e-3) / hnl_decay.radiative_width(1e5)
    assert float(ratio) == pytest.approx(1.0, rel=1e-12, abs=0)


def test_closed_channels_are_zero():
    assert float(gauge_decays.z_width(100.0)) == 0.0
    assert float(gauge_decays.w_width(79.0, "tau")) == 0.0
    assert float(gauge_decays.w_width(79.0, "mu")) > 0.0
    assert float(gauge_decays.hnl_to_boson_width(80.0, units.W_MASS)) == 0.0


def test_photon_fraction_drops_above_the_w():
    mass = np.array([50.0, 1e6])
    photon_only = gauge_decays.photon_fraction(mass)
    light, heavy = gauge_decays.photon_fraction(mass, -0.5, 1.2)
    assert light == photon_only[0]
    assert heavy == pytest.approx(1 / (1 / photon_only[1] + 0.5**2 + 1.2**2), rel=1e-7, abs=0)


def test_energetic_photons_of_the_z():
    everything = gauge_decays.z_to_photon_fraction(5.0, 0.0)
    assert float(everything) == pytest.approx(1.0, rel=1e-12, abs=0)
    # a massless N prefers the softer photon: int (1 - y)/2 above the middle is a quarter
    assert float(gauge_decays.z_to_photon_fraction(0.0, units.Z_MASS / 4)) == pytest.approx(0.25, rel=1e-12, abs=0)
    assert float(gauge_decays.z_to_photon_fraction(0.0, units.Z_MASS / 4, "majorana")) == pytest.approx(
        0.5, rel=1e-12, abs=0
    )
    assert float(gauge_decays.z_to_photon_fraction(5.0, units.Z_MASS / 2)) == 0.0
    limit = float(gauge_decays.z_to_photon_limit(5.0, -0.55))
    rate = 2 * (0.55 * limit) ** 2 * gauge_decays.z_width(5.0) / units.Z_WIDTH
    seen = rate * gauge_decays.photon_fraction(5.0, -0.55) * gauge_decays.z_to_photon_fraction(5.0, 15.0)
    assert float(seen) == pytest.approx(gauge_decays.Z_TO_PHOTON_LIMIT, rel=1e-12, abs=0)
    assert limit < float(gauge_decays.invisible_width_limit(5.0, -0.55))  # arXiv:2301.06050 finds the same order


def test_invisible_width_bound():
    limit = float(gauge_decays.invisible_width_limit(1.0, -0.55))
    extra = 2 * 0.55**2 * float(gauge_decays.z_width(1.0)) * limit**2
    assert extra == pytest.approx(1.645 * gauge_decays.INVISIBLE_WIDTH_ERROR, rel=1e-12, abs=0)
    assert np.isinf(gauge_decays.invisible_width_limit(100.0, -0.55))
    with pytest.raises(DomainError, match="d_Z = 0"):
        gauge_decays.invisible_width_limit(1.0, 0.0)
    with pytest.raises(DomainError):
        gauge_decays.z_width(-1.0)
