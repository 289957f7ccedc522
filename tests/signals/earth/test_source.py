"""Fluxes by direction and matter by distance, from a card."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nudipole.errors import CardError
from nudipole.matter import materials
from nudipole.portal import Direction
from nudipole.signals.earth import paths, source
from nudipole.signals.earth.card import Production, Site, Source

FILE = Path("toy.toml")
SITE = Site(material="water", mass_tonne=1000.0, density_g_cm3=1.0, depth_m=100.0, latitude_deg=90.0)


def test_an_isotropic_flux_comes_evenly_and_the_sun_from_its_zenith():
    for arrival, expected in (("isotropic", np.full(paths.DIRECTIONS, 0.1)), ("sun", paths.sun_zenith(90.0))):
        (beam,) = source.beams(Source(flux={"flux": "solar", "components": ["8B"]}, arrival=arrival), SITE, FILE, 0)
        assert beam.share == pytest.approx(expected, rel=1e-12, abs=0)
    assert np.ptp(beam.share) > 0.05


def test_bands_of_zenith_add_up_to_the_flux():
    flux = {"flux": "atmospheric", "oscillation": False}
    bands = source.beams(Source(flux=flux, arrival="zenith"), SITE, FILE, 0)
    (whole,) = source.beams(Source(flux=flux), SITE, FILE, 0)
    assert np.stack([band.share for band in bands]) == pytest.approx(np.eye(paths.DIRECTIONS), rel=1e-12, abs=0)
    totals = [one.flux.nodes(Direction("mu"))[1].sum() for one in (*bands, whole)]
    assert sum(totals[:-1]) == pytest.approx(totals[-1], rel=1e-6, abs=0)


def test_only_fluxes_per_second_have_years():
    with pytest.raises(CardError, match=r"source\[3\]\.flux.*flux per second"):
        source.beams(Source(flux={"flux": "booster", "baseline_m": 541.0}), SITE, FILE, 3)


def test_coherent_scattering_is_by_element_and_the_rest_by_material():
    edges = paths.path_edges(0.0, 50.0)
    inside = Production(where="inside", channels=("coherent", "electron"))
    found = {kind.material: kind for kind in source.kinds(SITE, inside, edges)}
    assert {name: kind.channels for name, kind in found.items()} == {
        "water": ("electron",), "H": ("coherent",), "O": ("coherent",),
    }  # fmt: skip
    hydrogen = materials.get("water").mass_fractions["H"]
    assert found["H"].density == pytest.approx(hydrogen * found["water"].density, rel=1e-9, abs=0)
    assert found["water"].density[0, 0] == pytest.approx(1000.0, rel=0.05, abs=0)


def test_free_protons_are_incoherent_where_that_channel_is_on():
    edges = paths.path_edges(0.0, 50.0)
    both = Production(where="inside", channels=("coherent", "incoherent"))
    assert [kind.material for kind in source.kinds(SITE, both, edges)] == ["water", "O"]
    one = Production(where="inside", channels=("incoherent",))
    assert [kind.channels for kind in source.kinds(SITE, one, edges)] == [("incoherent",)]
