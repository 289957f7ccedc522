"""N from meson decays: counts against a brute-force Monte Carlo, limiting behaviour, cards."""

import numpy as np
import pytest
from scipy.stats import qmc

from nudipole import units
from nudipole.catalogue import registry
from nudipole.catalogue.experiment import Experiment
from nudipole.errors import UnreachableWarning
from nudipole.fluxes.hadrons import mesons
from nudipole.inputs import cards
from nudipole.portal import Direction
from nudipole.processes import validity
from nudipole.processes.decays import hnl_decay
from nudipole.processes.mesons import meson
from nudipole.signals.meson_decay import draws
from nudipole.signals.meson_decay import model as meson_decay
from tests.processes import montecarlo

CARD = {
    "schema": 1,
    "key": "toy",
    "title": "toy",
    "signal": "meson-decay",
    "basis": "first-principles",
    "summary": "toy",
    "source": {"beam": 400.0, "protons": 1e18, "mesons": ["eta"]},
    "volume": {"shape": "cylinder", "radius_m": 2.0, "length_m": 40.0, "centre_m": [0.5, 0.0, 50.0]},
    "selection": {"photon_GeV": [3.0, 400.0], "calorimeter_m": 75.0, "inner_m": 0.2, "outer_m": 2.5},
    "observation": {"statistic": "background-free"},
}


def _model(tmp_path, **changes):
    card = cards.convert(CARD | changes, meson_decay.CardType, tmp_path / "toy.toml")
    return meson_decay.build(card, tmp_path / "toy.toml")


def _knot(model, mass):
    """The mass nearest to ``mass`` at which the model makes events, so that interpolation plays no role."""
    return float(model.knots[np.argmin(np.abs(model.knots - mass))])


def _unit(cosine, azimuth):
    sine = np.sqrt(1 - cosine**2)
    return np.stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine], axis=1)


@pytest.mark.parametrize(("nature", "d"), [("dirac", 1e-6), ("dirac", 1.2e-5), ("majorana", 5e-6)])
def test_counts_agree_with_brute_force_monte_carlo(tmp_path, nature, d):
    """Mesons drawn as they come, isotropic decays, exponential decay points, photons traced one by one."""
    model = _model(tmp_path)
    mass = _knot(model, 0.1)
    generator, number = np.random.default_rng(8), 2_000_000
    parents = mesons.meson_spectrum(400.0, "eta")
    row = generator.choice(parents.weight.size, number, p=parents.weight / parents.weight.sum())
    energy, ratio = meson.hnl_energy_nodes("eta", "gamma nu N", mass, "pole")
    star = generator.choice(energy, number, p=ratio / ratio.sum())
    p_parent = np.sqrt(parents.energy[row] ** 2 - meson.parent_mass("eta") ** 2)
    axis = _unit(np.cos(parents.angle[row]), generator.uniform(0, 2 * np.pi, number))
    parent = np.column_stack([parents.energy[row], p_parent[:, None] * axis])
    p_star = np.sqrt(star**2 - mass**2)
    flight = _unit(generator.uniform(-1, 1, number), generator.uniform(0, 2 * np.pi, number))
    lab = montecarlo.boost(np.column_stack([star, p_star[:, None] * flight]), parent)
    momentum = np.sqrt(np.sum(lab[:, 1:] ** 2, axis=1))
    direction = lab[:, 1:] / momentum[:, None]
    portal = Direction("mu", nature=nature).portal(mass, d)
    length = generator.exponential(momentum / mass / portal.width / units.METRE)
    point = length[:, None] * direction
    inside = (np.abs(point[:, 2] - 50) < 20) & (np.hypot(point[:, 0] - 0.5, point[:, 1]) < 2)
    lab, parent, point, momentum = lab[inside], parent[inside], point[inside], momentum[inside]
    # spin: along the flight of N in the rest frame of the meson, seen from N
    frame = lab * np.array([1.0, -1.0, -1.0, -1.0])
    back = montecarlo.boost(parent, frame)[:, 1:]
    spin = -back / np.sqrt(np.sum(back**2, axis=1))[:, None]
    photon = _unit(generator.uniform(-1, 1, len(lab)), generator.uniform(0, 2 * np.pi, len(lab)))
    degree = meson.polarisation("eta", "gamma nu N", mass) if nature == "dirac" else 0.0
    weight = 1 - degree * np.sum(spin * photon, axis=1)
    light = montecarlo.boost(0.5 * mass * np.column_stack([np.ones(len(lab)), photon]), lab)
    hit = point[:, :2] + light[:, 1:3] * ((75.0 - point[:, 2]) / light[:, 3])[:, None]
    radius = np.hypot(hit[:, 0], hit[:, 1])
    seen = (light[:, 0] > 3) & (light[:, 0] < 400) & (light[:, 3] > 0) & (radius > 0.2) & (radius < 2.5)
    scale = 1e18 * parents.weight.sum() * 2 * ratio.sum() / meson.total_width("eta") * d**2 / number
    visible = float(hnl_decay.radiative_width(mass) / hnl_decay.total_width(mass))
    expected = scale * visible * np.sum(weight[seen])
    error = scale * visible * np.sqrt(np.sum(weight[seen] ** 2))
    assert error < 0.04 * expected
    ours = model.signal(np.array([mass]), Direction("mu", nature=nature)).counts(0, np.array([d]))[0, 0]
    assert abs(ours - expected) < 4 * error + 0.04 * expected


