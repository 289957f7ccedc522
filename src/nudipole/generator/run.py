"""The verb ``generate``: events of one point of theory in one experiment, in memory or into a file."""

from __future__ import annotations

import hashlib
import itertools
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nudipole.arguments import typed_arguments
from nudipole.catalogue import registry
from nudipole.catalogue.experiment import Experiment
from nudipole.constraint import Constraint
from nudipole.coupling import coupling
from nudipole.errors import DomainError, UnknownNameError, check_choice, check_positive, number
from nudipole.generator.samplers.sampler import BLOCK, NATURAL, Sampler, sampler_of
from nudipole.generator.table import EventTable, joined
from nudipole.generator.writers import FORMATS, writer
from nudipole.generator.writers.whole import whole_file
from nudipole.portal import DIRECTIONS, Completion, Direction, Nature, Portal

_RARE = 1e-6  # expected events below which the sample is told to be of what hardly happens
_CHUNK = 4  # blocks in one table of a stream
_AHEAD = 2  # blocks that each job may be ahead
Progress = Callable[[int, int], None]


class RareEventsWarning(UserWarning):
    """Events of a point at which hardly any are expected: drawn as if they happened, with weights that say so."""


@dataclass(frozen=True)
class Generated:
    """A file of events: where it is, how many, and what they stand for.

    ``expected``: events of the whole exposure before efficiency and selection; ``counted``: after both, from the sample.
    """

    path: Path
    events: int
    expected: float
    counted: float
    effective_size: float


@dataclass(frozen=True)
class Order:
    """What is asked for, so that another process can be told."""

    experiment: str | Experiment
    portal: Portal
    preset: str
    seed: int
    weighted: bool
    decays: str = "forced"

    def sampler(self) -> tuple[Experiment, Sampler]:
        """The experiment and what draws its events."""
        experiment = _experiment(self.experiment)
        model = experiment.model(self.preset)
        _check_open(experiment, model, self.portal)
        return experiment, sampler_of(model, self.portal, self.decays == "natural")


@typed_arguments
def generate(
    experiment: str | Path | Constraint,
    mass: float,
    d: float | None = None,
    flavor: str | None = None,
    events: int | None = None,
    format: str | None = None,
    out: str | Path | None = None,
    seed: int = 1,
    majorana: bool = False,
    preset: str = "default",
    weighted: bool = False,
    jobs: int = 1,
    completion: Completion | None = None,
    extra_width: float = 0.0,
    decays: str = "forced",
    progress: Progress | None = None,
    *,
    mu: float | None = None,
) -> EventTable | Generated:
    """Events of one point of theory: the template of the card, sampled.

    Parameters
    ----------
    experiment : str, Path or Constraint
        Key, path of a card, or an experiment.
    mass : float
        M [GeV].
    d, mu : float
        Exactly one: d [GeV^-1], or mu = 2 d [Bohr magnetons].
    flavor : {"e", "mu", "tau", "universal", "coherent"}
        The coupling that is switched on.
    events : int
        How many.
    format : {"hepmc3", "lhe", "parquet", "hepevt", "csv"}, optional
        Of the file; left out, the suffix of ``out`` decides.
    out : str or Path, optional
        The file; left out, all events are returned as a table in memory.
    seed : int
        The events depend on it and on nothing else: not on ``jobs``, not on how the work is cut up.
    majorana : bool
        Whether N is its own antiparticle.
    preset : str
        A named set of published assumptions.
    weighted : bool
        More events in the tails, with weights; else all weigh the same (but rare ones).
    jobs : int
        Processes.
    completion : Completion, optional
        At colliders.
    extra_width : float
        Width [GeV] of N into something invisible.
    decays : {"forced", "natural"}
        Forced: where the search wants them (in the detector, or behind it for a recoil alone), with their chance in the
        weight. Natural: after an exponential length along a line that meets the detector, wherever that ends.
    progress : callable, optional
        Called with the events done and all events.

    Returns
    -------
    EventTable or Generated
        The events, or what was written.

    Raises
    ------
    DomainError
        For a number of events that is not positive, closed phase space, a flavour that the source lacks, or a key that has
        no events.
    OutputError
        If the file cannot be written; nothing of it is left then.

    Examples
    --------
    >>> table = generate("miniboone", 0.15, 1e-6, "mu", 1000)
    >>> len(table), sorted(set(table["hnl_pdg"].tolist()))
    (1000, [-9900012, 9900012])
    """
    if flavor is None or events is None:
        raise DomainError(
            f"{'flavor' if flavor is None else 'events'} is needed: events of which coupling, and how many"
        )
    d = number("d", coupling(d, mu))
    order = _order(experiment, mass, d, flavor, seed, majorana, preset, weighted, completion, extra_width, decays)
    if out is None:
        if format is not None:
            check_choice("format", format, FORMATS)
            raise DomainError(f"a format ({format}) needs a file to write to: give out")
        return joined(stream(order, events, jobs, progress))
    path = Path(out)
    return _written(order, events, _format(format, path), path, jobs, progress)


