"""Gamma rays of SN1987A: kinematics against Monte Carlo, statistics, and the prototype's limits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import minimize

from nudipole import units
from nudipole.errors import DomainError
from nudipole.inputs import tables
from nudipole.portal import Direction
from nudipole.supernova import emission, gamma_rays, luminosity
from nudipole.supernova.constraints import CONSTRAINTS
from nudipole.supernova.emission import Star

MU = Direction("mu")
GEOMETRY = gamma_rays.Geometry()


def rays(mass: float) -> luminosity.Escape:
    return luminosity.escape(emission.rates(Star("analytic", "none", gravity=False), mass, MU), 100.0)


@pytest.mark.parametrize(("mass", "d"), [(0.01, 1e-10), (0.1, 2e-11)])
def test_fluence_against_monte_carlo_of_decays_in_space(mass: float, d: float) -> None:
    """Decay points, isotropic rest-frame photons, boost, ray past the envelope and path difference, all explicit."""
    escape = rays(mass)
    rates = escape.rates
    rng = np.random.default_rng(7)
    number = 400_000
    weights = escape.spectrum(np.array(d)) * rates.measure * GEOMETRY.emission_s * units.SECOND
    energy = rng.choice(rates.energy, size=number, p=weights / weights.sum())
    momentum = np.sqrt(energy**2 - mass**2)
    width = rates.vacuum_width * gamma_rays.hnl_decay_share(mass) * d**2
    lifetime = rng.exponential(1.0 / width, number)
    rest = rng.uniform(-1, 1, number)
    photon = 0.5 * (energy + momentum * rest)
    beta, gamma = momentum / energy, energy / mass
    radius = beta * gamma * lifetime
    cosine = (rest + beta) / (1 + beta * rest)
    # closest approach of the photon's ray to the centre
    approach = np.where(cosine >= 0, radius, radius * np.sqrt(1 - cosine**2))
    delay = gamma * lifetime - radius * cosine
    envelope = GEOMETRY.envelope_cm * units.CENTIMETRE
    seen = (approach > envelope) & (radius > envelope) & (photon > 0.025) & (photon < 0.1)
    counts, _ = np.histogram(delay[seen] / units.SECOND, bins=[0.0, 10.0, 100.0, 223.0])
    area = 4 * np.pi * (GEOMETRY.distance_kpc * 1e3 * units.PARSEC * 100) ** 2
    expected = gamma_rays.fluence(escape, d, (25.0, 100.0), [0.0, 10.0, 100.0, 223.0], GEOMETRY)
    measured = counts / number * weights.sum() / area
    error = np.sqrt(np.maximum(counts, 1)) / number * weights.sum() / area
    # energies are drawn on the quadrature nodes, so box edges agree to a per cent
    assert np.all(np.abs(expected - measured) < 4 * error + 0.03 * measured)


def test_weak_coupling_fluence_grows_with_the_fourth_power() -> None:
    values = gamma_rays.fluence(rays(0.01), [1e-13, 2e-13], (25.0, 100.0), [0.0, 223.0], GEOMETRY)[:, 0]
    assert values[1] / values[0] == pytest.approx(16.0, rel=1e-3, abs=0)


def test_polarisation_softens_the_photons_and_keeps_their_number() -> None:
    escape = rays(1e-3)
    plain, forward = gamma_rays.Geometry(), gamma_rays.Geometry(polarisation=1.0)
    edges = np.geomspace(0.1, 600.0, 40)
    totals = {"plain": 0.0, "polarised": 0.0}
    for low, high in itertools.pairwise(edges):
        for name, geometry in (("plain", plain), ("polarised", forward)):
            # late window: everything that decays outside, whatever its energy
            totals[name] += float(gamma_rays.fluence(escape, 1e-9, (low, high), [0.0, 1e12], geometry)[0])
    assert totals["polarised"] == pytest.approx(totals["plain"], rel=0.02, abs=0)
    hard = [float(gamma_rays.fluence(escape, 1e-9, (100.0, 300.0), [0.0, 1e12], g)[0]) for g in (plain, forward)]
    assert hard[1] < 0.7 * hard[0]
    with pytest.raises(DomainError, match="polarisation"):
        gamma_rays.Geometry(polarisation=2.0)


def test_data_start_with_the_burst() -> None:
    time, edges, counts = gamma_rays._data()
    assert len(time) == 55
    assert len(edges) == 23
    assert edges[0] == pytest.approx(0.0, abs=0.01)
    assert edges[-1] == pytest.approx(225.3, abs=0.2)
    # 1393 counts in 25-100 MeV and 223 s is the background of 1702.02964
    assert counts["high"][-22:].sum() == pytest.approx(1393, rel=0.03, abs=0)


def test_profiled_deviance_against_a_general_minimiser() -> None:
    counts = tables.load("supernova/data/smm_grs.csv")["high"]
    time = np.linspace(-1.5, 1.0, len(counts))
    signal = np.zeros((3, len(counts)))
    signal[1, 33:], signal[2, 33] = 4.0, 60.0
    fast = gamma_rays.profile_deviance(counts, signal, time)

    def deviance(b: np.ndarray, s: np.ndarray) -> float:
        rate = np.maximum(b[0] + b[1] * time + s, 1e-9)
        return float(2 * np.sum(rate - counts * np.log(rate)))

    options = {"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4000}
    slow = [minimize(deviance, [60.0, 0.0], args=(s,), method="Nelder-Mead", options=options).fun for s in signal]
    assert np.allclose(fast, slow, atol=1e-6)


def test_gaussian_and_poisson_limits_agree() -> None:
    escape = rays(0.03)
    d = np.geomspace(3e-13, 3e-12, 60)
    gaussian = d[np.argmax(gamma_rays.gaussian_excess(escape, d) > 2.0)]
    poisson = d[np.argmax(gamma_rays.statistic(escape, d) > 2.71)]
    assert poisson == pytest.approx(gaussian, rel=0.3, abs=0)


# cosmo-astro.md section 5: analytic profile, mu_nu = 0, fluence below 1.2 cm^-2
PROTOTYPE = {1e-4: 1.4e-11, 1e-3: 4.5e-12, 3e-3: 2.8e-12, 0.01: 1.6e-12, 0.03: 9e-13, 0.1: 5.6e-13, 0.2: 8e-13}


@pytest.mark.parametrize("mass", list(PROTOTYPE))
def test_lower_edges_of_the_prototype(mass: float) -> None:
    escape = rays(mass)
    d = np.geomspace(1e-13, 1e-10, 121)
    for excess, critical in (
        (gamma_rays.gaussian_excess(escape, d), 2.0),
        (gamma_rays.statistic(escape, d), 2.71),
    ):
        edge = d[np.argmax(excess > critical)]
        assert 0.5 < edge / PROTOTYPE[mass] < 2.0


def test_constraint_has_the_closed_region_of_the_gamma_rays() -> None:
    source = next(c for c in CONSTRAINTS if c.key == "supernova-energy")
    limit = source.limit([0.01, 0.1], MU, preset="gamma-rays")
    assert np.allclose(limit.upper, [8e-9, 4.5e-11], rtol=0.4, atol=0)
