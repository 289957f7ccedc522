"""An input is either used or refused: every field, option, column and unit of a card."""

from __future__ import annotations

import numpy as np
import pytest

import nudipole as nd
from nudipole.catalogue.experiment import Experiment
from nudipole.errors import CardError, TableError, UnreachableWarning
from nudipole.portal import Direction, Portal
from tests.inputs.examples import ARGON, GERMANIUM, changed

ASIMOV = 'statistic   = "asimov"'
EDGES = "edges_eV   = [200.0, 300.0, 400.0, 600.0, 1000.0, 2000.0, 5000.0, 10000.0]"
COUNTS = "counts = [40000.0, 3600.0, 7200.0, 14400.0, 36000.0, 108000.0, 180000.0]"


def events(path, mass=0.1, d=1e-6, flavor="mu"):
    return float(Experiment.from_file(path).rate(Portal(mass, d, Direction(flavor))).signal.sum())


def use(path):
    """What a limit and a rate need of a card."""
    model = Experiment.from_file(path).model()
    model.components()
    return model.statistic(), model.bins


def refused(path, field, *parts):
    with pytest.raises((CardError, TableError)) as caught:
        use(path)
    message = str(caught.value)
    assert "\n" not in message
    assert field in message
    for part in parts:
        assert part in message


# --- matter before the detector ---------------------------------------------------------------------------------------
def test_the_soil_of_the_example_adds_what_it_should(tmp_path):
    """The independent figure: 8362 events from argon alone, 69568 with the soil before it."""
    text = ARGON.read_text(encoding="utf-8")
    start, stop = text.index("[[matter]]                       # and"), text.index("[detector]")
    bare = changed(tmp_path, ARGON, (text[start:stop], ""), name="bare.toml")
    assert events(ARGON) == pytest.approx(69568, rel=1e-3, abs=0)
    assert events(bare) == pytest.approx(8362, rel=1e-3, abs=0)


def test_a_slab_behind_the_detector_is_refused_with_its_mirror_image(tmp_path):
    path = changed(tmp_path, ARGON, ("upstream_m = [-110.0, -2.5]", "upstream_m = [110.0, 2.5]"))
    refused(path, "matter.soil.upstream_m", "z runs along the beam", "[-110, -2.5]")


def test_matter_from_which_no_n_reaches_the_detector_is_named(tmp_path):
    block = '[[matter]]\nname = "behind"\nmaterial = "Fe"\nmass_tonne = 1.0\nchannels = ["coherent"]\n'
    shape = 'shape = { model = "sphere", radius_m = 1.0, centre_m = [500.0, 500.0, 1.0] }\n\n[detector]'
    path = changed(tmp_path, ARGON, ("[detector]", block + shape + "  #"))
    with pytest.warns(UnreachableWarning, match="the matter behind crosses the detector"):
        assert events(path) == pytest.approx(69568, rel=5e-3, abs=0)


# --- tables of efficiency ---------------------------------------------------------------------------------------------
ROWS = ("0.1, {0}", "0.2, {1}", "0.5, {2}", "3.0, {2}")


def with_efficiency(tmp_path, rows, unit="1", energy="GeV"):
    table = f"energy [{energy}], efficiency [{unit}]\n" + "\n".join(rows)
    (tmp_path / "efficiency.csv").write_text(table, encoding="utf-8")
    return changed(tmp_path, ARGON, ("efficiency = 0.5", 'efficiency_table = "efficiency.csv"'))


def test_rows_of_an_efficiency_may_come_in_any_order(tmp_path):
    rows = [row.format(0.1, 0.3, 0.5) for row in ROWS]
    rising = events(with_efficiency(tmp_path, rows))
    assert rising > 1e3
    for order in ([3, 2, 1, 0], [2, 0, 3, 1]):
        assert events(with_efficiency(tmp_path, [rows[i] for i in order])) == rising
    refused(with_efficiency(tmp_path, [*rows, rows[1]]), "efficiency.csv", "energy = 0.2 stands in two rows")


