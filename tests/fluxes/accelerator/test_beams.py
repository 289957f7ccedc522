"""Accelerator beams: totals and means of the releases, and events against published counts."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.errors import DomainError, TableError, UnknownNameError
from nudipole.fluxes import tabulated
from nudipole.fluxes.accelerator import beam_dumps, horn_beams, sps
from nudipole.fluxes.accelerator.event_rates import charged_current_events
from nudipole.fluxes.flux import Flux
from nudipole.inputs import tables
from nudipole.portal import Direction

ELECTRONS_PER_TONNE_CH = 1e6 * units.AVOGADRO * 7.0 / 13.019
NUCLEONS_PER_TONNE = 1e6 * units.AVOGADRO


def integral(flux: Flux, species: str, power: int = 0) -> float:
    flavor, antineutrino = tabulated.SPECIES[species]
    chosen = [c for c in flux.components if c.antineutrino == antineutrino and c.name.endswith(f" {species}")]
    return float(sum(np.sum(c.quadrature(c.intensity) * c.energy**power) for c in chosen)) if flavor else 0.0


def mean(flux: Flux, species: str) -> float:
    return integral(flux, species, 1) / integral(flux, species)


# totals [cm^-2 POT^-1] and mean energies [GeV] of the public releases; nu below the first bin centre is not counted
QUOTED = [
    (horn_beams.booster(541.0), "mu", 5.19e-10, 0.81),
    (horn_beams.booster(541.0), "e", 2.87e-12, 0.96),
    (horn_beams.booster(541.0, "antineutrino"), "mubar", 2.93e-10, 0.66),
    (horn_beams.booster(541.0, "antineutrino"), "mu", 5.42e-11, 0.70),
    (horn_beams.booster(470.0), "mu", 7.36e-10, 0.82),
    (horn_beams.booster(110.0), "mu", 1.55e-8, 0.73),
    (horn_beams.numi("low-energy"), "mu", 2.86e-8, 4.1),
    (horn_beams.numi("medium-energy"), "mu", 6.74e-8, 5.7),
    (horn_beams.numi("medium-energy", "antineutrino"), "mubar", 5.13e-8, 5.5),
    (horn_beams.numi("medium-energy", "antineutrino"), "mu", 3.2e-9, 7.8),
    (horn_beams.t2k(), "mu", 1.92e-8, 0.85),
    (horn_beams.t2k(), "e", 2.26e-10, 1.3),
    (horn_beams.t2k("antineutrino"), "mubar", 1.54e-8, 0.71),
    (horn_beams.lbnf("near"), "mu", 1.04e-7, 2.7),
    (horn_beams.lbnf("near"), "e", 1.08e-9, 4.1),
    (horn_beams.lbnf("near", "antineutrino"), "mubar", 9.39e-8, 2.45),
    (sps.sps("charm-ii"), "mu", 7.4e-8, 24.9),
    (sps.sps("charm-ii", "antineutrino"), "mubar", 5.0e-8, 21.1),
]


@pytest.mark.parametrize(("flux", "species", "total", "average"), QUOTED, ids=lambda v: getattr(v, "name", None))
def test_totals_and_mean_energies_are_those_of_the_release(
    flux: Flux, species: str, total: float, average: float
) -> None:
    assert integral(flux, species) == pytest.approx(total, rel=0.04, abs=0)
    assert mean(flux, species) == pytest.approx(average, rel=0.05, abs=0)


def test_t2k_neutrino_mode_is_not_the_antineutrino_table() -> None:
    # a widely used file of this name holds the other polarity
    assert integral(horn_beams.t2k(), "mu") > 10 * integral(horn_beams.t2k(), "mubar")
    assert integral(horn_beams.t2k("antineutrino"), "mubar") > 5 * integral(horn_beams.t2k("antineutrino"), "mu")


def test_nomad_reproduces_the_count_that_it_is_normalised_to() -> None:
    # no evidence for the flux: it checks that the normalisation was done
    events = charged_current_events(sps.sps("nomad"), 2.7, "mu", antineutrino=False)
    assert events == pytest.approx(1.44e6, rel=1e-9, abs=0)


def test_nomad_composition_and_means() -> None:
    flux = sps.sps("nomad")
    for species, relative, average in (("mubar", 0.068, 17.2), ("e", 0.010, 36.4), ("ebar", 0.0027, 27.6)):
        assert integral(flux, species) / integral(flux, "mu") == pytest.approx(relative, rel=0.03, abs=0)
        assert mean(flux, species) == pytest.approx(average, rel=0.03, abs=0)


def test_near_site_has_tau_neutrinos_of_its_short_baseline() -> None:
    """To first order cos^4 theta_13 sin^2 2 theta_23 (1.267 dm^2 L / E)^2, L = 574 m, dm^2 the mean of the two large ones."""
    before = next(c for c in horn_beams.lbnf("near", oscillation=False).components if c.name.endswith(" mu"))
    after = next(c for c in horn_beams.lbnf("near").components if c.name.endswith(" mu"))
    inside = (before.intensity > 0) & (before.energy > 0.3) & (before.energy < 20.0)
    share = after.flavor_intensity("tau")[inside] / before.intensity[inside]
    mixing, splitting = 4.0 * (1.0 - 0.0222) ** 2 * 0.45 * 0.55, 2.51e-3 - 0.5 * 7.4e-5
    assert share == pytest.approx(mixing * (1.267 * splitting * 0.574 / before.energy[inside]) ** 2, rel=0.02, abs=0)
    assert after.flavor_intensity("mu")[inside] == pytest.approx(before.intensity[inside], rel=1e-4, abs=0)


def test_charm2_electron_flavours_have_nomads_composition() -> None:
    """Sizes 0.010 and 0.0027 of the focused muon flavour and its mean energy times 36.4 / 24.3 and 27.6 / 24.3."""
    for mode, focused, pair in (("neutrino", "mu", ("e", "ebar")), ("antineutrino", "mubar", ("ebar", "e"))):
        parts = {c.name.rsplit(" ", 1)[1]: c for c in sps.sps("charm-ii", mode).components}
        size = {name: float(np.sum(c.quadrature(c.intensity))) for name, c in parts.items()}
        mean = {n: float(np.sum(c.quadrature(c.intensity * c.energy))) / size[n] for n, c in parts.items()}
        for species, relative, energy in zip(pair, (0.010, 0.0027), (36.4, 27.6), strict=True):
            assert size[species] / size[focused] == pytest.approx(relative, rel=1e-6, abs=0)
            assert mean[species] / mean[focused] == pytest.approx(energy / 24.3, rel=0.01, abs=0)


def test_ship_bins_are_those_of_the_file() -> None:
    """Each bin above 2 GeV, to the coarseness of the nodes at its edges; the first one is spread from 0.1 GeV on."""
    table = tables.load("fluxes/data/ship.csv")
    for species in ("e", "mu"):
        c = next(c for c in beam_dumps.ship().components if c.name.endswith(f" {species}"))
        weight = beam_dumps.SHIP_FACE_CM2 * c.quadrature(c.intensity)
        for low, high, content in list(zip(table["low"], table["high"], table[species], strict=True))[:-1]:
            inside = weight[(c.energy >= low) & (c.energy < high)].sum()
            assert inside == pytest.approx(content * (high - low), rel=0.2, abs=0)


def test_lbnf_tail_above_five_and_ten_gev() -> None:
    """4.8 and 2.3 per cent of the nu_mu: what the high-energy searches live on."""
    muon = next(c for c in horn_beams.lbnf("near").components if c.name.endswith(" mu"))
    weight = muon.quadrature(muon.intensity)
    for edge, share in ((5.0, 0.048), (10.0, 0.023)):
        assert weight[muon.energy > edge].sum() / weight.sum() == pytest.approx(share, rel=0.05, abs=0)


def test_ship_counts_through_the_face() -> None:
    flux = beam_dumps.ship()
    for flavor, total in (("mu", 4.88e16), ("e", 6.65e15), ("tau", 5.4e14)):
        through = integral(flux, flavor) * beam_dumps.SHIP_FACE_CM2
        assert through == pytest.approx(total, rel=0.03, abs=0)


def test_donut_interacting_tau_neutrinos() -> None:
    # nu_tau interact at a mean of 111 GeV (with the tau threshold, which raises it), some 5 % of interactions
    flux = beam_dumps.donut()
    average = integral(flux, "tau", 2) / integral(flux, "tau", 1)
    assert 0.8 * 111 < average < 111
    counts = {s: integral(flux, s, 1) for s in ("e", "mu", "tau")}
    assert 0.02 < counts["tau"] / sum(counts.values()) < 0.06


def test_booster_falls_with_distance() -> None:
    ratio = integral(horn_beams.booster(600.0), "mu") / integral(horn_beams.booster(470.0), "mu")
    assert ratio == pytest.approx((470 / 600) ** 2, rel=1e-12, abs=0)
    # tables of three distances are independent: line source of 50 m in between
    assert (
        0.9
        < integral(horn_beams.booster(470.0), "mu") / integral(horn_beams.booster(541.0), "mu") / (541 / 470) ** 2
        < 1.15
    )


def test_booster_antineutrino_mode_away_from_miniboone() -> None:
    """At 541 m the published table; elsewhere the neutrino mode's change with distance, in size and in shape."""
    table = horn_beams.booster(541.0, "antineutrino")
    own = tables.load("fluxes/data/bnb_541m_rhc.csv")
    assert integral(table, "mubar") == pytest.approx(np.trapezoid(own["mubar"], own["energy"]), rel=0.03, abs=0)
    for baseline in (110.0, 470.0):
        moved, forward, reference = (
            horn_beams.booster(baseline, "antineutrino"),
            horn_beams.booster(baseline),
            horn_beams.booster(),
        )
        size = integral(moved, "mubar") / integral(table, "mubar")
        assert size == pytest.approx(integral(forward, "mu") / integral(reference, "mu"), rel=0.1, abs=0)
        softer = mean(moved, "mubar") / mean(table, "mubar")
        assert softer == pytest.approx(mean(forward, "mu") / mean(reference, "mu"), rel=0.06, abs=0)
    ratio = integral(horn_beams.booster(600.0, "antineutrino"), "mubar") / integral(
        horn_beams.booster(470.0, "antineutrino"), "mubar"
    )
    assert ratio == pytest.approx((470 / 600) ** 2, rel=1e-12, abs=0)


