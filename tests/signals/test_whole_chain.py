"""Photon searches against events made one by one: everything between the flux table and the counts, done twice.

The Monte Carlo is tests/chain.py. It has no nodes, kernels or chords, draws the helicity of N from its own amplitudes on
whatever target it meets (the package takes that of a spin-0 target, and full flip in deep-inelastic scattering), uses
every isotope (the package the most abundant one), and follows an antineutrino's Nbar with its own sign.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from nudipole import units
from nudipole.catalogue import registry
from nudipole.kinematics import recoil_limits
from nudipole.matter import targets
from nudipole.portal import Direction
from nudipole.processes.scattering import deep_inelastic, helicity, upscattering
from tests import chain, dirac


# --- the amplitudes of the Monte Carlo -------------------------------------------------------------------------------
def _kinematics(mass, target, share):
    """E, E_N, p_N, cos(theta), E_r, Q^2 at a share of the way between the limits of the recoil, in logarithm."""
    energy = np.linspace(1.3 * (mass + mass**2 / (2 * target)), 5.0, 7)
    low, high = recoil_limits(energy, mass, target)
    recoil = low * (high / low) ** share
    hnl = energy - recoil
    momentum = np.sqrt(hnl**2 - mass**2)
    q2 = 2 * target * recoil
    cosine = (energy**2 + momentum**2 - q2 - recoil**2) / (2 * energy * momentum)
    return energy, hnl, momentum, np.clip(cosine, -1, 1), recoil, q2


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize(("mass", "name"), [(0.1, "C12"), (0.4, "Ar40"), (0.3, "p"), (0.02, "e-")])
def test_amplitudes_give_the_cross_section(mass, name, share):
    """Both helicities together are the closed formula up to 1/(E Q^2), spin 0 and spin 1/2 alike."""
    target = targets.get(name)
    energy, hnl, momentum, cosine, recoil, q2 = _kinematics(mass, target.mass, share)
    magnetic = target.magnetic(q2) if target.magnetic else np.zeros_like(q2)
    both = sum(
        chain.amplitudes_squared(
            energy, hnl, momentum, cosine, recoil, q2, target.mass, 0.5 * magnetic, target.electric(q2)
        )
    )
    factor = both / (energy * q2) / upscattering.spectrum(target, recoil, energy, mass)
    assert factor == pytest.approx(np.full(7, factor[0]), rel=1e-6, abs=0)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize(("mass", "target"), [(0.1, 11.2), (0.5, 37.2)])
def test_amplitudes_give_the_polarisation(mass, target, share):
    energy, hnl, momentum, cosine, recoil, q2 = _kinematics(mass, target, share)
    zero = np.zeros_like(q2)
    flip, keep = chain.amplitudes_squared(energy, hnl, momentum, cosine, recoil, q2, target, zero, zero + 1.0)
    theirs = helicity.spectra_spin0(recoil, energy, mass, target)
    assert keep / flip == pytest.approx(theirs[1] / theirs[0], rel=1e-3, abs=0)
    assert np.all(keep < flip)


def test_amplitudes_give_deep_inelastic_scattering():
    """The ratio of the formula for structure functions to the amplitudes knows neither F_1, F_2 nor M."""
    energy, x, q2, m = np.full(4, 20.0), 0.2, 3.0, chain.PROTON
    lost = q2 / (2 * m * x)
    factors = []
    for mass, f1, f2 in ((0.1, 1.0, 0.5), (1.5, 1.0, 0.5), (1.5, 0.3, 0.5), (0.8, 0.0, 1.0)):
        hnl = energy - lost
        momentum = np.sqrt(hnl**2 - mass**2)
        cosine = (energy**2 + momentum**2 - q2 - lost**2) / (2 * energy * momentum)
        full = np.full(4, 1.0)
        both = sum(
            chain.amplitudes_squared(energy, hnl, momentum, cosine, lost * full, q2 * full, m, f1 * full, f2 * full)
        )
        factors.append(both[0] / deep_inelastic.double_differential(x, q2, 20.0, mass, m, f1, f2))
    assert factors == pytest.approx([factors[0]] * 4, rel=1e-8, abs=0)


@pytest.mark.parametrize("x", [0.0, 0.2, 0.7])
def test_pairs_of_a_polarised_n_prefer_the_other_side_as_they_get_heavier(x):
    """dGamma ~ 1 - cos(theta) (1 - x/2)/(1 + x/2) for spin up: traces with the spin of N projected."""
    mass = 0.4
    energy, size = 0.5 * mass * (1 + x), 0.5 * mass * (1 - x)
    cosine = np.linspace(-1, 1, 5)
    sine = np.sqrt(1 - cosine**2)
    photon = dirac.vector(energy, size * sine, 0.0 * cosine, size * cosine)
    neutrino = dirac.vector(size, -size * sine, 0.0 * cosine, -size * cosine)
    rest, spin = dirac.vector(mass, 0.0, 0.0, 0.0), dirac.vector(0.0, 0.0, 0.0, 1.0)
    incoming = (dirac.slash(rest) + dirac.unit(mass)) @ (0.5 * (dirac.IDENTITY + dirac.GAMMA5 @ dirac.slash(spin)))
    rate = 0.0
    for index, sign in enumerate(np.diag(dirac.METRIC)):
        vertex = dirac.sigma_q(index, photon) @ dirac.P_RIGHT
        rate = rate - sign * np.real(dirac.trace(dirac.slash(neutrino), vertex, incoming, dirac.bar(vertex)))
    expected = 1 - cosine * (1 - 0.5 * x) / (1 + 0.5 * x)
    assert rate / rate.sum() == pytest.approx(expected / expected.sum(), abs=1e-9)


# --- events one by one -----------------------------------------------------------------------------------------------
MU = Direction("mu")
BEAMS = {  # key, preset, direction: masses [GeV] and two couplings for each, about where the curve is and ten times it
    ("miniboone", "default", MU): {0.05: (3e-7, 3e-6), 0.15: (2e-7, 2e-6), 0.4: (1e-6, 1e-5)},
    ("minerva-photon", "default", MU): {0.03: (5e-7, 5e-6), 0.2: (2e-7, 2e-6), 0.6: (2e-6, 2e-5)},
    ("minerva-photon", "antineutrino", MU): {0.1: (2e-7, 2e-6), 0.4: (1e-6, 1e-5)},
    ("sbnd", "default", MU): {0.03: (6e-7, 6e-6), 0.2: (2e-7, 2e-6), 0.5: (1e-6, 1e-5)},
    ("sbnd", "default", Direction("mu", nature="majorana")): {0.2: (2e-7, 2e-6)},
    ("dune-nd", "default", MU): {0.03: (5e-8, 5e-6), 0.3: (1e-8, 1e-6), 1.0: (1e-8, 1e-6)},
    ("ship-main", "default", MU): {0.01: (6e-7, 6e-5), 0.1: (1e-7, 1e-5), 0.5: (4e-8, 1e-6)},
    ("ship-ecc", "default", MU): {0.01: (2e-6, 2e-4), 0.3: (1e-7, 1e-5), 3.0: (1e-7, 1e-5)},
    ("t2k-nd280", "default", MU): {0.03: (1e-6, 1e-5), 0.15: (1e-6, 1e-5), 0.3: (1e-6, 1e-5)},
    ("lsnd-photon", "default", MU): {0.01: (2e-6, 2e-5), 0.03: (8e-7, 8e-6), 0.05: (6e-7, 6e-6)},
    ("lsnd-photon", "default", Direction("e")): {0.03: (1e-6, 1e-5), 0.05: (1e-6, 6e-6)},
}
EARTH = {
    "icecube": {0.03: (2e-6, 2e-4), 0.2: (4e-7, 8e-6), 1.0: (3e-7, 1e-6)},
    "superk-atmospheric": {0.01: (5e-7, 5e-6), 0.05: (5e-7, 5e-6), 0.3: (5e-7, 5e-6)},
}
POINTS = [(*key, mass, couplings) for key, masses in BEAMS.items() for mass, couplings in masses.items()]


def _agree(ours, theirs, error, tolerance):
    """All bins together, at each coupling: within a tolerance or three standard deviations."""
    ours, theirs, error = ours.sum(axis=1), theirs.sum(axis=1), np.sqrt((error**2).sum(axis=1))
    assert np.all(error < 0.03 * theirs)
    assert np.all(np.abs(ours - theirs) < np.maximum(tolerance * theirs, 3.0 * error)), (ours / theirs, error / theirs)


@pytest.mark.parametrize(("mass", "couplings"), [(0.1, (4e-7, 4e-6)), (0.4, (1e-6, 1e-5))])
def test_a_detector_in_the_booster_beam_event_by_event(mass, couplings):
    """The small case of the test below."""
    model = registry.get("sbnd").model("default")
    ours = model.signal(np.array([mass]), MU).counts(0, np.array(couplings))
    _agree(ours, *chain.beam_counts(model, mass, couplings, MU, 1 << 17), 0.04)


@pytest.mark.validation
@pytest.mark.parametrize(("key", "preset", "direction", "mass", "couplings"), POINTS)
def test_photon_searches_in_beams_event_by_event(key, preset, direction, mass, couplings):
    model = _without_conversion(registry.get(key).model(preset))
    ours = model.signal(np.array([mass]), direction).counts(0, np.array(couplings))
    number = 1 << (20 if len(model.card.matter) > 3 else 21)
    _agree(ours, *chain.beam_counts(model, mass, couplings, direction, number), 0.03)


def _without_conversion(model):
    selection = msgspec.structs.replace(model.card.selection, conversion=[])
    card = msgspec.structs.replace(model.card, selection=selection)
    return replace(model, card=card, photons=replace(model.photons, selection=selection, conversion=None), _known={})


@pytest.mark.validation
@pytest.mark.parametrize(
    ("key", "mass", "couplings"), [("minerva-photon", 0.4, (1e-6, 1e-5)), ("dune-nd", 0.3, (1e-8, 1e-6))]
)
def test_conversion_averaged_over_even_decays(key, mass, couplings):
    """The named shortcut: N from upstream that decay early have more matter before them, 7 per cent here, below 10."""
    model = registry.get(key).model("antineutrino" if key == "minerva-photon" else "default")
    ours = model.signal(np.array([mass]), MU).counts(0, np.array(couplings))
    _agree(ours, *chain.beam_counts(model, mass, couplings, MU, 1 << 18), 0.10)


@pytest.mark.validation
@pytest.mark.parametrize(("key", "mass"), [(key, mass) for key, masses in EARTH.items() for mass in masses])
def test_n_from_the_earth_event_by_event(key, mass):
    model, couplings = registry.get(key).model("default"), EARTH[key][mass]
    ours = model.signal(np.array([mass]), MU).counts(0, np.array(couplings))
    _agree(ours, *chain.earth_counts(model, mass, couplings, MU, 1 << 20), 0.03)


def test_widths_are_those_of_the_closed_formula():
    photon, pair, muons = chain.widths(0.3)
    assert photon == pytest.approx(0.3**3 / (4 * np.pi), rel=1e-6, abs=0)
    assert pair / photon == pytest.approx(
        units.ALPHA / (3 * np.pi) * (2 * np.log(0.3 / units.ELECTRON_MASS) - 3), rel=1e-3, abs=0
    )
    assert 0 < muons < 0.1 * pair
