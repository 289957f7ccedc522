"""Blocks of events in several processes, in order, never far ahead of who reads them."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from nudipole.errors import NudipoleError
from nudipole.generator import run
from nudipole.generator.samplers.sampler import Sampler

_known: dict[str, tuple[run.Order, Sampler]] = {}


@contextmanager
def blocks_in_processes(order: run.Order, number: int, jobs: int, ahead: int) -> Iterator[Iterator[dict[str, Any]]]:
    """Blocks 0 to ``number`` - 1, at most ``ahead`` for each of the ``jobs`` waiting."""
    pool = ProcessPoolExecutor(min(jobs, number), initializer=_begin, initargs=(order, os.getpid()))
    try:
        yield _in_order(pool, number, jobs * ahead)
    except BrokenProcessPool:
        raise NudipoleError("a process that generated events was killed; nothing was written") from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _in_order(pool: ProcessPoolExecutor, number: int, most: int) -> Iterator[dict[str, Any]]:
    waiting: deque[Future[dict[str, Any]]] = deque()
    for index in range(number):
        waiting.append(pool.submit(_one, index))
        if len(waiting) >= most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _begin(order: run.Order, parent: int) -> None:
    """Once a process: its sampler, and a watch that ends it with its parent."""
    _known["order"] = order, order.sampler()[1]
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _one(index: int) -> dict[str, Any]:
    order, sampler = _known["order"]
    return run.block(sampler, order, index)
