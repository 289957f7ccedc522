"""Draw docs/physics/cosmology_wedge.svg: what bbn and cmb exclude, over the published lines of 2007.15563.

python scripts/draw_early_universe.py [OUT.svg]
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
import numpy as np

from nudipole.cosmology.constraints import CONSTRAINTS
from nudipole.inputs import tables
from nudipole.portal import Direction

TOP = 1e-4  # GeV^-1


def main(out: Path) -> None:
    """Write the figure."""
    bbn, cmb = CONSTRAINTS
    masses = np.geomspace(*bbn.mass_range, 300)
    figure, panels = plt.subplots(1, 2, figsize=(9.5, 4.2), sharex=True, sharey=True, layout="constrained")
    settings = [
        (bbn, "published/bbn.csv", "$^4$He, $Y_p < 0.256$", "modern: $Y_p$, D/H"),
        (cmb, "published/cmb.csv", r"$\Delta N_{\rm eff} < 0.3$", "modern: $N_{\\rm eff}$"),
    ]
    for panel, (constraint, name, theirs, ours) in zip(panels, settings, strict=True):
        for preset, color, alpha, label in (("default", "#CC79A7", 0.35, ours), ("brdar2020", "#0072B2", 0.45, theirs)):
            for i, intervals in enumerate(constraint.limit(masses, Direction("mu"), preset=preset).excluded):
                width = masses[i] * (masses[1] / masses[0] - 1)
                for interval in intervals:
                    low, high = interval.low, TOP if interval.high is None else interval.high
                    panel.bar(masses[i], high - low, width, low, color=color, alpha=alpha, lw=0, label=label)
                    label = "_"
        table = tables.load(f"catalogue/{name}")
        for first, here in enumerate((table["branch"] == 0, table["branch"] > 0)):
            panel.plot(
                table["mass_GeV"][here],
                table["d_low"][here],
                "k.-",
                lw=0.8,
                ms=4,
                label="_" if first else "2007.15563",
            )
        thermal = constraint.limit(masses, Direction("mu"), preset="thermal").gap[0]
        panel.plot(masses, thermal, color="#CC79A7", ls="--", lw=1.4, label="the same, thermal neutrinos")
        if constraint is bbn:  # where N did not exist at 1 GeV, late photons leave this of the lower region
            heavy = masses[masses > 4.7e-3]
            edge = constraint.limit(heavy, Direction("mu"), preset="reheating-1gev").gap[0]
            panel.plot(heavy, edge, color="#D55E00", lw=1.6, label="excluded below, reheating at 1 GeV")
        panel.set(xscale="log", yscale="log", xlim=(masses[0], masses[-1]), ylim=(1e-16, TOP), xlabel="M [GeV]")
        panel.legend(loc="lower left", fontsize=8, frameon=False)
    panels[0].set(ylabel="d [GeV$^{-1}$]", title="bbn")
    panels[1].set_title("cmb")
    figure.savefig(out, metadata={"Date": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/physics/cosmology_wedge.svg"))