def test_what_is_carried_to_the_far_detector_has_the_public_totals() -> None:
    """nubar_mu and nu_e of neutrino mode, made from near spectra and the other horn mode; the file itself says so much."""
    flux = horn_beams.lbnf("far", oscillation=False)
    assert integral(flux, "mubar") == pytest.approx(1.21e-15, rel=0.03, abs=0)
    assert integral(flux, "e") == pytest.approx(1.5e-16, rel=0.03, abs=0)


def test_far_over_near_is_the_same_in_both_horn_modes() -> None:
    """Two tables each, of one beam line: the right-sign components agree in it at every energy that was read off."""
    energy = tables.load("fluxes/data/lbnf_far_fhc.csv")["energy"]
    neutrino, antineutrino = (
        tabulated.spectrum(f"lbnf_far_{horn}", species, energy)
        / tabulated.spectrum(f"lbnf_near_{horn}", species, energy)
        for horn, species in (("fhc", "mu"), ("rhc", "mubar"))
    )
    assert np.max(np.abs(antineutrino / neutrino - 1.0)) < 0.1  # the edge of the peak at 4.9 GeV is the worst
    assert np.median(np.abs(antineutrino / neutrino - 1.0)) < 0.03


def test_far_detector_has_tau_neutrinos_at_the_maximum() -> None:
    flux = horn_beams.lbnf("far")
    energy = np.array([2.5])
    appearing = flux.differential(energy, "tau") / flux.differential(energy)
    assert 0.8 < float(appearing[0]) < 1.0
    before = horn_beams.lbnf("far", oscillation=False)
    assert flux.total() == pytest.approx(before.total(), rel=1e-12, abs=0)
    assert before.total("tau") == 0.0


