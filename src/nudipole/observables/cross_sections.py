r"""Up-scattering cross sections by channel, for arrays: what ``nd.cross_section`` returns.

====================  ==============================================================================================
``coherent``          nu A -> N A on the nuclei of one atom or formula unit, screened by their electrons
``incoherent``        nu A -> N p X, N n X on their bound nucleons, Pauli blocked (A >= 6)
``elastic-nucleon``   nu p -> N p, nu n -> N n on free nucleons at rest: all Z and A - Z of them, unblocked
``electron``          nu e -> N e on all Z electrons, free and at rest
``deep-inelastic``    nu p -> N X, nu n -> N X with W > 1.4 GeV on all nucleons
``total``             of a nucleus coherent + incoherent + electron + deep-inelastic; of p and n elastic + deep-inelastic
====================  ==============================================================================================

The deuterons of natural hydrogen (1e-4) have no incoherent part here: a Fermi gas needs A >= 6, and helium is refused.
``elastic-nucleon`` and ``incoherent`` are the same reaction with and without a nucleus around it: only one enters the total.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.arguments import typed_arguments
from nudipole.coupling import coupling
from nudipole.errors import DomainError, UnknownNameError, check_choice, check_mass, check_non_negative, check_positive
from nudipole.kinematics import recoil_limits
from nudipole.matter import form_factors, isotopes, materials, nucleons, targets
from nudipole.matter.isotopes import Nucleus
from nudipole.matter.targets import Target
from nudipole.processes.scattering import deep_inelastic, moments, point_total, upscattering, upscattering_total

FloatArray = npt.NDArray[np.float64]
CHANNELS = ("coherent", "incoherent", "elastic-nucleon", "electron", "deep-inelastic", "total")
_OF_FREE = {
    "e-": ("electron", "total"),
    "p": ("elastic-nucleon", "deep-inelastic", "total"),
    "n": ("elastic-nucleon", "deep-inelastic", "total"),
}
_DIRECT = 64  # points up to which a cross section is integrated rather than read from moments


class Shape(NamedTuple):
    """Form factors of a target: name (nuclear or nucleon), screening, and R and s [fm] of a Helm form."""

    name: str | None = None
    screening: bool = True
    radius: float | None = None
    skin: float | None = None

    @property
    def nuclear(self) -> str | None:
        return None if self.name in nucleons.NAMES else self.name

    @property
    def of_nucleon(self) -> str | None:
        return self.name if self.name in nucleons.NAMES else None


class Composition(NamedTuple):
    """What one unit of a target offers to a channel: scatterers with their number, and nucleons for deep-inelastic scattering."""

    scatterers: tuple[tuple[Target, float], ...]
    protons: float = 0.0
    neutrons: float = 0.0


@typed_arguments
def cross_section(
    target: str,
    energy: npt.ArrayLike,
    mass: npt.ArrayLike,
    d: npt.ArrayLike | None = None,
    recoil: npt.ArrayLike | None = None,
    form_factor: str | None = None,
    screening: bool = True,
    *,
    mu: npt.ArrayLike | None = None,
    channel: str | None = None,
    radius: float | None = None,
    skin: float | None = None,
) -> dict[str, Any]:
    r"""Up-scattering cross section nu X -> N X through the dipole, by channel.

    .. math:: \frac{d\sigma}{dE_r} = 4\alpha d^2\left[E(Q^2)\,S_0 + G(Q^2)\,S_M\right],\qquad Q^2 = 2mE_r

    Parameters
    ----------
    target : str
        ``e-``, ``p``, ``n``, a nuclide (``Ar40``), an element or a compound (``CsI``): then one formula unit.
    energy, mass : array_like
        E of the neutrino and M of N [GeV].
    d, mu : array_like
        Exactly one: d [GeV^-1], or mu = 2 d [Bohr magnetons]. All arrays broadcast against each other.
    recoil : array_like, optional
        E_r [GeV] at which the spectrum is wanted as well.
    form_factor : str, optional
        Of the nuclei (``helm``, ``helm-review``, ``fermi``, ...) or of nucleons (``ye2018``, ``kelly``, ``dipole``).
    screening : bool
        Whether the electrons of neutral atoms screen the nuclei.
    channel : str, optional
        ``coherent`` (default of nuclei), ``incoherent``, ``elastic-nucleon`` (of p, n), ``electron`` (of e-),
        ``deep-inelastic``, ``total``; see :mod:`nudipole.observables.cross_sections`.
    radius, skin : float, optional
        R and s [fm] of a Helm form factor with R_0^2 = R^2 - 5 s^2.

    Returns
    -------
    dict
        ``sigma_GeV-2``, ``sigma_cm2``, ``recoil_min_GeV``, ``recoil_max_GeV``, given ``recoil`` also
        ``dsigma_dE_GeV-3``: numbers for numbers, arrays of the common shape for arrays. Where a total diverges (M = 0
        on a bare charge) and a spectrum is asked for, it is None; infinite in arrays.

    Raises
    ------
    UnknownNameError, DomainError
        Unknown target, form factor or channel; a number out of range; shapes that do not fit; M = 0 on a bare charge
        without ``recoil``; a recoil energy in a channel of several reactions.

    Notes
    -----
    Up to 64 points are integrated (1e-7), more read from moments of the form factors (1e-6, 1e-2 in tails that the form
    factor suppresses by ten orders): 1e6 energies take about a second. Tree level, target at rest. Kang:2025ndp Eqs. (8), (9),
    with docs: errata; deep-inelastic: :mod:`nudipole.processes.scattering.deep_inelastic`.

    Examples
    --------
    >>> sigma = cross_section("Ar40", energy=[0.03, 0.05], mass=0.01, d=1e-6)["sigma_cm2"]
    >>> [f"{value:.2e}" for value in sigma]
    ['2.06e-38', '2.69e-38']
    """
    shape = Shape(form_factor, screening, radius, skin)
    return _computed(target, energy, mass, coupling(d, mu), recoil, shape, channel)


def _computed(
    target: str,
    energy: npt.ArrayLike,
    mass: npt.ArrayLike,
    d: npt.ArrayLike,
    recoil: npt.ArrayLike | None,
    shape: Shape,
    channel: str | None,
) -> dict[str, Any]:
    given = {"energy": energy, "mass": mass, "d": d} | ({} if recoil is None else {"recoil": recoil})
    check_positive(energy=energy)
    check_mass(mass=mass)
    check_non_negative(d=d)
    if recoil is not None:
        check_positive(recoil=recoil)
    values = broadcast(**given)
    energies, masses, couplings = values[:3]
    parts = composition(target, channel, shape)
    sigma: FloatArray | None
    try:
        sigma = np.asarray(_total(parts, energies, masses) * couplings**2)
    except DomainError:
        if recoil is None:
            raise
        sigma = None if energies.ndim == 0 else np.full(energies.shape, np.inf)
    low, high = _recoil_range(parts, energies, masses)
    result: dict[str, Any] = {
        "sigma_GeV-2": sigma,
        "sigma_cm2": None if sigma is None else sigma * units.GEV_M2_TO_CM2,
        "recoil_min_GeV": low,
        "recoil_max_GeV": high,
    }
    if recoil is not None:
        if parts.protons + parts.neutrons or _mixed(channel, target):
            raise DomainError(
                "a recoil energy belongs to one elastic channel: not to deep-inelastic scattering or a total"
            )
        terms = [count * upscattering.spectrum(part, values[3], energies, masses) for part, count in parts.scatterers]
        result["dsigma_dE_GeV-3"] = np.sum(np.stack(terms), axis=0) * couplings**2
    return {name: value if value is None or np.ndim(value) else float(value) for name, value in result.items()}


def _mixed(channel: str | None, target: str) -> bool:
    return channel == "total" and target not in targets.FREE


def broadcast(**values: npt.ArrayLike) -> list[FloatArray]:
    """The numbers as double precision arrays of one shape.

    Raises
    ------
    DomainError
        If the shapes do not fit, by name.
    """
    arrays = [np.asarray(value, dtype=float) for value in values.values()]
    try:
        return list(np.broadcast_arrays(*arrays))
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in zip(values, arrays, strict=True) if array.ndim)
        raise DomainError(f"the arrays do not broadcast against each other: {shapes}") from None


@functools.lru_cache(maxsize=256)
def composition(target: str, channel: str | None = None, shape: Shape = Shape()) -> Composition:  # noqa: B008
    """What a channel of a target scatters on.

    Raises
    ------
    UnknownNameError
        For an unknown target, form factor, or a channel that the target does not have.
    DomainError
        For the incoherent channel of a nucleus with A < 6, or radius and skin where there is no Helm form.
    """
    if channel is not None:
        check_choice("channel", channel, CHANNELS)
    _check_shape_name(shape)
    if target in targets.FREE:
        allowed = _OF_FREE[target]
        channel = channel or allowed[0]
        check_choice(f"channel of {target}", channel, allowed)
        free = ((targets.get(target, shape.name, True, shape.radius, shape.skin), 1.0),)
        inelastic = channel != "elastic-nucleon" and target != "e-"
        scatterers = () if channel == "deep-inelastic" else free
        return Composition(scatterers, float(inelastic and target == "p"), float(inelastic and target == "n"))
    nuclei = _nuclei(target)
    if channel == "incoherent" and all(nucleus.symbol == "H" for nucleus, _ in nuclei):
        raise DomainError(f"{target} has no incoherent channel: its nucleons are not bound in a Fermi gas")
    protons = sum(count * nucleus.protons for nucleus, count in nuclei)
    neutrons = sum(count * nucleus.neutrons for nucleus, count in nuclei)
    wanted = (
        ("coherent", "incoherent", "electron", "deep-inelastic") if channel == "total" else (channel or "coherent",)
    )
    if "coherent" not in wanted and (shape.radius is not None or shape.skin is not None):
        raise DomainError(f"radius and skin are those of the nucleus: they have no meaning in the channel {channel}")
    found: list[tuple[Target, float]] = []
    for name in wanted:
        found += _scatterers(name, nuclei, protons, neutrons, shape)
    inelastic = "deep-inelastic" in wanted
    return Composition(tuple(found), protons if inelastic else 0.0, neutrons if inelastic else 0.0)


def _scatterers(
    channel: str, nuclei: tuple[tuple[Nucleus, float], ...], protons: float, neutrons: float, shape: Shape
) -> list[tuple[Target, float]]:
    if channel == "coherent":
        return [(_nucleus(nucleus, shape), count) for nucleus, count in nuclei]
    if channel == "electron":
        return [(targets.get("e-"), protons)]
    if channel == "elastic-nucleon":
        both = (("p", protons), ("n", neutrons))
        return [(targets.get(name, shape.of_nucleon), number) for name, number in both if number > 0]
    if channel == "incoherent":
        return [
            (targets.bound_nucleons(nucleus, nucleon, shape.of_nucleon), count)
            for nucleus, count in nuclei
            if nucleus.symbol != "H"
            for nucleon in ("p", "n")
        ]
    return []


def _nucleus(nucleus: Nucleus, shape: Shape) -> Target:
    if nucleus.name == "H1":  # in a compound the nuclear shape is for the nuclei
        return targets.get("H1", shape.of_nucleon, shape.screening)
    return targets.get(nucleus.name, shape.nuclear, shape.screening, shape.radius, shape.skin)


def _check_shape_name(shape: Shape) -> None:
    if shape.name is not None and shape.name not in (*form_factors.NAMES, *nucleons.NAMES):
        raise UnknownNameError("form factor", shape.name, dict.fromkeys((*form_factors.NAMES, *nucleons.NAMES)))


def _nuclei(target: str) -> tuple[tuple[Nucleus, float], ...]:
    try:
        return ((isotopes.get(target), 1.0),)
    except UnknownNameError:
        targets.composition(target)  # says what is allowed
    return tuple(
        (nucleus, number * nucleus.abundance)
        for symbol, number in materials.stoichiometry(target).items()
        for nucleus in isotopes.natural(symbol)
    )


def _total(parts: Composition, energy: FloatArray, mass: FloatArray) -> FloatArray:
    total = np.zeros(energy.shape)
    for target, count in parts.scatterers:
        total = total + count * _elastic(target, energy, mass)
    for nucleon, count in (("p", parts.protons), ("n", parts.neutrons)):
        if count > 0:
            total = total + count * deep_inelastic.total(energy, mass, nucleon)
    return total


def _elastic(target: Target, energy: FloatArray, mass: FloatArray) -> FloatArray:
    if target.name == "e-":
        return point_total.electron_total(energy, mass)
    if energy.size <= _DIRECT or not np.isfinite(target.reach):
        return upscattering_total.total_cross_section(target, energy, mass)
    return _moments(target).total(energy, mass)


@functools.lru_cache(maxsize=64)
def _moments(target: Target) -> moments.FormFactorMoments:
    return moments.FormFactorMoments(target)


def _recoil_range(parts: Composition, energy: FloatArray, mass: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Smallest and largest recoil of any scatterer that is open, (0, 0) where none is."""
    lowest, highest = np.full(energy.shape, np.inf), np.zeros(energy.shape)
    for target in {part.mass: part for part, _ in parts.scatterers}.values():
        low, high = recoil_limits(energy, mass, target.mass)
        lowest = np.where(high > 0, np.minimum(lowest, low), lowest)
        highest = np.maximum(highest, high)
    return np.where(highest > 0, lowest, 0.0), highest
