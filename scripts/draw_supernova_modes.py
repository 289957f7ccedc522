"""Draw docs/physics/supernova_modes.svg: one star, four ways of turning it into a limit on N.

python scripts/draw_supernova_modes.py [OUT.svg|OUT.png] [e|mu|tau]
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib
import numpy as np

from nudipole.plot import supernova as figures


def main(out: Path, flavor: str) -> None:
    """Write the figure; text stays text, and the same code gives the same file."""
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "nudipole", "font.size": 9})
    figure = figures.draw_modes(np.geomspace(1e-3, 0.5, 90), flavor)
    metadata = {"Date": None} if out.suffix == ".svg" else {}
    figure.savefig(out, dpi=200, metadata=metadata)


if __name__ == "__main__":
    default = Path(__file__).resolve().parents[1] / "docs" / "physics" / "supernova_modes.svg"
    arguments = sys.argv[1:]
    main(Path(arguments[0]) if arguments else default, arguments[1] if len(arguments) > 1 else "mu")
