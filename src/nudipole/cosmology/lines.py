r"""Lines of theory on the same plane: ``naturalness``, ``uv-loop`` and two explicit models. They exclude nothing.

``naturalness``: above :func:`nudipole.effective.natural_coupling` the dipole's own loop gives light neutrinos more than
their mass by the seesaw, unless a symmetry forbids it. ``uv-loop``: the dipole that one loop of particles of mass Lambda
makes, :func:`nudipole.effective.loop_estimate` with a chirality flip of v / sqrt(2) (review Eq. 4); larger ones ask for
lighter particles. Both are orders of magnitude; the presets move Lambda. ``uv-leptoquark`` and ``uv-vector-like-lepton``
(:mod:`nudipole.uv_models`): the dipole with couplings of one and the charged state as light as colliders allow; larger ones ask for larger
couplings (preset ``strong``: sqrt(4 pi)).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nudipole import effective, units, uv_models
from nudipole.constraint import Constraint, Interval, Kind, Limit, as_masses
from nudipole.errors import check_choice
from nudipole.inference.counting import check_confidence_level
from nudipole.portal import DIRECTIONS, Direction, Portal

FloatArray = npt.NDArray[np.float64]
_SCALES: Mapping[str, float] = {"default": 1e3, "lambda-1tev": 1e3, "lambda-10tev": 1e4, "lambda-300gev": 300.0}  # GeV
_STRONG = float(np.sqrt(4.0 * np.pi))
_FLIP = units.HIGGS_VEV / np.sqrt(2.0)  # between the lighter vector-like lepton and the middle of the two, y = 1
#: Masses [GeV] and couplings of the explicit models, by preset; masses from the bounds on charged states.
_LEPTOQUARK = {
    "default": (uv_models.LEPTOQUARK_BOUND.mass, 1.0),
    "strong": (uv_models.LEPTOQUARK_BOUND.mass, _STRONG),
    "mass-2tev": (2000.0, 1.0),
}
_LEPTON = {
    "default": (uv_models.LEPTON_BOUND.mass + _FLIP, 1.0),
    "strong": (uv_models.LEPTON_BOUND.mass + _FLIP, _STRONG),
    "lep": (uv_models.LEP_BOUND.mass + _FLIP, 1.0),
}
_PRESETS: Mapping[str, Mapping[str, Any]] = {
    "natural": _SCALES,
    "loop": _SCALES,
    "leptoquark": _LEPTOQUARK,
    "vector-like lepton": _LEPTON,
}


@dataclass(frozen=True)
class TheoryLine:
    """A line d(M): the protocol of :class:`nudipole.constraint.Constraint`, of kind ``line``.

    Examples
    --------
    >>> natural, loop, *models = CONSTRAINTS
    >>> natural.kind, loop.limit([0.1], Direction("mu")).lower.shape
    ('line', (1,))
    """

    key: str
    title: str
    curve: Literal["natural", "loop", "leptoquark", "vector-like lepton"]
    citations: tuple[str, ...]
    kind: Kind = "line"
    basis: str = "first-principles"
    confidence_level: float = 0.5  # a line has none; the protocol wants a number
    flavors: tuple[str, ...] = DIRECTIONS

    @property
    def presets(self) -> tuple[str, ...]:
        """Scales Lambda of new physics or masses and couplings of a model, ``default`` first."""
        return tuple(_PRESETS[self.curve])

    @property
    def mass_range(self) -> tuple[float, float]:
        """Masses [GeV] between which the line is drawn: everywhere on the plane, of a model well below its charged states."""
        return 1e-9, 1e3 if self.curve in ("natural", "loop") else 100.0

    def line(self, masses: npt.ArrayLike, preset: str = "default") -> FloatArray:
        """d [GeV^-1] of the line at each mass [GeV]."""
        masses = as_masses(masses)
        scale = self._chosen(preset)
        if self.curve == "natural":
            return effective.natural_coupling(masses, scale)
        if self.curve == "loop":
            return np.full(masses.shape, float(effective.loop_estimate(scale, units.HIGGS_VEV / np.sqrt(2.0))))
        inside = masses <= self.mass_range[1]
        return np.where(inside, float(self._origin(preset).d), np.nan)

    def _origin(self, preset: str) -> uv_models.Origin:
        """The model of this line."""
        mass, coupling = self._chosen(preset)
        if self.curve == "leptoquark":
            return uv_models.leptoquark(mass, coupling, coupling)
        return uv_models.vector_like_lepton(mass, coupling, coupling)

    def test_statistic(self, portals: Sequence[Portal], preset: str = "default") -> FloatArray:
        """(d / d_line)^2 of each point: above one is beyond the line. No statistical meaning."""
        couplings = np.array([np.sqrt(portal.decay_strength) for portal in portals])
        line = self.line([portal.mass for portal in portals], preset)
        return np.divide(couplings, line, out=np.full(couplings.shape, np.inf), where=line > 0) ** 2

    def critical_value(self, cl: float | None = None, preset: str = "default") -> float:
        """One: the line itself, whatever the confidence level."""
        if cl is not None:
            check_confidence_level(cl)
        self._chosen(preset)
        return 1.0

    def limit(
        self, masses: npt.ArrayLike, direction: Direction, cl: float | None = None, preset: str = "default"
    ) -> Limit:
        """The line as the lower edge of an interval that is open above; the confidence level has no effect.

        Raises
        ------
        DomainError
            If a mass is negative or ``cl`` is not between 0 and 1.
        UnknownNameError
            If there is no such preset.
        """
        if cl is not None:
            check_confidence_level(cl)
        line = self.line(masses, preset) / np.sqrt(direction.decay_norm)
        return Limit(
            self.key,
            direction,
            self.confidence_level if cl is None else cl,
            as_masses(masses),
            tuple((Interval(float(d)),) if np.isfinite(d) else () for d in line),
            self.kind,
            self.basis,
            preset,
            self.citations,
            ("an estimate of theory, not an exclusion", self._assumed(preset)),
        )

    def _assumed(self, preset: str) -> str:
        """What a preset takes, in words."""
        chosen = self._chosen(preset)
        if self.curve in ("natural", "loop"):
            return f"Lambda = {chosen:g} GeV"
        found = self._origin(preset)
        return f"charged state at {float(found.charged_mass):g} GeV, couplings of {chosen[1]:.3g}"

    def explain(self, preset: str = "default") -> dict[str, Any]:
        """What a preset takes: Lambda [GeV], or the charged state of a model with what colliders say of it."""
        chosen = self._chosen(preset)
        if self.curve in ("natural", "loop"):
            usual = _SCALES["default"]
            differs = {} if chosen == usual else {"scale_GeV": {"default": usual, preset: chosen}}
            return {"preset": preset, "scale_GeV": chosen, "differs": differs}
        found = self._origin(preset)
        told = {
            "charged_mass_GeV": float(found.charged_mass),
            "couplings": chosen[1],
            "induced_dirac_mass_GeV": float(found.induced_mass),
        }
        usual = _PRESETS[self.curve]["default"]
        names = zip(("mass_GeV", "couplings"), usual, chosen, strict=True)
        differs = {name: {"default": a, preset: b} for name, a, b in names if a != b}
        bound = {"mass_GeV": found.bound.mass, "assumption": found.bound.assumption, "source": found.bound.source}
        return {"preset": preset, **told, "collider_bound": bound, "differs": differs}

    def _chosen(self, preset: str) -> Any:
        check_choice(f"preset of {self.key}", preset, _PRESETS[self.curve])
        return _PRESETS[self.curve][preset]


CONSTRAINTS: tuple[Constraint, ...] = (
    TheoryLine("naturalness", "Naturalness of neutrino masses", "natural", ("Bell:2005kz", "Magill:2018jla")),
    TheoryLine("uv-loop", "One loop at 1 TeV", "loop", ("Magill:2018jla",)),
    TheoryLine("uv-leptoquark", "Leptoquark at 800 GeV", "leptoquark", ("Brdar:2020quo", "ATLAS:2019qpq")),
    TheoryLine(
        "uv-vector-like-lepton",
        "Vector-like leptons at 790 GeV",
        "vector-like lepton",
        ("Babu:2020ivd", "CMS:2019hsm", "L3:2001xsz"),
    ),
)
