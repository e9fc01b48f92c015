"""States of containers that share a directory: none loses what is another's, dead ones are swept.

The containers are made by unshare(1), where this machine lets a user do so.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import pytest
from storing import TIMEOUT, files_in, locks

import adapters

pytestmark = locks
PROGRAM = """
import sys
from adapters import _owner, _sweep, stores

store = stores.Local(sys.argv[1])
kept = {}
for line in sys.stdin:
    what, _, key = line.strip().partition(" ")
    _sweep._next.clear()
    try:
        if what == "put":
            answer = store.put([b"part"])
        elif what == "get":
            kept[key] = store.get(key)
            answer = bytes(kept[key][0])
        elif what == "closed":
            answer = store.closed(kept[key])
        else:
            answer = store.delete(key)
    except Exception as error:
        answer = f"{type(error).__name__}: {error}"
    print(answer, flush=True)
"""
USER = ["--user", "--map-root-user", "--fork", "--kill-child"]
PROCESSES = [*USER, "--pid", "--mount-proc"]
CLOCK = [*USER, "--time", "--boottime", "1000000"]
KINDS = {
    "processes": PROCESSES,
    "clocks": CLOCK,
    "both": [*PROCESSES, *CLOCK],
    "processes that see those of the host": [*USER, "--pid"],
}


def needs(options: list[str]) -> None:
    """Skip the test where this machine does not let this user make such a container."""
    if not shutil.which("unshare"):
        pytest.skip("there is no unshare here")
    done = subprocess.run(["unshare", *options, "true"], capture_output=True, timeout=TIMEOUT)
    if done.returncode:
        pytest.skip(f"this user may not: {done.stderr.decode().strip()}")


class Container:
    """A process in namespaces of its own, which does with a store what it is asked for."""

    def __init__(self, options: list[str], directory: Path, first: str = "") -> None:
        shell = ["sh", "-c", f'{first}exec "$@"', "sh"]
        command = [*shell, sys.executable, "-c", PROGRAM, str(directory)]
        self.process = subprocess.Popen(
            ["unshare", *options, *command],
            env={"PYTHONPATH": str(Path(adapters.__file__).parents[1])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, what: str, key: str = "") -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{what} {key}\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self) -> str:
        assert self.process.stdout is not None
        assert wait([self.process.stdout], TIMEOUT), "the container says nothing"
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        assert self.answer() == ""  # the end of its pipe, at its death
        self.process.communicate(timeout=TIMEOUT)


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Callable[..., Container]]:
    """Makes containers, which are killed in the end."""
    with ExitStack() as stack:

        def make(options: list[str], *first: str) -> Container:
            made = Container(options, tmp_path, *first)
            stack.callback(lambda: made.process.poll() is None and made.kill())
            return made

        yield make


@pytest.mark.parametrize("kind", KINDS)
def test_containers_lose_nothing_of_each_other(
    container: Callable[..., Any], tmp_path: Path, kind: str
) -> None:
    needs(KINDS[kind])
    containers = [container(USER), container(KINDS[kind]), container(KINDS[kind])]
    keys = [each.ask("put") for each in containers]
    for each in containers:
        for key in keys:
            assert each.ask("get", key) == "b'part'"
    containers[1].kill()
    assert containers[0].ask("get", keys[1]) == "b'part'"
    containers[2].ask("put")
    assert not Path(keys[1]).exists()
    assert [each.ask("closed", keys[1]) for each in containers[::2]] == ["True", "True"]
    assert [each.ask("get", keys[2]) for each in containers[::2]] == ["b'part'"] * 2
    containers[2].kill()
    containers[0].ask("delete", containers[0].ask("put"))
    containers[0].ask("delete", keys[0])
    assert files_in(tmp_path) == []


MOUNT = [*USER, "--mount"]


class TestAContainerWithMountsOfItsOwn:
    @pytest.fixture(autouse=True)
    def mounts(self) -> None:
        needs(MOUNT)

    def test_that_shares_the_directory_is_told_that_a_state_is_closed(
        self, container: Callable[..., Any]
    ) -> None:
        owner, reader = container(USER), container(MOUNT)
        key = owner.ask("put")
        owner.ask("delete", key)
        assert reader.ask("get", key).startswith("LookupError")

    def test_that_does_not_share_it_is_told_so(
        self, container: Callable[..., Any], tmp_path: Path
    ) -> None:
        owner, reader = container(USER), container(MOUNT, f"mount -t tmpfs none '{tmp_path}' && ")
        key = owner.ask("put")
        assert "on another host, or in another container" in reader.ask("get", key)
        reader.ask("put")
        assert owner.ask("get", key) == "b'part'"
