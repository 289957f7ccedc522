r"""Charged pseudoscalars into a lepton, a photon and N through an off-shell neutrino, P -> l (nu* -> gamma N).

With x = q^2/m_P^2 (q the off-shell neutrino), r_l = m_l^2/m_P^2, r_N = M^2/m_P^2 and theta the angle between N and l in
the rest frame of q (review Eqs. 21-24 with d for its mu and f_pi = 130 MeV):

.. math::

    \frac{d\Gamma}{dx\,d\cos\theta} &= \frac{G_F^2|V|^2f_P^2d^2m_P^5}{64\pi^3}\,\lambda^{1/2}(1,x,r_\ell)
      \Bigl(1-\frac{r_N}x\Bigr)^3\left[x(1-x)+(1+2x)r_\ell-r_\ell^2+(x-r_\ell)\lambda^{1/2}\cos\theta\right], \\
    \Gamma &= \frac{G_F^2|V|^2f_P^2d^2m_P^5}{32\pi^3}\,\mathcal J(r_\ell, r_N), \\
    \frac{\Gamma(P\to\ell\gamma N)}{\Gamma(P\to\ell\nu)} &= \frac{d^2m_P^4}{4\pi^2m_\ell^2}
      \frac{\mathcal J}{(1-r_\ell)^2}.

No helicity suppression: the electron mode wins for pions. The charge of P fixes the lepton number: one state for Dirac
and for Majorana N alike. The review's Eqs. (25), (26), (A.5) do not describe this (docs: errata). Below: the Standard
Model widths P -> l nu and, for Appendix A.3.1, the inner bremsstrahlung P -> l nu gamma. The four-body modes are in
:mod:`nudipole.processes.mesons.four_body_meson`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, check_between, check_choice, check_non_negative
from nudipole.processes.mesons.phase_space import endpoint_nodes, legendre

FloatArray = npt.NDArray[np.float64]
LEPTONS = tuple(units.LEPTON_MASS)
_NODES = 160
_SOFTEST = 1e-10  # of 2 E_gamma / m_P: below, the distance to the soft edge has no digits


@dataclass(frozen=True)
class ChargedMeson:
    """A charged pseudoscalar: its name in the ``particle`` package, decay constant f_P [GeV] and CKM element."""

    particle: str
    decay_constant: float
    ckm: float

    @property
    def mass(self) -> float:
        """[GeV]."""
        return units.particle_mass(self.particle)

    @property
    def weak_strength(self) -> float:
        """``G_F^2 |V|^2 f_P^2`` [GeV^-2]."""
        return (units.FERMI_CONSTANT * self.ckm * self.decay_constant) ** 2


#: Decay constants: FLAG 2021 averages (Aoki:2021kgd); CKM: PDG 2024 (Navas:2024pdg); from memory, not re-read.
#: tests/processes/mesons/test_charged_meson.py holds the resulting P -> l nu widths against the measured ones.
CHARGED_MESONS: Mapping[str, ChargedMeson] = {
    "pi": ChargedMeson("pi+", 0.1302, 0.97367),
    "K": ChargedMeson("K+", 0.1557, 0.2243),
    "D": ChargedMeson("D+", 0.2120, 0.2210),
    "Ds": ChargedMeson("D(s)+", 0.2499, 0.9750),
    "B": ChargedMeson("B+", 0.1900, 3.82e-3),
}


def reduced_width(ratio_lepton: npt.ArrayLike, ratio_hnl: npt.ArrayLike) -> FloatArray:
    r"""J(r_l, r_N), the integral of the bracket on top over x, from r_N to (1 - sqrt(r_l))^2; dimensionless.

    For r_l -> 0 it is 1/12 - r - 3 r^2 + 11 r^3/3 + r^4/4 - (3 r^2 + 2 r^3) ln r, r = r_N. Tanh-sinh quadrature,
    relative error below 1e-10; zero where the decay is closed.

    Parameters
    ----------
    ratio_lepton, ratio_hnl : array_like
        m_l^2/m_P^2 and M^2/m_P^2, >= 0, broadcast.

    Examples
    --------
    >>> bool(abs(reduced_width(0.0, 0.0) * 12 - 1) < 1e-10)
    True
    """
    check_non_negative(ratio_lepton=ratio_lepton, ratio_hnl=ratio_hnl)
    x, root, weight, r_l, r_n = _virtuality(ratio_lepton, ratio_hnl, _NODES)
    left = np.where(x > 0, 1 - r_n / np.where(x > 0, x, 1.0), 0.0)
    integrand = root * left**3 * (x * (1 - x) + (1 + 2 * x) * r_l - r_l**2)
    return np.sum(weight * integrand, axis=-1)


def angular_spectrum(
    x: npt.ArrayLike, cosine: npt.ArrayLike, meson: str, lepton: str, hnl_mass: npt.ArrayLike
) -> FloatArray:
    r"""dGamma(P -> l gamma N)/(dx dcos theta) / d^2 [GeV^3], equation on top.

    Parameters
    ----------
    x : array_like
        q^2/m_P^2; zero outside r_N < x < (1 - sqrt(r_l))^2.
    cosine : array_like
        Of the angle between N and l in the rest frame of q.
    meson, lepton : str
        Keys of :data:`CHARGED_MESONS` and :data:`LEPTONS`.
    hnl_mass : array_like
        M [GeV].
    """
    charged = _meson(meson, lepton)
    check_non_negative(x=x, hnl_mass=hnl_mass)
    check_between(-1.0, 1.0, cosine=cosine)
    x, cosine = np.asarray(x, dtype=float), np.asarray(cosine, dtype=float)
    root_l = units.LEPTON_MASS[lepton] / charged.mass
    r_l, r_n = root_l**2, (np.asarray(hnl_mass, dtype=float) / charged.mass) ** 2
    inside = (x > r_n) & (x < (1 - root_l) ** 2)
    safe = np.where(inside, x, 1.0)
    root = np.sqrt(np.maximum(((1 - root_l) ** 2 - safe) * ((1 + root_l) ** 2 - safe), 0.0))
    shape = root * (1 - r_n / safe) ** 3 * _lepton_factor(safe, r_l, root, cosine)
    return np.where(inside, _scale(charged) / 2 * shape, 0.0)


def width(meson: str, lepton: str, hnl_mass: npt.ArrayLike) -> FloatArray:
    r"""Gamma(P -> l gamma N) / d^2 [GeV^3], the one lepton-number state that the charge of P allows.

    Parameters
    ----------
    meson : {"pi", "K", "D", "Ds", "B"}
    lepton : {"e", "mu", "tau"}
        Needs the coupling d of this flavour.
    hnl_mass : array_like
        M [GeV]; the width is zero for M >= m_P - m_l.

    Raises
    ------
    UnknownNameError
        If meson or lepton is not listed.
    DomainError
        If a mass is negative or not finite.

    Examples
    --------
    >>> f"{1e-12 * float(width('K', 'e', 0.010)) / units.particle_width('K+'):.1e}"
    '7.6e-15'
    """
    charged = _meson(meson, lepton)
    check_non_negative(hnl_mass=hnl_mass)
    r_n = (np.asarray(hnl_mass, dtype=float) / charged.mass) ** 2
    return _scale(charged) * reduced_width((units.LEPTON_MASS[lepton] / charged.mass) ** 2, r_n)


def hnl_energy_nodes(
    meson: str, lepton: str, hnl_mass: float, nodes: tuple[int, int] = (40, 8)
) -> tuple[FloatArray, FloatArray]:
    r"""Energies of N [GeV] in the rest frame of P and the width per d^2 [GeV^3] each carries; isotropic.

    E_N = (E_q E* - p_q p* cos theta)/sqrt(q^2), E* = (q^2 + M^2)/2 sqrt(q^2), the lepton opposite to q. The weights add
    up to :func:`width`.
    """
    charged = _meson(meson, lepton)
    check_non_negative(hnl_mass=hnl_mass)
    m, r_n, r_l = charged.mass, (hnl_mass / charged.mass) ** 2, (units.LEPTON_MASS[lepton] / charged.mass) ** 2
    x, root, weight_x, _, _ = (v[..., None] for v in _virtuality(r_l, r_n, nodes[0]))
    cosine, weight_c = legendre(nodes[1])
    ratio = np.where(x > 0, r_n / np.where(x > 0, x, 1.0), 0.0)
    shape = root * (1 - ratio) ** 3 * _lepton_factor(x, r_l, root, cosine)
    weight = 0.5 * _scale(charged) * weight_x * weight_c * shape
    energy = 0.25 * m * ((1 + x - r_l) * (1 + ratio) - root * (1 - ratio) * cosine)
    keep = weight > 0
    return energy[keep], weight[keep]


def leptonic_width(meson: str, lepton: str) -> float:
    """Standard Model Gamma(P -> l nu) [GeV], tree level: ``G_F^2 |V|^2 f_P^2 m_P m_l^2 (1 - r_l)^2 / 8 pi``."""
    charged = _meson(meson, lepton)
    lepton_mass = units.LEPTON_MASS[lepton]
    gap = max(1.0 - (lepton_mass / charged.mass) ** 2, 0.0)
    return float(charged.weak_strength * charged.mass * lepton_mass**2 * gap**2 / (8 * np.pi))


def bremsstrahlung_spectrum(x: npt.ArrayLike, y: npt.ArrayLike, meson: str, lepton: str) -> FloatArray:
    r"""Standard Model dGamma(P -> l nu gamma)/(dx dy) [GeV], inner bremsstrahlung, x = 2E_gamma/m_P, y = 2E_l/m_P.

    .. math:: \frac{\alpha}{2\pi}\frac{\Gamma(P\to\ell\nu)}{(1-r)^2}\,\frac{1-y+r}{x^2(x+y-1-r)}
              \left[x^2+2(1-x)(1-r)-\frac{2xr(1-r)}{x+y-1-r}\right], \qquad r = r_\ell .

    Zero outside 0 < x < 1 - r, 1 - x + r/(1-x) < y < 1 + r. Structure-dependent radiation, which takes over in the
    electron mode at high photon energy, is left out. Source: Bryman:1982em; checked against explicit traces.

    Examples
    --------
    >>> bool(bremsstrahlung_spectrum(0.2, 1.55, "pi", "mu") > 0)
    True
    """
    charged = _meson(meson, lepton)
    check_non_negative(x=x, y=y)
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    r = (units.LEPTON_MASS[lepton] / charged.mass) ** 2
    if np.any((x > 0) & (x < _SOFTEST)):
        raise DomainError(f"the spectrum of soft photons diverges: x must be 0 or above {_SOFTEST:g}")
    inside = (x > 0) & (x < 1 - r) & (y < 1 + r)
    safe = np.where(inside, x, 0.5 * (1 - r))
    inside &= y > 1 - safe + r / (1 - safe)
    gap = np.where(inside, safe + y - 1 - r, 1.0)
    bracket = safe**2 + 2 * (1 - safe) * (1 - r) - 2 * safe * r * (1 - r) / gap
    density = (1 - y + r) / (safe**2 * gap) * bracket / (1 - r) ** 2
    return np.where(inside, units.ALPHA / (2 * np.pi) * leptonic_width(meson, lepton) * density, 0.0)


def _lepton_factor(x: FloatArray, r_l: npt.ArrayLike, root: FloatArray, cosine: FloatArray) -> FloatArray:
    """x(1-x) + (1+2x) r_l - r_l^2 + (x - r_l) lambda^(1/2) cos(theta)."""
    r_l = np.asarray(r_l, dtype=float)
    return x * (1 - x) + (1 + 2 * x) * r_l - r_l**2 + (x - r_l) * root * cosine


def _virtuality(
    ratio_lepton: npt.ArrayLike, ratio_hnl: npt.ArrayLike, nodes: int
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Nodes x in (r_N, (1 - sqrt r_l)^2), lambda^(1/2)(1, x, r_l), weights, and r_l, r_N; a new last axis for nodes."""
    r_l, r_n = np.broadcast_arrays(np.asarray(ratio_lepton, dtype=float), np.asarray(ratio_hnl, dtype=float))
    r_l, r_n = r_l[..., None], r_n[..., None]
    left, right, weight = endpoint_nodes(nodes)
    span = np.where(np.sqrt(r_l) + np.sqrt(r_n) < 1, (1 - np.sqrt(r_l)) ** 2 - r_n, 0.0)
    root = np.sqrt(span * right * (span * right + 4 * np.sqrt(r_l)))
    return r_n + span * left, root, weight * span, r_l, r_n


def _scale(charged: ChargedMeson) -> float:
    return float(charged.weak_strength * charged.mass**5 / (32 * np.pi**3))


def _meson(meson: str, lepton: str) -> ChargedMeson:
    check_choice("charged meson", meson, CHARGED_MESONS)
    check_choice("lepton", lepton, LEPTONS)
    return CHARGED_MESONS[meson]
