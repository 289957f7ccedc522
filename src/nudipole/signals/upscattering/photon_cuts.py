r"""Smearing and cuts of the photon, one photon at a time.

A measured energy is the true one times :math:`1 + r\,g`, g Gaussian and :math:`r^2 = a^2/E + b^2`. Cuts on the angle are a
smallest cosine to the beam at the measured energy E: a fixed one, one on :math:`E\theta^2`, or one on the momentum transfer
of the quasi-elastic scattering :math:`\nu_e n\to e\,p` that the shower would mean,

.. math:: E_\nu^{\rm QE} = \frac{m_n E - (m_n^2 + m_e^2 - m_p^2)/2}{m_n - E + p\cos\theta},\qquad
    Q^2 = 2 m_n (E_\nu - E)\ \text{with}\ E_\nu = \frac{m_n E}{m_n - E(1-\cos\theta)}\ \text{(massless lepton)} .
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from nudipole import units
from nudipole.processes.decays import hnl_decay
from nudipole.signals.upscattering.card import Selection
from nudipole.signals.upscattering.directions import small_angle_cosine

FloatArray = npt.NDArray[np.float64]


def relative_resolution(energy: FloatArray | float, resolution: tuple[float, float]) -> FloatArray:
    """sigma_E / E = sqrt(a^2 / E + b^2) at an energy [GeV], for the resolution (a [GeV^1/2], b).

    Examples
    --------
    >>> float(relative_resolution(0.25, (0.12, 0.07))).__round__(4)
    0.25
    """
    stochastic, constant = resolution
    return np.asarray(np.sqrt(stochastic**2 / np.maximum(energy, 1e-6) + constant**2))


def smeared_energy(energy: FloatArray, resolution: tuple[float, float], uniform: FloatArray) -> FloatArray:
    """Measured energy [GeV] of photons of an energy [GeV] at quantiles ``uniform`` (0 to 1) of the Gaussian; not negative."""
    sigmas = ndtri(np.clip(uniform, 1e-12, 1.0 - 1e-12))
    return np.asarray(np.maximum(energy * (1.0 + relative_resolution(energy, resolution) * sigmas), 0.0))


def in_energy_window(energy: FloatArray, selection: Selection) -> npt.NDArray[np.bool_]:
    """Whether a measured energy [GeV] is between ``energy_min_GeV`` and ``energy_max_GeV``, ends included."""
    good = energy >= selection.energy_min_GeV
    if selection.energy_max_GeV is not None:
        good &= energy <= selection.energy_max_GeV
    return np.asarray(good)


def kick_cosine(resolution_deg: float, uniform: FloatArray) -> FloatArray:
    """Cosine of the angle between true and measured direction, sigma sqrt(-2 ln(1 - u)) at the quantile u.

    ``resolution_deg``: sigma [degrees] of each of the two components of the angle across the direction.
    """
    kick = np.deg2rad(resolution_deg) * np.sqrt(-2.0 * np.log(1.0 - uniform))
    return small_angle_cosine(kick)


def cuts_angle(selection: Selection) -> bool:
    """True if the angle of the photon to the beam is cut on."""
    return (
        selection.cosine_min > -1.0 or selection.energy_angle2_max_GeV is not None or selection.q2_max_GeV2 is not None
    )


def least_cosine(selection: Selection, energy: FloatArray) -> FloatArray:
    r"""Smallest cosine to the beam that the cuts allow at a measured energy.

    Parameters
    ----------
    selection : Selection
        Its ``cosine_min``, ``energy_angle2_max_GeV`` and ``q2_max_GeV2``.
    energy : ndarray
        E [GeV].

    Returns
    -------
    ndarray
        The largest of ``cosine_min``, cos(sqrt((E theta^2)_max / E)) and that of Q^2, for which
        :math:`E(1 - c) = m_n Q^2/(2 m_n E + Q^2)`.

    Examples
    --------
    >>> float(least_cosine(Selection(energy_angle2_max_GeV=0.04), np.array(1.0)).round(4))  # cos(0.2)
    0.9801
    """
    least = np.full_like(energy, selection.cosine_min)
    if selection.energy_angle2_max_GeV is not None:
        widest = np.sqrt(selection.energy_angle2_max_GeV / np.maximum(energy, 1e-300))
        least = np.maximum(least, np.cos(np.minimum(widest, np.pi)))
    if selection.q2_max_GeV2 is not None:
        m, q2 = units.NEUTRON_MASS, selection.q2_max_GeV2
        least = np.maximum(least, 1.0 - q2 * m / ((2.0 * m * energy + q2) * np.maximum(energy, 1e-300)))
    return least


def quasi_elastic_energy(energy: FloatArray, cosine: FloatArray) -> FloatArray:
    """Neutrino energy that a quasi-elastic electron of this energy and angle would mean (MiniBooNE).

    Parameters
    ----------
    energy, cosine : ndarray
        E [GeV] and cos(theta) to the beam.

    Returns
    -------
    ndarray
        E_nu [GeV] off a neutron at rest, without binding energy; infinite where no neutrino makes such an electron.

    Examples
    --------
    >>> float(quasi_elastic_energy(np.array(0.5), np.array(1.0)).round(3))
    0.499
    """
    m_n, m_p, m_e = units.NEUTRON_MASS, units.PROTON_MASS, units.ELECTRON_MASS
    momentum = np.sqrt(np.maximum(energy**2 - m_e**2, 0.0))
    denominator = m_n - energy + momentum * cosine
    numerator = m_n * energy - 0.5 * (m_n**2 + m_e**2 - m_p**2)
    return np.where(denominator > 0, numerator / np.where(denominator > 0, denominator, 1.0), np.inf)


def histogrammed(variable: str, energy: FloatArray, cosine: FloatArray) -> FloatArray:
    """The variable of the histogram at a measured energy [GeV] and cosine to the beam, of their shape.

    ``variable``: ``energy`` (also of a count), ``cosine`` or ``quasi-elastic-energy``.
    """
    if variable == "quasi-elastic-energy":
        return quasi_elastic_energy(energy, cosine)
    return cosine if variable == "cosine" else energy


def bin_index(value: FloatArray, edges: FloatArray) -> npt.NDArray[np.intp]:
    """Bin of each value between edges (b + 1,), lower edges included; -1 outside."""
    bins = np.searchsorted(edges, value, side="right") - 1
    return np.where(bins < len(edges) - 1, bins, -1)


def chance_with_pairs(photon_chance: FloatArray, mass: float) -> FloatArray:
    """Chance to be seen of N -> nu gamma and N -> nu e+ e- together, pairs being seen always.

    Parameters
    ----------
    photon_chance : ndarray
        Chance that the photon is seen.
    mass : float
        M [GeV].

    Returns
    -------
    ndarray
        (Gamma_gamma c + Gamma_ee) / (Gamma_gamma + Gamma_ee); c itself where N does not decay.
    """
    widths = hnl_decay.partial_widths(mass)
    photon, pair = float(widths["nu gamma"]), float(widths["nu e+ e-"])
    return (photon * photon_chance + pair) / (photon + pair) if photon + pair > 0.0 else photon_chance
