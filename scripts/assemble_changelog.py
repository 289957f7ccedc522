"""Move the fragments of changelog.d/ into CHANGELOG.md: ``python scripts/assemble_changelog.py 0.2.0 2026-12-01``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TITLES = {"added": "Added", "changed": "Changed", "fixed": "Fixed"}
HEAD = "# Changelog\n\nUnreleased changes are the fragments in `changelog.d/`.\n"


def section(version: str, date: str, fragments: list[Path]) -> str:
    """The text of one release: fragments by kind, in the order of their names, one list entry each."""
    parts = [f"## {version} ({date})\n"]
    for kind, title in TITLES.items():
        texts = [path.read_text(encoding="utf-8").strip() for path in fragments if path.name.endswith(f".{kind}.md")]
        if texts:
            entries = [text if text.startswith("- ") else "- " + text.replace("\n", "\n  ") for text in texts]
            parts.append(f"### {title}\n\n" + "\n".join(entries) + "\n")
    return "\n".join(parts)


def main(version: str, date: str) -> None:
    """Write CHANGELOG.md and delete the fragments."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version) or not re.fullmatch(r"\d{4}-\d\d-\d\d", date):
        raise SystemExit("usage: assemble_changelog.py MAJOR.MINOR.PATCH YYYY-MM-DD")
    fragments = sorted(path for path in (ROOT / "changelog.d").glob("*.md") if path.name != "README.md")
    if not fragments:
        raise SystemExit("changelog.d holds no fragment")
    target = ROOT / "CHANGELOG.md"
    released = target.read_text(encoding="utf-8").removeprefix(HEAD).strip()
    target.write_text(f"{HEAD}\n{section(version, date, fragments)}\n{released}".rstrip() + "\n", encoding="utf-8")
    for path in fragments:
        path.unlink()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("usage: assemble_changelog.py VERSION DATE")
    main(*sys.argv[1:])
