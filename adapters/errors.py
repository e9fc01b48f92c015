"""The errors of adapters, under one root; `adapters.testing.ConformanceError` has it, too.

Each says what failed, for which type, what was available and what to do. Each crosses a process
whole: the message and the fields are its positional arguments, which is what pickle keeps.
"""

from __future__ import annotations

import os
import sys

try:  # `pickle` is `_pickle` plus 5 ms of imports, paid by every child process at its start
    from _pickle import PicklingError, UnpicklingError
except ImportError:  # an interpreter without the C pickler
    from pickle import PicklingError, UnpicklingError

__all__ = [
    "AdapterError",
    "ConflictError",
    "RebuildError",
    "RegistrationError",
    "SerializeError",
    "SharedClosedError",
    "StoreError",
    "TaskError",
    "UnknownAdapterError",
    "UntrustedError",
    "VersionError",
]


def is_failure(error: object) -> bool:
    """Whether an exception is a failure of the code that raised it, as all but interrupts are.

    Rust panics (PyO3) and others that are no Exception are, and so is a sys.exit() in a function
    that runs on behalf of another process; KeyboardInterrupt, GeneratorExit and asyncio's
    CancelledError are not.
    """
    cancelled = getattr(sys.modules.get("asyncio.exceptions"), "CancelledError", GeneratorExit)
    return not isinstance(error, (KeyboardInterrupt, GeneratorExit, cancelled))


def failures() -> tuple[type[BaseException], ...]:
    """The failures of foreign code, for an `except` clause, which asks when something is raised."""
    return (BaseException,) if is_failure(sys.exc_info()[1]) else ()


class suppress_failures:  # noqa: N801  as contextlib.suppress
    """A context manager that suppresses failures of foreign code."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: object, traceback: object) -> bool:
        return error is not None and is_failure(error)


class AdapterError(Exception):
    """The root of all errors of this package.

    Args:
        message: What failed, what was available, what to do.
        subject: The module-qualified type or the adapter's name that it is about.
    """

    def __init__(self, message: str, subject: str, *fields: object) -> None:
        super().__init__(message, subject, *fields)

    def __str__(self) -> str:
        return str(self.args[0])

    @property
    def subject(self) -> str:
        """The module-qualified type, or the adapter's name, that the error is about."""
        return str(self.args[1])


class RegistrationError(AdapterError, TypeError):
    """An adapter cannot be made of these arguments."""


class ConflictError(AdapterError, ValueError):
    """A second, different adapter for the same type or name."""


class UnknownAdapterError(AdapterError, LookupError):
    """No adapter is registered for this type or name."""


class SerializeError(AdapterError, PicklingError, TypeError):
    """An object could not be turned into its picklable form.

    It is a TypeError, too, which is what most types raise that do not pickle.
    """


class RebuildError(AdapterError, UnpicklingError):
    """A native object could not be rebuilt in this process.

    Args:
        message: What failed and what to do.
        subject: The adapter's name.
        process: The id of the process in which it failed (this one, if not given).
    """

    def __init__(self, message: str, subject: str, process: int | None = None) -> None:
        super().__init__(message, subject, os.getpid() if process is None else process)

    @property
    def process(self) -> int:
        """The id of the process in which the rebuild failed."""
        return int(str(self.args[2]))


class UntrustedError(RebuildError):
    """A payload asks for something that its receiver did not trust; nothing in it was run."""


class VersionError(RebuildError):
    """A state has a version that the adapter of this process cannot read."""


class TaskError(AdapterError, RuntimeError):
    """A task raised an exception that cannot be pickled; its cause is the worker's traceback."""


class SharedClosedError(AdapterError, ValueError):
    """A shared handle is used after it was closed, or after its owner ended."""


class StoreError(AdapterError, RuntimeError):
    """A store cannot keep a state, or does not give it out."""
