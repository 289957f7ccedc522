r"""Helicity of N in up-scattering: what a nu_L makes.

A nu_L makes N mainly of lab helicity +1/2 (helicity flip); the amplitude for -1/2 is proportional to M. An antineutrino
makes the mirror image at the same rate. The polarisation decides where the photon of N -> nu gamma goes.

With P = p + p', k the momentum of the neutrino and s the spin vector of N at lab helicity +1/2, the squared amplitudes
on a spin-0 target are (U +- V)/2 in units where U is S_0 of :mod:`nudipole.processes.scattering.upscattering`:

.. math:: U = 4(P\cdot k)^2Q^2 - M^2P^2(M^2+Q^2),\qquad V = 4MQ^2(P\cdot k)(s\cdot P) + 2M^3P^2(s\cdot k);

N is in a pure state, so U - V = W^2/(U + V) with W its transverse polarisation: nothing cancels for M -> 0. On an
unpolarised spin-1/2 target the magnetic part adds -(U_g +- V_g)/2, U_g = (M^2 + Q^2)(Q^2 - 2M^2), V_g = 2M(2M^2 + Q^2)
(s.k). Checked against helicity projections of explicit traces in tests/processes/scattering/test_helicity.py.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import check_finite
from nudipole.kinematics import recoil_limits
from nudipole.processes.scattering.upscattering import broadcast, inside_limits, s0

FloatArray = npt.NDArray[np.float64]


def spectra_spin0(
    recoil_energy: npt.ArrayLike, neutrino_energy: npt.ArrayLike, hnl_mass: npt.ArrayLike, target_mass: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Recoil spectra for N of lab helicity +1/2 (flipped) and -1/2 (conserved) from a nu_L, spin-0 target.

    Parameters
    ----------
    recoil_energy, neutrino_energy, hnl_mass, target_mass : array_like
        E_r, E, M, m [GeV], broadcast against each other.

    Returns
    -------
    tuple of ndarray
        Flipping and conserving dsigma/dE_r / d^2 [GeV^-1]; for antineutrinos read helicity -1/2 and +1/2.
    """
    recoil, energy, mass, target = broadcast(recoil_energy, neutrino_energy, hnl_mass, target_mass)
    low, high = recoil_limits(energy, mass, target)
    inside = inside_limits(recoil, low, high)
    q2 = 2.0 * target * recoil
    hnl_energy = np.where(inside, energy - recoil, energy + mass)
    momentum = np.sqrt(np.maximum((hnl_energy - mass) * (hnl_energy + mass), 0.0))
    p_dot_k = 2.0 * target * energy - 0.5 * (mass**2 + q2)
    p2 = 4.0 * target**2 + q2
    spin_k, spin_p = _spin_products(energy, hnl_energy, momentum, mass, target, recoil)
    total = 32.0 * target**3 * energy**2 * recoil**2 * s0(recoil, energy, mass, target, low, high)
    polarised = 4.0 * q2 * p_dot_k * spin_p + 2.0 * mass**2 * p2 * spin_k
    # (E p sin theta)^2 = m (m + 2E) (E_r - E_r^min)(E_r^max - E_r), and p W = M (E p sin theta) (4 Q^2 P.k + 2 M^2 P^2)
    sine2 = target * (target + 2.0 * energy) * (recoil - low) * (high - recoil)
    transverse2 = mass**2 * sine2 * (4.0 * q2 * p_dot_k + 2.0 * mass**2 * p2) ** 2
    conserving = 0.5 * np.divide(
        transverse2,
        momentum**2 * (total + np.abs(polarised)),
        out=np.zeros_like(total),
        where=inside & (momentum > 0) & (total > 0),
    )
    conserving = np.where(polarised >= 0, conserving, total - conserving)
    scale = 4.0 * units.ALPHA / (32.0 * target**3 * energy**2 * recoil**2)
    return np.where(inside, scale * (total - conserving), 0.0), np.where(inside, scale * conserving, 0.0)


