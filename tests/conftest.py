"""What all tests share."""

from __future__ import annotations

import multiprocessing

import pytest

START_METHODS = multiprocessing.get_all_start_methods()


@pytest.fixture(params=START_METHODS)
def start_method(request: pytest.FixtureRequest) -> str:
    """Each way in which this platform starts a process."""
    return str(request.param)
