"""e+ e- -> nu nubar gamma at and around the Z: its factors against LEP, and the counts of the experiments."""

import functools

import numpy as np
import pytest

from nudipole import units
from nudipole.inputs import tables
from nudipole.processes.collisions import mono_photon


def visible(sqrt_s: float, energy_min: float, cosine_max: float, radiation: bool = True) -> float:
    """Our cross section [pb] with a photon in the acceptance."""
    sigma = mono_photon.visible_cross_section(
        mono_photon.neutrino_pair_cross_section,
        sqrt_s**2,
        2 * energy_min / sqrt_s,
        cosine_max,
        radiation=radiation,
        nodes=16,
    )
    return float(sigma) / units.PICOBARN


def test_unseen_radiation_takes_the_peak_down_to_the_hadrons_that_lep_saw():
    # pole cross section, width and mass of ALEPH:2005ab; seen at 91.22 GeV: 30.5 nb, from memory of the lineshape papers
    width, mass2 = 2.4952, units.Z_MASS**2

    def pole(s):
        return 41.540 * s * width**2 / ((s - mass2) ** 2 + s**2 * width**2 / mass2)

    s = 91.22**2
    seen = float(mono_photon.convolve(pole, s, x_max=0.99, breaks=(1 - mass2 / s,), nodes=48))
    assert float(pole(s)) > 41.4
    assert seen == pytest.approx(30.5, rel=0.005, abs=0)


def test_the_counts_at_the_z_ask_for_efficiencies_that_a_detector_can_have():
    """N and its statistical error give the signal, sqrt(n) N / error, whatever the background.

    Over luminosity, N / 3 and our cross section that is an efficiency. None of the three could be read in the papers;
    all must lie where single-photon selections do. OPAL had 59 per cent at 1.5 to 1.75 GeV, where it turns on.
    """
    table = tables.load("catalogue/data/lep1_single_photon.csv")
    efficiencies = []
    for row in range(len(table)):
        of = {name: float(table[name][row]) for name in table.columns}
        at = functools.partial(visible, energy_min=of["energy_min"], cosine_max=of["cosine_max"])
        peak = 1 - of["below"] - of["above"]
        mean = of["below"] * at(89.45) + peak * at(91.25) + of["above"] * at(93.04)
        efficiencies.append(3 * np.sqrt(of["candidates"]) / of["statistical"] / of["luminosity"] / mean)
    assert efficiencies == pytest.approx([0.77, 0.67, 0.58], abs=0.01)
    assert all(0.55 < efficiency < 0.85 for efficiency in efficiencies)


@pytest.mark.parametrize("sqrt_s", [89.45, 91.25, 93.04])
def test_what_is_unseen_inside_the_acceptance_matters_by_less_than_three_per_cent(sqrt_s):
    """Photons lost along the beams have Q^2 up to the edge of the acceptance; with soft ones lost anywhere it is s."""
    energy_min, cosine_max = 1.0, 0.7071  # L3
    s = sqrt_s**2

    def bare(energy2):
        roots = np.sqrt(energy2)
        return np.array([visible(root, energy_min, cosine_max, False) if root > 3.0 else 0.0 for root in roots])

    everywhere = float(mono_photon.convolve(bare, s, x_max=0.99, breaks=(0.02, 0.03, 0.05), nodes=8))
    assert 0.97 < everywhere / visible(sqrt_s, energy_min, cosine_max) < 1.0
