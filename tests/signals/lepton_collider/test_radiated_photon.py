"""The photon radiated in e+ e- -> nu N gamma inside an acceptance, W exchange from its table."""

import numpy as np
import pytest

from nudipole.errors import DomainError
from nudipole.portal import Completion, Direction
from nudipole.processes.collisions import annihilation, chiral_exchange, mono_photon, mono_photon_w
from nudipole.signals.lepton_collider import mono_photon as collider
from nudipole.signals.lepton_collider import radiated_photon
from nudipole.signals.lepton_collider.acceptance import LeptonCollider, PhotonAcceptance

OPAL = PhotonAcceptance(0.966, 0.0, np.inf, 0.05)
LEP2 = LeptonCollider(189.0, 177.0, OPAL, 2.4, 3.5)
LEP1 = LeptonCollider(91.19, 100.0, PhotonAcceptance(0.9, 1.0), 2.0, 2.5)
B_FACTORY = LeptonCollider(10.58, 5e7, PhotonAcceptance(0.9, 1.8), 1.25, 1.0)


def rate(machine, mass, ratio):
    completion = Completion("gauge", ratio)
    weight, _ = radiated_photon.radiative_nodes(
        np.array([mass]), completion.z_over_gamma, completion.w_over_gamma, machine
    )
    return weight.sum()


@pytest.mark.parametrize(
    ("machine", "share", "ratio"),
    [(LEP2, 1e-4, 1.0), (LEP2, 0.3, -1.0), (LEP2, 0.75, 1e3), (LEP1, 1e-4, 1.0), (B_FACTORY, 0.3, 1.0)],
)
def test_the_table_gives_the_rate_of_the_amplitudes(machine, share, ratio, monkeypatch):
    mass = share * machine.sqrt_s
    ours = rate(machine, mass, ratio)

    def direct(x, cosine, mass, machine):
        return mono_photon_w.distribution_terms(x[:, None], cosine, machine.sqrt_s**2, mass, 10, 6)

    monkeypatch.setattr(radiated_photon, "exchange_terms", direct)
    assert ours > 0
    assert ours == pytest.approx(rate(machine, mass, ratio), rel=1.5e-3, abs=0)


def test_wide_photons_off_the_w_are_a_per_cent_at_lep2_and_nothing_at_a_b_factory(monkeypatch):
    """What was left out when photons were taken to leave the incoming pair alone."""
    light = 1e-2
    exact = {machine: rate(machine, light, 1.0) for machine in (LEP2, B_FACTORY)}

    def factorised(x, cosine, mass, machine):
        s = machine.sqrt_s**2
        sigma = [annihilation.cross_section(s * (1 - x), mass, "e", 0.0, w)[:, None] for w in (0.0, 1.0, -1.0)]
        strength = np.sqrt(2 * chiral_exchange.weak_coupling2())
        left, _ = chiral_exchange.chiral_amplitudes(s * (1 - x))
        radiator = mono_photon.radiator(x[:, None], cosine)
        mixed = 0.5 * (sigma[1] - sigma[2]) / (left[:, None] * strength)
        return radiator * mixed, radiator * (0.5 * (sigma[1] + sigma[2]) - sigma[0]) / strength**2

    monkeypatch.setattr(radiated_photon, "exchange_terms", factorised)
    assert 0.005 < exact[LEP2] / rate(LEP2, light, 1.0) - 1 < 0.03
    assert exact[B_FACTORY] == pytest.approx(rate(B_FACTORY, light, 1.0), rel=1e-4, abs=0)


def test_only_the_electron_flavour_has_it():
    gauge = Completion("gauge", 1.0)
    rates = {
        flavor: collider.radiative_template(0.01, Direction(flavor, completion=gauge), LEP2).weight.sum()
        for flavor in ("e", "mu")
    }
    assert rates["e"] != pytest.approx(rates["mu"], rel=0.05, abs=0)


