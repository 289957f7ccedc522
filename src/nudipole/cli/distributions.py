"""The verbs about distributions: ``differential``, ``peak-recoil``, ``decay-probability``, ``decay-spectrum``, ``meson-spectrum``,
``beam-spectrum`` and ``spectrum``."""

from __future__ import annotations

from typing import Any

import click

from nudipole.cli import common, results

_mass_option = click.option("--mass", type=float, required=True, help="Mass of N [GeV].")


@click.command("differential", cls=common.ManyValues)
@click.argument("target")
@click.option("--energy", type=float, required=True, help="Neutrino energy [GeV].")
@_mass_option
@common.coupling_options
@click.option("--variable", default="recoil", show_default=True, help="recoil, Q2, hnl_energy or angle.")
@results.values_option("--values", "Where it is wanted, one or more, or low:high:points; a grid if left out.")
@click.option("--channel", help="As for cross-section, elastic channels only.")
@click.option("--form-factor", help="As for cross-section.")
@click.option("--no-screening", is_flag=True, help="Bare nuclear charge, without the atom's electrons.")
@results.output_options
def differential(
    target: str,
    energy: float,
    mass: float,
    d: float | None,
    mu: float | None,
    variable: str,
    values: tuple[Any, ...],
    channel: str | None,
    form_factor: str | None,
    no_screening: bool,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Distribution of nu TARGET -> N TARGET in recoil energy, Q^2, energy or angle of N."""
    from nudipole.observables.differential import differential as compute

    at = common.flattened(values) or None
    options: dict[str, Any] = {"channel": channel, "form_factor": form_factor, "screening": not no_screening}
    results.show(compute(target, energy, mass, d, variable, at, mu=mu, **options), as_json, as_csv, target)


@click.command("peak-recoil", cls=common.ManyValues)
@results.values_option("--energy", "Neutrino energy [GeV], one or more, or low:high:points.", required=True)
@results.values_option("--mass", "Mass of N [GeV], one or more, or low:high:points.", required=True)
@click.option("--target-mass", type=float, required=True, help="Mass of the target [GeV].")
@results.output_options
def peak_recoil(
    energy: tuple[Any, ...], mass: tuple[Any, ...], target_mass: float, as_json: bool, as_csv: bool
) -> None:
    """Recoil energy at which the spectrum of a point-like target is largest."""
    from nudipole.observables.differential import peak_recoil as compute

    given = {"energy_GeV": results.numbers(energy), "mass_GeV": results.numbers(mass), "target_mass_GeV": target_mass}
    peak = compute(given["energy_GeV"], given["mass_GeV"], target_mass)
    results.show(given | {"peak_recoil_GeV": peak}, as_json, as_csv)


@click.command("decay-probability", cls=common.ManyValues)
@click.option("--near", type=float, required=True, help="L_1 [m] from where N is made.")
@click.option("--far", type=float, required=True, help="L_2 [m], at least L_1.")
@results.values_option("--energy", "Energy of N [GeV], one or more, or low:high:points.", required=True)
@_mass_option
@common.coupling_options
@common.majorana_option
@common.extra_width_option
@results.output_options
def decay_probability(
    near: float,
    far: float,
    energy: tuple[Any, ...],
    mass: float,
    d: float | None,
    mu: float | None,
    majorana: bool,
    extra_width: float,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Probability that N decays between two distances."""
    from nudipole.observables.decays import decay_probability as compute

    at = results.numbers(energy)
    chance = compute(near, far, at, mass, d, mu=mu, majorana=majorana, extra_width=extra_width)
    results.show({"near_m": near, "far_m": far, "energy_GeV": at, "probability": chance}, as_json, as_csv)


_DECAY_COLUMNS = {
    "photon_energy": ("photon_energy_GeV", "density_GeV-1"),
    "photon_angle": ("photon_cosine", "density"),
    "dilepton_mass": ("dilepton_mass_GeV", "density_GeV-1"),
}


@click.command("decay-spectrum", cls=common.ManyValues)
@click.argument("variable")
@results.values_option("--values", "[GeV] or cosine, one or more, or low:high:points.", required=True)
@_mass_option
@click.option("--energy", type=float, help="Energy of N [GeV]; at rest if left out.")
@click.option("--helicity", type=float, default=0.0, help="Twice the mean helicity of a Dirac N, -1 to 1.")
@click.option("--lepton", default="e", show_default=True, help="Of the pair in dilepton_mass.")
@results.output_options
def decay_spectrum(
    variable: str,
    values: tuple[Any, ...],
    mass: float,
    energy: float | None,
    helicity: float,
    lepton: str,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Spectrum of one decay of N in VARIABLE: photon_energy, photon_angle (a cosine) or dilepton_mass."""
    from nudipole.observables.decays import decay_spectrum as compute

    at = common.flattened(values)
    density = compute(variable, at, mass, energy, helicity, lepton)
    results.show(dict(zip(_DECAY_COLUMNS[variable], (at, density), strict=True)), as_json, as_csv)


@click.command("meson-spectrum", cls=common.ManyValues)
@click.argument("parent")
@click.argument("channel")
@_mass_option
@common.coupling_options
@click.option(
    "--variable", default="photon_energy", show_default=True, help="photon_energy, hnl_energy or dilepton_mass."
)
@results.values_option("--values", "Where [GeV], one or more, or low:high:points.", required=True)
@results.output_options
def meson_spectrum(
    parent: str,
    channel: str,
    mass: float,
    d: float | None,
    mu: float | None,
    variable: str,
    values: tuple[Any, ...],
    as_json: bool,
    as_csv: bool,
) -> None:
    """dGamma of PARENT in one CHANNEL ('mu gamma N') in the rest frame of the meson."""
    from nudipole.observables.meson_spectra import meson_spectrum as compute

    at = common.flattened(values)
    density = compute(parent, channel, mass, d, variable, at, mu=mu)
    name = "dGamma_dm" if variable == "dilepton_mass" else "dGamma_dE"
    results.show({f"{variable}_GeV": at, name: density}, as_json, as_csv, f"{parent} -> {channel}")


@click.command("beam-spectrum", cls=common.ManyValues)
@click.argument("beam")
@click.argument("parent")
@_mass_option
@common.coupling_options
@click.option("--variable", default="hnl_energy", show_default=True, help="hnl_energy or angle.")
@results.values_option("--edges", "Of the bins, or low:high:points; the whole range if left out.")
@click.option("--channel", help="One decay of the meson; all if left out.")
@click.option("--angle-max", type=float, help="Only N within this angle to the beam [rad].")
@click.option("--bins", type=click.IntRange(1, 10_000), default=40, show_default=True, help="Where no edges are given.")
@results.output_options
def beam_spectrum(
    beam: str,
    parent: str,
    mass: float,
    d: float | None,
    mu: float | None,
    variable: str,
    edges: tuple[Any, ...],
    channel: str | None,
    angle_max: float | None,
    bins: int,
    as_json: bool,
    as_csv: bool,
) -> None:
    """N from the decays of PARENT at BEAM (booster, jparc, numi, sps, tevatron, lhc) in the laboratory, per proton."""
    from nudipole.observables.beam_spectra import beam_spectrum as compute

    at = common.flattened(edges) or None
    options: dict[str, Any] = {"channel": channel, "angle_max": angle_max, "bins": bins}
    found = compute(beam, parent, mass, d, variable, at, mu=mu, **options)
    results.show(found, as_json, as_csv, f"{beam}, {parent}")


@click.command("spectrum")
@click.argument("experiment")
@click.option("--mass", type=float, help="Mass of N [GeV]; without N if left out, with coupling and flavour.")
@common.coupling_options
@click.option("--flavor", type=common.FLAVOR, help="Which coupling is switched on.")
@common.majorana_option
@common.preset_option
@common.completion_options
@common.extra_width_option
@results.output_options
def spectrum(
    experiment: str,
    mass: float | None,
    d: float | None,
    mu: float | None,
    flavor: str | None,
    majorana: bool,
    preset: str,
    ratio: float | None,
    extra_width: float,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Expected counts per bin of EXPERIMENT (key or card) with and without N, with the edges of its bins."""
    from nudipole.observables.spectra import spectrum as compute

    completion = common.completion(ratio)
    found = compute(experiment, mass, d, flavor, majorana, preset, completion, extra_width, mu=mu)
    results.show(found, as_json, as_csv, experiment)
