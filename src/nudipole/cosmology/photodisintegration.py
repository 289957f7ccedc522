r"""Light nuclei broken by the photons of late decays, after 10^4 s.

The photon of N -> nu gamma, E_0 = M/2, makes a cascade in the plasma that settles at once and is linear in what is injected.
With P_r(E_0, T) the chance that reaction r breaks a given nucleus per photon injected and background photon, and Y_N the
relics per photon,

.. math::

    \kappa_r = Y_N \int_{t(20\,{\rm keV})}^\infty \frac{dt}{\tau}\, e^{-(t - t_0)/\tau}\, P_r(E_0, T(t)),
    \qquad \frac{dY_i}{d\kappa} = \sum_r (\nu_{ri} - \delta_{ri})\, \kappa_r Y_r ,

so the final abundances are the exponential of one small matrix times those of nucleosynthesis. P is tabulated with the
cascade code ACROPOLIS (2011.06518; scripts/build_photodisintegration.py): pair production empties the spectrum above
m_e^2 / 22 T, which is below the 2.2 MeV that bind the deuteron before 5 keV, and below the 20 MeV of 4He before 0.6 keV.
For E_0 far above that cut the cascade forgets E_0 and only the energy injected counts.

The expansion is that of photons and Standard Model neutrinos: right for the few relics that light elements allow, and an
N common enough to change it is excluded anyway. N is at rest. The pairs of N -> nu e+e- (below 1 %) are left out, tritium
counts as 3He, lithium is not followed. Where reactions feed each other their order in time is averaged, as in ACROPOLIS.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from nudipole import units
from nudipole.errors import DomainError, check_between, check_non_negative, check_positive
from nudipole.inputs import tables

FloatArray = npt.NDArray[np.float64]
TABLE = "cosmology/data/photodisintegration.csv"
NUCLEI = ("deuterium", "tritium", "helium3", "helium4")
SMALLEST_ENERGY, LARGEST_ENERGY = 2.3e-3, 0.15  # GeV, of the table
# reaction (column of the table): what breaks, and how many of each nucleus come of it
REACTIONS = {
    "deuterium": (0, (0, 0, 0, 0)),
    "tritium_to_deuterium": (1, (1, 0, 0, 0)),
    "tritium": (1, (0, 0, 0, 0)),
    "helium3_to_deuterium": (2, (1, 0, 0, 0)),
    "helium3": (2, (0, 0, 0, 0)),
    "helium4_to_tritium": (3, (0, 1, 0, 0)),
    "helium4_to_helium3": (3, (0, 0, 1, 0)),
    "helium4_to_two_deuterium": (3, (2, 0, 0, 0)),
    "helium4_to_deuterium": (3, (1, 0, 0, 0)),
}
_FREEDOM = 2 + 7 / 8 * 2 * 3.044 * (4 / 11) ** (4 / 3)  # g_* after e+e- have annihilated
_MOST = 600.0  # strongest exposure followed (all reactions scaled down alike beyond): no deuterium is left long before
_TINY = 1e-30


def time(temperature: npt.ArrayLike) -> FloatArray:
    """Age of the Universe [s] at T_gamma [GeV] below 20 keV, before matter dominates: 1 / 2H.

    Examples
    --------
    >>> round(float(time(1e-6)) / 1e6, 2)  # 1 keV
    1.32
    """
    check_positive(temperature=temperature)
    t2 = np.asarray(temperature, dtype=float) ** 2
    return 0.5 * units.PLANCK_MASS / np.sqrt(4 * np.pi**3 / 45 * _FREEDOM) / t2 / units.SECOND


def chances(photon_energy: float, temperature: npt.ArrayLike) -> FloatArray:
    """P_r of every reaction, last axis, at E_0 [GeV] and T_gamma [GeV]: logarithms, by monotone cubics in ln T and linearly in ln E.

    Zero below the binding energy of the deuteron; the ends of the table hold beyond 20 keV (where P is negligible) and below
    20 eV (where pair production has stopped).

    Raises
    ------
    DomainError
        If E_0 is above the 150 MeV of the table.
    """
    check_positive(photon_energy=photon_energy, temperature=temperature)
    _check_energy(photon_energy)
    log_energies, over_temperature = _table()
    log_t = np.clip(np.log(np.asarray(temperature, dtype=float)), over_temperature.x[0], over_temperature.x[-1])
    return _between_energies(photon_energy, log_energies, over_temperature(log_t))


def _between_energies(photon_energy: float, log_energies: FloatArray, log_chances: FloatArray) -> FloatArray:
    """Chances at E_0 [GeV] from their logarithms at the tabulated energies, first axis; linear in ln E."""
    at = np.log(photon_energy)
    if at < log_energies[0] - 1e-9:
        return np.zeros(log_chances.shape[1:])
    above = int(np.clip(np.searchsorted(log_energies, at), 1, len(log_energies) - 1))
    share = np.clip((at - log_energies[above - 1]) / (log_energies[above] - log_energies[above - 1]), 0.0, 1.0)
    found = np.exp((1 - share) * log_chances[above - 1] + share * log_chances[above])
    return np.where(found > 10 * _TINY, found, 0.0)


def exposures(photon_energy: float, lifetime: npt.ArrayLike) -> FloatArray:
    """kappa_r / Y_N of every reaction, last axis, for photons of E_0 [GeV] from relics of lifetime tau [s].

    ``Y_N`` is counted when T = 20 keV. Zero for lifetimes so short that nothing is left by then.

    Examples
    --------
    >>> bool(np.all(exposures(2.0e-3, 1e6) == 0))  # 2 MeV do not break the deuteron
    True
    """
    check_positive(lifetime=lifetime, photon_energy=photon_energy)
    _check_energy(photon_energy)
    lifetime = np.asarray(lifetime, dtype=float)
    t, log_chances = _clock()
    middle = _between_energies(photon_energy, _table()[0], log_chances)
    left = np.exp(-np.minimum((t - t[0]) / lifetime[..., None], 700.0))
    return (left[..., :-1] - left[..., 1:]) @ middle


def disintegrate(
    deuterium: npt.ArrayLike, helium3: npt.ArrayLike, helium: npt.ArrayLike, kappa: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(D/H, 3He/H, Y_p) after photodisintegration of strength ``kappa`` (last axis: reactions), from those before.

    Examples
    --------
    >>> d, he3, y = disintegrate(2.5e-5, 1e-5, 0.247, np.zeros(len(REACTIONS)))
    >>> round(float(d) * 1e5, 6)
    2.5
    """
    check_non_negative(deuterium=deuterium, helium3=helium3, helium=helium, kappa=kappa)
    check_between(0.0, 0.9, helium=helium)
    if np.shape(kappa)[-1:] != (len(REACTIONS),):
        raise DomainError(
            f"kappa needs one entry for each of {len(REACTIONS)} reactions, got the shape {np.shape(kappa)}"
        )
    d, he3, y, k = (np.asarray(v, dtype=float) for v in (deuterium, helium3, helium, kappa))
    helium4 = y / (4 * (1 - y))  # per hydrogen
    before = np.stack(np.broadcast_arrays(d, np.zeros_like(d), he3, helium4), axis=-1)
    strongest = k.sum(axis=-1, keepdims=True)
    k = k * np.minimum(1.0, _MOST / np.maximum(strongest, _MOST))
    matrix = np.einsum("...r,rij->...ij", k, _signatures())
    after = np.einsum("...ij,...j->...i", _exponential(matrix), before)
    after = np.maximum(after, 0.0)
    # per hydrogen of before: what broken helium adds to it is below 1 % wherever Y_p is allowed
    return after[..., 0], after[..., 1] + after[..., 2], y * after[..., 3] / np.where(helium4 > 0, helium4, 1.0)


