"""Table 1 with the columns of the review's: source, flavours, observable, masses, lifetime regime, best reach.

Masses, lifetimes and reach count only couplings that mean something: d below :data:`LARGEST`, and not weaker than the
strongest other exclusion on the ground of the same flavour and mass by more than a factor :data:`WEAKEST`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.catalogue import families, registry
from nudipole.compilation.compare import cell
from nudipole.constraint import Limit
from nudipole.errors import UnknownNameError
from nudipole.processes.decays import hnl_decay

FloatArray = npt.NDArray[np.float64]
HEAD = ("experiment", "neutrino source", "flavours", "observable and strategy", "masses [GeV]", "N lives", "best reach")
LARGEST = 1e-2  # GeV^-1: the scale 1/d of the operator is 100 GeV
WEAKEST = 1e3
#: Proper decay lengths [m] up to which N is called prompt, and displaced.
PROMPT, DISPLACED = 1.0, 1e3

_SOURCES = {
    "solar": "Sun",
    "reactor": "reactor",
    "stopped-pion": "pions and muons at rest",
    "atmospheric": "atmosphere",
    "astrophysical": "astrophysical",
    "booster": "Booster beam (GeV)",
    "numi": "NuMI beam (GeV)",
    "lbnf": "LBNF beam (GeV)",
    "t2k": "J-PARC beam (GeV)",
    "forward-lhc": "LHC, forward (TeV)",
    "donut": "Tevatron beam dump (100 GeV)",
    "lsnd": "pions in flight and at rest",
    "sps": "SPS beam (10 GeV)",
    "ship": "SPS beam dump (10 GeV)",
}
_COLLIDERS = {
    "lepton-collider": "e+e- collisions",
    "hadron-collider": "pp collisions",
    "meson-decay": "mesons of a beam",
}
_SKY = {
    "bbn": ("early Universe", "light elements"),
    "cmb": ("early Universe", "N_eff at recombination"),
    "sn1987a": ("supernova core", "energy loss of the core"),
    "supernova-energy": ("supernova core", "N decays in the envelope: energy of the explosion"),
    "supernova-next": ("supernova core", "neutrinos from N of the next supernova"),
    "red-giants": ("stellar plasma", "energy loss of red giants"),
    "naturalness": ("none", "size of the neutrino mass"),
    "uv-loop": ("none", "one-loop estimate"),
    "uv-leptoquark": ("none", "loop of a leptoquark at its collider bound"),
    "uv-vector-like-lepton": ("none", "loop of vector-like leptons at their collider bound"),
}
_OBSERVABLES = {
    "upscatter-decay": "up-scattering, then N → νγ: photons",
    "earth": "N from the Earth, N → νγ: photons",
    "meson-decay": "meson → N, then N → νγ: displaced photons",
    "electron-recoil-beam": "ν-e scattering: electron recoils",
    "lepton-collider": "one photon and missing energy",
    "hadron-collider": "one photon and missing energy",
}


def rows(limits: Sequence[Limit], strong: Callable[[str], str] = str) -> list[tuple[str, ...]]:
    """One row a constraint; ``strong`` marks the dominant flavour.

    Parameters
    ----------
    limits : sequence of Limit
    strong : callable
    """
    rival = _strongest(limits)
    result: list[tuple[str, ...]] = []
    for key in dict.fromkeys(limit.key for limit in limits):
        own = [limit for limit in limits if limit.key == key and any(limit.excluded)]
        counted = {id(c): _counted(c, rival) for c in own}
        masses = np.concatenate([np.zeros(0), *(c.masses[counted[id(c)]] for c in own)])
        if not masses.size:
            result.append((_title(key), _source(key), "-", _observable(key), "none", "-", "-"))
            continue
        best = {c.direction.name: _best(c, counted[id(c)]) for c in own if np.any(counted[id(c)])}
        d, mass, level = min(best.values())
        goes_on = key in registry.sky() and any(_at_the_end_of_a_grid(c, mass, d) for c in own)
        at = f" at {mass:.2g} GeV, {level:.0%} CL" if own[0].kind != "line" else f" at {mass:.2g} GeV"
        reach = f"d {'<=' if goes_on else '='} {d:.2g} GeV^-1 ({units.mu_from_d(d):.2g} mu_B){at}"
        reach += ", where the grid ends" if goes_on else ""
        span = f"{masses.min():.2g} - {masses.max():.2g}"
        lives = _regimes(own, counted)
        result.append((_title(key), _source(key), _flavors(best, strong), _observable(key), span, lives, reach))
    return result


def _strongest(limits: Sequence[Limit]) -> dict[str, list[tuple[str, FloatArray, FloatArray]]]:
    """Lower edges of every exclusion on the ground, by flavour: key, ln masses, ln d."""
    found: dict[str, list[tuple[str, FloatArray, FloatArray]]] = {}
    for limit in limits:
        lower = limit.lower
        known = np.isfinite(lower) & (lower > 0)
        ground = limit.kind == "exclusion" and limit.key not in registry.sky()
        if ground and np.count_nonzero(known) > 1:
            edge = (limit.key, np.log(limit.masses[known]), np.log(lower[known]))
            found.setdefault(limit.direction.name, []).append(edge)
    return found


def _counted(limit: Limit, rival: Mapping[str, list[tuple[str, FloatArray, FloatArray]]]) -> npt.NDArray[np.bool_]:
    """Masses at which the curve lies below LARGEST and is not too far behind its strongest rival."""
    lower = limit.lower
    known = np.isfinite(lower) & (lower > 0) & (lower < LARGEST)
    mass = np.log(np.where(limit.masses > 0, limit.masses, np.nan))
    for key, masses, edge in rival.get(limit.direction.name, ()):
        if key != limit.key:
            other = np.interp(mass, masses, edge, left=np.inf, right=np.inf)
            known &= ~(lower > WEAKEST * np.exp(np.minimum(other, 100.0)))
    return np.asarray(known)


def _best(limit: Limit, counted: npt.NDArray[np.bool_]) -> tuple[float, float, float]:
    """Lowest counted d, its mass, and the confidence level."""
    place = int(np.argmin(np.where(counted, limit.lower, np.inf)))
    return float(limit.lower[place]), float(limit.masses[place]), limit.confidence_level


def _at_the_end_of_a_grid(limit: Limit, mass: float, d: float) -> bool:
    """Whether this lower edge is the smallest coupling that is known of, so that the region goes on below."""
    return "grid" in {
        e for m, low, e in zip(limit.masses, limit.lower, limit.ends, strict=True) if (m, low) == (mass, d)
    }


def _flavors(best: Mapping[str, tuple[float, float, float]], strong: Callable[[str], str]) -> str:
    """Flavours with a curve, those within 5 % of the best marked, unless all are."""
    single = [f for f in ("e", "mu", "tau") if f in best]
    if not single:
        return " ".join(best)
    lowest = min(best[f][0] for f in single)
    dominant = [f for f in single if best[f][0] <= 1.05 * lowest]
    if len(dominant) == 3:
        return "all alike"
    return " ".join(strong(f) if f in dominant and len(single) > 1 else f for f in single)


def _regimes(own: Sequence[Limit], counted: Mapping[int, npt.NDArray[np.bool_]]) -> str:
    """How far N at rest lives on the lower edge, as the regimes that the curve passes through."""
    found = set()
    for limit in own:
        keep = counted[id(limit)]
        strength = limit.lower[keep] ** 2 * limit.direction.decay_norm * limit.direction.majorana_factor
        width = np.array([float(hnl_decay.total_width(mass)) for mass in limit.masses[keep]]) * strength
        with np.errstate(divide="ignore"):
            length = 1.0 / (width * units.METRE)
        found |= {"prompt" if x < PROMPT else "displaced" if x < DISPLACED else "long-lived" for x in length.tolist()}
    return ", ".join(name for name in ("prompt", "displaced", "long-lived") if name in found)


def _title(key: str) -> str:
    try:
        return registry.get(key).title
    except UnknownNameError:
        return key


def _source(key: str) -> str:
    if key in _SKY:
        return _SKY[key][0]
    card = families.leading_card(key)
    signal = getattr(card, "signal", "")
    if signal in _COLLIDERS:
        return _COLLIDERS[signal]
    found = dict.fromkeys(_SOURCES.get(name, name) for name in families.flux_names(card))
    return ", ".join(found) or "beam"


def _observable(key: str) -> str:
    if key in _SKY:
        return _SKY[key][1]
    card = families.leading_card(key)
    signal = getattr(card, "signal", "")
    if signal == "recoil":
        recoil = getattr(getattr(card, "response", None), "recoil", "electron")
        return "electron recoils" if recoil == "electron" else "nuclear recoils (CEνNS)"
    return _OBSERVABLES.get(signal, signal or "-")


def markdown(limits: Sequence[Limit]) -> str:
    """Table 1 in Markdown."""
    lines = ["# Table 1", "", "| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    for row in rows(limits, lambda flavor: f"<{flavor}>"):
        cells = [re.sub(r"&lt;(\w+)&gt;", r"**\1**", cell(text)).replace("\\_", "_") for text in row]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", _CONVENTION, "", _COUNTED]
    return "\n".join(lines) + "\n"


_CONVENTION = "Convention: L = d nubar_L sigma N F + h.c., mu = 2 d. Citations are in references.bib."
_COUNTED = (
    f"Counted are couplings below d = {LARGEST:g} GeV^-1 that are weaker than the strongest other exclusion on the ground of the\n"
    f"same flavour and mass by at most {WEAKEST:g}. The dominant flavour is marked where they differ by more than 5 %. N at rest on the edge is\n"
    f"prompt if it lives shorter than {PROMPT:g} m / c, displaced to {DISPLACED / 1e3:g} km / c, long-lived beyond."
)


def latex(limits: Sequence[Limit]) -> str:
    """Table 1 as a LaTeX tabular."""
    lines = [r"\begin{tabular}{lllllll}", r"\hline", " & ".join(_escape(h) for h in HEAD) + r" \\", r"\hline"]
    for row in rows(limits, lambda flavor: f"<{flavor}>"):
        cells = (re.sub(r"<(\w+)>", r"\\textbf{\1}", _escape(text)) for text in row)
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\hline", r"\end{tabular}"]) + "\n"


def _escape(text: str) -> str:
    text = re.sub(r"([&%#{}$])", r"\\\1", text.replace("\\", ""))
    for plain, command in (
        ("mu_B", r"$\mu_B$"), ("N_eff", r"$N_\mathrm{eff}$"), ("GeV^-1", r"GeV$^{-1}$"), ("ν", r"$\nu$"), ("γ", r"$\gamma$"),
        ("→", r"$\to$"), ("μ", r"$\mu$"), ("τ", r"$\tau$"),
    ):  # fmt: skip
        text = text.replace(plain, command)
    return text
