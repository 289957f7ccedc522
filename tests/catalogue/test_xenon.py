"""The xenon experiments, SuperCDMS and XLZD against published counts and moments, and against their own physics."""

from dataclasses import replace

import numpy as np
import pytest

from nudipole import kinematics, units
from nudipole.api import direction
from nudipole.catalogue import registry
from nudipole.catalogue.experiment import Experiment
from nudipole.inputs import cards, tables
from nudipole.portal import Portal

ELECTRONS = ("xenon1t-er", "xenonnt-nees", "pandax4t-nees", "lz-nees", "xenon-nees-combined", "supercdms")
NUCLEI = ("xenon1t-nr", "xenonnt-cevns", "pandax4t-cevns", "lz-cevns", "xenon-cevns-combined", "xlzd")
MASSLESS = 1e-6


def moment(key, flavor="universal", preset="default", mass=MASSLESS):
    """Limit in Bohr magnetons."""
    return units.mu_from_d(float(registry.get(key).limit([mass], direction(flavor), preset=preset).lower[-1]))


def counts(key, part, preset="default"):
    return registry.get(key).model(preset).components()[part]


# --- Standard Model counts --------------------------------------------------------------------------------------------
def test_xenonnt_expects_the_published_number_of_8b_recoils():
    """Runs 0 and 1, 11.9 published; and bin by bin what an independent fold of the release has for 5.46e6 per cm^2 s."""
    assert 11.9 - 4.2 < counts("xenonnt-cevns", "standard model", "one-count").sum() < 11.9 + 4.5
    table = tables.load("catalogue/data/xenonnt-8b.csv")
    assert counts("xenonnt-cevns", "standard model") == pytest.approx(table["boron"], rel=0.03, abs=0)
    release = tables.load("catalogue/data/xenonnt-s2only.csv")["cevns"].sum()
    assert counts("xenonnt-cevns", "standard model", "s2-only").sum() == pytest.approx(release, rel=0.10, abs=0)


def test_xenonnt_release_of_8b_is_grouped_without_loss():
    """Nine, 28 and 25 events; accidental coincidences 7.48, 17.77 and 14.86."""
    table = tables.load("catalogue/data/xenonnt-8b.csv")
    runs = [table["observed"][start : start + 10].sum() for start in (0, 10, 20)]
    assert runs == [9, 28, 25]
    assert [table[f"ac{run}"].sum() for run in range(3)] == pytest.approx([7.4816, 17.767, 14.865], rel=1e-3, abs=0)


def test_xenonnt_8b_moments_of_the_releases():
    """An independent fit has 1.28e-9 for runs 0 and 1 and 9.7e-10 for ionisation alone; one count has 1.53e-9."""
    assert moment("xenonnt-cevns", preset="s2-only") == pytest.approx(9.7e-10, rel=0.05, abs=0)
    assert moment("xenonnt-cevns", preset="one-count") == pytest.approx(1.53e-9, rel=0.01, abs=0)
    assert 0.8 * 1.28e-9 < moment("xenonnt-cevns") < 1.28e-9


def test_pandax_8b_recoils_agree_with_the_fit_to_paired_events():
    best_fit, relative_error = 3.5, 0.37
    ours = counts("pandax4t-cevns", "standard model").sum()
    assert abs(ours - best_fit) < relative_error * best_fit


def test_lz_reaches_its_published_significance_with_the_background_of_the_card():
    signal, background = (
        counts("lz-cevns", part, "expectation").sum() for part in ("standard model", "accidental coincidences")
    )
    asimov = np.sqrt(2 * ((signal + background) * np.log(1 + signal / background) - signal))
    assert asimov == pytest.approx(4.5, abs=0.1)


def test_solar_neutrinos_in_xenonnt_as_in_its_background_table():
    recoils = counts("xenonnt-nees", "standard model", "figure")
    assert recoils.sum() == pytest.approx(300.0, abs=30.0)  # 1-140 keV, 1.16 t yr
    efficiency = 0.79
    assert recoils[2:6].mean() / (1.16 * 2 * efficiency) == pytest.approx(2.45 / efficiency, rel=0.05, abs=0)


