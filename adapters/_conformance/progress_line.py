"""A line on the terminal that says what is being done, and is erased at the end."""

from __future__ import annotations

import shutil
import sys
from contextlib import AbstractContextManager, suppress


class ProgressLine(AbstractContextManager["ProgressLine"]):
    """Writes to stderr if that is a terminal, else nothing.

    Args:
        prefix: What each text begins with.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._stream = sys.stderr if sys.stderr is not None and sys.stderr.isatty() else None
        self._width = 0  # of the text that is shown

    def show(self, text: str) -> None:
        """Show a text in place of the one before."""
        if self._stream is not None:
            text = f"{self._prefix}{text}"[: shutil.get_terminal_size().columns - 1]
            self._write(f"\r{text:<{self._width}}")
            self._width = len(text)

    def __exit__(self, *_: object) -> None:
        if self._width:
            self._write(f"\r{' ' * self._width}\r")

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # it was closed, or cannot encode a name
            print(text, end="", file=self._stream, flush=True)
