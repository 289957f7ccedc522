"""What holds for every test: none is timed, and the examples of hypothesis are the same in every run.

A change that is good must not turn red by an unlucky draw; ``HYPOTHESIS_PROFILE=random`` draws anew.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.explorer.conftest import chromium

settings.register_profile("random", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fixed", settings.get_profile("random"), derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))


def pytest_report_header(config: pytest.Config) -> str:
    """Whether the explorer is tried in a real browser; without one its tests are left out."""
    found = chromium()
    return (
        f"browser tests: {found}"
        if found
        else "browser tests: LEFT OUT, there is no Chromium (apt-get install chromium)"
    )