def test_background_and_solar_neutrinos_describe_xenonnt():
    likelihood = registry.get("xenonnt-nees").model().likelihood
    assert 45 < likelihood.chi2(np.zeros((1, likelihood.bins)))[0][0] < 95  # 70 bins


def test_the_count_of_lz_is_its_measured_flux_over_the_solar_model():
    """(3.1 +2.1 -1.3) over 5.46, in 1e6 per cm^2 s, times our own events."""
    model = registry.get("lz-cevns").model()
    expected = counts("lz-cevns", "standard model").sum()
    section = model.card.observation
    assert section.counts == pytest.approx(expected * 3.1 / 5.46, rel=0.01, abs=0)
    assert section.uncertainty == pytest.approx(expected * 2.1 / 5.46, rel=0.01, abs=0)


# --- moments, M -> 0 --------------------------------------------------------------------------------------------------
def test_lz_moment_is_the_collaborations_within_30_per_cent():
    assert moment("lz-nees", preset="lz2023") == pytest.approx(1.36e-11, rel=0.30, abs=0)


@pytest.mark.parametrize(
    ("key", "preset", "plateau"),
    [
        ("lz-nees", "lz2024", slice(5, 9)),
        ("xenon1t-er", "default", slice(4, 8)),
        ("pandax4t-nees", "default", slice(4, 7)),
    ],
)
def test_published_backgrounds_show_that_efficiency_acts_on_the_reconstructed_energy(key, preset, plateau):
    """A flat spectrum, smeared and then cut, has the first three bins of the published background; cut and then smeared it has not."""
    model = registry.get(key).model(preset)
    true = np.linspace(5e-8, 4e-5, 4000)
    published = model.components()[model.card.background[0].name]
    first = slice(0, 2) if key == "xenon1t-er" else slice(0, 3)
    off = {}
    for space in ("reconstructed", "recoil"):
        response = replace(model.response, efficiency=replace(model.response.efficiency, space=space))
        folded = response.matrix(true).sum(axis=1)
        off[space] = np.sum(
            np.abs(folded[first] / folded[plateau].mean() - published[first] / published[plateau].mean())
        )
    assert off["reconstructed"] < 0.75 * off["recoil"]


def test_lz_runs_are_added_without_loss():
    """Counts, backgrounds and efficiency times exposure of the two runs."""
    joint, first, second = (tables.load(f"catalogue/data/lz-{run}.csv") for run in ("2025", "ws2022", "ws2024"))
    assert np.array_equal(joint["observed"], first["observed"] + second["observed"])
    together = first["background"] + second["background"]
    assert joint["background"] + joint["argon37"] == pytest.approx(together, rel=1e-4, abs=0)
    assert joint["argon37"].sum() == pytest.approx(52.5, rel=0.01, abs=0)
    joint, first, second = (
        tables.load(f"catalogue/data/lz-{run}-efficiency.csv") for run in ("2025", "ws2022", "ws2024")
    )
    at = np.array([2.0, 3.0, 7.0, 15.0, 19.0])
    weighted = 0.907 * np.interp(at, first["energy"], first["efficiency"])
    weighted += 3.3 * np.interp(at, second["energy"], second["efficiency"])
    assert 4.207 * np.interp(at, joint["energy"], joint["efficiency"]) == pytest.approx(weighted, rel=2e-3, abs=0)


@pytest.mark.parametrize("mass", [MASSLESS, 1e-4, 3e-4])
def test_lz_runs_added_give_the_limit_of_a_joint_fit(mass):
    """Each run fitted apart, with backgrounds and 37Ar of its own, and their Delta chi^2 added."""
    mu, profile = np.geomspace(1e-12, 1e-9, 1501), np.zeros(1501)
    for preset in ("lz2023", "lz2024"):
        model = registry.get("lz-nees").model(preset)
        signal = model.signal(np.array([mass]), direction("universal"))
        profile += model.statistic().delta_chi2(signal, np.zeros(mu.size, dtype=int), units.d_from_mu(1.0) * mu)
    joint = mu[profile - profile.min() < 2.706].max()
    assert moment("lz-nees", mass=mass) == pytest.approx(joint, rel=0.03, abs=0)


