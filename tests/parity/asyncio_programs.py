"""Tasks that asyncio waits for."""

import asyncio
import concurrent.futures
import functools
import sys
import time

import harness
from harness import LIMIT, folder, leave, make, program, told, wait_for, wait_until


def add(one, two=0):
    return one + two


def leave_after(first, second):
    wait_for(first)
    return leave(second)


def first_even(numbers):
    return next(number for number in numbers if number % 2 == 0)


def run(function, workers=1):
    """Run a coroutine function of a loop and an executor."""

    async def body():
        with make(workers) as pool:
            try:
                await function(asyncio.get_running_loop(), pool)
            except Exception as error:
                print("ended by", told(error))

    asyncio.run(body())


async def outcome(awaitable):
    try:
        return await awaitable
    except BaseException as error:
        return told(error)


def asynchronous(function):
    @functools.wraps(function)
    def body():
        run(function, 2)

    return program(body)


@asynchronous
async def results_and_errors(loop, pool):
    print(await loop.run_in_executor(pool, pow, 2, 5))
    print(await outcome(loop.run_in_executor(pool, int, "x")))
    print(await loop.run_in_executor(pool, functools.partial(add, 1, two=2)))


@asynchronous
async def gather(loop, pool):
    calls = [loop.run_in_executor(pool, add, number) for number in range(5)]
    print(await asyncio.gather(*calls))
    calls = [loop.run_in_executor(pool, int, text) for text in ("1", "x", "2")]
    print(list(map(repr, await asyncio.gather(*calls, return_exceptions=True))))


@asynchronous
async def as_completed(loop, pool):
    with folder() as path:
        calls = [loop.run_in_executor(pool, leave_after, path / n, path / f"{n}!") for n in "ab"]
        done = asyncio.as_completed(calls, timeout=LIMIT)
        leave(path / "b")
        print(await next(done))
        leave(path / "a")
        print(await next(done))


@asynchronous
async def a_time_out(loop, pool):
    with folder() as path:
        for _ in range(2):
            loop.run_in_executor(pool, wait_for, path / "end")
        waiting = [loop.run_in_executor(pool, leave, path / str(number)) for number in range(8)]
        await asyncio.sleep(0.3)
        for future in reversed(waiting):
            print(await outcome(asyncio.wait_for(future, 0.01)), future.cancelled())
        leave(path / "end")
        print(await loop.run_in_executor(pool, add, 1))
        await asyncio.sleep(0.1)
        print(len(harness.notes_in(path)) < 5)


@asynchronous
async def a_task_that_is_cancelled(loop, pool):
    with folder() as path:
        task = asyncio.ensure_future(
            asyncio.wait([loop.run_in_executor(pool, leave_after, path / "end", path / "done")])
        )
        await asyncio.sleep(0.1)
        task.cancel()
        print(await outcome(task))
        leave(path / "end")
        wait_until((path / "done").exists)
        print("it has run")


@asynchronous
async def wrapped_futures(loop, pool):
    inner = pool.submit(add, 1, 2)
    print(await asyncio.wrap_future(inner), inner.result())
    failed = pool.submit(int, "x")
    print(await outcome(asyncio.wrap_future(failed)), repr(failed.exception()))
    with folder() as path:
        inner = pool.submit(wait_for, path / "end")
        outer = asyncio.wrap_future(inner)
        wait_until(inner.running)
        print(outer.cancel(), inner.cancelled(), await outcome(outer))
        leave(path / "end")
        print(inner.result(LIMIT))


@asynchronous
async def the_loop_goes_on(loop, pool):
    with folder() as path:
        future = loop.run_in_executor(pool, wait_for, path / "end")
        ticks = 0
        while ticks < 20:
            await asyncio.sleep(0.005)
            ticks += 1
        leave(path / "end")
        print(await future, ticks)


@asynchronous
async def errors_that_are_no_exception(loop, pool):
    future = loop.run_in_executor(pool, sys.exit, 3)
    print(await outcome(future))
    print(await outcome(loop.run_in_executor(pool, harness_fail, asyncio.CancelledError)))
    print(await loop.run_in_executor(pool, add, 1))


def harness_fail(kind):
    raise kind("of a task")


@asynchronous
async def stopiteration(loop, pool):
    if sys.version_info < (3, 13):
        print("before Python 3.13 an await of it never ends")
        return
    print(await outcome(asyncio.wait_for(loop.run_in_executor(pool, first_even, [1]), 5)))


@asynchronous
async def an_executor_as_default(loop, pool):
    if sys.version_info < (3, 11):
        print("before Python 3.11 it takes all executors, and warns of some")
        return
    try:
        loop.set_default_executor(pool)
    except TypeError as error:
        print(told(error))
        return
    print(await asyncio.to_thread(add, 1, 2), await loop.run_in_executor(None, add, 3))


def snapshot(future):
    """As `Future._get_snapshot` of later Pythons, which asyncio asks there."""
    with future._condition:
        done, cancelled = future._state == "FINISHED", future._state.startswith("CANCELLED")
        return done, cancelled, future._result, future._exception


def told_snapshot(future):
    done, cancelled, result, error = snapshot(future)
    return done, cancelled, result, error and told(error)


@program
def what_a_future_holds():
    with folder() as path, make(1) as pool:
        done, failed = pool.submit(pow, 2, 5), pool.submit(int, "x")
        concurrent.futures.wait([done, failed], LIMIT)
        running = pool.submit(wait_for, path / "end")
        waiting = [pool.submit(len, "abc") for _ in range(8)]
        wait_until(running.running)
        time.sleep(0.1)
        waiting[-1].cancel()
        for future in (done, failed, running, waiting[-1]):
            print(told_snapshot(future))
        leave(path / "end")
        print(done.result(), told(failed.exception()), told_snapshot(done), told_snapshot(failed))


@program
def asyncio_of_later_pythons():
    original = getattr(concurrent.futures.Future, "_get_snapshot", None)
    concurrent.futures.Future._get_snapshot = snapshot

    async def body():
        loop = asyncio.get_running_loop()
        with make(1) as pool:
            print(await loop.run_in_executor(pool, pow, 2, 5))
            print(await outcome(loop.run_in_executor(pool, int, "x")))
            done = pool.submit(add, 1)
            concurrent.futures.wait([done], LIMIT)
            print(done._get_snapshot())

    try:
        asyncio.run(body())
    finally:
        if original is None:
            del concurrent.futures.Future._get_snapshot
        else:
            concurrent.futures.Future._get_snapshot = original


if __name__ == "__main__":
    harness.main()
