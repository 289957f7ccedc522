r"""One theory point against everything: what each search expects, and whether it excludes the point.

For a point (M_N, d, flavour structure) and each constraint: the expected signal, the test statistic, the excluded
intervals in d at this mass, and d over the nearest limit. The intervals are those of
:meth:`~nudipole.constraint.Constraint.limit`; couplings of several flavours are walked along their ray, so that
"d over the limit" rescales all of them together.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, fields, replace
from html import escape
from typing import Any

import numpy as np

from nudipole import units
from nudipole.arguments import typed_arguments
from nudipole.catalogue import families, registry
from nudipole.catalogue.experiment import Experiment
from nudipole.columns import Columns, Tabular
from nudipole.constraint import Constraint, Interval
from nudipole.errors import DomainError, NudipoleError
from nudipole.portal import Direction, Portal


@dataclass(frozen=True)
class Verdict:
    """What one constraint says of one theory point.

    Attributes
    ----------
    signal, background, observed : float or None
        Events summed over bins; None where the constraint counts no events.
    test_statistic, critical_value : float or None
        What the limit is judged by, and where it excludes.
    delta_chi2 : float or None
        -2 ln L relative to no signal, which adds over independent searches; None for the sky.
    excluded : bool or None
        None where nothing can be said: no sensitivity, or out of the constraint's range (see ``note``).
    d_limit : float or None
        Edge [GeV^-1] of the excluded interval next to the point, None where there is none.
    d_over_limit : float or None
        d over that edge: above 1 if excluded from below, below 1 if allowed below the curve.
    """

    key: str
    title: str
    group: str
    kind: str
    basis: str
    confidence_level: float
    signal: float | None = None
    background: float | None = None
    observed: float | None = None
    test_statistic: float | None = None
    critical_value: float | None = None
    delta_chi2: float | None = None
    excluded: bool | None = None
    d_limit: float | None = None
    d_over_limit: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Point(Tabular):
    """A theory point with its decays and what every constraint says of it; the strongest of each class first."""

    portal: Portal
    verdicts: tuple[Verdict, ...]

    @property
    def excluded_by(self) -> tuple[str, ...]:
        """Keys of measurements (no projections, no theory lines) that exclude the point."""
        return tuple(v.key for v in self.verdicts if v.excluded and v.kind == "exclusion")

    def to_arrays(self) -> Columns:
        """One row a constraint: the attributes of :class:`Verdict`, NaN where there is no number."""
        names = [item.name for item in fields(Verdict)]
        return {name: _column([getattr(verdict, name) for verdict in self.verdicts]) for name in names}

    def to_dict(self) -> dict[str, Any]:
        """Plain data: the same as ``nudipole point --json`` prints."""
        portal = self.portal
        return {
            "mass_GeV": portal.mass,
            "d_GeV-1": portal.d,
            "mu_muB": portal.mu,
            "flavor": portal.direction.name,
            "couplings_GeV-1": {
                flavor: [float(np.real(portal.d * c)), float(np.imag(portal.d * c))]
                for flavor, c in zip(("e", "mu", "tau"), portal.direction.couplings, strict=True)
            },
            "nature": portal.direction.nature,
            "width_GeV": portal.width,
            "lifetime_s": portal.lifetime,
            "branching_ratios": portal.branching_ratios,
            "excluded_by": list(self.excluded_by),
            "constraints": [asdict(v) for v in self.verdicts],
        }

    def _repr_html_(self) -> str:
        p = self.portal
        head = "".join(f"<th>{name}</th>" for name in ("class", "search", "signal", "excluded", "d / limit", "note"))
        rows = []
        for v in self.verdicts:
            cells = (v.group, v.title, _number(v.signal), _word(v), _number(v.d_over_limit), v.note)
            rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
        title = escape(f"M_N = {p.mass:g} GeV, d = {p.d:g} GeV^-1, {p.direction.name}, {p.direction.nature}")
        return f"<table><caption>{title}</caption><tr>{head}</tr>{''.join(rows)}</table>"


@typed_arguments
def point(
    mass: float,
    d: float | None = None,
    flavor: str | None = None,
    *,
    mu: float | None = None,
    couplings: Mapping[str, complex] | None = None,
    majorana: bool = False,
    keys: Sequence[str] | None = None,
    cl: float | None = None,
    jobs: int = 1,
) -> Point:
    """One theory point against every constraint.

    Parameters
    ----------
    mass : float
        M_N [GeV].
    d, mu : float
        Coupling [GeV^-1] or mu = 2 d [Bohr magnetons], one of them, with ``flavor``.
    flavor : {"e", "mu", "tau", "universal", "coherent"}
        The coupling that is switched on.
    couplings : mapping, optional
        d_e, d_mu, d_tau [GeV^-1] by flavour, complex allowed, instead of ``d`` and ``flavor``.
    majorana : bool
        Whether N is its own antiparticle.
    keys : sequence of str, optional
        Constraints to ask (default: all).
    cl : float, optional
        Confidence level of every limit (default: each card's own).
    jobs : int
        Processes; with one, what was computed for a mass is kept for the next coupling.

    Returns
    -------
    Point
        The verdict of each constraint, and which exclude the point.

    Raises
    ------
    DomainError
        If the coupling is not given in exactly one way, or a number is out of range.
    UnknownNameError
        For an unknown key or flavour.

    Examples
    --------
    >>> found = point(1e-3, 1e-6, "e", keys=["conus-plus", "gemma"])
    >>> found.excluded_by
    ('gemma', 'conus-plus')
    """
    portal = _portal(mass, d, flavor, mu, couplings, majorana)
    chosen = tuple(registry.all_keys()) if keys is None else tuple(dict.fromkeys(keys))
    for key in chosen:
        registry.get(key)
    if jobs > 1:
        with ProcessPoolExecutor(jobs) as pool:
            verdicts = list(pool.map(functools.partial(_verdict, portal, cl), chosen, chunksize=1))
    else:
        verdicts = [_verdict(portal, cl, key) for key in chosen]
    return Point(portal, tuple(sorted(verdicts, key=_order)))


def _portal(
    mass: float,
    d: float | None,
    flavor: str | None,
    mu: float | None,
    couplings: Mapping[str, complex] | None,
    majorana: bool,
) -> Portal:
    nature = "majorana" if majorana else "dirac"
    if couplings is not None:
        if d is not None or mu is not None or flavor is not None:
            raise DomainError("give either couplings or d (or mu) with a flavor, not both")
        unknown = set(couplings) - {"e", "mu", "tau"}
        if unknown:
            raise DomainError(f"couplings must be among e, mu, tau, got {', '.join(sorted(unknown))}")
        sizes = {f"d_{name}": complex(value) for name, value in couplings.items()}
        return Portal.from_couplings(mass, **sizes, nature=nature)  # type: ignore[arg-type]
    if flavor is None or (d is None) == (mu is None):
        raise DomainError("give a flavor and exactly one of d [GeV^-1] and mu [Bohr magnetons], or couplings")
    size = units.d_from_mu(float(mu)) if d is None and mu is not None else d
    return Portal(mass, float(size or 0.0), Direction(flavor, nature=nature))  # type: ignore[arg-type]


@dataclass(frozen=True)
class _Prepared:
    """What does not depend on the size of the coupling: intervals, the signal as a function of d, the data."""

    excluded: tuple[Interval, ...]
    confidence_level: float
    signal: Any = None
    statistic: Any = None
    background: float | None = None
    observed: float | None = None
    note: str = ""
    critical: float | None = None


@functools.lru_cache(maxsize=4096)
def _prepared(key: str, mass: float, direction: Direction, cl: float | None) -> _Prepared:
    constraint = registry.get(key)
    low, high = constraint.reach() if isinstance(constraint, Experiment) else constraint.mass_range
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        limit = constraint.limit(np.array([mass]), direction, cl)
        prepared = _Prepared(limit.excluded[0], limit.confidence_level)
        if isinstance(constraint, Experiment) and mass <= constraint.model().maximum_mass():
            prepared = _with_counts(constraint, mass, direction, prepared)
    note = "; ".join(dict.fromkeys(str(w.message) for w in caught))
    if not low <= mass <= high:
        note = f"covers {low:.3g} to {high:.3g} GeV"
    critical = None if constraint.kind == "line" else float(constraint.critical_value(limit.confidence_level))
    return replace(prepared, note=note, critical=critical)


def _with_counts(experiment: Experiment, mass: float, direction: Direction, prepared: _Prepared) -> _Prepared:
    model = experiment.model()
    if not direction.incoherent and not _switched_on(direction) & set(model.flavors):
        return prepared
    observed = model.bins.observed
    return _Prepared(
        prepared.excluded,
        prepared.confidence_level,
        model.signal(np.array([mass]), direction),
        model.statistic(),
        float(sum(np.sum(counts) for counts in model.components().values())),
        None if observed is None else float(np.sum(observed)),
    )


def _switched_on(direction: Direction) -> set[str]:
    return {name for name, c in zip(("e", "mu", "tau"), direction.couplings, strict=True) if c}


def _verdict(portal: Portal, cl: float | None, key: str) -> Verdict:
    constraint = registry.get(key)
    about = (key, constraint.title, families.family(key), constraint.kind, constraint.basis)
    try:
        prepared = _prepared(key, portal.mass, portal.direction, cl)
        signal, statistic, delta = _at(prepared, portal.d, constraint, portal)
    except NudipoleError as error:
        return Verdict(*about, constraint.confidence_level, note=str(error))
    edge = _nearest_edge(prepared.excluded, portal.d)
    return Verdict(
        *about,
        prepared.confidence_level,
        signal,
        prepared.background,
        prepared.observed,
        statistic,
        None if statistic is None else prepared.critical,
        delta,
        _excluded(prepared, constraint, portal.d),
        edge,
        None if not edge else portal.d / edge,
        prepared.note,
    )


def _at(
    prepared: _Prepared, d: float, constraint: Constraint, portal: Portal
) -> tuple[float | None, float | None, float | None]:
    """Expected events, test statistic and -2 ln L relative to no signal at the size d of the coupling."""
    if prepared.signal is not None:
        row, at = np.zeros(1, dtype=np.intp), np.array([d])
        upper = constraint.kind != "roi"
        statistic = _finite(prepared.statistic.test(prepared.signal, row, at, upper)[0])
        delta = _finite(prepared.statistic.delta_chi2(prepared.signal, row, at)[0])
        return float(np.sum(prepared.signal.counts(0, at)[0])), statistic, delta
    if isinstance(constraint, Experiment) or constraint.kind == "line":
        return None, None, None
    return None, _finite(constraint.test_statistic([portal])[0]), None


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _excluded(prepared: _Prepared, constraint: Constraint, d: float) -> bool | None:
    """A region of interest excludes nothing; where no coupling is excluded, nothing can be said."""
    if constraint.kind in ("roi", "line") or not prepared.excluded:
        return None
    return any(d in interval for interval in prepared.excluded)


def _nearest_edge(excluded: tuple[Interval, ...], d: float) -> float | None:
    """The edge of an excluded interval that is closest to d in the logarithm; the lower one inside an interval."""
    for interval in excluded:
        if d in interval and interval.low > 0:
            return interval.low
    edges = [e for i in excluded for e in (i.low, i.high) if e is not None and e > 0]
    if not edges or d <= 0:
        return edges[0] if edges else None
    return min(edges, key=lambda e: abs(np.log(e / d)))


def _order(v: Verdict) -> tuple[Any, ...]:
    kinds = {"exclusion": 0, "projection": 1, "roi": 2, "line": 3}
    reach = v.d_limit if v.d_limit is not None else np.inf
    return kinds[v.kind], v.excluded is None, v.group, reach, v.key


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _word(v: Verdict) -> str:
    return {True: "yes", False: "no", None: "-"}[v.excluded]


def _column(values: list[Any]) -> Any:
    """Numbers as numbers with NaN for None; yes and no as 1 and 0; words as words."""
    if any(isinstance(value, str) for value in values):
        return np.array([str(value) for value in values])
    return np.array([np.nan if value is None else float(value) for value in values])
