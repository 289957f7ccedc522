r"""Where a dipole comes from: gauge-invariant operators, loops, and what they say about neutrino masses.

Above the electroweak scale (review Eq. 3 in components; sigma^a/2 are the generators of SU(2)),

.. math::

    \mathcal L &= \bar L\Bigl(d_{\mathcal W}\, W^a_{\mu\nu}\tfrac{\sigma^a}{2} + d_{\mathcal B}\,B_{\mu\nu}\Bigr)
                 \tilde H\,\sigma^{\mu\nu}N_R + \text{h.c.}
      \to \bar\nu_L\sigma^{\mu\nu}(d\,F_{\mu\nu} + d_Z Z_{\mu\nu})N_R + d_W\bar\ell_L\sigma^{\mu\nu}W^-_{\mu\nu}N_R, \\
    d &= \tfrac{v}{\sqrt2}(d_{\mathcal B}c_W + \tfrac12 d_{\mathcal W}s_W),\quad
    d_Z = \tfrac{v}{\sqrt2}(\tfrac12 d_{\mathcal W}c_W - d_{\mathcal B}s_W),\quad
    d_W = \tfrac{v}{2}\,d_{\mathcal W}.

The review writes d_B = c / Lambda^2, so mu = 2 d = sqrt(2) c v cos(theta_W) / Lambda^2: its "mu ~ c v / Lambda^2" is
the order of magnitude.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, check_finite, check_non_negative, check_positive

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class BrokenDipoles:
    """Couplings below the electroweak scale [GeV^-1]: to the photon, the Z and the W."""

    photon: float
    z: float
    w: float


def match(d_w: float, d_b: float) -> BrokenDipoles:
    """Couplings to the mass eigenstates from the coefficients of the dimension-6 operators.

    Parameters
    ----------
    d_w, d_b : float
        Coefficients of the operators with W^a sigma^a / 2 and with B [GeV^-2].

    Returns
    -------
    BrokenDipoles
        d, d_Z, d_W [GeV^-1], at the scale of the Z (no running).

    Raises
    ------
    DomainError
        If a coefficient is not finite.

    Examples
    --------
    >>> broken = match(d_w=0.0, d_b=1e-6)  # Lambda = 1 TeV, c = 1
    >>> f"{broken.photon:.3e} {broken.z:.3e} {broken.w:.1f}"
    '1.527e-04 -8.372e-05 0.0'
    """
    check_finite(d_w=d_w, d_b=d_b)
    sine, cosine = _weak_mixing()
    vev = units.HIGGS_VEV / np.sqrt(2.0)
    return BrokenDipoles(
        photon=float(vev * (d_b * cosine + 0.5 * d_w * sine)),
        z=float(vev * (0.5 * d_w * cosine - d_b * sine)),
        w=float(0.5 * units.HIGGS_VEV * d_w),
    )


def coupling_from_scale(scale: npt.ArrayLike, coefficient: float = 1.0) -> FloatArray:
    r"""d [GeV^-1] of the review's operator c/Lambda^2 with B alone: c v cos(theta_W) / (sqrt(2) Lambda^2).

    Parameters
    ----------
    scale : array_like
        Lambda [GeV].
    coefficient : float
        c.
    """
    check_positive(scale=scale)
    check_finite(coefficient=coefficient)
    return units.HIGGS_VEV / np.sqrt(2.0) * _weak_mixing()[1] * coefficient / np.asarray(scale, dtype=float) ** 2


def scale_from_coupling(d: npt.ArrayLike, coefficient: float = 1.0) -> FloatArray:
    """Lambda [GeV] at which c / Lambda^2 gives the dipole d [GeV^-1]: the inverse of :func:`coupling_from_scale`.

    Examples
    --------
    >>> round(float(scale_from_coupling(coupling_from_scale(2000.0))))
    2000
    """
    check_positive(d=d, coefficient=coefficient)
    return np.sqrt(units.HIGGS_VEV / np.sqrt(2.0) * _weak_mixing()[1] * coefficient / np.asarray(d, dtype=float))


def standard_model_moment(neutrino_mass: npt.ArrayLike) -> FloatArray:
    r"""Magnetic moment [mu_B] of a Dirac neutrino in the minimally extended Standard Model (review Eq. 2).

    .. math:: \mu_\nu = \frac{3eG_Fm_\nu}{8\sqrt2\pi^2} = 3.2\times10^{-19}\,\frac{m_\nu}{\text{eV}}\,\mu_B

    Parameters
    ----------
    neutrino_mass : array_like
        [GeV].

    Examples
    --------
    >>> f"{float(standard_model_moment(1e-9)):.3e}"
    '3.203e-19'
    """
    check_non_negative(neutrino_mass=neutrino_mass)
    moment = 3.0 * units.ELEMENTARY_CHARGE * units.FERMI_CONSTANT / (8.0 * np.sqrt(2.0) * np.pi**2)
    return moment * np.asarray(neutrino_mass, dtype=float) / units.BOHR_MAGNETON


def loop_estimate(heavy_mass: npt.ArrayLike, chirality_flip: npt.ArrayLike) -> FloatArray:
    r"""d [GeV^-1] of a one-loop diagram, half of mu ~ e m / (16 pi^2 M^2) (review Eq. 4): an order of magnitude.

    Parameters
    ----------
    heavy_mass, chirality_flip : array_like
        Mass M of the particles in the loop and mass insertion m that flips the chirality [GeV].
    """
    check_positive(heavy_mass=heavy_mass)
    check_non_negative(chirality_flip=chirality_flip)
    loop = units.ELEMENTARY_CHARGE / (16.0 * np.pi**2)
    return 0.5 * loop * np.asarray(chirality_flip, dtype=float) / np.asarray(heavy_mass, dtype=float) ** 2


def induced_dirac_mass(d: npt.ArrayLike, scale: npt.ArrayLike) -> FloatArray:
    r"""Dirac mass nubar N [GeV] that the diagram of the dipole without its photon brings: an estimate.

    .. math:: \delta m \sim \frac{\mu}{e}\,\Lambda^2 = \frac{2d}{e}\,\Lambda^2

    The new physics at Lambda that makes mu ~ e m_flip / (16 pi^2 Lambda^2) makes m_flip / 16 pi^2 ~ mu Lambda^2 / e
    when the photon is taken off (Bell et al., Phys. Rev. Lett. 95, 151802 (2005)); symmetries can suppress it
    (Voloshin, Sov. J. Nucl. Phys. 48, 512 (1988)).
    """
    check_non_negative(d=d)
    check_positive(scale=scale)
    return 2.0 * np.asarray(d, dtype=float) / units.ELEMENTARY_CHARGE * np.asarray(scale, dtype=float) ** 2


def natural_coupling(hnl_mass: npt.ArrayLike, scale: float = 1e3, neutrino_mass: float = 1e-10) -> FloatArray:
    r"""Largest d [GeV^-1] whose induced Dirac mass gives light neutrinos no more than their mass by the seesaw.

    :func:`induced_dirac_mass` must not exceed sqrt(m_nu M): d < e sqrt(m_nu M) / (2 Lambda^2). A line for plots, not a
    bound: it holds for a Majorana N without a protecting symmetry and moves with Lambda^-2.

    Parameters
    ----------
    hnl_mass : array_like
        M [GeV].
    scale : float
        Lambda [GeV].
    neutrino_mass : float
        [GeV]; 0.1 eV unless told.

    Examples
    --------
    >>> f"{float(natural_coupling(0.1)):.1e}"
    '4.8e-13'
    """
    check_non_negative(hnl_mass=hnl_mass)
    check_positive(scale=scale, neutrino_mass=neutrino_mass)
    dirac_mass = np.sqrt(neutrino_mass * np.asarray(hnl_mass, dtype=float))
    return 0.5 * units.ELEMENTARY_CHARGE * dirac_mass / scale**2


def reach_lines(hnl_mass: npt.ArrayLike, scale: float = 1e3) -> dict[str, FloatArray]:
    """Theory lines d(M) [GeV^-1] for figures: ``tree`` (c = 1 at Lambda), ``loop`` (e / 16 pi^2 of it), ``natural``.

    Raises
    ------
    DomainError
        If a mass is negative or the scale not positive.
    """
    check_non_negative(hnl_mass=hnl_mass)
    if not scale > 0:
        raise DomainError(f"scale must be positive, got {scale:g}")
    mass = np.asarray(hnl_mass, dtype=float)
    tree = float(coupling_from_scale(scale))
    return {
        "tree": np.full_like(mass, tree),
        "loop": np.full_like(mass, float(loop_estimate(scale, units.HIGGS_VEV / np.sqrt(2.0)))),
        "natural": natural_coupling(mass, scale),
    }


def _weak_mixing() -> tuple[float, float]:
    sine2 = units.SIN2_THETA_W_MSBAR
    return float(np.sqrt(sine2)), float(np.sqrt(1.0 - sine2))
