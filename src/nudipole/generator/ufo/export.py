"""The verb ``ufo``: the dipole portal as a UFO model in a folder, with a parameter card."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from nudipole.arguments import typed_arguments
from nudipole.coupling import coupling
from nudipole.errors import OutputError, check_non_negative, check_positive, number
from nudipole.generator.table import HNL_PDG
from nudipole.generator.ufo import model as ufo_model
from nudipole.generator.ufo.model import Entry
from nudipole.portal import Completion, Direction, Nature
from nudipole.signals.decay_in_flight import decay_widths

_USUAL = 1e-6  # GeV^-1
_OBJECTS = '''"""Objects of the model: each keeps its arguments and puts itself into a list."""

class UFOBaseClass(object):
    require_args = []

    def __init__(self, *args, **options):
        for name, value in zip(self.require_args, args):
            options.setdefault(name, value)
        missing = [name for name in self.require_args if name not in options]
        if missing:
            raise TypeError("%s lacks %s" % (self.__class__.__name__, ", ".join(missing)))
        for name, value in options.items():
            setattr(self, name, value)
        self.register()

    def register(self):
        pass

    def get(self, name):
        return getattr(self, name)

    def set(self, name, value):
        setattr(self, name, value)

    def get_all(self):
        return self.__dict__

    def __str__(self):
        return self.name

    def __repr__(self):
        return self.name

    def nice_string(self):
        return "\\n".join("%s \\t: %s" % (n, v) for n, v in self.__dict__.items() if n[0] != "_")

'''
_CLASSES = {
    "Particle": ("particles", "pdg_code, name, antiname, spin, color, mass, width, texname, antitexname"),
    "Parameter": ("parameters", "name, nature, type, value, texname"),
    "Lorentz": ("lorentz", "name, spins, structure"),
    "Coupling": ("couplings", "name, value, order"),
    "Vertex": ("vertices", "name, particles, color, lorentz, couplings"),
    "CouplingOrder": ("orders", "name, expansion_order, hierarchy"),
    "Function": ("functions", "name, arguments, expression"),
    "Decay": ("decays", "particle, partial_widths"),
    "FormFactor": ("form_factors", "name, type, value"),
    "Propagator": ("propagators", "name, numerator, denominator"),
}
_PARTICLE = """
    def __init__(self, *args, **options):
        self.selfconjugate = options["name"] == options["antiname"]
        options.setdefault("line", "wavy" if options["spin"] == 3 else "straight")
        options.setdefault("propagating", True)
        options.setdefault("goldstoneboson", False)
        options.setdefault("propagator", None)
        UFOBaseClass.__init__(self, *args, **options)

    def anti(self):
        if self.selfconjugate:
            raise ValueError("%s is its own antiparticle" % self.name)
        changed = dict((k, v) for k, v in self.__dict__.items() if k != "selfconjugate")
        changed.update(pdg_code=-self.pdg_code, name=self.antiname, antiname=self.name,
                       texname=self.antitexname, antitexname=self.texname, charge=-self.charge)
        for number in ("GhostNumber", "LeptonNumber", "Y"):
            changed[number] = -changed[number]
        if self.color not in (1, 8):
            changed["color"] = -self.color
        return Particle(**changed)
