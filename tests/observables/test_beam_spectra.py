"""N of a beam's mesons: number, mean energy, angles, against sums over the mesons."""

from __future__ import annotations

import numpy as np
import pytest

import nudipole as nd
from nudipole.errors import NudipoleError
from nudipole.fluxes.hadrons import mesons
from nudipole.processes.mesons import meson

D = 1e-6
WIDE = [0.0, 1e6]


@pytest.mark.parametrize(("parent", "states"), [("eta", 2), ("D", 1), ("J/psi", 2)])
def test_the_number_is_mesons_times_branching_ratio(parent, states):
    made = mesons.meson_spectrum(400.0, parent).weight.sum()
    ratio = sum(width for _, width in meson.decay_channels(parent, 0.1)) / meson.total_width(parent)
    found = nd.beam_spectrum("sps", parent, 0.1, D, edges=WIDE)
    assert found["number"] == pytest.approx([states * made * ratio * D**2], rel=2e-3, abs=0)
    assert found["number"] == pytest.approx(nd.beam_spectrum(400.0, parent, 0.1, D)["number"].sum(), rel=1e-9, abs=0)


def test_two_body_decays_are_boxes():
    """J/psi -> nu N isotropic: mean lab energy is gamma E*, E* = (m^2 + M^2) / 2m, and none beyond gamma (E* + beta p*)."""
    mass, m = 0.5, meson.parent_mass("J/psi")
    parents = mesons.meson_spectrum(400.0, "J/psi")
    star = (m**2 + mass**2) / (2 * m)
    gamma = parents.energy / m
    edges = np.linspace(0.0, 400.0, 4001)
    found = nd.beam_spectrum("sps", "J/psi", mass, D, edges=edges)
    middle = 0.5 * (edges[1:] + edges[:-1])
    mean = np.sum(found["number"] * middle) / np.sum(found["number"])
    assert mean == pytest.approx(np.sum(parents.weight * gamma) / np.sum(parents.weight) * star, rel=2e-3, abs=0)
    end = np.max(gamma * star + np.sqrt(gamma**2 - 1) * np.sqrt(star**2 - mass**2))
    assert middle[found["number"] > 0].max() < end + 0.1


def test_angles_and_channels():
    wide, narrow = (
        nd.beam_spectrum("sps", "D", 0.1, D, edges=WIDE, angle_max=cut)["number"][0] for cut in (None, 0.01)
    )
    assert 0 < narrow < wide
    angles = nd.beam_spectrum("sps", "D", 0.1, D, "angle", [0.0, 0.01, 4.0])
    assert angles["number"] == pytest.approx([narrow, wide - narrow], rel=1e-9, abs=0)
    parts = [
        nd.beam_spectrum("sps", "D", 0.1, D, edges=WIDE, channel=name)["number"][0] for name in meson.channels("D")
    ]
    assert sum(parts) == pytest.approx(wide, rel=1e-9, abs=0)
    assert list(nd.beam_spectrum("lhc", "D", 0.1, D, bins=3))[-1] == "cross_section [pb]"
    one = nd.beam_spectrum("booster", "K+", 0.1, mu=2e-9, edges=WIDE)["number"]
    both = nd.beam_spectrum("booster", "K", 0.1, mu=2e-9, edges=WIDE)["number"]
    assert 0 < one < both


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (("sp", "eta", 0.1, D), {}, "did you mean sps"),
        ((401.0, "eta", 0.1, D), {}, "beam"),
        (("sps", "etta", 0.1, D), {}, "meson"),
        (("sps", "eta", 1.0, D), {}, "makes no N"),
        (("sps", "eta", 0.1, D), {"channel": "nu N"}, "channel"),
        (("sps", "eta", 0.1, D), {"edges": [2.0, 1.0]}, "increase"),
        (("sps", "eta", 0.1, D), {"bins": 0}, "bins"),
        (("sps", "eta", 0.1, D, "rapidity"), {}, "variable"),
    ],
)
def test_bad_input_is_one_line(arguments, options, words):
    with pytest.raises(NudipoleError) as error:
        nd.beam_spectrum(*arguments, **options)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_closed_decays_give_zeros_where_bins_are_given():
    assert nd.beam_spectrum("sps", "eta", 1.0, D, edges=WIDE)["number"].tolist() == [0.0]
