r"""Decays of and into W and Z through the electroweak companions d_Z, d_W of the dipole.

With :math:`\mathcal L = d_Z\,\bar\nu_L\sigma^{\mu\nu}N_R Z_{\mu\nu} + d_W\,\bar\ell_L\sigma^{\mu\nu}N_RW^-_{\mu\nu}`
+ h.c. and :math:`a=m_\ell^2/m_V^2`, :math:`b=M^2/m_V^2`, one lepton-number state,

.. math::

    \Gamma(V\to\ell N) &= \frac{d_V^2m_V^3}{12\pi}\,\lambda^{1/2}(1,a,b)\,\bigl[1+a+b-2(a-b)^2\bigr], \\
    \Gamma(N\to\ell V) &= \frac{d_V^2M^3}{8\pi}\,\lambda^{1/2}(1,r_\ell,r_V)\,
        \bigl[2(1-r_\ell)^2-r_V(1+r_\ell+r_V)\bigr],

r = m^2/M^2. For a = 0 the first is (1-b)^2 (1+2b) and for r_l = 0 the second is twice (1-r)^2 (1+r/2), which is
Gamma(N -> nu gamma) for r -> 0. Off-shell W and Z below threshold are left out: suppressed by alpha M^4 / m_V^4
against N -> nu gamma. Checked against explicit Dirac traces in tests/processes/decays/test_gauge_decays.py.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import (
    SMALLEST,
    DomainError,
    check_between,
    check_choice,
    check_finite,
    check_non_negative,
    check_positive,
)
from nudipole.kinematics import kallen
from nudipole.processes.decays import hnl_decay

FloatArray = npt.NDArray[np.float64]

INVISIBLE_WIDTH = 0.4990  # GeV, Z -> invisible, LEP combination (ALEPH:2005ab, Table 7.1; PDG 2024 quotes 499.0 +- 1.5)
INVISIBLE_WIDTH_ERROR = 0.0015  # GeV
Z_TO_PHOTON_LIMIT = 3.2e-6  # BR(Z -> gamma + invisible), 95 % CL (Acciarri:1997im; from memory, not re-read)
Z_TO_PHOTON_ENERGY = 15.0  # GeV, smallest photon energy of that limit (same source)
INVISIBLE_WIDTH_STANDARD_MODEL = 0.50145  # GeV, three light neutrinos (ALEPH:2005ab, Table 8.4; PDG 2024 fit)


def boson_width(boson_mass: npt.ArrayLike, lepton_mass: npt.ArrayLike, hnl_mass: npt.ArrayLike) -> FloatArray:
    r"""Gamma(V -> l N) / d_V^2 [GeV^3], one lepton-number state.

    Parameters
    ----------
    boson_mass, lepton_mass, hnl_mass : array_like
        m_V, m_l, M [GeV], broadcast.

    Returns
    -------
    ndarray
        [GeV^3]; zero where the decay is closed.

    Raises
    ------
    DomainError
        If a mass is negative.
    """
    check_positive(boson_mass=boson_mass)
    check_non_negative(lepton_mass=lepton_mass, hnl_mass=hnl_mass)
    boson, lepton, hnl = (np.asarray(m, dtype=float) for m in (boson_mass, lepton_mass, hnl_mass))
    a, b = (lepton / boson) ** 2, (hnl / boson) ** 2
    root = np.sqrt(np.maximum(kallen(1.0, a, b), 0.0)) * (boson > lepton + hnl)
    return boson**3 / (12.0 * np.pi) * root * (1.0 + a + b - 2.0 * (a - b) ** 2)


def z_width(hnl_mass: npt.ArrayLike) -> FloatArray:
    r"""Gamma(Z -> nu Nbar) / d_Z^2 [GeV^3], one state; both states are twice this.

    Examples
    --------
    >>> round(float(z_width(0.0)) * 12 * np.pi / units.Z_MASS**3, 12)
    1.0
    """
    return boson_width(units.Z_MASS, 0.0, hnl_mass)


def z_pair_width(hnl_mass: npt.ArrayLike, z_over_gamma: float) -> FloatArray:
    r"""Gamma(Z -> nu Nbar) + Gamma(Z -> nubar N), per d_gamma^2 [GeV^3]."""
    check_finite(z_over_gamma=z_over_gamma)
    return 2.0 * z_over_gamma**2 * z_width(hnl_mass)


def w_width(hnl_mass: npt.ArrayLike, lepton: str) -> FloatArray:
    r"""Gamma(W+ -> l+ N) / d_W^2 [GeV^3]; ``lepton`` is e, mu or tau."""
    check_choice("lepton", lepton, units.LEPTON_MASS)
    return boson_width(units.W_MASS, units.LEPTON_MASS[lepton], hnl_mass)


def hnl_to_boson_width(hnl_mass: npt.ArrayLike, boson_mass: float, lepton_mass: float = 0.0) -> FloatArray:
    r"""Gamma(N -> l V) / d_V^2 [GeV^3] for on-shell V; zero where closed. Dirac N; a Majorana N has twice this."""
    check_non_negative(hnl_mass=hnl_mass, lepton_mass=lepton_mass)
    check_positive(boson_mass=boson_mass)
    mass = np.asarray(hnl_mass, dtype=float)
    is_open = mass > boson_mass + lepton_mass
    safe = np.where(is_open, mass, boson_mass + lepton_mass)
    r_l, r_v = (lepton_mass / safe) ** 2, (boson_mass / safe) ** 2
    root = np.sqrt(np.maximum(kallen(1.0, r_l, r_v), 0.0))
    shape = 2.0 * (1.0 - r_l) ** 2 - r_v * (1.0 + r_l + r_v)
    return np.where(is_open, safe**3 / (8.0 * np.pi) * root * shape, 0.0)


def photon_fraction(
    hnl_mass: npt.ArrayLike, z_over_gamma: float = 0.0, w_over_gamma: float = 0.0, lepton: str = "mu"
) -> FloatArray:
    r"""Branching fraction of N -> nu gamma when N -> nu l l, nu Z and l W are all there.

    Dirac and Majorana alike. ``lepton`` is the flavour that N couples to (it matters within m_l of the W threshold).
    """
    photon = hnl_decay.radiative_width(hnl_mass)
    total = total_width(hnl_mass, z_over_gamma, w_over_gamma, lepton)
    return np.divide(photon, total, out=np.ones_like(total), where=total > 0)


def total_width(
    hnl_mass: npt.ArrayLike, z_over_gamma: float = 0.0, w_over_gamma: float = 0.0, lepton: str = "mu"
) -> FloatArray:
    r"""Total width of a Dirac N per d_gamma^2 [GeV^3]: photon and dilepton modes, on-shell Z and W."""
    check_choice("lepton", lepton, units.LEPTON_MASS)
    check_finite(z_over_gamma=z_over_gamma, w_over_gamma=w_over_gamma)
    return (
        hnl_decay.total_width(hnl_mass)
        + z_over_gamma**2 * hnl_to_boson_width(hnl_mass, units.Z_MASS)
        + w_over_gamma**2 * hnl_to_boson_width(hnl_mass, units.W_MASS, units.LEPTON_MASS[lepton])
    )


def invisible_width_limit(
    hnl_mass: npt.ArrayLike, z_over_gamma: float, invisible_fraction: npt.ArrayLike = 1.0
) -> FloatArray:
    r"""d_gamma [GeV^-1] above which Z -> nu N, seen as nothing, overfills the invisible width of the Z (95 % CL).

    The excess allowed at 95 % CL is 1.64 sigma above the larger of measurement minus expectation and zero (a bound
    that does not profit from the 2 sigma deficit of the data).

    Parameters
    ----------
    hnl_mass : array_like
        [GeV].
    z_over_gamma : float
        d_Z / d_gamma, not 0.
    invisible_fraction : array_like
        Fraction of N that leave the detector before decay.

    Raises
    ------
    DomainError
        If d_Z is 0: then there is no such constraint.
    """
    check_between(0.0, 1.0, invisible_fraction=invisible_fraction)
    surplus = max(INVISIBLE_WIDTH - INVISIBLE_WIDTH_STANDARD_MODEL, 0.0) + 1.645 * INVISIBLE_WIDTH_ERROR
    return _z_limit(
        surplus, z_pair_width(hnl_mass, z_over_gamma) * np.asarray(invisible_fraction, dtype=float), z_over_gamma
    )


def z_to_photon_fraction(hnl_mass: npt.ArrayLike, energy_min: float, nature: str = "dirac") -> FloatArray:
    r"""Fraction of photons of Z -> nu N, N -> nu gamma above ``energy_min`` [GeV] in the rest frame of the Z.

    E = (E_N + p_N y)/2 with y flat for Majorana N and (1 - h y)/2 for Dirac N, whose mean helicity in the decay is
    h = (m_Z^2 - 2 M^2)/(m_Z^2 + 2 M^2).
    """
    check_non_negative(hnl_mass=hnl_mass, energy_min=energy_min)
    check_choice("nature of N", nature, ("dirac", "majorana"))
    ratio = (np.asarray(hnl_mass, dtype=float) / units.Z_MASS) ** 2
    hnl_energy, momentum = 0.5 * units.Z_MASS * (1.0 + ratio), 0.5 * units.Z_MASS * np.maximum(1.0 - ratio, 1e-15)
    tilt = 0.0 if nature == "majorana" else (1.0 - 2.0 * ratio) / (1.0 + 2.0 * ratio)
    y = np.clip((2.0 * energy_min - hnl_energy) / momentum, -1.0, 1.0)
    return 0.5 * (1.0 - y) - 0.25 * tilt * (1.0 - y**2)


def z_to_photon_limit(hnl_mass: npt.ArrayLike, z_over_gamma: float, nature: str = "dirac") -> FloatArray:
    r"""d_gamma [GeV^-1] at which Z -> nu N, N -> nu gamma (prompt) meets the limit on Z -> gamma + invisible (95 % CL).

    Raises
    ------
    DomainError
        If d_Z is 0: then there is no such constraint.
    """
    energetic = z_to_photon_fraction(hnl_mass, Z_TO_PHOTON_ENERGY, nature) * photon_fraction(hnl_mass, z_over_gamma)
    return _z_limit(Z_TO_PHOTON_LIMIT, z_pair_width(hnl_mass, z_over_gamma) / units.Z_WIDTH * energetic, z_over_gamma)


def _z_limit(allowed: float, per_d2: FloatArray, z_over_gamma: float) -> FloatArray:
    """d at which a rate proportional to d_Z^2 meets what is allowed; infinite where there is none."""
    if z_over_gamma == 0.0:
        raise DomainError("decays of the Z constrain nothing where d_Z = 0")
    return np.sqrt(np.divide(allowed, per_d2, out=np.full_like(per_d2, np.inf), where=per_d2 > SMALLEST))
