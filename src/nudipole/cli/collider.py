"""The verb ``collider``: N from pairs of leptons or quarks and from two protons."""

from __future__ import annotations

from typing import Any

import click

from nudipole.cli import common, results
from nudipole.portal import FLAVORS


@click.command("collider", cls=common.ManyValues)
@click.argument("initial")
@results.values_option("--energy", "sqrt(s) [GeV], one or more, or low:high:points.", required=True)
@results.values_option("--mass", "Mass of N [GeV], one or more, or low:high:points.", required=True)
@common.coupling_options
@click.option("--variable", help="Also a distribution: cosine, photon_energy, photon_cosine or pair_mass.")
@click.option("--values", type=float, multiple=True, help="Where the distribution is wanted; a grid if left out.")
@click.option("--flavor", type=click.Choice(FLAVORS), default="mu", show_default=True, help="Of the neutrino.")
@common.completion_options
@click.option("--state", default="sum", show_default=True, help="sum, 'nubar N' or 'nu Nbar'.")
@click.option("--photon-energy-min", type=float, help="e+ e- -> nu N gamma with a photon above this energy [GeV].")
@click.option("--photon-cosine-max", type=float, default=0.95, show_default=True, help="Largest |cos(theta)| of it.")
@click.option("--pair-mass-min", type=float, help="Smallest mass of the pair in pp [GeV].")
@results.output_options
def collider(
    initial: str,
    energy: tuple[Any, ...],
    mass: tuple[Any, ...],
    d: float | None,
    mu: float | None,
    variable: str | None,
    values: tuple[float, ...],
    flavor: str,
    ratio: float | None,
    state: str,
    photon_energy_min: float | None,
    photon_cosine_max: float,
    pair_mass_min: float | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """N made by INITIAL: e+e-, mu+mu-, a pair of quarks (uubar, ddbar, ...), or pp at 13 TeV."""
    from nudipole.observables.collider import collider as compute

    found = compute(
        initial,
        results.numbers(energy),
        results.numbers(mass),
        d,
        variable,
        list(values) or None,
        mu=mu,
        flavor=flavor,
        completion=common.completion(ratio),
        state=state,
        photon_energy_min=photon_energy_min,
        photon_cosine_max=photon_cosine_max,
        pair_mass_min=pair_mass_min,
    )
    given = {"energy_GeV": results.numbers(energy), "mass_GeV": results.numbers(mass)}
    results.show((given if variable is None else {}) | found, as_json, as_csv, initial)
