"""Events: whom this process tells what travels, and the logger `adapters`.

The rooms that move something ask here whether anybody wants to know. Mostly nobody does: what that
costs is one look at a name for each message, and nothing for each object.
"""

from __future__ import annotations

import os
import sys

from adapters._naming import printable
from adapters.errors import failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The `adapters._tracing.observer.Observer` while an `adapters.trace()` is open, else None.
observer: Any = None


def debug(message: str, *arguments: object) -> None:
    """Log what goes on, for who has switched that on: without `logging`, nobody has.

    Args:
        message: With a `%` format for each argument.
        arguments: What it is about: numbers, and what is shown as one printable line.
    """
    logging: Any = sys.modules.get("logging")
    if logging is not None and hasattr(logging, "getLogger"):  # it may be half imported
        logger = logging.getLogger("adapters")
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug(message, *map(_in_a_line, arguments))


def warning(message: str, *arguments: object) -> None:
    """Log what went wrong and was mended, or costs time; `message` as for `debug`.

    It is printed only where the program has set up logging.
    """
    import logging

    logger = logging.getLogger("adapters")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())  # else Python prints it to stderr
    logger.warning(message, *map(_in_a_line, arguments))


def _in_a_line(argument: object) -> object:
    """An argument of a message: names may come from a payload, and a repr from other code."""
    if type(argument) is int:
        return argument
    try:
        return printable(str(argument))
    except failures():
        return f"a {type(argument).__name__}"


def restarts(executor: str) -> None:
    """Tell that another executor is made in place of one that a worker's death has broken.

    Args:
        executor: The name of its type.
    """
    warning("a worker of a %s has died, and another one is made", executor)
    if observer is not None:
        observer.record("restart", executor)


def _after_fork() -> None:
    """In a forked child: nobody here reads what the trace of the parent would keep."""
    global observer
    observer = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