def test_the_units_of_an_efficiency_are_used(tmp_path):
    half = events(with_efficiency(tmp_path, [row.format(0.5, 0.5, 0.5) for row in ROWS]))
    percent = [row.format(50, 50, 50) for row in ROWS]
    assert events(with_efficiency(tmp_path, percent, unit="%")) == pytest.approx(half, rel=1e-12, abs=0)
    mega = [f"{1e3 * float(row.split(',')[0])}, 50" for row in percent]
    assert events(with_efficiency(tmp_path, mega, unit="%", energy="MeV")) == pytest.approx(half, rel=1e-9, abs=0)
    refused(with_efficiency(tmp_path, percent), "efficiency = 50", "no fraction")
    refused(with_efficiency(tmp_path, [row.format(-0.5, 0.1, 0.1) for row in ROWS]), "efficiency = -0.5")
    refused(with_efficiency(tmp_path, percent, unit="%", energy="mev"), "[mev]", "did you mean [MeV]?")
    refused(with_efficiency(tmp_path, percent, unit="parsec"), "[parsec]", "must be in")


def test_the_same_rule_holds_in_a_response(tmp_path):
    old = 'efficiency = { model = "constant", value = 0.9 }'
    new = 'efficiency = { model = "table", file = "eff.csv", above = "hold" }'
    path = changed(tmp_path, GERMANIUM, (old, new))
    (tmp_path / "eff.csv").write_text("efficiency [%], energy [keV]\n90, 100\n90, 1e-9\n", encoding="utf-8")
    assert events(path, 1e-3, 1e-8, "e") == pytest.approx(events(GERMANIUM, 1e-3, 1e-8, "e"), rel=1e-9, abs=0)
    for content, said in (
        ("energy [keV], efficiency [1]\n1, 50\n2, 50\n", "no fraction"),
        ("energy [keV], efficiency [1]\n1, -0.5\n2, 0.5\n", "no fraction"),
        ("energy [furlong], efficiency [1]\n1, 0.5\n2, 0.5\n", "[furlong]"),
        ("energy [keV], efficiency [keV]\n1, 0.5\n2, 0.5\n", "must be in [1], [%]"),
    ):
        (tmp_path / "eff.csv").write_text(content, encoding="utf-8")
        refused(path, "response.efficiency", said)


# --- data and statistic -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("statistic", ["poisson", "gaussian", "feldman-cousins", "on-off"])
def test_a_statistic_of_counts_needs_counts(tmp_path, statistic):
    refused(changed(tmp_path, GERMANIUM, (ASIMOV, f'statistic = "{statistic}"')), "observation.counts", "is required")


def test_asimov_takes_no_counts(tmp_path):
    refused(changed(tmp_path, GERMANIUM, (ASIMOV, f"{ASIMOV}\n{COUNTS}")), "observation.counts", "not used")


@pytest.mark.parametrize(
    ("written", "field", "said"),
    [
        ('statistic = "asimov"\noff_counts = 3.0', "observation.off_counts", "not used"),
        ('statistic = "asimov"\nallowed = 3.0', "observation.allowed", "not used"),
        ('statistic = "asimov"\nuncertainty = 3.0', "observation.uncertainty", "not used"),
        ('statistic = "asimov"\nparameters = 2\ntest = "one-sided"', "observation.test", "one parameter"),
        ('statistic = "upper-limit"', "observation.allowed", "is required"),
        ('statistic = "upper-limit"\nallowed = 3.0\ncounts = 2.0', "observation.counts", "not used"),
        ('statistic = "upper-limit"\nallowed = 3.0', "background[0].uncertainty", "not used by the statistic upper"),
        ('statistic = "upper-limit"\nallowed = 3.0\ntest = "one-sided"', "observation.test", "not used"),
        ('statistic = "feldman-cousins"\ncounts = 2.9', "observation.counts", "whole events, not 2.9"),
        ('statistic = "feldman-cousins"\ncounts = 100\nweights = 0.295', "observation.counts", "not 29.5"),
        ('statistic = "feldman-cousins"\ncounts = 3', "background[0].uncertainty", "not used"),
        (
            'statistic = "on-off"\ncounts = 3\noff_counts = 1.0\noff_ratio = 1.0\nparameters = 2',
            "parameters",
            "not used",
        ),
        ('statistic = "poisson"\ncounts = [1.0, 2.0]', "observation.counts", "7 bins"),
        ('statistic = "poisson"\ncounts = [-1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0]', "observation.counts", "negative"),
        ('statistic = "gaussian"\n' + COUNTS, "observation.uncertainty", "is required"),
    ],
)
def test_each_statistic_has_what_it_needs_and_nothing_else(tmp_path, written, field, said):
    refused(changed(tmp_path, GERMANIUM, (ASIMOV, written)), field, said)


