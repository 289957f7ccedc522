"""nd.collider against typed formulas, its own integrals and sums over the parton luminosities done by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import dblquad, quad

import nudipole as nd
from nudipole import units
from nudipole.errors import NudipoleError
from nudipole.fluxes.hadrons import parton_luminosity
from nudipole.portal import Completion
from nudipole.processes.validity import EffectiveTheoryWarning, OutOfReachWarning

ALPHA, D = units.ALPHA, 1e-6
GAUGE = Completion("gauge", 1.0)


def photon_exchange(s, mass, charge2=1.0, colours=1.0):
    """The review's Eq. (33) with d, one state, averaged over colours."""
    return charge2 * D**2 * ALPHA * (s - mass**2) ** 2 * (s + 2 * mass**2) / (3 * s**3) / colours


@pytest.mark.parametrize(
    ("initial", "charge2", "colours"), [("e+e-", 1.0, 1.0), ("uubar", 4 / 9, 3.0), ("bbbar", 1 / 9, 3.0)]
)
def test_photon_exchange_is_the_formula_of_the_review(initial, charge2, colours):
    found = nd.collider(initial, [10.0, 91.19], [1.0, 45.0], D)
    expected = 2 * photon_exchange(np.array([10.0, 91.19]) ** 2, np.array([1.0, 45.0]), charge2, colours)
    assert found["sigma_GeV-2"] == pytest.approx(expected, rel=1e-10, abs=0)
    assert found["sigma_fb"] == pytest.approx(expected * 0.3893793721e12, rel=1e-7, abs=0)


@pytest.mark.parametrize("state", ["sum", "nubar N", "nu Nbar"])
@pytest.mark.parametrize(("root", "flavor"), [(60.0, "mu"), (200.0, "e"), (3000.0, "e")])
def test_angles_add_up_to_the_cross_section_and_the_asymmetry(state, root, flavor):
    options = {"completion": GAUGE, "flavor": flavor, "state": state}
    found = nd.collider("e+e-", root, 20.0, D, **options)

    def density(c):
        return float(nd.collider("e+e-", root, 20.0, D, "cosine", [c], **options)["dsigma_dcosine_GeV-2"][0]) * 1e20

    forward, backward = (quad(density, *ends, epsabs=0, epsrel=1e-9, limit=200)[0] for ends in ((0, 1), (-1, 0)))
    assert (forward + backward) / 1e20 == pytest.approx(found["sigma_GeV-2"], rel=1e-7, abs=0)
    asymmetry = (forward - backward) / (forward + backward)
    if state == "sum":
        assert found["asymmetry"] == 0
        assert abs(asymmetry) < 1e-7
    else:
        assert found["asymmetry"] == pytest.approx(asymmetry, rel=1e-5, abs=0)
    assert state == "sum" or abs(asymmetry) > 1e-4


def test_a_photon_comes_off_the_incoming_pair():
    root, mass, low, cut = 10.58, 2.0, 1.0, 0.8

    def density(c, x):
        radiator = ALPHA / (np.pi * x) * ((1 + (1 - x) ** 2) / (1 - c * c) - x * x / 2)
        return radiator * 2 * photon_exchange(root**2 * (1 - x), mass) * 1e20

    end = 1 - (mass / root) ** 2
    expected = dblquad(density, 2 * low / root, end, -cut, cut, epsabs=0, epsrel=1e-8)[0] / 1e20
    options = {"photon_energy_min": low, "photon_cosine_max": cut}
    found = nd.collider("e+e-", root, mass, D, **options)
    assert found["sigma_GeV-2"] == pytest.approx(expected, rel=1e-6, abs=0)
    for variable, first, last in (("photon_energy", low, 0.5 * root * end), ("photon_cosine", -cut, cut)):
        at = np.linspace(first, last, 4001)
        values = list(nd.collider("e+e-", root, mass, D, variable, at, **options).values())[-1]
        assert np.trapezoid(values, at) == pytest.approx(expected, rel=1e-5, abs=0)
    assert nd.collider("e+e-", root, 10.0, D, photon_energy_min=5.0)["sigma_fb"] == 0.0


