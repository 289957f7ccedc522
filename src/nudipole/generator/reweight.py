r"""The verb ``reweight``: events of one point of theory as events of another.

An event that decays after a path s has the density :math:`d^2\,\kappa D\,e^{-\kappa(D+X)s}`, one in which N leaves
:math:`d^2\,e^{-\kappa(D+X)s}` (with the part of invisible decays, which spoil nothing), and kappa and s are in the event: any d
and either nature follow exactly. From Dirac to Majorana the photon loses its asymmetry, 1 / (1 - P cos theta*); from Majorana
to Dirac decays to the antineutrino go and the others count twice.

Another mass is another cross section at the same neutrino energy and momentum transfer: each event keeps its neutrino, its
transfer, its path and its photon's angle in the rest frame of N, and its four-momenta are made anew. That holds for elastic
up-scattering in beams and small steps: what opens at lower masses is not in the events, so M may rise by 5 per cent and not
fall. N -> nu l l are left out then, and how the matter along a path changes with its angle, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.arguments import typed_arguments
from nudipole.coupling import coupling
from nudipole.errors import DomainError, check_positive, number
from nudipole.generator.sampling.decay import NEUTRINO_PDG
from nudipole.generator.table import HNL_PDG, EventTable
from nudipole.generator.writers import writer
from nudipole.generator.writers.parquet import read_parquet
from nudipole.generator.writers.whole import whole_file
from nudipole.kinematics import recoil_limits
from nudipole.matter import targets
from nudipole.portal import Completion, Direction, Nature, Portal
from nudipole.processes.scattering import helicity, upscattering
from nudipole.signals.decay_in_flight import decay_widths

FloatArray = npt.NDArray[np.float64]
_LARGEST_STEP = 1.05
_FEWEST = 20.0  # effective events below which nothing can be said


@dataclass(frozen=True)
class Reweighted:
    """Events with new weights.

    ``effective_size`` is that of the new weights, ``lost`` the events that the new point does not have.
    """

    table: EventTable
    effective_size: float
    lost: int


@typed_arguments
def reweight(
    events: EventTable | str | Path,
    d: float | None = None,
    mass: float | None = None,
    majorana: bool | None = None,
    out: str | Path | None = None,
    *,
    mu: float | None = None,
) -> Reweighted:
    """Events of another coupling, nature or mass.

    Parameters
    ----------
    events : EventTable, str or Path
        From :func:`nudipole.generate`, or a Parquet file of it.
    d, mu : float
        Exactly one: the new coupling [GeV^-1], or mu = 2 d [Bohr magnetons].
    mass : float, optional
        New M [GeV], from that of the events to 5 per cent above it; elastic up-scattering only.
    majorana : bool, optional
        New nature; that of the events if left out.
    out : str or Path, optional
        A Parquet file for the result.

    Returns
    -------
    Reweighted
        The events with their new weights, and how many they are worth.

    Raises
    ------
    DomainError
        If the events do not hold what the new point asks for: a lower mass, a mass too far, too few effective events.

    Examples
    --------
    >>> import nudipole as nd
    >>> table = nd.generate("miniboone", 0.15, 1e-9, "mu", 2000)
    >>> twice = reweight(table, d=2e-9)  # N is made d^2 as often and decays d^2 as often
    >>> bool(twice.effective_size > 1900), round(float(twice.table["weight"].sum() / table["weight"].sum()))
    (True, 16)
    """
    table = events if isinstance(events, EventTable) else _read(Path(events))
    given = table.provenance
    if "d_GeV-1" not in given:
        raise DomainError("these events do not say what they are of: only events of nudipole can be reweighted")
    d = number("d", coupling(d, mu))
    check_positive(d=d)
    old = _portal(given)
    nature = old.direction.nature if majorana is None else "majorana" if majorana else "dirac"
    new_mass = old.mass if mass is None else float(mass)
    direction = Direction(
        old.direction.name, nature=nature, completion=old.direction.completion, extra_width=old.extra_width
    )
    new = Portal(new_mass, float(d), direction)
    if new_mass != old.mass:
        table, factor = _at_mass(table, old, new)
    else:
        factor = np.ones(len(table))
    factor = factor * _decays(table, old, new)
    table, angles = _of_nature(table, old, new)
    weight = table["weight"] * factor * angles
    provenance = _provenance(given, new, float(weight.sum()))
    result = EventTable({**table.columns, "weight": weight}, provenance)
    size = result.effective_size
    if size < _FEWEST:
        raise DomainError(
            f"the events do not cover this point: {len(table)} of them are worth {size:.3g} there; generate events at it"
        )
    if out is not None:
        with whole_file(Path(out)) as part:
            file = writer("parquet", part, provenance)
            try:
                file.write(result)
            finally:
                file.close()
    return Reweighted(result, size, int(np.sum((weight == 0.0) & (table["weight"] > 0.0))))


def _read(path: Path) -> EventTable:
    if not path.is_file():
        raise DomainError(f"there are no events in {path}")
    try:
        return read_parquet(path)
    except (OSError, ValueError) as error:
        raise DomainError(
            f"{path} is no Parquet file of events, the one format that holds what reweighting needs: "
            f"{str(error).splitlines()[0]}"
        ) from None


def _portal(given: Mapping[str, Any]) -> Portal:
    ratio = given.get("completion_ratio")
    completion = Completion() if ratio is None else Completion("gauge", float(ratio))
    nature: Nature = "majorana" if given["nature"] == "majorana" else "dirac"
    extra = float(given.get("extra_width_GeV", 0.0))
    direction = Direction(str(given["flavor"]), nature=nature, completion=completion, extra_width=extra)
    return Portal(float(given["mass_GeV"]), float(given["d_GeV-1"]), direction)


def _provenance(given: Mapping[str, Any], new: Portal, total: float) -> dict[str, Any]:
    before = {name: given[name] for name in ("mass_GeV", "d_GeV-1", "nature", "expected")}
    return {
        **given,
        "mass_GeV": new.mass,
        "d_GeV-1": new.d,
        "nature": new.direction.nature,
        "expected": total,
        "weighted": True,
        "reweighted_from": before,
    }


def _decays(table: EventTable, old: Portal, new: Portal) -> FloatArray:
    """Ratio of densities in d, D, X and kappa: what decays after a path, or leaves."""
    if "kappa" not in table.columns or old.mass == 0.0:
        return np.full(len(table), (new.d / old.d) ** 2)
    was, now = decay_widths(old.mass, old.direction), decay_widths(new.mass, new.direction)
    path, kappa = table["path"], table["kappa"]
    rates = []
    for portal, widths, strength in (
        (old, was, kappa),
        (new, now, kappa * _kappa_ratio(table, old, new)),
    ):
        whole = portal.decay_strength + float(widths.extra)
        rates.append((strength, portal.decay_strength, whole))
    (k0, dipole0, whole0), (k1, dipole1, whole1) = rates
    ratio = np.exp(k0 * whole0 * path - k1 * whole1 * path)
    decays = table.pdg("photon") != 0
    inside = ratio * (k1 * dipole1) / np.maximum(k0 * dipole0, 1e-300)
    left = _leaves(k1 * path, dipole1, whole1) / np.maximum(_leaves(k0 * path, dipole0, whole0), 1e-300)
    return np.asarray((new.d / old.d) ** 2 * np.where(decays, inside, left))


def _leaves(depth: FloatArray, dipole: float, whole: float) -> FloatArray:
    return np.asarray(1.0 + dipole / whole * np.expm1(-depth * whole))


def _kappa_ratio(table: EventTable, old: Portal, new: Portal) -> FloatArray:
    """New kappa over old: width per D times M over p; the momenta of a table at a new mass are new already."""
    was, now = decay_widths(old.mass, old.direction), decay_widths(new.mass, new.direction)
    ratio = float(now.total) * new.mass / (float(was.total) * old.mass)
    before = table.columns.get("old_momentum")
    if before is None:
        return np.full(len(table), ratio)
    _, x, y, z = table.momentum("hnl")
    return np.asarray(ratio * before / np.maximum(np.sqrt(x**2 + y**2 + z**2), 1e-300))


def _of_nature(table: EventTable, old: Portal, new: Portal) -> tuple[EventTable, FloatArray]:
    """The new nature's angles, and names of N and its neutrino."""
    one, none = old.direction.nature, np.ones(len(table))
    if one == new.direction.nature or "angular" not in table.columns:
        return table, none
    columns = dict(table.columns)
    decays = table.pdg("photon") != 0
    if new.direction.nature == "majorana":
        columns["hnl_pdg"] = np.full(len(table), HNL_PDG)
        angular = np.where(decays, np.maximum(columns["angular"], 1e-300), 1.0)
        # the neutrino is nu with the share of the asymmetry, nubar with the rest
        flipped = np.random.default_rng(1).random(len(table)) > 0.5 * angular
        columns["neutrino_pdg"] = np.where(decays & flipped, -columns["neutrino_pdg"], columns["neutrino_pdg"])
        return EventTable(columns, table.provenance), np.asarray(1.0 / angular)
    anti = _lepton_number(table) < 0
    columns["hnl_pdg"] = np.where(anti, -HNL_PDG, HNL_PDG)
    kept = np.where(decays, np.where((columns["neutrino_pdg"] < 0) == anti, 2.0, 0.0), 1.0)
    return EventTable(columns, table.provenance), np.asarray(kept)


