"""Neutrino fluxes: one file per source family, each a function that returns a :class:`~nudipole.fluxes.flux.Flux`.

The annotated keyword arguments of each function are what a card's ``[source]`` may contain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nudipole.inputs import options
from nudipole.inputs.options import LazyRegistry

if TYPE_CHECKING:
    from nudipole.fluxes.flux import Flux

FLUXES = LazyRegistry(
    "flux",
    {
        "solar": "nudipole.fluxes.low_energy.solar:solar",
        "reactor": "nudipole.fluxes.low_energy.reactor:reactor",
        "stopped-pion": "nudipole.fluxes.low_energy.stopped_pion:stopped_pion",
        "lsnd": "nudipole.fluxes.low_energy.pion_in_flight:lsnd",
        "booster": "nudipole.fluxes.accelerator.horn_beams:booster",
        "numi": "nudipole.fluxes.accelerator.horn_beams:numi",
        "t2k": "nudipole.fluxes.accelerator.horn_beams:t2k",
        "lbnf": "nudipole.fluxes.accelerator.horn_beams:lbnf",
        "sps": "nudipole.fluxes.accelerator.sps:sps",
        "donut": "nudipole.fluxes.accelerator.beam_dumps:donut",
        "ship": "nudipole.fluxes.accelerator.beam_dumps:ship",
        "forward-lhc": "nudipole.fluxes.accelerator.forward_lhc:forward_lhc",
        "atmospheric": "nudipole.fluxes.cosmic.atmospheric:atmospheric",
        "table": "nudipole.fluxes.user_table:table",
        "astrophysical": "nudipole.fluxes.cosmic.astrophysical:astrophysical",
    },
)


def named_flux(name: str, **settings: Any) -> Flux:
    """The flux of this name with these options (not called ``flux``: that is the module of the container).

    Raises
    ------
    UnknownNameError
        If there is no such flux.
    CardError
        If an option is unknown, missing or outside its range.

    Examples
    --------
    >>> named_flux("solar", components=["8B"]).per
    's'
    """
    source: Flux = options.call(FLUXES[name], settings, "flux", name)
    return source
