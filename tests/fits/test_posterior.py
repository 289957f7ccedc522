"""Posterior samples: against direct integration, readable by GetDist, the same for the same seed."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from click.testing import CliRunner

import nudipole as nd
from nudipole.catalogue import registry
from nudipole.cli import main
from nudipole.errors import DomainError, MissingExtraError, NudipoleError
from nudipole.fits import joint
from nudipole.fits import posterior as module

pytest.importorskip("emcee")


@pytest.fixture(scope="module")
def found():
    return nd.posterior(["conus-plus"], 1e-3, ["e"], d_range=(1e-9, 1e-6), walkers=20, steps=1500)


def test_samples_have_the_density_of_the_likelihood(found):
    table = joint.table([registry.get("conus-plus")], 1e-3)
    x = np.linspace(-9, -6, 3001)
    density = np.exp(-0.5 * table.test_statistic(np.stack([10**x, 0 * x, 0 * x], axis=1)))
    total = np.cumsum(density) / density.sum()
    for share in (0.25, 0.5, 0.75, 0.9):
        assert found.quantile(share)[0] == pytest.approx(np.interp(share, total, x), rel=0, abs=0.04)
    assert found.log_likelihood[0, 0] == pytest.approx(
        -0.5 * float(table.test_statistic([[10 ** found.chains[0, 0, 0], 0, 0]])[0]), rel=1e-9, abs=1e-12
    )


def test_the_same_seed_gives_the_same_samples_and_another_does_not():
    options = {"walkers": 8, "steps": 40}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", module.ShortChainWarning)
        one, two, three = (nd.posterior(["lep"], 1.0, ["mu"], seed=s, **options) for s in (3, 3, 4))
    assert np.array_equal(one.chains, two.chains)
    assert not np.array_equal(one.chains, three.chains)


def test_a_short_chain_warns():
    with pytest.warns(module.ShortChainWarning, match="take more steps"):
        nd.posterior(["lep"], 1.0, ["mu"], walkers=8, steps=40)


def test_a_free_mass_is_interpolated_between_its_nodes():
    density = module._density(["lep"], np.array([1.0, 2.0]), ["mu"], np.array([[0.0, np.log10(2)], [-9, -2]]), False)
    d = np.log10(2e-5)
    ends = density(np.array([[0.0, d], [np.log10(2), d]]))
    middle = density(np.array([[0.5 * np.log10(2), d]]))
    assert middle[0] == pytest.approx(ends.mean(), rel=1e-9, abs=0)
    assert density(np.array([[0.1, -1.0]]))[0] == -np.inf


@pytest.mark.parametrize(
    ("key", "mass", "flavor"), [("charm-ii", 0.05, 1), ("conus-plus", 8e-4, 0), ("lz-nees", 5e-5, 1)]
)
def test_between_its_nodes_the_edge_in_d_is_right_to_a_per_cent(key, mass, flavor):
    masses = mass * 10 ** np.array([-0.2, 0.2])
    nodes = module._masses(masses.tolist())
    between = float(np.sqrt(nodes[len(nodes) // 2] * nodes[len(nodes) // 2 + 1]))
    x = np.linspace(-10, -4, 3000)
    flavors = [("e", "mu", "tau")[flavor]]
    density = module._density([key], nodes, flavors, np.array([np.log10(masses), [-10, -4]]), False)
    couplings = np.zeros((len(x), 3))
    couplings[:, flavor] = 10**x
    direct = joint.table([registry.get(key)], between).test_statistic(couplings)
    found = -2.0 * density(np.column_stack([np.full(len(x), np.log10(between)), x]))
    edges = [x[np.argmax(q > 2.7)] for q in (direct, found)]
    assert edges[1] == pytest.approx(edges[0], rel=0, abs=0.005)


def test_getdist_reads_the_chains(found, tmp_path):
    files = found.to_getdist(tmp_path / "chains" / "conus")
    assert [p.name for p in files] == ["conus.txt", "conus.paramnames", "conus.ranges"]
    rows = np.loadtxt(files[0])
    assert rows[:, 2] == pytest.approx(found.samples[:, 0], rel=1e-8, abs=0)
    assert found.to_dict()["log10_d_e"].shape == (20, 1200)
    getdist = pytest.importorskip("getdist")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = getdist.loadMCSamples(str(tmp_path / "chains" / "conus"), settings={"ignore_rows": 0})
    assert read.getMeans()[0] == pytest.approx(found.samples.mean(), rel=1e-6, abs=0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"flavors": []}, "at least one"),
        ({"flavors": ["mu", "mu"]}, "once"),
        ({"flavors": ["x"]}, "flavor"),
        ({"mass": [2.0, 1.0]}, "lower one first"),
        ({"mass": 0.0}, "mass"),
        ({"d_range": (1e-3, 1e-9)}, "lower one first"),
        ({"walkers": 1}, "walkers"),
        ({"walkers": 9}, "even"),
        ({"steps": 2}, "steps"),
        ({"keys": ["conus-plus"]}, "has a signal"),
    ],
)
def test_bad_input_is_named(options, said):
    with pytest.raises(NudipoleError, match=said):
        nd.posterior(**{"keys": ["lep"], "mass": 1.0, "flavors": ["mu"], **options})


def test_without_emcee_the_extra_is_named(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(module.importlib, "import_module", missing)
    with pytest.raises(MissingExtraError, match="posterior"):
        nd.posterior(["lep"], 1.0, ["mu"])
    assert issubclass(MissingExtraError, NudipoleError)
    assert issubclass(DomainError, NudipoleError)


def test_the_command_writes_chains_and_a_corner(tmp_path):
    arguments = ["posterior", "lep", "charm-ii", "--mass", "0.05", "0.1", "--flavors", "mu,tau", "--steps", "60"]
    arguments += ["--walkers", "8", "--out", str(tmp_path / "c"), "--figure", str(tmp_path / "c.png")]
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert {p.name for p in tmp_path.iterdir()} == {"c.txt", "c.paramnames", "c.ranges", "c.png"}
    assert "log10_d_tau" in result.output
    assert "take more steps" in result.output
