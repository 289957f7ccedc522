r"""Charged pseudoscalars into three leptons and N, P -> l l'+ l'- N: the photon of P -> l gamma N turned into a pair.

For l' other than l the rate factorises exactly; s is the invariant mass squared of the pair, q the off-shell neutrino:

.. math::

    \frac{d\Gamma}{ds} &= \frac{\alpha}{3\pi s}\Bigl(1+\frac{2m'^2}s\Bigr)\sqrt{1-\frac{4m'^2}s}\;
        \Gamma(P\to\ell\gamma^*_sN), \\
    \frac{d\Gamma(P\to\ell\gamma^*_sN)}{dq^2\,d\cos\theta} &= \frac{G_F^2V^2f_P^2d^2}{64\pi^3m_P^3}
        \frac{\lambda^{1/2}(m_P^2,q^2,m_\ell^2)\,\lambda^{1/2}(q^2,M^2,s)}{q^6}\,[A L + B\cos\theta], \\
    A &= (q^2-M^2)^2-\tfrac s2(q^2+M^2)-\tfrac{s^2}2, \qquad
    L = q^2(m_P^2-q^2)+(2q^2+m_P^2)m_\ell^2-m_\ell^4, \\
    B &= (q^2-m_\ell^2)\,\lambda^{1/2}(m_P^2,q^2,m_\ell^2)\,(q^2-M^2-\tfrac s2)\,\lambda^{1/2}(q^2,M^2,s).

For l' = l the two equal leptons are antisymmetrised, Gamma = Gamma_distinct - int Re(M_1 M_2^*), with

.. math:: \mathcal M_1 = \frac{2\sqrt2\,G_FVf_P\,d\,e}{q_1^2k_1^2}\,[\bar u_1\,\slashed P P_L\slashed q_1
          \sigma_{\rho\lambda}k_1^\lambda P_R v_N]\,[\bar u_2\gamma^\rho v_+],

q_1 = P - p_1, k_1 = p_2 + p_+, and 1 <-> 2 in M_2: plus 43 % in K -> mu mu mu N, plus 3 % in pi -> e e e N.
The review's Eqs. (27)-(30) are incomplete or wrong (docs: errata section 7).
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import check_choice, check_non_negative
from nudipole.processes.charged_meson import CHARGED_MESONS, LEPTONS, ChargedMeson
from nudipole.processes.phase_space import boost, endpoint_nodes, legendre

FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]
_PAIR_NODES, _VIRTUALITY_NODES, _LATTICE = 48, 80, 1 << 14


def width(meson: str, lepton: str, pair: str, hnl_mass: float) -> float:
    r"""Gamma(P -> l l'+ l'- N) / d^2 [GeV^3], exact for distinct and for identical leptons.

    Parameters
    ----------
    meson : {"pi", "K", "D", "Ds", "B"}
    lepton, pair : {"e", "mu", "tau"}
        The lepton of the weak vertex (needs the coupling d of its flavour) and the flavour of the pair.
    hnl_mass : float
        M [GeV].

    Returns
    -------
    float
        Zero for M >= m_P - m_l - 2 m_l'. Relative error 1e-6 for distinct leptons, 1e-4 for three
        muons, 5e-4 for three electrons.

    Raises
    ------
    UnknownNameError, DomainError
        Unknown meson or lepton; mass negative or not finite.

    Examples
    --------
    >>> round(width("K", "mu", "mu", 0.050) / distinct_width("K", "mu", "mu", 0.050), 2)
    1.43
    """
    rate = distinct_width(meson, lepton, pair, hnl_mass)
    if pair == lepton and rate > 0:
        rate -= _exchange_width(meson, lepton, float(hnl_mass))
    return rate


def distinct_width(meson: str, lepton: str, pair: str, hnl_mass: float) -> float:
    """Gamma(P -> l l'+ l'- N) / d^2 [GeV^3] without the exchange of equal leptons."""
    return float(np.sum(_nodes(meson, lepton, pair, hnl_mass)[1]))


def hnl_energy_nodes(meson: str, lepton: str, pair: str, hnl_mass: float) -> tuple[FloatArray, FloatArray]:
    r"""Energies of N [GeV] in the rest frame of P and the width per d^2 [GeV^3] each carries; isotropic.

    Exact for l' other than l. For equal leptons the spectrum of the distinct case is scaled to the exact width: the
    exchange term's own shape is left out.
    """
    energy, weight = _nodes(meson, lepton, pair, hnl_mass)
    if pair == lepton and np.sum(weight) > 0:
        weight = weight * (width(meson, lepton, pair, hnl_mass) / np.sum(weight))
    return energy, weight


def _nodes(meson: str, lepton: str, pair: str, hnl_mass: float) -> tuple[FloatArray, FloatArray]:
    check_choice("charged meson", meson, CHARGED_MESONS)
    check_choice("lepton", lepton, LEPTONS)
    check_choice("lepton", pair, LEPTONS)
    check_non_negative(hnl_mass=hnl_mass)
    charged = CHARGED_MESONS[meson]
    m, m_l, m_pair = charged.mass, units.LEPTON_MASS[lepton], units.LEPTON_MASS[pair]
    largest = m - m_l - hnl_mass
    if largest <= 2 * m_pair:
        return np.zeros(0), np.zeros(0)
    # s = 4 m'^2 cosh^2 u removes the threshold of the pair: ds/s sqrt(1 - 4m'^2/s) = 2 tanh^2 u du
    left, _, weight_u = endpoint_nodes(_PAIR_NODES)
    u_max = np.arccosh(largest / (2 * m_pair))
    u = u_max * left[:, None, None]
    s = (2 * m_pair * np.cosh(u)) ** 2
    conversion = units.ALPHA / (3 * np.pi) * (1 + 2 * m_pair**2 / s) * 2 * np.tanh(u) ** 2
    conversion = conversion * u_max * weight_u[:, None, None]
    # q^2 between its limits, written in the distances to both
    low, high = (hnl_mass + np.sqrt(s)) ** 2, (m - m_l) ** 2
    span = np.maximum(high - low, 0.0)
    left, right, weight_q = (v[:, None] for v in endpoint_nodes(_VIRTUALITY_NODES))
    q2 = low + span * left
    root_l = np.sqrt(span * right * (span * right + 4 * m * m_l))
    root_n = np.sqrt(span * left * (span * left + 4 * hnl_mass * np.sqrt(s)))
    cosine, weight_c = legendre(6)
    a = (q2 - hnl_mass**2) ** 2 - 0.5 * s * (q2 + hnl_mass**2) - 0.5 * s**2
    lepton_factor = q2 * (m**2 - q2) + (2 * q2 + m**2) * m_l**2 - m_l**4
    b = (q2 - m_l**2) * root_l * (q2 - hnl_mass**2 - 0.5 * s) * root_n
    density = (
        charged.weak_strength / (64 * np.pi**3 * m**3) * root_l * root_n / q2**3 * (a * lepton_factor + b * cosine)
    )
    weight = conversion * span * weight_q * weight_c * density
    energy = ((m**2 + q2 - m_l**2) * (q2 + hnl_mass**2 - s) - root_l * root_n * cosine) / (4 * m * q2)
    keep = weight > 0
    return energy[keep], weight[keep]


# --- exchange of equal leptons ----------------------------------------------------------------------------------------


@functools.cache
def _exchange_width(meson: str, lepton: str, hnl_mass: float) -> float:
    """int Re(M_1 M_2^*) dPhi_4 / 2 m_P / d^2 [GeV^3], on a rank-one lattice over the five-dimensional phase space.

    The points follow the pole of M_1 in its pair mass with density 1 / J_1. The integrand is symmetric and has the pole
    of M_2 too, so it is taken with 2 / (1 / J_1 + 1 / J_2), as if half the points had the leptons exchanged.
    """
    charged, mass = CHARGED_MESONS[meson], units.LEPTON_MASS[lepton]
    momenta, jacobian = _four_body_points(charged.mass, mass, hnl_mass, _lattice(_LATTICE, 5))
    first, _, antilepton, hnl = momenta
    pair = np.sqrt(_square(first + antilepton))
    exchanged = _density(charged.mass, mass, hnl_mass, pair, np.sqrt(_square(first + antilepton + hnl)))
    weight = 2.0 / (1.0 / jacobian + 1.0 / np.maximum(exchanged, 1e-300))
    amplitude = exchange_product(charged, *momenta)
    return float(np.mean(weight * amplitude) / (2 * charged.mass))


def exchange_product(
    charged: ChargedMeson, first: FloatArray, second: FloatArray, antilepton: FloatArray, hnl: FloatArray
) -> FloatArray:
    """Sum over spins of Re(M_1 M_2^*) / d^2 [GeV^2] for four-momenta of shape (n, 4) [GeV]; the equal leptons first."""
    mass2 = first[:, 0] ** 2 - np.sum(first[:, 1:] ** 2, axis=1)
    mass = np.sqrt(np.maximum(mass2, 0.0))[:, None, None] * np.eye(4)
    gamma = _gamma()
    parent = first + second + antilepton + hnl
    chain = _slash(first) + mass
    left = _weak_dipole(parent, parent - first, second + antilepton)
    right = _bar(_weak_dipole(parent, parent - second, first + antilepton))
    # Tr[(p1 + m) G1_r pN G2bar_s (p2 + m) g^r (p+ - m) g^s] with both indices summed, lower on the dipole vertices
    inner = np.einsum("nij,nrjk,nkl,nslm->nrsim", chain, left, _slash(hnl), right, optimize=True)
    outer = np.einsum(
        "nij,rjk,nkl,slm->nrsim", _slash(second) + mass, gamma, _slash(antilepton) - mass, gamma, optimize=True
    )
    trace = np.einsum("nrsim,nrsmi->n", inner, outer, optimize=True)
    strength = 8 * charged.weak_strength * 4 * np.pi * units.ALPHA
    return strength * np.real(trace)


def _weak_dipole(parent: FloatArray, neutrino: FloatArray, photon: FloatArray) -> ComplexArray:
    """P-slash P_L q-slash sigma_{rho lambda} k^lambda P_R / (q^2 k^2) with rho lowered; shape (n, 4, 4, 4)."""
    gamma, metric = _gamma(), np.diag([1.0, -1.0, -1.0, -1.0])
    gamma5 = 1j * gamma[0] @ gamma[1] @ gamma[2] @ gamma[3]
    left, right = 0.5 * (np.eye(4) - gamma5), 0.5 * (np.eye(4) + gamma5)
    k = _slash(photon)
    lowered = np.einsum("rs,sij->rij", metric, gamma)
    sigma = 0.5j * (np.einsum("rij,njk->nrik", lowered, k) - np.einsum("nij,rjk->nrik", k, lowered))
    weak = _slash(parent) @ left @ _slash(neutrino)
    propagators = 1.0 / (_square(neutrino) * _square(photon))
    return propagators[:, None, None, None] * (weak[:, None] @ sigma @ right)


def _four_body_points(
    m: float, mass: float, hnl_mass: float, unit: FloatArray
) -> tuple[tuple[FloatArray, FloatArray, FloatArray, FloatArray], FloatArray]:
    """Momenta (l, l', anti-l', N) in the rest frame of P and dPhi_4 per unit hypercube volume, from points (n, 5)."""
    pair = 2 * mass * np.exp(unit[:, 0] * np.log((m - mass - hnl_mass) / (2 * mass)))
    virtual = hnl_mass + pair + unit[:, 1] * (m - mass - hnl_mass - pair)
    zero = np.zeros_like(pair)
    lepton, neutrino = _two_body(m + zero, mass + zero, virtual, 1.0 + zero, zero)
    photon, hnl = _two_body(virtual, pair, hnl_mass + zero, 2 * unit[:, 2] - 1, zero)
    minus, plus = _two_body(pair, mass + zero, mass + zero, 2 * unit[:, 3] - 1, 2 * np.pi * unit[:, 4])
    photon, hnl = boost(photon, neutrino), boost(hnl, neutrino)
    momenta = (lepton, boost(minus, photon), boost(plus, photon), hnl)
    return momenta, _density(m, mass, hnl_mass, pair, virtual)


def _density(m: float, mass: float, hnl_mass: float, pair: FloatArray, virtual: FloatArray) -> FloatArray:
    """dPhi_4 per unit hypercube volume at masses of the pair and of the off-shell neutrino [GeV]."""
    jacobian = 2 * pair**2 * np.log((m - mass - hnl_mass) / (2 * mass)) / (2 * np.pi)
    jacobian = jacobian * 2 * virtual * (m - mass - hnl_mass - pair) / (2 * np.pi)
    for whole, one, other in ((m, mass, virtual), (virtual, pair, hnl_mass), (pair, mass, mass)):
        gap = np.asarray((whole - one - other) * (whole - one + other) * (whole + one - other) * (whole + one + other))
        jacobian = jacobian * np.sqrt(np.maximum(gap, 0.0)) / (8 * np.pi * whole**2)
    return np.asarray(jacobian)


def _two_body(
    m: FloatArray, m1: FloatArray, m2: FloatArray, cosine: FloatArray, azimuth: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Back-to-back momenta of masses m1, m2 in the rest frame of m."""
    energy = (m**2 + m1**2 - m2**2) / (2 * m)
    p = np.sqrt(np.maximum(energy**2 - m1**2, 0.0))
    sine = np.sqrt(np.maximum(1 - cosine**2, 0.0))
    three = p[:, None] * np.stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine], axis=-1)
    first = np.concatenate([energy[:, None], three], axis=-1)
    second = np.concatenate([(m - energy)[:, None], -three], axis=-1)
    return first, second


