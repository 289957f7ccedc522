"""The verbs of the command line as functions: same names, same meaning, Python objects instead of text."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.arguments import typed_arguments
from nudipole.catalogue.experiment import METHODS, Experiment
from nudipole.catalogue.misfit import warn_of_misfit
from nudipole.constraint import Constraint, Limit
from nudipole.coupling import coupling as coupling
from nudipole.errors import DomainError, check_choice
from nudipole.observables.cross_sections import cross_section as cross_section
from nudipole.observables.decays import width as width
from nudipole.observables.fluxes import flux as flux
from nudipole.observables.meson_widths import meson as meson
from nudipole.observables.spectra import rate as rate
from nudipole.portal import Completion
from nudipole.portal import direction as direction
from nudipole.processes.validity import EffectiveTheoryWarning, OutOfReachWarning

FloatArray = npt.NDArray[np.float64]


@typed_arguments
def limit(
    experiment: str | Path | Constraint,
    flavor: str,
    mass: npt.ArrayLike,
    cl: float | None = None,
    majorana: bool = False,
    preset: str = "default",
    completion: Completion | None = None,
    extra_width: float = 0.0,
    method: str = "card",
) -> Limit:
    """Excluded intervals in d of one experiment (key, path of a card, or a constraint).

    Warns (:class:`~nudipole.processes.validity.OutOfReachWarning`) of masses that no curve of it reaches, where the
    empty set means that nothing can be said, not that everything is allowed; and once a process
    (:class:`~nudipole.errors.MisfitWarning`) of data that the background alone does not describe.

    Parameters
    ----------
    experiment : str, Path or Constraint
        Key, path of a card, or a constraint.
    flavor : {"e", "mu", "tau", "universal", "coherent"}
        The coupling that is switched on.
    mass : array_like
        Masses of N [GeV], shape (n,) or a number.
    cl : float, optional
        Confidence level; that of the card if left out.
    majorana : bool
        Whether N is its own antiparticle: twice the width, isotropic photons.
    preset : str
        A named set of published assumptions.
    completion : Completion, optional
        Above the electroweak scale; photon only if left out.
    extra_width : float
        Width [GeV] of N into something invisible, the same at every d; stars and the early Universe refuse one.
    method : {"card", "cls"}
        The test that the card asks for, or CLs (:mod:`nudipole.inference.cls`).

    Returns
    -------
    Limit
        Excluded intervals of d [GeV^-1] at each mass.

    Raises
    ------
    UnknownNameError
        If there is no such key, flavour or preset.
    CardError
        If a card is malformed.
    DomainError
        If a number is out of range.

    Examples
    --------
    >>> limit("conus-plus", "e", 1e-3).lower.shape
    (1,)
    """
    constraint = _constraint(experiment)
    masses = np.atleast_1d(np.asarray(mass, dtype=float))
    ray = direction(flavor, majorana, completion, extra_width)
    if method == "card":
        result = constraint.limit(masses, ray, cl, preset)
    elif isinstance(constraint, Experiment):
        result = constraint.limit(masses, ray, cl, preset, method)
    else:
        check_choice("method", method, METHODS)
        raise DomainError(f"{constraint.key} counts no events: there is no CLs of it")
    if flavor not in constraint.flavors:
        drawn = " ".join(constraint.flavors)
        words = f"{constraint.key} draws no curve for {flavor}, only for {drawn}"
        warnings.warn(words, OutOfReachWarning, stacklevel=2)
    if result.beyond_operator.size:
        where = ", ".join(f"{m:g}" for m in result.beyond_operator[:5]) + (
            " ..." if result.beyond_operator.size > 5 else ""
        )
        words = (
            f"{constraint.key}: at {where} GeV nothing is excluded up to d^2 max(s, M^2) = 1, where the operator ends"
        )
        warnings.warn(words, EffectiveTheoryWarning, stacklevel=2)
    warn_of_misfit(constraint, preset)
    low, high = constraint.reach(preset) if hasattr(constraint, "reach") else constraint.mass_range
    outside = masses[(masses < low) | (masses > high)]
    if outside.size:
        covered = f"{low:.3g} to {high:.4g} GeV" if low > 0 else f"masses up to {high:.4g} GeV"
        where = ", ".join(f"{m:g}" for m in outside[:5]) + (" ..." if outside.size > 5 else "")
        words = f"{constraint.key} covers {covered}; nothing can be said at {where} GeV"
        warnings.warn(words, OutOfReachWarning, stacklevel=2)
    return result


class Catalogue(dict[str, Constraint]):
    """Constraints by key; a table in a notebook."""

    def _repr_html_(self) -> str:
        head = "<tr><th>key</th><th>title</th><th>kind</th><th>basis</th><th>flavours</th><th>presets</th></tr>"
        rows = [(c.key, c.title, c.kind, c.basis, " ".join(c.flavors), " ".join(c.presets[1:])) for c in self.values()]
        cells = ("".join(f"<td>{escape(text)}</td>" for text in row) for row in rows)
        return f"<table>{head}{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


def experiments() -> Catalogue:
    """Every constraint by key.

    Returns
    -------
    Catalogue
        A dictionary of constraints; in a notebook it shows as a table.

    Examples
    --------
    >>> experiments()["lz-nees"].kind
    'exclusion'
    """
    from nudipole.catalogue import registry

    return Catalogue((key, registry.get(key)) for key in registry.all_keys())


@typed_arguments
def cite(keys: Sequence[str]) -> str:
    """BibTeX of everything that these experiments rest on.

    Parameters
    ----------
    keys : sequence of str
        Keys, or paths of cards.

    Returns
    -------
    str
        Entries in BibTeX, each once.

    Raises
    ------
    UnknownNameError
        If there is no such key.

    Examples
    --------
    >>> cite(["miniboone"]).startswith("@")
    True
    """
    from nudipole import bibliography

    return bibliography.bibtex([reference for key in keys for reference in _constraint(key).citations])


@typed_arguments
def atlas(out: str | Path = "out", **options: Any) -> Any:
    """Compute and draw everything, with figures also ``explorer.html``.

    Parameters
    ----------
    out : str or Path
        The folder; a run that was interrupted goes on with ``resume=True``.
    **options
        Those of :func:`nudipole.compilation.run.atlas`: ``flavors``, ``only``, ``masses``, ``jobs``, ...

    Returns
    -------
    Atlas
        Where everything is, and what was computed.

    Raises
    ------
    OutputError
        If the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = atlas(folder, flavors=["e"], only=["gemma"], masses=4, jobs=1, figures=False)
    ...     (found.folder / "limits.csv").exists()
    True
    """
    from nudipole.compilation import run
    from nudipole.explorer import build, parts

    page = options.get("figures", True) and options.get("style") != "review"
    result = run.atlas(Path(out), **options, beside=parts.text if page else None)
    if page:
        build.beside(result.folder, options.get("jobs"), options.get("progress"), result.beside)
    return result


def _constraint(experiment: str | Path | Constraint) -> Constraint:
    if isinstance(experiment, (str, Path)):
        from nudipole.catalogue import registry

        return registry.load(str(experiment))
    return experiment
