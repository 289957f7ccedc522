r"""gamma q -> nu N q: what is left of the review's "gamma q -> N q", which angular momentum forbids.

The quark turns the photon into a virtual one, gamma q -> gamma*(q^2) q, and gamma* -> nu N through the dipole. With the
rate of a virtual photon into nu N (both lepton-number states),

.. math::

    \frac{d\hat\sigma}{dq^2\,d\hat t} ={}& \frac{d^2}{6\pi^2}\Bigl(1-\frac{M^2}{q^2}\Bigr)^2
        \Bigl(1+\frac{2M^2}{q^2}\Bigr) \\ &\times\frac{2\pi\alpha^2Q^4}{\hat s^2}
        \Bigl[-\frac{\hat t}{\hat s}-\frac{\hat s}{\hat t}-\frac{2q^2\hat u}{\hat s\hat t}\Bigr],

t between the photon and the outgoing quark, collinear at t -> 0: a smallest transverse momentum is needed. Against
q qbar -> nu N it is of relative order (alpha Q^2 / pi) times photon over antiquark luminosity, about a per mille: an
estimate of size, used for that alone. Checked against integrated Dirac traces to 1e-8 in
tests/processes/collisions/test_photon_quark.py; the default nodes are good to 1e-4.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import roots_legendre

from nudipole import units
from nudipole.errors import check_choice, check_count, check_non_negative, check_positive
from nudipole.processes.collisions.chiral_exchange import FERMIONS

FloatArray = npt.NDArray[np.float64]


def cross_section(
    s_hat: npt.ArrayLike, hnl_mass: float, quark: str, transverse_momentum_min: float, nodes: int = 32
) -> FloatArray:
    r"""sigma(gamma q -> nu N q) / d^2, both lepton-number states, with p_T of the quark above a cut.

    Parameters
    ----------
    s_hat : array_like
        [GeV^2].
    hnl_mass : float
        M [GeV].
    quark : str
        u, c, d, s or b.
    transverse_momentum_min : float
        [GeV], > 0.

    Returns
    -------
    ndarray
        Dimensionless (GeV^-2 per GeV^-2); zero where the cut or the mass leaves no room.

    Raises
    ------
    DomainError
        If the cut is not positive or the mass negative.

    Examples
    --------
    >>> bool(cross_section(500.0**2, 1.0, "u", 30.0) > 0)
    True
    """
    check_choice("quark", quark, ("u", "c", "d", "s", "b"))
    check_positive(s_hat=s_hat, transverse_momentum_min=transverse_momentum_min)
    check_non_negative(hnl_mass=hnl_mass)
    check_count(nodes=nodes)
    charge4 = FERMIONS[quark].charge ** 4
    node, weight = (np.asarray(a) for a in roots_legendre(nodes))
    s = np.asarray(s_hat, dtype=float)[..., None, None]
    # p_T < (s - q^2) / 2 sqrt(s)
    q2_max = np.maximum(s - 2.0 * np.sqrt(s) * transverse_momentum_min, hnl_mass**2)
    half = 0.5 * (q2_max - hnl_mass**2)
    q2 = hnl_mass**2 + half * (node[:, None] + 1.0)
    momentum = np.maximum(0.5 * (s - q2) / np.sqrt(s), transverse_momentum_min)
    sine2 = np.minimum(transverse_momentum_min / momentum, 1.0) ** 2
    cos_max = np.sqrt(1.0 - sine2)
    # t = -(s - q^2)(1 - c)/2, nodes in ln(1 - c)
    high = np.log1p(cos_max)
    low = np.log(sine2) - high
    log = 0.5 * (high - low) * (node + 1.0) + low
    t = -np.maximum(0.5 * (s - q2) * np.exp(log), 1e-12 * s)
    u = q2 - s - t
    jacobian = -t * 0.5 * (high - low)
    bracket = -t / s - s / t - 2.0 * q2 * u / (s * t)
    ratio = np.divide(hnl_mass**2, q2, out=np.ones_like(q2), where=q2 > 0)
    decay = (1.0 - ratio) ** 2 * (1.0 + 2.0 * ratio) / (6.0 * np.pi**2)
    density = decay * 2.0 * np.pi * units.ALPHA**2 * charge4 / s**2 * bracket * jacobian
    return np.sum(half * weight[:, None] * weight * density, axis=(-2, -1))
