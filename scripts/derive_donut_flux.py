r"""Prompt neutrinos from charm in DONUT's tungsten dump, through the emulsion face: writes fluxes/data/donut.csv.

    python scripts/derive_donut_flux.py

800 GeV protons; charm pairs per proton sigma_cc/sigma_pp A^(1/3) with sigma_cc = 39.5 microbarn per nucleon and
sigma_pp = 41.1 mb; hadrons with d sigma/dx_F dp_T^2 ~ (1-|x_F|)^n exp(-b p_T^2), n = 7.28, b = 0.838 GeV^-2 and the
fragmentation fractions of arXiv:2407.08673 (all produced in the first interaction, none by secondaries).
D_s -> tau nu_tau with full tau polarisation, then tau -> pi, rho, a1 nu_tau (polarised two-body) and l nu nu (polarised
V-A); semileptonic D -> K(*) l nu with |M|^2 ~ (p_D.p_l)(p_K.p_nu), 60 % K and 40 % K*, D_s with eta, phi masses.
Four million weighted hadrons per species, seed fixed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
DATA = Path(__file__).resolve().parents[1] / "src" / "nudipole" / "fluxes" / "data"
PROTON, BEAM = 0.938272, 800.0
N_EXPONENT, B_SLOPE = 7.28, 0.838
PAIRS_PER_PROTON = 39.5e-3 / 41.1 * 183.84 ** (1.0 / 3.0)
DISTANCE, HALF_FACE = 36.0, 0.25  # m; emulsion face 50 x 50 cm^2
FACE_CM2 = 2500.0
TAU, MUON, ELECTRON = 1.77693, 0.105658, 0.000511
HADRONS = {  # mass, (hadron + antihadron)/2 per ccbar, {lepton: (branching ratio, ((fraction, recoil mass), ...))}
    "D+": (1.86966, 0.283, {"e": 0.1607, "mu": 0.176}, ((0.6, 0.4976), (0.4, 0.8955))),
    "D0": (1.86484, 0.537, {"e": 0.0649, "mu": 0.068}, ((0.6, 0.4937), (0.4, 0.8917))),
    "Ds": (1.96835, 0.086, {"e": 0.0633, "mu": 0.0630}, ((0.55, 0.5479), (0.45, 1.0195))),
}
TAU_SOURCES = {"Ds": 0.0532, "D+": 0.0012}
TAU_MODES = (("pi", 0.108, 0.13957), ("rho", 0.255, 0.775), ("a1", 0.285, 1.23), ("lepton", 0.352, 0.0))
EDGES = np.concatenate(
    [np.arange(2.0, 50.0, 4.0), np.arange(50.0, 150.0, 10.0), np.arange(150.0, 310.0, 20.0), [360.0, 420.0]]
)
SAMPLES = 4_000_000


def boost(
    energy: Array, momentum: Array, parent: Array, parent_energy: Array, mass: Array | float
) -> tuple[Array, Array]:
    """Boost (energy, momentum) from the rest frame of a parent with lab (parent_energy, parent) to the lab."""
    along = np.einsum("ij,ij->i", parent, momentum)
    factor = (energy + along / (parent_energy + mass)) / mass
    return (energy * parent_energy + along) / mass, momentum + parent * factor[:, None]


def direction(cosine: Array, rng: np.random.Generator, axis: Array | None = None) -> Array:
    """Unit vectors at cos(theta) from an axis (z by default), uniform in azimuth."""
    phi = rng.uniform(0, 2 * np.pi, cosine.size)
    sine = np.sqrt(np.maximum(1 - cosine**2, 0.0))
    local = np.stack([sine * np.cos(phi), sine * np.sin(phi), cosine], axis=1)
    if axis is None:
        return local
    z = axis / np.linalg.norm(axis, axis=1, keepdims=True)
    helper = np.where(np.abs(z[:, :1]) < 0.9, np.array([[1.0, 0, 0]]), np.array([[0, 1.0, 0]]))
    x = np.cross(helper, z)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return local[:, :1] * x + local[:, 1:2] * np.cross(z, x) + local[:, 2:] * z


def hadrons(mass: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Lab energies and momenta of charmed hadrons."""
    root_s = np.sqrt(2 * PROTON * (PROTON + BEAM))
    x = (1 - rng.uniform(size=SAMPLES) ** (1 / (N_EXPONENT + 1))) * rng.choice([-1.0, 1.0], SAMPLES)
    transverse = np.sqrt(rng.exponential(1 / B_SLOPE, SAMPLES))
    along = 0.5 * root_s * x
    energy = np.sqrt(mass**2 + transverse**2 + along**2)
    gamma = (BEAM + PROTON) / root_s
    lab = gamma * (along + np.sqrt(1 - gamma**-2) * energy)
    phi = rng.uniform(0, 2 * np.pi, SAMPLES)
    momentum = np.stack([transverse * np.cos(phi), transverse * np.sin(phi), lab], axis=1)
    return np.sqrt(mass**2 + np.sum(momentum**2, axis=1)), momentum


