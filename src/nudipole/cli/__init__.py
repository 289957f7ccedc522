"""The command line: ``nudipole VERB``. Each verb is a function of :mod:`nudipole.api` with its numbers printed."""

from nudipole.cli.main import main

__all__ = ["main"]
