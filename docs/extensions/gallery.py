"""The page of pictures: what can be drawn, each with the line that draws it."""

from __future__ import annotations

from pathlib import Path

import matplotlib

import nudipole as nd

#: Name of the file, caption, and the line that draws it.
ENTRIES = (
    ("plane", "A plane of few searches", 'nd.plot.plane("mu", ["charm-ii", "nomad", "donut", "lep"], masses=30)'),
    ("limit", "One search under two assumptions", 'nd.plot.limit("miniboone", "mu", presets=["default", "no-soil"], masses=24)'),
    ("published", "Ours with what was published", 'nd.plot.limit("nomad", "mu", presets=["gninenko1998"], masses=30)'),
    ("recoils", "A spectrum of recoils", 'nd.plot.spectrum("lz-nees", 1e-4, 2e-9, "tau")'),
    ("photons", "A spectrum of photons", 'nd.plot.spectrum("miniboone", 0.1, 1e-6, "mu")'),
    ("sigma", "Cross sections", 'nd.plot.cross_section(["Ar40", "C12"], [0.01, 0.1], 1e-7, energy=(0.05, 10.0, 30))'),
    ("branching", "Branching ratios", "nd.plot.branching(mass=(1e-3, 10.0, 60))"),
    ("length", "Decay lengths", "nd.plot.decay_length([1.0, 100.0], [1e-6], mass=(1e-2, 1.0, 40))"),
    ("dark", "For slides", 'nd.plot.plane("e", ["gemma", "conus-plus", "borexino"], masses=30, style="dark")'),
)  # fmt: skip


def write(folder: Path) -> None:
    """The pictures, each drawn by its own line, and the page."""
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    (folder / "gallery").mkdir(parents=True, exist_ok=True)
    parts = []
    for name, words, line in ENTRIES:
        axes = eval(line, {"nd": nd})  # the line that the page shows is the one that has drawn the picture
        nd.plot.save(axes.figure, folder / "gallery" / f"{name}.svg")
        plt.close("all")
        parts.append(
            f"## {words}\n\n```{{image}} _generated/gallery/{name}.svg\n:alt: {words}\n:width: 70%\n```\n\n    {line}"
        )
    (folder / "gallery_pages.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
