"""The table of docs/physics/photon_searches.md: what searches leave of the MiniBooNE region."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from nudipole.catalogue import registry
from nudipole.portal import Direction

PAGE = Path(__file__).parents[2] / "docs" / "physics" / "photon_searches.md"
MU = Direction("mu")
GRID = np.geomspace(0.01, 1.0, 60)  # the best fit of two parameters is taken over these masses


def shown():
    rows = re.findall(
        r"^\| ([\d.]+) \| (\S+) – (\S+) \| (\S+) – (\S+) \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE
    )
    return {float(mass): ([float(a), float(b), float(c), float(d)], rest) for mass, a, b, c, d, rest in rows}


def regions(preset, masses):
    region = registry.get("miniboone-roi").limit(np.unique(np.concatenate([masses, GRID])), MU, preset=preset)
    found = dict(zip(region.masses.tolist(), region.excluded, strict=True))
    return [found[mass][0] for mass in masses]


def covered(region, intervals):
    """Share of the region, in ln d, inside the excluded intervals."""
    ends = [(max(region.low, i.low), min(region.high, np.inf if i.high is None else i.high)) for i in intervals]
    return sum(np.log(high / low) for low, high in ends if high > low) / np.log(region.high / region.low)


def test_the_regions_are_those_of_the_page():
    masses = sorted(shown())
    assert len(masses) == 9
    for preset, first in (("default", 0), ("angle", 2)):
        for mass, region in zip(masses, regions(preset, masses), strict=True):
            written = shown()[mass][0][first : first + 2]
            assert [region.low, region.high] == pytest.approx(written, rel=0.01, abs=0), (mass, preset)


@pytest.mark.parametrize(
    "key", ["minerva", "nomad", "charm-ii", "lsnd", "superk-atmospheric", "microboone", "coherent-lar"]
)
def test_what_is_excluded_is_what_the_page_says(key):
    masses = sorted(shown())
    limit = registry.get(key).limit(masses, MU)
    for mass, region, intervals in zip(masses, regions("default", masses), limit.excluded, strict=True):
        named = re.search(rf"`{key}`(?: \((\d+)%\))?", shown()[mass][1])
        share = 0.0 if named is None else float(named[1] or 100) / 100
        assert covered(region, intervals) == pytest.approx(share, abs=0.02), mass


def test_energy_and_angle_ask_for_other_couplings():
    masses = sorted(shown())
    for energy, angle in zip(regions("default", masses), regions("angle", masses), strict=True):
        assert angle.high < energy.low
