r"""Neutral pseudoscalars into a photon, a neutrino and N: the Dalitz-like decay P0 -> gamma nu N.

Through P0 -> gamma gamma* and gamma* -> nu N. With x = q^2/m_P^2 (q the virtual photon), y = M^2/m_P^2 and theta the
angle between N and the real photon in the rest frame of q, for one lepton-number state:

.. math::

    \frac{1}{d^2\,\Gamma(P^0\to\gamma\gamma)}\frac{d\Gamma}{dx\,d\cos\theta} &= \frac{m_P^2}{16\pi^2}\,
        (1-x)^3\Bigl(1-\frac yx\Bigr)^2\Bigl[1+\frac{3y}x-\Bigl(1-\frac yx\Bigr)\cos2\theta\Bigr]|F(xm_P^2)|^2, \\
    \frac{\Gamma(P^0\to\gamma\nu N)}{d^2\,\Gamma(P^0\to\gamma\gamma)} &= \frac{m_P^2}{6\pi^2}\,J(y), \\
    J(y) &= \tfrac14-3y-9y^2+11y^3+\tfrac34y^4-(9y^2+6y^3)\ln y \quad (F = 1).

Review Eqs. (18)-(20) with d for its mu and F_P = 92 MeV; its width estimate after (20) refers to the wrong function
(docs: errata). F is the electromagnetic transition form factor, 1 at q^2 = 0: ``point`` sets it to 1, ``pole`` uses the
single-pole fits to Dalitz decays, which raise the width of eta by a quarter and that of eta' more than twofold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import check_between, check_choice, check_finite, check_non_negative
from nudipole.processes.mesons.phase_space import endpoint_nodes, legendre

FloatArray = npt.NDArray[np.float64]
FORM_FACTORS = ("point", "pole")
_CLOSED_FORM_BELOW = 0.2  # the closed form of J loses digits above


@dataclass(frozen=True)
class NeutralMeson:
    """A neutral pseudoscalar.

    Parameters
    ----------
    particle : str
        Its name in the ``particle`` package.
    diphoton_fraction : float
        BR(P -> gamma gamma).
    pole, pole_width : float
        Lambda and gamma [GeV] of ``|F|^2 = Lambda^2 (Lambda^2 + gamma^2) / [(Lambda^2 - q^2)^2 + Lambda^2 gamma^2]``.
    """

    particle: str
    diphoton_fraction: float
    pole: float
    pole_width: float = 0.0

    @property
    def mass(self) -> float:
        """[GeV]."""
        return units.particle_mass(self.particle)

    @property
    def diphoton_width(self) -> float:
        """Gamma(P -> gamma gamma) [GeV]."""
        return self.diphoton_fraction * units.particle_width(self.particle)

    def form_factor2(self, q2: npt.ArrayLike) -> FloatArray:
        """``|F(q^2)|^2``, q^2 in GeV^2."""
        check_finite(q2=q2)
        q2, square, damping = np.asarray(q2, dtype=float), self.pole**2, (self.pole * self.pole_width) ** 2
        return (square**2 + damping) / ((square - q2) ** 2 + damping)


#: BR: PDG 2024 (Navas:2024pdg). Poles: pi0 slope 0.0335 (PDG), eta Lambda^-2 = 1.95 GeV^-2 (average of A2 and NA60),
#: eta' Lambda = 0.79, gamma = 0.13 GeV (BESIII:2015zpz). From memory of these, not re-read.
NEUTRAL_MESONS: Mapping[str, NeutralMeson] = {
    "pi0": NeutralMeson("pi0", 0.98823, 0.1349768 / np.sqrt(0.0335)),
    "eta": NeutralMeson("eta", 0.3936, 1 / np.sqrt(1.95)),
    "eta'": NeutralMeson("eta'(958)", 0.02307, 0.79, 0.13),
}


def reduced_width(y: npt.ArrayLike) -> FloatArray:
    r"""J(y) = int_y^1 dx (1-x)^3 (1-y/x)^2 (1+2y/x), dimensionless; J(0) = 1/4, J(1) = 0, ~ (1-y)^6/20 near 1.

    The closed form below y = 0.2, Gauss-Legendre above, where the closed form cancels: relative error below 1e-12.

    Parameters
    ----------
    y : array_like
        M^2 / m_P^2 >= 0; zero for y >= 1.

    Examples
    --------
    >>> float(reduced_width(0.0))
    0.25
    """
    check_non_negative(y=y)
    y = np.asarray(y, dtype=float)
    small = np.clip(y, 0.0, _CLOSED_FORM_BELOW)
    log = np.log(np.where(small > 0, small, 1.0))
    closed = 0.25 - 3 * small - 9 * small**2 + 11 * small**3 + 0.75 * small**4 - (9 * small**2 + 6 * small**3) * log
    large = np.clip(y, _CLOSED_FORM_BELOW, 1.0)[..., None]
    node, weight = legendre(40)
    fraction = 0.5 * (1.0 + node)
    span = 1.0 - large
    x = large + span * fraction
    integrand = (1 - fraction) ** 3 * (fraction / x) ** 2 * (1 + 2 * large / x)
    integral = np.sum(0.5 * weight * integrand, axis=-1) * span[..., 0] ** 6
    return np.where(y < _CLOSED_FORM_BELOW, closed, integral)


def angular_spectrum(x: npt.ArrayLike, cosine: npt.ArrayLike, meson: str, hnl_mass: npt.ArrayLike) -> FloatArray:
    r"""dGamma/(dx dcos theta) / d^2 [GeV^3] for F = 1, one lepton-number state (equation on top).

    Parameters
    ----------
    x : array_like
        q^2 / m_P^2; zero outside y < x < 1.
    cosine : array_like
        Of the angle between N and the photon in the rest frame of q.
    meson : {"pi0", "eta", "eta'"}
    hnl_mass : array_like
        M [GeV].
    """
    neutral = _meson(meson)
    check_non_negative(x=x, hnl_mass=hnl_mass)
    check_between(-1.0, 1.0, cosine=cosine)
    x, cosine = np.asarray(x, dtype=float), np.asarray(cosine, dtype=float)
    y = (np.asarray(hnl_mass, dtype=float) / neutral.mass) ** 2
    inside = (x > y) & (x < 1)
    ratio = np.where(inside, y / np.where(inside, x, 1.0), 1.0)
    bracket = 1 + 3 * ratio - (1 - ratio) * (2 * cosine**2 - 1)
    shape = (1 - x) ** 3 * (1 - ratio) ** 2 * bracket
    return np.where(inside, neutral.diphoton_width * neutral.mass**2 / (16 * np.pi**2) * shape, 0.0)


def width(meson: str, hnl_mass: npt.ArrayLike, form_factor: str = "point") -> FloatArray:
    r"""Gamma(P0 -> gamma nu N) / d^2 [GeV^3], one lepton-number state.

    Parameters
    ----------
    meson : {"pi0", "eta", "eta'"}
    hnl_mass : array_like
        M [GeV]; the width is zero for M >= m_P.
    form_factor : {"point", "pole"}

    Raises
    ------
    UnknownNameError
        If the meson or the form factor is not listed.
    DomainError
        If a mass is negative or not finite.

    Examples
    --------
    >>> f"{1e-12 * float(width('pi0', 0.0)) / units.particle_width('pi0'):.1e}"
    '7.6e-17'
    """
    neutral = _meson(meson)
    check_choice("form factor", form_factor, FORM_FACTORS)
    check_non_negative(hnl_mass=hnl_mass)
    y = (np.asarray(hnl_mass, dtype=float) / neutral.mass) ** 2
    scale = neutral.diphoton_width * neutral.mass**2 / (6 * np.pi**2)
    if form_factor == "point":
        return scale * reduced_width(y)
    left, right, weight = endpoint_nodes(120)
    y = np.minimum(y, 1.0)[..., None]
    span = 1.0 - y
    x = y + span * left
    shape = (span * right) ** 3 * (span * left / x) ** 2 * (1 + 2 * y / x) * neutral.form_factor2(x * neutral.mass**2)
    return scale * np.sum(weight * span * shape, axis=-1)


def hnl_energy_nodes(
    meson: str, hnl_mass: float, form_factor: str = "point", nodes: tuple[int, int] = (40, 8)
) -> tuple[FloatArray, FloatArray]:
    r"""Energies of N [GeV] in the rest frame of P0 and the width per d^2 [GeV^3] each carries; isotropic.

    E_N = (E_q E* - p_q p* cos theta) / sqrt(q^2) with E* = (q^2 + M^2) / 2 sqrt(q^2) and the photon opposite to q.
    The weights add up to :func:`width`.

    Parameters
    ----------
    nodes : tuple of int
        Number of nodes in x (tanh-sinh) and in cos theta (Gauss-Legendre).
    """
    neutral = _meson(meson)
    check_choice("form factor", form_factor, FORM_FACTORS)
    check_non_negative(hnl_mass=hnl_mass)
    m, y = neutral.mass, (hnl_mass / neutral.mass) ** 2
    if y >= 1:
        return np.zeros(0), np.zeros(0)
    left, _, weight_x = endpoint_nodes(nodes[0])
    cosine, weight_c = legendre(nodes[1])
    x = (y + (1 - y) * left)[:, None]
    density = angular_spectrum(x, cosine, meson, hnl_mass)
    if form_factor == "pole":
        density = density * neutral.form_factor2(x * m**2)
    energy = 0.25 * m * ((1 + x) * (1 + y / x) - (1 - x) * (1 - y / x) * cosine)
    weight = density * weight_x[:, None] * (1 - y) * weight_c
    keep = weight > 0
    return energy[keep], weight[keep]


def _meson(name: str) -> NeutralMeson:
    check_choice("neutral meson", name, NEUTRAL_MESONS)
    return NEUTRAL_MESONS[name]
