"""Each process writes its pid, and a native object that it made, into a slot of a Manager's list.

In the article, processes write their ids into a list of a multiprocessing.Manager, where the parent
reads them. With a native object beside the id this fails: the object passes through three
processes, the one that makes it, the Manager's and the parent, and pickle refuses it at the first
step. With an adapter it travels, and the Manager's process needs no import of its own: the spec
names the provider.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from contextlib import ExitStack
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.managers import SyncManager
from typing import TypeAlias, cast

import native.specs  # noqa: F401  registers Sieve
from adapters import send
from demos._support import arguments, checks, interrupts
from demos._support.progress import progress
from demos._support.table import table
from demos._support.workers import JOIN_TIMEOUT, WorkerError, WorkerGroup
from native import Sieve

SIZE = 1000  # integers in the window of each process

Slot: TypeAlias = "tuple[int, Sieve]"


def write_slot(connection: Connection, slots: list[Slot | None], index: int) -> None:
    """Make an object, write it with the pid of this process into a slot, and tell the parent."""
    window = Sieve(index * SIZE, (index + 1) * SIZE).finish()
    slots[index] = (os.getpid(), window)
    send(connection, "written")


def collect_slots(count: int, context: BaseContext) -> tuple[int, list[Slot]]:
    """Let `count` processes write one slot each.

    Returns:
        The pid of the Manager's process, and the slots.

    Raises:
        WorkerError: a process ended before it had written, or the Manager does not answer.
    """
    others = set(multiprocessing.active_children())
    try:
        with ExitStack() as stack:
            manager = SyncManager(ctx=context)
            with interrupts.deferred():
                manager.start(initializer=interrupts.initialize_child)
            stack.enter_context(manager)
            [server] = set(multiprocessing.active_children()) - others
            slots = manager.list([None] * count)
            group = stack.enter_context(WorkerGroup(context))
            workers = [
                group.start(f"the process of slot {index}", write_slot, slots, index)
                for index in range(count)
            ]
            with progress("writing slots", count) as update:
                group.gather(workers, lambda done: update("", done))
            return server.pid or 0, cast("list[Slot]", slots[:])
    except (EOFError, OSError) as error:
        for child in set(multiprocessing.active_children()) - others:
            child.kill()
            child.join(JOIN_TIMEOUT)
        raise WorkerError(f"the Manager's process does not answer: {error!r}") from error


def main(argv: Sequence[str]) -> int:
    """Run the demo; return its exit code."""
    options = arguments.parser("manager_pids", __doc__).parse_args(argv)
    count = options.processes or arguments.cores()
    context = arguments.context(options)
    manager_pid, slots = collect_slots(count, context)
    rows = [
        (str(index), str(pid), f"{window.first:,}-{window.last:,}", f"{window.count():,}")
        for index, (pid, window) in enumerate(slots)
    ]
    print(table(("slot", "pid", "its Sieve", "primes"), rows))
    print(f"\nparent: pid {os.getpid()}; Manager: pid {manager_pid} ({context.get_start_method()})")

    distinct = len({os.getpid(), manager_pid, *(pid for pid, _ in slots)}) == count + 2
    windows = [(i * SIZE, (i + 1) * SIZE, window) for i, (_, window) in enumerate(slots)]
    placed = all((window.first, window.last) == (first, last) for first, last, window in windows)
    _, wrong = checks.count_disagreements(windows)
    return checks.report(
        distinct and placed and wrong == 0,
        f"{count} slots, {count} pids, all distinct; each holds the primes of its window",
    )
