"""What is called when a process ends, whichever way it was started."""

from __future__ import annotations

import multiprocessing
from typing import Any

import children
import processes
import pytest


def test_it_is_called_once_registered(start_method: str, tmp_path: Any) -> None:
    path = tmp_path / "ended"
    context: Any = multiprocessing.get_context(start_method)
    child = context.Process(target=children.write_at_exit, args=(str(path),))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert path.read_text().startswith("ended")


def test_it_is_called_at_the_end_of_a_program(tmp_path: Any) -> None:
    path = tmp_path / "ended"
    processes.run("-c", f"import children; children.write_at_exit({str(path)!r})")
    assert set(path.read_text().split()) == {"ended"}


@pytest.mark.parametrize("times", [1, 3])
def test_it_is_registered_once(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    import atexit
    from multiprocessing import util

    from adapters._segments import exits

    calls: list[Any] = []
    monkeypatch.setattr(atexit, "register", calls.append)
    monkeypatch.setattr(util, "Finalize", lambda *args, **_: calls.append(args[1]))
    monkeypatch.setattr(exits, "_registered", set())
    for _ in range(times):
        exits.at_exit(print)
    assert calls == [print, print]
