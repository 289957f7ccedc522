r"""What a photon of momentum transfer Q^2 sees of a target: two structure functions.

Up-scattering on any target at rest has the form dsigma/dE_r = 4 alpha d^2 [E(Q^2) S_0 + G(Q^2) S_M], Q^2 = 2 m E_r:

=================  ==============================================  ======================
target             electric E                                      magnetic G
=================  ==============================================  ======================
electron           1                                               1
nucleon            (G_E^2 + tau G_M^2) / (1 + tau)                 G_M^2
nucleus            Z^2 F^2                                         0
atom               (Z F - f_0)^2                                   0
hydrogen atom      ((G_E - f_0)^2 + tau G_M^2) / (1 + tau)         G_M^2
=================  ==============================================  ======================

The magnetic part of nuclei with spin is of order 1/Z^2 of the electric one and left out.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError, check_choice, check_non_negative, check_positive
from nudipole.matter import atoms, form_factors, isotopes, materials, nucleons
from nudipole.matter.isotopes import Nucleus

FloatArray = npt.NDArray[np.float64]
Structure = Callable[[FloatArray], FloatArray]
FREE = ("e-", "p", "n")
# Q^2 [GeV^2] beyond which nothing is left of the square of the form factor (below 1e-9 of the total)
_NUCLEAR_REACH, _NUCLEON_REACH = 9.0, 1e3
# Fermi momenta [GeV] by mass number: E. J. Moniz et al., Phys. Rev. Lett. 26, 445 (1971), from memory; linear between
_FERMI_MOMENTUM = ((6, 0.169), (12, 0.221), (16, 0.225), (27, 0.238), (40, 0.251), (56, 0.260), (208, 0.265))


@dataclass(frozen=True)
class Target:
    """A target at rest.

    Parameters
    ----------
    name : str
    mass : float
        m [GeV].
    electric, magnetic : callable
        Structure functions of Q^2 [GeV^2]; ``magnetic`` is None where there is none.
    reach : float
        Q^2 [GeV^2] beyond which both vanish for all purposes; infinite for a point.
    charged : bool
        Whether the charge seen from far away differs from zero: then the total cross section diverges for M -> 0.
    """

    name: str
    mass: float
    electric: Structure
    magnetic: Structure | None = None
    reach: float = np.inf
    charged: bool = True


def get(
    name: str,
    form_factor: str | None = None,
    screening: bool = True,
    radius: float | None = None,
    skin: float | None = None,
) -> Target:
    """The target called ``name``: ``e-``, ``p``, ``n`` or a nuclide like ``Ar40``.

    Parameters
    ----------
    name : str
    form_factor : str, optional
        Of :data:`nudipole.matter.form_factors.NAMES` for a nucleus (default: ``fourier-bessel`` where it is measured,
        ``helm`` elsewhere), of :data:`nudipole.matter.nucleons.NAMES` for p, n and H1 (default ``ye2018``).
    screening : bool
        Whether the electrons of a neutral atom screen the nucleus; e-, p and n are bare.
    radius, skin : float, optional
        R and s [fm] of a Helm form factor (:func:`nudipole.matter.form_factors.form_factor`), which then is ``helm``
        where none is named.

    Raises
    ------
    UnknownNameError
        For an unknown target or form factor.

    Examples
    --------
    >>> get("Ar40").charged, get("Ar40", screening=False).charged
    (False, True)
    """
    given = radius is not None or skin is not None
    if given and (name in FREE or isotopes.get(name).name == "H1"):
        raise DomainError(f"{name} has no Helm form factor: radius and skin have no meaning")
    if given:
        form_factor = form_factor or "helm"
    return _get(name, form_factor, bool(screening), radius, skin)


@functools.cache
def _get(name: str, form_factor: str | None, screening: bool, radius: float | None, skin: float | None) -> Target:
    if name == "e-":
        if form_factor not in (None, "point"):
            raise UnknownNameError("form factor of the electron", form_factor, ("point",))
        return Target("e-", units.ELECTRON_MASS, np.ones_like, np.ones_like)
    if name in nucleons.MASS:
        return _nucleon(name, form_factor or nucleons.DEFAULT, None)
    try:
        nucleus = isotopes.get(name)
    except UnknownNameError:
        raise UnknownNameError("target", name, (*FREE, "nuclides like Ar40", "formulae like CsI")) from None
    if nucleus.name == "H1":
        return _nucleon("p", form_factor or nucleons.DEFAULT, "H" if screening else None, "H1")
    shape = form_factors.form_factor(form_factor or form_factors.default(nucleus), nucleus, radius, skin)
    charge = float(nucleus.protons)

    def bare(q2: FloatArray) -> FloatArray:
        return (charge * shape(q2)) ** 2

    def screened(q2: FloatArray) -> FloatArray:
        return (charge * (shape(q2) - 1.0) + atoms.cloud_deficit(nucleus.symbol, q2)) ** 2

    reach = np.inf if form_factor == "point" else _NUCLEAR_REACH
    return Target(name, nucleus.mass, screened if screening else bare, None, reach, not screening)


def _nucleon(nucleon: str, form_factor: str, atom: str | None, name: str | None = None) -> Target:
    check_choice("form factor of the nucleon", form_factor, nucleons.NAMES)
    mass = nucleons.MASS[nucleon]

    def electric(q2: FloatArray) -> FloatArray:
        charge, magnetic = nucleons.sachs(nucleon, q2, form_factor)
        if atom:
            charge = (charge - 1.0) + atoms.cloud_deficit(atom, q2)
        tau = q2 / (4.0 * mass**2)
        return (charge**2 + tau * magnetic**2) / (1.0 + tau)

    def magnetic(q2: FloatArray) -> FloatArray:
        return nucleons.sachs(nucleon, q2, form_factor)[1] ** 2

    return Target(name or nucleon, mass, electric, magnetic, _NUCLEON_REACH, nucleon == "p" and atom is None)


def composition(name: str, form_factor: str | None = None, screening: bool = True) -> tuple[tuple[Target, float], ...]:
    """Targets in one unit of ``name`` with their number: one for ``e-``, ``p``, ``n``, ``Ar40``; the natural mixture of
    isotopes for an element; a formula unit's nuclei for a compound (its electrons are the target ``e-``).

    Raises
    ------
    UnknownNameError
        If ``name`` is none of these.
    """
    if name in FREE or _is_nuclide(name):
        return ((get(name, form_factor, screening), 1.0),)
    try:
        formula = materials.stoichiometry(name)
    except UnknownNameError:
        raise UnknownNameError("target", name, (*FREE, "nuclides like Ar40", "formulae like CsI")) from None
    return tuple(
        (get(nucleus.name, _shape_for(nucleus, form_factor), screening), number * nucleus.abundance)
        for symbol, number in formula.items()
        for nucleus in isotopes.natural(symbol)
    )


def _is_nuclide(name: str) -> bool:
    try:
        isotopes.get(name)
    except UnknownNameError:
        return False
    return True


def _shape_for(nucleus: Nucleus, form_factor: str | None) -> str | None:
    """In a compound the nuclear shape is for the nuclei, hydrogen keeps its own."""
    return None if nucleus.name == "H1" and form_factor in form_factors.NAMES else form_factor


def fermi_momentum(nucleus: Nucleus) -> float:
    """Fermi momentum [GeV] of the global Fermi gas, 0.221 for carbon to 0.265 for lead.

    Raises
    ------
    DomainError
        For nuclei lighter than A = 6.
    """
    number, momentum = zip(*_FERMI_MOMENTUM, strict=True)
    if nucleus.nucleons < number[0]:
        raise DomainError(f"no Fermi gas for a nucleus as light as {nucleus.name}")
    return float(np.interp(nucleus.nucleons, number, momentum))


def pauli_factor(q2: npt.ArrayLike, nucleon_mass: float, fermi_momentum: float) -> FloatArray:
    r"""Fraction of the nucleons of a Fermi gas that can be scattered out of it.

    .. math:: S = \tfrac34\frac q{k_F} - \tfrac1{16}\Bigl(\frac q{k_F}\Bigr)^3\ (q < 2k_F),\quad 1\text{ above},
       \qquad q = \sqrt{Q^2 + Q^4/4m^2}
    """
    check_non_negative(q2=q2)
    check_positive(nucleon_mass=nucleon_mass, fermi_momentum=fermi_momentum)
    q2 = np.asarray(q2, dtype=float)
    ratio = np.minimum(np.sqrt(q2 * (1.0 + q2 / (4.0 * nucleon_mass**2))) / fermi_momentum, 2.0)
    return 0.75 * ratio - ratio**3 / 16.0


def bound_nucleons(nucleus: Nucleus, nucleon: str, form_factor: str | None = None, pauli: bool = True) -> Target:
    """All protons or all neutrons of a nucleus, knocked out one by one, as one target of the mass of a nucleon."""
    free = get(nucleon, form_factor)
    number = {"p": nucleus.protons, "n": nucleus.neutrons}[nucleon]
    momentum = fermi_momentum(nucleus)

    def blocked(structure: Structure) -> Structure:
        def bound(q2: FloatArray) -> FloatArray:
            factor = pauli_factor(q2, free.mass, momentum) if pauli else 1.0
            return number * factor * structure(q2)

        return bound

    assert free.magnetic is not None
    charged = nucleon == "p" and not pauli
    return Target(
        f"{nucleus.name}:{nucleon}", free.mass, blocked(free.electric), blocked(free.magnetic), free.reach, charged
    )
