r"""The theory point: one heavy neutral lepton N with a dipole coupling to each flavour.

.. math:: \mathcal L = \sum_\alpha d_\alpha\, \bar\nu_{\alpha L}\sigma^{\mu\nu} N_R F_{\mu\nu} + \text{h.c.}

A :class:`Direction` is a ray in theory space (couplings as multiples of one scan variable d, Dirac or Majorana,
completion at the electroweak scale); a :class:`Portal` is a point on it, with a mass and a size. Amplitudes of
different flavours add, so production from a flux of flavour density matrix rho goes as d^dagger rho d and the decay
width as ``D = sum |d_alpha|^2``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.arguments import check
from nudipole.completion import Completion as Completion
from nudipole.coupling import coupling
from nudipole.errors import DomainError, check_choice, check_finite, check_mass, check_non_negative, number

Nature = Literal["dirac", "majorana"]
FLAVORS = ("e", "mu", "tau")
_UNIT_COUPLINGS: Mapping[str, tuple[complex, complex, complex]] = {
    "e": (1, 0, 0),
    "mu": (0, 1, 0),
    "tau": (0, 0, 1),
    "coherent": (1, 1, 1),
    "universal": (1, 0, 0),
}
DIRECTIONS = tuple(_UNIT_COUPLINGS)


@dataclass(frozen=True)
class Direction:
    r"""A ray in theory space: d_alpha = d * couplings[alpha], walked by the scan variable d >= 0.

    Parameters
    ----------
    name : str
        ``e``, ``mu``, ``tau``: one flavour. ``coherent``: d_e = d_mu = d_tau = d, amplitudes added. ``universal``: the
        effective moment of the literature, the total flux whatever its flavour with d = mu_eff / 2, an incoherent sum.
        Any other name goes with explicit couplings.
    couplings : tuple of three complex
        d_alpha / d for e, mu, tau. Filled in from the name where it is one of the five above.
    nature : {"dirac", "majorana"}
        A Majorana N decays to nu gamma and to nubar gamma: twice the width, isotropic photon.
    completion : Completion
        What happens above the electroweak scale.
    extra_width : float
        Width [GeV] of N into something invisible besides its dipole decays, the same at every d.

    Examples
    --------
    >>> Direction("mu").decay_norm
    1.0
    >>> Direction("mix", couplings=(1, 1j, 0)).decay_norm
    2.0
    """

    name: str = "mu"
    couplings: tuple[complex, complex, complex] = (0, 0, 0)
    nature: Nature = "dirac"
    completion: Completion = field(default_factory=Completion)
    extra_width: float = 0.0

    def __post_init__(self) -> None:
        check_choice("nature of N", self.nature, ("dirac", "majorana"))
        check("flavor", self.name, ("str",))
        check("completion", self.completion, ("Completion",))
        object.__setattr__(self, "extra_width", number("extra_width", self.extra_width))
        check_non_negative(extra_width=self.extra_width)
        if self.name in _UNIT_COUPLINGS:
            object.__setattr__(self, "couplings", _UNIT_COUPLINGS[self.name])
        elif not any(self.couplings):
            check_choice("flavor", self.name, DIRECTIONS)
        try:
            couplings = tuple(complex(coupling) for coupling in self.couplings)
        except (TypeError, ValueError, OverflowError):
            couplings = ()
        if len(couplings) != 3 or not np.all(np.isfinite(couplings)):
            raise DomainError(f"couplings must be three finite numbers (e, mu, tau), got {self.couplings!r}")
        object.__setattr__(self, "couplings", couplings)

    @property
    def incoherent(self) -> bool:
        """True for ``universal``: every flavour scatters with d, without interference."""
        return self.name == "universal"

    @property
    def decay_norm(self) -> float:
        """``D / d^2 = sum |d_alpha|^2 / d^2``, what the decay width is proportional to."""
        return float(np.sum(np.abs(np.asarray(self.couplings)) ** 2))

    @property
    def majorana_factor(self) -> float:
        """2 for Majorana N (nu gamma and nubar gamma), 1 for Dirac."""
        return 2.0 if self.nature == "majorana" else 1.0

    def production(self, density: npt.NDArray[Any], antineutrino: bool = False) -> npt.NDArray[np.float64]:
        r"""d^dagger rho d / d^2 for flavour density matrices of shape (..., 3, 3); their trace if incoherent.

        Parameters
        ----------
        density : ndarray
            Shape (..., 3, 3), in the order e, mu, tau.
        antineutrino : bool
            Antineutrinos couple through the complex conjugate.

        Returns
        -------
        ndarray
            Shape (...).
        """
        density = np.asarray(density)
        if self.incoherent:
            return np.real(np.trace(density, axis1=-2, axis2=-1))
        vector = np.asarray(self.couplings, dtype=complex)
        vector = vector.conj() if antineutrino else vector
        return np.real(np.einsum("a,...ab,b->...", vector.conj(), density, vector))

    def check_no_extra_width(self, key: str) -> None:
        """Refuse a direction with an extra width, for constraints that are tabulated for dipole decays only.

        Parameters
        ----------
        key : str
            Of the constraint.

        Raises
        ------
        DomainError
            In one line, with the key of the constraint.
        """
        if self.extra_width > 0.0:
            raise DomainError(f"{key} knows dipole decays only: it cannot be computed with an extra width")

    def portal(self, mass: float, d: float) -> Portal:
        """The point of this ray at a mass and a coupling.

        Parameters
        ----------
        mass, d : float
            M [GeV] and d [GeV^-1].

        Returns
        -------
        Portal
            The point.
        """
        return Portal(mass=mass, d=d, direction=self)


_MUON = Direction()


@dataclass(frozen=True, init=False)
class Portal:
    r"""One theory point.

    Parameters
    ----------
    mass : float
        Mass of N [GeV], >= 0.
    d, mu : float
        Exactly one: size of the coupling [GeV^-1], >= 0, the couplings being d * direction.couplings, or mu = 2 d [Bohr magnetons].
    direction : Direction or str
        Flavour structure, Dirac or Majorana, completion, extra width; the name of a flavour stands for a Dirac N with the
        photon alone.
    extra_width : float
        Width [GeV] into whatever else N may decay to; invisible. That of the direction if left out, which then carries it.

    Raises
    ------
    DomainError
        If a number is negative, not finite or no single number, or direction and point have different extra widths.
    UnknownNameError
        If there is no such flavour.

    Examples
    --------
    >>> Portal(0.15, 1e-6, Direction("mu")).width  # doctest: +ELLIPSIS
    2.7...e-16
    >>> Portal(0.15, mu=1e-9).d == 0.5 * 1e-9 * units.BOHR_MAGNETON
    True
    """

    mass: float
    d: float
    direction: Direction
    extra_width: float

    def __init__(
        self,
        mass: float,
        d: float | None = None,
        direction: Direction | str = _MUON,
        extra_width: float = 0.0,
        *,
        mu: float | None = None,
    ) -> None:
        if d is None or mu is not None:
            d = number("d", coupling(d, mu))
        for name, value in (("mass", mass), ("d", d), ("direction", direction), ("extra_width", extra_width)):
            object.__setattr__(self, name, value)
        self._settle()

    def _settle(self) -> None:
        for name in ("mass", "d", "extra_width"):
            value = number(name, getattr(self, name))  # in double precision: a float32 underflows when it is squared
            (check_mass if name == "mass" else check_non_negative)(**{name: value})
            object.__setattr__(self, name, value)
        if isinstance(self.direction, str):
            object.__setattr__(self, "direction", Direction(self.direction))
        if not isinstance(self.direction, Direction):
            raise DomainError(f"direction must be a Direction or the name of a flavour, got {self.direction!r}")
        own = self.direction.extra_width
        if own and self.extra_width and own != self.extra_width:
            raise DomainError(f"the direction has an extra width of {own:g} GeV, the point {self.extra_width:g} GeV")
        if own:
            object.__setattr__(self, "extra_width", own)
        elif self.extra_width:
            object.__setattr__(self, "direction", replace(self.direction, extra_width=self.extra_width))

    @classmethod
    def from_mu(cls, mass: float, mu: float, flavor: str = "mu", **options: Any) -> Portal:
        """A point given by its transition moment, as ``Portal(mass, mu=mu)``.

        Parameters
        ----------
        mass : float
            M [GeV].
        mu : float
            Moment [Bohr magnetons].
        flavor : {"e", "mu", "tau", "universal", "coherent"}
            The coupling that is switched on.
        **options
            Those of :class:`Direction`.

        Returns
        -------
        Portal
            The point.
        """
        return cls(mass, None, Direction(flavor, **options), mu=mu)

    @classmethod
    def from_couplings(
        cls, mass: float, d_e: complex = 0, d_mu: complex = 0, d_tau: complex = 0, nature: Nature = "dirac"
    ) -> Portal:
        """A point given by its three couplings.

        Parameters
        ----------
        mass : float
            M [GeV].
        d_e, d_mu, d_tau : complex
            Couplings [GeV^-1].
        nature : {"dirac", "majorana"}
            Whether N is its own antiparticle.

        Returns
        -------
        Portal
            The point.

        Raises
        ------
        DomainError
            If all couplings are zero, or one is not finite.
        """
        couplings = (d_e, d_mu, d_tau)
        check_finite(couplings=np.abs(couplings))
        size = float(np.sqrt(np.sum(np.abs(np.asarray(couplings)) ** 2)))
        if size == 0.0:
            raise DomainError("at least one of d_e, d_mu, d_tau must be non-zero")
        unit = (d_e / size, d_mu / size, d_tau / size)
        return cls(mass, size, Direction("couplings", unit, nature))

    @property
    def mu(self) -> float:
        """Transition moment 2 d in Bohr magnetons."""
        return units.mu_from_d(self.d)

    @property
    def decay_strength(self) -> float:
        """``D = sum |d_alpha|^2`` [GeV^-2]."""
        return self.d**2 * self.direction.decay_norm

    @property
    def radiative_width(self) -> float:
        """Gamma(N -> nu gamma) [GeV]: D M^3 / 4 pi for Dirac, twice that for Majorana."""
        from nudipole.processes.decays import hnl_decay

        return float(hnl_decay.radiative_width(self.mass)) * self.decay_strength * self.direction.majorana_factor

    @property
    def width(self) -> float:
        """Total width [GeV]: nu gamma, nu l+ l- for every open lepton, and the extra width."""
        from nudipole.processes.decays import hnl_decay

        visible = float(hnl_decay.total_width(self.mass)) * self.decay_strength * self.direction.majorana_factor
        return visible + self.extra_width

    @property
    def lifetime(self) -> float:
        """Proper lifetime [s]; infinite for a stable N."""
        return 1.0 / (self.width * units.SECOND) if self.width > 0 else float("inf")

    @property
    def branching_ratios(self) -> dict[str, float]:
        """Branching ratios by channel, ``nu gamma``, ``nu e+ e-``, ..., ``extra`` if there is one; empty if stable."""
        from nudipole.processes.decays import hnl_decay

        if self.width == 0.0:
            return {}
        scale = self.decay_strength * self.direction.majorana_factor / self.width
        ratios = {name: float(w) * scale for name, w in hnl_decay.partial_widths(self.mass).items() if w > 0}
        return ratios | ({"extra": self.extra_width / self.width} if self.extra_width else {})

    @overload
    def decay_length(self, energy: float) -> float: ...
    @overload
    def decay_length(self, energy: npt.ArrayLike) -> npt.NDArray[np.float64]: ...
    def decay_length(self, energy: npt.ArrayLike) -> Any:
        """Mean decay length [m] at total energies [GeV]: (p / M) / Gamma, exact; infinite for a stable N.

        Parameters
        ----------
        energy : array_like
            E_N [GeV].

        Returns
        -------
        float or ndarray
            L [m].

        Raises
        ------
        DomainError
            If an energy is below the mass or not finite.
        """
        energies = self._energies(energy)
        momentum = np.sqrt((energies - self.mass) * (energies + self.mass))
        if self.mass * self.width == 0.0:  # stable, or too light for its width to be a number
            length = np.full(energies.shape, np.inf)
        else:
            length = momentum / (self.mass * self.width) * units.HBAR_C
        return length if length.ndim else float(length)

    @overload
    def lab_lifetime(self, energy: float) -> float: ...
    @overload
    def lab_lifetime(self, energy: npt.ArrayLike) -> npt.NDArray[np.float64]: ...
    def lab_lifetime(self, energy: npt.ArrayLike) -> Any:
        """Mean life [s] in the laboratory at total energies [GeV], gamma tau (review Eq. A.3); infinite for a stable N.

        Parameters
        ----------
        energy : array_like
            E_N [GeV].

        Returns
        -------
        float or ndarray
            gamma tau [s].

        Raises
        ------
        DomainError
            If an energy is below the mass or not finite.

        Examples
        --------
        >>> f"{Portal(0.01, 1e-6).lab_lifetime(1.0):.2e}"
        '8.25e-04'
        """
        energies = self._energies(energy)
        stable = self.mass * self.width == 0.0
        life = np.full(energies.shape, np.inf) if stable else energies / self.mass * self.lifetime
        return life if life.ndim else float(life)

    def _energies(self, energy: npt.ArrayLike) -> npt.NDArray[np.float64]:
        check_non_negative(energy=energy)
        energies = np.asarray(energy, dtype=float)
        if np.any(energies < self.mass):
            raise DomainError(f"energy must be at least the mass {self.mass:g} GeV, got {np.min(energies):g}")
        return energies

    def _repr_html_(self) -> str:
        rows = {
            "M": f"{self.mass:.4g} GeV",
            "d": f"{self.d:.4g} GeV⁻¹ ({self.direction.name}, {self.direction.nature})",
            "μ = 2d": f"{self.mu:.4g} μ<sub>B</sub>",
            "Γ": f"{self.width:.4g} GeV",
            "cτ": f"{self.lifetime * units.SPEED_OF_LIGHT:.4g} m",
        }
        cells = "".join(f"<tr><th>{key}</th><td>{value}</td></tr>" for key, value in rows.items())
        return f"<table>{cells}</table>"


def direction(
    flavor: str, majorana: bool = False, completion: Completion | None = None, extra_width: float = 0.0
) -> Direction:
    """A ray in theory space by the name of its flavour; ``extra_width`` [GeV] of N into something invisible."""
    check_choice("flavor", flavor, DIRECTIONS)
    nature: Nature = "majorana" if majorana else "dirac"
    return Direction(flavor, nature=nature, completion=completion or Completion(), extra_width=extra_width)
