r"""Vector mesons into a neutrino and N, V -> nu N, through one virtual photon.

.. math::

    \Gamma(V\to\nu\bar N) = \frac{f_V^2 m_V}{12\pi}\,e^2 Q^2 d^2\,(1-y)^2(1+2y), \qquad y = \frac{M^2}{m_V^2},

for one lepton-number state (review Eq. 17 with d for its mu). Q is the effective charge, (1/sqrt 2, 1/3 sqrt 2, -1/3)
for rho, omega, phi and the quark's own for quarkonia. Only Q f_V enters, and the same combination gives
Gamma(V -> e+ e-) = (4 pi alpha^2 / 3) Q^2 f_V^2 / m_V, so the measured leptonic width fixes it:

.. math:: \frac{\Gamma(V\to\nu\bar N)}{\Gamma(V\to e^+e^-)} = \frac{d^2 m_V^2}{4\pi\alpha}\,(1-y)^2(1+2y).

Unpolarised mesons decay isotropically into an N of one energy. Checked against explicit Dirac traces in
tests/processes/mesons/test_vector_meson.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import check_choice, check_non_negative, check_positive

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class VectorMeson:
    """A flavourless vector meson.

    Parameters
    ----------
    particle : str
        Its name in the ``particle`` package (PDG mass and total width).
    dielectron_width : float
        Measured Gamma(V -> e+ e-) [GeV].
    charge : float
        Effective quark charge in units of e.
    """

    particle: str
    dielectron_width: float
    charge: float

    @property
    def mass(self) -> float:
        """[GeV]."""
        return units.particle_mass(self.particle)

    @property
    def decay_constant(self) -> float:
        """f_V [GeV] from the leptonic width: f_V^2 = 3 m_V Gamma_ee / (4 pi alpha^2 Q^2)."""
        return float(
            np.sqrt(3.0 * self.mass * self.dielectron_width / (4.0 * np.pi * units.ALPHA**2)) / abs(self.charge)
        )


#: Leptonic widths: PDG 2024 listings (Navas:2024pdg); typed from memory, not re-read.
VECTOR_MESONS: Mapping[str, VectorMeson] = {
    "rho": VectorMeson("rho(770)0", 7.04 * units.KEV, 1 / np.sqrt(2)),
    "omega": VectorMeson("omega(782)", 0.625 * units.KEV, 1 / (3 * np.sqrt(2))),
    "phi": VectorMeson("phi(1020)", 1.27 * units.KEV, -1 / 3),
    "J/psi": VectorMeson("J/psi(1S)", 5.53 * units.KEV, 2 / 3),
    "psi'": VectorMeson("psi(2S)", 2.33 * units.KEV, 2 / 3),
    "Upsilon(1S)": VectorMeson("Upsilon(1S)", 1.340 * units.KEV, -1 / 3),
    "Upsilon(2S)": VectorMeson("Upsilon(2S)", 0.612 * units.KEV, -1 / 3),
    "Upsilon(3S)": VectorMeson("Upsilon(3S)", 0.443 * units.KEV, -1 / 3),
}


def width(meson: str, hnl_mass: npt.ArrayLike) -> FloatArray:
    r"""Gamma(V -> nu Nbar) / d^2 [GeV^3], one lepton-number state.

    Parameters
    ----------
    meson : str
        A key of :data:`VECTOR_MESONS`.
    hnl_mass : array_like
        M [GeV].

    Returns
    -------
    ndarray
        Zero where M >= m_V.

    Raises
    ------
    UnknownNameError
        If the meson is not listed.
    DomainError
        If a mass is negative or not finite.

    Examples
    --------
    >>> phi = 2 * 1e-12 * float(width("phi", 0.1)) / units.particle_width("phi(1020)")
    >>> f"{phi:.1e}"
    '6.8e-15'
    """
    check_choice("vector meson", meson, VECTOR_MESONS)
    vector = VECTOR_MESONS[meson]
    return vector.dielectron_width * width_ratio(hnl_mass, vector.mass)


def width_ratio(hnl_mass: npt.ArrayLike, meson_mass: npt.ArrayLike) -> FloatArray:
    """Gamma(V -> nu Nbar) / (d^2 Gamma(V -> e+ e-)) [GeV^2], m_e neglected: m^2 (1-y)^2 (1+2y) / 4 pi alpha."""
    check_non_negative(hnl_mass=hnl_mass)
    check_positive(meson_mass=meson_mass)
    check_non_negative(hnl_mass=hnl_mass)
    m = np.asarray(meson_mass, dtype=float)
    hnl = np.asarray(hnl_mass, dtype=float)
    y = (hnl / m) ** 2
    gap = np.maximum((m - hnl) * (m + hnl) / m**2, 0.0)
    return m**2 * gap**2 * (1.0 + 2.0 * y) / (4.0 * np.pi * units.ALPHA)


def hnl_energy_nodes(meson: str, hnl_mass: float) -> tuple[FloatArray, FloatArray]:
    """Energy of N [GeV] in the rest frame of V and the width per d^2 [GeV^3] that goes there: one node, isotropic."""
    mass = VECTOR_MESONS[meson].mass if meson in VECTOR_MESONS else 0.0
    weight = np.atleast_1d(width(meson, hnl_mass))
    return np.atleast_1d((mass**2 + hnl_mass**2) / (2.0 * mass)), weight
