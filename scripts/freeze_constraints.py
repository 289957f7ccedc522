"""Write constraints.txt: the exact versions of what is installed here, as plain pins without addresses.

Run it in an environment made with ``pip install -e '.[dev]'``.
"""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

OWN = {"nudipole", "pip", "setuptools", "wheel"}


def main() -> None:
    """Collect the installed distributions and write the file beside pyproject.toml."""
    pins = {dist.metadata["Name"]: dist.version for dist in metadata.distributions()}
    lines = [f"{name}=={pins[name]}" for name in sorted(pins, key=str.lower) if name.lower() not in OWN]
    target = Path(__file__).resolve().parent.parent / "constraints.txt"
    target.write_text("# written by scripts/freeze_constraints.py\n" + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
