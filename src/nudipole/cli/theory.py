"""Verbs about the theory: cross sections, widths, mesons, fluxes."""

from __future__ import annotations

import tomllib
from typing import Any

import click

from nudipole import api
from nudipole.cli import common
from nudipole.errors import check_positive


@click.command("cross-section")
@click.argument("target")
@click.option("--energy", type=float, required=True, help="Neutrino energy [GeV].")
@click.option("--mass", type=float, required=True, help="Mass of N [GeV].")
@common.coupling_options
@click.option("--recoil", type=float, help="Also the recoil spectrum at this recoil energy [GeV].")
@click.option(
    "--form-factor",
    "form_factor",
    help="point, helm, helm-review, fermi, klein-nystrand, fourier-bessel; ye2018, kelly, dipole.",
)
@click.option("--radius", type=float, help="R of a Helm form factor [fm], R_0^2 = R^2 - 5 s^2.")
@click.option("--skin", type=float, help="s of a Helm form factor [fm].")
@click.option(
    "--channel",
    help="coherent, incoherent, elastic-nucleon, electron, deep-inelastic or total; default: elastic on the target itself.",
)
@click.option("--no-screening", is_flag=True, help="Bare nuclear charge, without the atom's electrons.")
@common.json_option
def cross_section(
    target: str,
    energy: float,
    mass: float,
    d: float | None,
    mu: float | None,
    recoil: float | None,
    form_factor: str | None,
    radius: float | None,
    skin: float | None,
    channel: str | None,
    no_screening: bool,
    as_json: bool,
) -> None:
    """Up-scattering nu TARGET -> N TARGET; TARGET is e-, p, n, a nucleus (Ar40) or a compound (CsI)."""
    options: dict[str, Any] = {"channel": channel, "radius": radius, "skin": skin}
    d = api.coupling(d, mu)
    result = api.cross_section(target, energy, mass, d, recoil, form_factor, not no_screening, **options)
    if as_json:
        common.echo_json(result)
    else:
        for name, value in result.items():
            click.echo(f"{name:<18} {'diverges' if value is None else format(value, '.6g')}")


@click.command()
@click.option("--mass", type=float, required=True, help="Mass of N [GeV].")
@common.coupling_options
@common.majorana_option
@click.option("--energy", type=float, help="Energy of N [GeV], for its decay length.")
@common.json_option
def width(mass: float, d: float | None, mu: float | None, majorana: bool, energy: float | None, as_json: bool) -> None:
    """Width, lifetime, decay length and branching ratios of N."""
    result = api.width(mass, api.coupling(d, mu), majorana, energy)
    if as_json:
        common.echo_json(result)
        return
    click.echo(f"width             {result['width_GeV']:.6g} GeV")
    click.echo(f"lifetime          {result['lifetime_s']:.6g} s")
    if result["decay_length_m"] is not None:
        click.echo(f"decay length      {result['decay_length_m']:.6g} m at {energy:g} GeV")
    for channel, ratio in result["branching_ratios"].items():
        click.echo(f"BR({channel})".ljust(18) + f"{ratio:.6g}")


@click.command()
@click.argument("parent")
@click.option("--mass", type=float, required=True, help="Mass of N [GeV].")
@common.coupling_options
@click.option(
    "--both",
    is_flag=True,
    help="Sum over lepton-number states: N + Nbar, twice the width, for a neutral parent; a charged one has only one.",
)
@common.json_option
def meson(parent: str, mass: float, d: float | None, mu: float | None, both: bool, as_json: bool) -> None:
    """Decays of a meson into N: pi0, eta, eta', rho, omega, phi, J/psi, psi', Upsilon(1S-3S), pi, K, D, Ds, B."""
    result = api.meson(parent, mass, api.coupling(d, mu), both)
    if as_json:
        common.echo_json(result)
        return
    from nudipole.processes.mesons.meson import lepton_number_states

    states = "N + Nbar" if both and lepton_number_states(parent) == 2 else "one lepton-number state"
    if not result:
        click.echo(f"{parent} has no decay into N of {mass:g} GeV: too heavy")
        return
    rows = [[row["channel"], f"{row['width_GeV']:.5g}", f"{row['branching_ratio']:.5g}"] for row in result]
    common.show_table(["channel", "width [GeV]", "branching ratio"], rows, f"{parent}, {states}")


@click.command(cls=common.ManyValues)
@click.argument("name")
@click.option("--energy", type=float, multiple=True, help="Also the differential flux at these energies [GeV].")
@click.option(
    "--option",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Options of the flux as a card's [source] has them: power_GW=3 baseline_m=15 for reactor.",
)
@common.json_option
def flux(name: str, energy: tuple[float, ...], settings: tuple[str, ...], as_json: bool) -> None:
    """A neutrino flux: totals by component and flavour, and its spectrum."""
    check_positive(energy=list(energy))
    result = api.flux(name, list(energy) or None, **_settings(settings))
    if as_json:
        common.echo_json(result)
        return
    rows = [
        [
            c["name"] + (" (lines)" if c["lines"] else ""),
            f"{c['energy_min_GeV']:.4g} - {c['energy_max_GeV']:.4g}",
            f"{c['total_cm-2']:.4g}",
        ]
        for c in result["components"]
    ]
    common.show_table(["component", "energy [GeV]", f"total [{result['unit']}]"], rows, result["name"])
    totals = ", ".join(f"{f} {v:.4g}" for f, v in result["total_cm-2"].items())
    click.echo(f"by flavour [{result['unit']}]: {totals}")
    for index, value in enumerate(result.get("energy_GeV", ())):
        row = ", ".join(f"{f} {values[index]:.4g}" for f, values in result["flux_cm-2_GeV-1"].items())
        click.echo(f"at {value:g} GeV [cm^-2 GeV^-1 per {result['per']}]: {row}")


def _settings(given: tuple[str, ...]) -> dict[str, Any]:
    """``NAME=VALUE`` as TOML would read it; a word without quotes is text."""
    found: dict[str, Any] = {}
    for item in given:
        name, equals, value = item.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            raise click.UsageError(f"--option {item!r} must be NAME=VALUE.")
        if name in found:
            raise click.UsageError(f"--option {name} is given twice.")
        try:
            found[name] = tomllib.loads(f"value = {value}")["value"]
        except (tomllib.TOMLDecodeError, ValueError, RecursionError):
            found[name] = value
    return found
