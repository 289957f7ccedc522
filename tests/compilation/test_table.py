"""Table 1: what counts, and how it is written."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nudipole import units
from nudipole.compilation import table
from nudipole.constraint import Interval, Limit
from nudipole.portal import Direction, Portal

MASSES = np.geomspace(1e-3, 1.0, 31)


def limit(key, flavor, lows, kind="exclusion"):
    excluded = tuple((Interval(low),) if np.isfinite(low) else () for low in lows)
    return Limit(key, Direction(flavor), 0.9, MASSES, excluded, kind)


def columns(row):
    return dict(zip(table.HEAD, row, strict=True))


def test_couplings_beyond_the_perturbative_or_far_behind_a_rival_do_not_count():
    rising = limit("nomad", "mu", 1e-8 * (MASSES / 1e-3) ** 3)  # to 10 GeV^-1 at 1 GeV
    rival = limit("charm-ii", "mu", np.full_like(MASSES, 1e-7))
    (alone,) = table.rows([rising])
    assert columns(alone)["masses [GeV]"] == "0.001 - 0.079"  # the last mass before 0.1 GeV, where d is 1e-2 GeV^-1
    both = columns(table.rows([rising, rival])[0])
    assert both["masses [GeV]"] == "0.001 - 0.02"  # 1e-4 GeV^-1, a thousand rivals, at 0.0215 GeV
    projection = limit("charm-ii", "mu", np.full_like(MASSES, 1e-7), "projection")
    assert columns(table.rows([rising, projection])[0])["masses [GeV]"] == "0.001 - 0.079"


def test_the_best_reach_is_the_lowest_of_all_flavours_in_both_conventions():
    row = columns(table.rows([limit("nomad", "e", np.full(31, 1e-6)), limit("nomad", "mu", 1e-7 * (MASSES / 1e-3))])[0])
    assert row["best reach"] == f"d = 1e-07 GeV^-1 ({units.mu_from_d(1e-7):.2g} mu_B) at 0.001 GeV, 90% CL"


def test_a_lower_edge_where_a_grid_ends_is_no_reach():
    low = np.full(31, 1e-14)
    ends = tuple("grid" for _ in MASSES)
    (row,) = table.rows([replace(limit("bbn", "e", low), ends=ends)])
    assert columns(row)["best reach"].startswith("d <= 1e-14 GeV^-1")
    assert columns(row)["best reach"].endswith("where the grid ends")
    (row,) = table.rows([limit("bbn", "e", low)])
    assert columns(row)["best reach"].startswith("d = 1e-14 GeV^-1")


def test_the_dominant_flavour_is_marked():
    weak, strong = np.full(31, 1e-6), np.full(31, 1e-7)
    curves = [limit("nomad", "e", weak), limit("nomad", "mu", strong)]
    assert columns(table.rows(curves, str.upper)[0])["flavours"] == "e MU"
    alike = [limit("nomad", f, strong) for f in ("e", "mu", "tau")]
    assert columns(table.rows(alike, str.upper)[0])["flavours"] == "all alike"


@pytest.mark.parametrize(
    ("length", "name"), [(0.5, "prompt"), (2.0, "displaced"), (900.0, "displaced"), (2e3, "long-lived")]
)
def test_lifetime_regimes_are_those_of_n_at_rest(length, name):
    mass = 0.1
    unit = Portal(mass, 1e-6)
    d = 1e-6 * np.sqrt(unit.lifetime * 299792458.0 / length)
    one = Limit("nomad", Direction("mu"), 0.9, np.array([mass]), ((Interval(d),),))
    assert columns(table.rows([one])[0])["N lives"] == name


def test_sources_and_observables_are_those_of_the_cards():
    curves = [
        limit(k, "e", np.full(31, 1e-7))
        for k in ("lz-nees", "lz-cevns", "dune-nd", "lep", "bbn", "xenon-nees-combined")
    ]
    found = {row[0]: (row[1], row[3]) for row in table.rows(curves)}
    assert found["LZ (electron recoils)"] == ("Sun", "electron recoils")
    assert found["LZ (nuclear recoils of 8B)"] == ("Sun", "nuclear recoils (CEνNS)")
    assert found["DUNE near detector"] == ("LBNF beam (GeV)", "up-scattering, then N → νγ: photons")
    assert found["LEP"][0] == "e+e- collisions"
    assert found["LZ + XENONnT + PandaX-4T (electron recoils)"] == ("Sun", "electron recoils")


def test_nothing_excluded_is_said():
    assert columns(table.rows([limit("nomad", "e", np.full(31, np.nan))])[0])["masses [GeV]"] == "none"


def test_both_formats_mark_and_escape():
    curves = [
        limit("nomad", "e", np.full(31, 1e-6)),
        limit("nomad", "mu", np.full(31, 1e-7)),
        limit("conus|<b>&", "e", np.full(31, 1e-7)),
    ]
    text, tex = table.markdown(curves), table.latex(curves)
    assert "e **mu**" in text
    assert "conus\\|" in text
    assert "<b>" not in text
    assert r"e \textbf{mu}" in tex
    assert r"\&" in tex
    assert r"$\mu_B$" in tex
    assert "90\\%" in tex
    for line in text.splitlines()[2:6]:
        assert line.replace("\\|", "").count("|") == len(table.HEAD) + 1
