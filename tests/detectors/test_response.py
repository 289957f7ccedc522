"""The response matrix: against a Monte Carlo of the whole chain, and its limits."""

import inspect

import numpy as np
import pytest

from nudipole import units
from nudipole.detectors.efficiency import (
    EFFICIENCY,
    Efficiency,
    coherent_csi_2017,
    coherent_csi_2021,
    coherent_csi_2021_time,
    constant,
    logistic,
    table,
)
from nudipole.detectors.quenching import QUENCHING, lindhard
from nudipole.detectors.resolution import RESOLUTION, gaussian, poisson
from nudipole.detectors.response import OBSERVABLE, Response, from_options, photo_electrons
from nudipole.errors import CardError, DomainError, TableError, UnknownNameError
from nudipole.inputs.tables import TableName

EV, KEV = units.EV, units.KEV
CSI = {
    "quenching": {"model": "polynomial", "coefficients": [0.0554628, 4.30681, -111.707, 840.384]},
    "observable": {"model": "photo-electrons", "light_yield": 13.35},
    "resolution": {"model": "gamma"},
    "efficiency": {"model": "coherent-csi-2021"},
}
PE_EDGES = [0, 8, 12, 16, 20, 24, 32, 40, 50, 60]


def test_perfect_response_sorts_recoils_into_bins():
    edges = np.array([1.0, 2.0, 5.0]) * KEV
    matrix = Response(edges=edges).matrix(np.array([0.5, 1.0, 1.9, 2.0, 4.9, 5.0]) * KEV)
    assert matrix.tolist() == [[0, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 0]]


def test_columns_never_exceed_one():
    recoil = np.logspace(-2, 2, 200) * KEV
    for response in (from_options(PE_EDGES, **CSI), from_options(np.array([0.16, 0.8, 2.0]) * KEV)):
        matrix = response.matrix(recoil)
        assert np.all(matrix >= 0)
        assert np.all(matrix.sum(axis=0) <= 1 + 1e-12)


def test_germanium_window_against_monte_carlo():
    response = from_options(
        np.array([160.0, 300.0, 800.0]) * EV,
        quenching={"model": "lindhard", "k": 0.162},
        resolution={"model": "gaussian", "fwhm_eV": 48.0},
    )
    rng = np.random.default_rng(3)
    recoil = rng.exponential(0.5 * KEV, 200_000)
    seen = lindhard(k=0.162)(recoil)
    found = np.histogram(rng.normal(seen, 48.0 / 2.354820045 * EV), bins=response.edges)[0]
    expected = response.matrix(recoil).sum(axis=1)
    assert found == pytest.approx(expected, abs=4.5 * np.sqrt(expected.max()))


def test_caesium_iodide_chain_against_monte_carlo():
    response = from_options(PE_EDGES, **CSI)
    rng = np.random.default_rng(4)
    recoil = rng.uniform(2.0, 40.0, 100_000) * KEV
    x = recoil / units.MEV
    keVee = 1e3 * (0.0554628 * x + 4.30681 * x**2 - 111.707 * x**3 + 840.384 * x**4)
    shape = 1 + 9.56 * keVee
    light = rng.gamma(shape, 13.35 * keVee / shape)
    chance = np.clip(1.32045 / (1 + np.exp(-0.285979 * (light - 10.8646))) - 0.333322, 0.0, None)
    found = np.histogram(light[rng.uniform(size=light.size) < chance], bins=PE_EDGES)[0]
    expected = response.matrix(recoil).sum(axis=1)
    assert np.all(np.abs(found - expected) < 4.5 * np.sqrt(expected + 1.0))


def test_counted_photo_electrons_take_the_efficiency_at_whole_numbers():
    response = Response(
        edges=np.array([4.0, 6.0, 8.0]),
        observable=photo_electrons(1.17),
        resolution=poisson(),
        efficiency=coherent_csi_2017(),
    )
    mean = 1.17 * 5.0
    pmf = [np.exp(-mean) * mean**n / np.prod(np.arange(1, n + 1)) for n in (4, 5, 6, 7)]
    eff = [0.0, *(0.6655 / (1 + np.exp(-0.4942 * (n - 10.8507))) * (0.5 if n == 5 else 1.0) for n in (5, 6, 7))]
    matrix = response.matrix([5.0 * KEV])[:, 0]
    assert matrix == pytest.approx(
        [pmf[0] * eff[0] + pmf[1] * eff[1], pmf[2] * eff[2] + pmf[3] * eff[3]], rel=1e-12, abs=0
    )


