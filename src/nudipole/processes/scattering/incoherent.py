r"""Up-scattering on bound nucleons: the incoherent part, nu A -> N p X and nu A -> N n X.

Every nucleon scatters as a free one at rest, times the fraction of the Fermi gas that Pauli blocking leaves
(:func:`nudipole.matter.targets.pauli_factor`). The dipole cross section is enhanced at small Q^2, where nothing is free
to move: blocking removes the bulk of the rate, so coherent and *unblocked* incoherent parts must never be added. Fermi
motion and binding (some 25 MeV) are left out; they matter near threshold only.

**Discrete excitation is left out.** A 2+ level at a few MeV adds

.. math:: |F|^2 = \frac{4\pi}{225}\,q^4\,B(E2\uparrow)\;e^{-q^2b^2/2}

to Z^2 F^2: below 1 per cent of the coherent rate for carbon's 4.4 MeV level at every energy where that rate is not
itself cut off by the form factor (tests/processes/scattering/test_incoherent.py), less than the spread between form factors.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import check_non_negative, check_positive
from nudipole.matter import targets
from nudipole.matter.isotopes import Nucleus
from nudipole.processes.scattering import upscattering, upscattering_total

FloatArray = npt.NDArray[np.float64]


def incoherent_spectrum(
    recoil_energy: npt.ArrayLike,
    neutrino_energy: npt.ArrayLike,
    hnl_mass: npt.ArrayLike,
    nucleus: Nucleus,
    nucleon: str,
    form_factor: str | None = None,
    pauli: bool = True,
) -> FloatArray:
    """dsigma/dE_r / d^2 [GeV^-1] on all protons or all neutrons of a nucleus; E_r is the energy of the nucleon.

    Parameters
    ----------
    recoil_energy, neutrino_energy, hnl_mass : array_like
        E_r, E, M [GeV], broadcast.
    nucleus : Nucleus
        A >= 6.
    nucleon : {"p", "n"}
    form_factor : str, optional
        Of :data:`nudipole.matter.nucleons.NAMES`.
    pauli : bool
        Whether Pauli blocking acts.
    """
    target = targets.bound_nucleons(nucleus, nucleon, form_factor, pauli)
    return upscattering.spectrum(target, recoil_energy, neutrino_energy, hnl_mass)


def incoherent_cross_section(
    neutrino_energy: npt.ArrayLike,
    hnl_mass: npt.ArrayLike,
    nucleus: Nucleus,
    form_factor: str | None = None,
    pauli: bool = True,
) -> FloatArray:
    """Total incoherent cross section per unit d^2 (dimensionless) on protons and neutrons together.

    Raises
    ------
    DomainError
        For A < 6; for M = 0 without blocking.

    Examples
    --------
    >>> from nudipole.matter import isotopes
    >>> carbon = isotopes.get("C12")
    >>> blocked = incoherent_cross_section(1.0, 0.01, carbon)
    >>> bool(blocked < 0.4 * incoherent_cross_section(1.0, 0.01, carbon, pauli=False))
    True
    """
    parts = [
        upscattering_total.total_cross_section(
            targets.bound_nucleons(nucleus, nucleon, form_factor, pauli), neutrino_energy, hnl_mass
        )
        for nucleon in ("p", "n")
    ]
    return parts[0] + parts[1]


def quadrupole_strength(q2: npt.ArrayLike, transition_strength: float, oscillator_length: float = 1.65) -> FloatArray:
    r"""Squared charge form factor of a 0+ -> 2+ excitation, 4 pi q^4 B(E2) / 225 exp(-q^2 b^2 / 2): an estimate.

    Parameters
    ----------
    q2 : array_like
        Q^2 [GeV^2].
    transition_strength : float
        B(E2, up) [e^2 fm^4]: 38.2 +- 1.0 for the 4.44 MeV level of C12, five times the B(E2, down) = 7.63(19) of A.
        D'Alessio et al. (2020).
    oscillator_length : float
        b [fm].
    """
    check_non_negative(q2=q2, transition_strength=transition_strength)
    check_positive(oscillator_length=oscillator_length)
    q = np.sqrt(np.asarray(q2, dtype=float)) * units.FEMTOMETRE
    return 4.0 * np.pi / 225.0 * q**4 * transition_strength * np.exp(-0.5 * (q * oscillator_length) ** 2)
