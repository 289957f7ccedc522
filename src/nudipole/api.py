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
from nudipole.catalogue.misfit import warn_of_misfit
from nudipole.constraint import Constraint, Limit
from nudipole.coupling import coupling as coupling
from nudipole.errors import check_positive, number
from nudipole.observables.fluxes import flux as flux
from nudipole.observables.spectra import rate as rate
from nudipole.portal import Completion, Portal
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
    result = constraint.limit(masses, direction(flavor, majorana, completion, extra_width), cl, preset)
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
def cross_section(
    target: str,
    energy: npt.ArrayLike,
    mass: npt.ArrayLike,
    d: npt.ArrayLike | None = None,
    recoil: npt.ArrayLike | None = None,
    form_factor: str | None = None,
    screening: bool = True,
    *,
    mu: npt.ArrayLike | None = None,
    channel: str | None = None,
    radius: float | None = None,
    skin: float | None = None,
) -> dict[str, Any]:
    r"""Up-scattering cross section nu X -> N X through the dipole, by channel.

    .. math:: \frac{d\sigma}{dE_r} = 4\alpha d^2\left[E(Q^2)\,S_0 + G(Q^2)\,S_M\right],\qquad Q^2 = 2mE_r

    Parameters
    ----------
    target : str
        ``e-``, ``p``, ``n``, a nuclide (``Ar40``), an element or a compound (``CsI``): then one formula unit.
    energy, mass : array_like
        E of the neutrino and M of N [GeV].
    d, mu : array_like
        Exactly one: d [GeV^-1], or mu = 2 d [Bohr magnetons]. All arrays broadcast against each other.
    recoil : array_like, optional
        E_r [GeV] at which the spectrum is wanted as well.
    form_factor : str, optional
        Of the nuclei (``helm``, ``helm-review``, ``fermi``, ...) or of nucleons (``ye2018``, ``kelly``, ``dipole``).
    screening : bool
        Whether the electrons of neutral atoms screen the nuclei.
    channel : str, optional
        ``coherent`` (default of nuclei), ``incoherent``, ``elastic-nucleon`` (of p, n), ``electron`` (of e-),
        ``deep-inelastic``, ``total``; see :mod:`nudipole.observables.cross_sections`.
    radius, skin : float, optional
        R and s [fm] of a Helm form factor with R_0^2 = R^2 - 5 s^2.

    Returns
    -------
    dict
        ``sigma_GeV-2``, ``sigma_cm2``, ``recoil_min_GeV``, ``recoil_max_GeV``, given ``recoil`` also
        ``dsigma_dE_GeV-3``: numbers for numbers, arrays of the common shape for arrays. Where a total diverges (M = 0
        on a bare charge) and a spectrum is asked for, it is None; infinite in arrays.

    Raises
    ------
    UnknownNameError, DomainError
        Unknown target, form factor or channel; a number out of range; shapes that do not fit; M = 0 on a bare charge
        without ``recoil``; a recoil energy in a channel of several reactions.

    Notes
    -----
    Up to 64 points are integrated (1e-7), more read from moments of the form factors (1e-6, 1e-2 in tails that the form
    factor suppresses by ten orders): 1e6 energies take about a second. Tree level, target at rest. Kang:2025ndp Eqs. (8), (9),
    with docs: errata; deep-inelastic: :mod:`nudipole.processes.scattering.deep_inelastic`.

    Examples
    --------
    >>> sigma = cross_section("Ar40", energy=[0.03, 0.05], mass=0.01, d=1e-6)["sigma_cm2"]
    >>> [f"{value:.2e}" for value in sigma]
    ['2.06e-38', '2.69e-38']
    """
    from nudipole.observables import cross_sections

    shape = cross_sections.Shape(form_factor, screening, radius, skin)
    return cross_sections.cross_section(target, energy, mass, coupling(d, mu), recoil, shape, channel)


@typed_arguments
def width(
    mass: npt.ArrayLike,
    d: npt.ArrayLike | None = None,
    majorana: bool = False,
    energy: npt.ArrayLike | None = None,
    *,
    mu: npt.ArrayLike | None = None,
    extra_width: float = 0.0,
) -> dict[str, Any]:
    """Width, lifetime, decay length and branching ratios of N: numbers for numbers, arrays where any is an array.

    Parameters
    ----------
    mass, energy : array_like
        M and, for the decay length, E_N [GeV].
    d, mu : array_like
        Exactly one: d [GeV^-1], or mu = 2 d [Bohr magnetons]. All arrays broadcast.
    majorana : bool
        Twice the width.
    extra_width : float
        Width [GeV] of N into something invisible.

    Returns
    -------
    dict
        ``width_GeV``, ``lifetime_s`` in the rest frame of N, ``decay_length_m``, ``branching_ratios`` by channel.

    Raises
    ------
    DomainError
        For a number out of range, an energy below the mass, shapes that do not fit.

    Notes
    -----
    Kang:2025ndp Eqs. (36), (37), (A.2) as in docs: errata; :mod:`nudipole.processes.decays.hnl_decay`.

    Examples
    --------
    >>> round(width(0.15, 1e-6, energy=100.0)["decay_length_m"])
    487
    >>> width([0.1, 0.2], 1e-6)["width_GeV"].shape
    (2,)
    """
    size = coupling(d, mu)
    if np.ndim(mass) or np.ndim(size) or (energy is not None and np.ndim(energy)):
        from nudipole.observables import decays

        return decays.widths(mass, size**2 * (2.0 if majorana else 1.0), energy, extra_width)
    portal = Portal(number("mass", mass), size, direction("mu", majorana, extra_width=extra_width))
    return {
        "width_GeV": portal.width,
        "lifetime_s": portal.lifetime,
        "decay_length_m": None if energy is None else portal.decay_length(number("energy", energy)),
        "branching_ratios": portal.branching_ratios,
    }


@typed_arguments
def meson(
    parent: str, mass: float, d: float | None = None, both: bool = False, *, mu: float | None = None
) -> list[dict[str, Any]]:
    """Widths and branching ratios of a meson into N, one lepton-number state.

    Parameters
    ----------
    parent : str
        ``pi0``, ``eta``, ``eta'``, ``rho``, ``omega``, ``phi``, ``J/psi``, ``pi``, ``K``, ``D``, ``Ds``, ``B``, ...
    mass : float
        M [GeV].
    d, mu : float
        Exactly one: d [GeV^-1], or mu = 2 d [Bohr magnetons].
    both : bool
        Adds the other state, nubar N to nu Nbar, where the same meson has both: twice the width for a neutral parent, the
        same for a charged one (:func:`nudipole.processes.mesons.meson.lepton_number_states`).

    Returns
    -------
    list of dict
        ``channel``, ``width_GeV``, ``branching_ratio`` of each channel that is open.

    Raises
    ------
    UnknownNameError
        If there is no such meson.
    DomainError
        If a number is out of range.

    Examples
    --------
    >>> [one["channel"] for one in meson("eta", 0.1, 1e-6)]
    ['gamma nu N']
    """
    from nudipole.processes.mesons import meson as mesons

    size = number("d", coupling(d, mu))
    check_positive(d=size)
    factor = (mesons.lepton_number_states(parent) if both else 1) * size**2
    total = mesons.total_width(parent)
    return [
        {"channel": channel, "width_GeV": factor * value, "branching_ratio": factor * value / total}
        for channel, value in mesons.decay_channels(parent, mass)
    ]


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
