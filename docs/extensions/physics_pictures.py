"""The picture at the top of each page on physics, drawn from the package when the documentation is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import svg

import nudipole as nd
from nudipole import units
from nudipole.constraint import Limit
from nudipole.detectors import quenching
from nudipole.fluxes import named_flux
from nudipole.matter import isotopes, photon_conversion
from nudipole.processes.collisions import annihilation
from nudipole.processes.scattering import deep_inelastic
from nudipole.processes.standard_model import neutrino_scattering

#: Constraints whose curves open a page, all of one flavour.
CURVES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "low_energy_experiments": ("e", ("conus-plus", "gemma", "texono-csi", "dresden-ii", "coherent-csi", "borexino", "superk-solar")),
    "xenon": ("tau", ("lz-nees", "xenonnt-nees", "pandax4t-nees", "xenon1t-er", "xenonnt-cevns", "xlzd")),
    "electron_recoil_beam": ("mu", ("charm-ii", "donut", "fasernu2", "flare-10", "flare-100")),
    "photon_searches": ("mu", ("miniboone", "microboone", "nomad", "t2k-nd280", "sbnd", "icarus", "ship-main", "dune-nd")),
    "earth": ("mu", ("borexino-superk-earth", "superk-atmospheric", "icecube", "dune-earth", "juno-earth")),
    "cosmology": ("mu", ("bbn", "cmb", "sn1987a")),
    "supernova": ("mu", ("sn1987a", "supernova-energy", "supernova-next", "red-giants")),
}  # fmt: skip
_REACTOR = {"U235": 0.53, "U238": 0.08, "Pu239": 0.32, "Pu241": 0.07}


class Line(NamedTuple):
    """One line of a picture."""

    words: str
    x: Any
    y: Any


def lines(every: Sequence[Line], x: str, y: str, title: str, *, decades: int = 8, from_below: bool = False) -> str:
    """Lines in one frame of two logarithmic axes, the vertical one over at most so many decades from one of its ends."""
    good = [(np.asarray(a), np.asarray(b)) for _, a, b in every]
    kept = [np.isfinite(b) & (b > 0) for _, b in good]
    low_x = min(a[k].min() for (a, _), k in zip(good, kept, strict=True) if k.any())
    high_x = max(a[k].max() for (a, _), k in zip(good, kept, strict=True) if k.any())
    values = np.concatenate([b[k] for (_, b), k in zip(good, kept, strict=True)])
    top, bottom = np.ceil(np.log10(values.max())), np.floor(np.log10(values.min()))
    top = min(top, bottom + decades) if from_below else top
    bottom = max(bottom, top - decades)
    frame = svg.Frame(
        svg.Axis(low_x, high_x, x, True),
        svg.Axis(10.0**bottom, 10.0 ** max(top, bottom + 1), y, True),
        height=380.0 + 17.0 * -(-len(every) // 2),
        top=14.0 + 17.0 * -(-len(every) // 2),
    )
    parts = frame.axes()
    for number, ((a, b), k) in enumerate(zip(good, kept, strict=True)):
        parts.append(
            frame.line(a, np.where(k & (b >= 0.1 * frame.y.low) & (b <= frame.y.high), b, np.nan), svg.stroke(number))
        )
    entries = [(svg.stroke(n), line.words) for n, line in enumerate(every)]
    half = -(-len(entries) // 2)
    parts += [*svg.legend(entries[:half], 74.0, 14.0), *svg.legend(entries[half:], 350.0, 14.0)]
    return svg.picture(parts, frame.width, frame.height, title)


def curves(name: str, known: Mapping[tuple[str, str], Limit], points: int = 40) -> str:
    """What the constraints of a page exclude, in Bohr magnetons; those of ``known`` are not computed again."""
    flavor, keys = CURVES[name]
    span = 12 if name in ("cosmology", "supernova") else 6
    drawn = []
    for key in keys:
        found = known.get((key, flavor))
        if found is None:
            constraint = nd.experiments()[key]
            low, high = constraint.mass_range
            found = constraint.limit(np.geomspace(low, high * (1.0 - 1e-9), points), nd.Direction(flavor))
        upper = np.where(np.isfinite(found.upper), found.upper, np.nan)
        closed = np.isfinite(upper)
        mass = np.concatenate([found.masses, [np.nan], found.masses[closed][::-1]])
        edge = np.concatenate([found.lower, [np.nan], upper[closed][::-1]])
        drawn.append(Line(key, mass, units.mu_from_d(edge)))
    return lines(
        drawn, "M [GeV]", "μ = 2d [μ_B]", f"Excluded above each line, flavour {flavor}", decades=span, from_below=True
    )


def portal(_known: Any) -> str:
    """The two diagrams: production through one photon, decay into one."""
    ink = 'class="measure" fill="none"'
    wave = "".join(f"q4 {6 if n % 2 else -6} 8 0" for n in range(9))
    blue = svg.COLORS[0]
    parts = [
        f'<path {ink} d="M30 60L150 80"/><path stroke="{blue}" stroke-width="3" d="M150 80L280 55"/>',
        f'<path {ink} transform="translate(150 80) rotate(90)" d="M0 0{wave}"/>',
        f'<path {ink} stroke-width="4" d="M30 175L150 152L280 175"/><circle cx="150" cy="80" r="6" fill="{blue}"/>',
        svg.text(40, 48, "ν"), svg.text(275, 44, "N"), svg.text(172, 122, "γ"), svg.text(40, 196, "charge"),
        svg.text(150, 218, "made: ν X → N X, rate ∝ d²"),
        f'<path stroke="{blue}" stroke-width="3" d="M360 100H470"/><circle cx="470" cy="100" r="6" fill="{blue}"/>',
        f'<path {ink} d="M470 100L590 60"/><path {ink} transform="translate(470 100) rotate(24)" d="M0 0{wave}{wave}"/>',
        svg.text(370, 90, "N"), svg.text(600, 58, "ν"), svg.text(620, 172, "γ"),
        svg.text(480, 218, "lost: N → ν γ, width d² M³ / 4π (Dirac)"),
    ]  # fmt: skip
    return svg.picture(parts, 640.0, 235.0, "N is made by exchange of a photon and decays to a neutrino and a photon")


def scattering(_known: Any) -> str:
    """Recoil spectra of a 10 MeV neutrino on xenon: the dipole for three masses, and the Standard Model."""
    recoil = np.geomspace(2e-8, 1.6e-6, 120)
    energy, d = 0.010, 1e-6
    drawn = []
    for mass in (0.0, 0.003, 0.006):
        found = nd.differential("Xe132", energy, mass, d, values=recoil)
        sigma = np.asarray(found["dsigma_dE_GeV-3"]) * units.GEV_M2_TO_CM2 * units.KEV
        drawn.append(Line(f"dipole, M = {1e3 * mass:g} MeV, d = 1e-6 GeV⁻¹", recoil / units.KEV, sigma))
    standard = neutrino_scattering.coherent_spectrum(recoil, energy, isotopes.get("Xe132"), "mu")
    drawn.append(Line("Standard Model", recoil / units.KEV, standard * units.GEV_M2_TO_CM2 * units.KEV))
    return lines(drawn, "recoil energy [keV]", "dσ/dE_r [cm²/keV]", "Recoil spectra on xenon at 10 MeV")


def deep(_known: Any) -> str:
    """Cross sections per proton: elastic and deep-inelastic."""
    energy = np.geomspace(0.5, 1000.0, 26)
    elastic = [nd.cross_section("p", float(e), 0.1, 1.0)["sigma_cm2"] for e in energy]
    inelastic = deep_inelastic.total(energy, 0.1, "p") * units.GEV_M2_TO_CM2
    carbon = [nd.cross_section("C12", float(e), 0.1, 1.0)["sigma_cm2"] / 6.0 for e in energy]
    drawn = [Line("p, elastic", energy, elastic), Line("p, deep-inelastic", energy, inelastic), Line("carbon, coherent, per proton", energy, carbon)]  # fmt: skip
    return lines(
        drawn, "neutrino energy [GeV]", "σ / d² [cm² GeV²]", "Cross sections on a proton, M = 0.1 GeV", decades=5
    )


def mesons(_known: Any) -> str:
    """Branching ratios against the mass of N."""
    drawn = []
    for parent, top in (("pi0", 0.134), ("eta", 0.54), ("rho", 0.77), ("phi", 1.01), ("J/psi", 3.09)):
        masses = np.geomspace(1e-3, top, 26)
        ratio = [sum(c["branching_ratio"] for c in nd.meson(parent, float(m), 1e-6)) for m in masses]
        drawn.append(Line(parent, masses, ratio))
    return lines(drawn, "M [GeV]", "branching ratio at d = 1e-6 GeV⁻¹", "Meson decays to N", decades=9)


def low_fluxes(_known: Any) -> str:
    """Solar, reactor and stopped-pion neutrinos as if all were steady."""
    energy = np.geomspace(1e-4, 5.2e-2, 220)
    drawn = []
    for words, name, options, scale in (
        ("the Sun (continua)", "solar", {}, 1.0),
        ("reactor, 3.6 GW at 20.7 m", "reactor", {"power_GW": 3.6, "baseline_m": 20.7, "fission_fractions": _REACTOR}, 1.0),
        ("spallation source, 1e23 protons a year at 20 m", "stopped-pion", {"neutrinos_per_proton": 0.09, "protons_on_target": 1e23, "baseline_m": 20.0}, 1 / 3.156e7),
    ):  # fmt: skip
        total = np.zeros_like(energy)
        for one in named_flux(name, **options).components:
            if one.energy.size > 1:
                total += np.interp(energy, one.energy, _whole(one), left=0.0, right=0.0)
        drawn.append(Line(words, energy / units.MEV, total * scale * units.MEV))
    return lines(drawn, "neutrino energy [MeV]", "flux [cm⁻² s⁻¹ MeV⁻¹]", "Low-energy neutrino fluxes", decades=11)


def high_fluxes(_known: Any) -> str:
    """Beams per proton on target, all flavours."""
    drawn = []
    for words, name, options in (
        ("Booster, 541 m", "booster", {"baseline_m": 541.0, "mode": "neutrino"}),
        ("T2K, ND280", "t2k", {"mode": "neutrino"}),
        ("NuMI, medium energy, MINERvA", "numi", {"configuration": "medium-energy", "mode": "neutrino"}),
        ("LBNF, near", "lbnf", {"site": "near", "mode": "neutrino"}),
    ):
        energy = np.geomspace(0.1, 40.0, 160)
        total = np.zeros_like(energy)
        for one in named_flux(name, **options).components:
            if one.energy.size > 1:
                total += np.interp(energy, one.energy, _whole(one), left=0.0, right=0.0)
        drawn.append(Line(words, energy, total))
    return lines(drawn, "neutrino energy [GeV]", "flux [cm⁻² GeV⁻¹ per proton]", "Neutrino beams", decades=6)


def _whole(component: Any) -> Any:
    """The flux of a component whatever its flavour: the trace of its density matrix."""
    return sum(component.flavor_intensity(flavor) for flavor in ("e", "mu", "tau"))


def detectors(_known: Any) -> str:
    """What of a nuclear recoil in germanium is seen as ionisation."""
    recoil = np.geomspace(2e-7, 1e-5, 80)
    models = {"Lindhard, k = 0.157": quenching.lindhard(0.157), "Lindhard, k = 0.162": quenching.lindhard(0.162), "fef: iron-filtered neutrons": quenching.fef(), "ybe: photo-neutrons": quenching.ybe()}  # fmt: skip
    drawn = [Line(words, recoil / units.KEV, model(recoil) / recoil) for words, model in models.items()]
    return lines(drawn, "recoil energy [keV]", "share seen as ionisation", "Quenching in germanium", decades=1)


def conversion(_known: Any) -> str:
    """Mean free path of a photon for making a pair."""
    energy = np.geomspace(3e-3, 10.0, 60)
    drawn = []
    for material, density in (("Ar", 1.396), ("CH2", 0.86), ("Pb", 11.35), ("Fe", 7.87)):
        depth = photon_conversion.conversions_per_depth(material, energy)
        drawn.append(Line(f"{material}, {density:g} g/cm³", energy, 0.01 / (depth * density)))
    return lines(
        drawn,
        "photon energy [GeV]",
        "path before a pair [m]",
        "How far a photon flies before it makes a pair",
        decades=4,
    )


def colliders(_known: Any) -> str:
    """e+ e- -> nu N against the energy: photon alone, and with a Z dipole."""
    root = np.geomspace(5.0, 400.0, 160)
    drawn = []
    for words, z in (("photon alone", 0.0), ("with the Z dipole of d_B alone", -0.548)):
        sigma = [float(annihilation.cross_section(e * e, 1.0, "e", z)) for e in root]
        drawn.append(Line(words, root, 2.0 * np.array(sigma) * units.GEV_M2_TO_CM2 * 1e36 * 1e-8))
    return lines(drawn, "√s [GeV]", "σ(e⁺e⁻ → νN) [pb] at d = 1e-4 GeV⁻¹", "Production at lepton colliders, M = 1 GeV")


PICTURES: dict[str, Callable[[Any], str]] = {
    "portal": portal,
    "scattering": scattering,
    "deep_inelastic": deep,
    "mesons": mesons,
    "low_energy_fluxes": low_fluxes,
    "high_energy_fluxes": high_fluxes,
    "detectors": detectors,
    "photon_conversion": conversion,
    "colliders": colliders,
}


def write(folder: Path, limits: Sequence[Limit]) -> None:
    """Every picture into ``folder/pictures``; ``limits`` are curves that were computed already."""
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    known = {(one.key, one.direction.name): one for one in limits if one.preset == "default"}
    for name, draw in PICTURES.items():
        (folder / "pictures" / f"{name}.svg").write_text(draw(known), encoding="utf-8")
    for name in CURVES:
        (folder / "pictures" / f"{name}.svg").write_text(curves(name, known), encoding="utf-8")
