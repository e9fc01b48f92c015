"""RemoteTraceback: the cause of an error that was raised in a worker."""

from __future__ import annotations

from concurrent.futures import process
from typing import Any


class _RemoteTraceback(Exception):  # noqa: N818  as in concurrent.futures
    """Has the formatted traceback as its words."""

    def __init__(self, tb: str) -> None:
        super().__init__(tb)
        self.tb = tb

    def __str__(self) -> str:
        return self.tb


# That of ProcessPoolExecutor, which programs may know, where there is one.
RemoteTraceback: Any = getattr(process, "_RemoteTraceback", _RemoteTraceback)