def test_oscillation_at_the_far_detector_agrees_with_two_flavours() -> None:
    flux = horn_beams.lbnf("far", oscillation=True)
    muon = next(c for c in flux.components if c.name == "lbnf_far_fhc mu")
    survival = muon.density[..., 1, 1].real
    phase = 1.267 * 2.46e-3 * 1285.0 / muon.energy
    high = muon.energy > 1.5
    two_flavour = 1.0 - 4 * 0.45 * (1 - 0.0222) * (1 - 0.45 * (1 - 0.0222)) * np.sin(phase) ** 2
    assert np.max(np.abs(survival - two_flavour)[high]) < 0.05


@pytest.mark.parametrize("baseline", [109.0, 0.0, -1.0, 541.5, float("nan")])
def test_unknown_booster_distance_is_refused(baseline: float) -> None:
    with pytest.raises(DomainError, match="110, 470, 541 and 600"):
        horn_beams.booster(baseline)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="neutrino, antineutrino"):
        horn_beams.t2k("fhc")
    with pytest.raises(UnknownNameError, match="low-energy"):
        horn_beams.numi("high-energy")
    with pytest.raises(DomainError, match="neutrino mode"):
        sps.sps("nomad", "antineutrino")
    with pytest.raises(TableError):
        tabulated.spectrum("nothing", "mu", 1.0)


