"""What a card may say: the common part of every experiment, whatever the kind of signal.

Each kind of signal (``signal = "recoil"``, ...) extends :class:`Card` with its own sections in its own module and adds
one line to :data:`nudipole.signals.SIGNALS`. Cards are data: they are converted to these frozen types or refused with
file, field, value and what is allowed. (This lives below ``signals`` because every kind of signal extends it.)
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from nudipole.errors import CardError
from nudipole.inputs import files, typed
from nudipole.inputs.card_fields import conversion_fault, field_faults
from nudipole.inputs.files import FileProblemError
from nudipole.inputs.raw_cards import DEEPEST, check_text, merged, number_faults

Positive = Annotated[float, msgspec.Meta(gt=0)]
NonNegative = Annotated[float, msgspec.Meta(ge=0)]
Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
Options = dict[str, Any]


Fault = tuple[str, Any, str]
"""A field, its value and what is allowed."""


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a card; unknown fields are refused."""

    def contradictions(self) -> Iterator[Fault]:
        """What contradicts itself among these fields, or would not be used beside the others."""
        yield from ()


class Nuisance(Section, frozen=True, kw_only=True):
    """One pull with a unit-normal penalty, shared by name with every card that uses the same name.

    ``affects``: ``neutrinos`` (signal and Standard Model recoils alike), ``signal``, ``flux:NAME`` (one component of
    the flux), ``background:NAME``, ``quenching`` or ``energy-scale`` or ``resolution`` or ``efficiency`` (the response
    is recomputed with its parameter up and down by ``sigma``).
    """

    name: str
    sigma: Annotated[float, msgspec.Meta(gt=0, le=10)]  # relative: ten times what it moves is no measurement any more
    affects: str = "neutrinos"


class Background(Section, frozen=True, kw_only=True):
    """One component of the background: counts per bin (typed, or a column of the observation's table), its freedom."""

    name: str
    counts: float | list[float] | None = None
    column: str = ""
    shape: Options | None = None
    uncertainty: Annotated[float, msgspec.Meta(ge=0, le=100)] = 0.0  # relative; 0: fixed
    free: bool = False

    def contradictions(self) -> Iterator[Fault]:
        if not self.name:
            yield "name", self.name, "must not be empty"
        if self.column and (self.counts is not None or self.shape is not None):
            yield "column", self.column, "stands beside counts or shape: give one of the three"
        if not self.column and self.shape is None and self.counts is None:
            yield "counts", None, "is required: counts, a column of the table, or a shape with its counts"
        if self.shape is not None and not isinstance(self.counts, (int, float)) and not self.column:
            yield "counts", self.counts, "is required beside a shape: one number, the counts of all bins together"
        if self.free and self.uncertainty > 0:
            yield "uncertainty", self.uncertainty, "is not used beside free = true: give one of the two"


class Published(Section, frozen=True, kw_only=True):
    """What we compare with, never what we fit to."""

    table: str = ""
    source: str = ""
    convention: Literal["d", "mu"] = "d"
    preset: str = "default"
    flavor: str = ""
    couplings: tuple[float, float, float] | None = None  # d_e, d_mu, d_tau over d, where several are switched on
    edge: Literal["lower", "upper", "gap-low", "gap-high", "open"] = (
        "lower"  # of constraint.EDGES; upper: column d_high
    )
    evidence: bool = True  # false: normalised to this very number, or chosen with it in sight: agreement proves nothing
    # of a curve that we miss: an older input of ours was wrong; theirs is; one is not public; it is another quantity
    verdict: Literal["", "mended", "refuted", "input missing", "not comparable"] = ""
    note: str = ""


class Card(Section, frozen=True, kw_only=True):
    """The part that every experiment has."""

    schema: Literal[1]
    key: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: str
    signal: str = "recoil"
    kind: Literal["exclusion", "projection", "roi", "line"] = "exclusion"
    basis: Literal["first-principles", "normalised", "digitised"]
    summary: str
    references: list[str] = []
    flavors: list[str] = []  # empty: every flavour that the source contains
    confidence_level: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.9
    mass_range_MeV: tuple[Positive, Positive] | None = None
    published: list[Published] | Published = []
    shortcuts: list[str] = []  # every simplification, in a sentence; printed by --explain and on the validation page
    presets: dict[str, dict[str, Any]] = {}

    def contradictions(self) -> Iterator[Fault]:
        """Of the fields that every card has; a kind of signal adds its own."""
        if self.mass_range_MeV is not None and not self.mass_range_MeV[0] < self.mass_range_MeV[1]:
            yield "mass_range_MeV", list(self.mass_range_MeV), "must be [low, high], low below high"
        statistic = getattr(getattr(self, "observation", None), "statistic", "")
        if self.kind == "roi" and statistic == "asimov":
            yield "kind", self.kind, "a region of interest needs data, which the statistic asimov does not take"
        yield from repeated(self.references, "references")
        yield from repeated(self.flavors, "flavors")
        if "default" in self.presets:
            yield "presets.default", self.presets["default"], "is the card itself: give the preset another name"
        for name, presets in self.presets.items():
            if isinstance(about := presets.get("about", ""), str):
                continue
            yield f"presets.{name}.about", about, "must be text in quotes"

    @property
    def comparisons(self) -> tuple[Published, ...]:
        """Published curves to compare with, as a tuple."""
        return tuple(self.published) if isinstance(self.published, list) else (self.published,)