def test_what_a_sum_leaves_of_a_whole_count_is_rounded(tmp_path):
    text = GERMANIUM.read_text(encoding="utf-8")
    rest = text[text.index("[[background]]") :]
    limits = []
    for counts in ("counts = 29", "counts = 100\nweights = 0.29"):
        path = changed(
            tmp_path,
            GERMANIUM,
            (EDGES, "window_eV = [200.0, 10000.0]"),
            (rest, ""),
            (ASIMOV, f'statistic = "feldman-cousins"\n{counts}'),
        )
        limits.append(nd.limit(path, "e", 1e-3).lower[0])
    assert limits[0] == pytest.approx(limits[1], rel=1e-9, abs=0)


@pytest.mark.parametrize(
    ("affects", "nearest"),
    [("quenchin", "quenching"), ("flux:nope", "nubar_e"), ("background:none", "background:flat"), ("", "neutrinos")],
)
def test_a_pull_moves_something(tmp_path, affects, nearest):
    path = changed(tmp_path, GERMANIUM, ('affects = "quenching"', f'affects = "{affects}"'))
    with pytest.raises(CardError) as caught:
        use(path)
    assert "nuisance[0].affects" in str(caught.value)
    if not affects.startswith("flux"):
        assert nearest in str(caught.value)


def test_pulls_that_would_move_nothing(tmp_path):
    old = 'resolution = { model = "gaussian", sigma_eV = 30.0, fano = 0.11, pair_energy_eV = 2.96 }'
    path = changed(tmp_path, GERMANIUM, (old, ""), ('affects = "quenching"', 'affects = "resolution"'))
    refused(path, "nuisance[0].affects", "moves nothing")
    path = changed(tmp_path, GERMANIUM, ('recoil     = "both"', 'recoil = "electron"'))
    refused(path, "nuisance[0].affects", "not quenched")
    beam = '[[nuisance]]\nname = "n"\nsigma = 0.1\naffects = "quenching"\n\n[observation]'
    refused(changed(tmp_path, ARGON, ("[observation]", beam)), "nuisance[0].affects", "neutrinos, signal")


# --- twice ------------------------------------------------------------------------------------------------------------
def test_nothing_stands_there_twice(tmp_path):
    again = '[[background]]\nname = "flat"\ncounts = 1.0\n\n[[nuisance]]'
    refused(changed(tmp_path, GERMANIUM, ("[[nuisance]]", again)), "background.name", "'flat'", "given twice")
    pull = '[[nuisance]]\nname = "reactor.flux"\nsigma = 0.1\n\n[presets'
    refused(changed(tmp_path, GERMANIUM, ("[presets", pull)), "nuisance.name", "given twice")
    matter = ARGON.read_text(encoding="utf-8").replace('name = "soil"', 'name = "argon"')
    (tmp_path / "card.toml").write_text(matter, encoding="utf-8")
    refused(tmp_path / "card.toml", "matter.name", "given twice")
    solar = (
        'flux       = "reactor"\npower_GW   = 3.0\nbaseline_m = 15.0\n',
        'flux = "solar"\ncomponents = ["8B", "8B"]\n',
    )
    fractions = "fission_fractions = { U235 = 0.55, U238 = 0.08, Pu239 = 0.31, Pu241 = 0.06 }"
    refused(changed(tmp_path, GERMANIUM, solar, (fractions, "")), "source", "8B", "twice")


def test_members_stand_there_once(tmp_path):
    text = 'schema = 1\nkey = "both"\ntitle = "t"\nsummary = "s"\nbasis = "digitised"\nreferences = []\n'
    (tmp_path / "card.toml").write_text(text + 'signal = "combination"\nmembers = ["lz-nees", "lz-nees"]\n')
    refused(tmp_path / "card.toml", "members", "'lz-nees'", "given twice")
    for kind in ("combination", "envelope"):
        presets = 'members = ["lz-nees", "xenonnt-nees"]\nmember_presets = { lz = "lz2023" }\n'
        (tmp_path / "card.toml").write_text(text + f'signal = "{kind}"\n{presets}')
        refused(tmp_path / "card.toml", "member_presets.lz", "is no member")


def test_both_charges_of_a_meson_are_one(tmp_path):
    from nudipole.catalogue import registry

    shipped = (registry.card_directory() / "ship-mesons.toml").read_text(encoding="utf-8")
    source = shipped.index("[source]") + len("[source]")

    def with_mesons(names):
        path = tmp_path / "card.toml"
        path.write_text(shipped[:source] + f"\nmesons = {names}" + shipped[source:], encoding="utf-8")
        return path

    neutral = events(with_mesons('["K"]'), 0.1, 1e-6)
    assert neutral > 0
    assert events(with_mesons('["K+"]'), 0.1, 1e-6) == neutral
    refused(with_mesons('["K+", "K-"]'), "source.mesons", "given twice")
    refused(with_mesons('["eta", "eta"]'), "source.mesons", "given twice")