def _lepton_number(table: EventTable) -> npt.NDArray[np.int64]:
    """Sign of the lepton number that N is made with: that of the neutrino, or against what comes with N."""
    beam = table.pdg("beam")
    if np.all(np.isin(np.abs(beam), tuple(NEUTRINO_PDG.values()))):
        return np.sign(beam)
    other = table.pdg("recoil")
    return np.where(np.isin(np.abs(other), (11, 12, 13, 14, 15, 16)), -np.sign(other), np.sign(other))


def _at_mass(table: EventTable, old: Portal, new: Portal) -> tuple[EventTable, FloatArray]:
    """Events at a new mass: same neutrino and recoil, and the ratio of the cross sections."""
    if not old.mass <= new.mass <= _LARGEST_STEP * old.mass:
        raise DomainError(
            f"events of M = {old.mass:g} GeV cover masses up to {_LARGEST_STEP * old.mass:g} GeV and none below, not {new.mass:g}"
        )
    if not np.all(np.isin(table["process"], (1, 2, 3, 4))) or np.any(table.pdg("photon") == 0):
        raise DomainError(
            "only elastic up-scattering followed by a decay can be given another mass: generate events at it"
        )
    if np.any(table["beam_px"] != 0.0) or np.any(table["beam_py"] != 0.0):
        raise DomainError("only events of a beam along z can be given another mass: generate events at it")
    from nudipole.generator import run
    from nudipole.generator.samplers.upscattering import UpscatterSampler

    given = table.provenance
    order = run.Order(
        str(given["card"]),
        new,
        str(given["preset"]),
        int(given["seed"]),
        bool(given["weighted"]),
        str(given.get("decays", "forced")),
    )
    _, sampler = order.sampler()
    if not isinstance(sampler, UpscatterSampler):
        raise DomainError("only photon searches in beams can be given another mass: generate events at it")
    columns, factor = _new_kinematics(table, old, new)
    seen = sampler.observed(np.random.default_rng(int(given["seed"])), dict(columns))
    columns = {name: values for name, values in columns.items() if name not in ("channel", "shower", "lost", "source")}
    judged = {name: seen[name] for name in ("efficiency", "selected", "bin")}
    return EventTable(columns | judged, given), factor