def test_a_photon_beside_w_exchange():
    options = {"completion": GAUGE, "flavor": "e", "photon_energy_min": 5.0, "photon_cosine_max": 0.9}
    at = np.geomspace(5.0, 99.5, 400)
    found = nd.collider("e+e-", 200.0, 10.0, D, "photon_energy", at, **options)
    assert np.trapezoid(found["dsigma_dE_GeV-3"], at) == pytest.approx(found["sigma_GeV-2"], rel=2e-3, abs=0)
    other = nd.collider("e+e-", 200.0, 10.0, D, **{**options, "flavor": "mu"})
    assert abs(found["sigma_fb"] / other["sigma_fb"] - 1) > 0.05
    # a soft photon comes off as if without it: the radiator times the cross section with its W
    soft, bare = (
        {**options, "photon_energy_min": 0.001},
        nd.collider("e+e-", 200.0, 10.0, D, completion=GAUGE, flavor="e"),
    )
    x, reach = 2 * 0.002 / 200.0, np.arctanh(0.9)
    expected = 2 * ALPHA / (np.pi * x) * 2 * reach * bare["sigma_GeV-2"] * 2 / 200.0
    density = nd.collider("e+e-", 200.0, 10.0, D, "photon_energy", [0.002], **soft)["dsigma_dE_GeV-3"]
    assert density == pytest.approx([expected], rel=2e-3, abs=0)


def test_protons_are_quarks_times_their_luminosities():
    mass, luminosity = 150.0, parton_luminosity.proton_proton()
    pair = np.geomspace(mass, luminosity.sqrt_s_hat[-1] * (1 - 1e-12), 20001)
    density = np.zeros(pair.size)
    for quark, charge2 in (("u", 4), ("c", 4), ("d", 1), ("s", 1), ("b", 1)):
        density += luminosity.total(quark, pair) * 2 * photon_exchange(pair**2, mass, charge2 / 9, 3.0)
    found = nd.collider("pp", 13000.0, mass, D)
    assert found["sigma_GeV-2"] == pytest.approx(np.trapezoid(2 * density, np.log(pair)), rel=1e-4, abs=0)
    assert found["pair_mass_min_GeV"] == mass
    shape = nd.collider("pp", 13000.0, mass, D, "pair_mass", pair)
    assert shape["dsigma_dm_GeV-3"] == pytest.approx(2 * density / pair, rel=1e-9, abs=0)


def test_light_n_from_protons_are_cut_by_the_table_and_it_says_so():
    with pytest.warns(OutOfReachWarning, match="parton luminosities begin"):
        found = nd.collider("pp", 13000.0, 1.0, D)
    assert found["pair_mass_min_GeV"] > 1.0
    chosen = nd.collider("pp", 13000.0, 1.0, D, pair_mass_min=200.0)
    assert chosen["sigma_fb"] < found["sigma_fb"]


def test_a_large_coupling_is_warned_of():
    with pytest.warns(EffectiveTheoryWarning):
        nd.collider("e+e-", 91.19, 1.0, 0.1)


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (("e+e", 10.0, 1.0, D), {}, "did you mean e+e-"),
        (("uubar", 10.0, 1.0, D), {"photon_energy_min": 1.0}, "no such process"),
        (("e+e-", 10.0, 1.0, D, "pair_mass"), {}, "no distribution in pair_mass"),
        (("e+e-", 10.0, 1.0, D, "photon_energy"), {}, "photon_energy_min"),
        (("e+e-", [10.0, 20.0], 1.0, D, "cosine"), {}, "single numbers"),
        (("e+e-", 10.0, 1.0, D, "cosine", [1.5]), {}, "between -1 and 1"),
        (("e+e-", 10.0, 1.0, D, None, [0.5]), {}, "say which"),
        (("pp", 14000.0, 100.0, D), {}, "13000"),
        (("pp", 13000.0, 100.0, D), {"pair_mass_min": 1.0}, "begin"),
        (("e+e-", 10.0, 1.0), {}, "exactly one"),
        (("e+e-", 10.0, 1.0, D), {"photon_energy_min": 1.0, "photon_cosine_max": 1.0}, "photon_cosine_max"),
    ],
)
def test_bad_input_is_one_line(arguments, options, words):
    with pytest.raises(NudipoleError) as error:
        nd.collider(*arguments, **options)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
