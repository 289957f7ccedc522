"""Nuclei broken by late photons: thresholds, limits, linearity, universality, nucleon counting, ACROPOLIS itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nudipole import units
from nudipole.cosmology import photodisintegration as pdi
from nudipole.errors import DomainError
from nudipole.inputs import tables

BEFORE = (2.5e-5, 1.04e-5, 0.247)
INDEX = {name: i for i, name in enumerate(pdi.REACTIONS)}


def _after(mass, lifetime, relics):
    return pdi.disintegrate(*BEFORE, relics * pdi.exposures(mass / 2, lifetime))


def test_energy_below_the_deuteron_threshold_breaks_nothing():
    assert np.all(pdi.exposures(2.22e-3, [1e5, 1e7]) == 0)
    assert _after(4.4e-3, 1e7, 1e-3) == pytest.approx(BEFORE, rel=1e-6, abs=0)


@pytest.mark.parametrize(("nucleus", "threshold"), [("helium3", 5.49e-3), ("tritium", 6.26e-3), ("helium4", 19.8e-3)])
def test_each_nucleus_has_its_threshold(nucleus, threshold):
    columns = [i for name, i in INDEX.items() if name.startswith(nucleus)]
    below, above = (pdi.chances(threshold * f, 1e-7)[columns].sum() for f in (0.97, 1.25))
    assert below == 0
    assert above > 1e4


def test_early_decays_break_nothing():
    # pair production leaves no photon above 2.2 MeV before 5 keV
    for lifetime in (1.0, 300.0, 1e3):
        d, _, y = _after(0.1, lifetime, 1e-6)
        assert d == pytest.approx(BEFORE[0], rel=1e-3, abs=0)
        assert y == pytest.approx(BEFORE[2], rel=1e-6, abs=0)
    assert _after(0.1, 1e6, 1e-8)[0] < 0.9 * BEFORE[0]


def test_helium_breaks_only_after_deuterium():
    heavy = pdi.exposures(0.05, np.array([1e5, 1e8]))
    helium4 = [i for name, i in INDEX.items() if name.startswith("helium4")]
    early, late = heavy[:, helium4].sum(axis=1) / heavy[:, INDEX["deuterium"]]
    assert early < 1e-4
    assert late > 0.1
    # and then its debris makes more deuterium than there was
    assert _after(0.1, 1e8, 1e-9)[0] > 1.01 * BEFORE[0]


def test_small_injections_act_linearly():
    changes = np.array([_after(0.02, 1e6, relics)[0] - BEFORE[0] for relics in (1e-12, 2e-12, 4e-12)])
    np.testing.assert_allclose(changes / changes[0], [1, 2, 4], rtol=1e-3)
    assert changes[0] < 0


def test_without_helium_deuterium_falls_exponentially():
    kappa = pdi.exposures(5e-3, 1e6)  # 5 MeV: deuterium alone
    d, helium3, y = pdi.disintegrate(*BEFORE, 1e-7 * kappa)
    assert d / BEFORE[0] == pytest.approx(np.exp(-1e-7 * kappa[INDEX["deuterium"]]), rel=1e-6, abs=0)
    assert (helium3, y) == pytest.approx(BEFORE[1:], rel=1e-6, abs=0)


def test_far_above_pair_production_only_the_energy_counts():
    # universal spectrum: at 5 keV pairs are made above 2.4 MeV, and a cascade forgets where it began
    per_energy = np.array([pdi.chances(e, 5e-6)[INDEX["deuterium"]] / e for e in (0.05, 0.07, 0.1, 0.15)])
    np.testing.assert_allclose(per_energy / per_energy[0], 1.0, rtol=0.15)


def test_nucleons_are_kept_where_nothing_but_protons_and_neutrons_escapes():
    kappa = np.zeros(len(pdi.REACTIONS))
    kappa[INDEX["helium4_to_two_deuterium"]] = 0.1
    d, _, y = pdi.disintegrate(*BEFORE, kappa)
    hydrogen4 = BEFORE[2] / (4 * (1 - BEFORE[2]))
    lost = hydrogen4 * (1 - y / BEFORE[2])
    assert d - BEFORE[0] == pytest.approx(2 * lost, rel=1e-6, abs=0)
    assert y / BEFORE[2] == pytest.approx(np.exp(-0.1), rel=1e-6, abs=0)


def test_clock_of_the_radiation_era():
    # t = 1/2H with photons and neutrinos alone: 1.32e6 s at 1 keV
    assert pdi.time(1e-6) == pytest.approx(1.32e6, rel=5e-3, abs=0)
    hubble = 0.5 / (float(pdi.time(1e-6)) * units.SECOND)
    rho = 3 * units.PLANCK_MASS**2 / (8 * np.pi) * hubble**2
    assert rho == pytest.approx(np.pi**2 / 30 * 3.384 * 1e-24, rel=5e-3, abs=0)


def test_against_acropolis_itself():
    table = tables.load("cosmology/data/photodisintegration_reference.csv")
    for i in range(len(table)):
        mass, lifetime, relics = (float(table[c][i]) for c in ("mass", "lifetime", "relics"))
        before = [float(table[f"{c}_before"][i]) for c in ("deuterium", "helium3", "helium")]
        found = pdi.disintegrate(*before, relics * pdi.exposures(mass / 2, lifetime))
        for ours, start, name in zip(found, before, ("deuterium", "helium3", "helium"), strict=True):
            theirs = float(table[name][i])
            # as an exponent, because most of the nuclei may be gone; 3He just above its threshold is interpolated worst
            assert np.log(ours / start) == pytest.approx(np.log(theirs / start), rel=0.12, abs=5e-3), (mass, lifetime)


@given(st.floats(2.3e-3, 0.15), st.floats(1e-3, 1e9), st.floats(0, 10.0))
def test_abundances_stay_sensible(energy, lifetime, relics):
    after = pdi.disintegrate(*BEFORE, relics * pdi.exposures(energy, lifetime))
    assert np.all(np.isfinite(after))
    assert np.all(np.asarray(after) >= 0)
    assert after[2] <= BEFORE[2] * (1 + 1e-9)


def test_bad_input_is_named():
    with pytest.raises(DomainError, match="tabulated up to"):
        pdi.exposures(0.2, 1e6)
    with pytest.raises(DomainError, match="lifetime"):
        pdi.exposures(0.01, 0.0)
    with pytest.raises(DomainError, match="kappa"):
        pdi.disintegrate(*BEFORE, np.full(len(pdi.REACTIONS), -1.0))
    with pytest.raises(DomainError, match="temperature"):
        pdi.chances(0.01, np.nan)
