"""What a card may say: the common part of every experiment, whatever the kind of signal.

Each kind of signal (``signal = "recoil"``, ...) extends :class:`Card` with its own sections in its own module and adds
one line to :data:`nudipole.signals.SIGNALS`. Cards are data: they are converted to these frozen types or refused with
file, field, value and what is allowed. (This lives below ``signals`` because every kind of signal extends it.)
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import msgspec

from nudipole.errors import LARGEST, SMALLEST, CardError

Positive = Annotated[float, msgspec.Meta(gt=0)]
NonNegative = Annotated[float, msgspec.Meta(ge=0)]
Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
Options = dict[str, Any]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a card; unknown fields are refused."""


class Nuisance(Section, frozen=True, kw_only=True):
    """One pull with a unit-normal penalty, shared by name with every card that uses the same name.

    ``affects``: ``neutrinos`` (signal and Standard Model recoils alike), ``signal``, ``flux:NAME`` (one component of
    the flux), ``background:NAME``, ``quenching`` or ``energy-scale`` or ``resolution`` or ``efficiency`` (the response
    is recomputed with its parameter up and down by ``sigma``).
    """

    name: str
    sigma: Positive
    affects: str = "neutrinos"


class Background(Section, frozen=True, kw_only=True):
    """One component of the background: counts per bin (typed, or a column of the observation's table), its freedom."""

    name: str
    counts: float | list[float] | None = None
    column: str = ""
    shape: Options | None = None
    uncertainty: NonNegative = 0.0  # relative; 0: fixed
    free: bool = False


class Published(Section, frozen=True, kw_only=True):
    """What we compare with, never what we fit to."""

    table: str = ""
    source: str = ""
    convention: Literal["d", "mu"] = "d"
    preset: str = "default"
    flavor: str = ""
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
        If the file is missing, is not UTF-8 or is not TOML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CardError(path, "file", str(path), "no such file") from None
    except UnicodeDecodeError as error:
        raise CardError(path, "file", f"byte {error.start}", "a card must be UTF-8 text") from None
    except OSError as error:
        raise CardError(path, "file", str(path), f"cannot be read: {error.strerror}") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CardError(path, "file", path.name, f"is not TOML: {error}") from None


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
        # a table that names another model or shape replaces the old one whole, since its parameters go with it
        selectors = ("model", "shape")
        renamed = isinstance(value, dict) and any(value.get(s) not in (None, (old or {}).get(s)) for s in selectors)
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
        return msgspec.convert(raw, card_type)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `")
        field = path.rstrip("`").removeprefix("$").lstrip(".")
        if "unknown field" in message:
            unknown = message.split("`")[1]
            field = f"{field}.{unknown}".lstrip(".")
            message = f"unknown field; allowed: {', '.join(_fields(card_type, field.split('.')[:-1]))}"
        elif "missing required field" in message:
            field = f"{field}.{message.split('`')[1]}".lstrip(".")
            message = "is required"
        elif "Invalid enum value" in message:
            message = f"must be one of {', '.join(_values(card_type, field.split('.')))}"
        raise CardError(file, field or "card", _look_up(raw, field), _in_words(message)) from None


_WORDS = {
    "array": "a list",
    "object": "a table",
    "str": "text in quotes",
    "float": "a number",
    "int": "a whole number",
    "bool": "true or false",
    "null": "left out",
}


def _in_words(message: str) -> str:
    """``Expected `array`, got `float``` in the words of a card's author: must be a list, not a number."""

    def said(types: re.Match[str]) -> str:
        return " or ".join(_WORDS.get(name.strip(), name.strip()) for name in types[1].split("|"))

    wanted, got, given = message.partition(", got ")
    if not wanted.startswith("Expected `"):
        return message
    bound = re.search(r"(?<=` )(<=|>=|<|>) .*", wanted)
    wanted = bound[0] if bound else wanted.removeprefix("Expected ").replace("matching regex", "matching")
    return re.sub(r"`(.+?)`", said, f"must be {wanted}{', not ' if got else ''}{given}")


def _check_numbers(value: Any, field: str, file: object) -> None:
    """Every number of a card is one that a formula can use."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            _check_numbers(item, f"{field}.{key}".lstrip("."), file)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_numbers(item, f"{field}[{index}]", file)
    elif isinstance(value, (int, float)) and value != 0 and not SMALLEST <= abs(value) <= LARGEST:
        raise CardError(file, field, value, f"a number must be 0 or lie between {SMALLEST:g} and {LARGEST:g} in size")


def _fields(card_type: type[Card], path: Sequence[str]) -> list[str]:
    """Names of the fields of the table at this path of a card (``matter[0]``, ``selection``, ...)."""
    return [field.name for table in _tables(_hint(card_type, path)) for field in msgspec.structs.fields(table)]


def _values(card_type: type[Card], path: Sequence[str]) -> list[str]:
    """The values that the field at this path may have, where they are a list of words or numbers."""
    return [str(value) for value in _literals(_hint(card_type, path))]


def _hint(hint: Any, path: Sequence[str]) -> Any:
    for part in path:
        inner = {field.name: field.type for table in _tables(hint) for field in msgspec.structs.fields(table)}
        hint = inner.get(part.partition("[")[0], hint)
    return hint


def _tables(hint: Any) -> Iterator[type[msgspec.Struct]]:
    """The tables that a field may hold, inside lists, unions and annotations too."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for argument in get_args(hint):
        yield from _tables(argument)


def _literals(hint: Any) -> Iterator[Any]:
    for argument in get_args(hint):
        if get_origin(hint) is Literal:
            yield argument
        else:
            yield from _literals(argument)


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
