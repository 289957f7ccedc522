"""Processes that die: one named error, no process left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from nudipole.compilation import workers
from nudipole.errors import DomainError, WorkerError


def double(key):
    return 2 * key


def die(key):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("processes", [1, 2])
def test_every_result_comes_with_its_key(processes):
    with workers.executor(processes, None) as pool:
        assert dict(workers.finished(pool, double, [1, 2, 3])) == {1: 2, 2: 4, 3: 6}


def test_a_killed_process_is_one_line_that_says_how_to_go_on():
    with pytest.raises(WorkerError, match="--resume") as caught, workers.executor(2, None) as pool:
        list(workers.finished(pool, die, ["gemma"]))
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_processes_end_with_their_parent():
    code = """
import os, signal, sys, time
from nudipole.compilation import workers
def name(_):
    print(os.getpid(), flush=True)
    time.sleep(60)
if __name__ == "__main__":
    with workers.executor(2, None) as pool:
        for key in (1, 2):
            pool.submit(name, key)
        time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    children = [int(parent.stdout.readline()) for _ in range(2)]
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    end = time.monotonic() + 8.0
    while time.monotonic() < end and any(alive(pid) for pid in children):
        time.sleep(0.1)
    assert not any(alive(pid) for pid in children)
    parent.stdout.close()


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stream:
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_no_scheduler_is_one_line():
    pytest.importorskip("distributed")
    with pytest.raises(DomainError, match="no dask scheduler"), workers.executor(1, "nonsense://x"):
        pass


class Empty(workers.Scheduled):
    """A scheduler whose workers are gone."""

    def __init__(self):
        pass

    def submit(self, fn, /, *args, **kwargs):
        from concurrent.futures import Future

        return Future()

    def workers(self):
        return 0

    def shutdown(self, wait=True, *, cancel_futures=False):
        pass


def test_a_scheduler_without_workers_is_no_hang(monkeypatch):
    monkeypatch.setattr(workers, "_PATIENCE", 0.1)
    monkeypatch.setattr(workers, "_POLL", 0.05)
    with pytest.raises(WorkerError, match="no workers left"):
        list(workers.finished(Empty(), double, [1]))


def test_a_worker_that_dies_on_a_task_is_named(monkeypatch):
    from concurrent.futures import Future

    class KilledWorker(Exception):
        pass

    class Killing(Empty):
        def submit(self, fn, /, *args, **kwargs):
            future = Future()
            future.set_exception(KilledWorker("gemma"))
            return future

    with pytest.raises(WorkerError, match="died on gemma"):
        list(workers.finished(Killing(), double, ["gemma"]))
