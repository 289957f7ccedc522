"""The verb ``plot``: figures for papers and talks, one file each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from nudipole.catalogue.curves import CONVENTIONS
from nudipole.cli.common import ManyValues, coupling_options, flavor_option, majorana_option, preset_option
from nudipole.errors import DomainError
from nudipole.plot.style import SIZES, STYLES


class Figures(click.Group):
    """The kinds of figures, in the order in which they are written here."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=Figures)
def plot() -> None:
    """Draw one figure into a file: pdf, png or svg, as it is named."""


def figure_options(size: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--out FILE``, ``--style`` and ``--size``."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        function = click.option(
            "--size", type=click.Choice(list(SIZES)), default=size, show_default=True, help="86 mm, 178 mm, or 16:9."
        )(function)
        function = click.option("--style", "look", type=click.Choice(list(STYLES)), default="paper", show_default=True)(
            function
        )
        return click.option("--out", type=click.Path(path_type=Path), required=True, metavar="FILE")(function)

    return add


def drawn(out: Path, look: str, size: str, draw: Callable[[Any], Any]) -> None:
    """Make axes of this size, draw into them and write the file."""
    from nudipole.plot import canvas

    canvas.check_format(out)
    with canvas.looks(look):
        figure = canvas.new_figure(SIZES[size])
        draw(canvas.panel(figure, SIZES[size]))
    canvas.save(figure, out, look)
    click.echo(f"{out}")


@plot.command(cls=ManyValues)
@flavor_option
@click.option("--keys", multiple=True, metavar="KEY", help="Constraints or cards (default: every experiment).")
@click.option("--curves", type=click.Path(path_type=Path), metavar="DIR", help="Take them from this atlas.")
@click.option("--preset", "presets", multiple=True, metavar="KEY=NAME", help="Preset of a constraint.")
@click.option("--overlay", "overlays", multiple=True, metavar="NAME|FILE", help="Published curves, or CSV files.")
@click.option("--convention", type=click.Choice(CONVENTIONS), default="d", show_default=True, help="Of the CSV files.")
@click.option("--units", type=click.Choice(["muB", "GeV^-1", "both"]), default="both", show_default=True)
@click.option("--left", type=click.Choice(["muB", "GeV^-1"]), default="muB", help="The left axis where both are shown.")
@click.option("--labels", type=click.Choice(["frontier", "all", "none"]), default="frontier", show_default=True)
@click.option("--fill", type=click.Choice(["classes", "grey", "none"]), default="classes", show_default=True)
@click.option("--mass-range", type=float, nargs=2, metavar="LOW HIGH", help="Ends of the mass axis [GeV].")
@click.option("--coupling-range", type=float, nargs=2, metavar="LOW HIGH", help="Ends of the left axis.")
@click.option("--masses", type=int, default=120, show_default=True, help="Points of each curve.")
@click.option("--cl", type=float, help="Confidence level (default: that of each constraint).")
@majorana_option
@figure_options("single")
def plane(
    flavor: str,
    keys: tuple[str, ...],
    curves: Path | None,
    presets: tuple[str, ...],
    overlays: tuple[str, ...],
    convention: str,
    mass_range: tuple[float, float] | None,
    coupling_range: tuple[float, float] | None,
    out: Path,
    look: str,
    size: str,
    **options: Any,
) -> None:
    """Mass against coupling: what is excluded, and the curves that bound it."""
    from nudipole.plot.overlays import as_overlay
    from nudipole.plot.planes import plane as draw

    ranges = {"mass": mass_range, "coupling": coupling_range}
    options |= {"axes": {name: pair for name, pair in ranges.items() if pair is not None}, "style": look}
    options |= {"keys": keys or None, "curves": curves, "presets": _by_key(presets)}
    options |= {"overlay": [as_overlay(name, flavor, convention) for name in overlays]}
    drawn(out, look, size, lambda axes: draw(flavor, ax=axes, **options))


@plot.command(cls=ManyValues)
@click.argument("experiment")
@flavor_option
@click.option("--preset", "presets", multiple=True, default=("default",), help="One or more.")
@click.option("--masses", type=int, default=120, show_default=True, help="Points of each curve.")
@click.option("--cl", type=float, help="Confidence level (default: that of the constraint).")
@click.option("--units", type=click.Choice(["muB", "GeV^-1", "both"]), default="both", show_default=True)
@click.option("--no-published", is_flag=True, help="Leave out the published curves.")
@majorana_option
@figure_options("single")
def limit(experiment: str, flavor: str, no_published: bool, out: Path, look: str, size: str, **options: Any) -> None:
    """What one experiment excludes, preset by preset, with the published curves."""
    from nudipole.plot import experiments

    options |= {"style": look, "published": not no_published}
    drawn(out, look, size, lambda axes: experiments.limit(experiment, flavor, ax=axes, **options))


