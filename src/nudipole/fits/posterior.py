r"""The verb ``posterior``: samples of mass and couplings from the joint likelihood of several searches.

The density is :math:`\exp(-q/2)` with the joint statistic of :mod:`nudipole.fits.joint`, nuisance parameters profiled, times a
prior that is uniform in the logarithms of M and of each coupling between stated ends. An upper limit depends on the lower end
of such a prior; both are part of the result. If the mass is free, q is linear in ln M between masses at which the couplings are
tabulated, 24 a decade: edges in d are then right to 1 per cent, and to 7 per cent in a decade of mass where a curve turns up by
kinematics.

The sampler is emcee (Foreman-Mackey et al., PASP 125 (2013) 306): at most four dimensions, a likelihood that takes many points at
once, and pure Python. Its differential-evolution moves forget four to five times faster here than its stretch move. Nested
sampling would give an evidence, which nothing here asks for.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.arguments import typed_arguments
from nudipole.catalogue import registry
from nudipole.catalogue.experiment import Experiment
from nudipole.columns import Columns, Tabular, write_text
from nudipole.constraint import as_masses
from nudipole.errors import DomainError, MissingExtraError, OutputError, check_between, check_choice, check_count
from nudipole.errors import check_positive as check_all_positive
from nudipole.fits import datasets, joint
from nudipole.fits.flavours import FLAVORS

FloatArray = npt.NDArray[np.float64]
#: Autocorrelation times that a chain should have for its ends to be forgotten.
LENGTHS = 50.0
_NODES_A_DECADE = 24  # masses at which couplings are tabulated
_LABELS = {"mass": r"\log_{10} M_N/\mathrm{GeV}", "e": r"\log_{10} d_e\,\mathrm{GeV}"}
_LABELS |= {"mu": r"\log_{10} d_\mu\,\mathrm{GeV}", "tau": r"\log_{10} d_\tau\,\mathrm{GeV}"}


class ShortChainWarning(UserWarning):
    """A chain is too short for its autocorrelation time: its ends are not to be trusted."""


@dataclass(frozen=True)
class Posterior(Tabular):
    """Samples of a joint likelihood.

    Attributes
    ----------
    names : tuple of str
        Parameters: ``log10_mass`` if the mass is free, ``log10_d_e`` and so on.
    labels : tuple of str
        The same in TeX.
    ranges : ndarray (k, 2)
        Ends of the prior.
    chains : ndarray (walkers, draws, k)
        Without what was thrown away at the beginning.
    log_likelihood : ndarray (walkers, draws)
        -q/2 of each.
    autocorrelation : ndarray (k,)
        Steps after which a walker has forgotten where it was.
    members : tuple of str
        Searches in the likelihood.
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    ranges: FloatArray
    chains: FloatArray
    log_likelihood: FloatArray
    autocorrelation: FloatArray
    members: tuple[str, ...]

    @property
    def samples(self) -> FloatArray:
        """All draws of all walkers, shape (walkers * draws, k)."""
        return self.chains.reshape(-1, len(self.names))

    def quantile(self, share: float) -> FloatArray:
        """The value of each parameter below which this share of the samples lies, shape (k,)."""
        check_between(0.0, 1.0, share=share)
        return np.asarray(np.quantile(self.samples, share, axis=0))

    def to_arrays(self) -> Columns:
        """One row a sample."""
        return {**dict(zip(self.names, self.samples.T, strict=True)), "log_likelihood": self.log_likelihood.ravel()}

    def to_dict(self) -> dict[str, FloatArray]:
        """Parameter -> (walkers, draws): what ``arviz.from_dict(posterior=...)`` takes."""
        return {name: self.chains[..., place] for place, name in enumerate(self.names)}

    def to_getdist(self, root: str | Path) -> tuple[Path, ...]:
        """Write ``ROOT.txt`` (weight, -ln L, parameters), ``ROOT.paramnames`` and ``ROOT.ranges``, as GetDist reads them.

        Parameters
        ----------
        root : str or Path
            Beginning of the names of the files.

        Raises
        ------
        OutputError
            If a file cannot be written.
        """
        base = Path(root)
        rows = np.column_stack([np.ones(len(self.samples)), -self.log_likelihood.ravel(), self.samples])
        content = {
            "txt": "\n".join(" ".join(f"{value:.9g}" for value in row) for row in rows.tolist()),
            "paramnames": "\n".join(f"{n} {label}" for n, label in zip(self.names, self.labels, strict=True)),
            "ranges": "\n".join(f"{n} {a:.9g} {b:.9g}" for n, (a, b) in zip(self.names, self.ranges, strict=True)),
        }
        try:
            base.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot write to {str(base.parent)!r}: {error.strerror}") from None
        return tuple(write_text(base.with_name(f"{base.name}.{end}"), text + "\n") for end, text in content.items())


