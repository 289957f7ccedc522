r"""Any set of searches in one likelihood.

The members' test statistics add. Members that share a nuisance parameter by name (a solar flux, the reactor flux,
quenching) are fitted together, with one parameter for each name; all others are profiled by themselves, which is exact
because the likelihood factorises:

.. math:: -2\ln L(d) = \sum_{\text{groups }g}\min_{\theta_g}\bigl[-2\ln L_g(d,\theta_g)\bigr].

Excluded are the couplings where this exceeds its minimum over d >= 0 by the critical value of one parameter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.arguments import typed_arguments
from nudipole.catalogue import registry
from nudipole.catalogue.experiment import Experiment
from nudipole.columns import Columns, Tabular
from nudipole.constraint import Constraint, Limit, as_masses
from nudipole.errors import DomainError, check_choice
from nudipole.fits import datasets, flavours
from nudipole.fits.joint import profiled
from nudipole.fits.scanning import CouplingScan
from nudipole.inference.count_limits import likelihood_of
from nudipole.inference.counting import check_confidence_level, critical_value
from nudipole.inference.likelihood import Likelihood, join
from nudipole.portal import Direction

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Combination(Tabular):
    """A joint limit, what is in it and what is not.

    Attributes
    ----------
    limit : Limit
    members : tuple of str
        Keys that entered, in the order given.
    left_out : mapping
        Key -> reason, of what has no likelihood or no sensitivity to these couplings.
    shared : mapping
        Nuisance parameter -> members that share it.
    best : ndarray (masses,)
        d [GeV^-1] at the minimum of -2 ln L, 0 where no signal fits best. As for one experiment, a fit that prefers
        N does not exclude its absence: intervals that begin at d = 0 are not in ``limit``.
    preference : ndarray (masses,)
        -2 ln L of no signal minus that of the best point, >= 0.
    """

    limit: Limit
    members: tuple[str, ...]
    left_out: Mapping[str, str]
    shared: Mapping[str, tuple[str, ...]]
    best: FloatArray
    preference: FloatArray

    def to_arrays(self) -> Columns:
        """The columns of the joint limit, as :meth:`nudipole.constraint.Limit.to_arrays` has them."""
        return self.limit.to_arrays()

    def to_dict(self) -> dict[str, Any]:
        """Plain data: the same as ``nudipole combine --json`` prints."""
        limit = self.limit
        rows = [
            {
                "mass_GeV": float(mass),
                "flavor": limit.direction.name,
                "cl": limit.confidence_level,
                "excluded": [{"d_GeV-1": [i.low, i.high], "mu_muB": list(i.mu)} for i in intervals],
                "best_d_GeV-1": float(best),
                "preference": float(preference),
            }
            for mass, intervals, best, preference in zip(
                limit.masses, limit.excluded, self.best, self.preference, strict=True
            )
        ]
        shared = {name: list(keys) for name, keys in self.shared.items()}
        return {"members": list(self.members), "left_out": dict(self.left_out), "shared": shared, "limits": rows}

    def _repr_html_(self) -> str:
        return self.limit._repr_html_()


@dataclass(frozen=True)
class _Part:
    """One member at these masses: its statistic, its signal (None out of its range), and the row of each mass or -1."""

    key: str
    statistic: Any
    signal: Any
    rows: npt.NDArray[np.intp]

    @property
    def nuisances(self) -> frozenset[str]:
        likelihood = likelihood_of(self.statistic)
        return frozenset() if self.signal is None or likelihood is None else frozenset(p.name for p in likelihood.pulls)


@dataclass(frozen=True)
class _Group:
    """Members that share nuisance parameters, or one member alone: -2 ln L relative to no signal."""

    parts: tuple[_Part, ...]
    joined: tuple[Likelihood, tuple[npt.NDArray[np.intp], ...]] | None = None
    zero: float = field(default=0.0)

    def at(self, row: int, d: FloatArray) -> FloatArray:
        """At couplings d [GeV^-1] of one mass, shape (couplings,); a lower bound where the signal is enormous."""
        if self.joined is None:
            (part,) = self.parts
            place = int(part.rows[row])
            if place < 0:
                return np.zeros(len(d))
            if (likelihood := likelihood_of(part.statistic)) is not None:
                shifts = part.signal.relative_shifts
                relative = np.zeros((len(likelihood.pulls), likelihood.bins))
                if shifts is not None:
                    relative = shifts[place if len(shifts) > 1 else 0]
                return self._profiled(likelihood, part.signal.counts(place, d), relative)
            return np.asarray(part.statistic.delta_chi2(part.signal, np.full(len(d), place), d), dtype=float)
        likelihood, positions = self.joined
        counts = np.zeros((len(d), likelihood.bins))
        relative = np.zeros((len(likelihood.pulls), likelihood.bins))
        start = 0
        for part, where in zip(self.parts, positions, strict=True):
            stop, index = start + part.statistic.likelihood.bins, int(part.rows[row])
            if index >= 0:
                counts[:, start:stop] = part.signal.counts(index, d)
                if (shifts := part.signal.relative_shifts) is not None:
                    relative[where, start:stop] = shifts[index if len(shifts) > 1 else 0]
            start = stop
        return self._profiled(likelihood, counts, relative)

    def _profiled(self, likelihood: Likelihood, counts: FloatArray, relative: FloatArray) -> FloatArray:
        largest = float(np.max(np.abs(relative), initial=0.0))
        return profiled(likelihood, counts, counts[:, None, :] * relative, self.zero, largest)


@typed_arguments
def combine(
    keys: Sequence[str | Path],
    flavor: str | None,
    mass: npt.ArrayLike,
    *,
    cl: float = 0.9,
    majorana: bool = False,
    presets: Mapping[str, str] | None = None,
    one_sided: bool = False,
    ratios: Mapping[str, complex] | None = None,
    profile: Sequence[str] = (),
) -> Combination:
    """Excluded couplings of several searches fitted together.

    Parameters
    ----------
    keys : sequence of str or Path
        Shipped keys or paths of cards; ``laboratory`` stands for every shipped measurement, one key a data set.
    flavor : {"e", "mu", "tau", "universal", "coherent"} or None
        None with ``ratios``.
    mass : array_like
        M_N [GeV].
    cl : float
        Confidence level of the joint limit, one parameter.
    majorana : bool
        Whether N is its own antiparticle.
    presets : mapping, optional
        Preset of a member by its key.
    one_sided : bool
        Exclude only above the best fit, with the one-sided critical value.
    ratios : mapping, optional
        Flavour -> d_a / d: several couplings in fixed proportion.
    profile : sequence of {"e", "mu", "tau"}
        Couplings that take whatever size fits best at each d (:mod:`nudipole.fits.flavours`).

    Returns
    -------
    Combination
        The joint limit, those of the members, and the nuisance parameters that they share.

    Raises
    ------
    DomainError
        If data sets overlap, nothing is left to combine, or the couplings contradict each other.
    UnknownNameError
        For an unknown key, flavour or preset.

    Examples
    --------
    >>> joint = combine(["conus-plus", "texono-csi"], "e", 1e-3)
    >>> bool(joint.limit.lower[0] > 0), joint.shared
    (True, {'reactor.flux': ('conus-plus', 'texono-csi')})
    """
    check_confidence_level(cl)
    if one_sided and cl <= 0.5:
        raise DomainError(f"a one-sided limit needs a confidence level above 0.5, got {cl:g}")
    masses = as_masses(mass)
    direction = flavours.ray(flavor, ratios, "majorana" if majorana else "dirac")
    flavours.check_profile(direction, profile)
    constraints = [registry.load(key) for key in datasets.expanded([str(key) for key in keys])]
    datasets.check_independent(constraints)
    chosen = dict(presets or {})
    for key in chosen:
        check_choice("member with a preset", key, [c.key for c in constraints])
    members, left_out = _members(constraints, direction, chosen, profile)
    if not members:
        reasons = "; ".join(f"{key}: {reason}" for key, reason in left_out.items())
        raise DomainError(f"nothing is left to combine ({reasons})")
    scanned: CouplingScan
    if profile:
        scanned, shared = flavours.profiled_scan(members, masses, direction, profile, chosen)
    else:
        groups, shared = _groups(members, masses, direction, chosen)
        scanned = _Scan(groups, len(masses))
    excluded, best, preference = scanned.intervals(critical_value(cl, 1, one_sided), one_sided)
    kind = "exclusion" if all(m.kind == "exclusion" for m in members) else "projection"
    limit = Limit(
        key="+".join(m.key for m in members),
        direction=direction,
        confidence_level=cl,
        masses=masses,
        excluded=tuple(tuple(i for i in found if i.low > 0.0) for found in excluded),
        kind=kind,  # type: ignore[arg-type]
        basis="joint",
        citations=tuple(dict.fromkeys(c for m in members for c in m.citations)),
        notes=(f"profiled over {', '.join(profile)}",) if profile else (),
    )
    return Combination(limit, tuple(m.key for m in members), left_out, shared, best, preference)


def ray_scan(
    constraints: Sequence[Constraint], masses: FloatArray, direction: Direction
) -> tuple[CouplingScan, tuple[str, ...]]:
    """The joint statistic along one ray at these masses [GeV], and the keys in it.

    Raises
    ------
    DomainError
        If none of the constraints has a likelihood and feels these couplings.
    """
    members, left_out = _members(constraints, direction, {})
    if not members:
        reasons = "; ".join(f"{key}: {reason}" for key, reason in left_out.items())
        raise DomainError(f"nothing is left to combine ({reasons})")
    return _Scan(_groups(members, masses, direction, {})[0], len(masses)), tuple(m.key for m in members)


def _members(
    constraints: Sequence[Constraint], direction: Direction, presets: Mapping[str, str], profile: Sequence[str] = ()
) -> tuple[list[Experiment], dict[str, str]]:
    """What has a likelihood and feels these couplings, and why the rest stays out."""
    members: list[Experiment] = []
    left_out: dict[str, str] = {}
    on = {name for name, c in zip(("e", "mu", "tau"), direction.couplings, strict=True) if c} | set(profile)
    for constraint in constraints:
        if not isinstance(constraint, Experiment):
            left_out[constraint.key] = "no likelihood of counted events"
        elif constraint.kind == "line":
            left_out[constraint.key] = "a line of theory, not a measurement"
        elif not direction.incoherent and not on & set(
            constraint.model(presets.get(constraint.key, "default")).flavors
        ):
            left_out[constraint.key] = f"its source holds no neutrinos of {direction.name}"
        else:
            members.append(constraint)
    return members, left_out


def _groups(
    members: Sequence[Experiment], masses: FloatArray, direction: Direction, presets: Mapping[str, str]
) -> tuple[list[_Group], dict[str, tuple[str, ...]]]:
    """Members joined where they share a nuisance parameter, and which parameters those are."""
    parts = []
    for member in members:
        preset = presets.get(member.key, "default")
        model = member.model(preset)
        low, high = member.reach(preset)
        inside = np.nonzero((masses >= low) & (masses <= high))[0]
        rows = np.full(len(masses), -1, dtype=np.intp)
        rows[inside] = np.arange(len(inside))
        signal = model.signal(masses[inside], direction) if inside.size else None
        parts.append(_Part(member.key, model.statistic(), signal, rows))
    names = sorted(frozenset().union(*(part.nuisances for part in parts)))
    sharing = {name: tuple(part.key for part in parts if name in part.nuisances) for name in names}
    shared = {name: keys for name, keys in sharing.items() if len(keys) > 1}
    label = {part.key: number for number, part in enumerate(parts)}  # of the group of each member
    for keys in shared.values():
        together = {label[key] for key in keys}
        label = {key: min(together) if number in together else number for key, number in label.items()}
    groups = []
    for number in dict.fromkeys(label.values()):
        group = tuple(part for part in parts if label[part.key] == number and part.signal is not None)
        if not group:
            continue
        joined = join([part.statistic.likelihood for part in group]) if len(group) > 1 else None
        likelihood = joined[0] if joined else likelihood_of(group[0].statistic)
        zero = 0.0 if likelihood is None else float(likelihood.chi2(np.zeros((1, likelihood.bins)))[0][0])
        groups.append(_Group(group, joined, zero))
    return groups, shared


@dataclass(frozen=True)
class _Scan(CouplingScan):
    """The joint statistic of all groups along one ray."""

    groups: Sequence[_Group]
    masses: int

    def at(self, row: int, d: FloatArray) -> FloatArray:
        return np.sum([group.at(row, d) for group in self.groups], axis=0) if self.groups else np.zeros(len(d))
