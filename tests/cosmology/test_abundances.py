"""The adapter to primat: what it refuses, and the Standard Model through it (validation)."""

import sys

import numpy as np
import pytest

from nudipole.cosmology import abundances, evolution
from nudipole.errors import DomainError, MissingExtraError, UnknownNameError

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
    assert light.deuterium == pytest.approx(deuterium, rel=5e-3)
