"""e+ e- -> nu_e nubar_e gamma with Z, W and the photon off the W: all tree diagrams with explicit spinors.

An independent oracle for radiator times sigma_0(s (1 - x)), which is exact for the Z alone. Unitary gauge; massless
left-handed electrons (the W sees no others).
"""

import numpy as np

from nudipole import units
from tests import dirac

G = np.stack(dirac.GAMMA)
SCALE = 2 * np.sqrt(2) * units.FERMI_CONSTANT


def left_spinor(p):
    """u of a massless left-handed particle, and up to a phase v of its antiparticle."""
    column = dirac.P_LEFT @ dirac.slash(p) @ np.array([1.0, 0.3, 0.2 - 0.1j, 0.7], dtype=complex)
    return column * np.sqrt(2 * p[0] / (column.conj() @ column).real)


def dot(a, b):
    return a @ dirac.METRIC @ b


def line(left, *matrices):
    """left-bar times matrices times the last spinor, for each gamma^mu marked by Ellipsis."""
    return np.array([_chain(left, [m if part is ... else part for part in matrices]) for m in G])


def _chain(left, parts):
    row = left.conj() @ dirac.GAMMA[0]
    for part in parts:
        row = row @ part
    return row


def amplitude(p1, p2, k1, k2, k, polarisation, with_z=True):
    """The amplitude for one photon polarisation (upper index), couplings e and 2 sqrt(2) G_F taken out."""
    w2, z2 = units.W_MASS**2, units.Z_MASS**2
    electron, positron, nu, nubar = (left_spinor(p) for p in (p1, p2, k1, k2))
    eps = dirac.slash(polarisation)
    after = dirac.slash(p1 - k) @ eps / (-2 * dot(p1, k))
    before = eps @ dirac.slash(k - p2) / (-2 * dot(p2, k))

    def propagator(q):
        return (dirac.METRIC - np.outer(q, q) / w2) / (dot(q, q) - w2)

    q1, q2 = p1 - k1, k2 - p2  # the W- before and after the photon
    down, up = line(nu, ..., electron), line(positron, ..., nubar)
    a, b = (dirac.METRIC @ down) @ propagator(q1), propagator(q2) @ (dirac.METRIC @ up)
    charged = dot(line(nu, ..., after, electron), b) + dot(a, line(positron, before, ..., nubar))
    charged += dot(a, b) * dot(q1 + q2, polarisation)
    charged += dot(b, polarisation) * dot(k - q2, a) - dot(polarisation, a) * dot(k + q1, b)
    if not with_z:
        return w2 * charged
    virtual = dot(k1 + k2, k1 + k2)
    pole = z2 / (virtual - z2 + 1j * virtual * units.Z_WIDTH / units.Z_MASS) * (units.SIN2_THETA_W_MSBAR - 0.5)
    neutral = dot(line(positron, ..., after, electron) + line(positron, before, ..., electron), line(nu, ..., nubar))
    return pole * neutral - w2 * charged  # one exchange of fermions


def momenta(s, x, cosine, neutrino_cosine, azimuth):
    """A photon in the x-z plane, and the neutrinos back to back in their own frame."""
    half = 0.5 * np.sqrt(s)
    p1, p2 = half * np.array([1, 0, 0, 1.0]), half * np.array([1, 0, 0, -1.0])
    k = x * half * np.array([1, np.sqrt(1 - cosine**2), 0, cosine])
    pair = p1 + p2 - k
    mass, sine = np.sqrt(dot(pair, pair)), np.sqrt(1 - neutrino_cosine**2)
    rest = 0.5 * mass * np.array([1, sine * np.cos(azimuth), sine * np.sin(azimuth), neutrino_cosine])
    velocity, gamma = pair[1:] / pair[0], pair[0] / mass
    along = velocity @ rest[1:]
    space = rest[1:] + ((gamma - 1) * along / (velocity @ velocity) + gamma * rest[0]) * velocity
    k1 = np.array([gamma * (rest[0] + along), *space])
    return p1, p2, k1, pair - k1, k


def distribution(s, x, cosine, polar_nodes=10, azimuths=6):
    """d^2 sigma / dx dcos(theta) [GeV^-2] of unpolarised beams, left-handed electrons only."""
    total = 0.0
    node, weight = np.polynomial.legendre.leggauss(polar_nodes)
    for polar, share in zip(node, weight, strict=True):
        for azimuth in (np.arange(azimuths) + 0.5) * np.pi / azimuths:  # even in the azimuth
            points = momenta(s, x, cosine, polar, azimuth)
            for e in (np.array([0, cosine, 0, -np.sqrt(1 - cosine**2)]), np.array([0, 0, 1.0, 0])):
                total += share / azimuths / 2 * abs(amplitude(*points, e)) ** 2
    squared = total * SCALE**2 * 4 * np.pi * units.ALPHA
    return squared / 4 / (2 * s) * s * x / (32 * np.pi**2) / (8 * np.pi)


def factorised(s, x, cosine, radiator):
    """The radiator times sigma_0 at s (1 - x) of the same helicity."""
    reduced = s * (1 - x)
    node, weight = np.polynomial.legendre.leggauss(64)
    t, u = -0.5 * reduced * (1 - node), -0.5 * reduced * (1 + node)
    z2 = units.Z_MASS**2
    z = z2 / (reduced - z2 + 1j * reduced * units.Z_WIDTH / units.Z_MASS) * (units.SIN2_THETA_W_MSBAR - 0.5)
    w = units.W_MASS**2 / (t - units.W_MASS**2)
    return radiator * SCALE**2 * np.sum(weight * u**2 * abs(z + w) ** 2) / (32 * np.pi * reduced)
