"""Photon searches in accelerator beams: published curves, ceilings, flavours, envelopes, regions of interest."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nudipole.catalogue import registry
from nudipole.catalogue.experiment import Experiment
from nudipole.compilation import validation
from nudipole.constraint import Interval
from nudipole.errors import CardError
from nudipole.inputs import cards, tables
from nudipole.portal import Direction, Portal
from nudipole.processes import validity
from nudipole.signals.joint import envelope
from nudipole.signals.upscattering import model as upscatter_decay

KEYS = (
    "nomad", "miniboone", "miniboone-roi", "miniboone-dump", "lsnd", "minerva", "t2k-nd280", "t2k-ii", "sbnd",
    "microboone", "icarus", "dune-nd", "dune-fd", "hyper-k", "ship-main", "ship-ecc",
)  # fmt: skip


def limit(key, masses, flavor="mu", preset="default", cl=None):
    return registry.get(key).limit(np.atleast_1d(masses), Direction(flavor), cl, preset)


@functools.cache
def ratio(key, table, flavor, preset="default", low=0.0, high=np.inf):
    """Ours over theirs at the published masses in a range [GeV]."""
    published = tables.load(f"catalogue/published/{table}.csv")
    keep = (published["mass_GeV"] >= low) & (published["mass_GeV"] <= high)
    return limit(key, published["mass_GeV"][keep], flavor, preset).lower / published["d_low"][keep]


# --- published curves: the range of masses is where their cross section is coherent like ours ---------------------------
@pytest.mark.parametrize(
    ("key", "table", "flavor", "preset", "low", "high"),
    [
        ("miniboone", "miniboone", "mu", "default", 0.0, 0.15),
        ("minerva", "minerva", "mu", "photon", 0.0, 0.25),
        ("microboone", "microboone-e", "e", "projection", 0.0, 0.06),
        ("microboone", "microboone-mu", "mu", "projection", 0.0, 0.15),
        ("dune-nd", "dune-nd-mu-highE", "mu", "ovchynnikov2022", 0.0, 8.5),
        ("ship-main", "ship-main-mu", "mu", "background-free", 0.0, 0.6),
        ("ship-main", "ship-main-tau", "tau", "background-free", 0.0, 0.4),
        ("dune-nd", "dune-nd-e-strong", "e", "schwetz2021", 0.0, 0.6),
        ("dune-nd", "dune-nd-e-weak", "e", "schwetz2021-weak", 0.0, 0.6),
        ("dune-fd", "dune-fd-tau-strong", "tau", "schwetz2021", 0.2, 1.2),
        ("dune-fd", "dune-fd-tau-weak", "tau", "schwetz2021-weak", 0.2, 1.2),
    ],
)
def test_published_curve_within_a_quarter(key, table, flavor, preset, low, high):
    values = ratio(key, table, flavor, preset, low, high)
    assert values.size > 0
    assert 0.8 < np.median(values) < 1.25
    assert values.min() > 0.65
    assert values.max() < 1.5


@pytest.mark.parametrize(
    ("key", "flavor", "preset"),
    [
        ("sbnd", "mu", "magill2018"),
        ("microboone", "mu", "magill2018"),
        ("ship-main", "tau", "background-free"),
        ("dune-nd", "e", "schwetz2021"),
        ("dune-nd", "e", "schwetz2021-weak"),
    ],
)
def test_what_agrees_goes_on_agreeing(key, flavor, preset):
    """Median within 25 % and a factor two everywhere, the whole published range, whether it is evidence or not."""
    checks = [c for c in validation.compare_key(key) if (c.flavor, c.preset) == (flavor, preset)]
    assert replace(checks[0], evidence=True).verdict == "agrees"


def test_shape_of_the_dune_near_curve():
    """Normalised by one number of events, the muon curve has the published shape over three decades of mass."""
    values = ratio("dune-nd", "dune-nd-mu-strong", "mu", "schwetz2021", 0.0, 0.8)
    assert values.max() / values.min() < 1.15


def test_the_tail_of_the_flux_and_the_rock_reach_further():
    masses = [0.03, 0.3, 2.0, 5.0]
    revisited = limit("dune-nd", masses, preset="ovchynnikov2022").lower
    first = limit("dune-nd", masses, preset="schwetz2021").lower
    assert np.all(revisited[:3] < 0.3 * first[:3])
    assert revisited[3] < 1e-6


# --- ceilings ------------------------------------------------------------------------------------------------------------
def test_decay_vessel_has_a_ceiling_of_the_published_size():
    """Where N decays before the vessel nothing is seen: 7.2e-4, 5.1e-5, 3.7e-6, 9.8e-7 GeV^-1 are published."""
    curve = limit("ship-main", [0.03, 0.1, 0.3, 0.5], preset="background-free")
    assert np.all(np.isfinite(curve.upper))
    published = np.array([7.2e-4, 5.1e-5, 3.7e-6, 9.8e-7])
    assert np.all(np.abs(np.log(curve.upper / published)) < np.log(3.5))  # the vessel's distance is from memory
    assert np.all(np.diff(np.log(curve.upper)) < 0)


def test_emulsion_target_has_no_ceiling():
    """N decays where it is made, at any coupling: the curve closes where the operator ends."""
    end = validity.largest_coupling(registry.get("ship-ecc").model().largest_s, [0.03, 0.3])
    assert limit("ship-ecc", [0.03, 0.3]).upper == pytest.approx(end, rel=1e-9, abs=0)


def test_double_cascades_have_a_ceiling():
    assert np.isfinite(limit("hyper-k", 0.05).upper[0])


# --- physics of each beam ------------------------------------------------------------------------------------------------
WITH_TAU = ("ship-main", "ship-ecc", "dune-nd", "dune-fd", "hyper-k")  # charm, or enough baseline


@pytest.mark.parametrize("key", KEYS)
def test_flavours_are_those_of_the_beam(key):
    expected = {"e", "mu", "universal"} | ({"tau"} if key in WITH_TAU else set())
    assert set(registry.get(key).flavors) == expected


def test_absent_flavour_is_not_excluded():
    assert limit("miniboone", 0.1, "tau").excluded == ((),)


def test_soil_matters_for_long_lived_n_only():
    masses = [0.03, 0.6]
    full, tank = limit("miniboone", masses).lower, limit("miniboone", masses, preset="no-soil").lower
    assert tank[0] > 3.0 * full[0]
    assert tank[1] == pytest.approx(full[1], rel=0.02, abs=0)


def test_electron_flavour_is_weaker_by_the_beam_composition():
    """Long-lived N: events as d^4 times flux, and nu_e are 0.6 per cent of the Booster beam."""
    electron, muon = (limit("miniboone", 0.01, f).lower[0] for f in ("e", "mu"))
    assert 0.003 < (muon / electron) ** 4 < 0.02


def test_majorana_n_decays_twice_as_often():
    """Without a cut on the photon exactly; with one a bit more, since photons of Dirac N fly backwards and are softer."""
    file = registry.get("dune-nd").file
    counts = {}
    for cut in (0.0, 0.03):
        raw = dict(registry.get("dune-nd").raw)
        raw["selection"] = {"energy_min_GeV": cut}
        model = upscatter_decay.build(cards.convert(raw, upscatter_decay.CardType, file), file)
        for nature in ("dirac", "majorana"):
            signal = model.signal(np.array([0.01]), Direction("mu", nature=nature))
            counts[nature, cut] = signal.counts(0, np.array([1e-8])).sum()
    assert counts["majorana", 0.0] / counts["dirac", 0.0] == pytest.approx(2.0, rel=0.005, abs=0)
    assert 2.0 < counts["majorana", 0.03] / counts["dirac", 0.03] < 2.2


def test_pairs_in_gas_need_light_n():
    """Heavier N decay before they reach a gas volume from solid matter; a dense gas would not need them to."""
    real, dense = (limit("t2k-nd280", [0.1, 0.5], preset=p).lower for p in ("default", "dense-gas"))
    assert 4e-7 < real[0] < 8e-7
    assert real[1] > 20.0 * dense[1]


def test_the_published_nd280_curve_needs_n_that_need_not_live():
    """2412.15051: met below 0.15 GeV with its choices, and from 0.3 GeV on only if N may decay anywhere."""
    published = tables.load("catalogue/published/nd280.csv")
    light, heavy = published["mass_GeV"] < 0.15, published["mass_GeV"] > 0.3
    masses = published["mass_GeV"]
    honest = limit("t2k-nd280", masses, preset="liu2024").lower / published["d_low"]
    anywhere = limit("t2k-nd280", masses[heavy], preset="no-survival").lower / published["d_low"][heavy]
    assert np.all(np.abs(np.log(honest[light])) < np.log(1.15))
    assert np.all(honest[heavy] > 20.0)
    assert np.all(np.abs(np.log(anywhere)) < np.log(1.45))


def test_nd280_does_not_lead():
    """The claim from 390 to 743 MeV: MINERvA's published curve is never passed."""
    minerva = tables.load("catalogue/published/minerva.csv")
    masses = np.linspace(0.25, 0.8, 56)
    other = np.exp(np.interp(np.log(masses), np.log(minerva["mass_GeV"]), np.log(minerva["d_low"])))
    assert not np.any(limit("t2k-nd280", masses).lower < other)
    assert np.any(limit("t2k-nd280", masses, preset="no-survival").lower < other)


