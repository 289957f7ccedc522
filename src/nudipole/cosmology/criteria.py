r"""What is demanded of an early Universe: measured values, the criterion built of them, and the presets of ``bbn`` and ``cmb``.

.. math::

    \chi^2 = r^{\rm T}C^{-1}r,\qquad r = (Y_p, {\rm D/H}) - \text{observed},\qquad
    C = {\rm diag}(\sigma^2) + \sigma_\omega^2\, g\,g^{\rm T},\quad g = \partial(Y_p, {\rm D/H})/\partial\Omega_bh^2,

so Omega_b h^2 is marginalised over its CMB prior; 3He/D counts only where it exceeds what the Sun was born with; one term in
N_eff for ``cmb``. The statistic is chi^2 above that of the Standard Model.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nudipole.constraint import Kind
from nudipole.cosmology import grid
from nudipole.inference.counting import critical_value
from nudipole.inputs import tables
from nudipole.portal import Nature

FloatArray = npt.NDArray[np.float64]
STANDARD_MODEL = "cosmology/data/standard_model.csv"


@dataclass(frozen=True)
class Observed:
    """A measured value, its error and, in quadrature, the error of the prediction."""

    value: float
    error: float
    theory_error: float = 0.0
    source: str = ""

    @property
    def variance(self) -> float:
        """sigma^2."""
        return self.error**2 + self.theory_error**2


HELIUM_LBT = Observed(0.2458, 0.0013, 0.0003, "LBT, 2601.22238; theory: neutron lifetime and neutrino spectra")
HELIUM_PDG = Observed(0.245, 0.003, 0.0003, "PDG 2020-2024")
HELIUM_EMPRESS = Observed(0.2402, 0.0040, 0.0003, "EMPRESS XV, 2506.24050")
DEUTERIUM_2025 = Observed(2.510e-5, 0.028e-5, 0.06e-5, "2511.06275; theory: 2.5 % between nuclear networks")
DEUTERIUM_2017 = Observed(2.527e-5, 0.030e-5, 0.06e-5, "1710.11129; theory: 2.5 % between nuclear networks")
DEUTERIUM_PDG = Observed(2.547e-5, 0.029e-5, 0.06e-5, "PDG 2024; theory: 2.5 % between nuclear networks")
HELIUM3_SUN = Observed(
    0.83, 0.15, 0.0, "3He/D of the protosolar cloud, one-sided, as adopted by ACROPOLIS 1.3.1 (PDG 2020)"
)
N_EFF_PLANCK = Observed(2.99, 0.17, 0.0, "Planck 2018 with BAO, 1807.06209")
N_EFF_JOINT = Observed(2.990, 0.070, 0.0, "CMB and light elements together, 2603.13226")
N_EFF_ACT = Observed(2.86, 0.13, 0.0, "ACT DR6 with Planck, 2503.14454")
BARYON_ERROR = 0.00014  # Omega_b h^2, Planck 2018 with BAO


@dataclass(frozen=True)
class Criterion:
    """What is demanded of an early Universe.

    Either measured values (helium, deuterium, helium3 as an upper limit on 3He/D, n_eff: ``None`` leaves one out), or a cut:
    the largest allowed rise of Y_p to ``helium_cut`` or of N_eff by ``n_eff_cut``, taken as the 90 % point of a Gaussian.
    ``spread`` is a projection: an error of N_eff around the Standard Model. ``neutrinos`` lists the treatments of which the
    most lenient counts, ``reheating`` [GeV] is where the hot phase began without N, ``folder`` where its grids are if they are
    not shipped.
    """

    helium: Observed | None = None
    deuterium: Observed | None = None
    helium3: Observed | None = None
    n_eff: Observed | None = None
    helium_cut: float | None = None
    n_eff_cut: float | None = None
    spread: float | None = None
    neutrinos: tuple[str, ...] = grid.NEUTRINOS
    reheating: float = float("inf")
    photodisintegration: bool = True
    folder: str = ""
    kind: Kind = "exclusion"
    confidence_level: float = 0.95
    note: str = ""

    def statistic(self, values: FloatArray, standard: FloatArray, response: FloatArray) -> FloatArray:
        """chi^2 - chi^2(Standard Model) of (Y_p, D/H, N_eff, 3He/H) along the last axis, d values / d ln Omega_b h^2 given."""
        cut = critical_value(0.9)
        if self.helium_cut is not None:
            rise = np.maximum(values[..., 0] - standard[0], 0.0) / (self.helium_cut - standard[0])
            return np.asarray(cut * rise**2)
        if self.n_eff_cut is not None:
            return np.asarray(cut * (np.maximum(values[..., 2] - standard[2], 0.0) / self.n_eff_cut) ** 2)
        if self.spread is not None:
            return np.asarray(((values[..., 2] - standard[2]) / self.spread) ** 2)
        used = [(i, o) for i, o in enumerate((self.helium, self.deuterium, self.n_eff)) if o is not None]
        index = [i for i, _ in used]
        observed = np.array([o.value for _, o in used])
        gradient = np.where(np.array(index) < 2, response[index], 0.0) * BARYON_ERROR / _baryon_density()
        inverse = np.linalg.inv(np.diag([o.variance for _, o in used]) + np.outer(gradient, gradient))

        def chi_squared(point: FloatArray) -> FloatArray:
            residual = point[..., index] - observed
            total = np.einsum("...i,ij,...j->...", residual, inverse, residual)
            if self.helium3 is not None:
                excess = point[..., 3] / np.maximum(point[..., 1], 1e-12) - self.helium3.value
                total = total + np.maximum(excess, 0.0) ** 2 / self.helium3.variance
            return np.asarray(total)

        return chi_squared(values) - chi_squared(standard)

    def sky(self, neutrinos: str, nature: Nature) -> Callable[[float, npt.ArrayLike], FloatArray]:
        """The grid of early Universes for one treatment of decay neutrinos, a function of mass and coupling.

        After low reheating a Majorana N is read at 2D from the Dirac grid: its lifetime is right, and where it was never in
        equilibrium its number twice too large.
        """
        made_for = grid.Assumptions(neutrinos, nature if self.reheating == np.inf else "dirac", self.reheating)
        sky = grid.load(made_for) if not self.folder else grid.load_from(Path(self.folder), made_for)
        if nature == made_for.nature:
            return sky
        return lambda mass, d: sky(mass, np.sqrt(2.0) * np.asarray(d, dtype=float))


_MODERN = Criterion(
    HELIUM_LBT, DEUTERIUM_2025, HELIUM3_SUN, note="modern: Y_p from LBT, D/H of 2025, both neutrino treatments"
)
_ACT = Criterion(n_eff=N_EFF_ACT, note="modern: N_eff of ACT DR6 with Planck, both neutrino treatments")


def _reheating_presets(criterion: Criterion) -> dict[str, Criterion]:
    """The same demands on an N that was absent when the hot phase began at a low temperature."""
    names = {1.0: "reheating-1gev"}
    return {
        names[t]: replace(
            criterion, reheating=t, note=f"the default after reheating to {t:g} GeV without any N; coarse grid"
        )
        for t in grid.REHEATING
    }


BBN: Mapping[str, Criterion] = {
    "default": _MODERN,
    "modern": replace(_MODERN, note="the default under its own name"),
    "brdar2020": Criterion(
        helium_cut=0.256,
        neutrinos=("thermal",),
        confidence_level=0.9,
        note="2007.15563: Y_p below 0.256 with a thermal neutrino bath; the cut is fitted to the published 4He line, whose"
        " criterion is not known, so agreement with its level proves nothing, agreement with its shape does",
    ),
    "pdg": Criterion(HELIUM_PDG, DEUTERIUM_PDG, HELIUM3_SUN, note="Y_p and D/H of the PDG 2024"),
    "empress": Criterion(
        HELIUM_EMPRESS, DEUTERIUM_2017, HELIUM3_SUN, note="the low helium of EMPRESS with D/H of 2017"
    ),
    "helium": Criterion(HELIUM_LBT, note="Y_p of LBT alone"),
    "kinetic": replace(_MODERN, neutrinos=("kinetic",), note="the default, kinetic neutrinos only"),
    "thermal": replace(_MODERN, neutrinos=("thermal",), note="the default, thermal neutrinos only"),
    "no-photodisintegration": replace(
        _MODERN, photodisintegration=False, note="the default without nuclei broken by late photons"
    ),
    **_reheating_presets(_MODERN),
}
CMB: Mapping[str, Criterion] = {
    "default": _ACT,
    "modern": replace(_ACT, note="the default under its own name"),
    "joint2026": Criterion(n_eff=N_EFF_JOINT, note="N_eff of CMB and light elements together; not to be added to bbn"),
    "planck2018": Criterion(n_eff=N_EFF_PLANCK, note="N_eff of Planck 2018 with BAO"),
    "brdar2020": Criterion(
        n_eff_cut=0.3, neutrinos=("thermal",), confidence_level=0.9, note="2007.15563: Delta N_eff below 0.3"
    ),
    "brdar2020-future": Criterion(
        n_eff_cut=0.05,
        neutrinos=("thermal",),
        confidence_level=0.9,
        kind="projection",
        note="2007.15563: Delta N_eff below 0.05",
    ),
    "simons-observatory": Criterion(
        spread=0.07, kind="projection", note="baseline sigma(N_eff) = 0.07, 1808.07445 (from memory, not re-read)"
    ),
    "cmb-s4": Criterion(
        spread=0.03, kind="projection", note="sigma(N_eff) = 0.03, 1907.04473 (from memory, not re-read)"
    ),
    **_reheating_presets(_ACT),
}


@functools.cache
def standard_model(neutrinos: str) -> tuple[FloatArray, FloatArray]:
    """(Y_p, D/H, N_eff, 3He/H) without N, and their derivatives with respect to ln Omega_b h^2."""
    table = tables.load(STANDARD_MODEL)
    here = np.nonzero(table["kinetic"] == float(neutrinos == "kinetic"))[0]
    here = here[np.argsort(table["baryon_density"][here])]
    values = np.stack([table[name][here] for name in ("helium", "deuterium", "n_eff", "helium3")], axis=-1)
    log_density = np.log(table["baryon_density"][here])
    return values[1], (values[2] - values[0]) / (log_density[2] - log_density[0])


def _baryon_density() -> float:
    return float(np.median(tables.load(STANDARD_MODEL)["baryon_density"]))
