"""Collider cards: the published numbers under their presets, the physics of the defaults, speed and bad input."""

import tomllib
import warnings
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from nudipole import api
from nudipole.catalogue.experiment import Experiment
from nudipole.catalogue.registry import card_directory, get
from nudipole.cli.main import main
from nudipole.constraint import Constraint
from nudipole.errors import CardError
from nudipole.inference.count_models import Significance
from nudipole.inputs import cards, tables
from nudipole.portal import Completion, Direction
from nudipole.processes.validity import EffectiveTheoryWarning, OutOfReachWarning
from nudipole.signals.hadron_collider import mono_photon
from nudipole.signals.lepton_collider import mono_photon as collider
from nudipole.signals.lepton_collider import recasts as collider_recasts
from nudipole.signals.protocol import Signal

KEYS = ("lep", "besiii", "belle-ii", "stcf", "lhc-monophoton")
MU = Direction("mu")
GAUGE = Direction("mu", completion=Completion("gauge", 0.0))


def lower(key: str, masses, preset: str = "default", direction: Direction = MU):
    return get(key).limit(np.atleast_1d(masses), direction, preset=preset).lower


# --- against what was published ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(("preset", "table"), [("magill2018-cone", "lep"), ("magill2018-cone-z", "lep-z")])
def test_lep_presets_are_the_two_published_curves(preset, table):
    published = tables.load(f"catalogue/published/{table}.csv")
    mass = published["mass_GeV"]
    ours = lower("lep", mass, preset)
    drawn = np.isfinite(ours)  # photon alone ends below 90 GeV, where the operator does: see below
    assert np.all(drawn[mass <= 88.0])
    miss, mass = np.abs(ours / published["d_low"] - 1)[drawn], mass[drawn]
    assert np.all(miss[(mass >= 0.1) & (mass <= 88.0)] < 1e-3)
    assert np.all(miss < 0.012)  # 1 MeV, where the curve with a Z rises (decay length), and 90 GeV
    assert np.median(miss) < 5e-4


def test_the_plain_totals_leave_the_published_shape_above_ten_gev():
    published = tables.load("catalogue/published/lep.csv")
    mass = published["mass_GeV"]
    ratio = lower("lep", mass, "magill2018") / published["d_low"]
    assert np.all(np.abs(ratio[mass <= 10.0] - 1) < 0.10)
    assert ratio[mass == 50.0][0] == pytest.approx(0.53, abs=0.01)
    assert ratio[mass == 90.0][0] == pytest.approx(0.32, abs=0.01)


@pytest.mark.parametrize(("preset", "plateau"), [("magill2018", 2.47e-4), ("magill2018-z", 2.06e-5)])
def test_a_tenth_of_a_picobarn_alone_gives_the_plateaus_within_ten_per_cent(preset, plateau):
    ours = lower("lep", [0.001, 0.1, 1.0, 5.0], preset)
    assert np.all(np.abs(ours / plateau - 1) < 0.10)
    assert np.ptp(ours) < 1e-4 * plateau  # flat below 5 GeV


@pytest.mark.parametrize(("completion", "plateau"), [(Completion(), 2.47e-4), (Completion("gauge", 0.0), 2.065e-5)])
def test_the_angle_of_the_search_alone_gives_the_plateaus_within_one_per_cent(completion, plateau):
    direction, mass = Direction("mu", completion=completion), np.array([0.1, 1.0, 50.0, 90.0])
    kept = collider_recasts.cone_fraction(mass, 91.2, 0.7, 180.0)  # N within |cos| < 0.7, any photon
    d = np.sqrt(0.1 / (collider_recasts.total_cross_section(mass, direction, 91.2) * kept))
    assert d[:2] == pytest.approx(plateau, rel=0.01, abs=0)
    assert kept[0] == pytest.approx(0.7 * (1.5 - 0.5 * 0.7**2), rel=1e-6, abs=0)
    published = {2.47e-4: (4.88e-4, 1.59e-2), 2.065e-5: (4.08e-5, 1.33e-3)}[plateau]
    assert d[2:] / published == pytest.approx([0.60, 0.385], abs=0.01)  # not the shape


def test_the_completion_explains_the_factor_between_the_two_lep_limits():
    ratio = lower("lep", 1.0, "magill2018-cone") / lower("lep", 1.0, "magill2018-cone-z")
    assert ratio[0] == pytest.approx(2.4701e-4 / 2.0649e-5, rel=2e-3, abs=0)