@typed_arguments
def posterior(
    keys: Sequence[str | Path],
    mass: float | Sequence[float],
    flavors: Sequence[str],
    *,
    d_range: Sequence[float] = (1e-10, 1e-3),
    majorana: bool = False,
    walkers: int = 32,
    steps: int = 2000,
    seed: int = 1,
) -> Posterior:
    """Sample mass and couplings from the joint likelihood of searches.

    Parameters
    ----------
    keys : sequence of str or Path
        Shipped keys, paths of cards, or ``laboratory``.
    mass : float or sequence of float
        M_N [GeV], or the two ends between which it is free.
    flavors : sequence of {"e", "mu", "tau"}
        Couplings that are free; the others are zero.
    d_range : sequence of float
        Ends of the prior of each coupling [GeV^-1].
    majorana : bool
        Whether N is its own antiparticle.
    walkers : int
        Of emcee: even, at least twice as many as parameters.
    steps : int
        Of each walker; the first fifth is thrown away.
    seed : int
        The same seed gives the same samples.

    Returns
    -------
    Posterior
        Chains with their prior and autocorrelation times.

    Raises
    ------
    DomainError
        If data overlap, a range is empty, or no search has a signal.
    MissingExtraError
        If emcee is not installed.

    Examples
    --------
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # a chain this short warns
    ...     found = posterior(["conus-plus"], 1e-3, ["e"], walkers=8, steps=50)
    >>> found.names, found.chains.shape
    (('log10_d_e',), (8, 40, 1))
    """
    emcee = _emcee()
    masses = _masses(mass)
    if not flavors or len(set(flavors)) < len(flavors):
        raise DomainError("name each free coupling once, and at least one")
    for flavor in flavors:
        check_choice("flavor", flavor, FLAVORS)
    check_all_positive(d_range=d_range)
    if len(d_range) != 2 or not d_range[0] < d_range[1]:
        raise DomainError("d_range needs two ends, the lower one first")
    check_count(at_least=10, steps=steps)
    check_between(0, 2**32 - 1, seed=seed)
    free = len(masses) > 1
    names = (("mass",) if free else ()) + tuple(flavors)
    check_count(at_least=2 * len(names), walkers=walkers)
    if walkers % 2:
        raise DomainError(f"walkers must be even, got {walkers}")
    ends = [np.log10(masses[[0, -1]])] * free + [np.log10(np.asarray(d_range, dtype=float))] * len(flavors)
    density = _density(keys, masses, flavors, np.array(ends), majorana)
    random = np.random.default_rng(seed)
    start = density.ranges[:, 0] + random.uniform(0.05, 0.95, (walkers, len(names))) * np.ptp(density.ranges, axis=1)
    moves = [(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.2)]  # step between separate regions
    sampler = emcee.EnsembleSampler(walkers, len(names), density, moves=moves, vectorize=True)
    sampler.random_state = np.random.RandomState(seed).get_state()
    sampler.run_mcmc(start, steps)
    discard = steps // 5
    times = np.asarray(sampler.get_autocorr_time(discard=discard, tol=0), dtype=float)
    if not np.all(steps - discard >= LENGTHS * times):
        words = f"{steps - discard} steps are fewer than {LENGTHS:g} autocorrelation times of {np.max(times):.0f}"
        warnings.warn(f"{words}: take more steps", ShortChainWarning, stacklevel=2)
    chains = np.moveaxis(sampler.get_chain(discard=discard), 0, 1)
    log_likelihood = np.moveaxis(sampler.get_log_prob(discard=discard), 0, 1)
    shown = tuple("log10_mass" if name == "mass" else f"log10_d_{name}" for name in names)
    labels = tuple(_LABELS[name] for name in names)
    return Posterior(shown, labels, density.ranges, chains, log_likelihood, times, density.members)


def _emcee() -> Any:
    try:
        return importlib.import_module("emcee")
    except ImportError:
        raise MissingExtraError("emcee", "posterior", "sampling a posterior") from None


def _masses(mass: float | Sequence[float]) -> FloatArray:
    """One mass, or those at which couplings are tabulated between two ends."""
    ends = as_masses(mass)
    check_all_positive(mass=ends)
    if len(ends) == 1:
        return ends
    if len(ends) != 2 or not ends[0] < ends[1]:
        raise DomainError("mass needs one value, or two ends, the lower one first")
    number = int(np.ceil(_NODES_A_DECADE * np.log10(ends[1] / ends[0]))) + 1
    return np.geomspace(ends[0], ends[1], max(number, 2))


@dataclass(frozen=True)
class _Density:
    """-q/2 of many points at once, minus infinity outside of the prior."""

    tables: tuple[joint.JointTable, ...]
    masses: FloatArray
    flavors: tuple[int, ...]
    ranges: FloatArray
    members: tuple[str, ...]

    def __call__(self, points: FloatArray) -> FloatArray:
        inside = np.all((points >= self.ranges[:, 0]) & (points <= self.ranges[:, 1]), axis=1)
        found = np.full(len(points), -np.inf)
        found[inside] = -0.5 * self._statistic(points[inside])
        return found

    def _statistic(self, points: FloatArray) -> FloatArray:
        couplings = np.zeros((len(points), 3))
        couplings[:, list(self.flavors)] = 10.0 ** points[:, -len(self.flavors) :]
        if len(self.tables) == 1:
            return self.tables[0].test_statistic(couplings)
        at = np.interp(points[:, 0], np.log10(self.masses), np.arange(len(self.masses)))
        value = np.zeros(len(points))
        for number, table in enumerate(self.tables):
            weight = np.maximum(1.0 - np.abs(at - number), 0.0)
            if np.any(own := weight > 0.0):
                value[own] += weight[own] * table.test_statistic(couplings[own])
        return value


def _density(
    keys: Sequence[str | Path], masses: FloatArray, flavors: Sequence[str], ranges: FloatArray, majorana: bool
) -> _Density:
    constraints = [registry.load(key) for key in datasets.expanded([str(key) for key in keys])]
    datasets.check_independent(constraints)
    counting = [c for c in constraints if isinstance(c, Experiment) and c.kind != "line"]
    tables = tuple(joint.table(counting, m, "majorana" if majorana else "dirac") for m in masses.tolist())
    members = tuple(dict.fromkeys(key for table in tables for key in table.keys))
    if not members:
        raise DomainError("none of these searches has a signal at these masses")
    return _Density(tables, masses, tuple(FLAVORS.index(f) for f in flavors), ranges, members)
