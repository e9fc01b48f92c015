"""The plugin for pytest, `adapters.testing`: one option. A run loads it only where it is asked for.

`Conformance` needs it only for the recording of golden payloads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --adapters-record."""
    parser.getgroup("adapters").addoption(
        "--adapters-record",
        action="store_true",
        help="record golden payloads of adapters' examples that have none of this version",
    )
