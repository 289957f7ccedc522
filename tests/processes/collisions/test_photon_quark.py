"""gamma q -> nu N q: integrals of explicit Dirac traces, the collinear logarithm, and where it closes."""

import numpy as np
import pytest

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.processes.collisions import annihilation, photon_quark
from tests import dirac


def squared(s, t, q2):
    """-g -g sum of |M(gamma q -> gamma* q)|^2 over spins, without couplings: two diagrams, traces, no formula."""
    s, t, q2 = np.broadcast_arrays(s, t, q2)
    half, out, zero = 0.5 * np.sqrt(s), 0.5 * (s - q2) / np.sqrt(s), np.zeros(s.shape)
    cosine = 1 + t / (2 * half * out)
    sine = np.sqrt(1 - cosine**2)
    k, p = dirac.vector(half, zero, zero, half), dirac.vector(half, zero, zero, -half)
    after = dirac.vector(out, out * sine, zero, out * cosine)
    total, crossed = dirac.slash(p + k), dirac.slash(after - k)
    total, crossed = total / s[..., None, None], crossed / t[..., None, None]
    result = np.zeros(s.shape)
    for mu in range(4):
        for nu in range(4):
            first, second = dirac.GAMMA[mu], dirac.GAMMA[nu]
            amplitude = second @ total @ first + first @ crossed @ second
            spins = dirac.trace(dirac.slash(after), amplitude, dirac.slash(p), dirac.bar(amplitude))
            result += np.real(spins) * dirac.METRIC[mu, mu] * dirac.METRIC[nu, nu]
    return result


def integrated(s, mass, quark, cut, nodes=32):
    """Three-body phase space in q^2 and t; gamma* -> nu N from e+ e- -> gamma* -> nu N, itself tested against traces."""
    node, weight = np.polynomial.legendre.leggauss(nodes)
    node, weight = 0.5 * (node + 1), 0.5 * weight
    largest = s - 2 * np.sqrt(s) * cut
    # q^2 = q2_max - r^2: the end, where p_T meets the cut, has a square root; panels towards the threshold
    q2_edges = mass**2 + (largest - mass**2) * np.array([0.0, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0])
    edges = np.sqrt(largest - q2_edges)
    r = (edges[1:, None] + (edges[:-1] - edges[1:])[:, None] * node).reshape(-1, 1)
    q2, q2_weight = largest - r**2, 2 * r * ((edges[:-1] - edges[1:])[:, None] * weight).reshape(-1, 1)
    momentum = 0.5 * (s - q2) / np.sqrt(s)
    rapidity = np.arccosh(momentum / cut)  # p_T > cut
    y = rapidity * (2 * node - 1)
    cosine = np.tanh(y)
    jacobian = 2 * np.sqrt(s) / 2 * momentum * (1 - cosine**2) * 2 * rapidity * weight
    t = -np.sqrt(s) * momentum * (1 - cosine)
    e2 = 4 * np.pi * units.ALPHA
    # sigma(e+ e-) = e^2 R / 2 q^4 for one state, int J J* = (-g + q q / q^2) R
    both = 2 * 2 * q2**2 * annihilation.cross_section(q2, mass, "e") / e2
    charge4 = {"u": 16 / 81, "d": 1 / 81}[quark]
    rate = squared(s, t, q2) / 4 * e2**2 * charge4 / q2**2 * both / (2 * np.pi)
    return float(np.sum(rate / (2 * s) / (8 * np.pi * s) * jacobian * q2_weight))


@pytest.mark.parametrize(
    ("sqrt_s", "mass", "quark", "cut"),
    [(500.0, 60.0, "u", 30.0), (500.0, 200.0, "d", 10.0), (2000.0, 700.0, "u", 300.0), (13.0, 0.5, "d", 2.0)],
)
def test_agrees_with_integrated_dirac_traces(sqrt_s, mass, quark, cut):
    ours = float(photon_quark.cross_section(sqrt_s**2, mass, quark, cut, nodes=512))
    assert ours == pytest.approx(integrated(sqrt_s**2, mass, quark, cut), rel=1e-8, abs=0)
    assert float(photon_quark.cross_section(sqrt_s**2, mass, quark, cut)) == pytest.approx(ours, rel=1e-4, abs=0)


def test_a_smaller_cut_adds_a_logarithm_and_no_more():
    s = 500.0**2
    steps = np.diff([float(photon_quark.cross_section(s, 1.0, "u", cut)) for cut in (1.0, 0.1, 0.01)])
    assert steps[0] == pytest.approx(steps[1], rel=0.01, abs=0)
    assert steps[0] > 0


def test_bad_input_is_a_named_error():
    with pytest.raises(DomainError):
        photon_quark.cross_section(-1.0, 1.0, "u", 10.0)
    with pytest.raises(DomainError):
        photon_quark.cross_section(1e4, -1.0, "u", 10.0)
    with pytest.raises(UnknownNameError):
        photon_quark.cross_section(1e4, 1.0, "t", 10.0)
