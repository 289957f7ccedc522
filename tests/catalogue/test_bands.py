"""Bands: what each variation does to a limit, and their sum in quadrature."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

import nudipole as nd
from nudipole.catalogue import bands as module
from nudipole.cli import main
from nudipole.errors import DomainError
from nudipole.inference.counting import critical_value
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.inference.limits import ProfileStatistic
from nudipole.signals.protocol import Signal


def test_one_gaussian_bin_moves_as_it_must():
    """A pull of 20 % on the signal and of 5 events on the background, fixed: the limit is that of the moved numbers."""
    likelihood = Likelihood(np.array([101.0]), np.array([100.0]), np.array([8.0]), (Pull("flux"),), np.array([[5.0]]))
    signal = Signal(per_d2=np.array([[1e12]]), relative_shifts=np.array([[[0.2]]]))
    for size in (-1.0, 1.0):
        statistic, moved = module._fixed(ProfileStatistic(likelihood), signal, 0, size)
        found = module._lower(statistic, moved, 0.9)[0]
        excess = 1.0 - 5.0 * size
        deficit = min(0.0, excess)
        edge = excess + np.sqrt(critical_value(0.9) * 64.0 + deficit**2)
        assert found == pytest.approx(np.sqrt(edge / (1e12 * (1 + 0.2 * size))), rel=1e-5, abs=0)


def test_the_band_is_the_sum_in_quadrature():
    found = nd.bands("conus-plus", "e", [1e-3, 2e-3])
    low, high = found.band
    logs = np.log(found.ratios)
    up = np.sqrt(np.sum(np.maximum(logs, 0).max(axis=1) ** 2, axis=0))
    assert high == pytest.approx(found.lower * np.exp(up), rel=1e-12, abs=0)
    assert np.all(low < found.lower)
    assert {"reactor.flux", "quenching.germanium", "form factor fermi"} <= set(found.names)
    assert found.lower == pytest.approx(nd.limit("conus-plus", "e", [1e-3, 2e-3]).lower, rel=1e-12, abs=0)
    largest = np.abs(logs).max(axis=1)
    assert found.dominant == tuple(found.names[i] for i in np.argmax(largest, axis=0))


def test_more_flux_excludes_less_coupling():
    """A projection of few counts over neutrino interactions: signal and background go up with the flux."""
    found = nd.bands("flare-10", "mu", 0.05)
    ((down, up),) = (found.ratios[found.names.index("flux.lhc-forward")],)
    assert down[0] > 1.0 > up[0]


def test_what_has_no_uncertainty_has_no_width():
    found = nd.bands("t2k-nd280", "mu", 0.1)
    assert found.names == ()
    assert found.band[0] == pytest.approx(found.lower, rel=1e-12, abs=0)
    assert found.dominant == ("",)


def test_out_of_reach_is_nan_and_unions_and_the_sky_are_refused():
    found = nd.bands("conus-plus", "e", [1e-3, 1.0])
    assert np.isnan(found.band[0][1])
    assert found.dominant[1] == ""
    with pytest.raises(DomainError, match="counts no events"):
        nd.bands("bbn", "mu", 0.01)
    with pytest.raises(DomainError, match="union"):
        nd.bands("lsnd", "mu", 0.01)


def test_the_command_prints_the_band():
    arguments = ["limit", "conus-plus", "--flavor", "e", "--mass", "1e-3", "--bands"]
    result = CliRunner().invoke(main, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)
    assert row["d_low_GeV-1"] == pytest.approx(nd.bands("conus-plus", "e", 1e-3).band[0][0], rel=1e-9, abs=0)
    assert "dominated by" in CliRunner().invoke(main, arguments).output
    assert CliRunner().invoke(main, [*arguments, "--csv"]).stdout.startswith("mass_GeV,d_GeV-1,")
    assert CliRunner().invoke(main, [*arguments, "--method", "cls"]).exit_code == 2
