"""What is cancelled, what still runs, and how executors end."""

import contextlib
import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref

import harness
from harness import (
    LIMIT,
    LOKY,
    folder,
    leave,
    leave_and_wait,
    make,
    notes_in,
    outcome,
    outcome_of,
    program,
    wait_for,
    wait_until,
)


def work(path, number):
    if number == 0:
        raise ValueError("the first one")
    time.sleep(0.05)
    (path / f"{number:02}").touch()
    return number


class Thing:
    def __init__(self, name):
        self.name = name


def settled(futures):
    """How many futures are running or done, once that does not change any more."""
    before, count = None, -1
    while before != count:
        before, count = count, sum(future.running() or future.done() for future in futures)
        time.sleep(0.1)
    return count


def busy(pool, path):
    """Keep the only worker of a pool busy until `end` is called."""
    future = pool.submit(leave_and_wait, path / "began", path / "end")
    wait_for(path / "began")
    return future


@program
def cancel_before_the_start():
    with folder() as path, make(1) as pool:
        first = busy(pool, path)
        futures = [pool.submit(leave, path / str(number)) for number in range(8)]
        print(settled(futures), first.running(), first.cancel(), first.cancelled())
        print([future.cancel() for future in futures])
        print([future.cancelled() for future in futures], [future.done() for future in futures])
        leave(path / "end")
        print([outcome(future.result, LIMIT) for future in futures], first.result(LIMIT))


@program
def cancel_twice():
    with folder() as path, make(1) as pool:
        busy(pool, path)
        futures = [pool.submit(leave, path / str(number)) for number in range(8)]
        print([futures[-1].cancel() for _ in range(2)])
        leave(path / "end")


@program
def cancelled_tasks_do_not_run():
    with folder() as path:
        with make(1) as pool:
            busy(pool, path)
            futures = [pool.submit(leave, path / str(number)) for number in range(8)]
            settled(futures)
            print([future.cancel() for future in reversed(futures)])
            leave(path / "end")
            print(outcome(futures[-1].exception), outcome_of(pool, len, "abc"))
        print(notes_in(path))


@program
def cancel_after_the_end():
    with make(1) as pool:
        done, failed = pool.submit(len, "abc"), pool.submit(int, "x")
        print(done.result(), outcome(failed.result), done.cancel(), failed.cancel())
        print(done.cancelled(), done.running(), done.done(), failed.done())


@program
def callbacks_of_cancelled_futures():
    said = []
    with folder() as path, make(1) as pool:
        busy(pool, path)
        futures = [pool.submit(leave, path / str(number)) for number in range(8)]
        settled(futures)
        futures[-1].add_done_callback(lambda future: said.append(("before", future.cancelled())))
        futures[-1].cancel()
        futures[-1].add_done_callback(lambda future: said.append(("after", future.cancelled())))
        print(said, futures[-1].done(), threading.current_thread().name)
        leave(path / "end")


def ran(path, pool, end):
    """How many tasks of a map have run once it was ended, of those that might be queued."""
    with pool:
        outcome(end)
    return [int(name) for name in notes_in(path) if name.isdigit()]


@program
def a_map_that_is_broken_off():
    with folder() as path, make(1) as pool:

        def end():
            for number in pool.map(work, [path] * 20, range(1, 21)):
                if number == 2:
                    break

        done = ran(path, pool, end)
        print(len(done) < 10, done == list(range(1, len(done) + 1)))


@program
def a_map_that_is_closed():
    with folder() as path, make(1) as pool:
        busy(pool, path)
        results = pool.map(work, [path] * 20, range(1, 21))
        time.sleep(0.1)
        print(outcome(results.close) if hasattr(results, "close") else "no close")
        leave(path / "end")
        del results
        print(len(ran(path, pool, gc.collect)) < 10)


@program
def a_map_whose_first_task_fails():
    with folder() as path, make(1) as pool:
        results = pool.map(work, [path] * 20, range(20))
        print(outcome(next, results), outcome(next, results))
        print(len(ran(path, pool, gc.collect)) < 10)


@program
def a_map_that_is_late():
    with folder() as path, make(1) as pool:
        first = busy(pool, path)
        start = time.monotonic()
        results = pool.map(work, [path] * 20, range(1, 21), timeout=0.2)
        print(outcome(next, results), 0.15 < time.monotonic() - start < 5, outcome(next, results))
        leave(path / "end")
        print(first.result(LIMIT), len(ran(path, pool, gc.collect)) < 10)


@program
def a_map_that_is_in_time():
    with make(1) as pool:
        print(list(pool.map(len, ["a", "bc"], timeout=LIMIT)))
        print(outcome(list, pool.map(time.sleep, [0.4], timeout=0)))


