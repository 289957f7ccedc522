"""Where N is made and where it is seen, to scale, drawn from the numbers of a card: seen from the side, beam from the left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import svg

from nudipole.catalogue import registry

_WIDTH, _LIST = 640.0, 210.0


class Body(NamedTuple):
    """A volume seen from the side [m]: along the beam (z), upwards (y)."""

    name: str
    z: tuple[float, float]
    y: tuple[float, float]
    round: bool = False
    sees: bool = False


@dataclass(frozen=True)
class Scene:
    """What is drawn: bodies, slabs of matter before them (name, from, to) and the place of the source in z [m]."""

    bodies: tuple[Body, ...] = ()
    slabs: tuple[tuple[str, float, float], ...] = ()
    source: tuple[str, float] | None = None
    remarks: tuple[str, ...] = field(default=())

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.bodies


def body(shape: Mapping[str, Any], name: str, sees: bool = False) -> Body:
    """A volume of a card from the side.

    Examples
    --------
    >>> body({"model": "cylinder", "radius_m": 2.0, "length_m": 5.0, "axis": "y"}, "tank").y
    (-2.5, 2.5)
    """
    _, y, z = shape.get("centre_m") or (0.0, 0.0, 0.0)
    model = shape.get("model") or shape["shape"]
    if model == "box":
        high, long = 0.5 * shape["height_m"], 0.5 * shape["length_m"]
    elif model == "hexagon":
        high, long = shape["apothem_m"] / np.cos(np.pi / 6.0), 0.5 * shape["length_m"]
    elif model == "sphere":
        high = long = shape["radius_m"]
    else:
        half, axis = 0.5 * shape["length_m"], shape.get("axis", "z")
        high = half if axis == "y" else shape["radius_m"]
        long = half if axis == "z" else shape["radius_m"]
    round_ = model == "sphere" or (model == "cylinder" and shape.get("axis", "z") == "x")
    return Body(name, (z - long, z + long), (y - high, y + high), round_, sees)


def scene(raw: Mapping[str, Any]) -> Scene:
    """What a card says about places; nothing for a card without any."""
    if "members" in raw:
        members = (registry.get(key) for key in raw["members"])
        scenes = [scene(getattr(member, "raw", {})) for member in members]
        return max(scenes, key=lambda s: len(s.bodies), default=Scene())
    for name, read in _READERS.items():
        if raw.get("signal", "recoil") == name and "card" not in raw:
            return read(raw)
    return Scene()


def _upscatter(raw: Mapping[str, Any]) -> Scene:
    volumes = raw["detector"] if isinstance(raw["detector"], list) else [raw["detector"]]
    bodies = [body(v, f"detector {n}" if len(volumes) > 1 else "detector", True) for n, v in enumerate(volumes, 1)]
    made = [(_matter(m), m) for m in raw.get("matter", ())]
    bodies += [body(m["shape"], name) for name, m in made if m.get("shape", {}).get("model") not in (None, "mesh")]
    slabs = tuple((name, *m["upstream_m"]) for name, m in made if "upstream_m" in m)
    return Scene(tuple(bodies), slabs, _baseline(raw))


def _matter(matter: Mapping[str, Any]) -> str:
    mass = f", {matter['mass_tonne']:g} t" if "mass_tonne" in matter else ""
    return f"{matter['name']} ({matter['material']}{mass})"


def _baseline(raw: Mapping[str, Any]) -> tuple[str, float] | None:
    sources = raw["source"] if isinstance(raw["source"], list) else [raw["source"]]
    distances = [s["baseline_m"] for s in sources if "baseline_m" in s]
    return (f"source ({sources[0]['flux']})", -max(distances)) if distances else None


def _recoil(raw: Mapping[str, Any]) -> Scene:
    detector, target = raw.get("detector", {}), raw.get("target", {})
    if "exit_m" not in detector:
        return Scene()
    radius = detector["exit_m"]
    name = f"{target.get('material', 'target')}: N leaves within {radius:g} m"
    source = _baseline(raw)
    remarks = ("neutrinos come from the Sun, 150 million km away",) if source is None else ()
    return Scene((Body(name, (-radius, radius), (-radius, radius), True, True),), (), source, remarks)


def _meson(raw: Mapping[str, Any]) -> Scene:
    volume = body(raw["volume"], "decay volume", True)
    source = raw["source"]
    place = "collision point" if source.get("beam") == "lhc" else "dump or target"
    seen = raw["selection"]
    far, half = seen["calorimeter_m"], seen["outer_m"]
    calorimeter = Body("photons are seen here", (far, far + 0.02 * half), (-half, half), False, True)
    return Scene((volume, calorimeter), (), (place, 0.0), (f"mesons fly up to {source['decay_path_m']:g} m",))


def _electron(raw: Mapping[str, Any]) -> Scene:
    length, behind = raw["geometry"]["length_m"], raw["geometry"].get("downstream_m", 0.0)
    high, target = 0.25 * length, raw["target"]
    mass = f", {target['mass_tonne']:g} t" if "mass_tonne" in target else ""
    bodies = [Body(f"target ({target['material']}{mass})", (0.0, length), (-high, high), False, True)]
    if behind:
        bodies.append(Body("detector behind it", (length, length + behind), (-high, high)))
    return Scene(tuple(bodies), (), None, ("lengths to scale; the card needs no height",))


def _earth(raw: Mapping[str, Any]) -> Scene:
    detector = raw["detector"]
    volume = 1e3 * detector["mass_tonne"] / (1e3 * detector["density_g_cm3"])
    radius = float(np.cbrt(0.75 * volume / np.pi))
    name = f"{detector['material']}, {detector['mass_tonne'] / 1e3:g} kt as a sphere"
    return Scene(
        (Body(name, (-radius, radius), (-radius, radius), True, True),), (), None, ("N comes from all of the Earth",)
    )


def _lepton(raw: Mapping[str, Any]) -> Scene:
    for one in raw.get("running", ()):
        if "radius_m" in one and "half_length_m" in one:
            long, high = one["half_length_m"], one["radius_m"]
            name = "N must decay in here"
            return Scene((Body(name, (-long, long), (-high, high), False, True),), (), None, (one.get("label", ""),))
    return Scene()


def _hadron(raw: Mapping[str, Any]) -> Scene:
    radius = raw["search"].get("radius_m")
    if radius is None:
        return Scene()
    name = f"N must decay within {radius:g} m"
    return Scene((Body(name, (-radius, radius), (-radius, radius), True, True),), (), None, ("seen along the beam",))


_READERS = {
    "upscatter-decay": _upscatter,
    "recoil": _recoil,
    "meson-decay": _meson,
    "electron-recoil-beam": _electron,
    "earth": _earth,
    "lepton-collider": _lepton,
    "hadron-collider": _hadron,
}


def sketch(raw: Mapping[str, Any], title: str) -> str:
    """The picture: the whole line to scale where there is one, and the detector closely; empty if a card has no places."""
    found = scene(raw)
    if found.empty:
        return ""
    line, height = _line(found)
    close, close_height = _close(found, height)
    total = height + close_height
    return svg.picture([*line, *close], _WIDTH, total, f"{title}: geometry, to scale")


def _line(found: Scene) -> tuple[list[str], float]:
    """From the source, or the first matter, to the end of the last volume: true lengths along the beam."""
    starts = [low for _, low, _ in found.slabs] + ([found.source[1]] if found.source else [])
    if not starts:
        return [], 0.0
    low, high = min(starts), max(b.z[1] for b in found.bodies)
    scale = (_WIDTH - 40.0) / (high - low)

    def at(z: float) -> float:
        return 20.0 + scale * (z - low)

    parts = [f'<path class="measure" d="M{at(low):.1f} 52H{at(high):.1f}"/>']
    for number, (name, first, last) in enumerate(found.slabs):
        wide = max(scale * (last - first), 1.5)
        fill = svg.COLORS[(4 + number) % len(svg.COLORS)]
        middle = min(max(0.5 * (at(first) + at(last)), 70.0), _WIDTH - 70.0)
        parts.append(
            f'<rect x="{at(first):.1f}" y="40" width="{wide:.1f}" height="24" fill="{fill}" fill-opacity=".5"/>'
        )
        words = f"{name}: {last - first:.3g} m"
        parts.append(svg.text(middle, 82.0 + 15.0 * number, words, size=12))
    for one in found.bodies:
        if one.sees:
            wide = max(scale * (one.z[1] - one.z[0]), 2.5)
            parts.append(f'<rect x="{at(one.z[0]):.1f}" y="34" width="{wide:.1f}" height="36" fill="{svg.COLORS[0]}"/>')
    if found.source:
        name, z = found.source
        parts.append(f'<circle cx="{at(z):.1f}" cy="52" r="5" fill="{svg.COLORS[1]}"/>')
        parts.append(svg.text(at(z) - 5.0, 22.0, name, "start", size=12))
    parts.append(svg.text(_WIDTH - 20.0, 22.0, f"detector; {high - low:.3g} m in all", "end", size=12))
    return parts, 92.0 + 15.0 * len(found.slabs)


def _close(found: Scene, top: float) -> tuple[list[str], float]:
    """Volumes with one scale in both directions, their names in a list, and a bar of the scale."""
    near = [b for b in found.bodies if b.sees]
    low, high = min(b.z[0] for b in near), max(b.z[1] for b in near)
    inside = [b for b in found.bodies if b.z[0] > low - 6 * (high - low) and b.z[1] < high + 6 * (high - low)]
    z = min(b.z[0] for b in inside), max(b.z[1] for b in inside)
    y = min(b.y[0] for b in inside), max(b.y[1] for b in inside)
    wide = _WIDTH - _LIST - 40.0
    most = 260.0 if len(inside) > 1 else 140.0
    scale = min(wide / (z[1] - z[0]), most / (y[1] - y[0]))
    height = max(scale * (y[1] - y[0]), 20.0)
    left = 20.0 + 0.5 * (wide - scale * (z[1] - z[0]))
    parts = []
    for number, one in enumerate(sorted(inside, key=lambda b: b.sees), 1):
        x, w = left + scale * (one.z[0] - z[0]), max(scale * (one.z[1] - one.z[0]), 1.0)
        up, h = top + 16.0 + scale * (y[1] - one.y[1]), max(scale * (one.y[1] - one.y[0]), 1.0)
        fill = svg.COLORS[0] if one.sees else svg.COLORS[(number + 1) % len(svg.COLORS)]
        look = f'class="body" fill="{fill}" fill-opacity="{0.35 if one.sees else 0.25}"'
        if one.round:
            size = f'cx="{x + w / 2:.1f}" cy="{up + h / 2:.1f}" rx="{w / 2:.1f}" ry="{h / 2:.1f}"'
            parts.append(f"<ellipse {size} {look}/>")
        else:
            parts.append(f'<rect x="{x:.1f}" y="{up:.1f}" width="{w:.1f}" height="{h:.1f}" {look}/>')
        row = top + 24.0 + 17.0 * (number - 1)
        parts.append(f'<rect x="{_WIDTH - _LIST:.1f}" y="{row - 9:.1f}" width="10" height="10" {look}/>')
        parts.append(svg.text(_WIDTH - _LIST + 16.0, row, one.name, "start", size=11))
    bar = svg.rounded(0.15 * wide / scale)
    below = top + 30.0 + max(height, 17.0 * len(inside))
    parts.append(f'<path class="measure" d="M20 {below:.1f}h{scale * bar:.1f}m0 -4v8M20 {below - 4:.1f}v8"/>')
    parts.append(svg.text(28.0 + scale * bar, below + 4.0, _length(bar), "start", size=12))
    for number, words in enumerate(w for w in found.remarks if w):
        parts.append(svg.text(_WIDTH - 20.0, below + 4.0 + 15.0 * number, words, "end", size=12))
    return parts, below - top + 18.0


def _length(metres: float) -> str:
    return f"{metres:g} m" if metres >= 1.0 else f"{100.0 * metres:g} cm"
