"""Neutrino fluxes: one file per source family, each a function that returns a :class:`~nudipole.fluxes.flux.Flux`.

:data:`FLUXES` names them; :func:`named_flux` finds the function and calls it. Sources are imported only when they are used.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from nudipole.errors import DomainError, UnknownNameError

if TYPE_CHECKING:
    from nudipole.fluxes.flux import Flux

FLUXES: Mapping[str, str] = MappingProxyType(
    {
        "solar": "nudipole.fluxes.solar:solar",
        "reactor": "nudipole.fluxes.reactor:reactor",
        "stopped-pion": "nudipole.fluxes.stopped_pion:stopped_pion",
    }
)


def flux_function(name: str) -> Callable[..., Flux]:
    """The function behind a name of :data:`FLUXES`; its keyword options are what a card's ``[source]`` may hold.

    Raises
    ------
    UnknownNameError
        If there is no such flux.

    Examples
    --------
    >>> flux_function("solar").__name__
    'solar'
    """
    if name not in FLUXES:
        raise UnknownNameError("flux", name, FLUXES)
    module, _, function = FLUXES[name].partition(":")
    return getattr(importlib.import_module(module), function)


def named_flux(name: str, **options: Any) -> Flux:
    """The flux of this name with these options.

    Raises
    ------
    UnknownNameError
        If there is no such flux, or it has no such option.
    DomainError
        If an option has a value outside its range, or one that is needed is missing.

    Examples
    --------
    >>> named_flux("solar", components=["8B"]).per
    's'
    """
    import inspect

    function = flux_function(name)
    parameters = inspect.signature(function).parameters
    for option in options:
        if option not in parameters:
            raise UnknownNameError(f"option of flux {name}", option, parameters)
    missing = [key for key, p in parameters.items() if p.default is p.empty and key not in options]
    if missing:
        raise DomainError(f"flux {name} needs {', '.join(missing)}")
    return function(**options)