def test_nothing_is_extrapolated() -> None:
    assert tabulated.spectrum("numi_me_fhc", "mu", 6.0) > 0
    for outside in (0.5, 25.0):
        with pytest.raises(DomainError, match=r"tabulated from 1\.1 to 19\.75 GeV"):
            tabulated.spectrum("numi_me_fhc", "mu", outside)


def test_a_tabulated_flux_is_unknown_outside_its_table() -> None:
    assert horn_beams.booster().differential(0.6, "mu") > 0
    for flux, outside in ((horn_beams.booster(), 20.0), (horn_beams.lbnf("far"), 0.1), (beam_dumps.ship(), 500.0)):
        with pytest.raises(DomainError, match="is tabulated from"):
            flux.differential(np.array([5.0, outside]), "mu")
        with pytest.raises(DomainError, match="is tabulated from"):
            flux.scaled(2.0).differential(float("nan"))


def test_interpolation_is_exact_for_power_laws_and_linear_next_to_zero() -> None:
    energy = np.array([1.0, 3.0, 10.0, 20.0])
    values = np.array([1.0, 3.0**-2.5, 10.0**-2.5, 0.0])
    assert tabulated.interpolate(energy, values, 5.0) == pytest.approx(5.0**-2.5, rel=1e-12, abs=0)
    assert tabulated.interpolate(energy, values, 15.0) == pytest.approx(0.5 * 10.0**-2.5, rel=1e-12, abs=0)
    assert tabulated.interpolate(energy, values, energy) == pytest.approx(values, rel=1e-6, abs=0)


def test_moments_reach_every_flavour_and_direction() -> None:
    flux = beam_dumps.donut()
    by_flavor = [flux.cumulative_moments(Direction(f), np.array([0.0]))[0, 0] for f in ("e", "mu", "tau")]
    assert sum(by_flavor) == pytest.approx(
        flux.cumulative_moments(Direction("universal"), np.array([0.0]))[0, 0], rel=1e-6, abs=0
    )


@pytest.mark.parametrize("species", ["e", "mu", "ebar", "mubar"])
@pytest.mark.parametrize(
    ("flux", "table"), [(horn_beams.booster(541.0), "fhc"), (horn_beams.booster(541.0, "antineutrino"), "rhc")]
)
def test_the_booster_keeps_the_outer_halves_of_its_first_and_last_bin(flux: Flux, table: str, species: str) -> None:
    """W21 of the list of faults: bins of 50 MeV begin at zero energy, wrong-sign muon neutrinos lost 2 to 4 % there."""
    own = tables.load(f"fluxes/data/bnb_541m_{table}.csv")
    edges = np.concatenate([np.arange(0, 2, 0.05), np.arange(2, 3, 0.1), np.arange(3, 5, 0.25), np.arange(5, 8.1, 0.5)])
    width = np.diff(edges)[: len(own["energy"])]
    assert integral(flux, species) == pytest.approx(float(np.sum(own[species] * width)), rel=1e-2, abs=0)
    first = next(c for c in flux.components if c.name.endswith(f" {species}"))
    below = first.energy <= 0.0251
    assert np.trapezoid(first.intensity[below], first.energy[below]) == pytest.approx(
        0.024 * own[species][0], rel=1e-2, abs=0
    )
