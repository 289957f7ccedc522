"""Draw docs/contradictions/*.svg: for each contradiction of the literature the published curves and our calculation of both.

    python scripts/draw_contradictions.py [NAME ...]

A line is one of our presets, points are a published table, converted to d.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from nudipole.catalogue import registry
from nudipole.inputs import tables
from nudipole.portal import Direction, Nature

OUT = Path(__file__).parents[1] / "docs/contradictions"
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")


def ours(
    panel: Axes,
    key: str,
    flavor: str,
    reach: tuple[float, float],
    label: str,
    color: str,
    preset: str = "default",
    nature: Nature = "dirac",
    style: str = "-",
    factor: float = 1.0,
    upper: bool = False,
) -> None:
    """A limit of ours, times ``factor``, over a range of masses [GeV]; with ``upper`` its other edge too."""
    masses = np.geomspace(*reach, 60)
    limit = registry.get(key).limit(masses, Direction(flavor, nature=nature), preset=preset)
    panel.plot(masses, factor * limit.lower, style, color=color, lw=1.3, label=label)
    if upper:
        edge = np.where(np.isfinite(limit.upper), limit.upper, np.nan)
        panel.plot(masses, factor * edge, style, color=color, lw=1.3)


def theirs(panel: Axes, table: str, label: str, color: str, marker: str = "o") -> None:
    """Points of a published table."""
    published = tables.load(f"catalogue/published/{table}.csv")
    panel.plot(published["mass_GeV"], published["d_low"], marker, color=color, ms=3, mfc="none", label=label)


def convention(panel: Axes) -> None:
    """One limit, read in the other convention."""
    reach = (1e-6, 3e-3)
    ours(panel, "xenonnt-nees", "universal", reach, "XENONnT, d = mu / 2", COLORS[0])
    ours(panel, "xenonnt-nees", "universal", reach, "the same, mu read as d", COLORS[1], style="--", factor=2.0)


def lsnd(panel: Axes) -> None:
    """Recoils, photons, and curves of other papers."""
    ours(panel, "lsnd", "mu", (1e-3, 0.1), "recoils or photons (ours)", COLORS[0])
    ours(
        panel, "lsnd", "mu", (1e-3, 0.09), "photons, choices of 1803.03262", COLORS[2], preset="magill2018", style="--"
    )
    theirs(panel, "lsnd-mu", "1803.03262", COLORS[2])
    theirs(panel, "lsnd-liu", "as drawn in 2412.15051", COLORS[1], "s")


def lep(panel: Axes) -> None:
    """The photon operator alone, and with a Z dipole."""
    for preset, table, label, color in (
        ("magill2018", "lep", "photon alone", COLORS[0]),
        ("magill2018-z", "lep-z", "with a Z dipole", COLORS[1]),
    ):
        ours(panel, "lep", "mu", (1e-2, 88.0), label, color, preset=preset)
        theirs(panel, table, f"1803.03262, {label}", color)


def lhc(panel: Axes) -> None:
    """Mono-photons."""
    ours(panel, "lhc-monophoton", "mu", (0.02, 1500.0), "ATLAS 36 fb$^{-1}$ (ours)", COLORS[0], preset="isotropic")
    ours(panel, "lhc-monophoton", "mu", (0.02, 1500.0), "default", COLORS[2], style="--")
    theirs(panel, "lhc-monophoton", "1803.03262", COLORS[1])


def isotropy(panel: Axes) -> None:
    """Dirac and Majorana photons at e+ e- colliders."""
    for key, name, color in (
        ("besiii", "BESIII", COLORS[0]),
        ("belle-ii", "Belle II", COLORS[1]),
        ("stcf", "STCF", COLORS[2]),
    ):
        reach = (0.05, 0.9 * registry.get(key).mass_range[1])
        ours(panel, key, "mu", reach, f"{name}, Dirac", color)
        ours(panel, key, "mu", reach, f"{name}, Majorana", color, nature="majorana", style="--")
        theirs(panel, key, "2204.07802" if key == "besiii" else "_", "k")


def dune(panel: Axes) -> None:
    """The near detector, 2021 and 2022."""
    reach = (1e-2, 6.0)
    ours(panel, "dune-nd", "mu", (1e-2, 3.0), "choices of 2105.09699, strong edge", COLORS[0], preset="schwetz2021")
    theirs(panel, "dune-nd-mu-strong", "2105.09699", COLORS[0])
    ours(panel, "dune-nd", "mu", reach, "choices of 2210.13141", COLORS[1], preset="ovchynnikov2022")
    theirs(panel, "dune-nd-mu-highE", "2210.13141", COLORS[1])
    ours(panel, "dune-nd", "mu", reach, "default, 10,000 of background", COLORS[2], style="--")


def nd280(panel: Axes) -> None:
    """N that must live until it reaches the gas, or need not."""
    ours(panel, "t2k-nd280", "mu", (1e-2, 1.2), "N must reach the gas", COLORS[0], preset="liu2024")
    ours(panel, "t2k-nd280", "mu", (0.25, 1.2), "N decays anywhere", COLORS[1], preset="no-survival", style="--")
    theirs(panel, "nd280", "2412.15051", "k")
    theirs(panel, "minerva", "MINERvA, 2206.07100", COLORS[2], "s")


def icecube(panel: Axes) -> None:
    """One event expected in six years."""
    ours(
        panel, "icecube", "mu", (1e-2, 1.0), "one event in six years (ours)", COLORS[0], preset="coloma2017", upper=True
    )
    theirs(panel, "icecube-mu", "1707.08573", COLORS[1])


def xenon(panel: Axes) -> None:
    """Single experiments and their combination."""
    reach = (1e-6, 2e-3)
    ours(panel, "xenonnt-nees", "universal", reach, "XENONnT (ours)", COLORS[0], preset="one-sided")
    ours(panel, "lz-nees", "universal", reach, "LZ, 60 days (ours)", COLORS[1], preset="lz2023")
    ours(
        panel,
        "xenon-nees-combined",
        "universal",
        reach,
        "combined (ours)",
        COLORS[2],
        preset="deromeri2025",
        style="--",
    )
    theirs(panel, "xenonnt-nees", "XENON, 2207.11330", COLORS[0])
    theirs(panel, "lz-nees", "LZ, 2307.15753", COLORS[1])
    theirs(panel, "xenon-nees-combined", "combined, 2412.14991", COLORS[2], "s")


def supernova(panel: Axes) -> None:
    """Two stars and two criteria."""
    reach = (1e-3, 0.3)
    ours(panel, "sn1987a", "e", reach, "default", COLORS[0], upper=True)
    ours(panel, "sn1987a", "e", reach, "hot profile", COLORS[1], preset="hot", style="--", upper=True)
    ours(panel, "sn1987a", "e", reach, "choices of 1803.03262", COLORS[2], preset="magill2018", upper=True)
    theirs(panel, "sn1987a", "1803.03262", "k")


DRAWN: dict[str, Callable[[Axes], None]] = {
    "convention": convention,
    "lsnd": lsnd,
    "lep": lep,
    "lhc": lhc,
    "isotropy": isotropy,
    "dune": dune,
    "nd280": nd280,
    "icecube": icecube,
    "xenon": xenon,
    "sn1987a": supernova,
}


def main(names: list[str]) -> None:
    """Write the pictures of these names, or all."""
    plt.rcParams.update({"svg.hashsalt": "contradictions", "svg.fonttype": "none", "font.size": 8})
    OUT.mkdir(exist_ok=True)
    for name in names or DRAWN:
        figure, panel = plt.subplots(figsize=(4.6, 3.2), layout="constrained")
        DRAWN[name](panel)
        panel.set(xscale="log", yscale="log", xlabel="M [GeV]", ylabel="d [GeV$^{-1}$]")
        panel.legend(fontsize=6.5, frameon=False)
        figure.savefig(OUT / f"{name}.svg", metadata={"Date": None})
        plt.close(figure)


if __name__ == "__main__":
    main(sys.argv[1:])
