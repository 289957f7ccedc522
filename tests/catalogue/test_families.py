"""Families of constraints follow from their cards."""

from __future__ import annotations

import pytest

from nudipole.catalogue import families, registry


@pytest.mark.parametrize(
    ("key", "family"),
    [
        ("lz-nees", families.SOLAR_ELECTRON),
        ("supercdms", families.SOLAR_ELECTRON),
        ("xenon-cevns-combined", families.SOLAR_NUCLEUS),
        ("nucleus", families.REACTOR),
        ("ccm", families.STOPPED_PION),
        ("lsnd", families.STOPPED_PION),
        ("juno-earth", families.EARTH),
        ("borexino-superk-earth", families.EARTH),
        ("hyper-k", families.EARTH),
        ("cepc", families.COLLIDER),
        ("lhc-monophoton", families.COLLIDER),
        ("cmb", families.COSMOLOGY),
        ("red-giants", families.STARS),
        ("uv-loop", families.THEORY),
        ("charm-ii", families.BEAM),
        ("faser2", families.BEAM),
        ("minerva", families.BEAM),
        ("no-such-key", families.OWN),
    ],
)
def test_each_search_is_in_its_family(key, family):
    assert families.family(key) == family


def test_only_keys_that_are_not_shipped_are_own_cards():
    assert families.OWN not in {families.family(key) for key in registry.all_keys()}


def test_what_is_said_of_the_sky_is_the_sky():
    assert set(registry.sky()) <= set(families._SKY)


def test_fluxes_of_beams_and_of_nested_sources():
    assert families.flux_names(registry.get("icecube").card) == ["atmospheric", "astrophysical"]
    assert families.flux_names(registry.get("charm-ii").card) == ["sps"]