def test_an_efficiency_by_mass_is_a_factor():
    """0.063 at 150 and 0.071 at 475 MeV and beyond, over 0.10 at every mass."""
    for mass, efficiency in ((0.15, 0.063), (0.225, 0.0845), (0.6, 0.071)):
        counts = [
            registry.get("t2k-nd280")
            .model(preset)
            .signal(np.array([mass]), Direction("mu"))
            .counts(0, np.array([1e-8]))
            for preset in ("default", "constant-efficiency")
        ]
        assert counts[0].sum() / counts[1].sum() == pytest.approx(efficiency / 0.10, rel=1e-6, abs=0)


def test_a_tighter_cut_on_the_direction_of_n_keeps_less():
    """And a cut at -1 keeps all; N of a GeV beam on argon are within some degrees of it."""
    raw = cards.apply_preset(registry.get("t2k-nd280").raw, "liu2024", "card")

    def events(cosine):
        changed = raw | {"selection": raw["selection"] | {"hnl_cosine_min": cosine}}
        card = cards.convert(changed, upscatter_decay.CardType, "card")
        model = upscatter_decay.build(card, registry.get("t2k-nd280").file)
        return model.signal(np.array([0.3]), Direction("mu")).counts(0, np.array([1e-5])).sum()

    everything, wide, narrow, none = (events(c) for c in (-1.0, 0.99, 0.999, 1.0))
    assert everything > wide > narrow > 0.0 == none
    assert wide > 0.7 * everything


