r"""The dipole portal as a UFO model: its particles, parameters, Lorentz structures, couplings and vertices as data.

With all momenta incoming, :math:`\mathcal L = d\,\bar\nu_L\sigma^{\mu\nu}N_RF_{\mu\nu}` gives the vertex

.. math:: i\,d\,[\not q, \gamma^\mu]\,P_R ,

q the momentum of the photon, and its Hermitian conjugate :math:`i\,d^*[\not q,\gamma^\mu]P_L`; the Z and the W of a completion
have d_Z and d_W in the place of d (:mod:`nudipole.effective`). The four-point vertices of the non-Abelian field strength and the
Higgs boson are left out, quarks mix with no other generation.
"""

from __future__ import annotations

from dataclasses import dataclass

from nudipole import units
from nudipole.generator.table import HNL_PDG
from nudipole.portal import Completion

FLAVOURS = ("e", "mu", "tau")
#: name, antiname, PDG, spin 2s+1, colour, charge, mass parameter
_FERMIONS = (
    ("ve", "ve~", 12, 0, "ZERO"), ("vm", "vm~", 14, 0, "ZERO"), ("vt", "vt~", 16, 0, "ZERO"),
    ("e-", "e+", 11, -1, "Me"), ("mu-", "mu+", 13, -1, "MMU"), ("ta-", "ta+", 15, -1, "MTA"),
    ("u", "u~", 2, "2/3", "ZERO"), ("c", "c~", 4, "2/3", "ZERO"), ("t", "t~", 6, "2/3", "MT"),
    ("d", "d~", 1, "-1/3", "ZERO"), ("s", "s~", 3, "-1/3", "ZERO"), ("b", "b~", 5, "-1/3", "MB"),
)  # fmt: skip
GAMMA_V, DIPOLE = (
    "FFV1",
    "Gamma(-1,1,-2)*Gamma(3,-2,-3)*P(-1,3)*{0}(-3,2) - Gamma(3,1,-2)*Gamma(-1,-2,-3)*P(-1,3)*{0}(-3,2)",
)


@dataclass(frozen=True)
class Entry:
    """One object of a UFO file: variable and arguments, values as Python source."""

    variable: str
    arguments: dict[str, str]


def variable(name: str) -> str:
    """The Python name of a particle."""
    return name.replace("~", "__tilde__").replace("+", "__plus__").replace("-", "__minus__")


def particles(majorana: bool) -> list[Entry]:
    """Leptons, quarks, photon, Z, W and N1."""
    found = []
    for name, anti, pdg, charge, mass in _FERMIONS:
        colour = 3 if pdg < 10 else 1
        found.append(
            _particle(name, anti, pdg, 2, colour, charge, mass, "WT" if name == "t" else "ZERO", int(pdg > 10))
        )
    found.append(_particle("a", "a", 22, 3, 1, 0, "ZERO", "ZERO", 0))
    found.append(_particle("Z", "Z", 23, 3, 1, 0, "MZ", "WZ", 0))
    found.append(_particle("W+", "W-", 24, 3, 1, 1, "MW", "WW", 0))
    anti = "N1" if majorana else "N1~"
    found.append(_particle("N1", anti, HNL_PDG, 2, 1, 0, "MN1", "WN1", 0 if majorana else 1))
    return found


def _particle(
    name: str, anti: str, pdg: int, spin: int, colour: int, charge: int | str, mass: str, width: str, lepton: int
) -> Entry:
    arguments = {
        "pdg_code": str(pdg), "name": repr(name), "antiname": repr(anti), "spin": str(spin), "color": str(colour),
        "mass": f"Param.{mass}", "width": f"Param.{width}", "texname": repr(name), "antitexname": repr(anti),
        "charge": str(charge), "GhostNumber": "0", "LeptonNumber": str(lepton), "Y": "0",
    }  # fmt: skip
    return Entry(variable(name), arguments)


def parameters(mass: float, d: float, width: float, completion: Completion) -> list[Entry]:
    """External ones with their block, then what follows from them."""
    external = [
        ("aEWM1", 1.0 / units.ALPHA, "SMINPUTS", (1,)), ("Gf", units.FERMI_CONSTANT, "SMINPUTS", (2,)),
        ("Me", units.ELECTRON_MASS, "MASS", (11,)), ("MMU", units.MUON_MASS, "MASS", (13,)),
        ("MTA", units.TAU_MASS, "MASS", (15,)), ("MT", 172.57, "MASS", (6,)), ("MB", 4.7, "MASS", (5,)),
        ("MZ", units.Z_MASS, "MASS", (23,)), ("MW", units.W_MASS, "MASS", (24,)), ("MN1", mass, "MASS", (HNL_PDG,)),
        ("WT", 1.42, "DECAY", (6,)), ("WZ", units.Z_WIDTH, "DECAY", (23,)), ("WW", units.W_WIDTH, "DECAY", (24,)),
        ("WN1", width, "DECAY", (HNL_PDG,)),
        ("sw2", units.SIN2_THETA_W_MSBAR, "NUDIPOLE", (5,)),
        *((f"d{f}", d if f == "mu" else 0.0, "NUDIPOLE", (k + 1,)) for k, f in enumerate(FLAVOURS)),
    ]  # fmt: skip
    found = [_parameter("ZERO", "internal", "0.0")]
    if completion.kind == "gauge":
        external.append(("rWB", completion.ratio, "NUDIPOLE", (4,)))
    for name, value, block, code in external:
        found.append(_parameter(name, "external", repr(float(value)), block, code))
    internal = [
        ("aEW", "1/aEWM1"), ("ee", "2*cmath.sqrt(aEW)*cmath.sqrt(cmath.pi)"), ("sw", "cmath.sqrt(sw2)"),
        ("cw", "cmath.sqrt(1 - sw2)"), ("gw", "ee/sw"),
    ]  # fmt: skip
    if completion.kind == "gauge":
        internal += [
            ("rZ", "(rWB*cw - 2*sw)/(2*cw + rWB*sw)"),
            ("rW", "cmath.sqrt(2)*rWB/(2*cw + rWB*sw)"),
        ]
    return found + [_parameter(name, "internal", repr(value)) for name, value in internal]


