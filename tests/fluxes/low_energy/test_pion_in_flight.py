"""Pions that decay in flight at LSND."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.errors import DomainError
from nudipole.fluxes import named_flux
from nudipole.fluxes.low_energy import pion_in_flight


def test_slow_pions_give_the_line_of_decay_at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without motion every neutrino has 29.8 MeV and every direction the same share."""
    pion_in_flight.spectrum_per_decay.cache_clear()

    def slow(kinetic_energy, angle_deg):
        return np.exp(-kinetic_energy / 1e-6) + 0.0 * angle_deg

    monkeypatch.setattr(pion_in_flight, "pions", slow)
    monkeypatch.setattr(pion_in_flight, "_KINETIC", 20000)
    monkeypatch.setattr(pion_in_flight, "_POLAR", 4)
    monkeypatch.setattr(pion_in_flight, "_AZIMUTH", 2)
    energy, intensity = pion_in_flight.spectrum_per_decay("mu")
    pion_in_flight.spectrum_per_decay.cache_clear()
    width = energy[1] - energy[0]
    assert intensity.sum() * width == pytest.approx(1.0, rel=0.03, abs=0)
    assert (energy * intensity).sum() / intensity.sum() == pytest.approx(0.02979, rel=0.1, abs=0)


def test_all_directions_together_are_one_neutrino_a_decay() -> None:
    angles = np.linspace(2.0, 178.0, 23)
    totals = []
    for angle in angles:
        energy, intensity = pion_in_flight.spectrum_per_decay("mu", float(angle))
        totals.append(np.sum(intensity) * (energy[1] - energy[0]))
    sine = np.sin(np.deg2rad(angles))
    assert np.sum(totals * sine) / np.sum(sine) == pytest.approx(1.0, rel=0.03, abs=0)


def test_mean_energy_above_the_muon_threshold_is_the_quoted_one() -> None:
    """156 MeV above 123.1 MeV (nucl-ex/9705002); nothing of the model is fitted to it."""
    energy, intensity = pion_in_flight.spectrum_per_decay("mu")
    above = energy > 0.1231
    mean = np.sum(energy[above] * intensity[above]) / np.sum(intensity[above])
    assert mean == pytest.approx(0.156, rel=0.08, abs=0)


def test_forward_is_harder_and_brighter() -> None:
    def mean(angle: float) -> tuple[float, float]:
        energy, intensity = pion_in_flight.spectrum_per_decay("mu", angle)
        return float(np.sum(energy * intensity) / np.sum(intensity)), float(np.sum(intensity))

    (front, many), (side, fewer) = mean(12.0), mean(90.0)
    assert front > 1.3 * side
    assert many > 1.5 * fewer


def test_energies_end_where_the_fastest_pion_ends() -> None:
    """E < E* gamma (1 + beta); electron modes carry more by m_pi^2 over m_pi^2 - m_mu^2."""
    muon = pion_in_flight.spectrum_per_decay("mu")
    pion = units.particle_mass("pi+")
    gamma = 1.0 + 0.55 / pion
    top = 0.02979 * (gamma + np.sqrt(gamma**2 - 1.0))
    assert muon[0][muon[1] > 0].max() < top + 0.003


def test_flux_adds_to_decay_at_rest() -> None:
    both, rest = named_flux("lsnd"), named_flux("lsnd", in_flight=False)
    flight = named_flux("lsnd", at_rest=False)
    assert both.total("mu") == pytest.approx(rest.total("mu") + flight.total("mu"), rel=1e-9, abs=0)
    assert flight.total("mu") < 0.1 * rest.total("mu")
    assert flight.total("e") < 1e-3 * flight.total("mu")
    with pytest.raises(DomainError, match="at rest, in flight"):
        pion_in_flight.lsnd(at_rest=False, in_flight=False)


def test_neutrinos_of_both_kinds_share_the_positive_pions():
    """Pi+ in flight over those at rest, times what one in flight sends to the detector, is the ratio of their nu_mu."""
    flux = pion_in_flight.lsnd(fluence_cm2=1e14)
    totals = {
        c.name: float(c.intensity.sum()) if c.lines else float(np.trapezoid(c.intensity, c.energy))
        for c in flux.components
    }
    rest, flight = totals["nu_mu"], totals["nu_mu in flight"]
    share = pion_in_flight.POSITIVE_SHARE
    assert rest == pytest.approx(1e14, rel=1e-6, abs=0)
    energy, spectrum = pion_in_flight.spectrum_per_decay("mu")
    forward = float(np.trapezoid(spectrum, energy))  # 1 for pions that fly in every direction alike
    assert 1.0 < forward < 3.0
    assert flight / rest == pytest.approx(share / (1.0 - share) * forward, rel=1e-6, abs=0)
