"""Cross sections by channel, for arrays."""

from __future__ import annotations

import time

import numpy as np
import pytest

import nudipole as nd
from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.matter import form_factors, isotopes
from nudipole.processes.scattering import deep_inelastic, incoherent, upscattering_total


def sigma(target, energy, mass, **options):
    return nd.cross_section(target, energy, mass, 1e-6, **options)["sigma_cm2"]


def test_numbers_give_numbers_and_arrays_their_common_shape():
    assert isinstance(sigma("Ar40", 0.03, 0.01), float)
    energy, mass = np.array([0.02, 0.03, 0.05]), np.array([[0.001], [0.01]])
    recoil = np.array([1e-6, 1e-5, 2e-5])
    found = nd.cross_section("Ar40", energy, mass, 1e-6, recoil=recoil)
    assert {np.shape(value) for value in found.values()} == {(2, 3)}
    for i, m in enumerate(mass[:, 0]):
        for j, e in enumerate(energy):
            one = upscattering_total.cross_section("Ar40", float(e), float(m), 1e-6, float(recoil[j]))
            for name, value in one.items():
                assert found[name][i, j] == pytest.approx(value, rel=1e-9, abs=0), name


@pytest.mark.parametrize("target", ["Ar40", "CsI", "p"])
def test_many_energies_agree_with_one_at_a_time(target):
    energy = np.geomspace(0.02, 50.0, 20000)
    many = sigma(target, energy, 0.01)
    for index in (10, 300, 2000, 9000, 19999):
        assert many[index] == pytest.approx(sigma(target, float(energy[index]), 0.01), rel=2e-6, abs=0)


def test_a_million_energies_take_two_seconds():
    energy = np.geomspace(0.011, 1e3, 1_000_000)
    sigma("Ar40", energy[:100], 0.01)
    start = time.process_time()
    sigma("Ar40", energy, 0.01)
    assert time.process_time() - start < 2.0


def test_couplings_as_d_and_mu_agree_and_scale():
    by_d = nd.cross_section("Ar40", 0.03, 0.01, units.d_from_mu(1e-9))["sigma_cm2"]
    assert nd.cross_section("Ar40", 0.03, 0.01, mu=1e-9)["sigma_cm2"] == pytest.approx(by_d, rel=1e-12, abs=0)
    both = nd.cross_section("Ar40", 0.03, 0.01, mu=[1e-9, 3e-9])["sigma_cm2"]
    assert both[1] / both[0] == pytest.approx(9.0, rel=1e-12, abs=0)
    with pytest.raises(DomainError, match="exactly one"):
        nd.cross_section("Ar40", 0.03, 0.01, 1e-6, mu=1e-9)


def test_channels_are_their_processes():
    energy, mass, scale = 20.0, 0.1, 1e-12 * units.GEV_M2_TO_CM2
    carbon = isotopes.get("C12")
    free = sigma("p", energy, mass, channel="elastic-nucleon"), sigma("n", energy, mass)
    deep = [scale * float(deep_inelastic.total(energy, mass, nucleon)) for nucleon in ("p", "n")]
    expected = {
        "coherent": upscattering_total.cross_section("C12", energy, mass, 1e-6)["sigma_cm2"],
        "incoherent": scale * float(incoherent.incoherent_cross_section(energy, mass, carbon)),
        "elastic-nucleon": 6 * (free[0] + free[1]),
        "electron": 6 * sigma("e-", energy, mass),
        "deep-inelastic": 6 * (deep[0] + deep[1]),
    }
    for channel, value in expected.items():
        assert sigma("C12", energy, mass, channel=channel) == pytest.approx(value, rel=1e-6, abs=0), channel
    together = sum(value for name, value in expected.items() if name != "elastic-nucleon")
    assert sigma("C12", energy, mass, channel="total") == pytest.approx(together, rel=1e-6, abs=0)
    assert sigma("p", energy, mass, channel="total") == pytest.approx(free[0] + deep[0], rel=1e-6, abs=0)
    assert sigma("p", energy, mass) == free[0]


def test_a_compound_is_the_sum_of_its_nuclei():
    parts = {"C": 1, "H": 2}
    for channel in ("coherent", "electron", "deep-inelastic"):
        whole = sum(n * sigma(symbol, 5.0, 0.1, channel=channel) for symbol, n in parts.items())
        assert sigma("CH2", 5.0, 0.1, channel=channel) == pytest.approx(whole, rel=1e-9, abs=0)
    assert sigma("CH2", 5.0, 0.1, channel="incoherent") == pytest.approx(
        sigma("C", 5.0, 0.1, channel="incoherent"), rel=1e-9, abs=0
    )


