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
from nudipole.processes.mesons.charged_meson import CHARGED_MESONS, LEPTONS, ChargedMeson
from nudipole.processes.mesons.phase_space import boost, endpoint_nodes, legendre

FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]
_PAIR_NODES, _VIRTUALITY_NODES = 48, 80
_EXCHANGE_NODES = {"e": (11, 6, 20, 12, 9), "mu": (8, 6, 10, 10, 6), "tau": (8, 6, 10, 10, 6)}
_AZIMUTH = 0.1  # angle [rad] below which nodes are equally dense


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
        Zero for M >= m_P - m_l - 2 m_l'. Relative error 1e-6 for distinct leptons, 1e-4 for equal
        ones.

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
def _exchange_width(meson: str, lepton: str, hnl_mass: float, nodes: tuple[int, ...] | None = None) -> float:
    """int Re(M_1 M_2^*) dPhi_4 / 2 m_P / d^2 [GeV^3] by nested Gauss quadrature of the five-dimensional phase space.

    The integrand is symmetric in the equal leptons, so it is taken with 2 k_2^2 / (k_1^2 + k_2^2), which leaves the pole in
    k_1^2 alone; that is flat in u, k_1^2 = 4 m^2 cosh^2 u. Nodes in u, q_1^2, the angle of the pair, and of its lepton.
    """
    charged, mass = CHARGED_MESONS[meson], units.LEPTON_MASS[lepton]
    momenta, measure = _four_body_nodes(charged.mass, mass, hnl_mass, nodes or _EXCHANGE_NODES[lepton])
    first, second, antilepton, _ = momenta
    own, other = _square(second + antilepton), _square(first + antilepton)
    amplitude = exchange_product(charged, *momenta, hnl_mass=hnl_mass)
    return float(np.sum(measure * 2 * other / (own + other) * amplitude) / (2 * charged.mass))


def exchange_product(
    charged: ChargedMeson,
    first: FloatArray,
    second: FloatArray,
    antilepton: FloatArray,
    hnl: FloatArray,
    hnl_mass: float | None = None,
) -> FloatArray:
    """Sum over spins of Re(M_1 M_2^*) / d^2 [GeV^2] for four-momenta of shape (n, 4) [GeV]; the equal leptons first.

    From explicit spinors; ``hnl_mass`` [GeV] is that of the momenta where it is not given.
    """
    mass = np.sqrt(np.maximum(_square(antilepton), 0.0))
    heavy = np.sqrt(np.maximum(_square(hnl), 0.0)) if hnl_mass is None else np.full(len(hnl), hnl_mass)
    one, two = (_particle_spinors(p, mass) for p in (first, second))
    positron, neutral = _antiparticle_spinors(antilepton, mass), _antiparticle_spinors(hnl, heavy)
    parent = _slash(first + second + antilepton + hnl)
    direct = _amplitude(parent, one, two, positron, neutral, second + antilepton + hnl, second + antilepton)
    swapped = _amplitude(parent, two, one, positron, neutral, first + antilepton + hnl, first + antilepton)
    product = np.einsum("nabph,nbaph->n", direct, np.conj(swapped))
    return np.asarray(8 * charged.weak_strength * 4 * np.pi * units.ALPHA * np.real(product))


def _amplitude(
    parent: ComplexArray,
    weak: ComplexArray,
    pair: ComplexArray,
    positron: ComplexArray,
    neutral: ComplexArray,
    neutrino: FloatArray,
    photon: FloatArray,
) -> ComplexArray:
    """[ubar_1 P-slash P_L q-slash sigma_{rho lambda} k^lambda P_R v_N] [ubar_2 gamma^rho v_+] / (q^2 k^2).

    Axes: event, spins of the lepton at the weak vertex, of the lepton and antilepton of the pair, and of N.
    """
    gamma, metric = _gamma(), (1.0, -1.0, -1.0, -1.0)
    gamma5 = 1j * gamma[0] @ gamma[1] @ gamma[2] @ gamma[3]
    k = _slash(photon)
    left = weak @ parent @ (0.5 * (np.eye(4) - gamma5)) @ _slash(neutrino)
    right = 0.5 * (np.eye(4) + gamma5) @ neutral
    left_k, right_k = left @ k, k @ right
    total = np.zeros((len(k), 2, 2, 2, 2), dtype=np.complex128)
    for matrix, sign in zip(gamma, metric, strict=True):
        dipole = 0.5j * sign * (left @ (matrix @ right_k) - left_k @ (matrix @ right))
        current = pair @ (matrix @ positron)
        total += dipole[:, :, None, None, :] * current[:, None, :, :, None]
    return total / (_square(neutrino) * _square(photon))[:, None, None, None, None]


