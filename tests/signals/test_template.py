"""The signal template: its two limits, addition, compression."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nudipole.errors import DomainError
from nudipole.signals import template
from nudipole.signals.template import SignalTemplate

D = np.geomspace(1e-9, 1e-2, 15)


def random_template(number=400, bins=3, seed=0):
    rng = np.random.default_rng(seed)
    near = rng.uniform(0, 50, number)
    return SignalTemplate.from_nodes(
        rng.exponential(1e14, (number, bins)),
        kappa=10 ** rng.uniform(7.5, 9.5, number),
        near=near,
        far=near + rng.uniform(0.1, 20, number),
        visible=rng.uniform(0.2, 1, number),
    )


def test_long_lived_counts_go_as_the_fourth_power():
    counts = random_template().counts(np.array([1e-10, 2e-10]))
    assert counts[1] / counts[0] == pytest.approx(np.full(3, 16.0), rel=1e-5, abs=0)


def test_prompt_counts_go_as_the_square():
    prompt = SignalTemplate.from_nodes([[5.0]], kappa=1e30, near=0.0, far=1.0)
    assert prompt.counts(np.array([1.0, 3.0]))[:, 0] == pytest.approx([5.0, 45.0], rel=1e-6, abs=0)


def test_a_recoil_only_search_loses_what_decays_inside():
    recoil = SignalTemplate.from_nodes([[5.0]], kappa=2.0, near=3.0, far=np.inf)
    assert recoil.counts(1.0) == pytest.approx([5.0 * np.exp(-6.0)], rel=1e-6, abs=0)
    stable = SignalTemplate.from_nodes([[5.0]], kappa=0.0, near=3.0, far=np.inf)
    assert stable.counts(1.0) == pytest.approx([5.0], rel=1e-6, abs=0)
    assert stable.scales_as_d2


def test_templates_add():
    one, two = random_template(seed=1), random_template(seed=2)
    assert (one + two).counts(D) == pytest.approx(one.counts(D) + two.counts(D), rel=1e-12, abs=0)
    assert template.total([one, two, one]).counts(D) == pytest.approx(
        2 * one.counts(D) + two.counts(D), rel=1e-12, abs=0
    )


def test_compression_keeps_the_counts():
    full = random_template(number=4000)
    small = full.compressed()
    assert small.kappa.size < 0.6 * full.kappa.size
    exact = full.counts(D)
    visible = exact > 1e-3 * exact.max(axis=0)
    assert small.counts(D)[visible] == pytest.approx(exact[visible], rel=1e-2, abs=0)
    # far down the exponential flank the coupling at given counts is what matters
    steep = np.geomspace(1e-6, 1e-2, 4000)
    for kept, merged in zip(full.counts(steep).T, small.counts(steep).T, strict=True):
        edges = [steep[np.nonzero(c > 1e-6 * kept.max())[0][-1]] for c in (kept, merged)]
        assert edges[1] == pytest.approx(edges[0], rel=1e-2, abs=0)
    assert small.counts(D[:1]).sum() == pytest.approx(exact[:1].sum(), rel=1e-6, abs=0)  # long-lived: exact in the sum


def test_width_enters_through_the_norm_of_the_couplings():
    one = SignalTemplate.from_nodes([[1.0]], 1.0, 0.0, 1.0, decay_norm=1.0)
    three = SignalTemplate.from_nodes([[1.0]], 1.0, 0.0, 1.0, decay_norm=3.0)
    assert three.counts(1e-4) / one.counts(1e-4) == pytest.approx([3.0], rel=1e-6, abs=0)


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1e3), st.floats(0, 1e40), st.floats(0, 1e9), st.floats(0, 1e9))
def test_counts_are_finite_and_bounded_by_production(d, kappa, near, length):
    node = SignalTemplate.from_nodes([[1.0]], kappa, near, near + length)
    value = float(node.counts(d)[0])
    assert 0.0 <= value <= d**2 * (1 + 1e-12)


def test_nonsense_is_refused():
    with pytest.raises(DomainError, match="far"):
        SignalTemplate.from_nodes([[1.0]], 1.0, 2.0, 1.0)
    with pytest.raises(DomainError, match="kappa"):
        SignalTemplate.from_nodes([[1.0]], np.nan, 0.0, 1.0)
    with pytest.raises(DomainError, match="bins"):
        SignalTemplate.from_counts([1.0]) + SignalTemplate.from_counts([1.0, 2.0])


def test_compression_joins_only_nodes_of_one_cell():
    """As many nodes are left as pairs of cells of the decay exponents inside and on the way are filled."""
    full = random_template(number=3000)
    length = full.far - full.near
    inside, before = full.kappa * length, full.kappa * full.near
    smallest = inside.max() * 1e-14
    cells = [np.floor(16 * np.log10(np.maximum(v, smallest) / smallest)).astype(int) for v in (inside, before)]
    assert full.compressed(16).kappa.size == len(set(zip(*(c.tolist() for c in cells), strict=True)))
    # (row, last column) and (row + 1, column 1): one number if rows were two cells too short
    inside = np.array([10.0 ** (-1.0 / 16.0), 1.0] * 40)
    before = np.array([3.0, 1e-14 * 10.0 ** (1.5 / 16.0)] * 40)
    pair = SignalTemplate.from_nodes(np.ones((80, 1)), kappa=1.0, near=before, far=before + inside)
    assert pair.compressed(16).kappa.size == 2