"""
_CARD_WRITER = '''"""Writes a parameter card with the values of the model."""

from .parameters import all_parameters


def write_card(path):
    """All external parameters, by block."""
    blocks = {}
    for parameter in all_parameters:
        if parameter.nature == "external":
            blocks.setdefault(parameter.lhablock, []).append(parameter)
    with open(path, "w") as stream:
        for block, members in sorted(blocks.items()):
            if block != "DECAY":
                stream.write("Block %s\\n" % block)
            for p in members:
                code = " ".join(str(c) for c in p.lhacode)
                head = "DECAY %s" % code if block == "DECAY" else "  %s" % code
                stream.write("%s %.10e # %s\\n" % (head, float(p.value), p.name))
'''


@typed_arguments
def ufo(
    out: str | Path,
    mass: float = 0.1,
    d: float | None = None,
    majorana: bool = False,
    completion: Completion | None = None,
    *,
    mu: float | None = None,
) -> Path:
    """Write a UFO model of N and its dipoles, in the convention of this package (d, not mu).

    Parameters
    ----------
    out : str or Path
        A folder that does not exist yet, or is empty; its name is that of the model.
    mass : float
        M [GeV].
    d, mu : float
        At most one: the coupling of the muon flavour in the parameter card, which holds all three, as d [GeV^-1] or as mu = 2 d [Bohr
        magnetons]; d = 1e-6 if left out.
    majorana : bool
        Whether N is its own antiparticle.
    completion : Completion, optional
        With ``gauge`` there are Z and W dipoles, and d_W/d_B stands in the card.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        If the folder holds something, or cannot be written; nothing is left then.

    Notes
    -----
    MadGraph itself has not read it here; the structures and couplings are evaluated numerically in the tests and give the
    widths and cross sections of this package.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     (ufo(f"{folder}/model") / "particles.py").exists()
    True
    """
    check_positive(mass=mass)
    d = _USUAL if d is None and mu is None else number("d", coupling(d, mu))
    check_non_negative(d=d)
    completion = completion or Completion()
    folder = Path(out)
    name = folder.name.replace("-", "_")
    if folder.name != name or not name.isidentifier():
        raise OutputError(
            f"{folder.name!r} is no name for a Python package, which a UFO model is: use letters, digits and _"
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"{folder} exists and is not an empty folder")
    nature: Nature = "majorana" if majorana else "dirac"
    direction = Direction("mu", nature=nature, completion=completion)
    width = float(decay_widths(mass, direction).total) * d**2
    part = folder.parent / f".{name}.{secrets.token_hex(4)}.part"
    try:
        part.mkdir()
        for file, text in _files(mass, d, width, majorana, completion).items():
            (part / file).write_text(text, encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        os.replace(part, folder)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def _files(mass: float, d: float, width: float, majorana: bool, completion: Completion) -> dict[str, str]:
    members = ufo_model.particles(majorana)
    antis = [
        f"{ufo_model.variable(e.arguments['antiname'][1:-1])} = {e.variable}.anti()"
        for e in members
        if e.arguments["name"] != e.arguments["antiname"]
    ]
    parameters = ufo_model.parameters(mass, d, width, completion)
    orders = [
        Entry("QED", {"name": "'QED'", "expansion_order": "99", "hierarchy": "2"}),
        Entry("NP", {"name": "'NP'", "expansion_order": "99", "hierarchy": "1"}),
    ]
    head = "from . import particles as P\nfrom . import couplings as C\nfrom . import lorentz as L\n"
    return {
        "__init__.py": _init(majorana, completion),
        "object_library.py": _object_library(),
        "particles.py": _module("Particle", members, "from . import parameters as Param\n")
        + "\n"
        + "\n".join(antis)
        + "\n",
        "parameters.py": _module("Parameter", parameters),
        "lorentz.py": _module("Lorentz", ufo_model.lorentz()),
        "couplings.py": _module("Coupling", ufo_model.couplings(completion)),
        "vertices.py": _module("Vertex", ufo_model.vertices(majorana, completion), head),
        "coupling_orders.py": _module("CouplingOrder", orders),
        "function_library.py": _module("Function", []),
        "write_param_card.py": _CARD_WRITER,
        "param_card.dat": _card(parameters),
    }


def _object_library() -> str:
    parts = [_OBJECTS]
    for name, (plural, required) in _CLASSES.items():
        names = ", ".join(repr(word) for word in required.split(", "))
        parts.append(f"\nall_{plural} = []\n\n\nclass {name}(UFOBaseClass):\n    require_args = [{names}]\n")
        if name == "Particle":
            parts.append(_PARTICLE)
        parts.append(f"\n    def register(self):\n        all_{plural}.append(self)\n")
    return "".join(parts)


def _module(kind: str, entries: Iterable[Entry], head: str = "") -> str:
    plural = _CLASSES[kind][0]
    lines = [f"from .object_library import all_{plural}, {kind}\n{head}"]
    for entry in entries:
        inside = ",\n    ".join(f"{name}={value}" for name, value in entry.arguments.items())
        lines.append(f"{entry.variable} = {kind}(\n    {inside})\n")
    return "\n".join(lines)


def _init(majorana: bool, completion: Completion) -> str:
    names = ", ".join(
        (
            "particles",
            "couplings",
            "lorentz",
            "parameters",
            "vertices",
            "coupling_orders",
            "function_library",
            "write_param_card",
        )
    )
    lists = "\n".join(
        f"all_{plural} = {module}.all_{plural}"
        for plural, module in (
            ("particles", "particles"), ("vertices", "vertices"), ("couplings", "couplings"), ("lorentz", "lorentz"),
            ("parameters", "parameters"), ("orders", "coupling_orders"), ("functions", "function_library"),
        )
    )  # fmt: skip
    what = f"N is a {'Majorana' if majorana else 'Dirac'} fermion (PDG {HNL_PDG}); {completion.label}."
    return (
        f'"""The neutrino dipole portal, L = d nubar_L sigma^{{mu nu}} N_R F_{{mu nu}} + h.c., d in GeV^-1. {what}"""\n\n'
        f"from . import {names}\n\n{lists}\n\ngauge = [0, 1]\n"
        '__author__ = "The nudipole developers"\n__version__ = "1.0"\n'
    )


def _card(parameters: Iterable[Entry]) -> str:
    blocks: dict[str, list[str]] = {}
    for entry in parameters:
        given = entry.arguments
        if given["nature"] != "'external'":
            continue
        block, code = given["lhablock"][1:-1], given["lhacode"][1:-1]
        head = f"DECAY {code}" if block == "DECAY" else f"  {code}"
        blocks.setdefault(block, []).append(f"{head} {float(given['value']):.10e} # {entry.variable}")
    text = [line for block, lines in blocks.items() if block != "DECAY" for line in (f"Block {block}", *lines)]
    return "\n".join([*text, *blocks["DECAY"]]) + "\n"
