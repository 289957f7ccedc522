"""An experiment: a card brought to life. It implements the :class:`~nudipole.constraint.Constraint` protocol."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.catalogue.rate import Rate as Rate
from nudipole.constraint import End, Interval, Kind, Limit, as_masses
from nudipole.errors import CardError, DomainError, UnknownNameError
from nudipole.inference import thinning
from nudipole.inference.counting import check_confidence_level
from nudipole.inference.goodness import GoodnessOfFit
from nudipole.inference.limits import ProfileStatistic, Statistic
from nudipole.inputs import cards
from nudipole.inputs.cards import Card
from nudipole.portal import DIRECTIONS, Completion, Direction, Portal
from nudipole.processes import validity
from nudipole.signals import SIGNALS, escaping
from nudipole.signals.protocol import Model, Signal

FloatArray = npt.NDArray[np.float64]
_AT_AN_END = 1.0 + 1e-6  # ratio of two masses that are the same end of a curve
_ANCHORS = 48  # masses among which a fit of mass and coupling finds its best point


@dataclass(frozen=True)
class Experiment:
    """One card, with its presets; models are built on first use and kept."""

    card: Card
    raw: Mapping[str, Any]
    file: Path
    _models: dict[str, Model] = field(default_factory=dict, repr=False, compare=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return Experiment, (self.card, self.raw, self.file)  # models are made again where they are needed

    def __hash__(self) -> int:
        return hash((self.card.key, self.file))

    def _repr_html_(self) -> str:
        shown = {"what": self.card.summary, "kind": self.kind, "basis": self.basis, "flavours": " ".join(self.flavors)}
        shown |= {"presets": " ".join(self.presets), "rests on": ", ".join(self.citations)}
        rows = "".join(f"<tr><th>{name}</th><td>{escape(text)}</td></tr>" for name, text in shown.items())
        return f"<table><caption>{escape(self.title)}</caption>{rows}</table>"

    @classmethod
    def from_file(cls, path: Path) -> Experiment:
        """Load and check a card.

        Raises
        ------
        CardError
            In one line: file, field, value and what is allowed.
        """
        raw = cards.read(path)
        return cls(card=typed(raw, path), raw=raw, file=path)

    @contextmanager
    def naming_the_card(self) -> Iterator[None]:
        """Whatever number or name a formula refuses while the card is being evaluated came from the card."""
        try:
            yield
        except (DomainError, UnknownNameError) as error:
            raise CardError(self.file, "card", self.key, f"cannot be evaluated: {error}") from error

    # --- what the protocol asks --------------------------------------------------------------------------------------
    @property
    def key(self) -> str:
        return self.card.key

    @property
    def title(self) -> str:
        return self.card.title

    @property
    def kind(self) -> Kind:
        return self.card.kind

    @property
    def basis(self) -> str:
        return self.card.basis

    @property
    def confidence_level(self) -> float:
        return self.card.confidence_level

    @property
    def presets(self) -> tuple[str, ...]:
        return ("default", *self.card.presets)

    @property
    def citations(self) -> tuple[str, ...]:
        return tuple(self.card.references)

    @property
    def flavors(self) -> tuple[str, ...]:
        """The directions asked for by the card, or all that the source contains."""
        return tuple(self.card.flavors) or self.model().flavors

    def model(self, preset: str = "default") -> Model:
        """The experiment under one preset."""
        if preset not in self.presets:
            raise UnknownNameError(f"preset of {self.key}", preset, self.presets)
        if preset not in self._models:
            raw = cards.apply_preset(self.raw, preset, self.file)
            card = typed(raw, self.file)
            with self.naming_the_card():
                self._models[preset] = SIGNALS[card.signal].build(card, self.file)
        return self._models[preset]

    @property
    def mass_range(self) -> tuple[float, float]:
        """Masses [GeV] between which a curve is drawn: from 1 keV, or the card's, to what the kinematics allows."""
        low, high = self.reach()
        return max(low, units.KEV), high

    def reach(self, preset: str = "default") -> tuple[float, float]:
        """Masses [GeV] outside which :meth:`limit` says nothing under this preset: the card's and the kinematics'."""
        low, high = _mass_range(typed(cards.apply_preset(self.raw, preset, self.file), self.file))
        return low, min(high, self.model(preset).maximum_mass())

    def limit(
        self, masses: npt.ArrayLike, direction: Direction, cl: float | None = None, preset: str = "default"
    ) -> Limit:
        """Excluded intervals in d at each mass [GeV]; an empty set above threshold or for a flavour that is not there.

        Raises
        ------
        DomainError
            If a mass is negative or not finite, or the confidence level is not in (0, 1).
        """
        masses = as_masses(masses)
        settings = typed(cards.apply_preset(self.raw, preset, self.file), self.file)
        cl = settings.confidence_level if cl is None else cl
        model = self.model(preset)
        excluded: list[tuple[Interval, ...]] = [()] * len(masses)
        reached, beyond, scale = np.zeros(0, dtype=int), list[float](), [1.0]
        with self.naming_the_card():
            judged_by = model.statistic()
        self._critical(judged_by, cl)
        with self.naming_the_card():
            if contained(direction, model.flavors):
                low, high = self.reach(preset)
                reached = np.nonzero((masses >= low) & (masses <= high))[0]
            if reached.size:
                statistic = self._anchored(model, model.statistic(), direction, preset)

                def exact(at: FloatArray) -> tuple[tuple[Interval, ...], ...]:
                    signal = model.signal(at, direction)
                    scale[0] = signal.largest_over_gamma if isinstance(signal, Signal) else 1.0
                    return escaping.intervals(statistic, signal, cl)

                increasing = bool(np.all(np.diff(masses[reached]) > 0))
                thin = increasing and getattr(model, "smooth_in_mass", False)
                found = thinning.solve(masses[reached], exact) if thin else exact(masses[reached])
                largest = validity.largest_coupling(model.largest_s, masses[reached], scale[0])
                for index, intervals, most in zip(reached, found, largest.tolist(), strict=True):
                    judged = _between(intervals) if settings.kind == "roi" else without_zero(intervals)
                    excluded[index] = validity.within(judged, most)
                    if settings.kind != "roi" and not excluded[index]:
                        beyond.append(float(masses[index]))
        return Limit(
            key=self.key,
            direction=direction,
            confidence_level=cl,
            masses=masses,
            excluded=tuple(excluded),
            kind=settings.kind,
            basis=settings.basis,
            preset=preset,
            citations=tuple(settings.references),
            notes=tuple(settings.shortcuts),
            ends=_ends(masses, _mass_range(settings), model.maximum_mass()),
            beyond_operator=np.array(beyond),
        )

    def critical_value(self, cl: float | None = None, preset: str = "default") -> float:
        """What :meth:`test_statistic` crosses at the edges of :meth:`limit`; the card's confidence level if none is given.

        Raises
        ------
        DomainError
            If the level is none, or one that this search cannot be judged at; says which it can.
        """
        settings = typed(cards.apply_preset(self.raw, preset, self.file), self.file)
        with self.naming_the_card():
            statistic = self.model(preset).statistic()
        return self._critical(statistic, settings.confidence_level if cl is None else cl)

    def _critical(self, statistic: Statistic, cl: float) -> float:
        check_confidence_level(cl)
        try:
            return statistic.critical(cl)
        except DomainError as error:
            raise DomainError(f"{self.key}: {error}") from None

    def test_statistic(self, portals: Sequence[Portal], preset: str = "default") -> FloatArray:
        """The statistic of each point, which :meth:`limit` holds against :meth:`critical_value`: larger is worse.

        -2 ln of the likelihood over its maximum in d at the same mass; for counts of few events the level at which the
        point is the edge, on the scale of chi^2. Zero where nothing is said: outside :meth:`reach`, for a flavour that is
        not there, and (unless it is a region of interest) below the best fit, since an exclusion never excludes d = 0.
        """
        upper = typed(cards.apply_preset(self.raw, preset, self.file), self.file).kind != "roi"
        found = self._of_points(portals, preset, lambda s, signal, rows, d: s.test(signal, rows, d, upper))
        return np.where(self._beyond_operator(portals, preset), 0.0, found)

    def _beyond_operator(self, portals: Sequence[Portal], preset: str) -> npt.NDArray[np.bool_]:
        """Points with a coupling for which the operator does not stand: :meth:`limit` says nothing there."""
        s = self.model(preset).largest_s
        scales = [p.direction.completion.largest_over_gamma for p in portals]
        largest = [float(validity.largest_coupling(s, p.mass, c)) for p, c in zip(portals, scales, strict=True)]
        return np.array([p.d > most for p, most in zip(portals, largest, strict=True)], dtype=bool)

    def delta_chi2(self, portals: Sequence[Portal], preset: str = "default") -> FloatArray:
        """-2 ln L of each point relative to no signal at all: adds over experiments, negative where data want N."""
        return self._of_points(portals, preset, lambda s, signal, rows, d: s.delta_chi2(signal, rows, d))

    def _of_points(self, portals: Sequence[Portal], preset: str, judge: Callable[..., FloatArray]) -> FloatArray:
        """One number a point, the points of one direction together: each mass is computed once."""
        model = self.model(preset)
        low, high = self.reach(preset)
        values = np.zeros(len(portals))
        groups: dict[Direction, list[int]] = {}
        for index, portal in enumerate(portals):
            if contained(portal.direction, model.flavors) and low <= portal.mass <= high:
                groups.setdefault(portal.direction, []).append(index)
        with self.naming_the_card():
            for direction, indices in groups.items():
                points = [portals[i] for i in indices]
                masses, rows = np.unique([p.mass for p in points], return_inverse=True)
                statistic = self._anchored(model, model.statistic(), direction, preset)
                signal = model.signal(masses, direction)
                values[indices] = judge(statistic, signal, rows.astype(np.intp), np.array([p.d for p in points]))
        return values

    def _anchored(self, model: Model, statistic: Statistic, direction: Direction, preset: str) -> Statistic:
        """A fit of mass and coupling finds its best point on masses of its own, whichever are asked for."""
        if not isinstance(statistic, ProfileStatistic) or statistic.parameters != 2:
            return statistic
        low, high = self.reach(preset)
        return statistic.anchored(model.signal(np.geomspace(max(low, units.KEV), high, _ANCHORS), direction))

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

    def preset_steps(
        self, preset: str, masses: npt.ArrayLike, direction: Direction, cl: float | None = None
    ) -> list[tuple[str, str]]:
        """What each difference of a preset does by itself: d(with it) / d(default) at these masses [GeV]."""
        overrides = {k: v for k, v in self.card.presets[preset].items() if k != "about"}
        base = self.limit(masses, direction, cl).lower
        steps = []
        for path, change in _leaves(overrides):
            single = Experiment(self.card, {**self.raw, "presets": {"one": change}}, self.file)
            try:
                changed = typed(cards.apply_preset(single.raw, "one", self.file), self.file)
                model = SIGNALS[changed.signal].build(changed, self.file)
                alone = Experiment(
                    changed, cards.apply_preset(single.raw, "one", self.file), self.file, {"default": model}
                )
                ratio = alone.limit(masses, direction, cl).lower / base
            except ValueError:  # CardError is one; bins that no longer fit the data are another
                steps.append((path, "makes sense only together with the others"))
                continue
            shown = ", ".join(
                f"{r:.3g} at {m:g} GeV" for m, r in zip(np.atleast_1d(masses), ratio, strict=True) if np.isfinite(r)
            )
            steps.append((path, f"d(with it) / d(default) = {shown or 'no common excluded mass'}"))
        return steps

    def goodness_of_fit(self, preset: str = "default") -> GoodnessOfFit | None:
        """How well the background alone describes the data (:mod:`nudipole.inference.goodness`).

        None for a projection, a published limit, and where free backgrounds describe any data.
        """
        if self.kind_of(preset) == "projection":
            return None
        with self.naming_the_card():
            return self.model(preset).statistic().goodness()

    def kind_of(self, preset: str = "default") -> Kind:
        """The kind of constraint under one preset."""
        return typed(cards.apply_preset(self.raw, preset, self.file), self.file).kind

    def explain(self, preset: str = "default") -> dict[str, Any]:
        """What is assumed, and what the preset changes with respect to the default."""
        card = typed(cards.apply_preset(self.raw, preset, self.file), self.file)
        overrides = {k: v for k, v in self.card.presets.get(preset, {}).items() if k != "about"}
        section = getattr(card, "completion", None)  # colliders alone feel the companions of the photon
        completion = "" if section is None else Completion(section.kind, section.ratio).label
        return {
            "key": self.key,
            "title": card.title,
            "summary": card.summary,
            "basis": card.basis,
            "confidence_level": card.confidence_level,
            "test": self.model(preset).statistic().description,
            "goodness_of_fit": "" if (fit := self.goodness_of_fit(preset)) is None else str(fit),
            "preset": preset,
            "about": self.card.presets.get(preset, {}).get("about", ""),
            "completion": completion and f"{completion}; a completion that the direction brings comes first",
            "overrides": overrides,
            "shortcuts": list(card.shortcuts),
            "published": [{"source": p.source, "convention": p.convention, "note": p.note} for p in card.comparisons],
            "references": list(card.references),
        }