def _particle_spinors(p: FloatArray, mass: FloatArray) -> ComplexArray:
    """ubar of both spins as rows, (n, 2, 4): sum u ubar = p-slash + m."""
    norm = np.sqrt(p[:, 0] + mass)[:, None, None]
    u = (_slash(p) + mass[:, None, None] * np.eye(4))[:, :, :2] / norm
    return np.asarray(np.conj(np.swapaxes(u, 1, 2)) @ _gamma()[0])


def _antiparticle_spinors(p: FloatArray, mass: FloatArray) -> ComplexArray:
    """v of both spins as columns, (n, 4, 2): sum v vbar = p-slash - m."""
    norm = np.sqrt(p[:, 0] + mass)[:, None, None]
    return np.asarray((_slash(p) - mass[:, None, None] * np.eye(4))[:, :, 2:] / norm)


def _four_body_nodes(
    m: float, mass: float, hnl_mass: float, nodes: tuple[int, ...]
) -> tuple[tuple[FloatArray, FloatArray, FloatArray, FloatArray], FloatArray]:
    """Momenta (l, l', anti-l', N) in the rest frame of P and dPhi_4 of every node, azimuths over a half circle twice.

    Cosines are denser at both ends, 1 - cos ~ t^2, and the azimuth of l' where anti-l' comes near l: phi ~ e^t - 1.
    """
    fraction, share = zip(*(_unit(n) for n in nodes), strict=True)
    bend = np.log1p(np.pi / _AZIMUTH)
    turn = _AZIMUTH * np.expm1(bend * fraction[4])
    weights = [share[0], share[1], *(6 * x * (1 - x) * w for x, w in zip(fraction[2:4], share[2:4], strict=True))]
    weights.append(share[4] * bend * (turn + _AZIMUTH) / np.pi)
    values = [fraction[0], fraction[1], *(x**2 * (6 - 4 * x) - 1 for x in fraction[2:4]), turn]
    u, x, cosine, other, azimuth = (v.ravel() for v in np.meshgrid(*values, indexing="ij"))
    measure = functools.reduce(np.multiply.outer, weights).ravel()
    u_max = np.arccosh((m - mass - hnl_mass) / (2 * mass))
    pair = 2 * mass * np.cosh(u_max * u)
    low, high = (hnl_mass + pair) ** 2, (m - mass) ** 2
    virtual = np.sqrt(low + (high - low) * np.sin(0.5 * np.pi * x) ** 2)
    measure = measure * 8 * mass**2 * np.cosh(u_max * u) * np.sinh(u_max * u) * u_max
    measure = measure * (high - low) * 0.5 * np.pi * np.sin(np.pi * x) / (2 * np.pi) ** 2
    zero = np.zeros_like(pair)
    lepton, neutrino = _two_body(m + zero, mass + zero, virtual, 1.0 + zero, zero)
    photon, hnl = _two_body(virtual, pair, hnl_mass + zero, cosine, zero)
    minus, plus = _two_body(pair, mass + zero, mass + zero, other, azimuth)
    for whole, one in ((m, lepton), (virtual, photon), (pair, minus)):
        measure = measure * np.sqrt(np.sum(one[:, 1:] ** 2, axis=1)) / (4 * np.pi * whole)
    photon, hnl = boost(photon, neutrino), boost(hnl, neutrino)
    return (lepton, boost(minus, photon), boost(plus, photon), hnl), measure


def _unit(number: int) -> tuple[FloatArray, FloatArray]:
    """Gauss-Legendre nodes and weights on (0, 1)."""
    node, weight = legendre(number)
    return 0.5 * (1 + node), 0.5 * weight


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
def _gamma() -> ComplexArray:
    """Dirac matrices gamma^mu in the Dirac representation, shape (4, 4, 4)."""
    pauli = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    time = np.kron(np.diag([1.0, -1.0]), np.eye(2)).astype(complex)
    space = [np.kron(np.array([[0, 1], [-1, 0]]), sigma) for sigma in pauli]
    return np.stack([time, *space])


def _slash(p: FloatArray) -> ComplexArray:
    return np.einsum("nm,mij->nij", p * np.array([1.0, -1.0, -1.0, -1.0]), _gamma())


def _square(p: FloatArray) -> FloatArray:
    return p[:, 0] ** 2 - np.sum(p[:, 1:] ** 2, axis=1)
