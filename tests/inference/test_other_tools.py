"""The likelihood against the field's own tools: pyhf and iminuit on the same model."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, special

from nudipole.inference.counting import critical_value
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.inference.limits import ProfileStatistic
from nudipole.signals.protocol import Signal

SIGNAL, BACKGROUND, OBSERVED = np.array([5.0, 8.0, 2.0]), np.array([50.0, 40.0, 30.0]), np.array([53.0, 44.0, 27.0])
SHIFTS = np.array([[5.0, 4.0, 3.0], [2.0, -1.0, -1.0]])
LIKELIHOOD = Likelihood(OBSERVED, BACKGROUND, np.zeros(3), (Pull("size"), Pull("shape")), SHIFTS)


def minus_two_log(x, theta):
    mu = x * SIGNAL + BACKGROUND + np.asarray(theta) @ SHIFTS
    return 2 * np.sum(mu - OBSERVED + special.xlogy(OBSERVED, OBSERVED / mu)) + np.sum(np.square(theta))


def upper_edge(profile):
    best = optimize.minimize_scalar(profile, bounds=(0.0, 5.0), method="bounded", options={"xatol": 1e-6})
    return optimize.brentq(lambda x: profile(x) - best.fun - critical_value(0.9), best.x, 9.0, xtol=1e-6)


def check(profile):
    ours = lambda x: float(LIKELIHOOD.chi2(x * SIGNAL)[0])  # noqa: E731
    for x in (0.5, 1.0, 2.0, 4.0):
        assert profile(x) - profile(0.0) == pytest.approx(ours(x) - ours(0.0), rel=0, abs=1e-4)
    edge = ProfileStatistic(LIKELIHOOD).intervals(Signal(per_d2=SIGNAL[None]), 0.9)[0][-1].low ** 2
    assert edge == pytest.approx(upper_edge(profile), rel=1e-3, abs=0)


def test_iminuit_finds_the_same_profile_and_edge():
    iminuit = pytest.importorskip("iminuit")

    def profile(x):
        fit = iminuit.Minuit(lambda a, b: minus_two_log(x, (a, b)), a=0.0, b=0.0)
        fit.tol = 1e-4
        return fit.migrad().fval

    check(profile)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what pyhf imports
def test_pyhf_finds_the_same_profile_and_edge():
    pyhf = pytest.importorskip("pyhf")
    modifiers = [
        {"name": name, "type": "histosys", "data": {"hi_data": (BACKGROUND + s).tolist(), "lo_data": (BACKGROUND - s).tolist()}}
        for name, s in zip(("size", "shape"), SHIFTS, strict=True)
    ]  # fmt: skip
    signal = {"name": "n", "data": SIGNAL.tolist(), "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]}
    background = {"name": "b", "data": BACKGROUND.tolist(), "modifiers": modifiers}
    model = pyhf.Model({"channels": [{"name": "c", "samples": [signal, background]}]}, poi_name="mu")
    data = OBSERVED.tolist() + model.config.auxdata

    def profile(x):
        return float(pyhf.infer.mle.fixed_poi_fit(x, data, model, return_fitted_val=True)[1])

    check(profile)