def polarisation_spin0(
    recoil: FloatArray,
    energy: FloatArray,
    mass: FloatArray,
    target: FloatArray,
    low: FloatArray,
    high: FloatArray,
) -> FloatArray:
    """Twice the mean lab helicity of N from a nu_L, V/U = (flip - conserve)/(flip + conserve), of spin-0 targets.

    For E_r, E, M, m [GeV] known to be valid and inside the kinematic limits ``low``, ``high`` of E_r; 1 where U is 0.
    """
    q2 = 2.0 * target * recoil
    hnl_energy = energy - recoil
    momentum = np.sqrt(np.maximum((hnl_energy - mass) * (hnl_energy + mass), 0.0))
    spin_k, spin_p = _spin_products(energy, hnl_energy, momentum, mass, target, recoil)
    total = 32.0 * target**3 * (energy * recoil) ** 2 * s0(recoil, energy, mass, target, low, high)
    polarised = 4.0 * q2 * (2.0 * target * energy - 0.5 * (mass**2 + q2)) * spin_p
    polarised += 2.0 * mass**2 * (4.0 * target**2 + q2) * spin_k
    ratio = np.divide(polarised, total, out=np.ones_like(total), where=total > 0)
    return np.clip(ratio, -1.0, 1.0)


def spectra_spin_half(
    recoil_energy: npt.ArrayLike,
    neutrino_energy: npt.ArrayLike,
    hnl_mass: npt.ArrayLike,
    target_mass: npt.ArrayLike,
    f1: npt.ArrayLike = 1.0,
    f2: npt.ArrayLike = 0.0,
) -> tuple[FloatArray, FloatArray]:
    """The same on an unpolarised spin-1/2 target with form factors F_1, F_2.

    Parameters
    ----------
    recoil_energy, neutrino_energy, hnl_mass, target_mass : array_like
        E_r, E, M, m [GeV], broadcast against each other.
    f1, f2 : array_like
        Dirac and Pauli form factors at the recoil energies; (1, 0) is an electron.

    Returns
    -------
    tuple of ndarray
        Flipping and conserving dsigma/dE_r / d^2 [GeV^-1].
    """
    recoil, energy, mass, target = broadcast(recoil_energy, neutrino_energy, hnl_mass, target_mass)
    check_finite(f1=f1, f2=f2)
    f1, f2 = np.asarray(f1, dtype=float), np.asarray(f2, dtype=float)
    low, high = recoil_limits(energy, mass, target)
    inside = inside_limits(recoil, low, high)
    flip, conserve = spectra_spin0(recoil, energy, mass, target)
    electric = f1**2 + recoil / (2.0 * target) * f2**2
    q2 = 2.0 * target * recoil
    hnl_energy = np.where(inside, energy - recoil, energy + mass)
    momentum = np.sqrt(np.maximum((hnl_energy - mass) * (hnl_energy + mass), 0.0))
    safe = np.where(momentum > 0, momentum, 1.0)
    difference = mass**2 * (
        (2.0 * mass**2 + q2) * (2.0 * energy / safe - (mass**2 + q2) / (safe * (safe + hnl_energy)))
        - 4.0 * (mass**2 + q2)
    )
    unpolarised = (mass**2 + q2) * (q2 - 2.0 * mass**2)
    difference = np.where(momentum > 0, difference, unpolarised)
    scale = -4.0 * units.ALPHA * (f1 + f2) ** 2 / (16.0 * target**2 * energy**2 * recoil)
    flip = electric * flip + scale * (unpolarised - 0.5 * difference)
    conserve = electric * conserve + scale * 0.5 * difference
    return np.where(inside, np.maximum(flip, 0.0), 0.0), np.where(inside, np.maximum(conserve, 0.0), 0.0)


def _spin_products(
    energy: FloatArray,
    hnl_energy: FloatArray,
    momentum: FloatArray,
    mass: FloatArray,
    target: FloatArray,
    recoil: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """M s.k and M s.P for lab helicity +1/2."""
    safe = np.where(momentum > 0, momentum, 1.0)
    half = 0.5 * (mass**2 + 2.0 * target * recoil)
    spin_k = (hnl_energy * half - energy * mass**2) / safe
    spin_p = (
        target * hnl_energy * (2.0 * hnl_energy + recoil) - mass**2 * (2.0 * target + energy - 0.5 * hnl_energy)
    ) / safe
    return spin_k, spin_p