def test_xenonnt_release_gives_the_collaborations_moment():
    """An independent unbinned fit of the 433 events has 7.2e-12 two-sided and 5.8e-12 one-sided; published 6.4e-12."""
    assert moment("xenonnt-nees") == pytest.approx(7.2e-12, rel=0.05, abs=0)
    assert moment("xenonnt-nees", preset="one-sided") == pytest.approx(5.8e-12, rel=0.07, abs=0)
    assert moment("xenonnt-nees", preset="figure") > 1.4 * 6.4e-12


def test_xenonnt_release_is_binned_without_loss():
    """433 events up to 30 keV; 426.5 expected by the released background over the same range."""
    table = tables.load("catalogue/data/xenonnt-sr0.csv")
    released = table["high"] <= 30.0
    assert table["observed"][released].sum() == 433
    assert table["background"][released].sum() == pytest.approx(426.53, rel=1e-4, abs=0)
    assert np.all(table["low"][1:] == table["high"][:-1])


def test_many_body_ratio_lowers_the_rate_where_the_window_lies():
    """Events go down by the ratio, 0.84 to 0.91 below 5 keV, and the limit up by its square root."""
    rate = {
        preset: registry.get("xenonnt-nees").rate(
            Portal(MASSLESS, units.d_from_mu(1e-11), direction("universal")), preset
        )
        for preset in ("default", "rrpa")
    }
    low = rate["default"].edges[1:] <= 5.0
    share = rate["rrpa"].signal[low].sum() / rate["default"].signal[low].sum()
    assert 0.89 < share < 0.915
    assert moment("xenonnt-nees", preset="rrpa") == pytest.approx(
        moment("xenonnt-nees") / np.sqrt(share), rel=0.02, abs=0
    )


def test_xenon1t_prefers_the_moment_of_its_excess():
    model = registry.get("xenon1t-er").model()
    signal = model.signal(np.array([MASSLESS]), direction("universal"))
    mu = np.linspace(0.0, 5e-11, 201)
    profile = model.statistic().delta_chi2(signal, np.zeros(mu.size, dtype=int), units.d_from_mu(1.0) * mu)
    assert 1.4e-11 < mu[np.argmin(profile)] < 2.9e-11
    assert 2.5 < np.sqrt(-profile.min()) < 4.0  # published: 3.2 sigma


def test_moment_of_the_electron_combination_lies_below_the_published_bound():
    assert 6.4e-12 < moment("xenon-nees-combined", preset="deromeri2025") < 1.5e-11


def test_the_published_moment_from_8b_cannot_come_from_nuclear_recoils():
    """1.5e-10 mu_B (De Romeri et al. as quoted by the review) changes the coherent rate by two per cent."""
    for key in ("xenonnt-cevns", "pandax4t-cevns"):
        portal = Portal(MASSLESS, units.d_from_mu(1.5e-10), direction("universal"))
        rate = registry.get(key).rate(portal)
        assert rate.signal.sum() < 0.025 * rate.components["standard model"].sum()


def test_electrons_that_leak_into_the_8b_window_bracket_the_published_moment():
    assert moment("xenon-cevns-combined", preset="with-electrons") < 1.5e-10 < moment("xenon-cevns-combined")


@pytest.mark.parametrize(
    ("key", "preset", "expected"),
    [
        ("lz-nees", "lz2023", [1.09e-11, 1.30e-11, 3.2e-11, 7.6e-11, 8.6e-10, 3.4e-9]),
        ("lz-nees", "lz2024", [8.0e-12, 1.0e-11, 2.7e-11, 6.8e-11, 5.3e-10, 2.8e-9]),
    ],
)
def test_an_independent_recast_of_lz(key, preset, expected):
    """Same bins, one background pull of 5 per cent, no other: numbers of a separate code, M = 0 to 1 MeV."""
    file = registry.card_directory() / f"{key}.toml"
    raw = cards.apply_preset(cards.read(file), preset, file) | {"nuisance": [], "presets": {}}
    raw["background"] = [{"name": "fit", "column": "background", "uncertainty": 0.05}]
    raw["response"]["efficiency"]["space"] = "recoil"  # as that code has it
    recast = Experiment(cards.convert(raw, type(registry.get(key).card), file), raw, file)
    limit = recast.limit(np.array([1e-3, 0.1, 0.2, 0.3, 0.5, 1.0]) * units.MEV, direction("universal"))
    assert [units.mu_from_d(d) for d in limit.lower] == pytest.approx(expected, rel=0.10, abs=0)


