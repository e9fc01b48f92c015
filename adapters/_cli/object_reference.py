"""Object references, the arguments of the command: "module:expression", "script.py:expression"."""

from __future__ import annotations

import importlib
import os
import runpy
import sys
from typing import Any

from adapters._naming import in_words
from adapters.errors import failures


class TargetError(ValueError):
    """A reference leads to no object; the message says why."""


def resolve(target: str) -> Any:
    """The object that "module:expression" or "script.py:expression" names.

    The module is imported, the script run (not as `__main__`), from the current directory. The
    expression may be anything that Python evaluates with the names in there.

    Raises:
        TargetError: it is not of this form, or the module, the script or the expression fails.
    """
    place, colon, expression = target.partition(":")
    if not (place and colon and expression):
        raise TargetError(f"{target!r} is neither module:expression nor script.py:expression")
    names = namespace(place)
    try:
        return eval(expression, dict(names))
    except failures() as error:
        raise TargetError(
            f"{expression!r} fails in {place}: {in_words(error, short=True)}"
        ) from error


def namespace(place: str) -> dict[str, Any]:
    """The names in a module or a script; raises as `resolve`."""
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        if place.endswith(".py"):
            sys.path.insert(0, os.path.dirname(os.path.abspath(place)))
            return runpy.run_path(place)
        return vars(importlib.import_module(place))
    except failures() as error:
        verb = "run" if place.endswith(".py") else "import"
        raise TargetError(f"cannot {verb} {place}: {in_words(error, short=True)}") from error
