"""Workspaces: read back and fitted by pyhf, against our likelihood and our limits."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import optimize

import nudipole as nd
from nudipole.catalogue import registry
from nudipole.cli import main
from nudipole.errors import DomainError
from nudipole.inference.counting import critical_value
from nudipole.portal import Direction, Portal

# counting, few counts, binned with pulls on the signal, free background, Gaussian bins, N that decays, on a projection
CASES = [
    ("t2k-nd280", "mu", 0.1),
    ("donut", "tau", 0.03),
    ("xenonnt-cevns", "mu", 1e-3),
    ("lz-nees", "e", 1e-5),
    ("conus-plus", "e", 1e-3),
    ("charm-ii", "mu", 0.05),
    ("miniboone", "mu", 0.1),
    ("flare-10", "mu", 0.05),
]


@pytest.fixture
def pyhf():
    found = pytest.importorskip("pyhf")
    pytest.importorskip("iminuit")
    found.set_backend("numpy", found.optimize.minuit_optimizer(tolerance=1e-3, maxiter=1_000_000))
    yield found
    found.set_backend("numpy", "scipy")


def profile(pyhf, document):
    """-2 ln L of pyhf at a fixed strength, from the workspace as it is read back from JSON."""
    space = pyhf.Workspace(json.loads(json.dumps(document)))
    model = space.model()
    data = space.data(model)

    def at(strength):
        if model.config.npars == 1:  # nothing is left to fit
            return -2.0 * float(model.logpdf([strength], data)[0])
        return float(pyhf.infer.mle.fixed_poi_fit(strength, data, model, return_fitted_val=True)[1])

    return at


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what pyhf imports
@pytest.mark.parametrize(("key", "flavor", "mass"), CASES)
def test_pyhf_has_the_same_likelihood(pyhf, key, flavor, mass):
    d = 1.2 * float(nd.limit(key, flavor, mass).lower[0])
    at = profile(pyhf, nd.workspace(key, flavor, mass, d))
    experiment = registry.get(key)
    ours = float(experiment.delta_chi2([Portal(mass, d, Direction(flavor))])[0])
    assert at(1.0) - at(0.0) == pytest.approx(ours, rel=1e-4, abs=1e-4)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("key", "flavor", "mass"), [("xenonnt-cevns", "mu", 1e-3), ("texono-csi", "e", 1e-3)])
def test_pyhf_finds_the_same_limit(pyhf, key, flavor, mass):
    """Counts go as d^2 here, so that the strength of the limit is one."""
    at = profile(pyhf, nd.workspace(key, flavor, mass))
    best = optimize.minimize_scalar(at, bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-4})
    lowest, cl = min(best.fun, at(0.0)), registry.get(key).confidence_level
    edge = optimize.brentq(lambda x: at(x) - lowest - critical_value(cl), best.x, 3.0, xtol=1e-4)
    assert np.sqrt(edge) == pytest.approx(1.0, rel=1e-3, abs=0)


def test_shared_pulls_keep_their_names_and_what_is_used_is_listed():
    document = nd.workspace("lz-nees", "e", 1e-5)
    listed = {parameter["name"] for parameter in document["measurements"][0]["config"]["parameters"]}
    assert {"solar.pp", "solar.7Be", "signal_strength"} <= listed
    used = {m["name"] for sample in document["channels"][0]["samples"] for m in sample["modifiers"]}
    assert used == listed


@pytest.mark.parametrize(
    ("key", "flavor", "mass", "said"),
    [
        ("bbn", "mu", 0.01, "counts no events"),
        ("nomad", "mu", 0.01, "no workspace"),
        ("lsnd", "mu", 0.01, "no workspace"),
        ("conus-plus", "mu", 1e-3, "has no signal"),
        ("conus-plus", "e", 1.0, "has no signal"),
    ],
)
def test_what_cannot_be_written_is_refused(key, flavor, mass, said):
    with pytest.raises(DomainError, match=said):
        nd.workspace(key, flavor, mass)


def test_the_command_writes_a_file_whole(tmp_path):
    file = tmp_path / "w.json"
    arguments = ["workspace", "conus-plus", "--flavor", "e", "--mass", "1e-3"]
    result = CliRunner().invoke(main, [*arguments, "--out", str(file)])
    assert result.exit_code == 0, result.output
    assert json.loads(file.read_text()) == nd.workspace("conus-plus", "e", 1e-3)
    assert [p.name for p in tmp_path.iterdir()] == ["w.json"]
    printed = CliRunner().invoke(main, [*arguments, "--d", "1e-7"])
    assert json.loads(printed.stdout)["version"] == "1.0.0"