def test_background_lies_behind_the_veto_and_outside_the_gap():
    sqrt_s, veto = 4.0, 0.95
    acceptance = PhotonAcceptance(0.92, 0.05, veto_cosine=veto, cosine_gap=(0.8, 0.86))
    machine = LeptonCollider(sqrt_s, 1e4, acceptance, 0.94, 1.38)
    node, weight = np.polynomial.legendre.leggauss(40)
    expected = 0.0
    for low, high in ((0.0, 0.8), (0.86, 0.92)):
        c = low + 0.5 * (high - low) * (node + 1)
        lowest = 2 / (1 + np.sqrt(1 - c**2) / np.sqrt(1 - veto**2))
        x = lowest[:, None] + 0.5 * (1 - lowest[:, None]) * (node + 1)
        sigma = mono_photon.neutrino_pair_cross_section(sqrt_s**2 * (1 - x))
        inner = np.sum(mono_photon.radiator(x, c[:, None]) * sigma * weight, axis=1) * 0.5 * (1 - lowest)
        expected += 2 * np.sum(inner * weight) * 0.5 * (high - low)
    found = radiated_photon.neutrino_background(machine)
    assert found == pytest.approx(expected * machine.events_per_cross_section, rel=0.01, abs=0)
    assert found < 0.8 * radiated_photon.neutrino_background(
        LeptonCollider(sqrt_s, 1e4, PhotonAcceptance(0.92, 0.95), 0.94, 1.38)
    )


def test_photons_in_the_gap_do_not_count():
    whole = PhotonAcceptance(0.92, 0.05)
    part = PhotonAcceptance(0.92, 0.05, cosine_gap=(0.8, 0.86))
    cosine = np.array([-0.9, -0.83, -0.5, 0.0, 0.82, 0.87, 0.93])
    shares = [acceptance.share(np.full(7, 1.0), 0.1, cosine, 4.0) for acceptance in (whole, part)]
    assert shares[0].tolist() == [1, 1, 1, 1, 1, 1, 0]
    assert shares[1].tolist() == [1, 0, 1, 1, 0, 1, 0]
    bounded = PhotonAcceptance(0.92, 0.05, energy_max=1.0).share(np.array([0.94, 1.0, 1.04, 2.0]), 0.1, 0.0, 4.0)
    assert bounded == pytest.approx([1.0, 0.5, 0.1, 0.0], rel=1e-6, abs=0)


@pytest.mark.parametrize("gap", [(0.8, 0.86), (0.5, 0.53), (0.9, 0.99), (0.0, 0.3)])
def test_a_gap_takes_its_own_part_of_the_radiated_photons(gap):
    """The radiator's integral over what is left, which does not depend on the energy: exact, wherever the gap lies."""

    def rate(cosine_max, cosine_gap=(0.0, 0.0)):
        machine = LeptonCollider(4.0, 1e4, PhotonAcceptance(cosine_max, 0.5, cosine_gap=cosine_gap), 0.94, 1.38)
        return radiated_photon.radiative_nodes(np.array([0.1]), 0.0, 0.0, machine)[0].sum()

    inside = rate(gap[0]) if gap[0] > 0 else 0.0
    outside = rate(0.92) - rate(min(gap[1], 0.92))
    assert rate(0.92, gap) == pytest.approx(inside + outside, rel=1e-4, abs=0)


def test_a_gap_that_does_not_increase_is_refused():
    with pytest.raises(DomainError, match="cosine_gap"):
        PhotonAcceptance(0.92, 0.05, cosine_gap=(0.86, 0.8))


def test_a_veto_of_electrons_asks_for_photons_that_balance_them():
    """An electron lost beyond |cos| = c carries at most the transverse momentum that a photon of x >= 2/(1 + 1/sin) needs."""
    cosine = 0.95
    floor = 2.0 / (1.0 + 1.0 / np.sqrt(1.0 - cosine**2))
    veto = LeptonCollider(3.7, 1e5, PhotonAcceptance(0.8, 0.025, veto_cosine=cosine), 1.0, 1.0)
    cut = LeptonCollider(3.7, 1e5, PhotonAcceptance(0.8, 0.5 * 3.7 * floor), 1.0, 1.0)
    bare = LeptonCollider(3.7, 1e5, PhotonAcceptance(0.8, 0.025), 1.0, 1.0)
    kept, harder, every = (rate(machine, 0.1, 0.0) for machine in (veto, cut, bare))
    # the least energy is that of photons across the beam: it grows with |cos theta|
    assert 0.5 * harder < kept < harder < every