@pytest.mark.parametrize(("key", "quoted"), [("besiii", 1.3e-5), ("belle-ii", 8e-6), ("stcf", 1.3e-6)])
def test_projections_near_one_gev(key, quoted):
    assert lower(key, 1.0, "zhang2022")[0] == pytest.approx(quoted, rel=0.30, abs=0)


def test_lhc_is_compared_and_within_what_its_card_says():
    table = tables.load("catalogue/published/lhc-monophoton.csv")
    mass = table["mass_GeV"]
    ratio = lower("lhc-monophoton", mass, "isotropic") / table["d_low"]  # NaN below 15 MeV and above 1.4 TeV
    assert np.all(np.abs(ratio[(mass >= 30) & (mass <= 300)] - 1) < 0.25)
    assert np.all((ratio[(mass >= 0.3) & (mass < 30)] > 1.3) & (ratio[(mass >= 0.3) & (mass < 30)] < 1.7))
    assert 1.5 < ratio[mass == 1000.0][0] < 1.9
    assert ratio[mass == 0.03][0] == pytest.approx(0.57, abs=0.02)
    assert ratio[mass == 0.1][0] == pytest.approx(0.97, abs=0.02)


def page_rows() -> list[list[str]]:
    """Rows of the tables of docs/physics/colliders.md, their cells without quotation marks."""
    page = Path(__file__).parents[2] / "docs" / "physics" / "colliders.md"
    rows = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in rows]


def test_the_page_quotes_the_limits_of_the_lhc():
    masses, found = [1.0, 100.0, 300.0, 1000.0], {}
    presets = set(get("lhc-monophoton").presets) - {"nonpointing", "delayed"}
    for cells in page_rows():
        if len(cells) == 8 and cells[0] in presets:
            ours = lower("lhc-monophoton", masses, cells[0])
            quoted = np.array([np.nan if cell == "–" else float(cell) for cell in cells[2:6]])
            assert quoted == pytest.approx(ours, rel=0.02, nan_ok=True, abs=0)
            assert [float(c) for c in cells[6:]] == pytest.approx([ours[0] / 6.3e-5, ours[1] / 9.8e-5], abs=0.006)
            found[cells[0]] = quoted
    assert set(found) == presets


def test_the_page_quotes_the_limits_of_the_lepton_colliders():
    found = set()
    for cells in page_rows():
        if len(cells) == 4 and cells[0] in get("lep").presets and cells[0] != "z-invisible":
            assert float(cells[2]) == pytest.approx(lower("lep", 1.0, cells[0])[0], rel=0.02, abs=0)
            found.add(cells[0])
        if len(cells) == 4 and cells[0] in KEYS:
            for cell, preset in zip(cells[1:3], ("default", "zhang2022"), strict=True):
                assert float(cell) == pytest.approx(lower(cells[0], 1.0, preset)[0], rel=0.02, abs=0)
            found.add(cells[0])
    assert found == set(get("lep").presets) - {"z-invisible"} | {"besiii", "belle-ii", "stcf"}


def test_no_decay_volume_gives_the_published_lhc_curve_its_slope():
    """d^2 F(d^2 M^4) = const with 0 < dlnF/dln < 1, any flight, any spectrum of N: d falls at most as 1 / M."""
    table = tables.load("catalogue/published/lhc-monophoton.csv")
    mass = table["mass_GeV"]
    inside = (mass >= 0.01) & (mass <= 0.1)
    slope = np.diff(np.log(table["d_low"][inside])) / np.diff(np.log(mass[inside]))
    assert np.all(slope < -1.25)
    ours = lower("lhc-monophoton", masses := np.geomspace(0.016, 0.5, 12), "isotropic")
    assert np.all(np.diff(np.log(ours)) / np.diff(np.log(masses)) > -1.0)


def test_regions_of_missing_momentum_add_up():
    events = {}
    for name in ("above-150", "above-300", "150-225", "225-300"):
        search = get("lhc-monophoton").model(f"atlas-36-{name}").search
        events[name] = float(mono_photon.acceptance_times_cross_section(10.0, MU, search)[0])
    parts = events["150-225"] + events["225-300"] + events["above-300"]
    assert parts == pytest.approx(events["above-150"], rel=0.01, abs=0)  # each on a grid of its own threshold