def typed(raw: Mapping[str, Any], file: Path) -> Card:
    kind = raw.get("signal", "recoil")
    if not isinstance(kind, str) or kind not in SIGNALS:
        raise CardError(file, "signal", kind, f"must be one of {', '.join(SIGNALS)}")
    card: Card = cards.convert(raw, SIGNALS[kind].CardType, file)
    for flavor in card.flavors:
        if flavor not in DIRECTIONS:
            raise CardError(file, "flavors", flavor, f"must be among {', '.join(DIRECTIONS)}")
    return card


def _leaves(overrides: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The overrides one by one: each field of a table, each other entry whole."""
    found: list[tuple[str, dict[str, Any]]] = []
    for key, value in overrides.items():
        if isinstance(value, dict):
            found += [(f"{key}.{field}", {key: {field: inner}}) for field, inner in value.items()]
        else:
            found.append((key, {key: value}))
    return found


def _mass_range(card: Card) -> tuple[float, float]:
    if card.mass_range_MeV is None:
        return 0.0, np.inf
    return card.mass_range_MeV[0] * units.MEV, card.mass_range_MeV[1] * units.MEV


def _ends(masses: FloatArray, card: tuple[float, float], kinematic: float) -> tuple[End, ...]:
    """What ends a curve at each of its masses, if it ends there: the card's range, the plane's (1 keV), or physics."""
    low, high = card
    ends: list[End] = ["physics"] * len(masses)
    for index, mass in enumerate(masses.tolist()):
        if low <= units.KEV and mass <= units.KEV * _AT_AN_END:
            ends[index] = "grid"
        elif mass <= low * _AT_AN_END or (high < kinematic and mass * _AT_AN_END >= high):
            ends[index] = "card"
    return tuple(ends)


def contained(direction: Direction, flavors: tuple[str, ...]) -> bool:
    if direction.incoherent:
        return True
    switched_on = {f for f, c in zip(("e", "mu", "tau"), direction.couplings, strict=True) if c}
    return bool(switched_on & set(flavors))


def _between(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """The region that a signal points to: what is left between excluded intervals, if d = 0 is itself excluded."""
    if not intervals or intervals[0].low > 0.0:
        return ()
    return tuple(Interval(a.high, b.low) for a, b in itertools.pairwise(intervals) if a.high is not None)


def without_zero(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """An exclusion quotes upper limits: a fit that prefers N does not exclude its absence."""
    return tuple(i for i in intervals if i.low > 0.0)
