r"""Flavour conversion: the mixing matrix, solar neutrinos by day, and oscillations in vacuum and in layers of matter.

With the Hamiltonian of a neutrino of energy E in matter of electron density n_e,

.. math:: H = \frac{1}{2E}\,U\,{\rm diag}(0, \Delta m^2_{21}, \Delta m^2_{31})\,U^\dagger
              + \sqrt2\, G_F n_e\, {\rm diag}(1, 0, 0),

(U -> U^* and the opposite sign of the potential for antineutrinos) a layer of length L evolves amplitudes by
exp(-i H L), and P(alpha -> beta) = |S_{beta alpha}|^2. In the Sun the evolution is adiabatic and phases average out:
neutrinos leave as an incoherent mixture of mass eigenstates with probabilities

.. math::

    P_1 = c_{13}^2 \cos^2\theta_{12}^m, \quad P_2 = c_{13}^2 \sin^2\theta_{12}^m, \quad P_3 = s_{13}^2, \qquad
    \cos 2\theta_{12}^m = \frac{\cos2\theta_{12}-b}{\sqrt{(\cos2\theta_{12}-b)^2+\sin^2 2\theta_{12}}},
    \quad b = \frac{2\sqrt2\,G_F n_e E\, c_{13}^2}{\Delta m^2_{21}},

so that P_ee = sum_i P_i |U_ei|^2 is the usual adiabatic formula (:cite:`Kuo:1989qe`, Sec. V).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, check_choice, check_finite, check_non_negative, check_positive, check_triples

FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

# sqrt(2) G_F N_A / cm^3 in GeV, per mol of electrons in a cm^3 (= Y_e rho in g/cm^3)
POTENTIAL_PER_MOL = float(np.sqrt(2.0) * units.FERMI_CONSTANT * units.AVOGADRO / units.CENTIMETRE**3)
EV2 = units.EV**2

# Earth in four shells of constant density, outer radius [km], rho [g/cm^3], Y_e: the simplified PREM of atmospheric
# oscillation analyses (hep-ex/0501064; from memory of it, not re-read; averages of PREM to 2 %).
EARTH_SHELLS = ((1220.0, 13.0, 0.468), (3480.0, 11.3, 0.468), (5701.0, 5.0, 0.497), (6371.0, 3.3, 0.497))


@dataclass(frozen=True)
class Oscillation:
    """Mixing parameters, normal ordering by default (NuFIT-like, :cite:`Esteban:2020cvm`; from memory of it).

    Parameters
    ----------
    sin2_theta12, sin2_theta13, sin2_theta23 : float
        Sines squared of the mixing angles.
    delta_cp : float
        CP phase [rad].
    dm2_21, dm2_31 : float
        Mass splittings [eV^2]; dm2_31 < 0 is inverted ordering.
    """

    sin2_theta12: float = 0.307
    sin2_theta13: float = 0.0222
    sin2_theta23: float = 0.45
    delta_cp: float = 0.0
    dm2_21: float = 7.5e-5
    dm2_31: float = 2.51e-3

    def __post_init__(self) -> None:
        for name in ("sin2_theta12", "sin2_theta13", "sin2_theta23"):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:
                raise DomainError(f"{name} must lie in [0, 1], got {value}")
        check_positive(dm2_21=self.dm2_21)
        check_finite(delta_cp=self.delta_cp, dm2_31=self.dm2_31)

    @property
    def pmns(self) -> ComplexArray:
        """Mixing matrix U[alpha, i] in the PDG parametrisation, shape (3, 3).

        Examples
        --------
        >>> U = Oscillation().pmns
        >>> bool(np.allclose(U @ U.conj().T, np.eye(3)))
        True
        """
        s12, s13, s23 = (np.sqrt(x) for x in (self.sin2_theta12, self.sin2_theta13, self.sin2_theta23))
        c12, c13, c23 = (np.sqrt(1.0 - x) for x in (self.sin2_theta12, self.sin2_theta13, self.sin2_theta23))
        phase = np.exp(1j * self.delta_cp)
        return np.array(
            [
                [c12 * c13, s12 * c13, s13 / phase],
                [-s12 * c23 - c12 * s23 * s13 * phase, c12 * c23 - s12 * s23 * s13 * phase, s23 * c13],
                [s12 * s23 - c12 * c23 * s13 * phase, -c12 * s23 - s12 * c23 * s13 * phase, c23 * c13],
            ],
            dtype=complex,
        )


def solar_mass_fractions(
    energy: npt.ArrayLike, electron_density: npt.ArrayLike, oscillation: Oscillation | None = None
) -> FloatArray:
    r"""Probabilities P_i(E) that a solar neutrino arrives by day as mass eigenstate i (adiabatic MSW).

    Parameters
    ----------
    energy : array_like
        Neutrino energy [GeV].
    electron_density : array_like
        Electron density where it was made [mol / cm^3], broadcast against the energy; 0 gives averaged vacuum
        oscillations.
    oscillation : Oscillation, optional

    Returns
    -------
    ndarray, shape (..., 3)
        P_1, P_2, P_3; they sum to 1.

    Raises
    ------
    DomainError
        If an energy or a density is negative or not finite.

    Notes
    -----
    Matter effects on the 1-3 mixing (relative size 2 E V / dm2_31 < 1 % at 15 MeV) are left out, as in the formula.

    Examples
    --------
    >>> p = solar_mass_fractions(0.01, 86.8)
    >>> round(float(p @ np.abs(Oscillation().pmns[0]) ** 2), 3)  # P_ee at 10 MeV
    0.326
    """
    check_non_negative(energy=energy, electron_density=electron_density)
    osc = oscillation or Oscillation()
    cos2, sin2 = 1.0 - 2.0 * osc.sin2_theta12, 2.0 * np.sqrt(osc.sin2_theta12 * (1.0 - osc.sin2_theta12))
    c13_squared = 1.0 - osc.sin2_theta13
    energy, density = np.broadcast_arrays(np.asarray(energy, float), np.asarray(electron_density, float))
    b = 2.0 * energy * POTENTIAL_PER_MOL * density * c13_squared / (osc.dm2_21 * EV2)
    cos2m = (cos2 - b) / np.hypot(cos2 - b, sin2)
    first, second = 0.5 * c13_squared * (1.0 + cos2m), 0.5 * c13_squared * (1.0 - cos2m)
    return np.stack([first, second, np.full_like(first, osc.sin2_theta13)], axis=-1)


def density_matrix(mass_fractions: npt.ArrayLike, oscillation: Oscillation | None = None) -> ComplexArray:
    r"""Flavour density matrix rho_ab = sum_i P_i U_ai U*_bi of an incoherent mixture of mass eigenstates.

    Its diagonal holds P_ee, P_emu, P_etau; couplings d scatter with d^dagger rho d = sum_i P_i |sum_a d*_a U_ai|^2.

    Parameters
    ----------
    mass_fractions : array_like, shape (..., 3)
    oscillation : Oscillation, optional

    Returns
    -------
    ndarray, shape (..., 3, 3)

    Examples
    --------
    >>> bool(np.isclose(np.trace(density_matrix([0.5, 0.3, 0.2])).real, 1.0))
    True
    """
    check_triples(mass_fractions=mass_fractions)
    matrix = (oscillation or Oscillation()).pmns
    return np.einsum("...i,ai,bi->...ab", np.asarray(mass_fractions, dtype=float), matrix, matrix.conj())


def probability(
    energy: npt.ArrayLike,
    lengths: npt.ArrayLike,
    electron_densities: npt.ArrayLike = 0.0,
    antineutrino: bool = False,
    oscillation: Oscillation | None = None,
) -> FloatArray:
    r"""P(alpha -> beta) through layers of constant density, crossed in order.

    Parameters
    ----------
    energy : array_like, shape S
        Neutrino energies [GeV].
    lengths : array_like, shape S or S + (layers,) after broadcasting
        Length of each layer [m]. A scalar or an array without layer axis is one layer if ``electron_densities`` is a
        scalar; otherwise the last axis counts layers.
    electron_densities : array_like
        Electron density Y_e rho [mol / cm^3] of each layer; a scalar for one layer, 0 for vacuum.
    antineutrino : bool
    oscillation : Oscillation, optional

    Returns
    -------
    ndarray, shape S + (3, 3)
        [..., alpha, beta], rows sum to one.

    Raises
    ------
    DomainError
        If an energy is not positive, or a length or density negative or not finite.

    Notes
    -----
    Exact for constant layers (eigenvectors of H in each). Tested against the vacuum formula, the two-flavour formula in
    matter and unitarity in tests/fluxes/test_oscillations.py.

    Examples
    --------
    >>> p = probability(1.0, 295e3)
    >>> bool(np.allclose(p.sum(axis=-1), 1.0))
    True
    """
    check_positive(energy=energy)
    check_non_negative(lengths=lengths, electron_densities=electron_densities)
    osc = oscillation or Oscillation()
    energy_array, length, density = (np.asarray(x, dtype=float) for x in (energy, lengths, electron_densities))
    if density.ndim == 0:
        length, density = length[..., None], density[None]
    layers = np.broadcast_shapes(length.shape[-1:], density.shape[-1:])
    length = np.broadcast_to(length, length.shape[:-1] + layers)
    density = np.broadcast_to(density, density.shape[:-1] + layers)
    shape = np.broadcast_shapes(energy_array.shape, length.shape[:-1], density.shape[:-1])
    amplitude = np.broadcast_to(np.eye(3, dtype=complex), (*shape, 3, 3))
    matrix = osc.pmns.conj() if antineutrino else osc.pmns
    splitting = np.array([0.0, osc.dm2_21, osc.dm2_31]) * EV2
    vacuum = np.einsum("ai,i,bi->ab", matrix, splitting, matrix.conj())
    sign = -1.0 if antineutrino else 1.0
    for layer in range(length.shape[-1]):
        # eigenvectors know energy and density, not the length: paths of one Earth share them
        potential = sign * POTENTIAL_PER_MOL * density[..., layer]
        local = np.broadcast_shapes(energy_array.shape, potential.shape)
        hamiltonian = np.broadcast_to(vacuum / (2.0 * energy_array[..., None, None]) + 0j, (*local, 3, 3)).copy()
        hamiltonian[..., 0, 0] += potential
        values, vectors = np.linalg.eigh(hamiltonian)
        phase = np.exp(-1j * values * (length[..., layer] * units.METRE)[..., None])
        step = np.einsum("...ai,...i,...bi->...ab", vectors, phase, vectors.conj())
        amplitude = step @ amplitude
    return np.swapaxes(np.abs(amplitude) ** 2, -1, -2)


def averaged_probability(oscillation: Oscillation | None = None) -> FloatArray:
    """P(alpha -> beta) with all phases averaged, sum_i |U_ai|^2 |U_bi|^2: astrophysical sources; shape (3, 3)."""
    squared = np.abs((oscillation or Oscillation()).pmns) ** 2
    return squared @ squared.T


def earth_layers(cos_zenith: npt.ArrayLike, production_height: float = 15e3) -> tuple[FloatArray, FloatArray]:
    """Lengths [m] and electron densities [mol / cm^3] along a path to a detector at the surface, from the far side in.

    Parameters
    ----------
    cos_zenith : array_like
        Cosine of the zenith angle of the neutrino, 1 for down-going, -1 straight through the Earth.
    production_height : float
        Height in the atmosphere [m] where it was made.

    Returns
    -------
    lengths, densities : ndarray, shapes cos_zenith.shape + (8,) and (8,)
        The first layer is air; shells that the path misses have zero length.

    Raises
    ------
    DomainError
        If a cosine lies outside [-1, 1] or the height is not positive.

    Examples
    --------
    >>> lengths, _ = earth_layers(-1.0)
    >>> round(float(lengths.sum()) / 1e3)
    12757
    """
    cosine = np.asarray(cos_zenith, dtype=float)
    if not np.all(np.abs(cosine) <= 1.0):
        raise DomainError("the cosine of the zenith angle must lie in [-1, 1]")
    check_positive(production_height=production_height)
    radii = np.array([shell[0] for shell in EARTH_SHELLS]) * 1e3
    densities = np.array([rho * fraction for _, rho, fraction in EARTH_SHELLS])
    surface = radii[-1]
    total = np.sqrt((surface + production_height) ** 2 - surface**2 * (1.0 - cosine**2)) - surface * cosine
    impact = surface * np.sqrt(1.0 - cosine**2)
    half = np.sqrt(np.clip(radii**2 - impact[..., None] ** 2, 0.0, None)) * (cosine < 0)[..., None]
    ring = np.diff(half, axis=-1, prepend=0.0)  # half the path in each shell, from the centre out
    way_in, way_out = ring[..., ::-1], ring.copy()
    way_out[..., 0] *= 2.0  # the innermost shell is crossed once, whole
    way_in = way_in[..., :-1]
    air = total - 2.0 * half[..., -1]
    lengths = np.concatenate([air[..., None], way_in, way_out], axis=-1)
    return lengths, np.concatenate([[0.0], densities[::-1][:-1], densities])


def parameters(options: dict[str, float] | None) -> Oscillation:
    """An :class:`Oscillation` from a card's table of overrides.

    Raises
    ------
    UnknownNameError
        If an option is not a mixing parameter.
    """
    overrides: dict[str, Any] = dict(options or {})
    for name in overrides:
        check_choice("oscillation parameter", name, Oscillation.__dataclass_fields__)
    return Oscillation(**overrides)
