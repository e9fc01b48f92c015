"""The programs in the folder `parity` give with our Executor what they give with the plain one.

Each is run with the executors of the standard library or of loky, and with ours on one of those.
The output is the same, or it is in DIFFERENCES, with the reason.
"""

from __future__ import annotations

import importlib.util
import itertools
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import adapters

FOLDER = Path(__file__).parent / "parity"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "harness")
PROCESSES = frozenset(multiprocessing.get_all_start_methods())
NO_FORK = PROCESSES - {"fork"}
FORK, LOKY, THREADS = (frozenset({name}) for name in ("fork", "loky", "threads"))
ENGINES = ("threads", *sorted(PROCESSES), "loky")
LONG = {"asyncio_programs", "cancelling", "nested"}
# What runs quickly, and shows most.
QUICK = {"threads": {*SCRIPTS} - LONG, "fork": {"classes", "functions", "globals"}}
TIMEOUT = 140


class Differences(NamedTuple):
    """Programs that print something else with our Executor, on some engines, and why."""

    why: str
    engines: frozenset[str]
    ours: dict[str, str]  # what each prints, its lines separated by |
    kinds: tuple[str, ...] = ("ours", "remade")


ONE_TASK = "what does not arrive costs its own task, where plain breaks the pool"
SERIALIZE_ERROR = "what cannot be pickled is a SerializeError; its cause is the error of the object"

DIFFERENCES = [
    Differences(
        "what a worker does not have goes by value, where plain fails or breaks the pool",
        PROCESSES,
        {
            "classes.a_class_in_a_function": "('Inside', 1)",
            "command.a_lambda": "21",
            "functions.a_closure": "[11, 12] here 10",
            "functions.a_function_that_is_defined_after_the_start": "[2, 3]",
            "functions.a_function_that_wraps_under_another_name": "('traced', True)",
            "functions.a_function_without_a_module": "[2, 3]",
            "functions.a_lambda": "[0, 1, 4]",
            "functions.a_lambda_as_argument": "[3, 2, 1]",
            "functions.what_only_cloudpickle_sends": "'dict_keys' 'module' 'type' 'property' 'code'"
            " 'dict_items' 'list' 'list' dict",
        },
    ),
    Differences(
        "so does all of a program that is no file, with the values of its globals",
        NO_FORK,
        {
            "command.a_cell_defines_a_class_again": "'old'|'new'",
            "command.a_class": "3|True",
            "command.a_function": "11 3",
            "command.a_function_in_a_map": "[10, 11, 12, 13]",
            "command.a_list": "['1', '1', '1'] []",
            "command.a_lock": "cannot be pickled",
            "command.an_error": "KeyError: 'cell'",
            "command.cells": "2|3|('new', 3)|3",
            "functions.a_function_under_the_main_guard": "[1, 2]",
            "functions.a_name_that_now_means_another_function": "True",
        },
    ),
    Differences(
        "so does what was defined again after the fork",
        FORK,
        {
            "command.a_cell_defines_a_class_again": "'old'|'new'",
            "command.cells": "2|2|('new', 3)|3",
            "functions.a_function_that_is_defined_again_after_the_start": "[('before', 1)]|"
            "[('after', 2), ('after', 3)]",
            "functions.a_name_that_now_means_another_function": "'another'",
        },
    ),
    Differences(
        "so does a database in memory, with what it holds, where Python can serialize one",
        LOKY if sys.version_info >= (3, 11) else frozenset(),
        {"globals.a_database": "['(1, 0)', '(1, 1)', '(1, 2)']"},
    ),
    Differences(
        ONE_TASK,
        PROCESSES | LOKY,
        {
            "failures.a_frozen_exception": "['FrozenError', 'FrozenError']|FrozenError:  3",
            "failures.a_frozen_exception_with_fields": "FrozenWithFieldsError: 3 "
            "FrozenWithFieldsError|3",
            "failures.a_result_that_cannot_be_rebuilt": "RebuildError|3",
            "failures.an_argument_that_cannot_be_rebuilt": "RebuildError|3",
            "failures.an_exception_with_a_keyword": "TaskError|3",
            "failures.an_exception_without_attributes": "SealedError: 1 3",
        },
    ),
    Differences(
        ONE_TASK,
        LOKY,
        {
            "failures.an_exception_that_does_not_pickle": "HoldingError: holds a lambda "
            "cannot be pickled|3",
            "functions.a_decorator_that_is_a_class": "['RebuildError', 'RebuildError', "
            "'RebuildError']",
            "functions.an_lru_cache": "[2, 2] [(2, 0), (3, 0), (3, 0)]|here 0",
        },
    ),
    Differences(
        "an array is the receiver's own, also where it was read-only",
        LOKY,
        {"arrays.a_read_only_array": "(True array([1, 2, 3])"},
    ),
    Differences(
        "a function with a cache goes by value", NO_FORK | LOKY, {"command.a_cache": "11 12"}
    ),
    Differences(
        SERIALIZE_ERROR,
        PROCESSES,
        {
            "connections.a_queue_and_a_lock_as_arguments": "cannot be pickled cannot be pi|"
            "cannot be pickled",
            "failures.an_argument_that_does_not_pickle": "cannot be pickled 3|cannot be pickled 3",
            "failures.an_argument_that_does_not_pickle_in_map": "[\"'int'\", 'cannot be pickled', "
            "'StopIteration: '] 3",
        },
    ),
    Differences(
        SERIALIZE_ERROR,
        PROCESSES | LOKY,
        {"failures.a_result_that_does_not_pickle": "cannot be pickled 3|cannot be pickled 3"},
    ),
    Differences(
        "the function makes another pool, and a worker's death costs the task that it ran",
        PROCESSES,
        {
            "failures.a_worker_that_exits": "BrokenProcessPool|3",
        },
        kinds=("remade",),
    ),
    Differences(
        "the function makes another pool, and a worker's death costs the task that it ran",
        LOKY,
        {"failures.a_worker_that_exits": "TerminatedWorkerError|3"},
        kinds=("remade",),
    ),
    Differences(
        "a traceback has file and line, and the cause has the class of the standard library",
        LOKY,
        {
            "failures.an_exception_and_its_traceback": "KeyError('deep') True|3 True|"
            '_RemoteTraceback concurrent.futures.process|"""|'
            "Traceback (most recent call last): None"
        },
    ),
    Differences(
        "a task may take arguments of any names, as in the standard library",
        LOKY,
        {
            "functions.names_of_arguments": "(1, 2, 3, {'chunksize': 4, 'timeout': 5})|"
            "(1, 2, None, {'fn': 3})"
        },
    ),
    Differences(
        "the executor is asked before loky's, which has an error and an option of its own",
        LOKY,
        {
            "cancelling.after_the_shutdown": "3 RuntimeError: cannot schedule new futures after "
            "shutdown RuntimeError: cannot schedule new futures after shutdown|True",
            "cancelling.shutdown_that_does_not_wait": "True RuntimeError: cannot schedule new "
            "futures after shutdown|[\"'end'\", \"'0'\", \"'1'\", \"'2'\", \"'3'\", \"'4'\"]",
            "cancelling.shutdown_that_waits": "[True, True, True] ['01', '02', '03']|RuntimeError: "
            "cannot schedule new futures after shutdown None None",
        },
    ),
    Differences(
        "asyncio takes none but a ThreadPoolExecutor as its default",
        THREADS if sys.version_info >= (3, 11) else frozenset(),
        {
            "asyncio_programs.an_executor_as_default": "TypeError: executor must be "
            "ThreadPoolExecutor instance"
        },
    ),
]


