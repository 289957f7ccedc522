"""The list of channels, and the boost to the lab against Monte Carlo."""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.processes.mesons import charged_meson, meson, neutral_meson, phase_space
from tests import dirac
from tests.processes import montecarlo


@pytest.mark.parametrize("parent", meson.PARENTS)
def test_every_channel_opens_scales_and_closes(parent):
    names = meson.channels(parent)
    light = dict(meson.decay_channels(parent, 1e-6))
    assert tuple(light) == names
    assert all(np.isfinite(width) and width > 0 for width in light.values())
    assert meson.decay_channels(parent, meson.parent_mass(parent)) == []
    for name in names:
        if len(set(name.split()[:-1])) > 1:  # three equal leptons take a second each
            assert light[name] == pytest.approx(meson.width(parent, name, 0.0), rel=1e-3, abs=0)


def test_names_are_the_agreed_ones():
    assert meson.channels("eta'") == ("gamma nu N",)
    assert meson.channels("Upsilon") == ("nu N",)
    assert {"mu gamma N", "mu e e N", "mu mu mu N", "e mu mu N", "tau gamma N"} <= set(meson.channels("Ds"))
    assert meson.decay_channels("Upsilon", 1.0) == meson.decay_channels("Upsilon(1S)", 1.0)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("pi+", "pi"), ("K-", "K"), ("D+", "D"), ("Ds+", "Ds"), ("D_s-", "Ds"), ("D(s)+", "Ds"), ("B+", "B"),
        ("etaprime", "eta'"), ("rho0", "rho"), ("Jpsi", "J/psi"), ("psi2S", "psi'"), ("psi(2S)", "psi'"),
        ("Upsilon2S", "Upsilon(2S)"), ("Upsilon", "Upsilon(1S)"),
    ],
)  # fmt: skip
def test_usual_ways_of_writing_a_meson_are_understood(written, name):
    assert meson.canonical(written) == name
    assert meson.decay_channels(written, 0.1) == meson.decay_channels(name, 0.1)


def test_channels_are_all_that_kinematics_and_the_one_photon_allow():
    """Every lepton of the weak vertex, with a photon or a pair of every flavour: lists by hand from the masses."""
    pairs = ["e e e", "mu e e", "tau e e", "e mu mu", "mu mu mu", "tau mu mu", "e tau tau", "mu tau tau", "tau tau tau"]
    radiative = ["e gamma", "mu gamma", "tau gamma"]
    expected = {
        "pi": [*radiative[:2], *pairs[:2]],
        "K": [*radiative[:2], *pairs[:2], *pairs[3:5]],
        "D": [*radiative, *pairs[:5]],
        "Ds": [*radiative, *pairs[:5]],
        "B": [*radiative, *pairs[:8]],
    }
    masses = {"e": units.ELECTRON_MASS, "mu": units.MUON_MASS, "tau": units.LEPTON_MASS["tau"]}
    for parent, names in expected.items():
        heaviest = meson.parent_mass(parent)
        assert sorted(meson.channels(parent)) == sorted(f"{name} N" for name in names)
        for name in pairs:
            assert (f"{name} N" in meson.channels(parent)) == (sum(masses[x] for x in name.split()) < heaviest)


def test_states_are_two_for_neutral_and_one_for_charged_parents():
    assert [meson.lepton_number_states(p) for p in ("pi0", "J/psi", "K")] == [2, 2, 1]


def test_branching_ratio_uses_the_total_width():
    expected = meson.width("K", "e gamma N", 0.01) / units.particle_width("K+")
    assert meson.branching_ratio("K", "e gamma N", 0.01) == expected


def _mesons(number, generator):
    energy = 0.9 + generator.exponential(8.0, number)
    return energy, generator.exponential(0.05, number)