def semileptonic(mass: float, recoil: Array, lepton: float, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Neutrino (energy, momentum) in the hadron rest frame and weights, for phase space times (p_D.p_l)(p_K.p_nu)."""
    size = recoil.size
    m2_low, m2_high = recoil**2, (mass - lepton) ** 2  # invariant mass of the recoiling hadron and the neutrino
    m2 = m2_low + (m2_high - m2_low) * rng.uniform(size=size)
    pair = np.sqrt(m2)
    p_lepton = np.sqrt(np.maximum((mass**2 - (pair + lepton) ** 2) * (mass**2 - (pair - lepton) ** 2), 0)) / (2 * mass)
    e_lepton = np.sqrt(p_lepton**2 + lepton**2)
    e_nu = (m2 - recoil**2) / (2 * pair)
    axis = direction(rng.uniform(-1, 1, size), rng)
    nu = e_nu[:, None] * direction(rng.uniform(-1, 1, size), rng)
    energy, momentum = boost(e_nu, nu, axis * p_lepton[:, None], np.sqrt(p_lepton**2 + m2), pair)
    phase_space = (m2_high - m2_low) * p_lepton * e_nu / pair
    weight = phase_space * mass * e_lepton * 0.5 * (m2 - recoil**2)
    return energy, momentum, weight / np.mean(weight)


def from_tau(parent_mass: float, rng: np.random.Generator) -> tuple[list[tuple[Array, Array]], Array]:
    """nu_tau of parent -> tau nu_tau and of the tau, in the parent rest frame: two (energy, momentum) and weights."""
    size = SAMPLES
    e_direct = (parent_mass**2 - TAU**2) / (2 * parent_mass)
    axis = direction(rng.uniform(-1, 1, size), rng)
    direct = (np.full(size, e_direct), -e_direct * axis)
    which = rng.choice(len(TAU_MODES), size, p=[mode[1] for mode in TAU_MODES])
    cosine, energy, weight = rng.uniform(-1, 1, size), np.zeros(size), np.ones(size)
    for index, (name, _, hadron) in enumerate(TAU_MODES):
        chosen = which == index
        if name == "lepton":  # x^2 [(3 - 2x) + (1 - 2x) cos]
            x = rng.uniform(size=chosen.sum())
            energy[chosen] = 0.5 * TAU * x
            weight[chosen] = 2 * x**2 * ((3 - 2 * x) + (1 - 2 * x) * cosine[chosen])
        else:
            analysing = 1.0 if name == "pi" else (TAU**2 - 2 * hadron**2) / (TAU**2 + 2 * hadron**2)
            energy[chosen] = (TAU**2 - hadron**2) / (2 * TAU)
            weight[chosen] = 1 - analysing * cosine[chosen]
    momentum = energy[:, None] * direction(cosine, rng, axis)
    tau_energy = np.full(size, np.sqrt(e_direct**2 + TAU**2))
    chain = boost(energy, momentum, e_direct * axis, tau_energy, TAU)
    return [direct, chain], weight


def through_face(energy: Array, momentum: Array, weight: Array) -> Array:
    """Sum of weights through the face, per energy bin, divided by the number of samples."""
    forward = momentum[:, 2] > 0
    scale = DISTANCE / np.where(forward, momentum[:, 2], 1.0)
    inside = forward & (np.abs(momentum[:, 0] * scale) < HALF_FACE) & (np.abs(momentum[:, 1] * scale) < HALF_FACE)
    return np.histogram(energy[inside], EDGES, weights=weight[inside])[0] / SAMPLES


def main() -> None:
    """Write donut.csv: neutrinos (equal to antineutrinos) per POT, cm^2 and GeV."""
    rng = np.random.default_rng(800)
    total = {name: np.zeros(EDGES.size - 1) for name in ("e", "mu", "tau")}
    for name, (mass, fraction, ratios, recoils) in HADRONS.items():
        parent_energy, parent = hadrons(mass, rng)
        recoil = rng.choice([m for _, m in recoils], SAMPLES, p=[f for f, _ in recoils])
        for flavor, lepton in (("e", ELECTRON), ("mu", MUON)):
            energy, momentum, weight = semileptonic(mass, recoil, lepton, rng)
            lab = boost(energy, momentum, parent, parent_energy, mass)
            total[flavor] += fraction * ratios[flavor] * through_face(*lab, weight)
        if name in TAU_SOURCES:
            both, weight = from_tau(mass, rng)
            # one neutrino and one antineutrino of the tau flavour per decay; half of the decays are of each charge, so
            # per hadron of one sign the direct nu_tau comes from one charge and the chain nu_tau from the other
            for (energy, momentum), w in zip(both, (np.ones(SAMPLES), weight), strict=True):
                lab = boost(energy, momentum, parent, parent_energy, mass)
                total["tau"] += fraction * TAU_SOURCES[name] * through_face(*lab, w)
    density = {s: PAIRS_PER_PROTON * t / np.diff(EDGES) / FACE_CM2 for s, t in total.items()}
    unit = "[cm^-2 GeV^-1 POT^-1]"
    columns = ["e", "mu", "tau", "ebar", "mubar", "taubar"]
    header = [
        "# what: prompt neutrinos from charm at DONUT (36 m, mean over 50 x 50 cm^2), 800 GeV protons on tungsten",
        "# source: charm production of arXiv:2407.08673 (Schubert:2024hpm), PDG 2024 branching ratios",
        "# obtained: derived by scripts/derive_donut_flux.py (Monte Carlo, bin averages at bin centres)",
        "# licence: numbers are facts; cite the source",
        "# columns: energy [GeV], " + ", ".join(f"{c} {unit}" for c in columns),
    ]
    rows = []
    for index, centre in enumerate(0.5 * (EDGES[1:] + EDGES[:-1])):
        values = [density[c.removesuffix("bar")][index] for c in columns]
        rows.append(", ".join([f"{centre:g}", *(f"{v:.3g}" for v in values)]))
    (DATA / "donut.csv").write_text("\n".join([*header, *rows]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