@pytest.mark.parametrize(
    ("region", "events"),
    [("above-150", 194), ("above-225", 96), ("above-300", 47), ("150-225", 150), ("225-300", 86)],
)
def test_a_limit_on_visible_events_is_that_many_after_the_efficiency(region, events):
    model = get("lhc-monophoton").model(preset := f"atlas-36-{region}")
    assert model.search.efficiency == 0.80
    prompt = mono_photon.template(10.0, MU, model.search)
    visible = np.sum(prompt.visible * prompt.weight[:, 0])  # 1.8 per cent have a pair instead of the photon
    assert lower("lhc-monophoton", 10.0, preset)[0] == pytest.approx(np.sqrt(events / visible), rel=1e-3, abs=0)


@pytest.mark.parametrize("preset", ["nonpointing", "delayed"])
def test_displaced_and_late_photons_exclude_nothing_even_without_background(preset):
    masses = np.geomspace(0.05, 30.0, 12)
    assert get("lhc-monophoton").limit(masses, MU, preset=preset).excluded == ((),) * 12


# --- the physics of the defaults --------------------------------------------------------------------------------------
@pytest.mark.parametrize("key", KEYS)
def test_every_flavour_has_the_same_curve(key):
    masses = [0.05, 1.0, 3.0]
    curves = [lower(key, masses, direction=Direction(f)) for f in ("e", "mu", "tau", "universal")]
    for curve in curves[1:]:
        assert curve == pytest.approx(curves[0], rel=1e-6, abs=0)


@pytest.mark.parametrize("key", KEYS)
def test_limit_rises_where_n_leaves_before_it_decays(key):
    light, heavy = lower(key, [0.016, 1.0])
    assert light > 1.8 * heavy


def test_lep_ends_with_the_energy_and_the_lhc_goes_on():
    assert np.isnan(lower("lep", 190.0)[0])
    assert np.isfinite(lower("lep", 150.0)[0])
    assert np.isfinite(lower("lhc-monophoton", 1000.0)[0])


def test_a_direction_with_its_own_completion_overrides_the_card():
    assert lower("lep", 10.0, direction=GAUGE)[0] == pytest.approx(lower("lep", 10.0, "gauge")[0], rel=1e-6, abs=0)
    assert lower("lep", 10.0, direction=GAUGE)[0] < 0.2 * lower("lep", 10.0)[0]


def test_z_decays_constrain_only_what_has_a_z_dipole():
    photon, gauge = lower("lep", [0.005, 10.0], "z-photon")
    invisible = get("lep").limit([0.005, 10.0], MU, preset="z-invisible")
    assert np.isfinite(photon)
    assert gauge < 5e-5
    assert invisible.excluded[0][0].high is not None  # large couplings decay inside and are seen
    assert invisible.excluded[1] == ()


def test_majorana_doubles_the_width_and_hardens_the_photon():
    dirac, majorana = (lower("besiii", 0.3, direction=Direction("mu", nature=n))[0] for n in ("dirac", "majorana"))
    assert majorana < dirac


def test_more_data_reach_further():
    assert lower("stcf", 1.0)[0] < 0.2 * lower("besiii", 1.0)[0]
    assert lower("lhc-monophoton", 10.0, "atlas-139")[0] < lower("lhc-monophoton", 10.0, "cms-12")[0]


def test_quick_and_scanned_limits_agree():
    """Prompt N by the d^2 shortcut, against the full scan with every node."""
    from nudipole.inference.limits import ProfileStatistic

    model = get("lep").model()
    full = Signal(templates=[collider.template(2.0, MU, *model.colliders, apart=True)])
    scanned = ProfileStatistic(model.likelihood, one_sided=True).intervals(full, 0.95)
    assert lower("lep", 2.0)[0] == pytest.approx(scanned[0][0].low, rel=1e-3, abs=0)


def test_significance_limit():
    assert Significance(0.0).allowed(0.95) == pytest.approx(2.706, abs=1e-3)
    s = Significance(300.0).allowed(0.95)
    assert s / np.sqrt(s + 300.0) == pytest.approx(1.645, abs=1e-3)