@pytest.mark.parametrize(
    ("parent", "channel", "hnl"), [("eta", "gamma nu N", 0.2), ("phi", "nu N", 0.4), ("K", "mu gamma N", 0.1)]
)
def test_lab_spectrum_agrees_with_boosted_events(parent, channel, hnl):
    generator = np.random.default_rng(12)
    number, mass = 40_000, meson.parent_mass(parent)
    parents = meson.LabNodes(*_mesons(300, generator), np.full(300, 1 / 300))
    parents = parents._replace(energy=np.maximum(parents.energy, 1.1 * mass))
    # events: a parent at random, N isotropic with an energy drawn from the rest-frame spectrum
    star, rate = meson.hnl_energy_nodes(parent, channel, hnl)
    energy = generator.choice(star, number, p=rate / np.sum(rate))
    which = generator.integers(0, 300, number)
    p = np.sqrt(parents.energy[which] ** 2 - mass**2)
    theta, phi = parents.angle[which], generator.uniform(0, 2 * np.pi, number)
    frame = np.stack(
        [parents.energy[which], p * np.sin(theta) * np.cos(phi), p * np.sin(theta) * np.sin(phi), p * np.cos(theta)],
        axis=1,
    )
    k, cosine, azimuth = (
        np.sqrt(energy**2 - hnl**2),
        generator.uniform(-1, 1, number),
        generator.uniform(0, 2 * np.pi, number),
    )
    sine = np.sqrt(1 - cosine**2)
    rest = np.stack([energy, k * sine * np.cos(azimuth), k * sine * np.sin(azimuth), k * cosine], axis=1)
    lab = montecarlo.boost(rest, frame)
    angle = np.arctan2(np.hypot(lab[:, 1], lab[:, 2]), lab[:, 3])
    nodes = meson.lab_spectrum(parents, parent, channel, hnl, nodes=(30, 40, 12))
    assert np.sum(nodes.weight) == pytest.approx(meson.branching_ratio(parent, channel, hnl), rel=1e-4, abs=0)
    for ours, events in ((nodes.energy, lab[:, 0]), (nodes.angle, angle)):
        distance, significance = montecarlo.weighted_ks(ours, nodes.weight, events, np.ones(number))
        assert distance < 0.01
        assert significance < 1.95


def _two_body_events(seed):
    """phi -> nu N: nothing but phase space."""
    generator = np.random.default_rng(seed)
    (_, n), weight = montecarlo.phase_space(meson.parent_mass("phi"), (0.0, 0.4), 40_000, generator)
    return n, weight


def _neutral_events(seed):
    """eta -> gamma nu N, the amplitude that test_neutral_meson takes from traces."""
    generator = np.random.default_rng(seed)
    mass, hnl = meson.parent_mass("eta"), 0.2
    (nu, n, photon), weight = montecarlo.phase_space(mass, (0.0, hnl, 0.0), 40_000, generator)
    q2 = _square(nu + n)
    energy, momentum = ((q2 + s) / (2 * np.sqrt(q2)) for s in (hnl**2, -(hnl**2)))
    other = (mass**2 - q2) / (2 * np.sqrt(q2))
    cosine = np.clip((energy * other - _product(n, photon)) / (momentum * other), -1, 1)
    flat = (1 - q2 / mass**2) * (1 - hnl**2 / q2)
    return n, weight * neutral_meson.angular_spectrum(q2 / mass**2, cosine, "eta", hnl) / flat


def _charged_events(seed):
    """K -> mu gamma N, the amplitude that test_charged_meson takes from traces."""
    generator = np.random.default_rng(seed)
    mass, lepton_mass, hnl = meson.parent_mass("K"), units.MUON_MASS, 0.1
    (n, photon, lepton), weight = montecarlo.phase_space(mass, (hnl, 0.0, lepton_mass), 40_000, generator)
    q2 = _square(n + photon)
    energy, momentum = ((q2 + s) / (2 * np.sqrt(q2)) for s in (hnl**2, -(hnl**2)))
    other = (mass**2 - q2 - lepton_mass**2) / (2 * np.sqrt(q2))
    cosine = (energy * other - _product(n, lepton)) / (momentum * np.sqrt(other**2 - lepton_mass**2))
    spectrum = charged_meson.angular_spectrum(q2 / mass**2, np.clip(cosine, -1, 1), "K", "mu", hnl)
    return n, weight * spectrum / phase_space.three_body_density(q2, mass, hnl, 0.0, lepton_mass)


