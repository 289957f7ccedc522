"""How the figures look: one colour a family of experiments, safe for colour-blind eyes (Okabe and Ito 2008)."""

from __future__ import annotations

from typing import Any

# family -> colour, keys; first match wins
FAMILIES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("solar neutrinos, electron recoils", "#E69F00", ("borexino", "superk-solar", "-nees", "xenon1t-er")),
    ("solar neutrinos, nuclear recoils", "#D55E00", ("-cevns", "xenon1t-nr", "xlzd", "supercdms")),
    ("reactors", "#009E73", ("gemma", "texono", "conus", "dresden", "connie")),
    ("pion decay at rest", "#56B4E9", ("coherent", "lsnd")),
    ("N from the Earth and the air", "#8C6D31", ("icecube", "superk-atmospheric", "borexino-superk-earth")),
    ("colliders", "#7A4FA3", ("lep", "lhc", "besiii", "belle", "stcf")),
    ("the sky", "#CC79A7", ("bbn", "cmb", "sn1987a", "supernova", "red-giants", "naturalness", "uv-")),
    ("neutrino beams and dumps", "#0072B2", ("",)),
)

EXCLUDED = "#EEEEEE"  # what any exclusion covers

RC: dict[str, Any] = {
    "font.size": 9,
    "axes.linewidth": 0.8,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "nudipole",
    "pdf.fonttype": 42,
    "figure.dpi": 110,
    "savefig.dpi": 170,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
}


def family(key: str) -> tuple[str, str]:
    """Family and colour of a constraint."""
    for name, color, patterns in FAMILIES:
        if any(pattern in key for pattern in patterns):
            return name, color
    raise AssertionError(f"no family for {key}")
