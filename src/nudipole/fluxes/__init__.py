"""Neutrino fluxes: one file per source family, each a function that returns a :class:`~nudipole.fluxes.flux.Flux`."""
