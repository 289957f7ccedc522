"""Parton luminosities against a measured cross section."""

import numpy as np
import pytest

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.fluxes.hadrons.parton_luminosity import proton_proton
from nudipole.processes.collisions import photon_quark
from nudipole.processes.collisions.annihilation import cross_section
from nudipole.processes.collisions.chiral_exchange import FERMIONS


def test_leading_order_z_production_is_a_fifth_below_the_measured_one():
    """pp -> Z -> ll at 13 TeV, 66 < m < 116 GeV: 1981 +- 57 pb (ATLAS:2016fij); NLO adds about 20 per cent."""
    log = np.linspace(np.log(66.0), np.log(116.0), 8001)
    s = np.exp(2 * log)
    sine2, alpha = units.SIN2_THETA_W_MSBAR, 1 / 127.95
    charge2 = 4 * np.pi * alpha
    weak2 = charge2 / (sine2 * (1 - sine2))
    total = 0.0
    for quark in "udscb":
        kind = FERMIONS[quark]
        amplitude = 0.0
        for g_q in (kind.isospin - kind.charge * sine2, -kind.charge * sine2):
            for g_l in (sine2 - 0.5, sine2):
                photon = -charge2 * kind.charge / s
                z = weak2 * g_q * g_l / (s - units.Z_MASS**2 + 1j * units.Z_MASS * units.Z_WIDTH)
                amplitude = amplitude + np.abs(photon + z) ** 2
        sigma = s / (48 * np.pi * 3) * amplitude
        total += np.trapezoid(2 * proton_proton().total(quark, np.exp(log)) * sigma, log)
    assert 0.78 < total / units.PICOBARN / 1981 < 0.90


@pytest.mark.parametrize(("channel", "measured"), [("wplus", 11.83), ("wminus", 8.79)])
def test_leading_order_w_production_is_a_fifth_below_the_measured_one(channel, measured):
    """pp -> W -> l nu at 13 TeV [nb], 11.83 +- 0.41 and 8.79 +- 0.30 (ATLAS:2016fij); other quarks than those of the Z."""
    log = np.linspace(np.log(60.0), np.log(200.0), 8001)  # below 60 GeV: under 1 per cent
    s = np.exp(2 * log)
    weak2 = 4 * np.sqrt(2) * units.FERMI_CONSTANT * units.W_MASS**2
    amplitude = 0.5 * weak2 / np.abs(s - units.W_MASS**2 + 1j * units.W_MASS * units.W_WIDTH)
    sigma = s / (48 * np.pi * 3) * amplitude**2
    total = np.trapezoid(2 * proton_proton().total(channel, np.exp(log)) * sigma, log)
    assert 0.78 < total / units.PICOBARN / 1e3 / measured < 0.90


def test_photons_on_quarks_add_a_per_mille():
    log = np.linspace(np.log(300.0), np.log(8990.0), 400)
    root, luminosity = np.exp(log), proton_proton()
    pairs = sum(np.trapezoid(4 * luminosity.total(q, root) * cross_section(root**2, 1.0, q), log) for q in "udscb")
    photons = sum(
        np.trapezoid(2 * luminosity.total(channel, root) * photon_quark.cross_section(root**2, 1.0, quark, 20.0), log)
        for channel, quark in (("photon_up", "u"), ("photon_down", "d"))
    )
    assert photons / pairs == pytest.approx(7.7e-4, rel=0.03, abs=0)


def test_photon_on_quark_falls_with_the_cut_and_closes():
    s = 500.0**2
    loose, tight = (float(photon_quark.cross_section(s, 1.0, "u", cut)) for cut in (10.0, 100.0))
    assert loose > 3 * tight > 0
    assert float(photon_quark.cross_section(s, 500.0, "u", 10.0)) == 0.0
    with pytest.raises(DomainError):
        photon_quark.cross_section(s, 1.0, "u", 0.0)


def test_errors():
    with pytest.raises(UnknownNameError):
        proton_proton().binned("t", 500.0)
    with pytest.raises(DomainError, match="tabulated"):
        proton_proton().binned("u", 20.0)
    with pytest.raises(DomainError, match="shipped"):
        proton_proton(7000.0)