# --- the machinery ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("key", KEYS)
def test_cards_are_experiments(key):
    experiment = get(key)
    assert isinstance(experiment, Constraint)
    assert experiment.flavors[:3] == ("e", "mu", "tau")
    for preset in experiment.presets:
        explained = experiment.explain(preset)
        assert explained["summary"]
        assert "about" not in explained["overrides"]
        assert preset == "default" or explained["about"]
        assert np.all(np.isfinite(next(iter(experiment.model(preset).components().values()))))
    for part in experiment.card.comparisons:
        assert len(tables.load(f"catalogue/{part.table}")) >= 1
    rate = experiment.rate(MU.portal(1.0, 1e-4))
    assert rate.signal.shape == next(iter(rate.components.values())).shape
    assert experiment.test_statistic([MU.portal(1.0, 1e-3), MU.portal(1.0, 0.0)])[0] > 1.0


def test_warns_where_only_absurd_couplings_are_excluded(tmp_path):
    text = (card_directory() / "stcf.toml").read_text(encoding="utf-8")
    card = tmp_path / "weak.toml"
    card.write_text(text.replace("luminosity_pb  = 30e6", "luminosity_pb  = 1e-7"), encoding="utf-8")
    with pytest.warns(EffectiveTheoryWarning, match="where the operator ends"):
        assert api.limit(card, "mu", 1.0).excluded == ((),)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lower("besiii", 1.0)


@pytest.mark.parametrize("key", ["lep", "lhc-monophoton"])
def test_large_companions_of_a_small_d_are_a_visible_warning(key):
    """Near d_W / d_B = -2 cot(theta_W) the photon's coupling cancels: d is small, what annihilates is not."""
    direction = Direction("mu", completion=Completion("gauge", -3.647))
    with pytest.warns(EffectiveTheoryWarning):
        get(key).rate(direction.portal(5.0, 1e-3))
    get(key).limit([5.0], direction)  # begins at d_Z of 1e-5 or so: warnings are errors


def test_a_limit_ends_where_its_largest_companion_does():
    completion = Completion("gauge", -3.647)
    (interval,) = api.limit("lep", "mu", 5.0, completion=completion).excluded[0]
    assert interval.high == pytest.approx(1.0 / (189.0 * completion.largest_over_gamma), rel=1e-6, abs=0)


def test_a_total_cross_section_warns_of_the_scale_of_the_operator_too():
    with pytest.warns(EffectiveTheoryWarning, match="where the operator ends"):
        assert api.limit("lep", "mu", 90.0, preset="magill2018-cone").excluded == ((),)


@pytest.mark.parametrize("key", KEYS)
def test_shipped_curves_stop_before_the_operator_does(key):
    """But at the kinematic end itself, where nothing is made."""
    experiment = get(key)
    low, high = experiment.mass_range
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EffectiveTheoryWarning)
        beyond = experiment.limit(np.append(np.geomspace(low, 0.97 * high, 8), high), MU).beyond_operator
    assert np.all(beyond == high)


@pytest.mark.parametrize(
    ("key", "mass", "preset", "covered"),
    [
        ("besiii", 5.0, "default", "masses up to 4.59"),
        ("lep", 300.0, "default", "masses up to 189"),
        ("lep", 100.0, "magill2018", "0.0001 to 90.5"),
        ("lhc-monophoton", 5e3, "default", "0.015 to 1400"),
        ("lhc-monophoton", 0.016, "atlas-139-high", "0.025 to 1400"),
    ],
)
def test_a_limit_out_of_reach_of_the_preset_is_a_visible_warning(key, mass, preset, covered):
    with pytest.warns(OutOfReachWarning, match=f"{key} covers {covered} GeV; nothing can be said at {mass:g} GeV"):
        found = api.limit(key, "mu", mass, preset=preset)
    assert found.excluded == ((),)


def test_a_preset_that_reaches_further_is_not_warned_of():
    assert np.isfinite(api.limit("lep", "mu", 1e-5, preset="z-invisible").lower[0])  # warnings are errors


def test_the_completion_is_a_choice_of_the_rate_too():
    photon, gauge = (api.rate("lep", 10.0, 1e-4, "mu", completion=c).signal.sum() for c in (None, GAUGE.completion))
    assert gauge == pytest.approx(api.rate("lep", 10.0, 1e-4, "mu", preset="gauge").signal.sum(), rel=1e-6, abs=0)
    assert gauge > 5 * photon