@pytest.mark.parametrize(("key", "largest"), [("na62", 0.02), ("faser2", 0.01), ("ship-mesons", 0.01)])
def test_edges_do_not_depend_on_the_points(key, largest, monkeypatch):
    """Other scramblings of the Sobol points: ceilings scatter by less than 2 % (once 5 to 10 % for NA62)."""
    masses, upper = np.array([0.005, 0.02, 0.05, 0.1]), []
    card = registry.card_directory().joinpath(f"{key}.toml")
    for seed in range(5):
        points = qmc.Sobol(8, scramble=True, rng=np.random.default_rng(seed)).random(draws.EVENTS)
        monkeypatch.setattr(draws, "uniforms", lambda points=points: points)
        limit = Experiment.from_file(card).limit(masses, Direction("mu"), preset="background-free")
        upper.append(np.log(limit.upper))
    assert np.all(np.std(upper, axis=0, ddof=1) < largest)


@pytest.mark.parametrize("mass", [0.35, 0.5, 0.53, 0.545, 0.547])
def test_between_two_knots_a_meson_makes_what_it_makes_at_that_mass(tmp_path, mass):
    """Up to its end, where (1 - M^2/m^2)^3 is no straight line: the share that is seen is interpolated, not N."""
    model = _model(tmp_path)
    exact, nodes = model.at_knot(mass, False).nodes, model.nodes(mass, False)
    assert nodes.weight.sum() == pytest.approx(exact.weight.sum(), rel=0.08, abs=0)
    assert model.nodes(meson.parent_mass("eta"), False).weight.sum() == 0.0
    assert model.nodes(0.56, False).weight.sum() == 0.0


def test_no_n_is_made_above_the_heaviest_meson():
    model = registry.get("ship-mesons").model()
    heaviest = model.maximum_mass()
    assert model.knots[-1] < heaviest * 1.1
    for mass in (heaviest, 1.01 * heaviest, 1.2 * heaviest):
        assert not np.any(model.signal(np.array([mass]), Direction("mu")).counts(0, np.array([1e-6, 1e-3])))


def test_long_lived_counts_go_as_the_fourth_power_and_prompt_ones_vanish(tmp_path):
    signal = _model(tmp_path).signal(np.array([0.05]), Direction("tau"))
    low = signal.counts(0, np.array([1e-9, 2e-9]))[:, 0]
    assert low[1] / low[0] == pytest.approx(16, rel=1e-4, abs=0)
    assert signal.counts(0, np.array([1.0]))[0, 0] == 0.0


def test_signal_is_proportional_to_the_protons_and_vanishes_without_photons(tmp_path):
    d, mass, direction = np.array([3e-6]), np.array([0.1]), Direction("mu")
    one = _model(tmp_path).signal(mass, direction).counts(0, d)
    two = _model(tmp_path, source=CARD["source"] | {"protons": 2e18}).signal(mass, direction).counts(0, d)
    none = _model(tmp_path, selection=CARD["selection"] | {"photon_GeV": [399.0, 400.0]})
    assert two[0, 0] == pytest.approx(2 * one[0, 0], rel=1e-12, abs=0)
    with pytest.warns(UnreachableWarning, match="none of their photons passes the selection"):
        assert none.signal(mass, direction).counts(0, d)[0, 0] == 0.0


def test_a_massless_n_does_not_decay(tmp_path):
    assert _model(tmp_path).signal(np.array([0.0]), Direction("mu")).counts(0, np.array([1.0]))[0, 0] == 0.0


def test_flavours_of_neutral_and_charged_mesons(tmp_path):
    neutral = _model(tmp_path)
    assert neutral.flavors == ("e", "mu", "tau", "universal")
    charged = _model(tmp_path, source=CARD["source"] | {"mesons": ["Ds"]})
    assert charged.flavors == ("e", "mu", "tau", "universal")
    d, mass = np.array([1e-5]), np.array([0.1])
    counts = {f: charged.signal(mass, Direction(f)).counts(0, d)[0, 0] for f in charged.flavors}
    assert counts["e"] > counts["tau"] > 0
    assert counts["universal"] == pytest.approx(counts["e"] + counts["mu"] + counts["tau"], rel=1e-9, abs=0)
    kaons = _model(tmp_path, source=CARD["source"] | {"mesons": ["K"]})
    assert kaons.flavors == ("e", "mu", "universal")
    assert kaons.maximum_mass() == pytest.approx(meson.parent_mass("K") - units.ELECTRON_MASS, rel=1e-6, abs=0)


