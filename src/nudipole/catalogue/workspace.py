r"""The verb ``workspace``: the likelihood of one search at one mass and coupling as a pyhf workspace.

HistFactory's expectation is :math:`\mu_b = x n_b + B_b + \sum_j\theta_j(C_{jb} + x n_b A_{jb})` with x the parameter of
interest: n, C and A as in :mod:`nudipole.inference.likelihood`. Constrained pulls are ``histosys`` modifiers with symmetric
variations, for which every interpolation of pyhf is linear; a free background is a sample with a ``normfactor``.

Measurements of HistFactory are Poisson counts. A Gaussian bin, N +- sigma, is a parameter g with a unit normal constraint,
tied to the residual by a large count,

.. math:: {\rm expected} = K + \kappa\Bigl(\sqrt{1+K/\kappa^2}\,\frac{\mu_b - N_b}{\sigma_b} - g\Bigr),\quad
    {\rm observed} = K = 10^7,\ \kappa = 3\times10^4 .

Minimising over g leaves :math:`(\mu_b-N_b)^2/\sigma_b^2`; what the count is skewed is below 1e-5 at three standard deviations. Fit
such a workspace with pyhf's minuit backend. N that decays makes another shape at another coupling: a workspace holds at its own d.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.arguments import typed_arguments
from nudipole.catalogue import registry
from nudipole.catalogue.exclusion import contained
from nudipole.catalogue.experiment import Experiment
from nudipole.columns import write_text
from nudipole.constraint import Constraint
from nudipole.coupling import coupling
from nudipole.errors import DomainError, check_mass, check_positive, number
from nudipole.inference import discovery
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.portal import direction

FloatArray = npt.NDArray[np.float64]
POI = "signal_strength"
_BOUNDS = [-10.0, 10.0]
_LARGEST_STRENGTH = 1e3
_COUNT, _STIFFNESS = 1e7, 3e4  # K and kappa


@typed_arguments
def workspace(
    experiment: str | Path | Constraint,
    flavor: str,
    mass: float,
    d: float | None = None,
    *,
    mu: float | None = None,
    majorana: bool = False,
    preset: str = "default",
    out: str | Path | None = None,
) -> dict[str, Any]:
    """The likelihood of one search as a workspace that pyhf reads.

    Parameters
    ----------
    experiment : str, Path or Constraint
        Key, path of a card, or an experiment.
    flavor : {"e", "mu", "tau", "universal", "coherent"}
        The coupling that is switched on.
    mass : float
        M_N [GeV].
    d, mu : float, optional
        At most one: the coupling whose signal has strength 1, d [GeV^-1] or mu = 2 d [Bohr magnetons]; the lower edge of the limit if left
        out.
    majorana : bool
        Whether N is its own antiparticle.
    preset : str
        A named set of published assumptions.
    out : str or Path, optional
        JSON file to write, whole or not at all.

    Returns
    -------
    dict
        The workspace: plain data.

    Raises
    ------
    DomainError
        If the search counts no events, is a published limit or a union of others, or has no signal there.

    Examples
    --------
    >>> found = workspace("t2k-nd280", "mu", 0.1)
    >>> found["observations"], found["measurements"][0]["config"]["poi"]
    ([{'name': 't2k-nd280', 'data': [0.0]}], 'signal_strength')
    """
    check_mass(mass=number("mass", mass))
    d = None if d is None and mu is None else number("d", coupling(d, mu))
    ray = direction(flavor, majorana)
    search = registry.load(str(experiment)) if isinstance(experiment, (str, Path)) else experiment
    if not isinstance(search, Experiment):
        raise DomainError(f"{search.key} counts no events: there is no workspace of it")
    model, (low, high) = search.model(preset), search.reach(preset)
    outer = model.statistic()
    try:
        likelihood, _ = discovery.likelihood_of(getattr(outer, "inner", outer))
    except DomainError as error:
        raise DomainError(f"{search.key}: no workspace: {error}") from None
    if not (low <= mass <= high and contained(ray, model.flavors)):
        raise DomainError(f"{search.key} has no signal of {flavor} at {mass:g} GeV")
    if d is None:
        d = float(search.limit(np.array([mass]), ray, None, preset).lower[0])
        if not np.isfinite(d):
            raise DomainError(f"{search.key} excludes nothing at {mass:g} GeV: give the coupling d")
    check_positive(d=d)
    with search.naming_the_card():
        signal = model.signal(np.array([mass]), ray)
        counts = discovery.as_bins(likelihood, signal.counts(0, np.array([d])))[0]
        relative = signal.relative_shifts
    moved = np.zeros((len(likelihood.pulls), likelihood.bins)) if relative is None else relative[0]
    document = _document(search.key, likelihood, counts, counts * moved)
    document["measurements"][0]["name"] = f"{search.key} {flavor} M={mass:g} GeV d={d:.8g} GeV^-1"
    if out is not None:
        write_text(Path(out), json.dumps(document, indent=1))
    return document


def _document(key: str, likelihood: Likelihood, counts: FloatArray, moved: FloatArray) -> dict[str, Any]:
    """A workspace of one channel.

    Raises
    ------
    DomainError
        For what HistFactory cannot hold.
    """
    likelihood, counts, moved = _counted(key, likelihood, counts, moved)
    background = likelihood.background.copy()
    signal: list[dict[str, Any]] = [{"name": POI, "type": "normfactor", "data": None}]
    systematic: list[dict[str, Any]] = []
    samples: list[dict[str, Any]] = []
    parameters = [{"name": POI, "bounds": [[0.0, _LARGEST_STRENGTH]], "inits": [1.0]}]
    for pull, change, own in zip(likelihood.pulls, likelihood.changes, moved, strict=True):
        if not pull.free:
            parameters.append({"name": pull.name, "bounds": [_BOUNDS], "inits": [0.0]})
            continue
        if np.any(change < 0) or np.any(own) or not np.any(change > 0):
            raise DomainError(f"{key}: the free background {pull.name!r} is no sample of positive counts")
        filled = change > 0
        share = max(float(np.min(background[filled] / change[filled])), 0.0)
        background = background - share * change
        factor = {"name": pull.name, "type": "normfactor", "data": None}
        samples.append({"name": pull.name, "data": change.tolist(), "modifiers": [factor]})
        parameters.append({"name": pull.name, "bounds": [[0.0, 100.0 * (share + 1.0)]], "inits": [max(share, 1e-3)]})
    for pull, change, own in zip(likelihood.pulls, likelihood.changes, moved, strict=True):
        if not pull.free:
            systematic += _variation(pull.name, background, change)
            signal += _variation(pull.name, counts, own)
    samples = [
        {"name": "N", "data": counts.tolist(), "modifiers": signal},
        {"name": "background", "data": background.tolist(), "modifiers": systematic},
        *samples,
    ]
    used = {m["name"] for sample in samples for m in sample["modifiers"]}
    return {
        "channels": [{"name": key, "samples": samples}],
        "observations": [{"name": key, "data": likelihood.observed.tolist()}],
        "measurements": [
            {"name": key, "config": {"poi": POI, "parameters": [p for p in parameters if p["name"] in used]}}
        ],
        "version": "1.0.0",
    }


def _counted(
    key: str, likelihood: Likelihood, counts: FloatArray, moved: FloatArray
) -> tuple[Likelihood, FloatArray, FloatArray]:
    """The same likelihood with Poisson bins alone: a parameter more for each Gaussian bin."""
    gaussian = np.nonzero(likelihood.sigma > 0)[0]
    if not gaussian.size:
        return likelihood, counts, moved
    scale = np.ones(likelihood.bins)
    scale[gaussian] = np.hypot(_STIFFNESS, np.sqrt(_COUNT)) / likelihood.sigma[gaussian]
    observed, background = likelihood.observed.copy(), likelihood.background.copy()
    background[gaussian] = _COUNT + scale[gaussian] * (background[gaussian] - observed[gaussian])
    observed[gaussian] = _COUNT
    residual = np.zeros((gaussian.size, likelihood.bins))
    residual[np.arange(gaussian.size), gaussian] = -_STIFFNESS
    pulls = (*likelihood.pulls, *(Pull(f"{key}.residual{number}") for number in gaussian.tolist()))
    changes = np.concatenate([scale * likelihood.changes, residual])
    found = Likelihood(observed, background, np.zeros(likelihood.bins), pulls, changes)
    return found, scale * counts, np.concatenate([scale * moved, np.zeros_like(residual)])


def _variation(name: str, nominal: FloatArray, change: FloatArray) -> list[dict[str, Any]]:
    """A symmetric variation; none where nothing changes."""
    if not np.any(change):
        return []
    data = {"hi_data": (nominal + change).tolist(), "lo_data": (nominal - change).tolist()}
    return [{"name": name, "type": "histosys", "data": data}]
