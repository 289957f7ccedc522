r"""What the nuisance parameters of a recoil search do to its counts.

A pull of one standard deviation changes the counts by

.. math::

    \frac{\delta n_b}{n_b} = \sigma \;\;\text{(neutrinos, signal, efficiency)}, \qquad
    \sigma\,\frac{n_{cb}}{n_b} \;\;\text{(flux of the component c)}, \qquad
    \frac{n_b(1+\sigma) - n_b(1-\sigma)}{2 n_b} \;\;\text{(quenching, energy scale, resolution)} .
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from nudipole.detectors.response import Response
from nudipole.fluxes.flux import FluxComponent
from nudipole.inference.likelihood import Pull
from nudipole.inputs.cards import Nuisance
from nudipole.signals.recoil.counting import Parts, Target, seen_by
from nudipole.signals.recoil.rate import Seen

FloatArray = npt.NDArray[np.float64]
OF_THE_DETECTOR = ("quenching", "energy-scale", "resolution")


def varied(response: Response, what: str, step: float) -> Response:
    """The detector with its quenching, energy scale or resolution larger by a fraction.

    Parameters
    ----------
    response : Response
    what : {"quenching", "energy-scale", "resolution"}
    step : float
        Relative change.

    Returns
    -------
    Response
    """
    if what == "quenching":
        return replace(response, quenching_scale=response.quenching_scale * (1.0 + step))
    if what == "energy-scale":
        return replace(response, energy_scale=response.energy_scale * (1.0 + step))
    return replace(response, resolution=response.resolution.scaled(1.0 + step))


def detector_slopes(
    targets: Sequence[Target], response: Response, nuisances: Sequence[Nuisance]
) -> dict[str, tuple[Seen, ...]]:
    """How one sigma of each pull on the detector changes what is seen: half the difference of one up and one down."""
    slopes = {}
    for pull in nuisances:
        if pull.affects in OF_THE_DETECTOR:
            up, down = (seen_by(targets, varied(response, pull.affects, sign * pull.sigma)) for sign in (1.0, -1.0))
            slopes[pull.name] = tuple(
                tuple(0.5 * (high - low) for high, low in zip(*both, strict=True))
                for both in zip(up, down, strict=True)
            )
    return slopes


def flux_parts(components: Sequence[FluxComponent], nuisances: Sequence[Nuisance], timed: bool) -> Parts:
    """Components of the flux that always move together: same arrival times, no pull of their own.

    Parameters
    ----------
    components : sequence of FluxComponent
    nuisances : sequence of Nuisance
        Those that say ``flux:NAME`` set this component apart.
    timed : bool
        Whether arrival times set every component apart.

    Returns
    -------
    tuple of tuple of FluxComponent
        First those without a pull of their own.
    """
    pulled = {n.affects[5:] for n in nuisances if n.affects.startswith("flux:")}
    alone = [c.name for c in components if c.name in pulled or timed]
    rest = tuple(c for c in components if c.name not in alone)
    return (*((rest,) if rest else ()), *((c,) for c in components if c.name in alone))


def relative_shifts(
    counts: FloatArray,
    parts: Parts,
    pulls: Sequence[Pull],
    nuisances: Sequence[Nuisance],
    changes: Mapping[str, FloatArray],
) -> FloatArray | None:
    """Relative change of the counts for one sigma of each pull, as in the module's equation.

    Parameters
    ----------
    counts : ndarray (parts, masses, bins)
    parts : tuple of tuple of FluxComponent
    pulls : sequence of Pull
        All of the likelihood, in its order.
    nuisances : sequence of Nuisance
        Of the card.
    changes : mapping of ndarray (masses, bins)
        Absolute change of the counts for each pull on the detector.

    Returns
    -------
    ndarray (masses, pulls, bins) or None
        None where no pull changes anything.
    """
    if not pulls:
        return None
    total = counts.sum(axis=0)
    safe = np.where(total > 0, total, 1.0)
    shifts = np.zeros((total.shape[0], len(pulls), total.shape[1]))
    position = {pull.name: index for index, pull in enumerate(pulls)}
    for nuisance in nuisances:
        shift = shifts[:, position[nuisance.name]]
        if nuisance.affects in ("neutrinos", "signal", "efficiency"):  # a fraction of the counts, also where it is 1
            shift += nuisance.sigma
        elif nuisance.affects.startswith("flux:"):
            for part, share in zip(parts, counts, strict=True):
                if part[0].name == nuisance.affects[5:]:
                    shift += nuisance.sigma * share / safe
        elif nuisance.name in changes:
            shift += changes[nuisance.name] / safe
    return shifts if np.any(shifts) else None