@program
def a_map_that_is_interrupted():
    with folder() as path, make(1) as pool:
        busy(pool, path)
        results = pool.map(work, [path] * 20, range(1, 21))
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        print(outcome(next, results))
        timer.join()
        leave(path / "end")
        print(len(ran(path, pool, gc.collect)) < 10)


@program
def the_arguments_of_a_map_that_fail():
    def arguments():
        yield "a"
        yield "bc"
        raise ValueError("no more")

    with make(1) as pool:
        print(outcome(lambda: pool.map(len, arguments())), outcome_of(pool, len, "abc"))


@program
def shutdown_cancels_what_waits():
    with folder() as path:
        pool = make(1)
        busy(pool, path)
        futures = [pool.submit(leave, path / str(number)) for number in range(8)]
        count = settled(futures)
        threading.Timer(0.3, leave, (path / "end",)).start()
        if harness.LOKY:
            print("loky has no cancel_futures")
            pool.shutdown()
            return
        pool.shutdown(cancel_futures=True)
        print([future.cancelled() for future in futures])
        print(len([name for name in notes_in(path) if name.isdigit()]) == count)
        print(outcome(futures[-1].result, 5))


@program
def shutdown_that_does_not_wait():
    with folder() as path:
        pool = make(1)
        futures = [busy(pool, path), *(pool.submit(leave, path / str(n)) for n in range(5))]
        start = time.monotonic()
        pool.shutdown(wait=False)
        print(time.monotonic() - start < 2, outcome(pool.submit, len, "abc"))
        leave(path / "end")
        print([outcome(future.result, LIMIT) for future in futures])


@program
def shutdown_that_waits():
    with folder() as path:
        with make(1) as pool:
            futures = [pool.submit(work, path, number) for number in range(1, 4)]
        print([future.done() for future in futures], notes_in(path))
        print(outcome(pool.submit, len, "abc"), outcome(pool.shutdown), outcome(pool.shutdown))


@program
def shutdown_that_kills_workers():
    if not harness.LOKY:
        print("only loky has it")
        return
    with folder() as path:
        pool = make(1)
        future = busy(pool, path)
        print(outcome(pool.shutdown, kill_workers=True))
        leave(path / "end")
        print(type(future.exception(LIMIT)).__name__)


AT_EXIT = """
import pathlib, sys
from harness import leave, make
if __name__ == "__main__":
    pool = make(1)
    for number in range(5):
        pool.submit(leave, pathlib.Path(sys.argv[3]) / str(number))
"""


@program
def the_interpreter_ends_before_its_tasks():
    with folder() as path:
        command = [sys.executable, "-c", AT_EXIT, harness.KIND, harness.ENGINE, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
        print(done.returncode, done.stdout, done.stderr, notes_in(path))


@program
def after_the_shutdown():
    pool = make(1)
    future = pool.submit(len, "abc")
    pool.shutdown()
    print(future.result(), outcome(pool.submit, len, "a"), outcome(pool.map, len, ["a"]))
    print(outcome(pool.__enter__) == repr(pool))


@program
def an_executor_that_is_never_used():
    with make(1) as pool:
        print(isinstance(pool, harness.futures.Executor))
    print(outcome(pool.shutdown, wait=False))


@program
def an_executor_that_is_forgotten():
    pool = make(1)
    future, reference = pool.submit(len, "abc"), weakref.ref(pool)
    print(future.result())
    del pool
    gc.collect()
    wait_until(lambda: reference() is None)
    print("gone")


@program
def an_executor_that_is_forgotten_before_its_results_are_read():
    before = set(threading.enumerate())
    pool = make(1)
    results, futures = pool.map(len, ["a", "bc"]), [pool.submit(len, "abc")]
    del pool
    gc.collect()
    with contextlib.suppress(AssertionError):
        wait_until(lambda: set(threading.enumerate()) <= before or LOKY, 5)
    print(len(set(threading.enumerate()) - before) if not LOKY else "loky keeps its threads")
    print(list(results), futures[0].result())


@program
def results_of_a_map_are_not_kept():
    kept = []
    with make(1) as pool:
        for result in pool.map(Thing, range(10)):
            reference = weakref.ref(result)
            del result
            gc.collect()
            kept.append(reference() is not None)
    print(kept)


@program
def results_are_not_kept():
    with make(1) as pool:
        future = pool.submit(Thing, 1)
        reference = weakref.ref(future.result())
        del future
        wait_until(lambda: gc.collect() is not None and reference() is None)
        print("gone")


@program
def arguments_are_not_kept():
    argument = set("abc")
    reference = weakref.ref(argument)
    with make(1) as pool:
        future = pool.submit(len, argument)
        print(future.result())
        del argument
        wait_until(lambda: gc.collect() is not None and reference() is None)
        print("gone")


if __name__ == "__main__":
    harness.main()