def runs() -> Iterator[object]:
    """Each script on each engine; a pool that can be made again is the same on all processes."""
    for kind, engine, script in itertools.product(("ours", "remade"), ENGINES, SCRIPTS):
        if kind == "remade" and engine in NO_FORK:
            continue
        quick = kind == "ours" and script in QUICK.get(engine, ())
        marks = [] if quick else [pytest.mark.slow]
        if engine == "loky" and importlib.util.find_spec("loky") is None:
            marks.append(pytest.mark.skip(reason="loky is not installed"))
        yield pytest.param(kind, engine, script, marks=marks)


def start(script: str, kind: str, engine: str) -> subprocess.Popen[str]:
    """Run a script as a user does; `command` is run by `python -c`, so it is no file."""
    path = FOLDER / f"{script}.py"
    program = ["-c", path.read_text(encoding="utf-8")] if script == "command" else [str(path)]
    roots = [str(Path(adapters.__file__).parents[1]), str(FOLDER), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        [sys.executable, *program, kind, engine],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(roots)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def output_of(process: subprocess.Popen[str]) -> tuple[dict[str, str], str]:
    """What each program has printed, its lines separated by |; and what is in stderr."""
    with process:
        try:
            output, errors = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert process.returncode == 0, output[-2000:] + errors[-5000:]
    programs = (part.partition("\n") for part in output.split("== ")[1:])
    return {name: text.strip().replace("\n", "|") for name, _, text in programs}, errors


def differences(kind: str, engine: str, script: str) -> dict[str, str]:
    """What programs of a script print that are in DIFFERENCES."""
    rows = [each.ours for each in DIFFERENCES if engine in each.engines and kind in each.kinds]
    pairs = [(name.split("."), text) for row in rows for name, text in row.items()]
    return {name[1]: text for name, text in pairs if name[0] == script}


@pytest.mark.timeout(2 * TIMEOUT)
@pytest.mark.parametrize(("kind", "engine", "script"), list(runs()))
def test_the_output_is_the_same(kind: str, engine: str, script: str) -> None:
    started = [start(script, each, engine) for each in ("plain", kind)]
    (plain, _), (ours, errors) = map(output_of, started)
    expected = differences(kind, engine, script)
    for name in set(expected) - set(plain):  # a program that asks for more than there is here
        del expected[name]
    assert [name for name in expected if plain[name] == ours[name]] == [], "they do not differ"
    assert ours == plain | expected
    assert "Traceback" not in errors
