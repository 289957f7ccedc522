"""The presets of ``bbn`` and ``cmb``: which measured values are demanded, and of which early Universe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nudipole.cosmology import grid_points
from nudipole.cosmology.criteria import (
    DEUTERIUM_2017,
    DEUTERIUM_2025,
    DEUTERIUM_PDG,
    HELIUM3_SUN,
    HELIUM_EMPRESS,
    HELIUM_LBT,
    HELIUM_PDG,
    N_EFF_ACT,
    N_EFF_JOINT,
    N_EFF_PLANCK,
    Criterion,
)

_SPREAD = (
    "from 30 to 300 MeV the other treatment (preset thermal) ends the region of late decays at d up to 9 times smaller: the"
    " largest uncertainty of this limit"
)
_MODERN = Criterion(
    HELIUM_LBT, DEUTERIUM_2025, HELIUM3_SUN, note=f"modern: Y_p from LBT, D/H of 2025, kinetic neutrinos; {_SPREAD}"
)
_ACT = Criterion(n_eff=N_EFF_ACT, note="modern: N_eff of ACT DR6 with Planck, kinetic neutrinos")


def _neutrino_presets(criterion: Criterion) -> dict[str, Criterion]:
    """What a decay neutrino does to the others: both extremes, and the demand that both exclude."""
    return {
        "kinetic": replace(criterion, neutrinos=("kinetic",), note="the default under its own name"),
        "thermal": replace(criterion, neutrinos=("thermal",), note="the default with thermal neutrinos"),
        "lenient": replace(
            criterion, neutrinos=grid_points.NEUTRINOS, note="excluded only if kinetic and thermal both do"
        ),
    }


def _reheating_presets(criterion: Criterion) -> dict[str, Criterion]:
    """The same demands on an N that was absent when the hot phase began at a low temperature."""
    names = {1.0: "reheating-1gev"}
    return {
        names[t]: replace(
            criterion, reheating=t, note=f"the default after reheating to {t:g} GeV without any N; coarse grid"
        )
        for t in grid_points.REHEATING
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
    **_neutrino_presets(_MODERN),
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
    **_neutrino_presets(_ACT),
    "cmb-s4": Criterion(
        spread=0.03, kind="projection", note="sigma(N_eff) = 0.03, 1907.04473 (from memory, not re-read)"
    ),
    **_reheating_presets(_ACT),
}