# --- units of bins and response ---------------------------------------------------------------------------------------
def with_table(tmp_path, header, rows, *changes):
    (tmp_path / "data.csv").write_text(header + "\n" + "\n".join(rows) + "\n", encoding="utf-8")
    data = (ASIMOV, 'statistic = "poisson"\ntable = "data.csv"')
    return changed(tmp_path, GERMANIUM, data, *changes)


LOW = [200.0, 300.0, 400.0, 600.0, 1000.0, 2000.0, 5000.0, 10000.0]
ROW_COUNTS = [40000, 3600, 7200, 14400, 36000, 108000, 180000]


def test_each_column_has_its_own_unit(tmp_path):
    rows = [f"{low / 1e3}, {high}, {n}" for low, high, n in zip(LOW, LOW[1:], ROW_COUNTS, strict=False)]
    path = with_table(tmp_path, "low [keV], high [eV], observed [1]", rows, (EDGES, ""))
    statistic, bins = use(path)
    assert bins.edges == pytest.approx(np.array(LOW) / 1e3, rel=1e-12, abs=0)
    assert statistic.likelihood.observed.tolist() == ROW_COUNTS
    refused(
        with_table(tmp_path, "low [KeV], high [eV], observed [1]", rows, (EDGES, "")), "[KeV]", "did you mean [keV]"
    )


def test_bins_of_a_table_are_those_of_the_card(tmp_path):
    rows = [f"{low}, {high}, {n}" for low, high, n in zip(LOW, LOW[1:], ROW_COUNTS, strict=False)]
    header = "low [eV], high [eV], observed [1]"
    use(with_table(tmp_path, header, rows))
    refused(with_table(tmp_path, header.replace("eV", "keV"), rows), "response.edges_eV", "data row 1", "another bin")
    refused(with_table(tmp_path, header, rows[:-1]), "response.edges_eV", "7 bins", "6 rows")
    refused(with_table(tmp_path, header, [rows[1], rows[0], *rows[2:]], (EDGES, "")), "bin edges must increase")
    refused(with_table(tmp_path, header, [rows[0], *rows[2:]], (EDGES, "")), "leaves a gap")
    refused(with_table(tmp_path, header, [rows[0], "250, 400, 3", *rows[2:]], (EDGES, "")), "overlaps")


def test_backgrounds_as_rates_become_counts(tmp_path):
    text = GERMANIUM.read_text(encoding="utf-8")
    background = text[text.index("[[background]]") : text.index("[[nuisance]]")]
    rows = [f"{low}, {high}, {n}, 10" for low, high, n in zip(LOW, LOW[1:], ROW_COUNTS, strict=False)]
    for unit in ("1/kg/d/keV", "1/(kg d keV)", "counts/(kg day keV)", "kg^-1 d^-1 keV^-1"):
        header = f"low [eV], high [eV], observed [1], bkg [{unit}]"
        path = with_table(tmp_path, header, rows, (background, '[[background]]\nname = "flat"\ncolumn = "bkg"\n\n'))
        counts = Experiment.from_file(path).model().components()["flat"]
        assert counts == pytest.approx(10 * 3650.0 * np.diff(LOW) / 1e3, rel=1e-9, abs=0)
    header = "low [eV], high [eV], observed [1], bkg [1/d]"
    path = with_table(tmp_path, header, rows, (background, '[[background]]\nname = "flat"\ncolumn = "bkg"\n\n'))
    refused(path, "bkg", "must be per mass and time")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        (
            [("resolution = {", 'observable = { model = "photo-electrons", light_yield = 10.0 }\nresolution = {')],
            "observable",
        ),
        ([(EDGES, "edges = [1.0, 2.0, 5.0]")], "response.observable"),
        (
            [('{ model = "constant", value = 0.9 }', '{ model = "logistic", midpoint = 5, slope = 1, unit = "PE" }')],
            "response.efficiency",
        ),
        (
            [
                (EDGES, 'observable = { model = "photo-electrons", light_yield = 10.0 }\nedges = [1.0, 2.0, 5.0]'),
                (
                    '{ model = "gaussian", sigma_eV = 30.0, fano = 0.11, pair_energy_eV = 2.96 }',
                    '{ model = "poisson" }',
                ),
                ('{ model = "constant", value = 0.9 }', '{ model = "logistic", midpoint = 5, slope = 1 }'),
            ],
            "response.efficiency",
        ),
        ([(EDGES, 'observable = { model = "photo-electrons", light_yield = 10.0 }\nedges = [1.0, 5.0]')], "resolution"),
    ],
)
def test_bins_and_response_speak_of_one_unit(tmp_path, changes, field):
    refused(changed(tmp_path, GERMANIUM, *changes), field)


