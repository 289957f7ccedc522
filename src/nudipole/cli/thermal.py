"""The verb ``thermal``: N in the early Universe, a supernova and a red giant."""

from __future__ import annotations

from typing import Any

import click

from nudipole.cli import common, results


@click.command("thermal", cls=common.ManyValues)
@click.argument("place")
@results.values_option("--mass", "Mass of N [GeV], one or more, or low:high:points.", required=True)
@common.coupling_options
@results.values_option("--temperature", "T [GeV], one or more, or low:high:points; a star has its own.")
@common.majorana_option
@click.option("--momentum", type=float, help="p of N [GeV]; 3.15 T if left out.")
@click.option("--density", type=float, help="Density of a star [g/cm^3].")
@click.option("--proton-fraction", type=float, help="Y_p of the supernova.")
@results.output_options
def thermal(
    place: str,
    mass: tuple[Any, ...],
    d: float | None,
    mu: float | None,
    temperature: tuple[Any, ...],
    majorana: bool,
    momentum: float | None,
    density: float | None,
    proton_fraction: float | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Thermal rates of N in PLACE: early-universe, supernova or red-giant."""
    from nudipole.observables.thermal import thermal as compute

    given: dict[str, Any] = {"mass_GeV": results.numbers(mass)}
    heat = results.numbers(temperature)
    found = compute(
        place,
        given["mass_GeV"],
        d,
        heat,
        mu=mu,
        majorana=majorana,
        momentum=momentum,
        density=density,
        proton_fraction=proton_fraction,
    )
    results.show(given | ({} if heat is None else {"temperature_GeV": heat}) | found, as_json, as_csv, place)