def test_more_protons_reach_further():
    masses = [0.05, 0.15]
    assert np.all(limit("t2k-ii", masses).lower < limit("t2k-ii", masses, preset="three-years").lower)


def test_off_target_run_is_weaker_than_the_horn_run():
    assert limit("miniboone-dump", 0.05, cl=0.9).lower[0] > limit("miniboone", 0.05, cl=0.9, preset="default").lower[0]


def test_collinear_photons_of_nomad_are_better_limited():
    assert limit("nomad", 0.1, preset="collinear").lower[0] < limit("nomad", 0.1).lower[0]


# --- regions of interest -------------------------------------------------------------------------------------------------
def test_region_of_interest_explains_the_excess():
    """Inside the region the events above background are the excess, 547 in 200 to 1250 MeV, within its error."""
    experiment = registry.get("miniboone-roi")
    masses = np.array([0.1, 0.2, 0.35])
    region = experiment.limit(masses, Direction("mu")).excluded
    for mass, intervals in zip(masses, region, strict=True):
        (interval,) = intervals
        middle = float(np.sqrt(interval.low * interval.high))
        rate = experiment.rate(Portal(mass, middle, Direction("mu")))
        assert 250.0 < rate.signal[:9].sum() < 850.0


def test_region_of_interest_is_closed_and_bounded_in_mass():
    region = limit("miniboone-roi", [0.05, 0.2, 0.9]).excluded
    assert all(i.high is not None for intervals in region for i in intervals)
    assert region[0]
    assert region[1]
    assert not region[2]


