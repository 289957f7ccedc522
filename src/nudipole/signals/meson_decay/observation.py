"""What a search for N from meson decays has seen or expects to see: one count, and how it is judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from nudipole.inference.count_limits import CountStatistic, judged, whole
from nudipole.inference.count_models import NOTHING_SEEN, Counts
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.inference.limits import ProfileStatistic, Statistic
from nudipole.inputs.cards import Fault, Fraction, NonNegative, Section, unused


class ObservationSection(Section, frozen=True, kw_only=True):
    """``background-free``: nothing seen, nothing expected; ``feldman-cousins``: counts over a known background;
    ``asimov``: a projection that sees its ``background``, known to the relative ``uncertainty``, one-sided."""

    statistic: Literal["background-free", "feldman-cousins", "asimov"]
    counts: NonNegative = 0.0
    background: NonNegative = 0.0
    uncertainty: Fraction = 0.0

    def contradictions(self) -> Iterator[Fault]:
        if self.statistic == "background-free":
            yield from unused(self, ["counts", "background", "uncertainty"], "by the statistic background-free")
        if self.statistic == "feldman-cousins":
            yield from unused(self, ["uncertainty"], "by the statistic feldman-cousins")
        if self.statistic == "asimov":
            yield from unused(self, ["counts"], "by the statistic asimov, which sees its background")
            if self.background == 0.0:
                yield "background", 0.0, "must be positive for the statistic asimov; without one it is background-free"
        if self.counts != round(self.counts):
            yield "counts", self.counts, "feldman-cousins counts whole events"


def statistic(section: ObservationSection, key: str) -> Statistic:
    """How a limit is set: Delta chi^2 of an expected count, of the median where it is below five, or counts."""
    if section.statistic == "background-free":
        return CountStatistic(NOTHING_SEEN)
    if section.statistic == "feldman-cousins":
        return CountStatistic(Counts(whole(section.counts), section.background))
    expected = np.array([section.background])
    pulls = (Pull(f"background.{key}"),) if section.uncertainty > 0 else ()
    shifts = np.full((len(pulls), 1), section.uncertainty * section.background)
    likelihood = Likelihood(expected, expected, np.zeros(1), pulls, shifts)
    return judged(ProfileStatistic(likelihood, 1, True), data=False)
