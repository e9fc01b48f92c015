"""A progress bar on a terminal, if rich (of the extra "demos") is installed."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

DELAY = 1.0  # seconds until the bar appears; shorter work shows none

Update = Callable[[str, int], object]


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Update]:
    """Show a progress bar until the end of the block.

    Args:
        label: The text before the bar.
        total: The number of steps; None for a bar without an end.

    Yields:
        A function that takes the text after the bar and the number of steps done. Call it when all
        processes have started: its first call starts a thread, and a process with threads should
        not fork.
    """
    bar = (
        _Bar(label, total)
        if sys.stderr is not None and sys.stderr.isatty() and _rich_is_installed()
        else None
    )
    if bar is None:
        yield lambda _now, _done: None
        return
    try:
        yield bar.update
    finally:
        bar.stop()


def _rich_is_installed() -> bool:
    try:
        import rich.progress  # noqa: F401
    except ImportError:
        return False
    return True


class _Bar:
    def __init__(self, label: str, total: int | None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[now]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task(label, total=total, now="")
        self._timer = threading.Timer(DELAY, self._bar.start)
        self._timer.daemon = True

    def update(self, now: str, done: int) -> None:
        self._bar.update(self._task, now=now, completed=done)
        if self._timer.ident is None:
            self._timer.start()

    def stop(self) -> None:
        self._timer.cancel()
        if self._timer.ident is not None:
            self._timer.join()
        self._bar.stop()