@plot.command()
@click.argument("experiment")
@click.option("--mass", type=float, required=True, help="M [GeV].")
@coupling_options
@flavor_option
@preset_option
@majorana_option
@figure_options("single")
def spectrum(
    experiment: str, mass: float, d: float | None, mu: float | None, flavor: str, out: Path, look: str, size: str,
    **options: Any,
) -> None:  # fmt: skip
    """Counts per bin without N, with N, and as observed."""
    from nudipole import api
    from nudipole.plot import experiments

    size_of_d = api.coupling(d, mu)
    options["style"] = look
    drawn(out, look, size, lambda axes: experiments.spectrum(experiment, mass, size_of_d, flavor, ax=axes, **options))


_RANGE: dict[str, Any] = {"type": float, "nargs": 2, "metavar": "LOW HIGH", "show_default": True}


@plot.command("cross-section", cls=ManyValues)
@click.argument("targets", nargs=-1, required=True, metavar="TARGET ...")
@click.option("--mass", "masses", type=float, multiple=True, required=True, help="M [GeV], one or more.")
@coupling_options
@click.option("--energy-range", default=(1e-3, 10.0), help="Ends of the energy axis [GeV].", **_RANGE)
@click.option("--form-factor", help="Of nuclei and nucleons.")
@figure_options("single")
def cross_section(
    targets: tuple[str, ...], masses: tuple[float, ...], d: float | None, mu: float | None,
    energy_range: tuple[float, float], form_factor: str | None, out: Path, look: str, size: str,
) -> None:  # fmt: skip
    """Total up-scattering cross section against neutrino energy."""
    from nudipole import api
    from nudipole.plot import theory

    options: dict[str, Any] = {"energy": energy_range, "form_factor": form_factor, "style": look}
    size_of_d = api.coupling(d, mu)
    drawn(out, look, size, lambda axes: theory.cross_section(targets, masses, size_of_d, ax=axes, **options))


@plot.command()
@click.option("--mass-range", default=(1e-3, 10.0), help="Ends of the mass axis [GeV].", **_RANGE)
@figure_options("single")
def branching(mass_range: tuple[float, float], out: Path, look: str, size: str) -> None:
    """Branching ratios of N against its mass."""
    from nudipole.plot import theory

    drawn(out, look, size, lambda axes: theory.branching(mass=mass_range, style=look, ax=axes))


@plot.command("decay-length", cls=ManyValues)
@click.option("--energy", "energies", type=float, multiple=True, required=True, help="E [GeV], one or more.")
@click.option("--d", "couplings", type=float, multiple=True, help="Coupling in GeV^-1, one or more.")
@click.option("--mu", "moments", type=float, multiple=True, help="Transition moment in Bohr magnetons, one or more.")
@click.option("--mass-range", default=(1e-3, 10.0), help="Ends of the mass axis [GeV].", **_RANGE)
@majorana_option
@figure_options("single")
def decay_length(
    energies: tuple[float, ...], couplings: tuple[float, ...], moments: tuple[float, ...],
    mass_range: tuple[float, float], majorana: bool, out: Path, look: str, size: str,
) -> None:  # fmt: skip
    """Mean decay length of N against its mass."""
    from nudipole.plot import theory

    options: dict[str, Any] = {"mu": moments, "mass": mass_range, "majorana": majorana, "style": look}
    drawn(out, look, size, lambda axes: theory.decay_length(energies, couplings, ax=axes, **options))


@plot.command()
@click.argument("keys", nargs=-1, required=True, metavar="KEY|CARD.toml ...")
@click.option("--mass", type=float, required=True, help="M [GeV].")
@click.option("--steps", type=int, default=16, show_default=True, help="Points along each side, less one.")
@click.option("--cl", type=float, default=0.9, show_default=True, help="Confidence level.")
@majorana_option
@figure_options("single")
def triangle(keys: tuple[str, ...], mass: float, out: Path, look: str, size: str, **options: Any) -> None:
    """Joint limit over the mixtures of the three flavours at one mass."""
    from nudipole.plot import structure

    options["style"] = look
    drawn(out, look, size, lambda axes: structure.triangle(keys, mass, ax=axes, **options))


@plot.command()
@click.argument("keys", nargs=-1, required=True, metavar="KEY|CARD.toml ...")
@flavor_option
@click.option("--mass", type=float, required=True, help="M [GeV].")
@click.option("--points", type=int, default=73, show_default=True, help="Angles.")
@click.option("--cl", type=float, help="Confidence level (default: that of each card).")
@majorana_option
@figure_options("single")
def operators(keys: tuple[str, ...], flavor: str, mass: float, out: Path, look: str, size: str, **options: Any) -> None:
    """Excluded scale of the gauge-invariant operators against the ratio of d_W and d_B."""
    from nudipole.plot import structure

    options["style"] = look
    drawn(out, look, size, lambda axes: structure.operators(keys, flavor, mass, ax=axes, **options))


def _by_key(pairs: tuple[str, ...]) -> dict[str, str]:
    """``KEY=NAME`` ... as a mapping."""
    found = {}
    for pair in pairs:
        key, separator, name = pair.partition("=")
        if not (separator and key and name):
            raise DomainError(f"a preset is given as KEY=NAME, got {pair!r}")
        found[key] = name
    return found