def test_the_joint_region_is_where_miniboone_places_it_and_lsnd_pulls_it_up():
    """LSND asks for more than MiniBooNE allows at any mass: even there it sees a tenth of its excess and less."""
    direction, masses = Direction("mu"), [0.02, 0.08, 0.2]
    both, alone = (limit(key, masses).excluded for key in ("miniboone-lsnd-roi", "miniboone-roi"))
    assert [bool(i) for i in both] == [True, True, False]  # heavier N are not made by pions in flight
    for mass, (one,), (other,) in zip(masses[:2], both[:2], alone[:2], strict=True):
        middle, before = (float(np.sqrt(i.low * i.high)) for i in (one, other))
        assert other.low < middle < other.high
        assert middle > before
        seen = registry.get("lsnd-excess").rate(Portal(mass, middle, direction)).signal.sum()
        assert 0.1 < seen < 0.2 * 87.9


def test_the_neutron_of_the_lsnd_excess_is_asked_for():
    """Coherent scattering leaves the nucleus whole: only knocked-out nucleons count."""
    matter = registry.get("lsnd-excess").card.matter
    assert {channel for part in matter for channel in part.channels} == {"incoherent"}


# --- envelopes -----------------------------------------------------------------------------------------------------------
def test_envelope_excludes_what_any_member_excludes():
    masses = [1e-4, 0.01, 0.1, 0.5]
    whole = limit("minerva", masses).lower
    parts = np.array([limit("minerva", masses, preset=p, cl=0.95).lower for p in ("photon", "nue")])
    assert whole == pytest.approx(np.nanmin(parts, axis=0), rel=1e-6, abs=0)


def test_envelope_of_lsnd_joins_recoils_and_photons():
    recoil, photon = (limit("lsnd", [1e-3, 0.03], "e", preset=p, cl=0.9).lower for p in ("one-sided", "photon"))
    assert recoil[0] < photon[0]  # light N: recoils
    assert np.isnan(recoil[1])  # beyond the threshold on electrons
    assert np.isfinite(photon[1])
    assert limit("lsnd", 0.03, "e").lower[0] == pytest.approx(photon[1], rel=0.2, abs=0)


def test_envelope_counts_and_statistic():
    experiment = registry.get("lsnd")
    portal = Portal(0.005, 1e-6, Direction("e"))
    rate = experiment.rate(portal)
    assert rate.signal.shape == (len(rate.edges) - 1,)
    assert experiment.test_statistic([portal])[0] != 0.0


def test_united_intervals():
    parts = [Interval(2.0, 5.0), Interval(1.0, 3.0), Interval(7.0, 8.0), Interval(7.5, None)]
    assert envelope.united(parts) == (Interval(1.0, 5.0), Interval(7.0, None))
    assert envelope.united([]) == ()


def test_envelope_refuses_an_envelope(tmp_path):
    raw = {"schema": 1, "key": "x", "title": "x", "signal": "envelope", "basis": "first-principles", "summary": "x"}
    (tmp_path / "inner.toml").write_text(
        'schema = 1\nkey = "inner"\ntitle = "x"\nsignal = "envelope"\nbasis = "first-principles"\nsummary = "x"\n'
        'members = ["nothing"]\n',
        encoding="utf-8",
    )
    card = cards.convert(raw | {"members": ["inner"]}, envelope.CardType, "x")
    with pytest.raises(CardError, match="cannot be a member"):
        envelope.build(card, tmp_path / "x.toml")
    missing = cards.convert(raw | {"members": ["absent"]}, envelope.CardType, "x")
    with pytest.raises(CardError, match="there is no card absent"):
        envelope.build(missing, tmp_path / "x.toml")


# --- several beams, several volumes, bad input -----------------------------------------------------------------------------
def _built(**changes):
    raw = cards.read(registry.card_directory() / "dune-nd.toml") | changes
    return upscatter_decay.build(cards.convert(raw, upscatter_decay.CardType, "x"), Path("x.toml"))


def _events(model, mass=0.1, d=1e-8):
    return float(model.signal(np.array([mass]), Direction("mu")).counts(0, np.array([d])).sum())


