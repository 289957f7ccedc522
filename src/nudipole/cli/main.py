"""The group of verbs, and the one place where an error becomes one line and exit status 2."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import warnings
from typing import Any, NoReturn

import click

from nudipole import __version__
from nudipole.errors import NudipoleError, printable

# verb -> module:function, imported only when called
VERBS = {
    "atlas": "nudipole.cli.atlas:atlas",
    "limit": "nudipole.cli.limits:limit",
    "rate": "nudipole.cli.experiments:rate",
    "point": "nudipole.cli.point:point",
    "combine": "nudipole.cli.combine:combine",
    "tension": "nudipole.cli.tension:tension",
    "discovery": "nudipole.cli.discovery:discovery",
    "posterior": "nudipole.cli.posterior:posterior",
    "scan": "nudipole.cli.scan:scan",
    "generate": "nudipole.cli.generate:generate",
    "reweight": "nudipole.cli.reweight:reweight",
    "ufo": "nudipole.cli.ufo:ufo",
    "experiments": "nudipole.cli.experiments:experiments",
    "plot": "nudipole.cli.plot:plot",
    "published": "nudipole.cli.published:published",
    "workspace": "nudipole.cli.workspace:workspace",
    "hepdata": "nudipole.cli.hepdata:hepdata",
    "cite": "nudipole.cli.experiments:cite",
    "flux": "nudipole.cli.theory:flux",
    "cross-section": "nudipole.cli.theory:cross_section",
    "width": "nudipole.cli.theory:width",
    "meson": "nudipole.cli.theory:meson",
    "collider": "nudipole.cli.collider:collider",
    "thermal": "nudipole.cli.thermal:thermal",
    "spectrum": "nudipole.cli.distributions:spectrum",
    "differential": "nudipole.cli.distributions:differential",
    "peak-recoil": "nudipole.cli.distributions:peak_recoil",
    "decay-probability": "nudipole.cli.distributions:decay_probability",
    "decay-spectrum": "nudipole.cli.distributions:decay_spectrum",
    "meson-spectrum": "nudipole.cli.distributions:meson_spectrum",
    "beam-spectrum": "nudipole.cli.distributions:beam_spectrum",
    "explore": "nudipole.cli.explore:explore",
    "doctor": "nudipole.cli.doctor:doctor",
}


class Verbs(click.Group):
    """A lazily loaded group whose failures are one clear line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        module, _, attribute = VERBS[name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _one_line
                status = super().main(*args, **{**kwargs, "standalone_mode": False})
                sys.stdout.flush()
        except NudipoleError as error:
            _refuse(str(error))
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(2)
        except click.UsageError as error:
            verb = error.ctx.command_path.partition(" ")[2] if error.ctx else ""
            _refuse(f"{error.format_message()} See 'nudipole {verb + ' ' if verb else ''}--help'.")
        except (click.Abort, BrokenPipeError):
            sys.exit(1)
        except MemoryError:
            _refuse("there is not enough memory for this")
        except OSError as error:  # standard output on a full device, a file that vanishes
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            _refuse(f"{error.filename or 'the output'} cannot be read or written: {error.strerror or error}")
        else:
            sys.exit(status if isinstance(status, int) else 0)


def _refuse(message: str) -> NoReturn:
    click.echo(f"nudipole: {printable(message)}", err=True)
    sys.exit(2)


def _one_line(message: Warning | str, *_args: Any, **_kwargs: Any) -> None:
    click.echo(f"nudipole: warning: {printable(str(message))}", err=True)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="nudipole")
def main() -> None:
    """The neutrino dipole portal: one theory point in, every observable and every exclusion curve out.

    Masses and energies in GeV; couplings d in GeV^-1 (L = d nubar sigma N F) or mu = 2 d in Bohr magnetons.
    """
