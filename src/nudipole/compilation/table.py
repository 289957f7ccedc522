"""Table 1: every constraint with its kind, basis, reach and source."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nudipole import units
from nudipole.catalogue import registry
from nudipole.constraint import Limit

HEAD = ("experiment", "kind", "basis", "flavours", "masses [GeV]", "best d [GeV^-1]", "mu [mu_B]", "at M [GeV]", "CL")


def rows(limits: Sequence[Limit]) -> list[tuple[str, ...]]:
    """One row a constraint; the best coupling over its flavours and masses."""
    result: list[tuple[str, ...]] = []
    for key in dict.fromkeys(limit.key for limit in limits):
        own = [limit for limit in limits if limit.key == key]
        reach = [m for limit in own for m, i in zip(limit.masses, limit.excluded, strict=True) if i]
        best = [(float(np.nanmin(c.lower)), float(c.masses[int(np.nanargmin(c.lower))])) for c in own if _any(c)]
        span = f"{min(reach):.2g} - {max(reach):.2g}" if reach else "none"
        d, mass = min(best) if best else (np.nan, np.nan)
        numbers = (f"{d:.2g}", f"{units.mu_from_d(d):.2g}", f"{mass:.2g}") if best else ("-", "-", "-")
        flavors = " ".join(c.direction.name for c in own if _any(c))
        title = registry.get(key).title
        result.append((title, own[0].kind, own[0].basis, flavors, span, *numbers, f"{own[0].confidence_level:g}"))
    return result


def _any(limit: Limit) -> bool:
    return any(limit.excluded)


def markdown(limits: Sequence[Limit]) -> str:
    """Table 1 in Markdown."""
    lines = ["# Table 1", "", "| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    lines += ["| " + " | ".join(row) + " |" for row in rows(limits)]
    lines += ["", "Convention: L = d nubar_L sigma N F + h.c., mu = 2 d. Citations are in references.bib."]
    return "\n".join(lines) + "\n"


def latex(limits: Sequence[Limit]) -> str:
    """Table 1 as a LaTeX tabular."""
    head = [r"experiment", "kind", "basis", "flavours", r"$M_N$ [GeV]", r"$d$ [GeV$^{-1}$]", r"$\mu$ [$\mu_B$]"]
    head += [r"at $M_N$ [GeV]", "CL"]
    lines = [r"\begin{tabular}{lllllllll}", r"\hline", " & ".join(head) + r" \\", r"\hline"]
    lines += [" & ".join(_escape(cell) for cell in row) + r" \\" for row in rows(limits)]
    return "\n".join([*lines, r"\hline", r"\end{tabular}"]) + "\n"


def _escape(text: str) -> str:
    for character in "&%_#":
        text = text.replace(character, "\\" + character)
    for symbol, command in (("ν", r"$\nu$"), ("γ", r"$\gamma$"), ("→", r"$\to$"), ("μ", r"$\mu$"), ("τ", r"$\tau$")):
        text = text.replace(symbol, command)
    return text