@functools.cache
def _four_body_events(seed):
    """K -> e mu mu N, straight from traces event by event."""
    generator = np.random.default_rng(seed)
    mass, hnl, muon_mass = meson.parent_mass("K"), 0.05, units.MUON_MASS
    momenta, weight = montecarlo.phase_space(mass, (muon_mass, muon_mass, units.ELECTRON_MASS, hnl), 3000, generator)
    squared = np.empty(weight.size)
    for i in range(weight.size):
        minus, plus, electron, n = (p[i] for p in momenta)
        q, k = minus + plus + n, minus + plus
        weak = dirac.slash(electron + q) @ dirac.P_LEFT @ dirac.slash(q)
        vertices = [weak @ dirac.sigma_q(rho, k) @ dirac.P_RIGHT for rho in range(4)]
        left = dirac.lepton_tensor(
            dirac.slash(electron) + units.ELECTRON_MASS * dirac.IDENTITY,
            vertices,
            dirac.slash(n) - hnl * dirac.IDENTITY,
        )
        right = dirac.lepton_tensor(
            dirac.slash(minus) + muon_mass * dirac.IDENTITY, dirac.GAMMA, dirac.slash(plus) - muon_mass * dirac.IDENTITY
        )
        squared[i] = dirac.contract(left, right) / (dirac.dot(q, q) * dirac.dot(k, k)) ** 2
    return momenta[3], weight * squared


def _square(p):
    return _product(p, p)


def _product(p, q):
    return p[:, 0] * q[:, 0] - np.sum(p[:, 1:] * q[:, 1:], axis=1)


@pytest.mark.parametrize(
    ("events", "parent", "channel", "hnl"),
    [
        (_two_body_events, "phi", "nu N", 0.4),
        (_neutral_events, "eta", "gamma nu N", 0.2),
        (_charged_events, "K", "mu gamma N", 0.1),
        (_four_body_events, "K", "e mu mu N", 0.05),
    ],
)
@pytest.mark.parametrize("momentum", [0.3, 5.0])
def test_boosted_spectra_agree_with_phase_space_events(events, parent, channel, hnl, momentum):
    """Whole events, weighted with the squared amplitude and boosted: energy and angle of N by Kolmogorov-Smirnov."""
    rest, weight = events(21)
    frame = np.tile([np.hypot(momentum, meson.parent_mass(parent)), 0.0, 0.0, momentum], (len(rest), 1))
    lab = montecarlo.boost(rest, frame)
    beam = meson.LabNodes(frame[:1, 0], np.zeros(1), np.ones(1))
    nodes = meson.lab_spectrum(beam, parent, channel, hnl, nodes=(60, 120, 1))
    angle = np.arctan2(np.hypot(lab[:, 1], lab[:, 2]), lab[:, 3])
    for ours, theirs in ((nodes.energy, lab[:, 0]), (nodes.angle, angle)):
        _, significance = montecarlo.weighted_ks(ours, nodes.weight, theirs, weight)
        assert significance < 1.95  # Kolmogorov-Smirnov at 0.1 %


@pytest.mark.parametrize("hnl", [0.0, 0.1, 0.45])
def test_density_towards_a_direction_integrates_to_the_whole_sphere(hnl):
    star, gamma = 0.5, 1.5
    left, _, weight = phase_space.endpoint_nodes(400)
    # cos(alpha) integrated up to the largest angle, where slow N have a caustic
    slow = hnl**2 * gamma**2 > star**2
    edge = 1 - (star**2 / hnl**2 - 1) / (gamma**2 - 1) if slow else 1.0
    lowest = np.sqrt(edge) if slow else -1.0
    cosine = lowest + (1 - lowest) * left
    _, density = meson.momentum_towards(star, hnl, gamma, cosine)
    total = np.sum(weight * (1 - lowest) * density) / 2
    assert total == pytest.approx(1.0, rel=2e-3 if slow else 1e-9, abs=0)


@given(st.floats(0.01, 3), st.floats(0, 1), st.floats(1, 1e4), st.floats(-1, 1))
def test_momenta_towards_solve_the_boost_equation(excess, hnl, gamma, cosine):
    star = hnl + excess
    p, density = meson.momentum_towards(star, hnl, gamma, cosine)
    assert np.all(np.isfinite(density))
    for value, weight in zip(p, density, strict=True):
        if weight > 0:
            back = gamma * np.hypot(value, hnl) - np.sqrt(gamma**2 - 1) * value * cosine
            assert back == pytest.approx(star, rel=1e-6, abs=1e-9 * gamma * (value + hnl))


def test_polarisation_is_full_for_a_light_n_and_reverses_near_the_end_point():
    for parent, channel in (("eta", "gamma nu N"), ("phi", "nu N"), ("K", "mu gamma N")):
        assert meson.polarisation(parent, channel, 1e-6) == pytest.approx(1.0, abs=1e-6)
    for parent, channel in (("eta", "gamma nu N"), ("phi", "nu N")):
        mass = meson.parent_mass(parent)
        assert meson.polarisation(parent, channel, 0.9999 * mass) == pytest.approx(-1 / 3, abs=2e-3)


