r"""Two explicit origins of the dipole (review Sec. 2): a leptoquark, and vector-like leptons, each at one loop.

A fermion F and a scalar S of opposite charges +-Q that couple as :math:`g_\nu\bar F P_L\nu S^*+g_N\bar F P_RN S^*` + h.c. make

.. math::

    d = \frac{N_c|Q|e\,g_\nu g_N}{32\pi^2}\,\frac{m_F}{m_S^2}\,f(r),\qquad
    f(r)=\int_0^1\frac{x\,dx}{1-(1-r)x}=\frac{r-1-\ln r}{(1-r)^2},\qquad r=\frac{m_F^2}{m_S^2},

the photon from either of the two; it is the review's Eq. (4) with its factor. Without the photon the same loop is a Dirac mass
nubar N, logarithmically divergent: if it vanishes at Lambda,

.. math:: \delta m = \frac{N_cg_\nu g_Nm_F}{16\pi^2}\Bigl[\ln\frac{\Lambda^2}{m_S^2}+1-\frac{r\ln r}{r-1}\Bigr],

which gives :math:`m_\nu=\delta m^2/M` by the seesaw of a Majorana N. The mass m_F must break SU(2): the b quark's own for the leptoquark,
what a Yukawa coupling to the Higgs mixes for vector-like leptons, so that d falls as v / M^2. Own derivation; tests/test_uv_models.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, check_finite, check_non_negative, check_positive

FloatArray = npt.NDArray[np.float64]
BOTTOM_MASS = 4.183  # GeV, MS-bar at its own scale (PDG 2024); running to 1 TeV takes it to 2.4
_NEAR = 1e-2  # |1 - r| below which the series is used
_HEAVIEST = 1e16  # GeV


@dataclass(frozen=True)
class CollidersSay:
    """The smallest mass [GeV] of a charged state that colliders allow (95 % CL), what it assumes, and the source (INSPIRE key)."""

    mass: float
    assumption: str
    source: str


#: Scalar leptoquark of charge 1/3 and third generation, any branching ratio between b nu and t tau.
LEPTOQUARK_BOUND = CollidersSay(800.0, "pairs of LQ -> b nu or t tau, whatever the branching ratio", "ATLAS:2019qpq")
#: Vector-like lepton doublet; 120 GeV and below are excluded by LEP.
LEPTON_BOUND = CollidersSay(790.0, "a vector-like doublet that decays to tau or nu_tau and W, Z, H", "CMS:2019hsm")
#: Any charged lepton that decays to nu W.
LEP_BOUND = CollidersSay(100.8, "pairs of charged leptons -> nu W", "L3:2001xsz")


@dataclass(frozen=True)
class Origin:
    """What a model makes: arrays of one shape.

    ``d`` [GeV^-1]; ``induced_mass`` [GeV], the Dirac mass nubar N of the same loop; ``charged_mass`` [GeV] of the lightest new charged state
    that colliders look for; ``bound``, what they allow.
    """

    d: FloatArray
    induced_mass: FloatArray
    charged_mass: FloatArray
    bound: CollidersSay

    @property
    def mu(self) -> FloatArray:
        """Transition moment 2 d [Bohr magnetons]."""
        return np.asarray(units.mu_from_d(self.d))

    @property
    def allowed(self) -> npt.NDArray[np.bool_]:
        """Whether the charged state is as heavy as colliders ask for."""
        return np.asarray(self.charged_mass >= self.bound.mass)

    def seesaw_mass(self, hnl_mass: npt.ArrayLike) -> FloatArray:
        """delta m^2 / M [GeV], what the induced mass gives a light neutrino with a Majorana N of mass M [GeV] > 0.

        Raises
        ------
        DomainError
            If a mass is not positive.
        """
        check_positive(hnl_mass=hnl_mass)
        return np.asarray(self.induced_mass**2 / np.asarray(hnl_mass, dtype=float))


def loop_function(ratio: npt.ArrayLike) -> FloatArray:
    """f(r) = (r - 1 - ln r) / (1 - r)^2 for r = m_F^2 / m_S^2 > 0; 1/2 at r = 1, ln(1/r) - 1 for small r.

    Raises
    ------
    DomainError
        If the ratio is not positive.

    Examples
    --------
    >>> loop_function([1.0, 1e-4]).round(3).tolist()
    [0.5, 8.212]
    """
    check_positive(ratio=ratio)
    r = np.asarray(ratio, dtype=float)
    e = 1.0 - r
    near = np.abs(e) < _NEAR
    series = 1 / 2 + e * (1 / 3 + e * (1 / 4 + e * (1 / 5 + e * (1 / 6 + e / 7))))
    gap = np.where(near, 1.0, e)
    return np.where(near, series, (-gap - np.log(r)) / gap**2)


def one_loop_dipole(
    fermion_mass: npt.ArrayLike,
    scalar_mass: npt.ArrayLike,
    coupling_nu: npt.ArrayLike = 1.0,
    coupling_n: npt.ArrayLike = 1.0,
    charge: float = 1.0,
    colours: int = 1,
) -> FloatArray:
    """d [GeV^-1] of one fermion and one scalar, masses [GeV]; charge in units of e.

    Parameters
    ----------
    fermion_mass, scalar_mass : array_like
        m_F and m_S [GeV].
    coupling_nu, coupling_n : array_like
        g_nu and g_N, real.
    charge : float
        Q.
    colours : int
        N_c.

    Raises
    ------
    DomainError
        If a mass is not between 1e-9 and 1e16 GeV, or another number not finite.

    Examples
    --------
    >>> f"{float(one_loop_dipole(1000.0, 1000.0)):.2e}"
    '4.79e-07'
    """
    fermion, scalar = _masses(fermion_mass, scalar_mass)
    check_finite(largest=1e3, coupling_nu=coupling_nu, coupling_n=coupling_n, charge=charge, colours=colours)
    strength = colours * abs(charge) * np.asarray(coupling_nu, dtype=float) * np.asarray(coupling_n, dtype=float)
    front = units.ELEMENTARY_CHARGE / (32.0 * np.pi**2)
    return front * strength * fermion / scalar**2 * loop_function((fermion / scalar) ** 2)


def induced_mass(
    fermion_mass: npt.ArrayLike,
    scalar_mass: npt.ArrayLike,
    cutoff: npt.ArrayLike,
    coupling_nu: npt.ArrayLike = 1.0,
    coupling_n: npt.ArrayLike = 1.0,
    colours: int = 1,
) -> FloatArray:
    """Dirac mass nubar N [GeV] that the loop without its photon makes, if it vanishes at the cutoff Lambda [GeV].

    Arguments as for :func:`one_loop_dipole`; its sign relative to d is that of the logarithm.
    """
    fermion, scalar = _masses(fermion_mass, scalar_mass)
    check_positive(cutoff=cutoff)
    check_finite(largest=1e3, coupling_nu=coupling_nu, coupling_n=coupling_n, colours=colours)
    r = (fermion / scalar) ** 2
    e = 1.0 - r
    near = np.abs(e) < 1e-6
    log = np.where(near, 1.0 - 0.5 * e, r * np.log(r) / np.where(near, 1.0, r - 1.0))
    bracket = 2.0 * np.log(np.asarray(cutoff, dtype=float) / scalar) + 1.0 - log
    product = np.asarray(coupling_nu, dtype=float) * np.asarray(coupling_n, dtype=float)
    return colours * product * fermion / (16.0 * np.pi**2) * bracket


def leptoquark(
    mass: npt.ArrayLike,
    coupling_nu: npt.ArrayLike = 1.0,
    coupling_n: npt.ArrayLike = 1.0,
    quark_mass: float = BOTTOM_MASS,
    cutoff: float = 10.0,
) -> Origin:
    r"""The scalar leptoquark S_1, (3bar, 1, 1/3), with a down-type quark in the loop.

    .. math:: \mathcal L = g_\nu\,\overline{Q^c}i\tau_2L\,S_1 + g_N\,\overline{b_R^c}N_R\,S_1 + \text{h.c.}

    Parameters
    ----------
    mass : array_like
        Of S_1 [GeV].
    coupling_nu, coupling_n : array_like
        g_nu of the flavour that d is of, and g_N.
    quark_mass : float
        Of the quark that flips chirality [GeV]: the b quark's; its running to the mass of S_1 is left out.
    cutoff : float
        Lambda in masses of S_1, where the Dirac mass vanishes.

    Returns
    -------
    Origin
        d = N_c |Q| e g_nu g_N m_b [ln(M^2/m_b^2) - 1] / 32 pi^2 M^2 for m_b << M, N_c |Q| = 1.

    Raises
    ------
    DomainError
        If a number is out of range.

    Notes
    -----
    Real couplings, no mixing with other leptoquarks. Bound on S_1: :data:`LEPTOQUARK_BOUND`; decays to t mu and t e
    alone are excluded up to 1470 and 1480 GeV (ATLAS:2020xov).

    Examples
    --------
    >>> found = leptoquark(1500.0)
    >>> f"{float(found.d):.1e} {float(found.mu):.1e} {float(found.induced_mass):.2f}", bool(found.allowed)
    ('1.9e-08 1.3e-10 0.45', True)
    """
    check_positive(cutoff=cutoff)
    (heavy,) = _masses(mass)
    d = one_loop_dipole(quark_mass, heavy, coupling_nu, coupling_n, charge=1 / 3, colours=3)
    dirac = induced_mass(quark_mass, heavy, cutoff * heavy, coupling_nu, coupling_n, colours=3)
    return Origin(np.abs(d), np.abs(dirac), np.broadcast_to(heavy, d.shape), LEPTOQUARK_BOUND)


def vector_like_lepton(
    mass: npt.ArrayLike,
    coupling_nu: npt.ArrayLike = 1.0,
    coupling_n: npt.ArrayLike = 1.0,
    yukawa: npt.ArrayLike = 1.0,
    scalar_mass: npt.ArrayLike | None = None,
    cutoff: float = 10.0,
    bound: CollidersSay = LEPTON_BOUND,
) -> Origin:
    r"""A vector-like doublet L_4 = (nu_4, e_4), a vector-like singlet E, of one mass, and a charged scalar h+, (1, 1, 1).

    .. math::

        \mathcal L = g_\nu\,\overline{L^c}i\tau_2L_4\,h^+ + g_N\,\overline{N_R^c}E_R\,h^+ - y\,(\bar L_{4L}HE_R+\bar L_{4R}HE_L) + \text{h.c.}

    The Higgs mixes e_4 and E by m' = y v / sqrt(2): states of masses M + m' and M - m' in equal parts, and

    .. math:: d = \tfrac12\bigl|d_1(M+m') - d_1(M-m')\bigr|,

    with d_1 of :func:`one_loop_dipole`, odd in the mass.

    Parameters
    ----------
    mass : array_like
        M [GeV].
    coupling_nu, coupling_n, yukawa : array_like
        g_nu, g_N and y.
    scalar_mass : array_like, optional
        Of h+ [GeV]; M if left out. At about twice M the two states cancel.
    cutoff : float
        Lambda in masses of h+, where the Dirac mass vanishes.
    bound : CollidersSay
        Against which the lighter of the two leptons, abs(M - m'), is held.

    Returns
    -------
    Origin

    Raises
    ------
    DomainError
        If a number is out of range, or m' = M, where a charged lepton is massless.

    Examples
    --------
    >>> found = vector_like_lepton(1000.0)
    >>> f"{float(found.d):.1e} {float(found.mu):.1e} {float(found.charged_mass):.0f}", bool(found.allowed)
    ('2.7e-08 1.9e-10 826', True)
    """
    check_positive(cutoff=cutoff)
    check_non_negative(largest=1e3, yukawa=yukawa)
    (heavy,) = _masses(mass)
    heavy, flip = np.broadcast_arrays(heavy, np.asarray(yukawa, dtype=float) * units.HIGGS_VEV / np.sqrt(2.0))
    (scalar,) = _masses(heavy if scalar_mass is None else scalar_mass)
    masses = heavy + flip, heavy - flip
    if np.any(np.abs(masses[1]) < 1e-6 * heavy):
        raise DomainError("the Yukawa coupling cancels the mass of a charged lepton: y v / sqrt(2) = M")
    parts, loops = [], []
    for one in masses:
        sign = np.sign(one)
        parts.append(sign * one_loop_dipole(np.abs(one), scalar, coupling_nu, coupling_n))
        loops.append(sign * induced_mass(np.abs(one), scalar, cutoff * scalar, coupling_nu, coupling_n))
    d = 0.5 * (parts[0] - parts[1])
    dirac = 0.5 * (loops[0] - loops[1])
    return Origin(np.abs(d), np.abs(dirac), np.broadcast_to(np.abs(masses[1]), d.shape), bound)


def _masses(*values: npt.ArrayLike) -> list[FloatArray]:
    for value in values:
        check_positive(largest=_HEAVIEST, mass=value)
        if np.any(np.asarray(value) < 1e-9):
            raise DomainError(f"mass must lie between 1e-09 and {_HEAVIEST:g} GeV, got {np.min(value):g}")
    return [np.asarray(value, dtype=float) for value in values]
