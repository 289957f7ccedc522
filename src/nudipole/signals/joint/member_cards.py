"""Member cards of a combined fit or of an envelope: where they are, and how they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from nudipole.errors import CardError
from nudipole.inputs import cards, files
from nudipole.inputs.cards import Card, Fault, repeated
from nudipole.inputs.files import FileProblemError
from nudipole.signals.protocol import Model

_OPEN: ContextVar[tuple[Path, ...]] = ContextVar("open member cards", default=())
"""The cards that are being built, from the outermost to this one."""


def contradictions(members: Sequence[str], presets: Mapping[str, str]) -> Iterator[Fault]:
    """Members that stand there twice, and presets of cards that are no members."""
    yield from repeated(members, "members")
    for key, preset in presets.items():
        if key not in members:
            yield f"member_presets.{key}", preset, f"is no member; there are {', '.join(members)}"


def locate(key: str, file: Path, folders: Sequence[str]) -> Path:
    """The card of a member: in one of these folders beside the card ``file``, or shipped.

    Raises
    ------
    CardError
        If it is in none of them.
    """
    try:
        for folder in folders:
            path = files.beside(file.parent, f"{folder}{key}.toml")
            if path.is_file():
                return path
    except FileProblemError as error:
        raise CardError(file, "members", key, str(error)) from None
    except OSError:
        raise CardError(file, "members", key, "is not the name of a file") from None
    shipped = Path(__file__).parent.parent.parent / "catalogue" / "cards"
    for path in (shipped / f"{key}.toml", shipped / "parts" / f"{key}.toml"):
        if path.is_file():
            return path
    raise CardError(file, "members", key, f"there is no card {key}.toml beside this one, nor one that is shipped")


@contextmanager
def _entered(path: Path, file: Path) -> Iterator[None]:
    """While a member is built; a card that is its own member, by whatever way round, is refused."""
    outer = _OPEN.get() or (file.resolve(),)
    inner = path.resolve()
    if inner in outer:
        circle = " -> ".join(p.name for p in (*outer[outer.index(inner) :], inner))
        raise CardError(file, "members", path.stem, f"names a card that is being read: {circle}")
    token = _OPEN.set((*outer, inner))
    try:
        yield
    finally:
        _OPEN.reset(token)


def read(path: Path, preset: str, file: Path, never: str) -> tuple[Card, Model]:
    """A member of the card ``file``, under a preset of its own, and what it computes.

    Raises
    ------
    CardError
        If it is of an unknown kind or of the kind ``never``, or names a card that it is itself a member of.
    """
    from nudipole.signals import SIGNALS

    with _entered(path, file):
        raw = cards.apply_preset(cards.read(path), preset, path)
        kind = raw.get("signal", "recoil")
        if kind not in SIGNALS or kind == never:
            raise CardError(file, "members", path.stem, f"is of kind {kind!r}, which cannot be a member")
        card: Card = cards.convert(raw, SIGNALS[kind].CardType, path)
        model: Model = SIGNALS[kind].build(card, path)
    return card, model
