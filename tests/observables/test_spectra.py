"""Spectra with real edges and units, with and without N."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import nudipole as nd
from nudipole.catalogue import registry
from nudipole.catalogue.experiment import Experiment
from nudipole.errors import DomainError, UnknownNameError
from nudipole.inputs import tables
from nudipole.signals.protocol import stacked

COUNTING = [key for key in sorted(registry.all_keys()) if isinstance(registry.get(key), Experiment)]


def test_coherent_is_in_photo_electrons_and_microseconds_as_its_data_are():
    """Each bin's edges are those of the row of the release that its counts come from."""
    found, data = nd.spectrum("coherent-csi", 1e-3, 3e-7, "mu"), tables.load("catalogue/data/coherent-csi.csv")
    for name, column in (
        ("photo-electrons_low", "low"), ("photo-electrons_high", "high"),
        ("time_low [us]", "time_low"), ("time_high [us]", "time_high"), ("observed", "observed"),
    ):  # fmt: skip
        assert found[name].tolist() == data[column].tolist()


def test_with_n_is_without_n_plus_the_signal():
    found, alone = nd.spectrum("lz-nees", 1e-3, mu=1e-11, flavor="universal"), nd.spectrum("lz-nees")
    assert found["with N"] == pytest.approx(found["without N"] + found["signal"], rel=1e-12, abs=0)
    assert alone["without N"] == pytest.approx(found["without N"], rel=1e-12, abs=0)
    assert "signal" not in alone
    assert "with N" not in alone


def test_the_moment_is_twice_the_coupling():
    by_d = nd.rate("conus-plus", 1e-3, nd.units.d_from_mu(1e-10), "e")
    by_mu = nd.rate("conus-plus", 1e-3, mu=1e-10, flavor="e")
    assert by_mu.signal == pytest.approx(by_d.signal, rel=1e-12, abs=0)


@pytest.mark.parametrize("key", COUNTING)
def test_every_search_says_where_its_bins_are(key):
    bins = registry.get(key).model().bins
    size = len(bins.edges) - 1
    assert all(len(column) == size for column in bins.columns.values())
    for name, low in bins.columns.items():
        if "_low" in name:
            high = bins.columns[name.replace("_low", "_high")]
            there = ~np.isnan(low)
            assert np.all(high[there] > low[there])


def test_members_keep_their_own_axes():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rate = nd.rate("xenon-nees-combined", 1e-3, 1e-9, "universal")
    assert set(rate.columns["experiment"]) == {"lz-nees", "pandax4t-nees", "xenonnt-nees"}
    assert rate.label(0) == "lz-nees, 0 - 1 keV"
    gaps = stacked("whose", [("a", {"x": np.array([1.0])}), ("b", {"word": np.array(["w"])})])
    assert np.isnan(gaps["x"][1])
    assert gaps["word"].tolist() == ["", "w"]


def test_what_is_missing_is_said():
    with pytest.raises(DomainError, match="exactly one of d"):
        nd.rate("conus-plus", 1e-3, flavor="e")
    with pytest.raises(UnknownNameError):
        nd.rate("conus-plus", 1e-3, 1e-8)
    with pytest.raises(DomainError, match="give its mass"):
        nd.spectrum("conus-plus", d=1e-8)
    with pytest.raises(DomainError, match="has limits but no rates"):
        nd.spectrum("bbn")
    with pytest.raises(DomainError, match="one of 1 bins, got 7"):
        nd.rate("conus-plus", 1e-3, 1e-8, "e").label(7)
