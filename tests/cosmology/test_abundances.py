"""The adapter to primat: what it refuses, and the Standard Model through it (validation)."""

import sys

import numpy as np
import pytest

from nudipole.cosmology import abundances, evolution, grid, grid_points
from nudipole.errors import DomainError, MissingExtraError, UnknownNameError
from nudipole.inputs import tables

FAST = evolution.Options(log_step=0.02, nodes=16)


def test_live_abundances_without_primat_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "primat", None)
    with pytest.raises(MissingExtraError, match=r"nudipole\[cosmology\]"):
        abundances.abundances(evolution.evolve(1e-3, 0.0, options=FAST))


def test_live_abundances_refuse_a_short_history():
    history = evolution.History(*[np.array([1e-3, 1e-4])] * 6, 3.0, 0.0)
    with pytest.raises(DomainError, match="15 MeV"):
        abundances.abundances(history)


def test_unknown_networks_and_densities_are_named():
    history = evolution.History(*[np.array([2e-2, 1e-7])] * 6, 3.0, 0.0)
    with pytest.raises(UnknownNameError, match="network"):
        abundances.abundances(history, network="large")
    with pytest.raises(DomainError, match="baryon_density"):
        abundances.abundances(history, baryon_density=-1.0)


@pytest.mark.validation
@pytest.mark.parametrize(("network", "deuterium"), [("small_parthenope", 2.500e-5), ("small", 2.436e-5)])
def test_standard_model(network, deuterium):
    light = abundances.abundances(evolution.evolve(1e-3, 0.0), network=network)
    assert light.helium == pytest.approx(0.2470, abs=3e-4)
    assert light.deuterium == pytest.approx(deuterium, rel=5e-3, abs=0)


@pytest.mark.validation
def test_a_second_bbn_code_finds_the_same_light_elements():
    # LINX on the same histories (scripts/cross_check_abundances.py): Y_p higher by 3e-4 everywhere, its neutron living longer
    table = tables.load("cosmology/data/light_elements_linx.csv")
    for i in range(len(table)):
        mass, d = float(table["mass"][i]), float(table["d"][i])
        light = abundances.abundances(evolution.evolve(mass, d**2, options=evolution.Options(neutrinos="thermal")))
        print(f"M = {mass:g} GeV, d = {d:g}: Y_p {light.helium:.4f} / {table['helium'][i]:.4f}", end=", ")
        print(f"D/H {light.deuterium:.3e} / {table['deuterium'][i]:.3e} (primat / LINX)")
        assert light.helium == pytest.approx(float(table["helium"][i]), abs=6e-4)
        assert light.deuterium == pytest.approx(float(table["deuterium"][i]), rel=5e-3, abs=0)


def test_the_grid_agrees_with_a_second_bbn_code():
    table = tables.load("cosmology/data/light_elements_linx.csv")
    sky = grid.load(grid_points.Assumptions("thermal"))
    for i in range(len(table)):
        mass, d = float(table["mass"][i]), max(float(table["d"][i]), 0.0)
        if d > 0:
            helium, deuterium = sky(mass, d)[:2]
            assert helium == pytest.approx(float(table["helium"][i]), abs=2e-3)
            assert deuterium == pytest.approx(float(table["deuterium"][i]), rel=0.02, abs=0)
