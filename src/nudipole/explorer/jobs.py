"""Computations for the browser: a bounded number at a time, each in a process that can be killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Answer = dict[str, Any]
LARGEST_ANSWER = 4 << 20  # bytes


def fault(name: str, message: str) -> Answer:
    """One error, in the form that the page shows."""
    return {"errors": [{"field": name, "message": message}]}


@dataclass
class Jobs:
    """Processes that compute edited cards.

    Parameters
    ----------
    at_once : int
        Processes at a time.
    waiting : int
        Requests that may wait for one; more are refused.
    seconds : float
        Wall time after which a process is killed.
    command : tuple of str
        The process: reads a request as JSON, writes an answer as JSON.
    """

    at_once: int = 2
    waiting: int = 16
    seconds: float = 30.0
    command: tuple[str, ...] = (sys.executable, "-m", "nudipole.explorer.worker")
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict, repr=False)
    _cancelled: set[str] = field(default_factory=set, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self._slots = threading.BoundedSemaphore(self.at_once)
        self._places = threading.BoundedSemaphore(self.at_once + self.waiting)

    def compute(self, name: str, request: Mapping[str, Any]) -> Answer:
        """The answer of one worker; errors are answers too."""
        if not self._places.acquire(blocking=False):
            return fault("server", "is busy; try again in a moment")
        try:
            with self._slots:
                return self._run(name, request)
        finally:
            self._places.release()
            with self._lock:
                self._cancelled.discard(name)

    def _run(self, name: str, request: Mapping[str, Any]) -> Answer:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON") or k == "PYTHONPATH"}
        environment |= {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
        with self._lock:
            if name in self._cancelled:
                return fault("server", "stopped")
            process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
            self._running[name] = process
        try:
            output, _ = process.communicate(json.dumps(dict(request)).encode(), timeout=self.seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return fault("card", f"takes longer than {self.seconds:g} s; the computation was stopped")
        finally:
            with self._lock:
                self._running.pop(name, None)
        return self._read(name, process.returncode, output)

    def _read(self, name: str, status: int, output: bytes) -> Answer:
        if name in self._cancelled:
            return fault("server", "stopped")
        if status != 0 or len(output) > LARGEST_ANSWER:
            return fault("card", "needs more memory or time than the server allows")
        try:
            answer: Answer = json.loads(output)
        except ValueError:
            return fault("server", "the computation gave no answer")
        return answer

    def cancel(self, name: str) -> bool:
        """Stop a computation, running or waiting; True if it was running."""
        with self._lock:
            self._cancelled.add(name)
            process = self._running.get(name)
        if process is not None:
            process.kill()
        return process is not None

    def close(self) -> None:
        """Stop everything."""
        with self._lock:
            running = list(self._running.values())
        for process in running:
            process.kill()
