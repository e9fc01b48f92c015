"""The plugin for pytest: one option. The rest of the kit is imported where it is used."""

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