def _parameter(name: str, nature: str, value: str, block: str = "", code: tuple[int, ...] = ()) -> Entry:
    arguments = {"name": repr(name), "nature": repr(nature), "type": "'real'", "value": value, "texname": repr(name)}
    if block:
        arguments |= {"lhablock": repr(block), "lhacode": repr(list(code))}
    return Entry(name, arguments)


def lorentz() -> list[Entry]:
    """Vector currents of both chiralities and of one, and the dipole with its conjugate."""
    structures = {
        "FFV1": "Gamma(3,1,2)",
        "FFV2": "Gamma(3,1,-1)*ProjM(-1,2)",
        "FFV3": "Gamma(3,1,-1)*ProjP(-1,2)",
        "FFVR": DIPOLE.format("ProjP"),
        "FFVL": DIPOLE.format("ProjM"),
    }
    return [Entry(n, {"name": repr(n), "spins": "[ 2, 2, 3 ]", "structure": repr(s)}) for n, s in structures.items()]


def couplings(completion: Completion) -> list[Entry]:
    """Gauge couplings, and i d of every flavour and boson."""
    values = {f"GC_a_{charge}": (f"ee*complex(0,1)*({q})", "QED") for charge, q in _CHARGES.items()}
    for name, (isospin, charge) in _NEUTRAL.items():
        values[f"GC_ZL_{name}"] = (f"(ee*complex(0,1)/(sw*cw))*(({isospin}) - ({charge})*sw**2)", "QED")
        if charge != "0.0":
            values[f"GC_ZR_{name}"] = (f"(ee*complex(0,1)/(sw*cw))*(-({charge})*sw**2)", "QED")
    values["GC_W"] = ("gw*complex(0,1)/cmath.sqrt(2)", "QED")
    bosons = {"a": "", "Z": "*rZ", "W": "*rW"} if completion.kind == "gauge" else {"a": ""}
    for boson, factor in bosons.items():
        for flavour in FLAVOURS:
            values[f"GC_d{boson}_{flavour}"] = (f"complex(0,1)*d{flavour}{factor}", "NP")
    return [
        Entry(name, {"name": repr(name), "value": repr(value), "order": f"{{'{order}':1}}"})
        for name, (value, order) in values.items()
    ]


_CHARGES = {"l": "-1.0", "u": "2.0/3.0", "d": "-1.0/3.0"}
_NEUTRAL = {"v": ("0.5", "0.0"), "l": ("-0.5", "-1.0"), "u": ("0.5", "2.0/3.0"), "d": ("-0.5", "-1.0/3.0")}
_KINDS = {"v": ("ve", "vm", "vt"), "l": ("e-", "mu-", "ta-"), "u": ("u", "c", "t"), "d": ("d", "s", "b")}


def vertices(majorana: bool, completion: Completion) -> list[Entry]:
    """Currents of photon, Z and W, and the dipoles."""
    names = {name: anti for name, anti, *_ in _FERMIONS} | {"N1": "N1" if majorana else "N1~"}
    found: list[tuple[tuple[str, str, str], dict[str, str]]] = []
    for kind, members in _KINDS.items():
        for name in members:
            if kind in _CHARGES:
                found.append(((names[name], name, "a"), {"FFV1": f"GC_a_{kind}"}))
            current = {"FFV2": f"GC_ZL_{kind}"} | ({"FFV3": f"GC_ZR_{kind}"} if kind != "v" else {})
            found.append(((names[name], name, "Z"), current))
    for up, down in (("v", "l"), ("u", "d")):
        for one, two in zip(_KINDS[up], _KINDS[down], strict=True):
            found.append(((names[one], two, "W+"), {"FFV2": "GC_W"}))
            found.append(((names[two], one, "W-"), {"FFV2": "GC_W"}))
    for flavour, neutrino, lepton in zip(FLAVOURS, _KINDS["v"], _KINDS["l"], strict=True):
        for boson in ("a", "Z") if completion.kind == "gauge" else ("a",):
            found.append(((names[neutrino], "N1", boson), {"FFVR": f"GC_d{boson}_{flavour}"}))
            found.append(((names["N1"], neutrino, boson), {"FFVL": f"GC_d{boson}_{flavour}"}))
        if completion.kind == "gauge":
            found.append(((names[lepton], "N1", "W-"), {"FFVR": f"GC_dW_{flavour}"}))
            found.append(((names["N1"], lepton, "W+"), {"FFVL": f"GC_dW_{flavour}"}))
    return [_vertex(index + 1, *entry) for index, entry in enumerate(found)]


def _vertex(number: int, members: tuple[str, str, str], terms: dict[str, str]) -> Entry:
    coloured = members[1] in (*_KINDS["u"], *_KINDS["d"])
    arguments = {
        "name": f"'V_{number}'",
        "particles": "[ " + ", ".join(f"P.{variable(name)}" for name in members) + " ]",
        "color": "[ 'Identity(1,2)' ]" if coloured else "[ '1' ]",
        "lorentz": "[ " + ", ".join(f"L.{name}" for name in terms) + " ]",
        "couplings": "{" + ", ".join(f"(0,{index}):C.{name}" for index, name in enumerate(terms.values())) + "}",
    }
    return Entry(f"V_{number}", arguments)
