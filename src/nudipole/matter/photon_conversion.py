r"""Photons that convert: e+ e- pairs in the fields of nuclei and of atomic electrons, and radiation lengths.

With k = E / m_e, x the share of the photon's energy that one lepton takes, and screening as Tsai has it,

.. math::

    \sigma_{\rm nucleus} &= \alpha r_e^2 Z^2\Bigl[B(k) - S_\phi - \tfrac{28}{9} f(\alpha Z)\,h(k)\Bigr],\qquad
    \sigma_{\rm electrons} = \alpha r_e^2 Z\,\bigl[T(k) - S_\psi\bigr], \\
    S_\phi &= \int_{1/k}^{1-1/k}\!dx\;\Bigl\{\bigl[1 - \tfrac43 x(1-x)\bigr]\,\Delta\phi_1
    + \tfrac23 x(1-x)\,(\phi_1 - \phi_2)\Bigr\}.

B is the Born cross section of a bare nucleus (Bethe and Heitler, as the series of Maximon, exact from the threshold
k = 2 on), T that of a free electron at rest (fits of Haug, threshold k = 4), S what the atom hides: Delta phi_1 is the
bare phi_1 = 4 ln[2k x(1-x)] - 2 (Tsai's, with his ln Z left out) minus the screened one, functions of
gamma = 100 / (k x(1-x) Z^(1/3)) and epsilon = 100 / (k x(1-x) Z^(2/3)) in the Thomas-Fermi-Moliere fits of Tsai from
lithium on, closed integrals over the 1s wave functions of hydrogen and helium (effective charge 27/16). Far up, S turns
the logarithms into radiation logarithms, and sigma into 7/9 of an inverse radiation length but for half a per cent.

**Coulomb correction.** f is that of Davies, Bethe and Maximon, which holds far above threshold. Its approach to it,
h(k) = (1 - 2/k)^2 (1 - 4.5 ln k / k), is an interpolation of ours: the form is a choice, its two numbers are read off
the cross sections of tin and lead in XCOM (NIST). In lead it is 10 % of the cross section, up to iron 1 %.

**How good.** XCOM with its radiative correction of 0.9 % left in, which is left out here: within 2 % for every element
from 4 MeV to 100 GeV, and 1.0 % below it for hydrogen everywhere; in heavy elements the last 2 MeV above threshold are
some per cent off (lead 10 % low at 1.5 MeV). Tests hold it to that. Photonuclear absorption, and the suppression of pairs in
dense matter above TeV energies (Landau, Pomeranchuk, Migdal), are left out; so is Compton scattering, which is no pair.

Sources: Y.-S. Tsai, Rev. Mod. Phys. 46 (1974) 815, Eqs. (3.9), (3.25-26), (3.38-41), (3.66) and Table B.2; L. C. Maximon,
J. Res. NBS 72B (1968) 79; E. Haug, Z. Naturforsch. 36a (1981) 413; H. Davies, H. A. Bethe and L. C. Maximon, Phys. Rev. 93
(1954) 788. Coefficients from memory of them, not re-read; what guards them is the comparison with XCOM.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import check_between, check_non_negative, check_positive
from nudipole.matter import isotopes, materials

FloatArray = npt.NDArray[np.float64]
THRESHOLD = 2.0 * units.ELECTRON_MASS
_SCALE = units.ALPHA**3 / units.ELECTRON_MASS**2  # alpha r_e^2 [GeV^-2]
_ZETA_3 = 1.2020569031595942
_BARE = (
    4.0 * np.log(200.0) - 2.0
)  # phi_1 + 4 ln gamma + (4/3) ln Z, psi_1 + 4 ln epsilon + (8/3) ln Z without screening
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(32)
_LIGHT: dict[int, tuple[float, float]] = {1: (5.31, 6.144), 2: (4.79, 5.621)}  # Tsai, Table B.2
_WAVE_FUNCTION = {1: 1.0, 2: 27.0 / 16.0}  # charge that each 1s electron feels


def coulomb_correction(charge: float) -> float:
    """f(alpha Z) of Davies, Bethe and Maximon, in their closed approximation (good to 1e-4 up to uranium).

    Parameters
    ----------
    charge : float
        Z, from 0 to 100.

    Examples
    --------
    >>> round(coulomb_correction(82), 3)
    0.332
    """
    check_between(0.0, 100.0, charge=charge)
    a2 = (units.ALPHA * charge) ** 2
    return float(a2 * (1.0 / (1.0 + a2) + 0.20206 - 0.0369 * a2 + 0.0083 * a2**2 - 0.002 * a2**3))


def radiation_logarithms(charge: int) -> tuple[float, float]:
    """L_rad and L'_rad of the nucleus and of the electrons: Tsai's table below lithium, ln 184.15 Z^(-1/3) and ln 1194
    Z^(-2/3) above (the elements between, Li to B, are not in the table of nuclei).

    Parameters
    ----------
    charge : int
        Z, from 1 to 100.
    """
    check_between(1, 100, charge=charge)
    if charge in _LIGHT:
        return _LIGHT[charge]
    return float(np.log(184.15) - np.log(charge) / 3.0), float(np.log(1194.0) - 2.0 * np.log(charge) / 3.0)


def radiation_length(material: str) -> float:
    r"""Radiation length [g/cm^2]: 1/X_0 = sum_i w_i (4 alpha r_e^2 N_A / A_i) {Z_i^2 [L_rad - f] + Z_i L'_rad}.

    Parameters
    ----------
    material : str
        As in :func:`nudipole.matter.materials.get`.

    Raises
    ------
    UnknownNameError
        If there is no such material.

    Notes
    -----
    Within 0.1 % of the Particle Data Group's for elements and compounds from hydrogen to lead (tests).

    Examples
    --------
    >>> round(radiation_length("Pb"), 2), round(radiation_length("water"), 1)
    (6.37, 36.1)
    """
    inverse = 0.0
    for symbol, number in materials.get(material).atoms_per_kg.items():
        charge = isotopes.charge_number(symbol)
        nucleus, electrons = radiation_logarithms(charge)
        inverse += number * (charge**2 * (nucleus - coulomb_correction(charge)) + charge * electrons)
    return float(1e3 / (4.0 * _SCALE * units.GEV_M2_TO_CM2 * inverse))


def pair_cross_section(element: str, energy: npt.ArrayLike) -> FloatArray:
    """Cross section of one atom for photon -> e+ e-, in the field of the nucleus and of the electrons together.

    Parameters
    ----------
    element : str
        Chemical symbol.
    energy : array_like
        Of the photon [GeV].

    Returns
    -------
    ndarray
        [GeV^-2], zero up to 2 m_e.

    Raises
    ------
    UnknownNameError
        If the element is not in the table of nuclei.
    DomainError
        If an energy is not positive and finite.

    Examples
    --------
    Lead at 1 GeV, in barn (XCOM: 39.3 with its radiative correction of 0.9 %):

    >>> round(float(pair_cross_section("Pb", 1.0)) / units.BARN, 1)
    39.8
    """
    nucleus, electrons = pair_fields(element, energy)
    return nucleus + electrons


def pair_fields(element: str, energy: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """The same as :func:`pair_cross_section`, in the field of the nucleus and in that of the electrons [GeV^-2]."""
    charge = isotopes.natural(element)[0].protons
    check_positive(energy=energy)
    k = np.asarray(energy, dtype=float) / units.ELECTRON_MASS
    above = np.maximum(k, 2.0)
    hidden_nucleus, hidden_electrons = _screening(above, charge)
    coulomb = 28.0 / 9.0 * coulomb_correction(charge) * (1.0 - 2.0 / above) ** 2 * (1.0 - 4.5 * np.log(above) / above)
    nucleus = np.maximum(_bare_nucleus(above) - hidden_nucleus - coulomb, 0.0)
    electrons = np.maximum(_free_electron(above) - hidden_electrons, 0.0)
    return _SCALE * charge**2 * np.where(k > 2.0, nucleus, 0.0), _SCALE * charge * np.where(k > 4.0, electrons, 0.0)


def conversions_per_depth(material: str, energy: npt.ArrayLike) -> FloatArray:
    """Conversions per photon and depth of matter [cm^2/g]: the pair part of the mass attenuation coefficient.

    Parameters
    ----------
    material : str
        As in :func:`nudipole.matter.materials.get`.
    energy : array_like
        Of the photon [GeV].

    Examples
    --------
    Far up, 7/9 of an inverse radiation length but for half a per cent:

    >>> round(float(conversions_per_depth("Ar", 100.0)) * radiation_length("Ar"), 2)
    0.77
    """
    atoms = materials.get(material).atoms_per_kg
    total = sum(number * pair_cross_section(symbol, energy) for symbol, number in atoms.items())
    return np.asarray(1e-3 * units.GEV_M2_TO_CM2 * total)


def conversion_probability(material: str, depth: npt.ArrayLike, energy: npt.ArrayLike) -> FloatArray:
    """Probability 1 - exp(-depth mu) that a photon converts in ``depth`` of a material.

    Parameters
    ----------
    material : str
    depth : array_like
        Density times length of the path [g/cm^2].
    energy : array_like
        Of the photon [GeV], broadcast against ``depth``.

    Examples
    --------
    Two metres of liquid argon, and of the gas of a time projection chamber:

    >>> conversion_probability("Ar", [200 * 1.396, 200 * 1.66e-3], 0.5).round(4).tolist()
    [1.0, 0.0117]
    """
    check_non_negative(depth=depth)
    return -np.expm1(-np.asarray(depth, dtype=float) * conversions_per_depth(material, energy))


def _bare_nucleus(k: FloatArray) -> FloatArray:
    """B(k): Maximon's two series, which agree to 1e-4 where they meet."""
    logarithm, root = np.log(2.0 * k), (2.0 * k - 4.0) / (k + 2.0 + 2.0 * np.sqrt(2.0 * k))
    second = 6.0 * logarithm - 3.5 + 2.0 / 3.0 * logarithm**3 - logarithm**2
    second += -(np.pi**2) / 3.0 * logarithm + 2.0 * _ZETA_3 + np.pi**2 / 6.0
    high = 28.0 / 9.0 * logarithm - 218.0 / 27.0 + (2.0 / k) ** 2 * second
    high -= (2.0 / k) ** 4 * (3.0 / 16.0 * logarithm + 1.0 / 8.0)
    high -= (2.0 / k) ** 6 * (29.0 / 2304.0 * logarithm - 77.0 / 13824.0)
    series = 1.0 + root / 2.0 + 23.0 / 40.0 * root**2 + 11.0 / 60.0 * root**3 + 29.0 / 960.0 * root**4
    return np.where(k < 4.0, 2.0 * np.pi / 3.0 * (1.0 - 2.0 / k) ** 3 * series, high)


def _free_electron(k: FloatArray) -> FloatArray:
    """T(k): Haug's fits to his exact cross section, 0.3 % good; zero up to k = 4."""
    slow, near, middle = np.clip(k, 4.0, 4.6), np.clip(k, 4.6, 6.0), np.clip(k, 6.0, 18.0)
    fast, t = np.log(2.0 * np.maximum(k, 18.0)), np.clip(k, 4.0, 4.6) - 4.0
    return np.select(
        [k <= 4.0, k < 4.6, k < 6.0, k < 18.0],
        [
            np.zeros_like(slow),
            1e-3 * t**2 * (5.6 + 20.4 * t - 10.9 * t**2 - 3.6 * t**3 + 7.4 * t**4),
            0.582814 - 0.29842 * near + 0.04354 * near**2 - 0.0012977 * near**3,
            (3.1247 - 1.3394 * middle + 0.14612 * middle**2) / (1.0 + 0.4648 * middle + 0.016683 * middle**2),
        ],
        28.0 / 9.0 * fast
        - 218.0 / 27.0
        + (-4.0 / 3.0 * fast**3 + 3.863 * fast**2 - 11.0 * fast + 27.9) / np.maximum(k, 18.0),
    )


def _screening(k: FloatArray, charge: int) -> tuple[FloatArray, FloatArray]:
    """S of the nucleus and of the electrons: twice the integral up to x = 1/2, nodes crowded towards 1/k.

    Tsai's leptons are fast; the square of 1 - (threshold / k)^2 lets S, there some per mille of B and T, fall as they do.
    """
    part = 0.5 * (_NODES + 1.0)
    low = 1.0 / k[..., None]
    span = 0.5 - low
    x = low + span * part**3
    weight = 3.0 * span * part**2 * _WEIGHTS  # dx = 3 part^2 dpart, dpart = dnode / 2, two halves
    both = x * (1.0 - x)
    gamma, epsilon = (100.0 / (k[..., None] * both * charge**power) for power in (1.0 / 3.0, 2.0 / 3.0))
    if charge in _WAVE_FUNCTION:
        reduced = 1.0 / (4.0 * units.ALPHA * _WAVE_FUNCTION[charge] * k[..., None] * both)
        square = _hydrogen(4, reduced)
        nucleus, electrons = 4.0 * (2.0 * _hydrogen(2, reduced) - square), 4.0 * square
    else:
        nucleus = _BARE - 4.0 * np.log(gamma) - 20.863 + 2.0 * np.log1p((0.55846 * gamma) ** 2)
        nucleus += 4.0 * (1.0 - 0.6 * np.exp(-0.9 * gamma) - 0.4 * np.exp(-1.5 * gamma))
        electrons = _BARE - 4.0 * np.log(epsilon) - 28.340 + 2.0 * np.log1p((3.621 * epsilon) ** 2)
        electrons += 4.0 * (1.0 - 0.7 * np.exp(-8.0 * epsilon) - 0.3 * np.exp(-29.2 * epsilon))
    first, second = 1.0 - 4.0 / 3.0 * both, 2.0 / 3.0 * both
    nucleus = first * nucleus + second * (2.0 / 3.0) / (1.0 + 6.5 * gamma + 6.0 * gamma**2)
    electrons = first * electrons + second * (2.0 / 3.0) / (1.0 + 40.0 * epsilon + 400.0 * epsilon**2)
    slow = (np.maximum(1.0 - (threshold / k) ** 2, 0.0) ** 2 for threshold in (2.0, 4.0))
    return next(slow) * np.sum(weight * nucleus, axis=-1), next(slow) * np.sum(weight * electrons, axis=-1)


def _hydrogen(power: int, c: FloatArray) -> FloatArray:
    """int_c^inf dy (y - c)^2 y^-3 (1 + y^2)^-power: of F = (1 + y^2)^-2 and of F^2, y = q / 2 Z alpha m_e, in closed form."""
    u = 1.0 / (1.0 + c * c)

    def first(n: int) -> FloatArray:  # 1/y
        series = functools.reduce(lambda s, j: s + u**j / j, range(1, n), np.zeros_like(u))
        return 0.5 * (np.log1p(c**-2.0) - series)

    arc = np.arctan(1.0 / c)  # y^0, raised to power + 1
    for m in range(1, power + 1):
        arc = ((2 * m - 1) * arc - c * u**m) / (2 * m)
    second = u**power / c - 2.0 * power * arc  # 1/y^2
    third = 0.5 * u**power / c**2 - power * first(power + 1)  # 1/y^3
    return np.maximum(first(power) - 2.0 * c * second + c * c * third, 0.0)
