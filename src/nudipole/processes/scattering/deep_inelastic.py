r"""Deep-inelastic up-scattering nu p -> N X through the dipole, and the charged current that checks neutrino fluxes.

With target mass m, x and y the usual scaling variables, Q^2 = 2 m E x y, per unit d^2,

.. math::

    \frac{d\sigma}{dx\,dQ^2} = \frac{2\alpha y^2}{Q^6}\Bigl\{F_1\,(M^2+Q^2)(2M^2-Q^2) + F_2\,\frac{m}{Ey}
    \Bigl[(M^2+Q^2)\bigl(E^2(2-y)^2-M^2\bigr) - 4M^2E^2\Bigr]\Bigr\},

one photon, so without F_3 and equal for neutrinos and antineutrinos, with F_1 and F_2 of
:mod:`nudipole.processes.scattering.structure_functions`. The elastic limit F_1 = G_M^2 delta(1-x)/2 is the quasi-elastic process of
:mod:`nudipole.processes.scattering.upscattering`.

**Join.** DIS starts at W = 1.4 GeV: elastic scattering (W = m) and DIS add without overlap, and the Delta region
m + m_pi < W < 1.4 GeV is left out, so rates with it left out are low, not high. Between 1.4 and 1.7 GeV ALLM97 is used
below its fitted W and averages over resonances by duality. Nuclear shadowing (below x = 0.05) and Fermi motion are left
out: a nucleus is Z protons and A - Z neutrons.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
from scipy.special import roots_legendre

from nudipole import units
from nudipole.errors import check_choice, check_finite, check_non_negative, check_positive
from nudipole.processes.scattering.structure_functions import (
    R_LONGITUDINAL,
    SOFT,
    W_MIN,
    interpolated_f2,
    neutron_to_proton,
    structure_functions,
)

FloatArray = npt.NDArray[np.float64]
_NODES_W, _NODES_Q, _NODES_SPECTRUM = 8, 12, 28
_CHUNK = 96  # points at once, to stay in the cache
_TARGET = units.PROTON_MASS


def double_differential(
    x: npt.ArrayLike,
    q2: npt.ArrayLike,
    neutrino_energy: npt.ArrayLike,
    hnl_mass: npt.ArrayLike,
    target_mass: npt.ArrayLike,
    f1: npt.ArrayLike,
    f2: npt.ArrayLike,
) -> FloatArray:
    """dsigma/dx dQ^2 / d^2 for given structure functions: the formula of this module, no more.

    Parameters
    ----------
    x, q2, neutrino_energy, hnl_mass, target_mass : array_like
        Scaling variable, Q^2 [GeV^2], E, M, m [GeV], broadcast.
    f1, f2 : array_like
        Structure functions at that point.

    Returns
    -------
    ndarray
        [GeV^-2]; meaningful inside the kinematic limits only (:func:`q2_limits`).

    Examples
    --------
    >>> value = double_differential(1.0, 1.0, 5.0, 0.0, 0.938, 0.5, 1.0)  # elastic: the coefficient of delta(1 - x)
    >>> f"{float(value):.6f}"
    '0.026078'
    """
    check_positive(x=x, q2=q2, neutrino_energy=neutrino_energy, target_mass=target_mass)
    check_non_negative(hnl_mass=hnl_mass)
    check_finite(f1=f1, f2=f2)
    x, q2, energy, mass, target, f1, f2 = (
        np.asarray(v, dtype=float) for v in (x, q2, neutrino_energy, hnl_mass, target_mass, f1, f2)
    )
    y = q2 / (2.0 * target * energy * x)
    m2 = mass**2
    transverse = f1 * (m2 + q2) * (2.0 * m2 - q2)
    rest = f2 * target / (energy * y) * ((m2 + q2) * (energy**2 * (2.0 - y) ** 2 - m2) - 4.0 * m2 * energy**2)
    return 2.0 * units.ALPHA * y**2 / q2**3 * (transverse + rest)


def q2_limits(
    hadronic_mass: npt.ArrayLike, neutrino_energy: npt.ArrayLike, hnl_mass: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    r"""Smallest and largest Q^2 [GeV^2] at hadronic mass W: ``Q^2_max = -M^2 + 2E*(E'* + p'*)`` in the centre of mass.

    The small one through the product of the roots, (M^2/s)[M^2 m^2 + (s - m^2)(W^2 - m^2)], free of cancellation; both
    zero where W + M > sqrt(s).
    """
    check_positive(neutrino_energy=neutrino_energy)
    check_non_negative(hadronic_mass=hadronic_mass, hnl_mass=hnl_mass)
    w, energy, mass = np.broadcast_arrays(
        np.asarray(hadronic_mass, float), np.asarray(neutrino_energy, float), np.asarray(hnl_mass, float)
    )
    m2 = _TARGET**2
    s = m2 + 2.0 * _TARGET * energy
    root_s = np.sqrt(s)
    reachable = w + mass < root_s
    w = np.where(reachable, w, 0.0)
    kallen = np.where(reachable, (s - (w + mass) ** 2) * (s - (w - mass) ** 2), 0.0)
    incoming = (s - m2) / (2.0 * root_s)
    largest = -(mass**2) + incoming / root_s * (s + mass**2 - w**2 + np.sqrt(np.maximum(kallen, 0.0)))
    product = mass**2 / s * (mass**2 * m2 + (s - m2) * (w**2 - m2))
    largest = np.where(reachable, largest, 0.0)
    smallest = np.divide(product, largest, out=np.zeros_like(largest), where=largest > 0)
    return np.minimum(smallest, largest), largest


def total(neutrino_energy: npt.ArrayLike, hnl_mass: npt.ArrayLike, nucleon: str = "p") -> FloatArray:
    """sigma(nu + nucleon -> N X) / d^2 for W > 1.4 GeV.

    Parameters
    ----------
    neutrino_energy, hnl_mass : array_like
        E, M [GeV], broadcast.
    nucleon : {"p", "n"}

    Returns
    -------
    ndarray
        Dimensionless (GeV^-2 per GeV^-2); times ``units.GEV_M2_TO_CM2`` it is cm^2 GeV^2. Zero below threshold.

    Raises
    ------
    DomainError
        If an energy is not positive or a mass negative.

    Notes
    -----
    Gauss-Legendre in ln W and ln(Q^2 + 0.3 GeV^2), 8 by 12, F_2 interpolated: 1e-3, below 10 us a point. Reproduces an
    independent integration of the same structure functions to its 1 % between 10 and 1000 GeV (tests).

    Examples
    --------
    >>> f"{float(total(100.0, 1.0)) * units.GEV_M2_TO_CM2:.2e}"
    '3.98e-29'
    """
    check_positive(neutrino_energy=neutrino_energy)
    check_non_negative(hnl_mass=hnl_mass)
    check_choice("nucleon", nucleon, ("p", "n"))
    energy, mass = np.broadcast_arrays(np.asarray(neutrino_energy, float), np.asarray(hnl_mass, float))
    flat_energy, flat_mass, result = energy.ravel(), mass.ravel(), np.zeros(energy.size)
    for start in range(0, energy.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        result[part] = _integrate(flat_energy[part, None], flat_mass[part, None], nucleon)
    return result.reshape(energy.shape)


def _integrate(energy: FloatArray, mass: FloatArray, nucleon: str) -> FloatArray:
    """The integral over W for energies and masses of shape (n, 1)."""
    w_max = np.sqrt(_TARGET**2 + 2.0 * _TARGET * energy) - mass
    is_open = w_max > W_MIN
    nodes, weights = _legendre(_NODES_W)
    span = np.where(is_open, np.log(np.where(is_open, w_max, W_MIN) / W_MIN), 0.0)
    w = W_MIN * np.exp(0.5 * span * (nodes + 1.0))
    inner = _integrate_q2(w, energy, mass, nucleon)
    return (0.5 * span * 2.0 * w**2 * inner) @ weights


def _integrate_q2(w: FloatArray, energy: FloatArray, mass: FloatArray, nucleon: str) -> FloatArray:
    """dsigma/dW^2 = int dQ^2 dsigma/dx dQ^2 |dx/dW^2|, x = Q^2/(W^2 - m^2 + Q^2)."""
    low, high = q2_limits(w, energy, mass)
    nodes, weights = _legendre(_NODES_Q)
    start = (low + SOFT)[..., None]
    span = np.log((high + SOFT)[..., None] / start)
    shifted = start * np.exp(0.5 * span * (nodes + 1.0))
    q2 = np.maximum(shifted - SOFT, 1e-12)
    w = w[..., None]
    value = np.maximum(on_proton(w, q2, energy[..., None], mass[..., None]), 0.0)
    x = q2 / (w**2 - _TARGET**2 + q2)
    if nucleon == "n":
        value *= neutron_to_proton(x)
    return (0.5 * span * shifted * value * x**2 / q2) @ weights


def on_proton(
    hadronic_mass: FloatArray, q2: FloatArray, neutrino_energy: FloatArray, hnl_mass: FloatArray
) -> FloatArray:
    r"""dsigma/dx dQ^2 / d^2 on a proton at hadronic mass W and Q^2.

    This is :func:`double_differential` with nu = Ey and F_1 put in,

    .. math:: \frac{2\alpha\nu^2F_2}{E^2Q^6}\Bigl\{\frac{m(\nu^2+Q^2)}{\nu Q^2(1+R)}(M^2+Q^2)(2M^2-Q^2) +
       \frac m\nu\bigl[(M^2+Q^2)\bigl((2E-\nu)^2-M^2\bigr)-4M^2E^2\bigr]\Bigr\},

    F_2 interpolated (1e-4). Arguments are taken as valid and inside the kinematic limits, [GeV] and [GeV^2], broadcast.
    """
    nu = (hadronic_mass**2 - _TARGET**2 + q2) / (2.0 * _TARGET)
    m2 = hnl_mass**2
    sum_m = m2 + q2
    transverse = (nu**2 + q2) * (2.0 * m2 - q2) / (q2 * (1.0 + R_LONGITUDINAL))
    rest = (2.0 * neutrino_energy - nu) ** 2 - m2
    bracket = sum_m * (transverse + rest) - 4.0 * m2 * neutrino_energy**2
    return (
        2.0 * units.ALPHA * _TARGET * nu / (neutrino_energy**2 * q2**3) * bracket * interpolated_f2(hadronic_mass, q2)
    )


def energy_spectrum(
    hnl_energy: npt.ArrayLike, neutrino_energy: npt.ArrayLike, hnl_mass: npt.ArrayLike, nucleon: str = "p"
) -> FloatArray:
    r"""dsigma/dE_N / d^2, the distribution of N's energy, for W > 1.4 GeV.

    At fixed nu = E - E_N: int dQ^2 (dsigma/dx dQ^2) x/nu over -M^2 + 2E(E_N -+ p_N) cut at W = 1.4 GeV.

    Parameters
    ----------
    hnl_energy, neutrino_energy, hnl_mass : array_like
        E_N, E, M [GeV], broadcast.
    nucleon : {"p", "n"}

    Returns
    -------
    ndarray
        [GeV^-1]; zero outside the limits.

    Examples
    --------
    >>> float(energy_spectrum(60.0, 100.0, 1.0)) > 0
    True
    """
    check_positive(neutrino_energy=neutrino_energy)
    check_non_negative(hnl_energy=hnl_energy, hnl_mass=hnl_mass)
    outgoing, energy, mass = np.broadcast_arrays(
        np.asarray(hnl_energy, float), np.asarray(neutrino_energy, float), np.asarray(hnl_mass, float)
    )
    transfer = energy - outgoing
    inside = (transfer > 0) & (outgoing >= mass)
    nu = np.where(inside, transfer, 1.0)
    momentum = np.sqrt(np.maximum(outgoing**2 - mass**2, 0.0))
    high = -(mass**2) + 2.0 * energy * (outgoing + momentum)
    # product of the roots of Q^2 at fixed nu: M^2 (M^2 - 4 E E_N + 4 E^2)
    product = mass**2 * (mass**2 + 4.0 * energy * nu)
    low = np.divide(product, high, out=np.zeros_like(high), where=high > 0)
    high = np.minimum(high, _TARGET**2 + 2.0 * _TARGET * nu - W_MIN**2)
    inside &= high > low
    low, high = np.where(inside, low, 0.1), np.where(inside, high, 0.2)
    nodes, weights = _legendre(_NODES_SPECTRUM)
    span = np.log((high + SOFT) / (low + SOFT))[..., None]
    shifted = np.exp(np.log(low + SOFT)[..., None] + 0.5 * span * (nodes + 1.0))
    q2 = np.maximum(shifted - SOFT, 1e-12)
    x = q2 / (2.0 * _TARGET * nu[..., None])
    f1, f2 = structure_functions(np.minimum(x, 1.0), q2, nucleon)
    value = double_differential(x, q2, energy[..., None], mass[..., None], _TARGET, f1, f2)
    result = np.sum(0.5 * span * weights * shifted * np.maximum(value, 0.0) * x / nu[..., None], axis=-1)
    return np.where(inside, result, 0.0)


@functools.cache
def _legendre(number: int) -> tuple[FloatArray, FloatArray]:
    nodes, weights = roots_legendre(number)
    return np.asarray(nodes), np.asarray(weights)
