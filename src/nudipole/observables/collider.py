r"""N at colliders: pairs of leptons or quarks into nu N, with a radiated photon or without, and two protons at the LHC.

================  ====================================================================================================
``e+e-``          e+ e- -> nu N; with ``photon_energy_min`` e+ e- -> nu N gamma, exact at tree level
``mu+mu-``        the same of muons, photon and Z exchange
``uubar`` ...     q qbar -> nu N at parton level, averaged over colours: u, d, s, c, b
``pp``            p p -> nu N + X at 13 TeV: the quarks folded with the parton luminosities, leading order
================  ====================================================================================================

Built on :mod:`nudipole.processes.collisions.annihilation` and :mod:`~nudipole.processes.collisions.mono_photon`.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.arguments import typed_arguments
from nudipole.coupling import coupling
from nudipole.errors import DomainError, check_between, check_mass, check_positive, number
from nudipole.observables.collision_process import VARIABLES, CollisionProcess
from nudipole.observables.cross_sections import broadcast
from nudipole.portal import Completion

FloatArray = npt.NDArray[np.float64]


@typed_arguments
def collider(
    initial: str,
    energy: npt.ArrayLike,
    mass: npt.ArrayLike,
    d: npt.ArrayLike | None = None,
    variable: str | None = None,
    values: npt.ArrayLike | None = None,
    *,
    mu: npt.ArrayLike | None = None,
    flavor: str = "mu",
    completion: Completion | None = None,
    state: str = "sum",
    photon_energy_min: float | None = None,
    photon_cosine_max: float = 0.95,
    pair_mass_min: float | None = None,
) -> dict[str, Any]:
    r"""Cross section, asymmetry and distributions of N made in collisions.

    .. math::

        \sigma(f\bar f\to\bar\nu N) = \frac{(s-M^2)^2(s+2M^2)}{96\pi N_cs}\sum_\chi|C_\chi|^2, \qquad
        \sigma(pp) = \sum_q\int d\ln\tau\,\phi_q(\hat s)\,\hat\sigma_q(\hat s),

    the photon alone giving :math:`\alpha d^2(s-M^2)^2(s+2M^2)/3s^3` for e+ e-.

    Parameters
    ----------
    initial : str
        A key of :data:`~nudipole.observables.collision_process.INITIAL`.
    energy, mass : array_like
        sqrt(s) and M [GeV]; sqrt(s) of the protons for ``pp``, 13000.
    d, mu : array_like
        Exactly one: d [GeV^-1], or mu = 2 d [Bohr magnetons]. The arrays broadcast.
    variable : {"cosine", "photon_energy", "photon_cosine", "pair_mass"}, optional
        Also a distribution, for single numbers ``energy``, ``mass`` and coupling: in cos(theta) between N and f (e-, q) in the
        centre of mass; with a photon in E_gamma [GeV] or cos(theta_gamma); of ``pp`` in the mass of the pair [GeV].
    values : array_like, optional
        Where the distribution is wanted; a grid if left out.
    flavor : {"e", "mu", "tau"}
        Of the neutrino; ``e`` with d_W has W exchange in e+ e-.
    completion : Completion, optional
        Above the electroweak scale; photon only if left out.
    state : {"sum", "nubar N", "nu Nbar"}
        Both lepton-number states (Dirac and Majorana N alike), or one.
    photon_energy_min : float, optional
        [GeV]: asks e+ e- for a photon above it, within ``photon_cosine_max``.
    photon_cosine_max : float
        Largest abs(cos(theta_gamma)), below 1.
    pair_mass_min : float, optional
        Smallest mass [GeV] of the pair in ``pp``: M, or where the table of luminosities begins, if left out.

    Returns
    -------
    dict
        ``sigma_GeV-2``, ``sigma_fb``; without photon and protons also ``asymmetry``, (F - B)/(F + B) of the heavy lepton
        against f; of ``pp`` also ``pair_mass_min_GeV``; with a variable its two arrays under the names in
        :data:`~nudipole.observables.collision_process.VARIABLES`. Numbers for
        numbers, arrays for arrays; zero below threshold.

    Raises
    ------
    UnknownNameError, DomainError
        Unknown names, numbers out of range, a variable or cut that the process does not have.

    Warns
    -----
    OutOfReachWarning
        If N in ``pp`` is lighter than the table of luminosities reaches down, which then cuts the cross section.
    EffectiveTheoryWarning
        If d^2 s is not small.

    Notes
    -----
    Kang:2025ndp Eqs. (31)-(35) hold with d and for one state (docs: errata); massless f, no further radiation. ``pp`` is leading
    order, some 20 % low; gamma q -> nu N q adds a per mille.

    Examples
    --------
    >>> found = collider("e+e-", 91.19, 10.0, 1e-5)
    >>> f"{found['sigma_fb']:.3g}", found["asymmetry"]
    ('0.189', 0.0)
    >>> shape = collider("e+e-", 91.19, 10.0, 1e-5, "cosine", [-0.5, 0.5])
    >>> bool(np.isclose(*shape["dsigma_dcosine_GeV-2"]))
    True
    """
    size, process = coupling(d, mu), CollisionProcess(initial, flavor, completion or Completion(), state)
    check_positive(energy=energy)
    check_mass(mass=mass)
    process.check_cuts(variable, photon_energy_min, photon_cosine_max, pair_mass_min)
    roots, masses, couplings = broadcast(energy=energy, mass=mass, d=size)
    check_between(1e-8, 1e12, energy=roots)
    process.warn(roots, couplings)
    result: dict[str, Any] = {}
    if process.protons:
        low = process.pair_mass_min(roots, masses, pair_mass_min)
        sigma, result["pair_mass_min_GeV"] = _mapped(process.proton_total, roots, masses, low), low
    elif photon_energy_min is not None:
        cuts = np.full(roots.shape, number("photon_energy_min", photon_energy_min))
        sigma = _mapped(functools.partial(process.photon_total, photon_cosine_max), roots, masses, cuts)
    else:
        sigma = process.total(roots, masses)
        result["asymmetry"] = process.asymmetry(roots, masses)
    sigma = sigma * couplings**2
    result = {"sigma_GeV-2": sigma, "sigma_fb": sigma / units.FEMTOBARN} | result
    if variable is not None:
        if roots.ndim:
            raise DomainError("a distribution is that of one energy, mass and coupling: give single numbers")
        cut = (photon_energy_min, photon_cosine_max, pair_mass_min)
        at, density = process.distribution(variable, values, float(roots), float(masses), cut)
        result |= dict(zip(VARIABLES[variable], (at, density * float(couplings) ** 2), strict=True))
    elif values is not None:
        raise DomainError("values belong to a variable: say which")
    return {name: float(value) if np.ndim(value) == 0 else value for name, value in result.items()}


def _mapped(function: Any, *arrays: FloatArray) -> FloatArray:
    """A function of single numbers at each point of arrays of one shape."""
    flat = [function(*map(float, point)) for point in zip(*(array.ravel() for array in arrays), strict=True)]
    return np.array(flat).reshape(arrays[0].shape)
