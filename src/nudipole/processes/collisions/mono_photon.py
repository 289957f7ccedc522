r"""One photon and missing energy in e+ e- collisions: e+ e- -> nu N gamma and e+ e- -> nu nubar gamma.

At order d and without a W the photon of e+ e- -> nu N gamma comes from the incoming pair alone: the nu N gamma operator
has no two-photon piece (W exchange: :mod:`nudipole.processes.collisions.mono_photon_w`). For massless e and s-channel exchange the
exact tree-level form is, x = 2 E_gamma / sqrt(s),

.. math::

    \frac{d^2\sigma}{dx\,d\cos\theta} = \frac{\alpha}{\pi x}\left[\frac{1+(1-x)^2}{\sin^2\theta}-\frac{x^2}{2}\right]
    \sigma_0\bigl(s(1-x)\bigr), \qquad x < 1-\frac{M^2}{s},

for photon and Z exchange alike. The same radiator times the Standard Model sigma_0(e+ e- -> nu nubar) gives the
irreducible background: exact for Z exchange, and for W exchange exact in the soft, the collinear and the infinite-m_W
limits (what is left out, the change of the W virtuality under wide-angle emission and the photon off the W, is 1.4 % of
the cross section in a LEP2 acceptance at 189 GeV). Invisible further photons along the beams are resummed by the structure function
of Kuraev and Fadin, H(x, s), with which any cross section is folded at s(1 - x).

Checked against the squared two-diagram amplitude in tests/processes/collisions/test_mono_photon.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, check_count, check_finite, check_non_negative, check_positive
from nudipole.processes.collisions import annihilation

FloatArray = npt.NDArray[np.float64]
CrossSection = Callable[[FloatArray], FloatArray]
RHO = 1.005  # effective rho of leptons on the Z, 1.0050 +- 0.0010 (ALEPH:2005ab; from memory, not re-read)


def radiator(x: npt.ArrayLike, cosine: npt.ArrayLike) -> FloatArray:
    r"""(alpha / pi x) { [1 + (1-x)^2] / sin^2(theta) - x^2 / 2 }, both incoming legs, massless electrons.

    Parameters
    ----------
    x : array_like
        2 E_gamma / sqrt(s), in (0, 1].
    cosine : array_like
        cos(theta_gamma), strictly inside (-1, 1): the photon must be away from the beam (theta >> m_e / E).

    Returns
    -------
    ndarray
        d^2 sigma / dx dcos(theta) / sigma_0(s (1 - x)).

    Raises
    ------
    DomainError
        If x is outside (0, 1] or the photon lies on the beam axis.
    """
    x, cosine = _fraction(x), np.asarray(cosine, dtype=float)
    check_finite(cosine=cosine)
    if np.any(np.abs(cosine) >= 1.0):
        raise DomainError("the massless radiator diverges along the beam; cos(theta) must lie inside (-1, 1)")
    return units.ALPHA / (np.pi * x) * ((1.0 + (1.0 - x) ** 2) / (1.0 - cosine**2) - 0.5 * x**2)


def radiator_integral(x: npt.ArrayLike, cosine_max: npt.ArrayLike) -> FloatArray:
    r""":func:`radiator` integrated over :math:`|\cos\theta|<c`: 2 alpha/(pi x) {[1+(1-x)^2] artanh(c) - c x^2/2}.

    Raises
    ------
    DomainError
        If c is outside [0, 1).
    """
    x, c = _fraction(x), np.asarray(cosine_max, dtype=float)
    check_non_negative(cosine_max=c)
    if np.any(c >= 1.0):
        raise DomainError("cosine_max must be below 1")
    return 2.0 * units.ALPHA / (np.pi * x) * ((1.0 + (1.0 - x) ** 2) * np.arctanh(c) - 0.5 * c * x**2)


def signal_distribution(
    x: npt.ArrayLike,
    cosine: npt.ArrayLike,
    s: float,
    hnl_mass: npt.ArrayLike,
    z_over_gamma: float = 0.0,
) -> FloatArray:
    r"""d^2 sigma(e+ e- -> nu Nbar gamma) / dx dcos(theta) / d^2, one lepton-number state, exact at tree level.

    Photon and Z exchange; with d_W the electron flavour has W exchange too (:mod:`nudipole.processes.collisions.mono_photon_w`).

    Parameters
    ----------
    x, cosine : array_like
        As in :func:`radiator`.
    s : float
        [GeV^2].
    hnl_mass : array_like
        M [GeV].
    z_over_gamma : float
        d_Z / d_gamma.

    Returns
    -------
    ndarray
        Dimensionless; zero for x >= 1 - M^2 / s.
    """
    check_positive(s=s)
    check_non_negative(hnl_mass=hnl_mass)
    x = _fraction(x)
    reduced = np.maximum(s * (1.0 - x), 1e-12 * s)
    inside = s * (1.0 - x) > np.asarray(hnl_mass, dtype=float) ** 2
    sigma = annihilation.cross_section(reduced, hnl_mass, "e", z_over_gamma)
    return np.where(inside, radiator(x, cosine) * sigma, 0.0)


def neutrino_pair_cross_section(s: npt.ArrayLike, flavors: int = 3, nodes: int = 48) -> FloatArray:
    r"""sigma(e+ e- -> nu nubar) [GeV^-2] in the Standard Model: Z for every flavour, W in the t channel for nu_e.

    .. math::

        \frac{d\sigma}{dc} = \frac{1}{32\pi s}\left[u^2|A_L|^2+t^2|A_R|^2\right], \quad
        A_\chi = \frac{4\sqrt2G_Fm_Z^2\,g_\chi\,\tfrac12}{s-m_Z^2+is\Gamma_Z/m_Z}
        \Bigl[+\frac{2\sqrt2G_Fm_W^2\cdot 2\cdot\frac12}{t-m_W^2}\Bigr]_{\chi=L,\nu_e},

    t = -s(1-c)/2, u = -s(1+c)/2. G_F scheme, sin^2(theta_eff) = 0.23122, running-width propagator, and the effective
    rho = 1.005 of the leptons on the Z :cite:`ALEPH:2005ab`: with it the peak is the measured one to 0.2 %.

    Parameters
    ----------
    s : array_like
        [GeV^2].
    flavors : int
        Number of light neutrinos, of which one is nu_e.
    nodes : int
        Gauss-Legendre nodes in c.
    """
    check_positive(s=s)
    check_count(flavors=flavors)
    s = np.asarray(s, dtype=float)
    cosine, weight = _legendre(nodes)
    sine2 = units.SIN2_THETA_W_MSBAR
    scale = 2.0 * np.sqrt(2.0) * units.FERMI_CONSTANT
    z = RHO * scale * units.Z_MASS**2 / (s - units.Z_MASS**2 + 1j * s * units.Z_WIDTH / units.Z_MASS)
    w = -scale * units.W_MASS**2 / (0.5 * s[..., None] * (1.0 - cosine) + units.W_MASS**2)
    forward = weight * (1.0 + cosine) ** 2  # u^2 = (s/2)^2 (1 + c)^2, of which the integral is 8/3; t^2 alike
    z_alone = flavors * 8.0 / 3.0 * ((0.5 - sine2) ** 2 + sine2**2) * np.abs(z) ** 2
    with_w = (w**2) @ forward + 2.0 * (sine2 - 0.5) * z.real * (w @ forward)
    return s / (128.0 * np.pi) * (z_alone + with_w)


def visible_cross_section(
    sigma: CrossSection,
    s: float,
    x_min: float,
    cosine_max: float,
    x_transverse_min: float = 0.0,
    x_max: float = 1.0,
    radiation: bool = False,
    nodes: int = 32,
) -> FloatArray:
    r"""int dx dcos(theta) of the radiator times sigma(s (1 - x)) inside a photon acceptance.

    Parameters
    ----------
    sigma : callable
        sigma_0(s') of the invisible pair, array in, array out; may carry further axes in front.
    s : float
        [GeV^2].
    x_min, x_max : float
        Range of 2 E_gamma / sqrt(s).
    cosine_max : float
        :math:`|\cos\theta|` below this.
    x_transverse_min : float
        x sin(theta) above this.
    radiation : bool
        Fold in further, unseen photons along the beams: :func:`structure_function` with Q^2 = s sin^2(theta_0/2) up to
        the edge theta_0 of the acceptance; the boost along the beam is left out.
    nodes : int
        Gauss-Legendre nodes in each of the panels, which are split at the radiative return to the Z.

    Returns
    -------
    ndarray
        In the unit of ``sigma``, with its leading axes.
    """
    check_positive(s=s, cosine_max=cosine_max)
    check_non_negative(x_min=x_min, x_transverse_min=x_transverse_min)
    low = max(x_min, x_transverse_min)
    if not 0.0 < low < x_max <= 1.0:
        raise DomainError(f"a photon acceptance needs 0 < x_min < x_max <= 1, got {low:g}, {x_max:g}")

    def bare(energy2: FloatArray) -> FloatArray:
        stretch = np.sqrt(s / energy2)  # cuts are on the photon's energy, x is relative to the energy that is left
        start, stop = np.minimum(low * stretch, 1.0), np.minimum(x_max * stretch, 1.0)
        pole = 1.0 - units.Z_MASS**2 / energy2
        gap = units.Z_MASS * units.Z_WIDTH / energy2
        inner = [np.clip(pole + k * gap, start, stop) for k in (-20, -5, -1, 1, 5, 20)]
        x, weight = _panels(np.stack([start, *inner, stop], axis=-1), nodes)
        x = np.clip(x, 1e-15, 1.0 - 1e-12)
        transverse = x_transverse_min * stretch[..., None] / x
        cut = np.minimum(cosine_max, np.sqrt(np.maximum(1.0 - transverse**2, 0.0)))
        return np.sum(weight * radiator_integral(x, cut) * sigma(energy2[..., None] * (1.0 - x)), axis=-1)

    if not radiation:
        return bare(np.asarray(s, dtype=float))
    pole = 1.0 - units.Z_MASS**2 / s
    breaks = tuple(x for x in (0.5 * pole, pole - 0.1, pole - 0.03, pole, pole + 0.03) if 0.0 < x < 1.0)
    return convolve(bare, s, x_max=1.0 - low**2, scale2=0.5 * s * (1.0 - cosine_max), breaks=breaks, nodes=nodes)


def structure_function(x: npt.ArrayLike, s: npt.ArrayLike, scale2: npt.ArrayLike | None = None) -> FloatArray:
    r"""H(x, s): density of the fraction x of s lost to radiation from both incoming legs, exponentiated O(alpha^2).

    .. math::

        H = \beta x^{\beta-1}\Bigl[1+\tfrac{\alpha}{\pi}\bigl(\tfrac{\pi^2}{3}-\tfrac12\bigr)+\tfrac34\beta
            -\tfrac{\beta^2}{24}\bigl(\tfrac L3+2\pi^2-\tfrac{37}{4}\bigr)\Bigr] - \beta\bigl(1-\tfrac x2\bigr)
            +\tfrac{\beta^2}{8}\Bigl[4(2-x)\ln\tfrac1x-\tfrac{1+3(1-x)^2}{x}\ln(1-x)-6+x\Bigr],

    :math:`\beta = (2\alpha/\pi)(L-1)`, L = ln(Q^2/m_e^2), Q^2 = s unless ``scale2`` is given [GeV^2] (photons inside a
    beam cone theta_0: Q^2 = s sin^2(theta_0 / 2)). Kuraev and Fadin, Eq. (28) of :cite:`Kuraev:1985hb`; good to 0.1 %.
    """
    x = _fraction(x)
    beta, logarithm = _beta(s if scale2 is None else scale2)
    return beta * x ** (beta - 1.0) * _soft(beta, logarithm) + _hard(x, beta)


def convolve(
    sigma: CrossSection,
    s: float,
    x_max: float = 1.0,
    scale2: float | None = None,
    breaks: tuple[float, ...] = (),
    nodes: int = 24,
) -> FloatArray:
    r"""int_0^{x_max} H(x, s) sigma(s (1 - x)) dx, in u = x^beta, which takes the soft singularity out exactly.

    Parameters
    ----------
    sigma : callable
        sigma(s') for an array of s'; may carry further axes in front.
    s : float
        [GeV^2].
    x_max : float
        Largest loss, 1 - (threshold) / s.
    scale2 : float, optional
        Q^2 [GeV^2] of :func:`structure_function`.
    breaks : tuple of float
        Values of x between which sigma is smooth.
    nodes : int
        Gauss-Legendre nodes in each panel.

    Examples
    --------
    >>> bool(abs(convolve(lambda s: np.ones_like(s), 91.2**2) - 1.0) < 0.02)
    True
    """
    check_positive(s=s, x_max=x_max)
    beta, logarithm = _beta(s if scale2 is None else scale2)
    inner = sorted({x for x in (1e-4, 0.01, 0.1, 0.5, 0.9, 0.99, *breaks) if 0.0 < x < x_max})
    edges = np.array([0.0, *inner, x_max]) ** beta
    u, weight = _panels(edges, nodes)
    x = np.clip(u ** (1.0 / beta), 1e-300, x_max * (1.0 - 1e-14))
    density = _soft(beta, logarithm) + _hard(x, beta) * x ** (1.0 - beta) / beta
    return np.sum(weight * density * sigma(s * (1.0 - x)), axis=-1)


def bhabha_veto_energy(cosine: npt.ArrayLike, sqrt_s: float, veto_cosine: float) -> FloatArray:
    r"""E_gamma [GeV] above which e+ e- gamma cannot fake a single photon: sqrt(s) / (1 + sin(theta)/sin(theta_b)).

    Both electrons must then leave their beam pipes at :math:`|\cos\theta_b|` = ``veto_cosine`` or more and balance the
    transverse momentum of the photon :cite:`Zhang:2022spf`.
    """
    check_finite(cosine=cosine)
    if np.any(np.abs(cosine) > 1.0):
        raise DomainError("cosine must lie between -1 and 1")
    if not -1.0 < veto_cosine < 1.0:
        raise DomainError(f"veto_cosine must lie between -1 and 1, got {veto_cosine:g}")
    check_positive(sqrt_s=sqrt_s)
    cosine = np.asarray(cosine, dtype=float)
    if not 0.0 < veto_cosine < 1.0:
        raise DomainError(f"veto_cosine must lie in (0, 1), got {veto_cosine:g}")
    return sqrt_s / (1.0 + np.sqrt(1.0 - cosine**2) / np.sqrt(1.0 - veto_cosine**2))


def _soft(beta: FloatArray, logarithm: FloatArray) -> FloatArray:
    first = 1.0 + units.ALPHA / np.pi * (np.pi**2 / 3.0 - 0.5) + 0.75 * beta
    return np.asarray(first - beta**2 / 24.0 * (logarithm / 3.0 + 2.0 * np.pi**2 - 37.0 / 4.0))


def _hard(x: FloatArray, beta: FloatArray) -> FloatArray:
    first = -beta * (1.0 - 0.5 * x)
    logs = -4.0 * (2.0 - x) * np.log(x) - (1.0 + 3.0 * (1.0 - x) ** 2) / x * np.log1p(-np.minimum(x, 1.0 - 1e-15))
    return first + beta**2 / 8.0 * (logs - 6.0 + x)


def _beta(scale2: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    check_positive(scale2=scale2)
    logarithm = np.log(np.asarray(scale2, dtype=float) / units.ELECTRON_MASS**2)
    if np.any(logarithm <= 1.0):
        raise DomainError("initial-state radiation needs a scale well above the electron mass")
    return 2.0 * units.ALPHA / np.pi * (logarithm - 1.0), logarithm


def _fraction(x: npt.ArrayLike) -> FloatArray:
    check_positive(x=x)
    x = np.asarray(x, dtype=float)
    if np.any(x > 1.0):
        raise DomainError(f"x = 2 E_gamma / sqrt(s) must lie in (0, 1], got {np.max(x):g}")
    return x


def _panels(edges: FloatArray, nodes: int) -> tuple[FloatArray, FloatArray]:
    """Composite Gauss-Legendre nodes and weights between edges (..., n + 1); shape (..., n * nodes)."""
    node, weight = _legendre(nodes)
    low, half = edges[..., :-1, None], 0.5 * np.diff(edges, axis=-1)[..., None]
    shape = (*edges.shape[:-1], -1)
    return (low + half * (node + 1.0)).reshape(shape), (half * weight).reshape(shape)


@functools.cache
def _legendre(nodes: int) -> tuple[FloatArray, FloatArray]:
    check_count(nodes=nodes)
    node, weight = np.polynomial.legendre.leggauss(nodes)
    return np.asarray(node), np.asarray(weight)
