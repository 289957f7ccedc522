r"""Electron and photon in one shower: N -> nu gamma so near that E_e + E_gamma is what the calorimeter measures.

.. math:: \frac{1}{\Gamma}\frac{d\Gamma}{dz} = 2(1 - z)\ \text{(Dirac)},\quad 1\ \text{(Majorana)}, \qquad z = E_\gamma/E_N ,

for N much faster than its mass, a Dirac N with the helicity +1/2 that a neutrino beam makes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, check_positive
from nudipole.signals.decay_in_flight import rest_cosine, share_below

FloatArray = npt.NDArray[np.float64]
SOFTEST_RECOIL = 1e-6
"""Smallest recoil T [GeV] whose electron is followed: its energy no longer matters beside that of the photon."""
_RECOILS = 40


def shower_recoils(highest: float) -> tuple[FloatArray, FloatArray]:
    """Recoils of any size, since the photon brings the energy: T (t,) and widths dT (t,) [GeV], even in ln T.

    Parameters
    ----------
    highest : float
        Largest neutrino energy [GeV].

    Raises
    ------
    DomainError
        If it is not above the smallest recoil.
    """
    check_positive(highest=highest)
    if highest <= SOFTEST_RECOIL:
        raise DomainError(f"the highest energy must be above {SOFTEST_RECOIL:g} GeV, got {highest:g}")
    edges = np.geomspace(SOFTEST_RECOIL, highest, _RECOILS + 1)
    recoil = np.sqrt(edges[1:] * edges[:-1])
    return recoil, recoil * np.diff(np.log(edges))


def merged_fraction(recoil: FloatArray, hnl_energy: FloatArray, edges: FloatArray, majorana: bool) -> FloatArray:
    """Share of N -> nu gamma whose shower E_e + E_gamma lies in each bin.

    Parameters
    ----------
    recoil : ndarray (t,)
        T [GeV]; E_e = T + m_e.
    hnl_energy : ndarray (t, k)
        E_N > 0 [GeV].
    edges : ndarray (bins + 1,)
        Edges of the shower's energy [GeV].
    majorana : bool
        The photon is then even in z.

    Returns
    -------
    ndarray (t, k, bins)

    Examples
    --------
    >>> above = merged_fraction(np.array([0.0]), np.array([[20.0]]), np.array([10.0, 30.0]), majorana=False)
    >>> round(float(above[0, 0, 0]), 3)  # (1 - z)^2 at z = 1/2
    0.25
    """
    photon = edges - recoil[:, None, None] - units.ELECTRON_MASS
    cosine = rest_cosine(photon, hnl_energy[..., None], hnl_energy[..., None])  # N much faster than its mass
    return np.diff(share_below(cosine, 0.0 if majorana else 1.0), axis=-1)