@pytest.mark.parametrize(
    ("key", "preset", "events"),
    [
        ("lz-nees", "lz2023", 24),
        ("lz-nees", "lz2024", 88),
        ("lz-nees", "default", 112),
        ("xenonnt-nees", "default", 30),
    ],
)
def test_signal_events_at_1e_11_bohr_magnetons(key, preset, events):
    rate = registry.get(key).rate(Portal(MASSLESS, units.d_from_mu(1e-11), direction("universal")), preset)
    below_30_kev = rate.edges[1:] <= 30.0
    assert rate.signal[below_30_kev].sum() == pytest.approx(events, rel=0.05, abs=0)


def test_supercdms_reaches_1e_8_per_gev():
    assert float(registry.get("supercdms").limit([MASSLESS], direction("universal")).lower[0]) == pytest.approx(
        1e-8, rel=0.5, abs=0
    )


# --- physics ----------------------------------------------------------------------------------------------------------
def test_flavours_share_the_universal_limit_by_survival_probability():
    """Below 0.1 MeV pp neutrinos rule: P_ee = 0.545, and the rest shared by sin^2 and cos^2 of theta_23."""
    universal, e, mu, tau = (moment("xenonnt-nees", f) for f in ("universal", "e", "mu", "tau"))
    assert (universal / e) ** 2 == pytest.approx(0.545, abs=0.01)
    assert (universal / e) ** 2 + (universal / mu) ** 2 + (universal / tau) ** 2 == pytest.approx(1.0, abs=0.01)


def test_the_coherent_sum_is_another_answer_than_the_effective_moment():
    assert moment("xenonnt-nees", "coherent") != pytest.approx(moment("xenonnt-nees", "universal"), rel=0.05, abs=0)


@pytest.mark.parametrize(("keys", "mass"), [(ELECTRONS, units.ELECTRON_MASS), (NUCLEI, 132 * 0.9315)])
def test_no_limit_above_the_kinematic_edge(keys, mass):
    edge = float(kinematics.maximum_hnl_mass(18.784e-3, mass))  # hep neutrinos
    for key in keys:
        experiment = registry.get(key)
        assert experiment.model().maximum_mass() == pytest.approx(edge, rel=0.01, abs=0)
        assert experiment.limit([1.02 * edge], direction("universal")).excluded == ((),)


@pytest.mark.parametrize("key", [*ELECTRONS, *NUCLEI])
def test_counts_fall_with_mass_in_every_bin_and_limits_exist_for_every_flavour(key):
    experiment = registry.get(key)
    masses = np.geomspace(1e-6, 0.7 * experiment.model().maximum_mass(), 25)
    for flavor in experiment.flavors:
        signal, weak = experiment.model().signal(masses, direction(flavor)), np.array([1e-14])
        per_d2 = np.array([signal.counts(index, weak)[0] for index in range(len(masses))]) / weak[0] ** 2
        assert np.all(np.diff(per_d2, axis=0) <= 1e-9 * per_d2[:1])
        limit = experiment.limit(masses, direction(flavor))
        assert np.all(np.isfinite(limit.lower[:15]))
        assert np.all(limit.upper[:15] >= limit.lower[:15])


@pytest.mark.parametrize(
    ("joint", "members"),
    [
        ("xenon-nees-combined", ("lz-nees", "xenonnt-nees", "pandax4t-nees")),
        ("xenon-cevns-combined", ("xenonnt-cevns", "pandax4t-cevns")),
    ],
)
def test_combining_beats_every_member(joint, members):
    assert moment(joint) < min(moment(member) for member in members)


def test_presets_of_projections_change_the_recoil():
    assert moment("supercdms", preset="nuclear") > moment("supercdms")
    electrons = moment("supercdms", mass=2e-3)  # nan: every N decays on its way out
    assert not electrons <= moment("supercdms", preset="nuclear", mass=2e-3)
    assert moment("xlzd", preset="electron") < 0.1 * moment("xlzd")


def test_xlzd_improves_on_todays_detectors():
    assert moment("xlzd") < moment("xenon-cevns-combined")
    assert moment("xlzd", preset="electron") < moment("xenon-nees-combined")