@functools.cache
def _lattice(points: int, dimensions: int) -> FloatArray:
    """A rank-one (Kronecker) lattice in the unit cube, made periodic by the tent map; shape (points, dimensions)."""
    base = 2.0
    for _ in range(60):  # the real root of x^(d+1) = x + 1
        base = (1 + base) ** (1 / (dimensions + 1))
    steps = base ** -np.arange(1.0, dimensions + 1)
    fraction = np.modf(0.5 + np.arange(1, points + 1)[:, None] * steps)[0]
    return 1 - np.abs(2 * fraction - 1)


@functools.cache
def _gamma() -> ComplexArray:
    """Dirac matrices gamma^mu in the Dirac representation, shape (4, 4, 4)."""
    pauli = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    time = np.kron(np.diag([1.0, -1.0]), np.eye(2)).astype(complex)
    space = [np.kron(np.array([[0, 1], [-1, 0]]), sigma) for sigma in pauli]
    return np.stack([time, *space])


def _slash(p: FloatArray) -> ComplexArray:
    return np.einsum("nm,mij->nij", p * np.array([1.0, -1.0, -1.0, -1.0]), _gamma())


def _bar(vertex: ComplexArray) -> ComplexArray:
    time = _gamma()[0]
    return time @ np.conj(np.swapaxes(vertex, -1, -2)) @ time


def _square(p: FloatArray) -> FloatArray:
    return p[:, 0] ** 2 - np.sum(p[:, 1:] ** 2, axis=1)