@pytest.mark.parametrize("space", ["recoil", "deposit", "reconstructed"])
def test_constant_efficiency_is_a_factor_in_every_space(space):
    edges, recoil = np.array([0.1, 0.5, 1.0]) * KEV, np.linspace(0.2, 5.0, 30) * KEV
    plain = Response(edges=edges, quenching=lindhard(), resolution=gaussian(sigma_eV=60.0))
    cut = Response(
        edges=edges,
        quenching=lindhard(),
        resolution=gaussian(sigma_eV=60.0),
        efficiency=Efficiency(lambda x: np.full_like(x, 0.4), space),
    )
    assert cut.matrix(recoil) == pytest.approx(0.4 * plain.matrix(recoil), rel=1e-12, abs=0)


def test_deposit_and_recoil_efficiencies_differ_by_quenching():
    recoil = np.array([1.0]) * KEV
    deposit = float(lindhard()(recoil)[0])
    step = {"function": lambda x: np.where(x > 0.5 * KEV, 1.0, 0.0)}
    edges = np.array([0.0, 10.0]) * KEV
    assert deposit < 0.5 * KEV
    assert Response(edges, lindhard(), efficiency=Efficiency(**step, space="recoil")).matrix(recoil)[0, 0] == 1.0
    assert Response(edges, lindhard(), efficiency=Efficiency(**step, space="deposit")).matrix(recoil)[0, 0] == 0.0


def test_a_recoil_without_deposit_is_never_counted():
    response = Response(np.array([0.0, 1.0]) * KEV, lindhard(cut_eV=50.0), resolution=gaussian(sigma_eV=60.0))
    assert response.matrix([0.0, 0.05 * KEV]).tolist() == [[0.0, 0.0]]


def test_electrons_are_not_quenched():
    response = Response(np.array([0.5, 1.5]) * KEV, lindhard())
    assert response.matrix([1.0 * KEV])[0, 0] == 0.0
    assert response.for_electrons().matrix([1.0 * KEV])[0, 0] == 1.0


def test_electrons_may_have_an_efficiency_of_their_own():
    response = from_options(
        [0.0, 1.0], efficiency={"model": "constant"}, electron_efficiency={"model": "constant", "value": 0.2}
    )
    assert response.matrix([0.5])[0, 0] == 1.0
    assert response.for_electrons().matrix([0.5])[0, 0] == pytest.approx(0.2, rel=1e-6, abs=0)
    assert response.scaled_efficiency(0.5).matrix([0.5])[0, 0] == pytest.approx(0.5, rel=1e-6, abs=0)
    assert response.scaled_efficiency(0.5).for_electrons().matrix([0.5])[0, 0] == pytest.approx(0.1, rel=1e-6, abs=0)


def test_pulls_move_deposit_and_scale():
    base = Response(np.array([1.0, 2.0]) * KEV, lindhard())
    moved = Response(np.array([1.0, 2.0]) * KEV, lindhard(), quenching_scale=1.1, energy_scale=0.9)
    recoil = np.array([1.0, 4.0]) * KEV
    assert moved.deposit(recoil) == pytest.approx(1.1 * base.deposit(recoil), rel=1e-6, abs=0)
    assert moved.mean(recoil) == pytest.approx(0.99 * base.mean(recoil), rel=1e-6, abs=0)


def test_borexino_hits_put_the_beryllium_edge_where_it_is_observed():
    hits = OBSERVABLE["polynomial"](coefficients=BOREXINO)
    assert float(hits(np.array(0.665 * units.MEV))) == pytest.approx(292.0, abs=1.0)
    assert float(hits(np.array(1.22 * units.MEV))) == pytest.approx(506.0, abs=2.5)


BOREXINO = [-8.065244, 493.2560, -64.09629, 4.146102]


def test_efficiency_table_is_zero_below_and_chosen_above():
    file = "catalogue/data/lz-ws2022-efficiency.csv"
    zero, hold = table(file), table(file, above="hold")
    assert float(zero(0.2 * KEV)) == 0.0
    assert float(zero(25.0 * KEV)) == 0.0
    assert float(hold(25.0 * KEV)) == 0.475
    assert float(zero(2.25 * KEV)) == pytest.approx(0.5 * (0.742 + 0.863), rel=1e-6, abs=0)


def test_efficiency_table_of_a_user(tmp_path):
    header = "# what: w\n# source: s\n# obtained: o\n# licence: l\n"
    good = tmp_path / "good.csv"
    good.write_text(header + "# columns: energy [eV], efficiency [1]\n100, 0.2\n200, 0.4\n")
    assert float(table(str(good))(150.0 * EV)) == pytest.approx(0.3, rel=1e-6, abs=0)
    good.write_text("energy [eV], efficiency [%]\n200, 40\n100, 20\n")  # in any order, in per cent, without a pedigree
    assert float(table(str(good))(150.0 * EV)) == pytest.approx(0.3, rel=1e-6, abs=0)
    for body in (
        "# columns: energy [furlong], efficiency [1]\n1, 0.2\n",
        "# columns: energy [eV], efficiency [1]\n2, 0\n1, 0\n2, 0\n",
        "# columns: energy [eV], efficiency [1]\n1, 0\n2, 1.5\n",
        "# columns: energy [eV], efficiency [1]\n1, 0\n2, -0.5\n",
    ):
        bad = tmp_path / "bad.csv"
        bad.write_text(header + body)
        with pytest.raises(TableError):
            table(str(bad))


