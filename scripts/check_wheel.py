"""Install built archives into empty environments and use them: ``python scripts/check_wheel.py dist/*.whl dist/*.tar.gz``.

The check runs outside the checkout: every card loads, every data file is inside, a limit and a cross section come out.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

CHECK = """
import nudipole as nd
from nudipole.catalogue import registry
from nudipole.inputs import tables
from importlib import resources
from pathlib import Path
root = Path(str(resources.files("nudipole")))
cards = sorted(root.glob("catalogue/cards/*.toml"))
assert len(cards) > 50, cards
for key in registry.all_keys():
    assert registry.get(key).title
data = sorted(root.rglob("*.csv"))
for path in data:
    tables.load_file(path)
assert nd.limit("conus-plus", "e", 1e-3).lower[0] > 0
assert nd.cross_section("Ar40", 1.0, 0.1, 1e-6)["sigma_cm2"] > 0
print(f"{nd.__version__}: {len(cards)} cards, {len(data)} tables, one limit, one cross section")
"""


def main(archives: list[str]) -> None:
    """One empty environment an archive."""
    if not archives:
        raise SystemExit("usage: check_wheel.py ARCHIVE ...")
    for archive in archives:
        with tempfile.TemporaryDirectory() as folder:
            venv.create(folder, with_pip=True)
            python = Path(folder) / "bin" / "python"
            subprocess.run([python, "-m", "pip", "install", "--quiet", Path(archive).resolve()], check=True)
            subprocess.run([python, "-c", CHECK], check=True, cwd=folder)


if __name__ == "__main__":
    main(sys.argv[1:])
