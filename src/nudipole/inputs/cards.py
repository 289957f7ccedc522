"""What a card may say: the common part of every experiment, whatever the kind of signal.

Each kind of signal (``signal = "recoil"``, ...) extends :class:`Card` with its own sections in its own module and adds
one line to :data:`nudipole.signals.SIGNALS`. Cards are data: they are converted to these frozen types or refused with
file, field, value and what is allowed. (This lives below ``signals`` because every kind of signal extends it.)
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from nudipole.errors import LARGEST, SMALLEST, CardError
from nudipole.inputs import files, typed
from nudipole.inputs.files import FileProblemError

Positive = Annotated[float, msgspec.Meta(gt=0)]
NonNegative = Annotated[float, msgspec.Meta(ge=0)]
Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
Options = dict[str, Any]
_DEEPEST = 20  # tables and lists inside one another


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
        _check_text(raw, "", file, 0)
    except tomllib.TOMLDecodeError as error:
        raise CardError(file, "file", Path(str(file)).name, f"is not TOML: {error}") from None
    except RecursionError:
        raise CardError(file, "file", Path(str(file)).name, f"is nested deeper than {_DEEPEST} levels") from None
    except ValueError as error:  # a number of thousands of digits
        if isinstance(error, CardError):
            raise
        raise CardError(file, "file", Path(str(file)).name, f"is not TOML: {error}") from None
    return raw


def _check_text(value: Any, field: str, file: object, depth: int) -> None:
    """Text that can be printed in one line, in tables that are not nested without end."""
    if depth > _DEEPEST:
        raise CardError(file, field, "...", f"is nested deeper than {_DEEPEST} levels")
    if isinstance(value, Mapping):
        for key, item in value.items():
            _check_text(key, f"{field}.{key}".lstrip("."), file, depth)
            _check_text(item, f"{field}.{key}".lstrip("."), file, depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_text(item, f"{field}[{index}]", file, depth + 1)
    elif isinstance(value, str):
        if not value.isprintable():
            raise CardError(file, field, value, "must be text in one line without control characters")
    elif not isinstance(value, (bool, int, float)):
        raise CardError(file, field, str(value), "must be text, a number, true or false, a list or a table: no date")


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
    return _merge(raw, overrides)


def _merge(base: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in overrides.items():
        old = merged.get(key)
        # a table that names another model, shape, flux or statistic replaces the old one whole: its parameters go with it
        selectors = ("model", "shape", "flux", "statistic", "meson_beam")
        known = old if isinstance(old, Mapping) else {}  # a list, of sources say, is replaced by a table
        renamed = isinstance(value, dict) and any(value.get(s) not in (None, known.get(s)) for s in selectors)
        if isinstance(value, dict) and isinstance(old, Mapping) and not renamed:
            merged[key] = _merge(old, value)
        else:
            merged[key] = value
    return merged


def convert(raw: Mapping[str, Any], card_type: type[CardType], file: object) -> CardType:
    """A typed card.

    Raises
    ------
    CardError
        Names the field, the value and what is allowed.
    """
    _check_numbers(raw, "", file)
    try:
        card: CardType = typed.convert(raw, card_type)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `")
        field = path.rstrip("`").removeprefix("$").lstrip(".")
        if "unknown field" in message:
            unknown = message.split("`")[1]
            field = f"{field}.{unknown}".lstrip(".")
            message = typed.unknown(unknown, _fields(card_type, field.split(".")[:-1]))
        elif "missing required field" in message:
            field = f"{field}.{message.split('`')[1]}".lstrip(".")
            message = "is required"
        elif "Invalid enum value" in message:
            message = typed.one_of(_look_up(raw, field), typed.choices(_hint(card_type, field.split("."))))
        raise CardError(file, field or "card", _look_up(raw, field), typed.in_words(message)) from None
    for problem in problems(card, file):
        raise problem
    return card


def faults(raw: Mapping[str, Any], card_type: type[Card], file: object) -> list[CardError]:
    """Everything that is wrong with the fields of a card taken one by one, not only the first.

    Where the fields are right, what :func:`convert` says of the card as a whole.
    """
    found = [*_number_faults(raw, "", file), *_field_faults(raw, card_type, "", file)]
    if not found:
        try:
            found += problems(typed.convert(raw, card_type), file)
        except msgspec.ValidationError:
            try:
                convert(raw, card_type, file)
            except CardError as error:
                found.append(error)
    return list({str(error): error for error in found}.values())


def _field_faults(value: Any, hint: Any, field: str, file: object) -> Iterator[CardError]:
    """Faults of one value, of the fields of a table, or of the items of a list of tables."""
    kinds = list(typed.tables(hint))
    if isinstance(value, list) and kinds:
        for index, item in enumerate(value):
            if isinstance(item, Mapping):
                yield from _field_faults(item, kinds[0], f"{field}[{index}]", file)
    elif isinstance(value, Mapping) and kinds:
        fields = {f.name: f for f in msgspec.structs.fields(kinds[0])}
        for key, item in value.items():
            inside = f"{field}.{key}".lstrip(".")
            if key not in fields:
                yield CardError(file, inside, item, typed.unknown(key, list(fields)))
            else:
                yield from _field_faults(item, fields[key].type, inside, file)
        missing = [f.name for f in fields.values() if f.required and f.name not in value]
        yield from (CardError(file, f"{field}.{name}".lstrip("."), None, "is required") for name in missing)
        return
    if isinstance(value, list) and kinds and any(isinstance(item, Mapping) for item in value):
        return
    try:
        typed.convert(value, hint)
    except msgspec.ValidationError as error:
        message = str(error).partition(" - at `")[0]
        if "Invalid enum value" in message:
            message = typed.one_of(value, typed.choices(hint))
        yield CardError(file, field, value, typed.in_words(message))


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


def _check_numbers(value: Any, field: str, file: object) -> None:
    """Every number of a card is one that a formula can use."""
    for error in _number_faults(value, field, file):
        raise error


def _number_faults(value: Any, field: str, file: object) -> Iterator[CardError]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _number_faults(item, f"{field}.{key}".lstrip("."), file)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _number_faults(item, f"{field}[{index}]", file)
    elif isinstance(value, (int, float)) and value != 0 and not SMALLEST <= abs(value) <= LARGEST:
        allowed = f"a number must be 0 or lie between {SMALLEST:g} and {LARGEST:g} in size"
        yield CardError(file, field, value, allowed)


def _fields(card_type: type[Card], path: Sequence[str]) -> list[str]:
    """Names of the fields of the table at this path of a card (``matter[0]``, ``selection``, ...)."""
    return [field.name for table in typed.tables(_hint(card_type, path)) for field in msgspec.structs.fields(table)]


def _hint(hint: Any, path: Sequence[str]) -> Any:
    for part in path:
        inner = {field.name: field.type for table in typed.tables(hint) for field in msgspec.structs.fields(table)}
        hint = inner.get(part.partition("[")[0], hint)
    return hint


def _look_up(raw: Any, field: str) -> Any:
    value = raw
    for part in field.replace("]", "").replace("[", ".").split("."):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return value if part == "" or part == "..." else None
    return value
