"""Print the lowest version of every dependency that pyproject.toml allows, as constraints for pip."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path


def main() -> None:
    """Every ``name>=version`` of the core and of the extras."""
    text = (Path(__file__).resolve().parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    wanted = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]
    for line in sorted(set(wanted)):
        if match := re.fullmatch(r"([\w-]+)(?:\[[\w,-]+\])?>=([\d.]+)", line):
            print(f"{match.group(1)}=={match.group(2)}")


if __name__ == "__main__":
    main()
