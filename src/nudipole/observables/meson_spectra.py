r"""Spectra of mesons into N in their rest frame: energies of photon and N, invariant mass of a lepton pair.

From dGamma/dx dcos(theta) of :mod:`~nudipole.processes.mesons.charged_meson` and :mod:`~nudipole.processes.mesons.neutral_meson`; of the
four-body modes with s = m_ll^2 (errata, in the place of the review's Eq. 29)

.. math::

    \frac{d\Gamma}{dm_{\ell\ell}} = \frac{2\alpha}{3\pi m_{\ell\ell}}\Bigl(1+\frac{2m'^2}s\Bigr)\sqrt{1-\frac{4m'^2}s}\;
    \Gamma(P\to\ell\gamma^*_sN).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.arguments import typed_arguments
from nudipole.coupling import coupling
from nudipole.errors import DomainError, UnknownNameError, check_choice, check_non_negative, number
from nudipole.processes.mesons import charged_meson, meson, neutral_meson
from nudipole.processes.mesons.phase_space import endpoint_nodes, legendre

FloatArray = npt.NDArray[np.float64]
VARIABLES = ("photon_energy", "hnl_energy", "dilepton_mass")
_POINTS = 8000


@typed_arguments
def meson_spectrum(
    parent: str,
    channel: str,
    mass: float,
    d: float | None = None,
    variable: str = "photon_energy",
    values: npt.ArrayLike = (),
    *,
    mu: float | None = None,
) -> FloatArray:
    """dGamma of a meson into N in one variable of its rest frame, one lepton-number state.

    Parameters
    ----------
    parent, channel : str
        As ``nd.meson`` names them: ``K``, ``mu gamma N``.
    mass : float
        M [GeV].
    d, mu : float
        Exactly one: d [GeV^-1], or mu = 2 d [Bohr magnetons].
    variable : {"photon_energy", "hnl_energy", "dilepton_mass"}
        E_gamma or E_N of P -> l gamma N, E_gamma of P0 -> gamma nu N, m_ll of P -> l l' l' N.
    values : array_like
        Where [GeV].

    Returns
    -------
    ndarray
        dGamma/dE or dGamma/dm, dimensionless (GeV per GeV); zero outside the kinematic limits.

    Raises
    ------
    UnknownNameError, DomainError
        Unknown parent, channel or variable; a spectrum that does not exist; a number out of range.

    Notes
    -----
    Good to 1e-3 (midpoint rule in the virtuality). Kang:2025ndp Eqs. (20), (24); its (29) is no three-body phase space, docs: errata.

    Examples
    --------
    >>> float(meson_spectrum("K", "e gamma N", 0.1, 1e-6, "photon_energy", 0.1)) > 0
    True
    """
    check_choice("variable", variable, VARIABLES)
    mass, d = number("mass", mass), number("d", coupling(d, mu))
    given: dict[str, Any] = {variable: values}
    check_non_negative(mass=mass, **given)
    name = meson.canonical(parent)
    if channel not in meson.channels(name):
        raise UnknownNameError(f"channel of {parent}", channel, meson.channels(name))
    at = np.asarray(values, dtype=float)
    leptons = [word for word in channel.split() if word in units.LEPTON_MASS]
    if len(leptons) == 3 and variable == "dilepton_mass":
        return d**2 * _pair(name, leptons[0], leptons[1], mass, at)
    if len(leptons) == 1 and variable != "dilepton_mass":
        return d**2 * _radiative(name, leptons[0], mass, variable, at)
    if not leptons and "gamma" in channel and variable == "photon_energy":
        return d**2 * _neutral(name, mass, at)
    known = "photon_energy and hnl_energy of P -> l gamma N, dilepton_mass of P -> l l' l' N, photon_energy of P0 -> gamma nu N"
    raise DomainError(f"no spectrum in {variable} of {parent} -> {channel}: there are {known}")


def _radiative(name: str, lepton: str, mass: float, variable: str, at: FloatArray) -> FloatArray:
    """dGamma/dE of P -> l gamma N: the integral over x of dGamma/dx dcos(theta) dcos(theta)/dE."""
    size, m_l = meson.parent_mass(name), units.LEPTON_MASS[lepton]
    low, high = (mass / size) ** 2, (1 - m_l / size) ** 2
    if high <= low or mass + m_l >= size:
        return np.zeros(at.shape)
    x = low + (high - low) * (np.arange(_POINTS) + 0.5) / _POINTS
    r_l, ratio = (m_l / size) ** 2, low / x
    root = np.sqrt((high - x) * ((1 + m_l / size) ** 2 - x))
    photon = variable == "photon_energy"
    centre = 0.25 * size * (1 + x - r_l) * (1 - ratio if photon else 1 + ratio)
    reach = 0.25 * size * root * (1 - ratio)
    result = np.zeros(at.size)
    for index, energy in enumerate(at.ravel()):
        cosine = (energy - centre) / reach * (1.0 if photon else -1.0)
        inside = np.abs(cosine) < 1
        if np.any(inside):
            density = charged_meson.angular_spectrum(x[inside], cosine[inside], name, lepton, mass)
            result[index] = np.sum(density / reach[inside]) * (high - low) / _POINTS
    return result.reshape(at.shape)


def _neutral(name: str, mass: float, at: FloatArray) -> FloatArray:
    """dGamma/dE_gamma of P0 -> gamma nu N, x = 1 - 2 E_gamma / m_P."""
    size = meson.parent_mass(name)
    cosine, weight = legendre(8)
    x = 1 - 2 * at / size
    inside = x > (mass / size) ** 2
    density = neutral_meson.angular_spectrum(np.where(inside, x, 0.5)[..., None], cosine, name, mass) @ weight
    return np.where(inside, 2 / size * density, 0.0)


def _pair(name: str, lepton: str, pair: str, mass: float, at: FloatArray) -> FloatArray:
    """dGamma/dm_ll of P -> l l' l' N for l' other than l."""
    if lepton == pair:
        raise DomainError(f"{name} -> {lepton} {pair} {pair} N has two pairs of equal leptons: m_ll is not one number")
    charged = charged_meson.CHARGED_MESONS[name]
    m, m_l, m_pair = charged.mass, units.LEPTON_MASS[lepton], units.LEPTON_MASS[pair]
    inside = (at > 2 * m_pair) & (at < m - m_l - mass)
    s = np.where(inside, at, 2 * m_pair)[..., None] ** 2
    left, right, weight = endpoint_nodes(80)
    low, high = (mass + np.sqrt(s)) ** 2, (m - m_l) ** 2
    span = np.maximum(high - low, 0.0)
    q2 = low + span * left
    root_l = np.sqrt(span * right * (span * right + 4 * m * m_l))
    root_n = np.sqrt(span * left * (span * left + 4 * mass * np.sqrt(s)))
    a = (q2 - mass**2) ** 2 - 0.5 * s * (q2 + mass**2) - 0.5 * s**2
    lepton_factor = q2 * (m**2 - q2) + (2 * q2 + m**2) * m_l**2 - m_l**4
    density = charged.weak_strength / (32 * np.pi**3 * m**3) * root_l * root_n / q2**3 * a * lepton_factor
    virtual = np.sum(span * weight * density, axis=-1)
    s = s[..., 0]
    conversion = 2 * units.ALPHA / (3 * np.pi) / np.sqrt(s) * (1 + 2 * m_pair**2 / s)
    return np.where(inside, conversion * np.sqrt(np.maximum(1 - 4 * m_pair**2 / s, 0.0)) * virtual, 0.0)
