"""The two example cards, changed here and there."""

from __future__ import annotations

from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
GERMANIUM, ARGON = EXAMPLES / "germanium-reactor.toml", EXAMPLES / "argon-beam.toml"
DATA = 'statistic = "poisson"\ncounts = [48100.0, 36000.0, 72000.0, 144000.0, 360000.0, 1080000.0, 1800000.0]'


def changed(folder: Path, example: Path, *changes: tuple[str, str], name: str = "card.toml") -> Path:
    """A copy of an example in which each old text, which must be there, became the new one."""
    text = example.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
