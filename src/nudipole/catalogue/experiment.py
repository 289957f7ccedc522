"""An experiment: a card brought to life. It implements the :class:`~nudipole.constraint.Constraint` protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.catalogue import exclusion, explanation, points
from nudipole.catalogue.card_with_presets import CardWithPresets, typed_card
from nudipole.catalogue.rate import Rate as Rate
from nudipole.constraint import Interval, Limit, as_masses
from nudipole.errors import DomainError, check_choice
from nudipole.inference.counting import check_confidence_level
from nudipole.inference.goodness import GoodnessOfFit
from nudipole.inference.limits import Statistic
from nudipole.inputs import cards
from nudipole.portal import Direction, Portal
from nudipole.processes import validity

FloatArray = npt.NDArray[np.float64]
METHODS = ("card", "cls")


class Experiment(CardWithPresets):
    """One card, with its presets: limits, statistics of points, rates, assumptions."""

    # --- limits ------------------------------------------------------------------------------------------------------
    def limit(
        self,
        masses: npt.ArrayLike,
        direction: Direction,
        cl: float | None = None,
        preset: str = "default",
        method: str = "card",
    ) -> Limit:
        """Excluded intervals in d at each mass [GeV]; an empty set above threshold or for a flavour that is not there.

        ``method``: the test of the ``card``, or ``cls`` (:mod:`nudipole.inference.cls`).

        Raises
        ------
        DomainError
            If a mass is negative or not finite, the confidence level is not in (0, 1), or there is no CLs of this search.
        """
        check_choice("method", method, METHODS)
        masses, card, model = as_masses(masses), self.settings(preset), self.model(preset)
        cl = card.confidence_level if cl is None else cl
        intervals: list[tuple[Interval, ...]] = [()] * len(masses)
        beyond: list[float] = []
        with self.naming_the_card():
            statistic = model.statistic()
        if method == "cls":
            statistic = exclusion.by_cls(self.key, statistic, card.kind == "roi")
        self._critical(statistic, cl)
        with self.naming_the_card():
            low, high = self.reach(preset)
            reached = np.nonzero((masses >= low) & (masses <= high))[0]
            if reached.size and exclusion.contained(direction, model.flavors):
                statistic = points.anchored(model, statistic, direction, (low, high))
                is_region = card.kind == "roi"
                found, beyond = exclusion.excluded(model, statistic, direction, masses[reached], cl, is_region)
                for index, one in zip(reached, found, strict=True):
                    intervals[index] = one
        return Limit(
            key=self.key,
            direction=direction,
            confidence_level=cl,
            masses=masses,
            excluded=tuple(intervals),
            kind=card.kind,
            basis=card.basis,
            preset=preset,
            citations=tuple(card.references),
            notes=(*card.shortcuts, *(("judged by CLs",) if method == "cls" else ())),
            ends=exclusion.ends(masses, exclusion.card_mass_range(card), model.maximum_mass()),
            beyond_operator=np.array(beyond),
        )

    def critical_value(self, cl: float | None = None, preset: str = "default") -> float:
        """What :meth:`test_statistic` crosses at the edges of :meth:`limit`; the card's confidence level if none is given.

        Raises
        ------
        DomainError
            If the level is none, or one that this search cannot be judged at; says which it can.
        """
        stated = self.settings(preset).confidence_level
        with self.naming_the_card():
            statistic = self.model(preset).statistic()
        return self._critical(statistic, stated if cl is None else cl)

    def _critical(self, statistic: Statistic, cl: float) -> float:
        check_confidence_level(cl)
        try:
            return statistic.critical(cl)
        except DomainError as error:
            raise DomainError(f"{self.key}: {error}") from None

    # --- points of theory --------------------------------------------------------------------------------------------
    def test_statistic(self, portals: Sequence[Portal], preset: str = "default") -> FloatArray:
        """The statistic of each point, which :meth:`limit` holds against :meth:`critical_value`: larger is worse.

        -2 ln of the likelihood over its maximum in d at the same mass; for counts of few events the level at which the
        point is the edge, on the scale of chi^2. Zero where nothing is said: outside :meth:`reach`, for a flavour that is
        not there, and (unless it is a region of interest) below the best fit, since an exclusion never excludes d = 0.
        """
        upper = self.kind_of(preset) != "roi"
        found = self._of_points(portals, preset, lambda s, signal, rows, d: s.test(signal, rows, d, upper))
        return np.where(points.beyond_operator(portals, self.model(preset).largest_s), 0.0, found)

    def delta_chi2(self, portals: Sequence[Portal], preset: str = "default") -> FloatArray:
        """-2 ln L of each point relative to no signal at all: adds over experiments, negative where data want N."""
        return self._of_points(portals, preset, lambda s, signal, rows, d: s.delta_chi2(signal, rows, d))

    def _of_points(self, portals: Sequence[Portal], preset: str, judge: points.Judge) -> FloatArray:
        model, reach = self.model(preset), self.reach(preset)
        with self.naming_the_card():
            return points.of_points(portals, model, reach, judge)

    def rate(self, portal: Portal, preset: str = "default") -> Rate:
        """Signal, Standard Model and background counts per bin; warns where the model has a reason to."""
        model = self.model(preset)
        if (check := getattr(model, "check", None)) is not None:
            check(portal)
        else:
            validity.check_coupling(portal.d, model.largest_s, portal.mass)
        if portal.mass <= model.maximum_mass():
            signal = model.signal(np.array([portal.mass]), portal.direction).counts(0, np.array([portal.d]))[0]
        else:
            signal = np.zeros_like(next(iter(model.components().values())))
        bins = model.bins
        return Rate(self.key, portal, bins.axis, bins.edges, signal, model.components(), bins.observed, bins.columns)

    # --- assumptions -------------------------------------------------------------------------------------------------
    def preset_steps(
        self, preset: str, masses: npt.ArrayLike, direction: Direction, cl: float | None = None
    ) -> list[tuple[str, str]]:
        """What each difference of a preset does by itself: d(with it) / d(default) at these masses [GeV]."""
        base = self.limit(masses, direction, cl).lower
        steps = []
        for path, change in explanation.single_changes(self.card.presets[preset]):
            try:
                raw = cards.apply_preset({**self.raw, "presets": {"one": change}}, "one", self.file)
                alone = replace(self, card=typed_card(raw, self.file), raw=raw, _models={})
                shown = explanation.effect(masses, alone.limit(masses, direction, cl).lower / base)
            except ValueError:  # CardError is one; bins that no longer fit the data are another
                shown = "makes sense only together with the others"
            steps.append((path, shown))
        return steps

    def goodness_of_fit(self, preset: str = "default") -> GoodnessOfFit | None:
        """How well the background alone describes the data (:mod:`nudipole.inference.goodness`).

        None for a projection, a published limit, and where free backgrounds describe any data.
        """
        if self.kind_of(preset) == "projection":
            return None
        with self.naming_the_card():
            return self.model(preset).statistic().goodness()

    def explain(self, preset: str = "default") -> dict[str, Any]:
        """What is assumed, and what the preset changes with respect to the default."""
        card, about = self.settings(preset), self.card.presets.get(preset, {})
        return explanation.explanation(
            card, preset, about, self.model(preset).statistic(), self.goodness_of_fit(preset)
        )
