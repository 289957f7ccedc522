"""Processes that take the tasks of an atlas: none, a local pool, or those of a dask scheduler."""

from __future__ import annotations

import importlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from nudipole.errors import DomainError, MissingExtraError, NudipoleError, WorkerError

_PATIENCE = 20.0  # seconds without a single dask worker
_POLL = 2.0


class Here(Executor):
    """One process is enough: every task is done when it is submitted."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call the function now; the future is done."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class Scheduled(Executor):
    """Workers of a dask scheduler; a task whose worker dies is retried by dask, and fails after its retries."""

    def __init__(self, address: str) -> None:
        try:
            distributed: Any = importlib.import_module("distributed")
        except ImportError:
            raise MissingExtraError("distributed", "parallel", "a dask scheduler") from None
        try:
            self.client = distributed.Client(address, timeout="10s")
        except (OSError, ValueError, TypeError) as error:
            raise DomainError(f"no dask scheduler answers at {address!r}: {error}") from None
        self._executor = self.client.get_executor(pure=False)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Hand the call to the scheduler."""
        return self._executor.submit(fn, *args, **kwargs)

    def workers(self) -> int:
        """How many there are now."""
        return len(self.client.scheduler_info(n_workers=-1)["workers"])

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.client.close()


@contextmanager
def executor(processes: int, scheduler: str | None) -> Iterator[Executor]:
    """Whatever takes the tasks.

    Raises
    ------
    MissingExtraError
        If a scheduler is asked for and dask is not installed.
    DomainError
        If no scheduler answers at the address.
    WorkerError
        If a process was killed, in one line that says how to go on.
    """
    pool: Executor = Scheduled(scheduler) if scheduler is not None else _local(processes)
    try:
        yield pool
    except BrokenProcessPool:
        words = "a process of the atlas was killed (by the system when memory runs out, for example)"
        raise WorkerError(f"{words}; finished parts are kept: run again with --resume, or with fewer --jobs") from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _local(processes: int) -> Executor:
    if processes == 1:
        return Here()
    return ProcessPoolExecutor(processes, initializer=_end_with_parent, initargs=(os.getpid(),))


def _end_with_parent(parent: int) -> None:
    """Leave as soon as the process that started this one is gone, whatever ended it."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def finished(pool: Executor, task: Callable[..., Any], keys: Sequence[str], *args: Any) -> Iterator[tuple[str, Any]]:
    """Key and result of every task as soon as it is done; whoever stops listening cancels what has not begun.

    Raises
    ------
    WorkerError
        If the scheduler lost its workers.
    """
    if isinstance(pool, Here):
        yield from ((key, task(key, *args)) for key in keys)
        return
    tasks = {pool.submit(task, key, *args): key for key in keys}
    pending, seen = set(tasks), time.monotonic()
    try:
        while pending:
            done, pending = wait(pending, timeout=_POLL, return_when=FIRST_COMPLETED)
            for future in done:
                yield tasks[future], _result(future, tasks[future])
            if done or not isinstance(pool, Scheduled) or pool.workers():
                seen = time.monotonic()
            elif time.monotonic() - seen > _PATIENCE:
                raise WorkerError(f"the scheduler has no workers left; {len(pending)} tasks wait: --resume goes on")
    finally:
        for future in tasks:
            future.cancel()


def _result(future: Future[Any], key: str) -> Any:
    """The result of a task; a worker that died on it is a named error."""
    try:
        return future.result()
    except (NudipoleError, BrokenProcessPool):
        raise
    except Exception as error:
        if type(error).__name__ in ("KilledWorker", "CancelledError", "FutureCancelledError", "CommClosedError"):
            name = type(error).__name__
            raise WorkerError(
                f"a worker died on {key} ({name}); finished parts are kept: run again with --resume"
            ) from None
        raise
