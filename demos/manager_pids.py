"""Processes write their ids, and then native objects, into the list of a Manager.

In the article, each process writes its id into its slot of a list that a multiprocessing.Manager
holds, where the parent reads it. With a native object beside the id this fails: the object passes
through three processes, the one that makes it, the Manager's and the parent, and pickle refuses it
at the first step. With an adapter it travels. The Manager's process needs no import of its own: the
pickle names the module that registers the adapter.
"""

from __future__ import annotations

import os
from collections.abc import Callable, MutableSequence, Sequence
from multiprocessing.context import BaseContext
from typing import Any

import native.specs  # noqa: F401  registers Sieve
from demos._support import arguments, checks
from demos._support.managers import started_manager
from demos._support.progress import progress
from demos._support.table import table
from demos._support.workers import WorkerGroup
from native import Sieve

SIZE = 1000  # integers that each process sieves


def process(id: int, results: MutableSequence[Any]) -> None:  # noqa: A002
    """Write the id of this process into slot `id` of `results`."""
    results[id] = os.getpid()


def process_with_sieve(id: int, results: MutableSequence[Any]) -> None:  # noqa: A002
    """Write the id of this process, and a native object that it makes, into slot `id`."""
    results[id] = os.getpid(), Sieve(id * SIZE, (id + 1) * SIZE).finish()


def collect_slots(
    function: Callable[[int, MutableSequence[Any]], None], count: int, context: BaseContext
) -> tuple[int, list[Any]]:
    """Let `count` processes call a function, each with a slot of a Manager's list.

    Returns:
        The pid of the Manager's process, and what is in the slots.

    Raises:
        WorkerError: a process ended before it had written, or the Manager does not answer.
    """
    with started_manager(context) as (manager, pid), WorkerGroup(context) as group:
        results = manager.list([None] * count)
        writers = [
            group.run(f"the process of slot {slot}", function, slot, results)
            for slot in range(count)
        ]
        with progress("writing slots", count) as update:
            for done, writer in enumerate(writers, start=1):
                writer.recv()  # it has written
                update("", done)
        return pid, results[:]


def main(argv: Sequence[str]) -> int:
    """Run the demo; return its exit code."""
    options = arguments.parser("manager_pids", __doc__).parse_args(argv)
    count, context = options.processes or arguments.cores(), arguments.context(options)
    manager_pid, pids = collect_slots(process, count, context)
    print("the ids of the processes:", *pids)
    print(f"parent: pid {os.getpid()}; Manager: pid {manager_pid} ({context.get_start_method()})\n")
    other_pid, slots = collect_slots(process_with_sieve, count, context)
    print("with a native object each:\n")
    rows = [
        (str(slot), str(pid), f"{window.first:,}-{window.last:,}", f"{window.count():,}")
        for slot, (pid, window) in enumerate(slots)
    ]
    print(table(("slot", "pid", "its Sieve", "primes"), rows), end="\n\n")
    return _check([manager_pid, *pids], [other_pid, *(pid for pid, _ in slots)], slots)


def _check(pids: list[int], other_pids: list[int], slots: list[tuple[int, Sieve]]) -> int:
    count = len(slots)
    distinct = all(len({os.getpid(), *each}) == count + 2 for each in (pids, other_pids))
    windows = [(slot * SIZE, (slot + 1) * SIZE, each) for slot, (_, each) in enumerate(slots)]
    placed = all((each.first, each.last) == (first, last) for first, last, each in windows)
    _, wrong = checks.count_disagreements(windows)
    return checks.report(
        distinct and placed and wrong == 0,
        f"{count} slots, {count} pids, all distinct; each holds the primes of its window",
    )