def stream(order: Order, events: int, jobs: int = 1, progress: Progress | None = None) -> Iterator[EventTable]:
    """The same events as tables of at most 65,536, one after the other: flat memory for any number."""
    if isinstance(events, bool) or not isinstance(events, (int, np.integer)) or events < 1:
        raise DomainError(f"events must be a whole number of at least 1, got {events!r}")
    if isinstance(jobs, bool) or not isinstance(jobs, (int, np.integer)) or jobs < 1:
        raise DomainError(f"jobs must be a whole number of at least 1, got {jobs!r}")
    experiment, sampler = order.sampler()
    provenance = provenance_of(order, experiment, sampler, int(events))
    number = -(-int(events) // BLOCK)
    done = 0
    with ExitStack() as stack:
        blocks: Iterator[dict[str, Any]]
        if jobs == 1 or number == 1:
            blocks = (block(sampler, order, index) for index in range(number))
        else:
            from nudipole.generator.jobs import blocks_in_processes

            blocks = stack.enter_context(blocks_in_processes(order, number, int(jobs), _AHEAD))
        for group in itertools.batched(blocks, _CHUNK) if hasattr(itertools, "batched") else _batched(blocks, _CHUNK):
            tables = []
            for columns in group:
                keep = min(BLOCK, int(events) - done)
                columns["weight"] = columns["weight"] / events
                table = EventTable(columns, provenance)
                tables.append(table if keep == BLOCK else table.rows(slice(keep)))
                done += keep
            if progress is not None:
                progress(done, int(events))
            yield joined(tables)


def _batched(values: Iterator[Any], size: int) -> Iterator[tuple[Any, ...]]:
    while group := tuple(itertools.islice(values, size)):
        yield group


def block(sampler: Sampler, order: Order, index: int) -> dict[str, Any]:
    """The events of one block: its own stream of random numbers, spawned from the seed."""
    sequence = np.random.SeedSequence(order.seed, spawn_key=(index,))
    return dict(sampler.draw(np.random.Generator(np.random.SFC64(sequence)), BLOCK, order.weighted))


def _written(order: Order, events: int, name: str, path: Path, jobs: int, progress: Progress | None) -> Generated:
    weight, square, counted = 0.0, 0.0, 0.0
    expected = np.nan
    with whole_file(path) as part:
        file = None
        try:
            for table in stream(order, events, jobs, progress):
                if file is None:
                    file = writer(name, part, table.provenance)
                    expected = float(table.provenance["expected"])
                file.write(table)
                weight += float(np.sum(table["weight"]))
                square += float(np.sum(table["weight"] ** 2))
                counted += float(np.sum(table.counted))
        finally:
            if file is not None:
                file.close()
    return Generated(path, int(events), expected, counted, weight**2 / square if square > 0 else 0.0)


def _order(
    experiment: str | Path | Constraint,
    mass: float,
    d: float,
    flavor: str,
    seed: int,
    majorana: bool,
    preset: str,
    weighted: bool,
    completion: Completion | None,
    extra_width: float,
    decays: str,
) -> Order:
    check_choice("flavor", flavor, DIRECTIONS)
    check_choice("decays", decays, ("forced", "natural"))
    check_positive(d=d)
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise DomainError(f"seed must be a whole number that is not negative, got {seed!r}")
    nature: Nature = "majorana" if majorana else "dirac"
    direction = Direction(flavor, nature=nature, completion=completion or Completion(), extra_width=extra_width)
    portal = Portal(float(mass), float(d), direction)
    chosen = str(experiment) if isinstance(experiment, Path) else experiment
    if not isinstance(chosen, (str, Experiment)):
        raise DomainError(_no_events(str(getattr(chosen, "key", chosen))))
    order = Order(chosen, portal, preset, int(seed), weighted, decays)
    found = _experiment(chosen)
    if preset not in found.presets:
        raise UnknownNameError(f"preset of {found.key}", preset, found.presets)
    return order


def order_for(*arguments: Any, **options: Any) -> Order:
    """What :func:`stream` takes: arguments of :func:`generate` up to the flavour, and its options by name."""
    defaults: dict[str, Any] = {
        "seed": 1, "majorana": False, "preset": "default", "weighted": False, "completion": None,
        "extra_width": 0.0, "decays": "forced",
    }  # fmt: skip
    return _order(*arguments, **{**defaults, **options})


def _experiment(experiment: str | Experiment) -> Experiment:
    found = registry.load(experiment) if isinstance(experiment, str) else experiment
    if not isinstance(found, Experiment):
        raise DomainError(_no_events(found.key))
    return found


def _no_events(key: str) -> str:
    return f"{key} has no events to generate: it is a limit from the sky, without a beam or flux in front of a detector"


def _check_open(experiment: Experiment, model: Any, portal: Portal) -> None:
    """Whether the point makes N at all in this experiment."""
    name, flavors = portal.direction.name, model.flavors
    if name not in flavors and name != "coherent":
        raise DomainError(
            f"the source of {experiment.key} makes no N with the coupling {name}: {', '.join(flavors)} do"
        )
    top = model.maximum_mass()
    if portal.mass >= top:
        raise DomainError(
            f"phase space is closed: {experiment.key} makes N up to {top:.4g} GeV, asked for {portal.mass:g}"
        )


def _format(name: str | None, path: Path) -> str:
    if name is None:
        suffixes = {".hepmc3": "hepmc3", ".hepmc": "hepmc3", ".lhe": "lhe", ".parquet": "parquet", ".csv": "csv"}
        name = {**suffixes, ".hepevt": "hepevt", ".txt": "hepevt"}.get(path.suffix, path.suffix.lstrip("."))
    check_choice("format", name, FORMATS)
    return name


def provenance_of(order: Order, experiment: Experiment, sampler: Sampler, events: int) -> dict[str, Any]:
    """What was generated, in plain values."""
    from nudipole import __version__

    portal, card = order.portal, experiment.card
    total = float(sampler.total)
    if not total > 0.0:
        raise DomainError(
            f"nothing is expected at d = {portal.d:g} GeV^-1 in {experiment.key}: no N decays where it is seen, not even rarely"
        )
    if total < _RARE:
        words = f"{experiment.key} expects {total:.3g} events at d = {portal.d:g} GeV^-1: they are drawn, and weigh that little"
        warnings.warn(words, RareEventsWarning, stacklevel=2)
    return {
        "generator": f"nudipole {__version__}",
        "experiment": experiment.key,
        "card": str(experiment.file) if experiment.key not in registry.card_keys() else experiment.key,
        "card_sha256": hashlib.sha256(experiment.file.read_bytes()).hexdigest(),
        "title": card.title,
        "signal": card.signal,
        "preset": order.preset,
        "mass_GeV": portal.mass,
        "d_GeV-1": portal.d,
        "flavor": portal.direction.name,
        "nature": portal.direction.nature,
        "completion_ratio": None if portal.direction.completion.kind == "photon" else portal.direction.completion.ratio,
        "decay_norm": portal.direction.decay_norm,
        "extra_width_GeV": portal.extra_width,
        "seed": order.seed,
        "events": events,
        "weighted": order.weighted,
        "expected": total,
        "expected_error": float(sampler.total_error),
        "decays": order.decays,
        "meaning": NATURAL if order.decays == "natural" else sampler.note,
        "processes": {str(number): text for number, text in sampler.processes.items()},
        "convention": "L = d nubar_L sigma N F + h.c.; GeV, m, ns; z along the beam",
        "references": list(card.references),
    }
