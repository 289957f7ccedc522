r"""Lines of theory on the same plane: ``naturalness`` and ``uv-loop``. They exclude nothing.

``naturalness``: above :func:`nudipole.effective.natural_coupling` the dipole's own loop gives light neutrinos more than
their mass by the seesaw, unless a symmetry forbids it. ``uv-loop``: the dipole that one loop of particles of mass Lambda
makes, :func:`nudipole.effective.loop_estimate` with a chirality flip of v / sqrt(2) (review Eq. 4); larger ones ask for
lighter particles. Both are orders of magnitude; the presets move Lambda.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nudipole import effective, units
from nudipole.constraint import Constraint, Interval, Kind, Limit, as_masses
from nudipole.errors import check_choice
from nudipole.inference.counting import check_confidence_level
from nudipole.portal import DIRECTIONS, Direction, Portal

FloatArray = npt.NDArray[np.float64]
_SCALES: Mapping[str, float] = {"default": 1e3, "lambda-1tev": 1e3, "lambda-10tev": 1e4, "lambda-300gev": 300.0}  # GeV


@dataclass(frozen=True)
class TheoryLine:
    """A line d(M): the protocol of :class:`nudipole.constraint.Constraint`, of kind ``line``.

    Examples
    --------
    >>> natural, loop = CONSTRAINTS
    >>> natural.kind, loop.limit([0.1], Direction("mu")).lower.shape
    ('line', (1,))
    """

    key: str
    title: str
    curve: Literal["natural", "loop"]
    citations: tuple[str, ...]
    kind: Kind = "line"
    basis: str = "first-principles"
    confidence_level: float = 0.5  # a line has none; the protocol wants a number
    flavors: tuple[str, ...] = DIRECTIONS

    @property
    def presets(self) -> tuple[str, ...]:
        """Scales Lambda of new physics, ``default`` (1 TeV) first."""
        return tuple(_SCALES)

    @property
    def mass_range(self) -> tuple[float, float]:
        """Masses [GeV] between which the line is drawn: everywhere on the plane."""
        return 1e-9, 1e3

    def line(self, masses: npt.ArrayLike, preset: str = "default") -> FloatArray:
        """d [GeV^-1] of the line at each mass [GeV]."""
        masses = as_masses(masses)
        scale = self._scale(preset)
        if self.curve == "natural":
            return effective.natural_coupling(masses, scale)
        return np.full(masses.shape, float(effective.loop_estimate(scale, units.HIGGS_VEV / np.sqrt(2.0))))

    def test_statistic(self, portals: Sequence[Portal], preset: str = "default") -> FloatArray:
        """(d / d_line)^2 of each point: above one is beyond the line. No statistical meaning."""
        couplings = np.array([np.sqrt(portal.decay_strength) for portal in portals])
        line = self.line([portal.mass for portal in portals], preset)
        return np.divide(couplings, line, out=np.full(couplings.shape, np.inf), where=line > 0) ** 2

    def critical_value(self, cl: float | None = None, preset: str = "default") -> float:
        """One: the line itself, whatever the confidence level."""
        if cl is not None:
            check_confidence_level(cl)
        self._scale(preset)
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
            tuple((Interval(float(d)),) for d in line),
            self.kind,
            self.basis,
            preset,
            self.citations,
            ("an estimate of theory, not an exclusion", f"Lambda = {self._scale(preset):g} GeV"),
        )

    def explain(self, preset: str = "default") -> dict[str, Any]:
        """Lambda [GeV] of a preset."""
        scale = self._scale(preset)
        differs = {} if scale == _SCALES["default"] else {"scale_GeV": {"default": _SCALES["default"], preset: scale}}
        return {"preset": preset, "scale_GeV": scale, "differs": differs}

    def _scale(self, preset: str) -> float:
        check_choice(f"preset of {self.key}", preset, _SCALES)
        return _SCALES[preset]


CONSTRAINTS: tuple[Constraint, ...] = (
    TheoryLine("naturalness", "Naturalness of neutrino masses", "natural", ("Bell:2005kz", "Magill:2018jla")),
    TheoryLine("uv-loop", "One loop at 1 TeV", "loop", ("Magill:2018jla",)),
)
