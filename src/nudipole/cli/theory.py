"""Verbs about the theory: cross sections, widths, mesons, fluxes."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

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
    "--form-factor", "form_factor", help="point, helm, fermi, klein-nystrand, fourier-bessel; ye2018, kelly, dipole."
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
    no_screening: bool,
    as_json: bool,
) -> None:
    """Up-scattering nu TARGET -> N TARGET; TARGET is e-, p, n, a nucleus (Ar40) or a compound (CsI)."""
    result = api.cross_section(target, energy, mass, api.coupling(d, mu), recoil, form_factor, not no_screening)
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
    table = Table("channel", "width [GeV]", "branching ratio", title=f"{parent}, {states}")
    for row in result:
        table.add_row(row["channel"], f"{row['width_GeV']:.5g}", f"{row['branching_ratio']:.5g}")
    Console().print(table if result else f"{parent} has no decay into N of {mass:g} GeV: too heavy")


@click.command(cls=common.ManyValues)
@click.argument("name")
@click.option("--energy", type=float, multiple=True, help="Also the differential flux at these energies [GeV].")
@common.json_option
def flux(name: str, energy: tuple[float, ...], as_json: bool) -> None:
    """A neutrino flux: totals by component and flavour, and its spectrum."""
    check_positive(energy=list(energy))
    result = api.flux(name, list(energy) or None)
    if as_json:
        common.echo_json(result)
        return
    table = Table("component", "energy [GeV]", f"total [{result['unit']}]", title=result["name"])
    for c in result["components"]:
        kind = " (lines)" if c["lines"] else ""
        table.add_row(
            c["name"] + kind, f"{c['energy_min_GeV']:.4g} - {c['energy_max_GeV']:.4g}", f"{c['total_cm-2']:.4g}"
        )
    console = Console()
    console.print(table)
    console.print("by flavour: " + ", ".join(f"{f} {v:.4g}" for f, v in result["total_cm-2"].items()))
    for index, value in enumerate(result.get("energy_GeV", ())):
        row = ", ".join(f"{f} {values[index]:.4g}" for f, values in result["flux_cm-2_GeV-1"].items())
        console.print(f"at {value:g} GeV: {row}  [cm^-2 GeV^-1 per {result['per']}]")