@pytest.mark.parametrize(
    ("key", "mass", "d", "warning"),
    [
        ("besiii", 4.6, 1e-5, OutOfReachWarning),
        ("lhc-monophoton", 1e4, 1e-5, OutOfReachWarning),
        ("lep", 10.0, 0.01, EffectiveTheoryWarning),
        ("lhc-monophoton", 10.0, 0.01, EffectiveTheoryWarning),
    ],
)
def test_a_rate_out_of_reach_or_beyond_the_scale_is_a_visible_warning(key, mass, d, warning):
    with pytest.warns(warning):
        get(key).rate(MU.portal(mass, d))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("limit", "besiii", "--flavor", "e", "--mass", "5"), "nothing can be said at 5 GeV"),
        (("limit", "besiii", "--flavor", "e", "--mass", "1"), ""),
        (
            ("limit", "lep", "--flavor", "e", "--mass", "100", "--preset", "magill2018"),
            "nothing can be said at 100 GeV",
        ),
        (("limit", "lep", "--flavor", "e", "--mass", "1e-5", "--preset", "z-invisible"), ""),
        (("rate", "lep", "--flavor", "e", "--mass", "10", "--d", "1e-5", "--completion-ratio", "0"), ""),
        (("rate", "besiii", "--flavor", "e", "--mass", "5", "--d", "1e-5"), "not above the mass"),
        (("rate", "lep", "--flavor", "e", "--mass", "5", "--d", "0.01"), "d^2 s = 3.57 is not small"),
        (("rate", "lep", "--flavor", "e", "--mass", "5", "--d", "9"), "violates partial-wave unitarity"),
    ],
)
def test_the_command_line_says_so_in_one_line(arguments, words):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 0
    assert result.stderr.count("\n") == (1 if words else 0)
    assert words in result.stderr


@pytest.mark.parametrize(
    ("key", "old", "new", "field"),
    [
        ("besiii", "sqrt_s_GeV     = 4.0", "sqrt_s_GeV     = -4.0", "sqrt_s_GeV"),
        ("stcf", "cosine_max     = 0.92", "cosine_max     = 1.0", "running"),
        ("besiii", 'statistic = "significance"', 'statistic = "upper-limit"', "allowed"),
        ("besiii", 'statistic = "significance"', 'statistic = "measured"', "uncertainty_pb"),
        ("besiii", "radiation  = true", 'look = "nothing"', "look"),
        ("lhc-monophoton", "[150.0, 225.0, 300.0]", "[300.0, 225.0, 150.0]", "search"),
        ("lhc-monophoton", "counts     = [1671.0, 493.0, 236.0]", "counts     = [1671.0]", "counts"),
        ("lhc-monophoton", "photon_pt_min_GeV  = 150.0", "photon_pt_min_GeV  = 150.0\nsqrt_s_GeV = 8000.0", "search"),
        ("lhc-monophoton", 'statistic  = "gaussian"', 'statistic  = "upper-limit"', "counts"),
        (
            "lhc-monophoton",
            'statistic  = "gaussian"',
            'statistic  = "upper-limit"\nvisible_fb = 1\nvisible_events = 2',
            "counts",
        ),
        (
            "lhc-monophoton",
            "photon_pt_min_GeV  = 150.0",
            "photon_pt_min_GeV  = 150.0\nmissing_max_GeV = 200.0",
            "search",
        ),
    ],
)
def test_bad_cards_name_the_field(tmp_path, key, old, new, field):
    text = (card_directory() / f"{key}.toml").read_text(encoding="utf-8")
    assert old in text
    tomllib.loads(text.replace(old, new, 1))
    card = tmp_path / "bad.toml"
    card.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CardError, match=field):
        Experiment.from_file(card).limit([1.0], MU)


def test_a_card_needs_a_running(tmp_path):
    raw = cards.read(card_directory() / "besiii.toml")
    path = tmp_path / "empty.toml"
    text = (card_directory() / "besiii.toml").read_text(encoding="utf-8")
    head, _, rest = text.partition("[[running]]")
    path.write_text(head + rest[rest.index("[[published]]") :], encoding="utf-8")
    assert raw["running"]
    with pytest.raises(CardError, match="running"):
        Experiment.from_file(path).limit([1.0], MU)
