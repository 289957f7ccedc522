"""Total cross sections by cumulative moments, and a folded rate, beside plain adaptive quadrature of the same integral."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import dblquad, quad

from nudipole import api, fluxes
from nudipole.kinematics import minimum_neutrino_energy, recoil_limits
from nudipole.matter import targets
from nudipole.processes.scattering import moments, upscattering

ARGON = targets.get("Ar40")
SIDE = 300
ENERGIES, MASSES = (a.ravel() for a in np.meshgrid(np.geomspace(0.3, 100, SIDE), np.geomspace(1e-3, 0.2, SIDE)))
BIN = (2e-6, 4e-6)  # GeV of recoil


def by_quadrature(energy: float, mass: float) -> float:
    low, high = (float(x) for x in recoil_limits(energy, mass, ARGON.mass))
    high = min(high, ARGON.reach / (2 * ARGON.mass))

    def integrand(u: float) -> float:
        recoil = np.exp(u)
        return float(recoil * upscattering.spectrum(ARGON, recoil, energy, mass))

    return quad(integrand, np.log(low), np.log(high), epsrel=1e-6, limit=200, epsabs=0)[0]


def test_total_by_moments_90000_points(benchmark):
    table = moments.of("Ar40")
    totals = benchmark(lambda: table.total(ENERGIES, MASSES))
    for index in (0, 4321, -1):
        assert totals[index] == pytest.approx(by_quadrature(ENERGIES[index], MASSES[index]), rel=1e-5, abs=0)


def test_total_by_quad_one_point(benchmark):
    assert benchmark(lambda: by_quadrature(1.0, 0.1)) > 0


def test_table_of_moments(benchmark):
    """Made once for each target."""
    benchmark.pedantic(moments.FormFactorMoments, (ARGON,), rounds=5, warmup_rounds=1)


# --- the rate in one bin of recoil energy, 8B neutrinos on argon, per unit d^2 and argon nucleus ----------------------
FLUX = fluxes.named_flux("solar", components=["8B"], survival="none")
EVERY = api.direction("universal")


def folded(masses: np.ndarray) -> np.ndarray:
    """At fixed recoil energy the cross section is a polynomial in 1/E, so moments of the flux do the inner integral."""
    nodes, weights = np.polynomial.legendre.leggauss(8)
    recoil = BIN[0] + 0.5 * (BIN[1] - BIN[0]) * (nodes + 1)
    smallest = minimum_neutrino_energy(recoil, masses[:, None], ARGON.mass)
    coefficients = upscattering.energy_coefficients(recoil, masses[:, None], ARGON.mass)
    spectra = np.sum(coefficients * FLUX.cumulative_moments(EVERY, smallest), axis=0)
    return spectra * ARGON.electric(2 * ARGON.mass * recoil) @ (0.5 * (BIN[1] - BIN[0]) * weights)


def by_double_quadrature(mass: float) -> float:
    component = FLUX.components[0]

    def integrand(energy: float, recoil: float) -> float:
        return float(np.interp(energy, component.energy, component.intensity)) * float(
            upscattering.spectrum(ARGON, recoil, energy, mass)
        )

    top = FLUX.maximum_energy
    return dblquad(
        integrand,
        *BIN,
        lambda recoil: float(minimum_neutrino_energy(recoil, mass, ARGON.mass)),
        top,
        epsrel=1e-4,
        epsabs=0,
    )[0]


def test_rate_by_moments_200_masses(benchmark):
    masses = np.geomspace(1e-4, 8e-3, 200)
    rates = benchmark(folded, masses)
    assert rates[0] == pytest.approx(by_double_quadrature(masses[0]), rel=1e-5, abs=0)


def test_rate_by_dblquad_one_mass(benchmark):
    assert benchmark.pedantic(by_double_quadrature, (1e-4,), rounds=3, warmup_rounds=0) > 0