def test_logistic_has_its_half_at_the_midpoint():
    model = logistic(midpoint=2.0, slope=3.0, plateau=0.9)
    assert float(model(2.0 * KEV)) == pytest.approx(0.45, rel=1e-6, abs=0)
    assert float(model(20.0 * KEV)) == pytest.approx(0.9, rel=1e-6, abs=0)
    assert float(model(0.0)) == pytest.approx(0.9 / (1 + np.exp(6.0)), rel=1e-6, abs=0)


def test_a_scaled_efficiency_never_exceeds_one():
    assert float(constant(0.5).scaled(1.1)(1e-6)) == pytest.approx(0.55, rel=1e-6, abs=0)
    assert float(constant(0.95).scaled(1.1)(1e-6)) == 1.0


def test_coherent_efficiencies_at_printed_points():
    assert coherent_csi_2017()(np.array([4.9, 5.0, 6.0])) == pytest.approx(
        [0.0, 0.5 * 0.6655 / (1 + np.exp(0.4942 * 5.8507)), 0.6655 / (1 + np.exp(0.4942 * 4.8507))], rel=1e-6, abs=0
    )
    assert float(coherent_csi_2021()(0.0)) == 0.0
    assert float(coherent_csi_2021()(60.0)) == pytest.approx(1.32045 - 0.333322, abs=1e-5)
    assert coherent_csi_2021_time([0.1, 0.52, 6.0]) == pytest.approx(
        [1.0, 1.0, np.exp(-0.0494 * 5.48)], rel=1e-6, abs=0
    )


@pytest.mark.parametrize("registry", [EFFICIENCY, OBSERVABLE, RESOLUTION, QUENCHING])
def test_options_are_plain_so_that_cards_can_be_checked_against_them(registry):
    for model in registry.values():
        annotations = inspect.get_annotations(model, eval_str=True)
        annotations.pop("return")
        assert set(annotations.values()) <= {float, str, list[float], TableName}


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: from_options([1.0, 2.0], quenching={"model": "birks"}), CardError),
        (lambda: from_options([1.0, 2.0], quenching={"k": 0.1}), CardError),
        (lambda: from_options([1.0, 2.0], quenching={"model": "lindhard", "kappa": 0.1}), CardError),
        (lambda: from_options([1.0, 2.0], quenching={"model": "constant"}), CardError),
        (lambda: from_options([1.0, 2.0], resolution={"model": "gaussian", "fwhm_eV": "narrow"}), CardError),
        (lambda: from_options([1.0, 2.0], efficiency={"model": "constant", "value": 2.0}), CardError),
        (lambda: table("catalogue/data/nothing.csv"), TableError),
        (lambda: table("catalogue/data/lz-ws2022-efficiency.csv", energy="power"), UnknownNameError),
        (lambda: table("catalogue/data/lz-ws2022-efficiency.csv", above="guess"), UnknownNameError),
        (lambda: table("catalogue/data/lz-ws2022-efficiency.csv", space="phase"), UnknownNameError),
        (lambda: constant(1.5), DomainError),
        (lambda: Response(np.array([1.0])), DomainError),
        (lambda: Response(np.array([1.0, 1.0])), DomainError),
        (lambda: Response(np.array([1.0, np.nan])), DomainError),
        (lambda: Response(np.array([1.0, 2.0]), energy_scale=0.0), DomainError),
        (lambda: Response(np.array([1.0, 2.0])).matrix([-1.0]), DomainError),
        (lambda: Response(np.array([1.0, 2.0])).matrix([np.nan]), DomainError),
        (lambda: photo_electrons(0.0), DomainError),
    ],
)
def test_bad_input_is_a_named_error(make, error):
    with pytest.raises(error):
        make()


def test_a_tabulated_response_is_what_is_released():
    """Linear between its energies, nothing below the first, held above the last; nothing else acts on it."""
    energy, probability = np.array([1e-6, 2e-6]), np.array([[0.1, 0.3], [0.2, 0.0]])
    response = Response(edges=np.arange(3.0), tabulated=(energy, probability), energy_scale=2.0)
    recoil = np.array([0.9e-6, 1e-6, 1.5e-6, 5e-6])
    assert response.matrix(recoil) == pytest.approx(
        np.array([[0.0, 0.1, 0.2, 0.3], [0.0, 0.2, 0.1, 0.0]]), rel=1e-12, abs=0
    )
    assert response.total(recoil) == pytest.approx([0.0, 0.3, 0.3, 0.3], rel=1e-12, abs=0)
