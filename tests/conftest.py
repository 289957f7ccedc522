"""What holds for every test: none is timed, since a busy processor must not turn one red."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests.explorer.conftest import chromium

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_report_header(config: pytest.Config) -> str:
    """Whether the explorer is tried in a real browser; without one its tests are left out."""
    found = chromium()
    return (
        f"browser tests: {found}"
        if found
        else "browser tests: LEFT OUT, there is no Chromium (apt-get install chromium)"
    )
