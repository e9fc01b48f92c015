"""What the programs of this folder share: which executor they make, and how they say what came.

    python SCRIPT KIND ENGINE [PROGRAM ...]

KIND is `plain`, `ours` or `remade` (`adapters.Executor` of a function); ENGINE is a start method of
multiprocessing, `threads` or `loky`. Each program prints lines that are the same at each run.
"""

import contextlib
import faulthandler
import multiprocessing
import os
import pathlib
import pickle
import sys
import tempfile
import time
from concurrent import futures
from functools import partial

KIND, ENGINE = sys.argv[1:3]
LIMIT = 25  # seconds for one program, or for one wait
THREADS = ENGINE == "threads"
LOKY = ENGINE == "loky"
MULTIPROCESSING = not THREADS and not LOKY
PROGRAMS = []


def make(workers=2, **options):
    """An executor on so many workers."""
    if THREADS:
        return dress(partial(futures.ThreadPoolExecutor, workers, **options))
    if LOKY:
        import loky

        return dress(partial(loky.ProcessPoolExecutor, workers, **options))
    options.setdefault("mp_context", context())
    return dress(partial(futures.ProcessPoolExecutor, workers, **options))


def dress(function):
    """The executor that a function makes, plain or inside of ours."""
    if KIND == "plain":
        return function()
    import adapters

    return adapters.Executor(function if KIND == "remade" else function())


def context():
    """The context of multiprocessing that belongs to the engine."""
    return multiprocessing.get_context(ENGINE if MULTIPROCESSING else "spawn")


def program(function):
    """Mark a function as a program of its script."""
    PROGRAMS.append(function)
    return function


def told(error):
    """An error in words: its type and its message; any of pickling in the same words."""
    kind, text = type(error).__name__, str(error)
    if isinstance(error, pickle.PicklingError) or ("pickle" in text and "unpickle" not in text):
        return "cannot be pickled"
    if isinstance(error, futures.BrokenExecutor) or kind in ("RebuildError", "TaskError"):
        return kind  # the message is long, or has addresses
    return f"{kind}: {text}"


def outcome(function, *args, **kwargs):
    """What a call returns or raises, in words."""
    try:
        return repr(function(*args, **kwargs))
    except BaseException as error:
        return told(error)


def outcome_of(pool, function, *args, **kwargs):
    """What a task returns or raises, in words."""
    return outcome(lambda: pool.submit(function, *args, **kwargs).result(LIMIT))


def in_turn(pool, function, arguments):
    """The results of tasks that are submitted one after another."""
    return [pool.submit(function, each).result(LIMIT) for each in arguments]


@contextlib.contextmanager
def folder():
    """A folder in which tasks and their caller leave notes for each other."""
    with tempfile.TemporaryDirectory() as name:
        yield pathlib.Path(name)


def leave(path):
    """Leave a note."""
    path.touch()
    return path.name


def wait_for(path):
    """Wait for a note; returns its name."""
    wait_until(path.exists)
    return path.name


def leave_and_wait(mine, yours):
    """Leave a note, and wait for another one."""
    leave(mine)
    return wait_for(yours)


def wait_until(condition, seconds=LIMIT):
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited for too long")
        time.sleep(0.005)


def notes_in(path):
    """The names of all notes of a folder."""
    return sorted(each.name for each in path.iterdir())


def main():
    """Run the programs that are named on the command line, or all."""
    sys.stdout.reconfigure(line_buffering=True)
    names = sys.argv[3:]
    for function in PROGRAMS:
        if names and function.__name__ not in names:
            continue
        print("==", function.__name__)
        faulthandler.dump_traceback_later(2 * LIMIT, exit=True)
        start = time.monotonic()
        try:
            function()
        except BaseException as error:
            print("ended by", told(error))
        if "PARITY_TIMES" in os.environ:
            print(f"{time.monotonic() - start:.2f} s", file=sys.stderr)
    faulthandler.cancel_dump_traceback_later()
