"""Plans and scans: what is refused, what is written, and that an interrupted scan goes on to the same result."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from nudipole.cli import main
from nudipole.errors import OutputError
from nudipole.fits import plan as plans
from nudipole.fits.plan import Axis, Plan
from nudipole.fits.scan import scan

EXAMPLE = Path(__file__).parents[2] / "examples" / "scan.toml"
SMALL = Plan(
    keys=["conus-plus", "gemma", "miniboone"],
    mass=Axis(low=1e-4, high=1e-2, points=3),
    couplings={"e": Axis(values=[1e-8, 1e-7]), "mu": Axis(value=1e-6)},
    chunk=2,
)


def test_the_example_has_a_thousand_points():
    plan = plans.read(EXAMPLE)
    assert plan.size == len(plan.table()) == 1000
    assert np.all(plan.table()[:, 1] == 0)
    assert np.all(np.diff(plan.table()[:, 0]) >= 0)


def test_columns_are_those_of_the_searches(tmp_path):
    found = scan(SMALL, tmp_path / "a")
    table = found.table()
    assert len(found.files) == 3
    assert set(table) == {"mass_GeV", "d_e_GeV-1", "d_mu_GeV-1", "d_tau_GeV-1", "total", *SMALL.keys}
    assert len(table["mass_GeV"]) == 6
    assert table["total"] == pytest.approx(np.nansum([table[k] for k in SMALL.keys], axis=0), rel=1e-12, abs=0)
    strong = table["d_e_GeV-1"] == 1e-7
    inside = np.isfinite(table["gemma"][strong])
    assert inside.sum() == 2
    assert np.all(table["gemma"][strong][inside] > table["gemma"][~strong][inside])


def test_a_scan_goes_on_where_it_stopped_bit_for_bit(tmp_path):
    whole = scan(SMALL, tmp_path / "whole")
    part = scan(SMALL, tmp_path / "part")
    part.files[1].unlink()
    part.files[2].write_bytes(part.files[2].read_bytes()[:100])  # what a full disk would leave elsewhere
    seen = []
    again = scan(SMALL, tmp_path / "part", resume=True, progress=lambda done, total: seen.append(done))
    assert seen == [1, 2, 3]
    for one, other in zip(whole.files, again.files, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_processes_change_nothing(tmp_path):
    one, two = scan(SMALL, tmp_path / "one"), scan(SMALL, tmp_path / "two", jobs=2)
    for a, b in zip(one.files, two.files, strict=True):
        assert a.read_bytes() == b.read_bytes()


def test_a_folder_of_another_plan_is_refused(tmp_path):
    scan(SMALL, tmp_path)
    with pytest.raises(OutputError, match="--resume goes on"):
        scan(SMALL, tmp_path)
    other = Plan(keys=["gemma"], mass=Axis(value=1e-3), couplings={"e": Axis(value=1e-8)})
    with pytest.raises(OutputError, match="another plan"):
        scan(other, tmp_path, resume=True)


def test_sobol_points_fill_the_ranges_and_repeat():
    axes = {"mass": Axis(low=1e-3, high=1.0), "couplings": {"mu": Axis(low=1e-8, high=1e-5), "tau": Axis(value=1e-7)}}
    plan = Plan(**axes, sampling="sobol", points=256, seed=5)
    table = plan.table()
    assert np.array_equal(table, plan.table())
    assert np.all((table[:, 0] >= 1e-3) & (table[:, 0] <= 1.0))
    assert np.all(table[:, 3] == 1e-7)
    fractions = np.log(table[:, 2] / 1e-8) / np.log(1e3)
    assert np.mean(fractions) == pytest.approx(0.5, abs=0.01)
    assert not np.array_equal(table, Plan(**axes, sampling="sobol", points=256, seed=6).table())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('keys = ["minibone"]', "keys = 'minibone'"),
        ("[mass]\nfrom = 1.0\nto = 0.1\npoints = 3", "0 < from < to"),
        ("[mass]\nvalues = []", "at least one"),
        ("[mass]\nfrom = 0.1\nto = 1.0\npoints = 0", ">= 1"),
        ("[mass]\nfrom = 0.1\nto = 1.0\npoints = 1000000000000", "hours of CPU"),
        ("[mass]\nfrom = 0.1\nto = 1.0\nsteps = 3", "unknown field"),
        ("[couplings.nue]\nvalue = 1.0", "must be e, mu or tau"),
        ("sampling = 'sobol'", "points"),
        ("points = 5", "belongs to sampling"),
        ("mass = ", "TOML"),
    ],
)
def test_bad_plans_are_one_line_within_seconds(tmp_path, text, said):
    body = "" if "[mass]" in text or text.startswith("mass") else "\n[mass]\nvalue = 0.1"
    body += "" if "couplings" in text else "\n[couplings.mu]\nvalue = 1e-6"
    file = tmp_path / "plan.toml"
    file.write_text(text + body, encoding="utf-8")
    started = time.perf_counter()
    result = CliRunner().invoke(main, ["scan", str(file), "--out", str(tmp_path / "out")])
    assert time.perf_counter() - started < 5
    assert result.exit_code == 2
    assert said in result.output
    assert len(result.output.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_missing_files_and_schedulers_are_one_line(tmp_path):
    result = CliRunner().invoke(main, ["scan", str(tmp_path / "none.toml")])
    assert result.exit_code == 2
    assert "regular file" in result.output
    arguments = ["scan", str(EXAMPLE), "--out", str(tmp_path / "o"), "--scheduler", "nonsense"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert "no dask scheduler" in result.output


def test_the_command_says_what_it_wrote(tmp_path):
    file = tmp_path / "plan.toml"
    file.write_text('keys = ["gemma"]\n[mass]\nvalue = 1e-3\n[couplings.e]\nvalues = [1e-8, 1e-7]\n', encoding="utf-8")
    result = CliRunner().invoke(main, ["scan", str(file), "--out", str(tmp_path / "o")])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("2 points, 1 keys, 1 files")


@pytest.mark.validation
def test_a_killed_dask_worker_loses_nothing(tmp_path):
    """kill -9 of a worker process while a scan runs on a local cluster: the result is that of one process."""
    distributed = pytest.importorskip("distributed")
    plan = plans.read(EXAMPLE)
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        pids = [worker.pid for worker in cluster.workers.values()]
        killed = []

        def kill(done, total):
            if done == 2 and not killed:
                killed.append(pids[0])
                import os
                import signal

                os.kill(pids[0], signal.SIGKILL)

        found = scan(plan, tmp_path / "dask", scheduler=cluster.scheduler_address, progress=kill)
    assert killed
    alone = scan(plan, tmp_path / "alone")
    for a, b in zip(found.files, alone.files, strict=True):
        assert a.read_bytes() == b.read_bytes()


def test_a_plan_that_is_too_large_says_what_it_would_take(tmp_path):
    """Eight bytes for each key and some for the rest: 1e12 points of two keys are tens of terabytes."""
    file = tmp_path / "plan.toml"
    file.write_text(
        'keys = ["lz-nees", "gemma"]\n[mass]\nfrom = 0.1\nto = 1.0\npoints = 1000000000000\n'
        "[couplings.mu]\nvalue = 1e-6\n",
        encoding="utf-8",
    )
    result = CliRunner().invoke(main, ["scan", str(file), "--out", str(tmp_path / "out")])
    size = float(re.search(r"and ([0-9.e+]+) GB", " ".join(result.output.split()))[1])
    assert 1e12 * 2 * 8 / 1e9 < size < 1e12 * 200 / 1e9
