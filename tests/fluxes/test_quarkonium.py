"""Quarkonia and beauty of fixed targets from threshold on."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.fluxes import mesons, quarkonium


@pytest.mark.parametrize("meson", quarkonium.PRODUCED)
def test_nothing_below_threshold_and_a_rise_above(meson: str) -> None:
    start = quarkonium.threshold(meson)
    assert quarkonium.cross_section(meson, 0.999 * start) == 0.0
    energies = np.geomspace(max(1.01 * start, 120.0 if meson == "B" else 0.0), 900.0, 40)
    values = [quarkonium.cross_section(meson, float(e)) for e in energies]
    assert np.all(np.diff(values) > 0)


def test_threshold_is_where_all_are_at_rest() -> None:
    for meson, mass in (("J/psi", 3.0969), ("Upsilon(1S)", 9.4604)):
        assert quarkonium.root_s(quarkonium.threshold(meson)) == pytest.approx(2 * units.PROTON_MASS + mass, rel=1e-4)


def test_published_points_are_met_and_curves_join_there() -> None:
    assert quarkonium.cross_section("J/psi", 400.0) == pytest.approx(146e-6)
    assert quarkonium.cross_section("J/psi", 800.0) == pytest.approx(442e-6)
    for meson in quarkonium.PRODUCED:
        below, above = (quarkonium.cross_section(meson, 400.0 * (1 + x)) for x in (-1e-6, 1e-6))
        assert below == pytest.approx(above, rel=1e-4)


def test_charmonium_near_threshold_against_the_alternating_gradient_synchrotron() -> None:
    """0.73 nb at sqrt(s) = 6.8 GeV (Anderson et al. 1976, as compiled by Schuler; from memory): within a factor of two."""
    energy = 6.8**2 / (2 * units.PROTON_MASS) - units.PROTON_MASS
    assert 0.5 < quarkonium.cross_section("J/psi", energy) / 0.73e-6 < 2.0


@pytest.mark.parametrize(
    ("beam", "present", "absent"),
    [
        (8.0, (), ("J/psi",)),
        (30.0, ("J/psi", "psi'"), ("Upsilon(1S)", "D")),
        (80.0, ("J/psi", "Upsilon(1S)"), ("B",)),
        (120.0, ("J/psi", "psi'", "Upsilon(1S)", "B"), ()),
        (400.0, ("J/psi", "psi'", "Upsilon(1S)", "B"), ()),
    ],
)
def test_beams_have_what_their_energy_allows(beam: float, present: tuple[str, ...], absent: tuple[str, ...]) -> None:
    known = mesons.mesons(beam)
    assert set(present) <= set(known)
    assert not set(absent) & set(known)
    for meson in present:
        nodes = mesons.meson_spectrum(beam, meson)
        assert np.all(nodes.energy < beam)
        assert nodes.weight.sum() < 1e-4


def test_yield_per_proton_is_the_ratio_of_cross_sections() -> None:
    nodes = mesons.meson_spectrum(120.0, "J/psi", mass_number=1.0)
    assert nodes.weight.sum() == pytest.approx(quarkonium.cross_section("J/psi", 120.0) / 38.5, rel=0.01)


def test_bad_input_is_named() -> None:
    with pytest.raises(UnknownNameError, match="heavy meson"):
        quarkonium.cross_section("eta", 400.0)
    with pytest.raises(DomainError):
        quarkonium.cross_section("J/psi", -1.0)