CardType = TypeVar("CardType", bound=Card)


def read(path: Path) -> dict[str, Any]:
    """The raw content of a TOML card.

    Raises
    ------
    CardError
        If the file is missing, no regular file, larger than a megabyte, not UTF-8 or not TOML, or if it is nested
        deeper than a card can be or holds characters that cannot be printed.
    """
    try:
        text = files.read_text(path, files.LARGEST_CARD)
    except FileProblemError as error:
        said = "a card must be UTF-8 text" if "UTF-8" in str(error) else str(error)
        raise CardError(path, "file", str(path), said) from None
    return parse(text, path)


def parse(text: str, file: object) -> dict[str, Any]:
    """The raw content of the text of a card.

    Raises
    ------
    CardError
        As for :func:`read`.
    """
    try:
        raw = tomllib.loads(text)
        check_text(raw, file)
    except tomllib.TOMLDecodeError as error:
        raise CardError(file, "file", Path(str(file)).name, f"is not TOML: {error}") from None
    except RecursionError:
        raise CardError(file, "file", Path(str(file)).name, f"is nested deeper than {DEEPEST} levels") from None
    except ValueError as error:  # a number of thousands of digits
        if isinstance(error, CardError):
            raise
        raise CardError(file, "file", Path(str(file)).name, f"is not TOML: {error}") from None
    return raw


def apply_preset(raw: Mapping[str, Any], preset: str, file: object) -> dict[str, Any]:
    """The card with the overrides of one preset merged in, table by table; lists are replaced.

    Raises
    ------
    CardError
        If the card has no such preset.
    """
    if preset == "default":
        return dict(raw)
    presets = raw.get("presets", {})
    if preset not in presets:
        raise CardError(file, "presets", preset, f"no such preset; allowed: {', '.join(['default', *presets])}")
    overrides = {key: value for key, value in presets[preset].items() if key != "about"}
    return merged(raw, overrides)


def convert(raw: Mapping[str, Any], card_type: type[CardType], file: object) -> CardType:
    """A typed card.

    Raises
    ------
    CardError
        Names the field, the value and what is allowed.
    """
    for fault in number_faults(raw, file):
        raise fault
    try:
        card: CardType = typed.convert(raw, card_type)
    except msgspec.ValidationError as error:
        raise conversion_fault(raw, card_type, file, error) from None
    for problem in problems(card, file):
        raise problem
    return card


def faults(raw: Mapping[str, Any], card_type: type[Card], file: object) -> list[CardError]:
    """Everything that is wrong with the fields of a card taken one by one, not only the first.

    Where the fields are right, what :func:`convert` says of the card as a whole.
    """
    found = [*number_faults(raw, file), *field_faults(raw, card_type, file)]
    if not found:
        try:
            found += problems(typed.convert(raw, card_type), file)
        except msgspec.ValidationError:
            try:
                convert(raw, card_type, file)
            except CardError as error:
                found.append(error)
    return list({str(error): error for error in found}.values())


def problems(card: Card, file: object) -> list[CardError]:
    """What contradicts itself in a card whose fields are right one by one: of each of its tables, then of the whole."""
    return [CardError(file, field, value, allowed) for field, value, allowed in _contradictions(card, "")]


def _contradictions(value: Any, field: str) -> Iterator[Fault]:
    if isinstance(value, Section):
        for name in value.__struct_fields__:
            yield from _contradictions(getattr(value, name), f"{field}.{name}".lstrip("."))
        for name, given, allowed in value.contradictions():
            yield f"{field}.{name}".strip("."), given, allowed
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            if isinstance(item, Section):
                yield from _contradictions(item, f"{field}[{index}]")


def ordered(section: Section, low: str, high: str) -> Iterator[Fault]:
    """The fault of two fields that are the wrong way round."""
    least, most = getattr(section, low), getattr(section, high)
    if least is not None and most is not None and not least < most:
        yield high, most, f"must be larger than {low} = {least:g}"


def unused(section: Section, names: Iterable[str], why: str) -> Iterator[Fault]:
    """The faults of fields that differ from their defaults although nothing would look at them."""
    defaults = {f.name: f for f in msgspec.structs.fields(section)}
    for name in names:
        default, value = defaults[name].default, getattr(section, name)
        if default is msgspec.NODEFAULT:
            factory = defaults[name].default_factory
            default = factory() if callable(factory) else None
        if value != default:
            yield name, value, f"is not used {why}"


def repeated(names: Iterable[str], field: str) -> Iterator[Fault]:
    """One fault for each name that is given twice: data, fluxes or pulls would count twice."""
    listed = list(names)
    for name in dict.fromkeys(listed):
        if listed.count(name) > 1:
            yield field, name, "is given twice"
