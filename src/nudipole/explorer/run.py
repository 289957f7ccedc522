"""The verb ``explore``: the page in a file, or served with an editor of cards."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from nudipole.arguments import typed_arguments
from nudipole.compilation import store
from nudipole.errors import DomainError
from nudipole.explorer import build
from nudipole.explorer.page import page
from nudipole.explorer.parts import Progress
from nudipole.explorer.server import Server


@typed_arguments
def explore(
    port: int = 8000,
    export: str | Path | None = None,
    curves: str | Path | None = None,
    only: Sequence[str] | None = None,
    masses: int = 100,
    jobs: int | None = None,
    progress: Progress | None = None,
    ready: Callable[[str], None] | None = None,
) -> Path | None:
    """Every curve in a page for the browser.

    With ``export`` the page is written to a file that needs no server and no network. Otherwise it is served at
    127.0.0.1, where cards can be edited and computed, until interrupted.

    Parameters
    ----------
    port : int
        Of the server; 0 for any free one.
    export : str or Path, optional
        The file to write.
    curves : str or Path, optional
        Folder of a finished atlas to take curves from; computed now if left out.
    only : sequence of str, optional
        Keys to compute (default: all); not together with ``curves``.
    masses : int
        Points of each curve that is computed.
    jobs : int, optional
        Processes (default: one a core).
    progress : callable, optional
        Called with (key, done, total).
    ready : callable, optional
        Called with the address once the server listens.

    Returns
    -------
    Path or None
        The file written.

    Raises
    ------
    DomainError
        If the port cannot be used, or both ``curves`` and ``only`` are given.
    OutputError
        If the folder holds no atlas or the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     explore(export=f"{folder}/page.html", only=["gemma"], masses=4, jobs=1).stat().st_size < 2_000_000
    True
    """
    if curves is not None and only is not None:
        raise DomainError("give curves of a finished atlas or keys to compute, not both")
    if curves is not None:
        limits, checks, known = store.read_limits(Path(curves), joint=False), build.read_checks(Path(curves)), None
    else:
        limits, checks, known = build.fresh(only, masses, jobs, progress)
    data = build.encoded(limits, checks, jobs, progress, known)
    if export is not None:
        store.write_text(Path(export), page(data, limits))
        return Path(export)
    with Server(port, lambda token: page(data, limits, token)) as server:
        if ready is not None:
            ready(f"http://127.0.0.1:{server.port}/")
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever(poll_interval=0.2)
    return None
