r"""Signals of an e+ e- collider that need no detector: rates that a publication bounds as they stand.

* the total cross section of e+ e- -> nu N;
* the same inside a cone. N flies within :math:`|\cos\theta|<c`; its photon, isotropic in the rest frame of N and so flat
  in x = 2 E_gamma / sqrt(s) from r = M^2/s to 1, is counted if it stays within an angle alpha of N and above an energy:

  .. math::

      A = \frac{2c(s+M^2)-\frac23c^3(s-M^2)}{\frac43(s+2M^2)}\;\frac{1-x_0}{1-r},\qquad
      x_0=\max\Bigl(\frac{2E_{\min}}{\sqrt s},\ \frac{r}{r+(1-r)\sin^2(\alpha/2)}\Bigr),

  since a photon of energy fraction x leaves N at (1-r) sin^2(angle/2) = r (1-x)/x. The heavier N, the wider its photons:
  the rate falls faster than phase space;
* Z -> nu N with N unseen, and Z -> nu N, N -> nu gamma, which come with d_Z.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, check_non_negative, check_positive
from nudipole.portal import Direction
from nudipole.processes.collisions import annihilation
from nudipole.processes.decays import gauge_decays
from nudipole.signals.decay_in_flight import DecayWidths, decay_rate, decay_widths
from nudipole.signals.lepton_collider.mono_photon import exchanges
from nudipole.signals.template import SignalTemplate

FloatArray = npt.NDArray[np.float64]
_AT_ONCE = 1e60  # kappa [1/m per GeV^-2] of an N whose path does not matter


def total_cross_section(masses: npt.ArrayLike, direction: Direction, sqrt_s: float) -> FloatArray:
    """sigma(e+ e- -> nu N), both lepton-number states, per d^2, in pb GeV^2; shape of ``masses`` [GeV]."""
    check_positive(sqrt_s=sqrt_s)
    sigma = sum(part * annihilation.cross_section(sqrt_s**2, masses, "e", *to) for part, to in exchanges(direction))
    return 2.0 * np.asarray(sigma) * direction.decay_norm / units.PICOBARN


def prompt_templates(rate: FloatArray, masses: FloatArray, direction: Direction) -> list[SignalTemplate]:
    """The same rates where an extra width takes its share of the decays, at once and wherever N is: D / (D + X) stay."""
    extra = decay_widths(masses, direction).extra
    norm = direction.decay_norm
    return [
        SignalTemplate.from_nodes([[r]], _AT_ONCE, 0.0, 1.0, 1.0, norm, float(x))
        for r, x in zip(rate, extra, strict=True)
    ]


def cone_fraction(
    masses: npt.ArrayLike, sqrt_s: float, cosine_max: float, opening_deg: float, energy_min: float = 0.0
) -> FloatArray:
    r"""Fraction A of e+ e- -> nu N, N -> nu gamma with N and its photon inside the cone of the module's formula.

    Parameters
    ----------
    masses : array_like
        M [GeV].
    sqrt_s : float
        [GeV].
    cosine_max : float
        c in (0, 1].
    opening_deg : float
        alpha in (0, 180] degrees.
    energy_min : float
        [GeV].

    Returns
    -------
    ndarray
        Shape of ``masses``; zero at and above sqrt(s).

    Raises
    ------
    DomainError
        If a mass or energy is negative or an angle out of range.

    Examples
    --------
    >>> round(float(cone_fraction(1.0, 91.2, 1.0, 180.0)), 12)
    1.0
    >>> round(float(cone_fraction(91.2 - 1e-9, 91.2, 1.0, 60.0)), 6)  # at rest: the solid angle
    0.25
    """
    check_non_negative(masses=masses, energy_min=energy_min)
    check_positive(sqrt_s=sqrt_s, cosine_max=cosine_max, opening_deg=opening_deg)
    if cosine_max > 1.0 or opening_deg > 180.0:
        raise DomainError(f"a cone needs cosine_max <= 1 and opening_deg <= 180, got {cosine_max:g}, {opening_deg:g}")
    r = np.minimum(np.asarray(masses, dtype=float) / sqrt_s, 1.0) ** 2
    inside = (2.0 * cosine_max * (1.0 + r) - 2.0 / 3.0 * cosine_max**3 * (1.0 - r)) / (4.0 / 3.0 * (1.0 + 2.0 * r))
    wide = r / (r + (1.0 - r) * np.sin(0.5 * np.radians(opening_deg)) ** 2)
    room = np.maximum(1.0 - r, 1e-16)
    return inside * np.clip((1.0 - np.maximum(wide, 2.0 * energy_min / sqrt_s)) / room, 0.0, 1.0) * (r < 1.0)


def z_invisible_template(mass: float, direction: Direction, radius: float) -> SignalTemplate:
    """Width of Z -> nu N with N leaving a sphere of this radius [m] undecayed: one bin, GeV per d^2; 0 for d_Z = 0."""
    width = float(gauge_decays.z_pair_width(mass, direction.completion.z_over_gamma)) * direction.decay_norm
    if width == 0.0 or mass == 0.0:
        return SignalTemplate.from_counts([width])
    kappa, decays = _z_daughter(mass, direction)
    norm = direction.decay_norm
    return SignalTemplate.from_nodes([[width]], kappa, radius, np.inf, 1.0, norm, float(decays.extra))


def z_photon_template(mass: float, direction: Direction, radius: float) -> SignalTemplate:
    """Branching fraction of Z -> nu N, N -> nu gamma inside a sphere, photon above the cut of the search, per d^2."""
    rate = float(gauge_decays.z_pair_width(mass, direction.completion.z_over_gamma)) / units.Z_WIDTH
    if rate == 0.0 or mass == 0.0:
        return SignalTemplate.from_counts([0.0])
    energetic = gauge_decays.z_to_photon_fraction(mass, gauge_decays.Z_TO_PHOTON_ENERGY, direction.nature)
    weight = rate * direction.decay_norm * float(energetic)
    kappa, decays = _z_daughter(mass, direction)
    visible, norm = float(decays.photon), direction.decay_norm
    return SignalTemplate.from_nodes([[weight]], kappa, 0.0, radius, visible, norm, float(decays.extra))


Z_TEMPLATES = {"z-invisible": z_invisible_template, "z-photon": z_photon_template}


def _z_daughter(mass: float, direction: Direction) -> tuple[float, DecayWidths]:
    """kappa [1/m per D] and decays of an N of this mass from a Z at rest."""
    momentum = 0.5 * units.Z_MASS * (1.0 - (mass / units.Z_MASS) ** 2)
    decays = decay_widths(mass, direction)
    return float(decay_rate(decays.total, mass, momentum)), decays