def test_compression_keeps_weight_and_mean():
    energy, weight = neutral_meson.hnl_energy_nodes("eta", 0.1)
    few, heavy = meson.compress(energy, weight, 8)
    assert few.size <= 8
    assert np.sum(heavy) == pytest.approx(np.sum(weight), rel=1e-12, abs=0)
    assert np.sum(few * heavy) == pytest.approx(np.sum(energy * weight), rel=1e-12, abs=0)


def test_bad_input_is_named():
    with pytest.raises(UnknownNameError, match="pi0"):
        meson.decay_channels("sigma", 0.1)
    with pytest.raises(UnknownNameError, match="gamma nu N"):
        meson.width("pi0", "nu N", 0.1)
    with pytest.raises(DomainError):
        meson.decay_channels("pi0", np.nan)
    with pytest.raises(DomainError):
        meson.decay_channels("K", -0.1)
    one = np.ones(1)
    with pytest.raises(DomainError, match="mass"):
        meson.lab_spectrum(meson.LabNodes(0.3 * one, 0 * one, one), "K", "e gamma N", 0.1)


def _helicity_rates(outgoing, vertices, momentum, mass, contraction):
    """Rates of an antiparticle of helicity + and -: its spin sum is (pslash - M)(1 + gamma5 sslash) / 2."""
    size = np.sqrt(np.sum(momentum[1:] ** 2))
    spin = np.concatenate([[size], momentum[0] * momentum[1:] / size]) / mass
    rates = []
    for sign in (1, -1):
        projector = 0.5 * (dirac.IDENTITY + sign * dirac.GAMMA5 @ dirac.slash(spin))
        incoming = (dirac.slash(momentum) - mass * dirac.IDENTITY) @ projector
        rates.append(dirac.contract(dirac.lepton_tensor(outgoing, vertices, incoming), contraction))
    return rates


@pytest.mark.parametrize("hnl", [0.05, 0.4, 0.9])
def test_polarisation_from_vector_mesons_agrees_with_spin_projected_traces(hnl):
    mass = meson.parent_mass("phi")
    p = (mass**2 - hnl**2) / (2 * mass)
    nu, n = np.array([p, 0, 0, p]), np.array([mass - p, 0, 0, -p])
    vertices = [dirac.sigma_q(mu, nu + n) @ dirac.P_RIGHT for mu in range(4)]
    plus, minus = _helicity_rates(dirac.slash(nu), vertices, n, hnl, -dirac.METRIC)
    # the state made with nu is Nbar: opposite sign
    assert (minus - plus) / (plus + minus) == pytest.approx(meson.polarisation("phi", "nu N", hnl), rel=1e-9, abs=0)


@pytest.mark.parametrize("cosine", [-0.7, 0.2, 0.9])
def test_polarisation_from_charged_mesons_is_complete_in_the_frame_of_the_neutrino(cosine):
    mass, m_l, hnl, q2 = meson.parent_mass("K"), units.MUON_MASS, 0.1, 0.08
    root = np.sqrt(q2)
    p_l = np.sqrt((mass**2 - (root + m_l) ** 2) * (mass**2 - (root - m_l) ** 2)) / (2 * root)
    lepton = np.array([np.hypot(p_l, m_l), 0, 0, p_l])
    p = (q2 - hnl**2) / (2 * root)
    flight = np.array([np.sqrt(1 - cosine**2), 0, cosine])
    n, photon = np.array([np.hypot(p, hnl), *(p * flight)]), np.array([p, *(-p * flight)])
    weak = dirac.slash(lepton + n + photon) @ dirac.P_LEFT @ dirac.slash(n + photon)
    vertices = [weak @ dirac.sigma_q(mu, photon) @ dirac.P_RIGHT for mu in range(4)]
    outgoing = dirac.slash(lepton) + m_l * dirac.IDENTITY
    plus, minus = _helicity_rates(outgoing, vertices, n, hnl, -dirac.METRIC)
    assert (minus - plus) / (plus + minus) == pytest.approx(meson.polarisation("K", "mu gamma N", hnl), rel=1e-9, abs=0)
