r"""Expected counts of one experiment on a grid of masses: what the page needs for spectra and for what-if limits.

Where counts go as d^2 the table holds counts per d^2; where the decay of N matters it holds

.. math:: \ln\frac{n_b(d)}{d^2} \quad\text{on a grid of}\quad \ln d ,

which is a straight line for long-lived N and smooth up to where N decays before it is seen. A search in one window of
recoil energy is divided into narrower bins, from below its threshold on, so that the threshold can be moved. Where N must only leave the
detector undecayed (:class:`~nudipole.signals.escaping.EscapingSignal`) counts per d^2 go with one survival probability for
all bins, tabulated as its logarithm against ln d.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.catalogue.experiment import Experiment
from nudipole.constraint import Limit
from nudipole.errors import NudipoleError
from nudipole.explorer.photon_energies import Shares, shares
from nudipole.inference.count_limits import CountStatistic
from nudipole.inference.likelihood import Likelihood
from nudipole.inference.limits import ProfileStatistic
from nudipole.signals.escaping import EscapingSignal
from nudipole.signals.protocol import Model, Signal

FloatArray = npt.NDArray[np.float64]
MASSES, COUPLINGS, MANY_BINS = 24, 64, 40  # nodes of a table; couplings where it has more than a few bins
SUB_BINS, LOWEST_THRESHOLD = 24, 0.4  # of a single window, and how far below its threshold they begin
_SCAN = np.geomspace(1e-12, 1e1, 261)
_FEWEST, _LAST = 1e-3, 1e-3  # events: where the grid of couplings begins and ends
_EMPTY = -200.0  # ln of no counts
_SURELY, _HARDLY = -1e-5, -40.0  # ln of the survival where its grid begins and ends
_LEVELS = np.array([0.5, 0.6, 0.68, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999])


@dataclass(frozen=True)
class Survival:
    """ln of the share of events whose N leaves the detector, (m, k), on grids of couplings d [GeV^-1], (m, k)."""

    couplings: FloatArray
    logs: FloatArray


@dataclass(frozen=True)
class Yields:
    """Counts of one experiment and flavour, its data, and how its limit is set.

    Parameters
    ----------
    masses : ndarray (m,)
        [GeV]
    edges : ndarray (s + 1,)
        Of the bins of the table, in units of ``axis``; their numbers where there is no such axis.
    group : ndarray (s,)
        Which bin of the data each bin of the table belongs to.
    per_d2 : ndarray (m, s) or None
        Counts per d^2 [GeV^2].
    couplings : ndarray (m, k) or None
        Grid of d [GeV^-1] where counts are not proportional to d^2.
    log_counts : ndarray (m, k, s) or None
        ln(counts / d^2) there.
    survival : Survival or None
        What ``per_d2`` is multiplied with.
    relative : ndarray (m or 1, j, s) or None
        Relative change of the signal for each pull.
    standard_model : ndarray (s,)
        Own prediction without N.
    likelihood : Likelihood or None
        Data and backgrounds in the bins of the data (b); ``likelihood.background`` includes the Standard Model.
    own_shifts : ndarray (j, b)
        Part of ``likelihood.shifts`` that belongs to the Standard Model.
    rule : str
        ``profile``, ``feldman-cousins``, ``allowed`` (a number of events) or ``none`` (spectra only).
    levels, allowed : ndarray
        Allowed events at these confidence levels, for ``allowed``.
    expectation_as_data : bool
    one_sided : bool
    components : dict
        Backgrounds by name in the bins of the data, for the spectrum.
    threshold : bool
        Whether the lowest edge can be moved.
    reason : str
        Why there is no what-if.
    photons : Shares or None
        How counted photons are spread in energy, where that threshold can be moved.
    operator : tuple
        s [GeV^2] and c of :func:`nudipole.processes.validity.largest_coupling`, where the effective theory ends.
    """

    key: str
    flavor: str
    axis: str
    masses: FloatArray
    edges: FloatArray
    group: npt.NDArray[np.intp]
    per_d2: FloatArray | None
    couplings: FloatArray | None
    log_counts: FloatArray | None
    survival: Survival | None
    relative: FloatArray | None
    standard_model: FloatArray
    likelihood: Likelihood | None
    own_shifts: FloatArray
    observed: FloatArray | None
    rule: str
    levels: FloatArray
    allowed: FloatArray
    expectation_as_data: bool
    one_sided: bool
    components: dict[str, FloatArray]
    data_edges: FloatArray
    threshold: bool
    reason: str = ""
    photons: Shares | None = None
    operator: tuple[float, float] = (0.0, 1.0)

    def until(self, number: int) -> Yields:
        """The first ``number`` masses."""
        survival, relative = self.survival, self.relative
        return replace(
            self,
            masses=self.masses[:number],
            per_d2=None if self.per_d2 is None else self.per_d2[:number],
            couplings=None if self.couplings is None else self.couplings[:number],
            log_counts=None if self.log_counts is None else self.log_counts[:number],
            survival=None if survival is None else Survival(survival.couplings[:number], survival.logs[:number]),
            relative=relative if relative is None or len(relative) == 1 else relative[:number],
            photons=None if self.photons is None else replace(self.photons, shares=self.photons.shares[:number]),
        )


def tabulate(experiment: Experiment, limit: Limit, number: int = MASSES) -> Yields | None:
    """The table of one experiment and flavour, default assumptions, Dirac N; None if it has no counts to show.

    Parameters
    ----------
    experiment : Experiment
    limit : Limit
        Its curve; the table stands at some of the masses where it excludes something.
    number : int
        Masses.

    Raises
    ------
    NudipoleError
        If the card cannot be evaluated.
    """
    model = experiment.model()
    statistic = model.statistic()
    if not isinstance(statistic, (ProfileStatistic, CountStatistic)):
        return None
    drawn = np.nonzero(np.isfinite(limit.lower))[0]  # beyond, the operator does not stand, which no table knows
    first, last = (drawn[0], drawn[-1]) if drawn.size > 1 else (0, len(limit.masses) - 1)
    places = np.unique(np.round(np.linspace(first, last, min(number, int(last - first) + 1))).astype(np.intp))
    low, high = experiment.mass_range  # which masses read from a file may pass in their last digit
    masses = np.clip(limit.masses[places], low, high * (1.0 - 1e-9))
    direction, flavor = limit.direction, limit.direction.name
    fine, edges, group = _divided(model)
    signal = fine.signal(masses, direction)
    survival = None
    if isinstance(signal, EscapingSignal):
        survival, signal = _survival(signal), signal.without_decay
    own = np.asarray(fine.components().get("standard model", np.zeros(len(group))), dtype=float)
    likelihood, own_shifts = _likelihood(model, statistic)
    rule, levels, allowed, reason = _rule(model, statistic, likelihood)
    per_d2, couplings, logs = _counts(signal, len(group))
    bins = model.bins
    return Yields(
        key=experiment.key,
        flavor=flavor,
        axis=bins.axis,
        masses=masses,
        edges=edges,
        group=group,
        per_d2=per_d2,
        couplings=couplings,
        log_counts=logs,
        survival=survival,
        relative=signal.relative_shifts if rule == "profile" else None,
        standard_model=own,
        likelihood=likelihood,
        own_shifts=own_shifts,
        observed=bins.observed,
        rule=rule,
        levels=levels,
        allowed=allowed,
        expectation_as_data=bins.observed is None,
        one_sided=isinstance(statistic, ProfileStatistic) and statistic.one_sided,
        components={name: np.asarray(values, dtype=float) for name, values in model.components().items()},
        data_edges=np.asarray(bins.edges, dtype=float),
        threshold=_has_energy_axis(model) and per_d2 is not None,
        reason=reason,
        operator=(float(model.largest_s), float(getattr(signal, "largest_over_gamma", 1.0))),
        photons=None if rule == "none" else shares(model, masses, direction, limit.lower[places]),
    )


def _has_energy_axis(model: Any) -> bool:
    """Recoil searches histogram one energy: their lowest edge can be moved."""
    return hasattr(model, "response") and getattr(model.card, "timing", None) is None


def _divided(model: Any) -> tuple[Model, FloatArray, npt.NDArray[np.intp]]:
    """The model with a single window divided into narrow bins; edges in units of its axis; the data bin of each."""
    edges = np.asarray(model.bins.edges, dtype=float)
    count = len(next(iter(model.components().values())))
    if len(edges) != count + 1:
        edges = np.arange(count + 1.0)
    if not _has_energy_axis(model) or len(edges) != 2:
        return model, edges, np.arange(len(edges) - 1)
    start = LOWEST_THRESHOLD * edges[0]
    if start > 0:
        below = max(2, int(SUB_BINS * np.log(edges[0] / start) / np.log(edges[1] / start)))
        inside = np.geomspace(edges[0], edges[1], SUB_BINS - below + 1)[1:]
        fine = np.concatenate([np.geomspace(start, edges[0], below + 1), inside])
    else:
        fine = np.linspace(float(edges[0]), float(edges[1]), SUB_BINS + 1)
    factor = model.response.edges[-1] / edges[-1]
    divided = replace(model, response=replace(model.response, edges=fine * factor))
    return divided, fine, np.zeros(SUB_BINS, dtype=np.intp)


def _likelihood(model: Any, statistic: ProfileStatistic | CountStatistic) -> tuple[Likelihood | None, FloatArray]:
    """Data and backgrounds, and the part of the shifts that belongs to the Standard Model."""
    if isinstance(statistic, ProfileStatistic):
        whole = statistic.likelihood
    elif hasattr(model, "likelihood"):
        whole = model.likelihood
    elif hasattr(model, "observation"):
        whole = model.observation.likelihood()
    else:
        return None, np.zeros((0, 0))
    assert whole.shifts is not None
    if "standard model" not in model.components() or not hasattr(model, "observation"):
        return whole, np.zeros_like(whole.shifts)
    card_only = model.observation.likelihood().shifts
    return whole, whole.shifts - card_only


def _rule(
    model: Any, statistic: ProfileStatistic | CountStatistic, likelihood: Likelihood | None
) -> tuple[str, FloatArray, FloatArray, str]:
    """How the limit is set, allowed events by confidence level, and why there is no what-if if there is none."""
    none = np.zeros(0)
    if isinstance(statistic, ProfileStatistic):
        if statistic.parameters != 1:
            return "none", none, none, "mass and coupling are fitted together"
        return "profile", none, none, ""
    section = getattr(getattr(model, "observation", None), "section", None)
    if getattr(section, "statistic", "") == "feldman-cousins" and likelihood is not None:
        return "feldman-cousins", none, none, ""
    found = [(level, value) for level in _LEVELS.tolist() if (value := _allowed(statistic, level)) is not None]
    if not found:
        return "none", none, none, "the card states no number of allowed events"
    levels, allowed = np.array(found).T
    return "allowed", levels, allowed, ""


def _allowed(statistic: CountStatistic, level: float) -> float | None:
    try:
        value = float(statistic.allowed(level))
    except NudipoleError:  # a card that holds for its own confidence level alone
        return None
    return value if np.isfinite(value) and value > 0 else None


def _counts(signal: Signal, bins: int) -> tuple[FloatArray | None, FloatArray | None, FloatArray | None]:
    """Counts per d^2, or couplings and ln(counts / d^2)."""
    if signal.per_d2 is not None:
        return np.asarray(signal.per_d2, dtype=float), None, None
    number = COUPLINGS if bins <= 4 else MANY_BINS
    couplings = np.zeros((len(signal), number))
    logs = np.full((len(signal), number, bins), _EMPTY)
    for index in range(len(signal)):
        total = signal.counts(index, _SCAN).sum(axis=-1)
        seen = np.nonzero(total > _FEWEST)[0]
        last = np.nonzero(total > _LAST)[0]
        first = _SCAN[max(int(seen[0]) - 1, 0)] if seen.size else _SCAN[0]
        end = _SCAN[min(int(last[-1]) + 1, len(_SCAN) - 1)] if last.size else _SCAN[-1]
        grid = np.geomspace(first, max(end, 1.1 * first), number)
        counts = signal.counts(index, grid) / grid[:, None] ** 2
        couplings[index] = grid
        logs[index] = np.log(np.maximum(counts, np.exp(_EMPTY)))
    return None, couplings, logs


def _survival(signal: EscapingSignal) -> Survival:
    """Share of the events that is left, all bins together."""
    couplings, logs = np.zeros((len(signal), COUPLINGS)), np.zeros((len(signal), COUPLINGS))
    for index, stable in enumerate(signal.stable.sum(axis=1)):
        if stable <= 0:
            couplings[index] = np.geomspace(_SCAN[0], _SCAN[-1], COUPLINGS)
            continue
        rough = _log_share(signal, index, _SCAN, stable)
        first = max(int(np.argmax(rough < _SURELY)) - 1, 0) if np.any(rough < _SURELY) else len(_SCAN) - 2
        last = int(np.argmax(rough < _HARDLY)) if np.any(rough < _HARDLY) else len(_SCAN) - 1
        couplings[index] = np.geomspace(_SCAN[first], _SCAN[last], COUPLINGS)
        logs[index] = _log_share(signal, index, couplings[index], stable)
    return Survival(couplings, logs)


def _log_share(signal: EscapingSignal, index: int, d: FloatArray, stable: float) -> FloatArray:
    share = signal.counts(index, d).sum(axis=-1) / (stable * d**2)
    return np.minimum(np.log(np.maximum(share, np.exp(_EMPTY))), 0.0)
