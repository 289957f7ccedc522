"""What comes along with the photon's dipole above the electroweak scale: dipoles of the Z and the W."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from nudipole import units
from nudipole.errors import DomainError, check_choice, number

_CANCELLED = 1e-6  # of d_gamma against d_B: d_Z and d_W would be a million times d


@dataclass(frozen=True)
class Completion:
    r"""What comes along above the electroweak scale.

    ``photon``: the operator with F alone. ``gauge``: the SU(2)xU(1) operators d_W and d_B with d_W = ratio d_B, which
    bring :math:`d_Z = d\,(a c_W - 2 s_W)/(2 c_W + a s_W)` and :math:`d_W = \sqrt2\, a\, d/(2 c_W + a s_W)`, a = ratio.

    Parameters
    ----------
    kind : {"photon", "gauge"}
        Which of the two.
    ratio : float
        Of the coefficients, d_W / d_B; looked at for ``gauge`` alone.

    Examples
    --------
    >>> round(Completion("gauge", 0.0).z_over_gamma, 3)
    -0.548
    """

    kind: Literal["photon", "gauge"] = "photon"
    ratio: float = 0.0

    def __post_init__(self) -> None:
        check_choice("completion", self.kind, ("photon", "gauge"))
        object.__setattr__(self, "ratio", number("d_W / d_B", self.ratio))
        if not np.isfinite(self.ratio):
            raise DomainError(f"d_W / d_B must be finite, got {self.ratio}")
        sine, cosine = _weak_mixing()
        if self.kind == "gauge" and abs(2 * cosine + self.ratio * sine) < _CANCELLED * cosine:
            raise DomainError(f"d_W / d_B = {self.ratio:g} cancels the photon's coupling: there is no d to scan")

    @property
    def z_over_gamma(self) -> float:
        """d_Z / d_gamma (0 for photon only)."""
        if self.kind == "photon":
            return 0.0
        sine, cosine = _weak_mixing()
        return (self.ratio * cosine - 2 * sine) / (2 * cosine + self.ratio * sine)

    @property
    def w_over_gamma(self) -> float:
        """d_W / d_gamma (0 for photon only)."""
        if self.kind == "photon":
            return 0.0
        sine, cosine = _weak_mixing()
        return float(np.sqrt(2.0) * self.ratio / (2 * cosine + self.ratio * sine))

    @property
    def largest_over_gamma(self) -> float:
        """The largest of d_gamma, abs(d_Z) and abs(d_W), over d_gamma: what the scale of the operator is to be judged by."""
        return max(1.0, abs(self.z_over_gamma), abs(self.w_over_gamma))

    @property
    def label(self) -> str:
        """In words, with what it brings.

        Examples
        --------
        >>> Completion().label
        'photon alone, d_Z = d_W = 0'
        >>> Completion("gauge", 0.0).label
        'd_W/d_B = 0, which brings d_Z = -0.548 d and d_W = 0 d'
        """
        if self.kind == "photon":
            return "photon alone, d_Z = d_W = 0"
        brought = f"d_Z = {self.z_over_gamma:.3g} d and d_W = {self.w_over_gamma:.3g} d"
        return f"d_W/d_B = {self.ratio:g}, which brings {brought}"


def _weak_mixing() -> tuple[float, float]:
    sine2 = units.SIN2_THETA_W_MSBAR
    return float(np.sqrt(sine2)), float(np.sqrt(1.0 - sine2))