def test_beams_add():
    beam = {"flux": "lbnf", "site": "near", "mode": "neutrino"}
    one = _events(_built(source=[beam | {"protons_on_target": 1e21}]))
    two = _events(_built(source=[beam | {"protons_on_target": 1e21}, beam | {"protons_on_target": 2e21}]))
    single = _events(_built(source=beam, exposure={"protons_on_target": 1e21}))
    assert two / one == pytest.approx(3.0, rel=1e-6, abs=0)
    assert single == pytest.approx(one, rel=0.01, abs=0)


def test_volumes_add():
    """Two halves of a detector see what the whole sees."""
    half = {"model": "box", "width_m": 6.0, "height_m": 2.0, "length_m": 2.0}
    halves = [half | {"centre_m": [0.0, 0.0, z]} for z in (-1.0, 1.0)]
    matter = [cards.read(registry.card_directory() / "dune-nd.toml")["matter"][0]]
    cut = {"energy_min_GeV": 0.03}  # every photon is seen: the geometry of N alone
    plain = {"matter": matter, "selection": cut}
    assert _events(_built(**plain, detector=halves)) == pytest.approx(_events(_built(**plain)), rel=1e-6, abs=0)
    whole, split = _events(_built(matter=matter)), _events(_built(matter=matter, detector=halves))
    assert split == pytest.approx(whole, rel=5e-3, abs=0)  # decay points at which photons set out are a sample
    assert 0.9 < whole / _events(_built(**plain)) < 0.97  # the rest converts nowhere in the argon


def test_matter_behind_the_detector_is_refused():
    soil = {"name": "soil", "material": "crust", "density_g_cm3": 2.3, "upstream_m": [5.0, 55.0]}
    with pytest.raises(CardError, match=r"matter before it is at \[-55, -5\]"):
        _built(matter=[soil])


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([{"flux": "lbnf"}], "protons_on_target"),
        ([{"flux": "lbnf", "protons_on_target": -1.0}], "protons_on_target"),
        ([{"flux": "ship", "protons_on_target": 1e20}], "only fluxes per proton"),
        ({"flux": "lbnf", "energy_max_GeV": 0.0}, "energy_max_GeV"),
        ({"flux": "lbnf", "energy_max_GeV": 1e-9}, "leaves nothing"),
        ({"flux": "lbnf", "colour": "red"}, "colour"),
    ],
)
def test_bad_sources_are_refused(source, message):
    with pytest.raises(CardError, match=message):
        _built(source=source)


def test_user_copy_of_a_card_gives_the_same_limit():
    shipped = registry.get("sbnd")
    again = Experiment.from_file(registry.card_directory() / "sbnd.toml")
    assert again.limit([0.1], Direction("mu")).excluded == shipped.limit([0.1], Direction("mu")).excluded


@pytest.mark.parametrize("key", ["fasernu", "flare-100", "hyper-k", "icarus", "na62", "juno-earth"])
def test_validation_names_what_is_missing_where_no_curve_could_be_read(key):
    from nudipole.compilation import validation

    assert validation.compare_key(key) == ()
    page = validation.markdown((), [key])
    assert f"- **{key}** (" in page
    assert "()" not in validation.markdown((), ["hike"])  # no publication at all
    assert "## Publications without numbers to compare with" not in validation.markdown(())


@pytest.mark.parametrize(
    ("key", "mass", "more"),
    [("sbnd", 0.02, 1.47), ("sbnd", 0.1, 1.43), ("sbnd", 0.3, 1.29), ("microboone", 0.02, 1.05)],
)
def test_the_beam_absorber_adds_what_an_independent_calculation_found(key, mass, more, tmp_path):
    """W20, after 2501.09840: 47, 43 and 29 % of the events of SBND, some 5 % elsewhere, for N that lives long."""
    shipped = registry.get(key)
    text = shipped.file.read_text(encoding="utf-8").partition("[[published]]")[0]
    start = text.index('[[matter]]\nname          = "absorber"')
    path = tmp_path / "without.toml"
    path.write_text(text[:start] + text[text.index("\n[", start + 10) + 1 :], encoding="utf-8")
    point = Portal(mass, 1e-9, Direction("mu"))
    events = [experiment.rate(point).signal.sum() for experiment in (shipped, Experiment.from_file(path))]
    assert events[0] / events[1] == pytest.approx(more, rel=0.01 if key == "sbnd" else 0.02, abs=0)
