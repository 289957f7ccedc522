"""Spectra of experiments: expected counts per bin with and without N, as columns with real edges and units."""

from __future__ import annotations

from pathlib import Path

from nudipole.arguments import typed_arguments
from nudipole.catalogue import registry
from nudipole.catalogue.rate import Rate
from nudipole.columns import Columns
from nudipole.constraint import Constraint
from nudipole.coupling import coupling
from nudipole.errors import DomainError, check_choice, number
from nudipole.portal import DIRECTIONS, Completion, Direction, Nature, Portal


@typed_arguments
def rate(
    experiment: str | Path | Constraint,
    mass: float,
    d: float | None = None,
    flavor: str | None = None,
    majorana: bool = False,
    preset: str = "default",
    completion: Completion | None = None,
    extra_width: float = 0.0,
    *,
    mu: float | None = None,
) -> Rate:
    """Signal, Standard Model and background counts per bin of one theory point.

    Parameters
    ----------
    experiment : str, Path or Constraint
        Key, path of a card, or an experiment.
    mass : float
        M [GeV].
    d, mu : float
        Exactly one: d [GeV^-1], or mu = 2 d [Bohr magnetons].
    flavor : {"e", "mu", "tau", "universal", "coherent"}
        Which couplings are switched on.
    majorana : bool
        Whether N is its own antiparticle.
    preset : str
        A named set of published assumptions.
    completion : Completion, optional
        Above the electroweak scale; photon only if left out.
    extra_width : float
        Width [GeV] of N into something invisible.

    Returns
    -------
    Rate
        ``signal``, ``components`` and ``observed`` by bin, ``with_n`` and ``without_n``.

    Raises
    ------
    DomainError
        If a number is out of range, the flavour is left out, or the constraint counts nothing.

    Examples
    --------
    >>> found = rate("conus-plus", 1e-3, mu=5e-10, flavor="e")
    >>> found.label(0), bool(found.with_n[0] > found.without_n[0])
    ('160 - 800 eV', True)
    """
    check_choice("flavor", flavor or "", DIRECTIONS)
    nature: Nature = "majorana" if majorana else "dirac"
    ray = Direction(str(flavor), nature=nature, completion=completion or Completion(), extra_width=extra_width)
    constraint = _counting(experiment)
    found: Rate = constraint.rate(Portal(mass, number("d", coupling(d, mu)), ray), preset)  # type: ignore[attr-defined]
    return found


@typed_arguments
def spectrum(
    experiment: str | Path | Constraint,
    mass: float | None = None,
    d: float | None = None,
    flavor: str | None = None,
    majorana: bool = False,
    preset: str = "default",
    completion: Completion | None = None,
    extra_width: float = 0.0,
    *,
    mu: float | None = None,
) -> Columns:
    """The spectrum of an experiment with and without N as a dictionary of arrays, one entry a bin.

    Parameters
    ----------
    experiment : str, Path or Constraint
        Key, path of a card, or an experiment.
    mass : float, optional
        M [GeV]. Left out, with the coupling and the flavour: no N at all.
    d, mu : float, optional
        Exactly one: d [GeV^-1], or mu = 2 d [Bohr magnetons].
    flavor : {"e", "mu", "tau", "universal", "coherent"}, optional
        Which couplings are switched on.
    majorana : bool
        Whether N is its own antiparticle.
    preset : str
        A named set of published assumptions.
    completion : Completion, optional
        Above the electroweak scale; photon only if left out.
    extra_width : float
        Width [GeV] of N into something invisible.

    Returns
    -------
    dict of ndarray (n,)
        ``<axis>_low [unit]`` and ``<axis>_high [unit]`` for each axis of the bins, counts of each component, ``without N``,
        and with a mass ``signal`` and ``with N``; ``observed`` where there are data.

    Raises
    ------
    DomainError
        As :func:`rate`, or if a coupling or flavour is given without a mass.

    Examples
    --------
    >>> columns = spectrum("coherent-csi", 1e-3, 3e-7, "mu")
    >>> [name for name in columns if "time" in name]
    ['time_low [us]', 'time_high [us]']
    >>> float(columns["photo-electrons_high"].max()), float(columns["time_high [us]"].max())
    (60.0, 6.0)
    """
    if mass is not None:
        return rate(experiment, mass, d, flavor, majorana, preset, completion, extra_width, mu=mu).to_arrays()
    if d is not None or mu is not None or flavor is not None:
        raise DomainError("a coupling or a flavour belongs to an N: give its mass, or leave all three out")
    constraint = _counting(experiment)
    ray = Direction("universal" if "universal" in constraint.flavors else constraint.flavors[0])
    found: Rate = constraint.rate(Portal(0.0, 0.0, ray), preset)  # type: ignore[attr-defined]
    return {name: values for name, values in found.to_arrays().items() if name not in ("signal", "with N")}


def _counting(experiment: str | Path | Constraint) -> Constraint:
    constraint = registry.load(str(experiment)) if isinstance(experiment, (str, Path)) else experiment
    if not hasattr(constraint, "rate"):
        raise DomainError(f"{constraint.key} is not a counting experiment: it has limits but no rates")
    return constraint
