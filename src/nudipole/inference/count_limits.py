"""Limits on a coupling from a number of signal events: :class:`CountStatistic`, and the choice of it for few events."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import special

from nudipole.constraint import Interval
from nudipole.errors import DomainError, check_between
from nudipole.inference.count_models import CountModel, Counts, OnOff, PublishedLimit
from nudipole.inference.goodness import GoodnessOfFit, goodness_of_fit
from nudipole.inference.intervals import D_SCAN, crossings
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.inference.limits import ProfileStatistic, Rows, Scale, Signal, Statistic, totals

FloatArray = npt.NDArray[np.float64]
#: Observed plus expected events below which the upper limit of Delta chi^2 undercovers (77 % at 90 % for 0.1 expected).
FEW_EVENTS = 5.0
_SPREAD_DIGITS = 4


@dataclass(frozen=True)
class CountStatistic:
    """Excluded where the summed signal exceeds what the observation allows.

    Parameters
    ----------
    model : CountModel
        How a number of signal events is judged.
    likelihood : Likelihood, optional
        The single bin with its pulls, whose uncertainties spread the expectation of :class:`.Counts`.
    """

    model: CountModel
    likelihood: Likelihood | None = None

    @property
    def scale(self) -> Scale:
        return "two-sided" if isinstance(self.model, Counts) else "one-sided"

    @property
    def description(self) -> str:
        return self.model.test

    def allowed(self, cl: float) -> float:
        """Largest number of signal events that is not excluded, without uncertainties of the signal."""
        return self.model.allowed(cl)

    def critical(self, cl: float) -> float:
        if isinstance(self.model, PublishedLimit):
            self.model.allowed(cl)  # refuses a level that nothing is known at
        return self.model.critical(cl)

    def intervals(self, signal: Signal, cl: float) -> tuple[tuple[Interval, ...], ...]:
        self.critical(cl)
        models = self.models(signal)
        found = {model: model.allowed(cl) for model in dict.fromkeys(models)}
        allowed = np.array([found[model] for model in models])
        if signal.per_d2 is not None:
            totals = signal.per_d2.sum(axis=1)
            edges = np.sqrt(np.divide(allowed, totals, out=np.full(totals.shape, np.inf), where=totals > 0))
            return tuple((Interval(float(edge)),) if np.isfinite(edge) else () for edge in edges)

        def excess(rows: Rows, d: FloatArray) -> FloatArray:
            counts = [signal.counts(i, at).sum(axis=-1) for i, at in zip(rows.tolist(), d, strict=True)]
            with np.errstate(divide="ignore"):
                return np.log(np.reshape(counts, d.shape)) - np.log(allowed[rows])[:, None]

        d = np.broadcast_to(D_SCAN, (len(signal), len(D_SCAN)))
        return crossings(d, excess(np.arange(len(signal)), d), excess)

    def test(self, signal: Signal, rows: Rows, d: FloatArray, upper: bool = True) -> FloatArray:
        models, counts = self.models(signal), totals(signal, rows, d)
        result = np.zeros(len(rows))
        for model in dict.fromkeys(models):
            chosen = np.array([models[row] == model for row in rows.tolist()], dtype=bool)
            result[chosen] = model.statistic(counts[chosen])
        return result

    def delta_chi2(self, signal: Signal, rows: Rows, d: FloatArray) -> FloatArray:
        if self.likelihood is None:
            return self.model.minus_two_log(totals(signal, rows, d))
        return ProfileStatistic(self.likelihood).delta_chi2(signal, rows, d)

    def goodness(self) -> GoodnessOfFit | None:
        """Of the counts; a published limit and an expected significance hold no data against an expectation."""
        if self.likelihood is not None:
            return goodness_of_fit(self.likelihood)
        model = self.model
        if isinstance(model, Counts):
            return goodness_of_fit(
                Likelihood(np.array([float(model.observed)]), np.array([model.background]), np.zeros(1))
            )
        if isinstance(model, OnOff):  # the background, seen in both periods, is free
            seen, expected = np.array([model.on, model.off]), np.array([model.own, 0.0])
            free = np.array([[max(model.off / model.ratio, 1.0)]]) * np.array([1.0, model.ratio])
            return goodness_of_fit(Likelihood(seen, expected, np.zeros(2), (Pull("background", free=True),), free))
        return None

    def models(self, signal: Signal) -> list[CountModel]:
        """The model at each mass: uncertainties of the signal and their correlation with the background's differ."""
        if self.likelihood is None or not self.likelihood.pulls or not isinstance(self.model, Counts):
            return [self.model] * len(signal)
        background = self.likelihood.changes.sum(axis=1)
        relative = np.zeros((1, background.size)) if signal.relative_shifts is None else signal.relative_shifts[..., 0]
        a, b = np.sum(relative**2, axis=1), relative @ background
        c = float(np.sum(background**2))
        spreads = [(_rounded(i), _rounded(j), c) for i, j in zip(a.tolist(), b.tolist(), strict=True)]
        models: list[CountModel] = [replace(self.model, spread=spread) for spread in spreads]
        return models * len(signal) if len(models) == 1 else models