def _new_kinematics(table: EventTable, old: Portal, new: Portal) -> tuple[dict[str, Any], FloatArray]:
    """Columns at the new mass and the ratio of densities of production and decay angle; pairs of leptons are dropped."""
    columns = dict(table.columns)
    energy, hnl, m = columns["beam_E"], columns["hnl_E"], columns["target_E"]
    lost = energy - hnl
    _, x, y, z = table.momentum("hnl")
    before = np.sqrt(x**2 + y**2 + z**2)
    size = np.sqrt(np.maximum((hnl - new.mass) * (hnl + new.mass), 0.0))
    low, high = recoil_limits(energy, new.mass, m)
    open_ = (lost >= low) & (lost <= high) & (size > 0.0)
    along = (2.0 * energy * hnl - new.mass**2 - 2.0 * m * lost) / (2.0 * energy)
    across = np.sqrt(np.maximum(m * (m + 2.0 * energy) * (lost - low) * (high - lost), 0.0)) / energy
    turn = np.hypot(x, y)
    cosine, sine = (np.divide(v, turn, out=np.full(len(v), d), where=turn > 0) for v, d in ((x, 1.0), (y, 0.0)))
    now = np.stack([across * cosine, across * sine, along])
    ray = now / np.maximum(np.sqrt(np.sum(now**2, axis=0)), 1e-300)
    was = np.stack([x, y, z]) / before
    light = np.stack([columns["photon_px"], columns["photon_py"], columns["photon_pz"]])
    star = np.clip((2.0 * columns["photon_E"] - hnl) / before, -1.0, 1.0)
    aside = light - np.sum(light * was, axis=0) * was
    aside -= np.sum(aside * ray, axis=0) * ray
    aside /= np.maximum(np.sqrt(np.sum(aside**2, axis=0)), 1e-300)
    photon = 0.5 * (hnl * star + size) * ray + 0.5 * new.mass * np.sqrt(1.0 - star**2) * aside
    degree = helicity.polarisation_spin0(lost, energy, np.asarray(new.mass), m, low, high)
    degree = np.where(open_, degree, 0.0)
    sign = np.where(table.pdg("beam") < 0, -1.0, 1.0)
    photons = np.abs(columns["photon_pdg"]) == 22
    angular = 1.0 - degree * star
    factor = np.where(open_ & photons, _sections(table, lost, old, new), 0.0)
    if new.direction.nature == "dirac" and old.direction.nature == "dirac":
        factor = factor * angular / np.maximum(columns["angular"], 1e-300)
    path = columns["path"]
    for k, axis in enumerate("xyz"):
        columns[f"hnl_p{axis}"], columns[f"photon_p{axis}"] = now[k], photon[k]
        columns[f"production_{axis}"] = columns[f"decay_{axis}"] - path * ray[k]
        columns[f"recoil_p{axis}"] = columns[f"beam_p{axis}"] - now[k]
        columns[f"neutrino_p{axis}"] = now[k] - photon[k]
    columns["photon_E"] = 0.5 * (hnl + size * star)
    columns["neutrino_E"] = hnl - columns["photon_E"]
    columns["recoil_E"] = m + lost
    columns |= {
        "angular": angular, "polarisation": sign * degree, "old_momentum": before, "lost": lost,
        "channel": np.where(photons, 0, 1).astype(np.int8), "shower": table["process"] != 1, "source": np.zeros(len(table)),
    }  # fmt: skip
    for k, axis in enumerate("xyz"):
        columns[f"spin_{axis}"] = sign * degree * ray[k]
    return columns, factor


def _sections(table: EventTable, lost: FloatArray, old: Portal, new: Portal) -> FloatArray:
    """New over old cross section at the same neutrino energy and recoil; what depends on Q^2 alone drops out."""
    ratio, names = np.zeros(len(table)), {11: "e-", 2212: "p", 2112: "n"}
    pdg, energy, m = table.pdg("target"), table["beam_E"], table["target_E"]
    for code in np.unique(pdg):
        rows = np.flatnonzero(pdg == code)
        at = lost[rows], energy[rows]
        if int(code) in names:
            target = targets.get(names[int(code)])
            one, two = (upscattering.spectrum(target, *at, mass) for mass in (old.mass, new.mass))
        else:
            one, two = (upscattering.spectrum_spin0(*at, mass, m[rows]) for mass in (old.mass, new.mass))
        ratio[rows] = np.divide(two, one, out=np.zeros(len(rows)), where=one > 0)
    return ratio


__all__ = ["Reweighted", "reweight"]