# --- the wrong way round ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("example", "old", "new", "field"),
    [
        (ARGON, "energy_min_GeV = 0.1", "energy_min_GeV = 0.5\nenergy_max_GeV = 0.2", "selection.energy_max_GeV"),
        (ARGON, "energy_min_GeV = 0.1", "cosine_min = -5.0", "selection.cosine_min"),
        (ARGON, "energy_min_GeV = 0.1", "gate_ns = [12.0, 6.0]\nbunch_period_ns = 18.0", "selection.gate_ns"),
        (ARGON, "energy_min_GeV = 0.1", "bunch_period_ns = 18.0", "selection.bunch_period_ns"),
        (ARGON, "protons_on_target = 6.6e20", "protons_on_target = 6.6e20\nseconds = 3.0", "exposure.seconds"),
        (ARGON, "[detector]", "[histogram]\nedges = [0.0, 1.0, 2.0]\n\n[detector]", "histogram.edges"),
        (ARGON, 'flavors = ["mu"]', "mass_range_MeV = [100.0, 1.0]", "mass_range_MeV"),
        (ARGON, 'channels = ["coherent", "incoherent"]', 'channels = ["coherent", "coherent"]', "matter[0].channels"),
        (ARGON, "upstream_m = [-110.0, -2.5]", "upstream_m = [-500.0, -2.5]", "matter.soil.upstream_m"),
        (ARGON, "upstream_m = [-110.0, -2.5]", "upstream_m = [-110.0, -1.5]", "matter.soil.upstream_m"),
        (ARGON, "upstream_m = [-110.0, -2.5]", "upstream_m = [-110.0, 2.5]", "matter.soil.upstream_m"),
        (ARGON, 'kind = "projection"', 'kind = "roi"', "kind"),
        (GERMANIUM, "schema  = 1", "schema = 1\nmass_range_MeV = [100.0, 1.0]", "mass_range_MeV"),
        (GERMANIUM, EDGES, "window_eV = [800.0, 200.0]", "response.window_eV"),
        (GERMANIUM, "counts      = 357700.0", "", "background[0].counts"),
        (GERMANIUM, "counts      = 357700.0", "counts = [1.0, 2.0]", "background[0].counts"),
        (GERMANIUM, "uncertainty = 0.05", "uncertainty = 0.05\nfree = true", "background[0].uncertainty"),
        (GERMANIUM, "U235 = 0.55", "U235 = 0.47", "source"),
        (
            GERMANIUM,
            '{ model = "flat" }',
            '{ model = "gaussian", centre = 10.4, width = 0.1 }',
            "background.flat.shape",
        ),
    ],
)
def test_contradictions_are_refused_by_field(tmp_path, example, old, new, field):
    refused(changed(tmp_path, example, (old, new)), field)


def test_an_exposure_that_the_flux_does_not_use(tmp_path):
    path = changed(tmp_path, ARGON, ("protons_on_target = 6.6e20", "seconds = 1e7"))
    with pytest.raises(CardError, match=r"exposure\.protons_on_target"):
        nd.limit(path, "mu", 0.1)
    source = (
        'flux = "booster"                 # given per proton, so [exposure] needs protons\nbaseline_m = 110',
        'flux = "ship"',
    )
    refused(changed(tmp_path, ARGON, source), "exposure.protons_on_target", "not used")


@pytest.mark.parametrize("field", ["energy_min_GeV", "first_cascade_min_GeV"])
def test_a_threshold_above_the_flux(tmp_path, field):
    refused(changed(tmp_path, ARGON, ("energy_min_GeV = 0.1", f"{field} = 100.0")), f"selection.{field}", "ends at")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("sigma   = 0.05", "sigma = 3e5", "nuisance[0].sigma"),
        ("uncertainty = 0.05", "uncertainty = 3e5", "background[0]"),
    ],
)
def test_pulls_that_are_no_measurement(tmp_path, old, new, field):
    refused(changed(tmp_path, GERMANIUM, (old, new)), field, "300000.0", "<=")
