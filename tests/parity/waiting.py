"""Futures: waiting for them, their callbacks, their states; and the order of a map."""

import concurrent.futures
import itertools
import logging
import sys
import threading
import time

import harness
from harness import (
    LIMIT,
    folder,
    in_turn,
    leave,
    make,
    outcome,
    outcome_of,
    program,
    wait_for,
    wait_until,
)

MAIN = threading.current_thread()


def after(path, number):
    """Be done once the note of one's own is there."""
    wait_for(path / str(number))
    return number


def add(*numbers, start=0):
    return sum(numbers, start)


def fail_after(path, number):
    after(path, number)
    raise ValueError(number)


@program
def as_completed():
    with folder() as path, make(2) as pool:
        futures = [pool.submit(after, path, number) for number in range(2)]
        leave(path / "1")
        done = concurrent.futures.as_completed([*futures, futures[0]], timeout=LIMIT)
        print(next(done).result())
        leave(path / "0")
        print([future.result() for future in done])


@program
def as_completed_that_is_late():
    with folder() as path, make(1) as pool:
        first, second = pool.submit(len, "abc"), pool.submit(after, path, 1)
        first.result()
        done = concurrent.futures.as_completed([first, second], timeout=0.1)
        print(next(done) is first, outcome(next, done))
        leave(path / "1")
        print(second.result(LIMIT))


@program
def wait_for_the_first_one():
    with folder() as path, make(2) as pool:
        futures = [pool.submit(after, path, number) for number in range(2)]
        leave(path / "1")
        done, pending = concurrent.futures.wait(futures, LIMIT, "FIRST_COMPLETED")
        print([future.result() for future in done], [future.running() for future in pending])
        leave(path / "0")
        print(*map(len, concurrent.futures.wait(futures, LIMIT)))


@program
def wait_for_the_first_exception():
    with folder() as path, make(2) as pool:
        futures = [pool.submit(after, path, 0), pool.submit(fail_after, path, 1)]
        leave(path / "1")
        done, pending = concurrent.futures.wait(futures, LIMIT, "FIRST_EXCEPTION")
        print([repr(future.exception()) for future in done], len(pending))
        leave(path / "0")
        print(*map(len, concurrent.futures.wait(futures, LIMIT)))


@program
def wait_for_all_in_vain():
    with folder() as path, make(1) as pool:
        future = pool.submit(after, path, 1)
        print(*map(len, concurrent.futures.wait([future], 0.05)))
        print(outcome(future.result, 0.05), outcome(future.exception, 0), future.done())
        leave(path / "1")
        print(future.result(LIMIT))


@program
def futures_of_two_executors():
    with make(1) as one, make(1) as two:
        futures = [one.submit(len, "a"), two.submit(len, "bc")]
        done, _ = concurrent.futures.wait(futures, LIMIT)
        print(sorted(future.result() for future in done))


@program
def callbacks():
    said = []
    with folder() as path, make(1) as pool:
        future = pool.submit(after, path, 1)
        for number in range(3):
            future.add_done_callback(lambda each, n=number: said.append((n, each is future)))
        future.add_done_callback(lambda _: said.append(threading.current_thread() is MAIN))
        leave(path / "1")
        future.result(LIMIT)
        wait_until(lambda: len(said) == 4)
        future.add_done_callback(lambda _: said.append(threading.current_thread() is MAIN))
        print(said)


@program
def callbacks_that_raise():
    said = []

    class Keeping(logging.Handler):
        def emit(self, record):
            said.append((record.levelname, record.getMessage()[:26], record.exc_info[0].__name__))

    log, handler = logging.getLogger("concurrent.futures"), Keeping()
    log.addHandler(handler)
    log.propagate = False
    with folder() as path, make(1) as pool:
        future = pool.submit(after, path, 1)
        future.add_done_callback(lambda _: said.append("before"))
        future.add_done_callback(lambda _: {}["key"])
        future.add_done_callback(lambda _: said.append("after"))
        leave(path / "1")
        future.result(LIMIT)
        wait_until(lambda: len(said) == 3)
        future.add_done_callback(lambda _: [][0])
        print(said, outcome_of(pool, len, "abc"))
    log.removeHandler(handler)


@program
def callbacks_that_submit():
    said = []
    with make(1) as pool:

        def next_one(future):
            said.append(future.result())
            if said[-1] < 50:
                pool.submit(add, said[-1], 1).add_done_callback(next_one)

        pool.submit(add, 0, 1).add_done_callback(next_one)
        wait_until(lambda: len(said) == 50)
    print(said == list(range(1, 51)))


