"""Decays of N in flight: four-momentum, angles and spectra, drawn and computed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from nudipole import units
from nudipole.generator.sampling.decay import Decays, decayed
from nudipole.portal import Direction, Portal
from nudipole.processes.decays import hnl_decay

NUMBER = 40_000


def _events(mass, nature="dirac", polarisation=0.8, share=None, seed=3):
    rng = np.random.default_rng(seed)
    decays = Decays.of(Portal(mass, 1e-6, Direction("mu", nature=nature)))
    if share is not None:
        decays = Decays(**{**{k: getattr(decays, k) for k in Decays.__dataclass_fields__}, "share": np.array(share)})
    momentum = rng.normal(size=(3, NUMBER))
    size = np.linalg.norm(momentum, axis=0)
    hnl = (np.hypot(size, mass), *momentum)
    made = decayed(rng, decays, hnl, tuple(momentum / size), np.full(NUMBER, polarisation), np.zeros(NUMBER, bool), 14)
    return hnl, size, made


def _rest_cosine(hnl, size, made, mass):
    return (2 * made["photon_E"] - hnl[0]) / size


@pytest.mark.parametrize("polarisation", [-1.0, 0.0, 0.8])
def test_photons_of_a_dirac_n_follow_its_polarisation(polarisation):
    mass = 0.1
    hnl, size, made = _events(mass, polarisation=polarisation, share=[1, 0, 0, 0])
    cosine = _rest_cosine(hnl, size, made, mass)
    assert stats.kstest(cosine, lambda c: 0.5 * (1 + c) - 0.25 * polarisation * (c**2 - 1)).pvalue > 1e-4
    assert made["angular"] == pytest.approx(1 - polarisation * cosine, abs=1e-6)


def test_photons_of_a_majorana_n_are_flat_and_half_of_them_come_with_antineutrinos():
    mass = 0.1
    hnl, size, made = _events(mass, "majorana", share=[1, 0, 0, 0])
    cosine = _rest_cosine(hnl, size, made, mass)
    assert stats.kstest(cosine, stats.uniform(-1, 2).cdf).pvalue > 1e-4
    for sign, side in ((14, -1), (-14, 1)):  # nu with photons against the spin, nubar along it
        here = cosine[made["neutrino_pdg"] == sign]
        assert len(here) == pytest.approx(NUMBER / 2, rel=0.03, abs=0)
        assert stats.kstest(here, lambda c, b=0.8 * side: 0.5 * (1 + c) + 0.25 * b * (c**2 - 1)).pvalue > 1e-4


@pytest.mark.parametrize(("mass", "lepton", "share"), [(0.15, "e", [0, 1, 0, 0]), (0.5, "mu", [0, 0, 1, 0])])
def test_pairs_have_their_mass_spectrum_and_are_on_their_mass_shells(mass, lepton, share):
    hnl, _, made = _events(mass, share=share)
    one, two = ([made[f"{name}_{axis}"] for axis in ("E", "px", "py", "pz")] for name in ("photon", "antilepton"))
    for part in (one, two):
        mass2 = part[0] ** 2 - part[1] ** 2 - part[2] ** 2 - part[3] ** 2
        assert mass2 == pytest.approx(units.LEPTON_MASS[lepton] ** 2, abs=1e-12 * np.max(part[0]) ** 2)
    both = [a + b for a, b in zip(one, two, strict=True)]
    s = both[0] ** 2 - both[1] ** 2 - both[2] ** 2 - both[3] ** 2
    grid = np.geomspace(4 * units.LEPTON_MASS[lepton] ** 2, mass**2, 20001)
    density = hnl_decay.dilepton_spectrum(grid, mass, lepton)
    content = np.concatenate([[0.0], np.cumsum(np.diff(grid) * (density[1:] + density[:-1]))])
    assert stats.kstest(s, lambda x: np.interp(x, grid, content / content[-1])).pvalue > 1e-4
    left = [a - b for a, b in zip(hnl, both, strict=True)]
    assert left[0] ** 2 - left[1] ** 2 - left[2] ** 2 - left[3] ** 2 == pytest.approx(
        0.0, abs=1e-12 * np.max(hnl[0]) ** 2
    )


def test_mean_lepton_of_a_pair_is_where_the_polarisation_sends_the_pair():
    """<cos> of the pair to the spin: -P/3 times the mean of (1 - x/2)/(1 + x/2) over the spectrum."""
    mass = 0.15
    hnl, size, made = _events(mass, polarisation=1.0, share=[0, 1, 0, 0])
    pair = [made[f"photon_{a}"] + made[f"antilepton_{a}"] for a in ("E", "px", "py", "pz")]
    x = (pair[0] ** 2 - pair[1] ** 2 - pair[2] ** 2 - pair[3] ** 2) / mass**2
    cosine = (2 * pair[0] - (1 + x) * hnl[0]) / ((1 - x) * size)
    expected = -np.mean((1 - 0.5 * x) / (1 + 0.5 * x)) / 3
    assert np.mean(cosine) == pytest.approx(expected, abs=4 * np.std(cosine) / np.sqrt(NUMBER))


def test_channels_have_their_branching_fractions():
    _, _, made = _events(0.5)
    portal = Portal(0.5, 1e-6, Direction("mu"))
    wanted = [portal.branching_ratios[name] for name in ("nu gamma", "nu e+ e-", "nu mu+ mu-")]
    for channel, fraction in enumerate(wanted):
        error = np.sqrt(fraction * (1 - fraction) / NUMBER)
        assert np.mean(made["channel"] == channel) == pytest.approx(fraction, abs=4.5 * error)


def test_an_extra_width_takes_its_part():
    plain = Decays.of(Portal(0.1, 1e-6, Direction("mu")))
    wide = Decays.of(Portal(0.1, 1e-6, Direction("mu"), extra_width=3 * Portal(0.1, 1e-6, Direction("mu")).width))
    assert (plain.generated, wide.generated) == (
        pytest.approx(1.0, rel=1e-9, abs=0),
        pytest.approx(0.25, rel=1e-9, abs=0),
    )
    assert wide.rate(np.array([1.0])) == pytest.approx(4 * plain.rate(np.array([1.0])), rel=1e-9, abs=0)