def _exponential(matrix: FloatArray) -> FloatArray:
    """exp of a stack of matrices of norm below 2 :data:`_MOST`, by squaring: many small ones at once."""
    squarings = 16
    x = matrix / 2**squarings
    identity = np.eye(matrix.shape[-1])
    result = identity + x @ (identity + x @ (identity + x @ (identity + x / 4) / 3) / 2)
    for _ in range(squarings):
        result = result @ result
    return result


@functools.cache
def _signatures() -> FloatArray:
    """d Y_i / d kappa_r = S_rij Y_j."""
    change = np.zeros((len(REACTIONS), len(NUCLEI), len(NUCLEI)))
    for r, (broken, made) in enumerate(REACTIONS.values()):
        change[r, :, broken] = made
        change[r, broken, broken] -= 1.0
    return change


def _check_energy(photon_energy: float) -> None:
    if photon_energy > LARGEST_ENERGY * (1 + 1e-9):
        raise DomainError(f"photodisintegration is tabulated up to {LARGEST_ENERGY:g} GeV, got {photon_energy:g}")


@functools.cache
def _clock() -> tuple[FloatArray, FloatArray]:
    """Times [s] from 20 keV to 1 eV, and ln P between them: axes energy, time, reaction."""
    temperatures = np.geomspace(2e-5, 1e-9, 180)
    over_temperature = _table()[1]
    log_t = np.log(np.sqrt(temperatures[1:] * temperatures[:-1]))
    return time(temperatures), over_temperature(np.clip(log_t, over_temperature.x[0], over_temperature.x[-1]))


@functools.cache
def _table() -> tuple[FloatArray, PchipInterpolator]:
    """Logarithms of the energies, and ln P over ln T for each of them."""
    table = tables.load(TABLE)
    energies, temperatures = np.unique(table["photon_energy"]), np.unique(table["temperature"])
    order = np.lexsort((table["temperature"], table["photon_energy"]))
    values = np.stack([table[name][order] for name in REACTIONS], axis=-1)
    values = values.reshape(len(energies), len(temperatures), len(REACTIONS))
    return np.log(energies), PchipInterpolator(np.log(temperatures), np.log(values + _TINY), axis=1)
