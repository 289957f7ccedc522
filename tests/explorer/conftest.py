"""One small atlas with its page, and a browser where there is one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nudipole.compilation import run
from nudipole.explorer import build, payload

KEYS = ("gemma", "conus-plus", "lz-nees", "icarus", "donut", "red-giants", "naturalness")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def chromium() -> str | None:
    """The path of a Chromium, None if there is none."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next((path for path in found if path), None)


collect_ignore = [] if chromium() else ["test_browser.py"]


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """An atlas of a few keys."""
    out = tmp_path_factory.mktemp("explorer")
    run.atlas(out, only=KEYS, masses=12, jobs=1, figures=False)
    return out


@pytest.fixture(scope="session")
def page_file(folder) -> Path:
    """Its page."""
    return build.beside(folder, jobs=1)


@pytest.fixture(scope="session")
def data(page_file):
    """Header and arrays of the page."""
    text = page_file.read_text(encoding="utf-8")
    encoded = text.partition('id="data">')[2].partition("</script>")[0]
    return payload.decode(encoded)
