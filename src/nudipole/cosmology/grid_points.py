r"""Where early Universes are tabulated: assumptions, masses and photon lifetimes of each table.

Points lie on M [GeV] x tau, the photon lifetime of a Dirac N with strength D,

.. math:: \tau = \frac{4\pi}{D M^3},

since late decays act at fixed lifetime. For a Dirac N that was in equilibrium once: a fine grid from 9.5 keV to 950 MeV and to
10^9 s with kinetic neutrinos, from 30 keV to 300 MeV and to 10^6 s with thermal ones. Coarse ones (every third mass, every
second lifetime) for a Majorana N and for low reheating temperatures; that of a Majorana N with kinetic neutrinos is finer from
1 to 20 MeV, where its edges lie on slopes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.cosmology import evolution, hot_phase
from nudipole.errors import check_choice, check_non_negative, check_positive
from nudipole.portal import Nature

FloatArray = npt.NDArray[np.float64]
NEUTRINOS = ("kinetic", "thermal")
REHEATING = (1.0,)  # GeV, besides none at all
MASSES = 3e-5 * 10.0 ** (np.arange(-3, 28) / 6)  # GeV: 9.5 keV to 950 MeV
LIFETIMES = np.geomspace(1e-5, 1e6, 23)  # s
LONGEST = np.array([1e7, 1e8, 1e9])  # s, where the results change slowly
NARROW = (2.9e-5, 0.31)  # GeV: masses of the other tables
# where a Majorana N leaves equilibrium as it becomes non-relativistic, and its grid is finer
TRANSITION_MASSES, TRANSITION_LIFETIMES = (1e-3, 2.1e-2), (1e-2, 1e3)  # GeV, s
LARGEST_D = 1e-4  # GeV^-1; N is in equilibrium all the way and nothing changes above
VALUES = ("helium", "deuterium", "n_eff", "relics")
COLUMNS = ("mass", "lifetime", "d", *VALUES, "energy_residual")


def _between(values: FloatArray, ends: tuple[float, float]) -> npt.NDArray[np.bool_]:
    return np.asarray((values > ends[0]) & (values < ends[1]))


@dataclass(frozen=True)
class Assumptions:
    """What a table is made for: decay neutrinos, nature of N, and T [GeV] where the hot phase began without N.

    Examples
    --------
    >>> Assumptions("thermal", reheating=1.0).name
    'sky_thermal_1GeV'
    """

    neutrinos: str = "kinetic"
    nature: Nature = "dirac"
    reheating: float = float("inf")

    def __post_init__(self) -> None:
        check_choice("neutrino bath", self.neutrinos, NEUTRINOS)
        check_choice("nature of N", self.nature, ("dirac", "majorana"))
        hot_phase.check_reheating(self.reheating)

    @property
    def name(self) -> str:
        """Of the table, without suffix."""
        nature = "" if self.nature == "dirac" else "_majorana"
        return f"sky_{self.neutrinos}{nature}" + (f"_{self.reheating:g}GeV" if self.reheating < np.inf else "")

    @property
    def described(self) -> str:
        """In words."""
        start = (
            f", absent at T = {self.reheating:g} GeV" if self.reheating < np.inf else " that was in equilibrium once"
        )
        return f"a {self.nature.capitalize()} N{start} (neutrino bath {self.neutrinos})"

    @property
    def coarse(self) -> bool:
        """Whether every third mass and longer steps do."""
        return self.nature == "majorana" or self.reheating < np.inf

    @property
    def wide(self) -> bool:
        """Whether the grid goes on beyond 30 keV to 300 MeV: that of the default."""
        return self.neutrinos == "kinetic" and not self.coarse

    @property
    def finer(self) -> bool:
        """Whether the grid of a Majorana N is a fine one between :data:`TRANSITION_MASSES`."""
        return self.nature == "majorana" and self.neutrinos == "kinetic"

    @property
    def options(self) -> evolution.Options:
        """Of the evolution."""
        exact = evolution.Options(reheating_temperature=self.reheating, neutrinos=self.neutrinos)
        return replace(exact, log_step=0.02, nodes=32) if self.coarse else exact

    @property
    def masses(self) -> FloatArray:
        """Of the table [GeV]."""
        if self.wide:
            return MASSES
        every = np.full(MASSES.shape, not self.coarse)
        every[::3] = True
        every &= _between(MASSES, NARROW)
        if self.finer:
            every |= _between(MASSES, TRANSITION_MASSES)
        return MASSES[every]

    def lifetimes(self, mass: float) -> FloatArray:
        """Of one mass [GeV] of the table [s], before those with too large a coupling are dropped."""
        every = np.full(LIFETIMES.shape, not self.coarse)
        every[::2] = True
        if self.finer and 0.9 * TRANSITION_MASSES[0] < mass < TRANSITION_MASSES[1]:
            every |= _between(LIFETIMES, TRANSITION_LIFETIMES)
        count = len(LONGEST) if self.wide else 2 if self.reheating < np.inf else 0
        return np.append(LIFETIMES[every], LONGEST[:count])


SHIPPED = (
    *(Assumptions(neutrinos) for neutrinos in NEUTRINOS),
    Assumptions("kinetic", "majorana"),
    *(Assumptions(neutrinos, reheating=t) for t in REHEATING for neutrinos in NEUTRINOS),
    Assumptions("thermal", "majorana"),
)


def coupling(mass: npt.ArrayLike, lifetime: npt.ArrayLike) -> FloatArray:
    """d [GeV^-1] of a Dirac N with this mass [GeV] and photon lifetime [s]: d^2 = 4 pi / (tau M^3)."""
    check_positive(mass=mass, lifetime=lifetime)
    mass, lifetime = np.asarray(mass, dtype=float), np.asarray(lifetime, dtype=float)
    return np.sqrt(4 * np.pi / (lifetime * units.SECOND * mass**3))


def lifetime(mass: npt.ArrayLike, d: npt.ArrayLike) -> FloatArray:
    """Photon lifetime [s] of a Dirac N with this mass [GeV] and coupling d > 0 [GeV^-1]: the inverse of :func:`coupling`."""
    check_positive(mass=mass)
    check_non_negative(d=d)
    strength = np.maximum(np.asarray(d, dtype=float) ** 2, 1e-60)
    return 4 * np.pi / (strength * np.asarray(mass, dtype=float) ** 3 * units.SECOND)


def points(made_for: Assumptions, masses: npt.ArrayLike | None = None) -> list[tuple[float, float]]:
    """(mass [GeV], lifetime [s]) of every grid point with d below :data:`LARGEST_D`, plus the next one above."""
    chosen = []
    for mass in np.ravel(np.asarray(made_for.masses if masses is None else masses, dtype=float)):
        lifetimes = made_for.lifetimes(float(mass))
        d = coupling(mass, lifetimes)
        first = max(int(np.searchsorted(-d, -LARGEST_D)) - 1, 0)
        chosen += [(float(mass), float(lifetime)) for lifetime in lifetimes[first:]]
    return chosen
