"""Quenching models against hand values, limits and the tables they come from."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nudipole import units
from nudipole.detectors.quenching import QUENCHING, coherent_lar, constant, fef, lindhard, none, polynomial, ybe
from nudipole.errors import DomainError, UnknownNameError
from nudipole.inputs import tables

KEV = units.KEV
CSI = [0.0554628, 4.30681, -111.707, 840.384]
EXAMPLES = {"constant": {"factor": 0.2}, "polynomial": {"coefficients": CSI}}


def test_lindhard_is_the_textbook_expression():
    energy = np.array([0.2, 0.5, 1.0, 3.0])
    epsilon = 11.5 * 32 ** (-7 / 3) * energy
    g = 3 * epsilon**0.15 + 0.7 * epsilon**0.6 + epsilon
    assert lindhard(k=0.162)(energy * KEV) == pytest.approx(
        0.162 * g / (1 + 0.162 * g) * energy * KEV, rel=1e-12, abs=0
    )


def test_lindhard_grows_with_k_and_tends_to_full_ionisation():
    assert lindhard(k=0.18)(KEV) > lindhard(k=0.157)(KEV)
    assert lindhard(k=0.157)(1e3) / 1e3 == pytest.approx(1.0, abs=1e-3)


def test_iron_filter_joins_lindhard_at_1_35_kev():
    below, above = fef()(1.3499 * KEV), fef()(1.3501 * KEV)
    assert below == pytest.approx(float(above), rel=0.01, abs=0)
    assert fef()(0.5 * KEV) == pytest.approx((0.43610 - 0.096035) * 0.5 * KEV, rel=1e-12, abs=0)


def test_photo_neutron_table_lies_between_lindhard_and_iron_filter_at_low_energy():
    energy = np.array([0.2, 0.4, 0.8]) * KEV
    assert np.all(lindhard(k=0.157)(energy) < ybe()(energy))
    assert np.all(ybe()(energy) < fef()(energy))


@pytest.mark.parametrize(("energy", "ratio"), [(0.2, 2.27), (0.5, 1.59), (1.0, 1.13), (2.0, 0.985), (4.0, 1.04)])
def test_photo_neutron_table_over_lindhard_as_published(energy, ratio):
    assert ybe()(energy * KEV) / lindhard(k=0.157)(energy * KEV) == pytest.approx(ratio, abs=0.01)


def test_photo_neutron_table_is_held_above_its_end():
    last = tables.load("detectors/data/ge-quenching-ybe.csv")["quenching"][-1]
    assert ybe()(9.0 * KEV) == pytest.approx(last * 9.0 * KEV, rel=1e-6, abs=0)


def test_caesium_iodide_polynomial_at_15_kev():
    x = 0.015
    expected = 0.0554628 * x + 4.30681 * x**2 - 111.707 * x**3 + 840.384 * x**4
    assert polynomial(coefficients=CSI)(x * units.MEV) == pytest.approx(expected * units.MEV, rel=1e-12, abs=0)


def test_caesium_iodide_polynomial_is_monotonic_over_recoils_from_stopped_pions():
    energy = np.linspace(0.01, 47.0, 500) * KEV
    assert np.all(np.diff(polynomial(coefficients=CSI)(energy)) > 0)


def test_polynomial_factor_is_held_above_its_maximum():
    model = polynomial(coefficients=CSI, maximum_keV=50.0)
    assert model(200.0 * KEV) / 200.0 == pytest.approx(float(model(50.0 * KEV)) / 50.0, rel=1e-6, abs=0)


def test_liquid_argon_factor_is_constant_above_125_kev():
    assert coherent_lar()(125.0 * KEV) / (125.0 * KEV) == pytest.approx(0.3435, rel=1e-6, abs=0)
    assert coherent_lar()(300.0 * KEV) / (300.0 * KEV) == pytest.approx(0.3435, rel=1e-6, abs=0)


def test_cut_removes_everything_below_it():
    model = lindhard(k=0.157, cut_eV=100.0)
    seen = model(np.linspace(0.0, 2.0, 400) * KEV)
    assert np.all((seen == 0.0) | (seen >= 100.0 * units.EV))
    assert np.any(seen == 0.0)
    assert np.any(seen > 0.0)


def test_no_quenching_is_the_identity():
    energy = np.logspace(-9, 0, 10)
    assert none()(energy) == pytest.approx(energy, rel=1e-6, abs=0)


@pytest.mark.parametrize("name", QUENCHING)
@given(recoil=st.floats(0.0, 1e-4))
def test_every_model_gives_between_nothing_and_everything(name, recoil):
    seen = float(QUENCHING[name](**EXAMPLES.get(name, {}))(recoil))
    assert 0.0 <= seen <= recoil * (1 + 1e-12)


@pytest.mark.parametrize("name", QUENCHING)
def test_negative_recoils_are_refused(name):
    with pytest.raises(DomainError):
        QUENCHING[name](**EXAMPLES.get(name, {}))(-1.0)


@pytest.mark.parametrize("name", QUENCHING)
def test_options_are_plain_so_that_cards_can_be_checked_against_them(name):
    annotations = inspect.get_annotations(QUENCHING[name], eval_str=True)
    annotations.pop("return")
    assert set(annotations.values()) <= {float, str, list[float]}
    assert set(annotations) == set(inspect.signature(QUENCHING[name]).parameters)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: constant(factor=1.2), DomainError),
        (lambda: constant(factor=-0.1), DomainError),
        (lambda: lindhard(k=0.0), DomainError),
        (lambda: lindhard(k=np.nan), DomainError),
        (lambda: polynomial(coefficients=[]), DomainError),
        (lambda: polynomial(coefficients=[1.0], unit="erg"), UnknownNameError),
    ],
)
def test_bad_options_are_named_errors(make, error):
    with pytest.raises(error):
        make()
