"""nudipole: the neutrino dipole portal, one theory point in, every observable and every exclusion curve out.

The verbs of the command line exist here under the same names::

    import nudipole as nd
    nd.limit("lz-nees", flavor="tau", mass=[1e-4, 1e-3])
    nd.Portal(mass=0.15, d=1e-6).decay_length(1.0)

Everything is loaded on first use, so the import itself takes a few milliseconds.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nudipole import plot, units
    from nudipole.api import atlas, cite, experiments, limit
    from nudipole.catalogue.bands import bands
    from nudipole.catalogue.curves import published
    from nudipole.catalogue.discovery import discovery
    from nudipole.catalogue.expected import expected
    from nudipole.catalogue.workspace import workspace
    from nudipole.compilation.hepdata import hepdata
    from nudipole.completion import Completion
    from nudipole.constraint import Interval, Limit
    from nudipole.errors import NudipoleError
    from nudipole.explorer.run import explore
    from nudipole.fits.combination import combine
    from nudipole.fits.point import point
    from nudipole.fits.posterior import posterior
    from nudipole.fits.scan import scan
    from nudipole.fits.tension import tension
    from nudipole.generator.reweight import reweight
    from nudipole.generator.run import generate
    from nudipole.generator.ufo.export import ufo
    from nudipole.installation import doctor
    from nudipole.observables.beam_spectra import beam_spectrum
    from nudipole.observables.collider import collider
    from nudipole.observables.cross_sections import cross_section
    from nudipole.observables.decays import decay_probability, decay_spectrum, width
    from nudipole.observables.differential import differential, peak_recoil
    from nudipole.observables.fluxes import flux
    from nudipole.observables.meson_spectra import meson_spectrum
    from nudipole.observables.meson_widths import meson
    from nudipole.observables.spectra import rate, spectrum
    from nudipole.observables.thermal import thermal
    from nudipole.portal import Direction, Portal

__version__ = "0.2.0"

_MODULES = ("plot", "units")
_HOME = {
    "Portal": "portal",
    "Direction": "portal",
    "Completion": "completion",
    "Limit": "constraint",
    "Interval": "constraint",
    "NudipoleError": "errors",
    "atlas": "api",
    "beam_spectrum": "observables.beam_spectra",
    "cite": "api",
    "collider": "observables.collider",
    "cross_section": "observables.cross_sections",
    "decay_probability": "observables.decays",
    "decay_spectrum": "observables.decays",
    "differential": "observables.differential",
    "meson_spectrum": "observables.meson_spectra",
    "peak_recoil": "observables.differential",
    "doctor": "installation",
    "expected": "catalogue.expected",
    "experiments": "api",
    "explore": "explorer.run",
    "flux": "observables.fluxes",
    "generate": "generator.run",
    "limit": "api",
    "meson": "observables.meson_widths",
    "combine": "fits.combination",
    "point": "fits.point",
    "published": "catalogue.curves",
    "rate": "observables.spectra",
    "reweight": "generator.reweight",
    "ufo": "generator.ufo.export",
    "scan": "fits.scan",
    "spectrum": "observables.spectra",
    "thermal": "observables.thermal",
    "tension": "fits.tension",
    "discovery": "catalogue.discovery",
    "hepdata": "compilation.hepdata",
    "bands": "catalogue.bands",
    "posterior": "fits.posterior",
    "width": "observables.decays",
    "workspace": "catalogue.workspace",
}
__all__ = [
    "Completion",
    "Direction",
    "Interval",
    "Limit",
    "NudipoleError",
    "Portal",
    "__version__",
    "atlas",
    "bands",
    "beam_spectrum",
    "cite",
    "collider",
    "combine",
    "cross_section",
    "decay_probability",
    "decay_spectrum",
    "differential",
    "discovery",
    "doctor",
    "expected",
    "experiments",
    "explore",
    "flux",
    "generate",
    "hepdata",
    "limit",
    "meson",
    "meson_spectrum",
    "peak_recoil",
    "plot",
    "point",
    "posterior",
    "published",
    "rate",
    "reweight",
    "scan",
    "spectrum",
    "tension",
    "thermal",
    "ufo",
    "units",
    "width",
    "workspace",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"nudipole.{name}")
    if name in _HOME:
        return getattr(import_module(f"nudipole.{_HOME[name]}"), name)
    raise AttributeError(f"module 'nudipole' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
