"""CLs: closed forms, counts, and pyhf on the same model."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from nudipole.errors import DomainError
from nudipole.inference import cls
from nudipole.inference.count_limits import CountStatistic
from nudipole.inference.count_models import Counts, PublishedLimit
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.inference.limits import ProfileStatistic
from nudipole.signals.protocol import Signal

SIGNAL, BACKGROUND, OBSERVED = np.array([5.0, 8.0, 2.0]), np.array([50.0, 40.0, 30.0]), np.array([53.0, 44.0, 27.0])
SHIFTS = np.array([[5.0, 4.0, 3.0], [2.0, -1.0, -1.0]])
LIKELIHOOD = Likelihood(OBSERVED, BACKGROUND, np.zeros(3), (Pull("size"), Pull("shape")), SHIFTS)


@pytest.mark.parametrize("observed", [47.0, 50.0, 52.0, 61.0])
def test_a_gaussian_bin_has_the_closed_form(observed):
    one = Likelihood(np.array([observed]), np.array([50.0]), np.array([4.0]))
    for s in (2.0, 5.0, 9.0, 14.0):
        best = max(observed - 50.0, 0.0)
        q = ((observed - 50 - s) / 4) ** 2 - ((observed - 50 - best) / 4) ** 2 if best < s else 0.0
        asimov = (s / 4) ** 2
        if q <= asimov:
            expected = special.ndtr(-np.sqrt(q)) / special.ndtr(s / 4 - np.sqrt(q))
        else:
            width = s / 2
            expected = special.ndtr(-(q + asimov) / width) / special.ndtr(-(q - asimov) / width)
        assert np.exp(cls.log_cls(one, np.array([[s]])))[0] == pytest.approx(expected, rel=1e-5, abs=0)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what pyhf imports
@pytest.mark.parametrize("deficit", [0.0, 12.0])
def test_pyhf_has_the_same_cls(deficit):
    pyhf = pytest.importorskip("pyhf")
    observed = OBSERVED - deficit
    modifiers = [
        {"name": name, "type": "histosys", "data": {"hi_data": (BACKGROUND + s).tolist(), "lo_data": (BACKGROUND - s).tolist()}}
        for name, s in zip(("size", "shape"), SHIFTS, strict=True)
    ]  # fmt: skip
    signal = {"name": "n", "data": SIGNAL.tolist(), "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]}
    background = {"name": "b", "data": BACKGROUND.tolist(), "modifiers": modifiers}
    model = pyhf.Model({"channels": [{"name": "c", "samples": [signal, background]}]}, poi_name="mu")
    likelihood = Likelihood(observed, BACKGROUND, np.zeros(3), LIKELIHOOD.pulls, SHIFTS)
    for x in (0.5, 1.5, 3.0):
        theirs = float(pyhf.infer.hypotest(x, observed.tolist() + model.config.auxdata, model, test_stat="qtilde"))
        assert np.exp(cls.log_cls(likelihood, x * SIGNAL[None]))[0] == pytest.approx(theirs, rel=2e-3, abs=0)


def test_one_count_is_exact_and_needs_no_background_where_nothing_is_seen():
    statistic = cls.as_cls(CountStatistic(Counts(0, 2.0)))
    edge = statistic.intervals(Signal(per_d2=np.ones((1, 1))), 0.9)[0][0].low ** 2
    assert edge == pytest.approx(-np.log(0.1), rel=1e-4, abs=0)
    three = cls.as_cls(CountStatistic(Counts(3, 1.5)))
    edge = three.intervals(Signal(per_d2=np.ones((1, 1))), 0.95)[0][0].low ** 2
    ratio = special.gammaincc(4.0, 1.5 + edge) / special.gammaincc(4.0, 1.5)
    assert ratio == pytest.approx(0.05, rel=1e-3, abs=0)


def test_a_deficit_excludes_less_than_the_profile_ratio():
    low = Likelihood(OBSERVED - 14.0, BACKGROUND, np.zeros(3), LIKELIHOOD.pulls, SHIFTS)
    signal = Signal(per_d2=SIGNAL[None])
    ratio = ProfileStatistic(low, one_sided=True).intervals(signal, 0.9)[0][-1].low
    assert cls.as_cls(ProfileStatistic(low)).intervals(signal, 0.9)[0][-1].low > 1.05 * ratio


def test_nothing_learns_nothing_and_everything_excludes():
    counts = np.stack([0 * SIGNAL, 1e8 * SIGNAL])
    nothing, everything = cls.log_cls(LIKELIHOOD, counts)
    assert nothing == 0.0
    assert everything < -1e3
    free = Likelihood(OBSERVED, BACKGROUND, np.zeros(3), (Pull("free", free=True),), SIGNAL[None])
    assert cls.log_cls(free, SIGNAL[None])[0] == pytest.approx(0.0, rel=0, abs=1e-6)


@pytest.mark.parametrize(
    "statistic", [ProfileStatistic(LIKELIHOOD, parameters=2), CountStatistic(PublishedLimit(3.0, 0.9))]
)
def test_what_has_no_cls_is_refused(statistic):
    with pytest.raises(DomainError, match="no CLs"):
        cls.as_cls(statistic)