def test_excluded_region_has_a_lower_edge_and_a_ceiling():
    masses = np.array([0.03, 0.1])
    limit = registry.get("na62").limit(masses, Direction("tau"))
    assert np.all(limit.lower < 1e-5)
    assert np.all(np.isfinite(limit.upper))
    assert np.all(limit.upper > 3 * limit.lower)


def test_majorana_n_is_seen_earlier_and_lost_earlier():
    masses = np.array([0.1])
    dirac = registry.get("hike").limit(masses, Direction("tau"))
    majorana = registry.get("hike").limit(masses, Direction("tau", nature="majorana"))
    assert majorana.lower[0] < dirac.lower[0]
    assert majorana.upper[0] < dirac.upper[0]


@pytest.mark.parametrize("key", ["na62", "hike", "faser2", "facet", "ship-mesons"])
def test_curves_are_smooth_and_every_preset_runs(key):
    experiment = registry.get(key)
    masses = np.geomspace(0.01, 0.12, 60)
    lower = np.log(experiment.limit(masses, Direction("mu"), preset="background-free").lower)
    assert np.all(np.isfinite(lower))
    assert np.max(np.abs(np.diff(lower, 2))) < 0.08
    lower = np.log(experiment.limit(masses, Direction("mu")).lower)  # may close earlier, and has no gap
    assert np.all(np.isfinite(lower[: np.isfinite(lower).sum()]))
    for preset in experiment.presets:
        assert experiment.limit(np.array([0.05]), Direction("mu"), preset=preset).excluded[0]


def test_hike_is_deeper_than_na62_by_the_protons():
    # long-lived: counts go as protons d^4, so d goes as the fourth root of 1e19 / 1.4e17
    masses = np.array([0.02])
    ratio = (
        registry.get("na62").limit(masses, Direction("tau"), preset="background-free").lower
        / registry.get("hike").limit(masses, Direction("tau"), preset="background-free").lower
    )
    assert ratio[0] == pytest.approx((1e19 / 1.4e17) ** 0.25, rel=0.02, abs=0)


def test_kaon_mode_sees_no_tau_and_is_open_above():
    experiment = registry.get("na62")
    masses = np.array([0.05, 0.45])
    limit = experiment.limit(masses, Direction("e"), preset="kaon-mode")
    end = float(validity.largest_coupling(experiment.model("kaon-mode").largest_s, 0.05))  # of the operator
    assert limit.excluded[0][0].high == pytest.approx(end, rel=1e-9, abs=0)
    assert experiment.limit(masses, Direction("tau"), preset="kaon-mode").excluded == ((), ())


def test_a_users_card_is_an_experiment(tmp_path):
    text = registry.card_directory().joinpath("na62.toml").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(text.replace("1.4e17", "1.4e18"), encoding="utf-8")
    mine = Experiment.from_file(path)
    assert (
        mine.limit(np.array([0.1]), Direction("tau")).lower
        < registry.get("na62").limit(np.array([0.1]), Direction("tau")).lower
    )


def test_a_calorimeter_before_the_volume_sees_nothing_and_says_so(tmp_path):
    with pytest.warns(UnreachableWarning, match="the calorimeter lies before the decay volume"):
        model = _model(tmp_path, selection=CARD["selection"] | {"calorimeter_m": 20.0})
    with pytest.warns(UnreachableWarning, match="none of their photons passes the selection"):
        assert model.signal(np.array([0.1]), Direction("mu")).counts(0, np.array([1e-6])).sum() == 0.0


def test_a_volume_before_the_kaons_sees_nothing_and_says_so(tmp_path):
    kaons = {"meson_beam": "K", "momentum_GeV": 75.0, "decays": 1e12, "decay_region_m": [80.0, 140.0]}
    model = _model(tmp_path, source=kaons)
    with pytest.warns(UnreachableWarning, match="no path of N crosses the decay volume"):
        counts = model.signal(np.array([0.1]), Direction("mu")).counts(0, np.array([1e-6]))
    assert counts.sum() == 0.0


def test_a_volume_beside_the_calorimeter_sees_nothing_and_says_so(tmp_path):
    model = _model(tmp_path, volume=CARD["volume"] | {"radius_m": 0.5, "length_m": 1.0, "centre_m": [60.0, 0.0, 70.0]})
    with pytest.warns(UnreachableWarning, match="none of their photons passes the selection"):
        assert model.signal(np.array([0.1]), Direction("mu")).counts(0, np.array([1e-6])).sum() == 0.0
