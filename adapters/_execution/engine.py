"""Engine: what an inner executor does with a task, which decides how a message is written."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from concurrent import futures
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.reduction import ForkingPickler
from typing import Any, TypeAlias

from adapters._importable import main_script

Reducers: TypeAlias = Mapping[type, Callable[[Any], Any]]

# The packages of executors which send by value what is in the main script, as cloudpickle does.
_BY_VALUE = frozenset(("dask", "distributed", "joblib", "loky", "ray"))
_NO_REDUCERS: Reducers = {}
_MULTIPROCESSING, _LOKY = "multiprocessing", "loky"


class Engine:
    """What an inner executor does with a task.

    Attributes:
        name: That of its type.
        in_process: Whether tasks run in this process, where nothing needs to be pickled.
        by_value: Whether it sends classes and functions of the main script by value.
        runs_script: Whether its workers are known to run the main script of this process, so that
            what has the same name there is the same.
        waits_at_exit: Whether its tasks are finished when the interpreter exits.
        library: Whose reducers its own pickler uses: "multiprocessing", "loky" or "" for none.
        job_reducers: Those that were given to this executor, for arguments.
        result_reducers: Those for results.
    """

    def __init__(self, inner: futures.Executor) -> None:
        self.name = type(inner).__name__
        main_script.path()  # which is remembered
        packages = {cls.__module__.partition(".")[0] for cls in type(inner).__mro__}
        self.by_value = not packages.isdisjoint(_BY_VALUE) or getattr(inner, "by_value", False)
        interpreters = getattr(futures, "InterpreterPoolExecutor", ())
        threads = isinstance(inner, ThreadPoolExecutor) and not isinstance(inner, interpreters)
        self.in_process = threads and not self.by_value
        nested = getattr(inner, "_engine", None)  # of another `adapters.Executor`
        if isinstance(nested, Engine):
            self.in_process = nested.in_process
        self.library = ""
        self.job_reducers = self.result_reducers = _NO_REDUCERS
        self.runs_script = False
        if "loky" in packages:
            self.library = _LOKY
            self.job_reducers = _reducers_of(inner, "_call_queue")
            self.result_reducers = _reducers_of(inner, "_result_queue")
        elif isinstance(inner, ProcessPoolExecutor):
            self.library = _MULTIPROCESSING
            context = getattr(inner, "_mp_context", None)
            forks = context is None or context.get_start_method() == "fork"
            self.runs_script = not forks and _is_run_by_children()
        self.waits_at_exit = bool(self.library) or isinstance(inner, ThreadPoolExecutor)


def _is_run_by_children() -> bool:
    """Whether a child that is not forked runs the main script of this process, as by its path."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec is not None:  # it was started by `python -m`
        return str(spec.name).rpartition(".")[2] != "__main__"  # as multiprocessing decides it
    return main_script.path() is not None


def _reducers_of(pool: Any, queue: str) -> Reducers:
    return getattr(getattr(pool, queue, None), "_reducers", None) or _NO_REDUCERS


def reducers_of(library: str) -> Reducers:
    """The reducers that a library's own pickler uses, besides those of copyreg.

    They make what can be rebuilt once, such as a copy of a descriptor.
    """
    if library == _MULTIPROCESSING:
        return ForkingPickler._extra_reducers  # type: ignore[attr-defined, no-any-return]
    if library == _LOKY:
        from loky.backend import reduction

        return reduction._dispatch_table  # type: ignore[no-any-return]
    return _NO_REDUCERS
