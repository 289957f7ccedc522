r"""Total cross sections of up-scattering, nu A -> N A: the recoil spectrum integrated over the recoil energy.

.. math:: \sigma = \int_{E_r^{min}}^{E_r^{max}} dE_r\,\frac{d\sigma}{dE_r}
          = \int d\ln E_r\;E_r\,4\alpha d^2\left[E(Q^2)\,S_0 + G(Q^2)\,S_M\right], \qquad Q^2 = 2mE_r,

with the spectra of :mod:`nudipole.processes.scattering.upscattering` and the structure functions of
:class:`nudipole.matter.targets.Target`. Scans take the same numbers from tabulated cumulative moments,
:mod:`nudipole.processes.scattering.moments`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import LARGEST_ENERGY, DomainError, check_mass, check_non_negative, check_positive, number
from nudipole.kinematics import recoil_limits
from nudipole.matter import targets
from nudipole.matter.targets import Target
from nudipole.processes.scattering.upscattering import spectrum, spectrum_inside

FloatArray = npt.NDArray[np.float64]
# fraction of the largest recoil energy below which a target without net charge has nothing left (1e-12 of the total)
_SOFT = 1e-14
# recoil energy [GeV] that counts as none: M = 1e-21 GeV at 1 GeV on a nucleon
_NO_RECOIL = 1e-85
_PANELS, _NODES = 96, 12


def total_cross_section(target: Target, neutrino_energy: npt.ArrayLike, hnl_mass: npt.ArrayLike) -> FloatArray:
    r"""Total cross section per unit d^2, by Gauss-Legendre panels in ln E_r.

    Parameters
    ----------
    target : Target
    neutrino_energy, hnl_mass : array_like
        E, M [GeV], broadcast.

    Returns
    -------
    ndarray
        sigma / d^2, dimensionless; times d^2 [GeV^-2] it is in GeV^-2. Zero below threshold. Good to 1e-7.

    Raises
    ------
    DomainError
        For M = 0 on a target whose charge is not screened: the integral over 1/E_r diverges.

    Examples
    --------
    >>> proton = targets.get("p")
    >>> f"{float(total_cross_section(proton, 1.0, 0.1)):.3f}"
    '0.218'
    """
    energy, mass = np.asarray(neutrino_energy, dtype=float), np.asarray(hnl_mass, dtype=float)
    check_positive(largest=LARGEST_ENERGY, neutrino_energy=energy)
    check_non_negative(largest=LARGEST_ENERGY, hnl_mass=mass)
    energy, mass = np.broadcast_arrays(energy, mass)
    flat_energy, flat_mass = energy.ravel(), mass.ravel()
    total = np.zeros(flat_energy.shape)
    for chunk in np.array_split(np.arange(flat_energy.size), max(1, flat_energy.size // 256)):
        total[chunk] = integrate(target, flat_energy[chunk], flat_mass[chunk], _PANELS)
    return total.reshape(energy.shape)


def integrate(target: Target, energy: FloatArray, mass: FloatArray, panels: int) -> FloatArray:
    """The integral of :func:`total_cross_section` for one-dimensional energies and masses, unchecked."""
    low, high, start, stop = integration_limits(target, energy, mass)
    x, w = np.polynomial.legendre.leggauss(_NODES)
    fraction = ((np.arange(panels)[:, None] + 0.5 * (x + 1.0)) / panels).ravel()
    width = np.log(np.where(stop > start, stop / np.where(stop > start, start, 1.0), 1.0))
    recoil = np.where(stop > start, start, 1.0)[:, None] * np.exp(width[:, None] * fraction)
    integrand = recoil * spectrum_inside(target, recoil, energy[:, None], mass[:, None], low[:, None], high[:, None])
    return np.where(stop > start, integrand @ np.tile(0.5 * w / panels, panels) * width, 0.0)


def integration_limits(
    target: Target, energy: FloatArray, mass: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Kinematic limits of E_r, and the part of them in which the target responds (both equal below threshold).

    Raises
    ------
    DomainError
        If the limits reach down to zero and the target's charge is not screened.
    """
    low, high = recoil_limits(energy, mass, target.mass)
    stop = np.minimum(high, target.reach / (2.0 * target.mass))
    if target.charged and np.any((low <= _NO_RECOIL) & (high > 0)):
        raise DomainError(
            f"the total cross section on {target.name} diverges for M = 0 without screening: give a mass, ask for a "
            "recoil energy, or take a neutral atom"
        )
    soft = 0.0 if target.charged else _SOFT * stop
    return low, high, np.minimum(np.maximum(low, soft), stop), stop


def cross_section(
    target: str,
    energy: float,
    mass: float,
    d: float,
    recoil: float | None = None,
    form_factor: str | None = None,
    screening: bool = True,
) -> dict[str, Any]:
    """Up-scattering on a named target, as the ``cross-section`` verb prints it.

    Parameters
    ----------
    target : str
        ``e-``, ``p``, ``n``, a nuclide (``Ar40``), an element or a chemical formula (``CsI``): then the sum over the
        nuclei of one formula unit, in their natural mixture.
    energy, mass : float
        E, M [GeV].
    d : float
        Dipole coupling [GeV^-1].
    recoil : float, optional
        E_r [GeV] at which the differential cross section is wanted as well.
    form_factor : str, optional
        See :func:`nudipole.matter.targets.get`.
    screening : bool
        Whether the electrons of neutral atoms screen the nuclei.

    Returns
    -------
    dict
        ``sigma_GeV-2``, ``sigma_cm2``, ``recoil_min_GeV``, ``recoil_max_GeV``; given ``recoil`` also
        ``dsigma_dE_GeV-3``. The total is None where it diverges (M = 0 on a bare charge) and only the spectrum is asked for.

    Raises
    ------
    UnknownNameError
        For an unknown target or form factor.
    DomainError
        For a number out of range or an array, and for M = 0 on a bare charge without ``recoil``.

    Examples
    --------
    >>> result = cross_section("Ar40", energy=0.03, mass=0.01, d=1e-6)
    >>> f"{result['sigma_cm2']:.2e}"
    '2.06e-38'
    """
    energy, mass, d = number("energy", energy), number("mass", mass), number("d", d)
    check_positive(energy=energy)
    check_non_negative(d=d)
    check_mass(mass=mass)
    if recoil is not None:
        recoil = number("recoil", recoil)
        check_positive(recoil=recoil)
    parts = targets.composition(target, form_factor, screening)
    try:
        sigma = sum(count * float(total_cross_section(part, energy, mass)) for part, count in parts) * d**2
    except DomainError:
        if recoil is None:
            raise
        sigma = None
    limits = [recoil_limits(energy, mass, part.mass) for part, _ in parts]
    open_limits = [(float(low), float(high)) for low, high in limits if high > 0] or [(0.0, 0.0)]
    result = {
        "sigma_GeV-2": sigma,
        "sigma_cm2": None if sigma is None else sigma * units.GEV_M2_TO_CM2,
        "recoil_min_GeV": min(low for low, _ in open_limits),
        "recoil_max_GeV": max(high for _, high in open_limits),
    }
    if recoil is not None:
        value = sum(count * float(spectrum(part, recoil, energy, mass)) for part, count in parts)
        result["dsigma_dE_GeV-3"] = value * d**2
    return result
