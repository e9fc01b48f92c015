"""Which processes and threads run the tasks, and executors inside of tasks."""

import concurrent.futures
import contextlib
import multiprocessing
import os
import sys
import threading
from functools import partial

import harness
from harness import (
    ENGINE,
    LIMIT,
    LOKY,
    MULTIPROCESSING,
    THREADS,
    dress,
    folder,
    in_turn,
    leave,
    leave_and_wait,
    make,
    outcome,
    outcome_of,
    program,
)

PARENT = os.getpid()
POOL = None


def meet(path, mine, yours):
    leave_and_wait(path / mine, path / yours)
    return os.getpid(), threading.get_ident()


def add(one, two):
    return one + two


def inside_of_threads(numbers):
    with dress(partial(concurrent.futures.ThreadPoolExecutor, 2)) as pool:
        return list(pool.map(add, numbers, numbers))


def inside_of_processes(numbers):
    with make(1) as pool:
        return list(pool.map(add, numbers, numbers)), pool.submit(os.getpid).result() != os.getpid()


def use_the_global_one(number):
    return POOL.submit(add, number, 1).result(LIMIT)


def use(pool, number):
    return pool.submit(add, number, 1).result(LIMIT)


def who():
    process = multiprocessing.current_process()
    parent = multiprocessing.parent_process()
    return type(process).__name__.replace("Process", ""), process.daemon, parent is not None


@program
def workers_are_apart():
    with folder() as path, make(2) as pool:
        one, two = pool.submit(meet, path, "a", "b"), pool.submit(meet, path, "b", "a")
        pids = {one.result(LIMIT)[0], two.result(LIMIT)[0]}
        print(len(pids), PARENT in pids, len({one.result(), two.result()}))


@program
def a_worker_is_used_again():
    with make(1) as pool:
        print(len(set(in_turn(pool, divmod, [])) or {pool.submit(os.getpid).result()}))
        print(len({pool.submit(os.getpid).result() for _ in range(3)}))


@program
def what_a_worker_is():
    with make(1) as pool:
        print(outcome_of(pool, who))


@program
def names_of_threads():
    if not THREADS:
        print("processes have other names")
        return
    with make(1, thread_name_prefix="mine") as pool:
        print(pool.submit(threading.current_thread).result().name)


@program
def tasks_for_one_worker():
    if not MULTIPROCESSING or sys.version_info < (3, 11):
        print("only processes have that, from Python 3.11 on")
        return
    made = outcome(make, 1, max_tasks_per_child=2)
    if ENGINE == "fork":
        print(made)
        return
    with make(1, max_tasks_per_child=2) as pool:
        pids = [pool.submit(os.getpid).result(LIMIT) for _ in range(6)]
        print([pids.index(pid) for pid in pids])


@program
def a_context():
    if not MULTIPROCESSING:
        print("only processes have one")
        return
    with make(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        print(outcome_of(pool, who))


@program
def wrong_options():
    print(outcome(make, 0), outcome(make, -1), outcome(make, "2").partition(":")[0])
    print(outcome(make, 1, initializer=3).split("(")[0], outcome(make, 1, no_such=1).split(":")[0])


@program
def threads_in_a_task():
    with make(1) as pool:
        print(outcome_of(pool, inside_of_threads, [1, 2, 3]))


@program
def an_executor_in_a_task():
    with make(1) as pool:
        print(outcome_of(pool, inside_of_processes, [1, 2, 3]))


@program
def the_executor_itself_in_a_task():
    global POOL
    with make(2) as POOL:
        if not THREADS:
            print("a worker has another global, or the same one that cannot be used")
            return
        print(list(POOL.map(use_the_global_one, range(1))))


@program
def an_executor_as_argument():
    with make(2) as pool:
        print(outcome_of(pool, use, pool, 1))


@program
def what_an_executor_has():
    with make(2) as pool:
        pool.submit(int).result()
        print(pool._max_workers, outcome(getattr, pool, "_no_such").partition(":")[0])
        print(len(pool._threads if THREADS else pool._processes) in (1, 2))
        print([hasattr(pool, each) for each in ("terminate_workers", "kill_workers")])


@program
def workers_that_are_terminated():
    with make(1) as pool:
        if not hasattr(pool, "terminate_workers"):
            print("it has no terminate_workers")
            return
        pool.submit(int).result()
        pool.terminate_workers()
        print(outcome_of(pool, int).partition(":")[0])


@program
def a_worker_that_is_killed():
    if not MULTIPROCESSING:
        print("only for processes of multiprocessing")
        return
    with folder() as path, make(1) as pool:
        future = pool.submit(leave_and_wait, path / "a", path / "b")
        harness.wait_for(path / "a")
        for process in list(pool._processes.values()):
            process.kill()
        leave(path / "b")  # for a second run
        print(outcome(future.result, LIMIT))


@program
def nothing_is_left():
    before = set(threading.enumerate())
    with make(2) as pool:
        list(pool.map(add, range(4), range(4)))
    with contextlib.suppress(AssertionError):
        harness.wait_until(lambda: set(threading.enumerate()) <= before, 5)
    print([each.name for each in set(threading.enumerate()) - before])
    print([each.name for each in multiprocessing.active_children()])


@program
def a_reusable_executor():
    if not LOKY:
        print("only loky has them")
        return
    from loky import get_reusable_executor

    with dress(partial(get_reusable_executor, max_workers=2)) as pool:
        print(list(pool.map(add, range(3), range(3))))
        pool.submit(int).result()


if __name__ == "__main__":
    harness.main()