def likelihood_of(statistic: object) -> Likelihood | None:
    """The binned likelihood behind a statistic, with its pulls; None where only a limit or a control region is known.

    Examples
    --------
    >>> likelihood_of(CountStatistic(Counts(0, 0.1))) is None
    True
    """
    return statistic.likelihood if isinstance(statistic, (ProfileStatistic, CountStatistic)) else None


def _rounded(value: float) -> float:
    return float(f"{value:.{_SPREAD_DIGITS}g}")


def median_count(expected: float) -> int:
    """The median of a Poisson count, which lies between its mean less ln 2 and its mean plus one third.

    Raises
    ------
    DomainError
        If ``expected`` is negative, no number, or above 1e9.

    Examples
    --------
    >>> median_count(0.1), median_count(1.0), median_count(6.9)
    (0, 1, 7)
    """
    check_between(0.0, 1e9, expected=expected)
    count = max(0, int(np.floor(expected - 0.7)))
    while special.gammaincc(count + 1.0, expected) < 0.5:
        count += 1
    return count


def judged(statistic: ProfileStatistic, data: bool = True) -> Statistic:
    """The same, or the Feldman-Cousins construction where one Poisson bin holds too few events for Delta chi^2.

    Parameters
    ----------
    statistic : ProfileStatistic
    data : bool
        Whether the count was observed; otherwise, or where it is the expectation itself, its median stands for it.

    Raises
    ------
    DomainError
        If an observed count is not a whole number.
    """
    likelihood = statistic.likelihood
    free = any(pull.free for pull in likelihood.pulls)
    if likelihood.bins != 1 or likelihood.sigma[0] > 0 or free or statistic.parameters == 2:
        return statistic
    observed, background = float(likelihood.observed[0]), float(likelihood.background[0])
    if observed + background >= FEW_EVENTS:
        return statistic
    expected = not data or np.isclose(observed, background, rtol=1e-9, atol=0.0)  # typed for a projection
    count = median_count(background) if expected else whole(observed)
    return CountStatistic(Counts(count, background), likelihood)


def whole(counts: float) -> int:
    """A count that must be one: what floating-point sums leave of a whole number is taken off.

    Raises
    ------
    DomainError
        If it is not a whole number.
    """
    if abs(counts - round(counts)) > 1e-6 * max(counts, 1.0):
        raise DomainError(f"few events are counted whole, got {counts:g}")
    return round(counts)


def as_two_sided(value: npt.ArrayLike, scale: Scale) -> FloatArray:
    """A test statistic on the scale of one two-sided parameter: the same confidence level, another critical value.

    Examples
    --------
    >>> from nudipole.inference.counting import critical_value
    >>> round(float(as_two_sided(critical_value(0.9, one_sided=True), "one-sided")), 4)  # chi^2 at 90 %, two-sided
    2.7055
    """
    value = np.asarray(value, dtype=float)
    if scale == "two-sided":
        return value
    log_p = special.log_ndtr(-np.sqrt(value)) if scale == "one-sided" else -0.5 * value
    return np.where(value > 0, special.ndtri_exp(log_p - np.log(2.0)) ** 2, 0.0)
