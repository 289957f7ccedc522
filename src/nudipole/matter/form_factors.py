r"""Nuclear form factors F(Q^2), normalised to F(0) = 1.

With the rms charge radius R of the nucleus (IAEA compilation of Angeli and Marinova) fixed in all of them:

====================  =================================================================================================
``helm``              3 j_1(q R_0) / (q R_0) exp(-q^2 s^2 / 2), s = 0.9 fm, R_0^2 = (5/3) R^2 - 5 s^2 (review Eq. 10)
``helm-review``       the same with the review's R_0^2 = (1.2 A^(1/3) fm)^2 - 5 s^2, s = 1 fm, not the measured radius
``fermi``             the symmetrised Fermi charge, analytic, diffuseness 0.523 fm
``klein-nystrand``    a hard sphere folded with a Yukawa of range 0.7 fm
``fourier-bessel``    measured coefficients, for the nuclei that have them
``point``             1
====================  =================================================================================================

q is sqrt(Q^2) = sqrt(2 m E_r).
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import (
    DomainError,
    UnknownNameError,
    check_between,
    check_choice,
    check_non_negative,
    check_positive,
)
from nudipole.inputs import tables
from nudipole.matter import isotopes
from nudipole.matter.isotopes import Nucleus

FloatArray = npt.NDArray[np.float64]
FormFactor = Callable[[npt.ArrayLike], FloatArray]
NAMES = ("helm", "helm-review", "fermi", "klein-nystrand", "fourier-bessel", "point")
HELM_SKIN = 0.9  # fm
FERMI_DIFFUSENESS = 0.523  # fm
YUKAWA_RANGE = 0.7  # fm
REVIEW_RADIUS, REVIEW_SKIN = 1.2, 1.0  # fm; R = 1.2 A^(1/3) and s below Eq. (10) of Kang:2025ndp
PROTON_RADIUS = 0.8409  # fm, PDG 2024 (from memory, not re-read)
NEUTRON_RADIUS2 = -0.1155  # fm^2, PDG 2024 (from memory, not re-read)
# Z, A of the nuclei in data/fourier_bessel.csv; Ge73 uses the coefficients of Ge72
FOURIER_BESSEL = ("C12", "O16", "Al27", "Si28", "Ar40", "Ca40", "Fe56", "Ge70", "Ge72", "Ge74", "Ge76", "Pb208")


def form_factor(
    name: str, nucleus: Nucleus | str, radius: float | None = None, skin: float | None = None
) -> FormFactor:
    """The form factor ``name`` of a nucleus, as a function of Q^2 [GeV^2].

    Parameters
    ----------
    name : str
        Of :data:`NAMES`.
    nucleus : Nucleus or str
    radius, skin : float, optional
        R and s [fm] of the two Helm forms in the review's R_0^2 = R^2 - 5 s^2: R is that of a sphere with a sharp edge,
        sqrt(5/3) times an rms radius. What is left out is that of the name.

    Raises
    ------
    UnknownNameError
        If there is no such form factor, or no Fourier-Bessel coefficients for this nucleus.
    DomainError
        If the radius of a light nucleus is too small for the shape.

    Examples
    --------
    >>> float(form_factor("helm", "Ar40")(0.0))
    1.0
    """
    check_choice("form factor", name, NAMES)
    nucleus = isotopes.get(nucleus) if isinstance(nucleus, str) else nucleus
    rms = nucleus.charge_radius
    if name in ("helm", "helm-review"):
        review = name == "helm-review"
        own_radius = REVIEW_RADIUS * np.cbrt(nucleus.nucleons) if review else np.sqrt(5.0 / 3.0) * rms
        own_skin = REVIEW_SKIN if review else HELM_SKIN
        sharp = float(own_radius) if radius is None else radius
        return functools.partial(helm, rms_radius=sharp * float(np.sqrt(0.6)), skin=own_skin if skin is None else skin)
    if radius is not None or skin is not None:
        raise DomainError(f"radius and skin belong to the form factors helm and helm-review, not to {name}")
    if name == "fermi":
        return functools.partial(symmetrised_fermi, radius=fermi_radius(rms), diffuseness=FERMI_DIFFUSENESS)
    if name == "klein-nystrand":
        return functools.partial(klein_nystrand, rms_radius=rms)
    if name == "fourier-bessel":
        return functools.partial(fourier_bessel, nucleus=nucleus.name)
    return point


def default(nucleus: Nucleus) -> str:
    """The best form factor there is for a nucleus: ``fourier-bessel`` where it is measured, ``helm`` elsewhere."""
    return "fourier-bessel" if nucleus.name in (*FOURIER_BESSEL, "Ge73") else "helm"


def point(q2: npt.ArrayLike) -> FloatArray:
    """1 at every Q^2 [GeV^2]."""
    check_non_negative(q2=q2)
    return np.ones_like(np.asarray(q2, dtype=float))


def helm(q2: npt.ArrayLike, rms_radius: float, skin: float = HELM_SKIN) -> FloatArray:
    """Helm form factor: a sphere with a Gaussian skin (review Eq. 10).

    Parameters
    ----------
    q2 : array_like
        Q^2 [GeV^2].
    rms_radius, skin : float
        rms radius of the distribution and thickness of its skin [fm].

    Raises
    ------
    DomainError
        If rms_radius^2 < 3 skin^2, or Q^2 is negative or not finite.
    """
    check_positive(rms_radius=rms_radius)
    check_non_negative(skin=skin)
    check_non_negative(q2=q2)
    sphere2 = 5.0 / 3.0 * rms_radius**2 - 5.0 * skin**2
    _check_shape(sphere2, "helm", rms_radius)
    q = np.sqrt(np.asarray(q2, dtype=float)) * units.FEMTOMETRE
    return _sphere(q * np.sqrt(sphere2)) * np.exp(-0.5 * (q * skin) ** 2)


def klein_nystrand(q2: npt.ArrayLike, rms_radius: float) -> FloatArray:
    """Klein-Nystrand form factor: a hard sphere folded with a Yukawa of range 0.7 fm.

    The radius of the sphere follows from the rms radius [fm]: R_A^2 = (5/3)(R^2 - 6 a_k^2).
    """
    check_positive(rms_radius=rms_radius)
    check_non_negative(q2=q2)
    sphere2 = 5.0 / 3.0 * (rms_radius**2 - 6.0 * YUKAWA_RANGE**2)
    _check_shape(sphere2, "klein-nystrand", rms_radius)
    q = np.sqrt(np.asarray(q2, dtype=float)) * units.FEMTOMETRE
    return _sphere(q * np.sqrt(sphere2)) / (1.0 + (q * YUKAWA_RANGE) ** 2)


def fermi_radius(rms_radius: float, diffuseness: float = FERMI_DIFFUSENESS) -> float:
    """Half-density radius [fm] of the symmetrised Fermi charge: c^2 = (5/3) R^2 - (7/3) pi^2 a^2."""
    check_positive(rms_radius=rms_radius)
    check_non_negative(diffuseness=diffuseness)
    radius2 = 5.0 / 3.0 * rms_radius**2 - 7.0 / 3.0 * (np.pi * diffuseness) ** 2
    _check_shape(radius2, "fermi", rms_radius)
    return float(np.sqrt(radius2))


def symmetrised_fermi(q2: npt.ArrayLike, radius: float, diffuseness: float = FERMI_DIFFUSENESS) -> FloatArray:
    r"""Form factor of the symmetrised Fermi charge sinh(c/a) / [cosh(r/a) + cosh(c/a)], exact.

    .. math:: F = \frac{3\pi a}{c^2 + \pi^2a^2}\;\frac{\pi a\coth(\pi q a)\sin(qc) - c\cos(qc)}{qc\,\sinh(\pi q a)}

    Parameters
    ----------
    q2 : array_like
        Q^2 [GeV^2].
    radius, diffuseness : float
        c and a [fm].
    """
    check_between(1e-3, 1e3, radius=radius, diffuseness=diffuseness)
    check_non_negative(q2=q2)
    q = np.sqrt(np.asarray(q2, dtype=float)) * units.FEMTOMETRE
    x, y = q * radius, np.pi * diffuseness * q
    ratio = np.pi * diffuseness / radius
    series = 1.0 - (x**2 + y**2 * 7.0 / 3.0) / 10.0
    large = (x > 1e-3) & (y < 300.0)
    xs, ys = np.where(large, x, 1.0), np.where(large, y, 1.0)
    decay = np.exp(-ys)
    sinh = 0.5 * (1.0 - decay**2)  # times exp(y)
    coth = (1.0 + decay**2) / (1.0 - decay**2)
    # written in x and y = pi q a so that the two terms cancel exactly at the same order
    full = 3.0 * ratio / (1.0 + ratio**2) * (ratio * coth * np.sin(xs) - np.cos(xs)) / (xs * sinh) * decay
    return np.where(large, full, np.where(y < 300.0, series, 0.0))


def fourier_bessel(q2: npt.ArrayLike, nucleus: str) -> FloatArray:
    r"""Form factor of a measured Fourier-Bessel charge distribution.

    .. math:: F = \frac{\sin qR}{qR}\,\frac{S(q)}{S(0)},\qquad S = \sum_n\frac{(-1)^n a_n}{n^2\pi^2 - q^2R^2}

    The coefficients (de Vries, de Jager, de Vries, At. Data Nucl. Data Tables 36, 495 (1987)) are measured up to
    q ~ n_max pi / R, 0.6 to 0.9 GeV; beyond, the tail of the expansion is only small, not measured.
    """
    check_non_negative(q2=q2)
    coefficients, radius = _fourier_bessel(nucleus)
    x = np.sqrt(np.asarray(q2, dtype=float))[..., None] * units.FEMTOMETRE * radius
    pole = np.pi * np.arange(1, len(coefficients) + 1)
    sign = (-1.0) ** np.arange(1, len(coefficients) + 1)
    # sin(x) (-1)^n = sin(x - n pi), so each term is regular at its pole
    near = -np.sinc((x - pole) / np.pi) / (np.maximum(x, 0.5) * (x + pole))
    small = sign * np.sinc(x / np.pi) / (pole**2 - np.minimum(x, 0.5) ** 2)
    terms = np.where(x > 0.5, near, small)
    norm = np.sum(sign * coefficients / pole**2)
    return np.sum(coefficients * terms, axis=-1) / norm


def neutron_radius(nucleus: Nucleus) -> float:
    r"""rms radius [fm] of the weak charge of the neutrons of a nucleus (for coherent elastic neutrino scattering).

    Point protons from the charge radius; neutron skin -0.04 + 1.01 (N - Z)/A fm (Trzcinska et al., Phys. Rev. Lett. 87,
    082501 (2001), +-0.03 fm; the two numbers from memory, not re-read); folded with the size of the nucleon (proton radius).
    """
    if nucleus.neutrons == 0:
        return 0.0
    point2 = (
        nucleus.charge_radius**2
        - PROTON_RADIUS**2
        - nucleus.neutrons / nucleus.protons * NEUTRON_RADIUS2
        - 0.75 * (units.HBAR_C * 1e15 / units.PROTON_MASS) ** 2
    )
    skin = -0.04 + 1.01 * (nucleus.neutrons - nucleus.protons) / nucleus.nucleons
    return float(np.sqrt((np.sqrt(point2) + skin) ** 2 + PROTON_RADIUS**2))


def _sphere(x: FloatArray) -> FloatArray:
    """3 j_1(x) / x."""
    safe = np.where(x > 0.02, x, 1.0)
    return np.where(x > 0.02, 3.0 * (np.sin(safe) - safe * np.cos(safe)) / safe**3, 1.0 - x**2 / 10.0 + x**4 / 280.0)


def _check_shape(radius2: float, name: str, rms_radius: float) -> None:
    if not radius2 > 0:
        raise DomainError(f"the {name} shape cannot have an rms radius as small as {rms_radius:g} fm; use another")


@functools.cache
def _fourier_bessel(nucleus: str) -> tuple[FloatArray, float]:
    source = "Ge72" if nucleus == "Ge73" else nucleus
    if source not in FOURIER_BESSEL:
        raise UnknownNameError("nucleus with Fourier-Bessel coefficients", nucleus, FOURIER_BESSEL)
    table = tables.load("matter/data/fourier_bessel.csv")
    wanted = isotopes.get(source)
    rows = (table["Z"] == wanted.protons) & (table["A"] == wanted.nucleons)
    return table["a"][rows][np.argsort(table["n"][rows])], float(table["R"][rows][0])