def test_the_spectrum_of_a_channel_integrates_to_its_total():
    for channel in ("incoherent", "elastic-nucleon"):
        whole = nd.cross_section("C12", 1.0, 0.1, 1e-6, channel=channel)
        low, high = np.log(whole["recoil_min_GeV"]), np.log(whole["recoil_max_GeV"])
        recoil = np.exp(low + (np.arange(20000) + 0.5) / 20000 * (high - low))
        spectrum = nd.cross_section("C12", 1.0, 0.1, 1e-6, recoil=recoil, channel=channel)["dsigma_dE_GeV-3"]
        value = np.sum(recoil * spectrum) * (high - low) / 20000
        assert value == pytest.approx(whole["sigma_GeV-2"], rel=1e-6, abs=0), channel


def test_the_helm_form_of_the_review():
    """R_0^2 = (1.2 A^(1/3) fm)^2 - 5 s^2 with s = 1 fm, written out; radius and skin give the same and others."""
    q2 = 0.01
    q = np.sqrt(q2) / 0.1973269804
    x = q * np.sqrt((1.2 * 133 ** (1 / 3)) ** 2 - 5.0)
    written = 3 * (np.sin(x) - x * np.cos(x)) / x**3 * np.exp(-0.5 * q**2)
    assert form_factors.form_factor("helm-review", "Cs133")(q2) == pytest.approx(written, rel=1e-8, abs=0)
    review = sigma("Cs133", 0.05, 0.01, form_factor="helm-review")
    own = sigma("Cs133", 0.05, 0.01, radius=1.2 * 133 ** (1 / 3), skin=1.0)
    assert own == pytest.approx(review, rel=1e-9, abs=0)
    assert sigma("Cs133", 0.05, 0.01, radius=8.0) < review
    rms = np.sqrt(5 / 3) * isotopes.get("Cs133").charge_radius
    assert sigma("Cs133", 0.05, 0.01, radius=rms) == pytest.approx(
        sigma("Cs133", 0.05, 0.01, form_factor="helm"), rel=1e-9, abs=0
    )


def test_a_total_that_diverges_is_infinite_where_the_spectrum_is_asked_for():
    found = nd.cross_section("p", [1.0, 2.0], 0.0, 1e-6, recoil=0.01)
    assert np.all(np.isinf(found["sigma_cm2"]))
    assert np.all(found["dsigma_dE_GeV-3"] > 0)


@pytest.mark.parametrize(("target", "recoil"), [("e-", 5.3e-4), ("p", 1e-9)])
def test_the_spectrum_of_a_massless_n_is_that_of_a_magnetic_moment(target, recoil):
    """R7: the total diverges, the spectrum does not: alpha mu^2 (1/T - 1/E) with mu = 2 d, slow recoils of the proton."""
    energy, d = 0.002, 1e-6
    found = nd.cross_section(target, energy, 0.0, d, recoil=recoil)
    assert found["sigma_cm2"] is None
    assert found["dsigma_dE_GeV-3"] == pytest.approx(
        units.ALPHA * (2 * d) ** 2 * (1 / recoil - 1 / energy), rel=1e-7, abs=0
    )


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        (("Ar40", [0.1, 0.2], [0.01, 0.02, 0.03]), {}, DomainError, "do not broadcast"),
        (("Ar40", 0.1, 0.01), {"channel": "coherant"}, UnknownNameError, "coherent"),
        (("e-", 0.1, 0.01), {"channel": "coherent"}, UnknownNameError, "channel of e-"),
        (("C12", 1.0, 0.1), {"channel": "total", "recoil": 0.1}, DomainError, "one elastic channel"),
        (("p", 9.0, 0.1), {"channel": "deep-inelastic", "recoil": 0.1}, DomainError, "one elastic channel"),
        (("H", 1.0, 0.1), {"channel": "incoherent"}, DomainError, "no incoherent"),
        (("He4", 1.0, 0.1), {"channel": "incoherent"}, DomainError, "He4"),
        (("Ar40", 1.0, 0.1), {"form_factor": "fermi", "radius": 4.0}, DomainError, "radius and skin"),
        (("Ar40", 1.0, 0.1), {"channel": "electron", "radius": 4.0}, DomainError, "no meaning"),
        (("p", 1.0, 0.1), {"radius": 4.0}, DomainError, "no meaning"),
        (("Ar40", [0.1, np.nan], 0.01), {}, DomainError, "energy"),
        (("Ar40", "x", 0.01), {}, DomainError, "energy"),
        (("e-", 1.0, 0.0), {}, DomainError, "diverges"),
    ],
)
def test_bad_input_is_one_line(arguments, options, error, words):
    with pytest.raises(error, match=words) as caught:
        nd.cross_section(*arguments, 1e-6, **options)
    assert "\n" not in str(caught.value)