@program
def callbacks_see_what_is_done():
    said = []
    with folder() as path, make(1) as pool:
        future = pool.submit(fail_after, path, 1)
        future.add_done_callback(lambda each: said.append((each.done(), repr(each.exception()))))
        leave(path / "1")
        concurrent.futures.wait([future], LIMIT)
        wait_until(lambda: said)
        print(said)


@program
def states_of_a_future():
    with folder() as path, make(1) as pool:
        future = pool.submit(after, path, 1)
        wait_until(future.running)
        print(future.running(), future.done(), future.cancelled(), repr(future).split(" state=")[1])
        leave(path / "1")
        print(
            future.result(LIMIT), future.running(), future.done(), repr(future).split(" state=")[1]
        )
        failed = pool.submit(int, "x")
        failed.exception()
        print(repr(failed).split(" state=")[1], isinstance(failed, concurrent.futures.Future))
        print(outcome(future.set_result, 3).partition(":")[0])


@program
def results_of_all_kinds():
    with make(1) as pool:
        for value in (None, True, 1.5, "text", b"bytes", [1, (2, {3})], {"a": ...}, NotImplemented):
            print(outcome_of(pool, add_to_list, value), end=" ")
        print(outcome_of(pool, add_to_list, type), outcome_of(pool, len, range(10**6)))
        print(outcome_of(pool, add_to_list, 10**30), outcome_of(pool, add_to_list, float("nan")))


def add_to_list(value):
    return [value]


@program
def results_are_copies():
    mine = [1, [2]]
    with make(1) as pool:
        future = pool.submit(add_to_list, mine)
        result = future.result()
        print(result[0] is mine, future.result() is result)
        mine[1].append(3)
        print(result, future.result())


@program
def the_order_of_a_map():
    with folder() as path, make(2) as pool:
        leave(path / "1")
        threading.Timer(0.1, leave, (path / "0",)).start()
        print(list(pool.map(after, [path] * 2, range(2))))


@program
def maps_of_several_iterables():
    with make(2) as pool:
        for size in (1, 2, 3, 100):
            print(list(pool.map(add, range(5), itertools.count(10), [1] * 7, chunksize=size)))
        print(list(pool.map(add)), list(pool.map(add, [])), list(pool.map(add, [], [1])))
        print(dict(pool.map(divmod, (7, 8), (2, 3))), sum(pool.map(add, range(300), chunksize=7)))


@program
def a_map_in_a_map():
    with make(2) as pool:
        print(list(pool.map(add, pool.map(add, range(3)), pool.map(add, range(3)))))


@program
def a_map_submits_at_once():
    with folder() as path, make(1) as pool:
        results = pool.map(leave, [path / "a", path / "b"])
        wait_for(path / "b")
        print(list(results))


@program
def iterators_of_a_map():
    with make(1) as pool:
        results = pool.map(add, range(2))
        print(iter(results) is results, next(results), next(results), outcome(next, results))
        print(outcome(next, results), outcome(next, results, "the end"))


@program
def wrong_chunksizes():
    with make(1) as pool:
        print(outcome(lambda: list(pool.map(add, [1], chunksize=0))))


@program
def a_buffersize():
    with make(1) as pool:
        if sys.version_info < (3, 14):
            print("Python 3.14 has it")
            return
        read = iter(range(10))
        results = pool.map(add, read, buffersize=2)
        print(next(read), next(results), next(read), list(results))
        print(
            outcome(pool.map, add, [1], buffersize=0), outcome(pool.map, add, [1], buffersize="1")
        )


@program
def submit_from_threads():
    with make(2) as pool, concurrent.futures.ThreadPoolExecutor(8) as threads:
        calls = threads.map(lambda number: pool.submit(add, number, 1).result(LIMIT), range(40))
        print(sum(calls), sum(threads.map(lambda _: sum(pool.map(add, range(5))), range(5))))


@program
def many_small_tasks():
    with make(2) as pool:
        futures = [pool.submit(add, number) for number in range(500)]
        print(sum(future.result() for future in futures), in_turn(pool, add, range(3)))


@program
def a_result_that_is_awaited_while_it_runs():
    with folder() as path, make(1) as pool:
        future = pool.submit(after, path, 1)
        threading.Timer(0.1, leave, (path / "1",)).start()
        start = time.monotonic()
        print(future.result(LIMIT), future.exception(), time.monotonic() - start < 10)


if __name__ == "__main__":
    harness.main()
