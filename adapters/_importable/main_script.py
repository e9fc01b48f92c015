"""Definitions of the main script, by name: what another process that runs it has, too.

The children of multiprocessing run the script again, or were forked from the process that did. What
they have under the name is the same class or function, with the globals of that process.
"""

from __future__ import annotations

import os
import sys
from _weakref import ref

from adapters._importable.fingerprint import code_digest
from adapters._importable.importable import MAIN
from adapters.errors import RebuildError, failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# What is kept here refers weakly to the script, whose objects end with it.
_path: tuple[Any, str | None] = type(None), None  # of which module, and where
_digests: dict[int, tuple[Any, str]] = {}  # by the id of a definition
_MOST = 1000  # digests that are kept
# Names of classes that were defined and registered again: another process that runs the script may
# have an older one, so they go by value, as what arrives does.
defined_again: set[str] = set()


def path() -> str | None:
    """The absolute path of the main script; None where there is none, as in a notebook.

    When a script ends, Python takes the path away, and tasks may still be under way. Ask before.
    """
    global _path
    main = sys.modules["__main__"]
    file = getattr(main, "__file__", None)
    if file is not None:
        _path = ref(main), os.path.abspath(file)
    return _path[1] if _path[0]() is main else None


def is_of_main(definition: Any) -> bool:
    """Whether a class or a function states the main script as its module.

    Engines give it names of their own in their workers.
    """
    module = definition.__module__
    if module in MAIN:
        return True
    return type(module) is str and sys.modules.get(module) is sys.modules["__main__"]


def find(name: str) -> Any:
    """What the main script of this process has under a qualified name, None for nothing."""
    found: Any = sys.modules["__main__"]
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def digest_of(definition: Any) -> str:
    """`code_digest`, kept for each definition."""
    kept = _digests.get(id(definition))
    if kept is None or kept[0]() is not definition:
        if len(_digests) >= _MOST:
            _digests.clear()
        kept = _digests[id(definition)] = ref(definition), code_digest(definition)
    return kept[1]


def main_definition(name: str, digest: str | None = None, body: bytes | str | None = None) -> Any:
    """A class or function of the main script; payloads name this function.

    Args:
        name: Its qualified name.
        digest: What tells whether the script here has the same one; None if it is known to.
        body: The class or function by value, as a pickle, for a process that has another one or
            none; or the reason why it could not be sent so.

    Raises:
        RebuildError: this process has neither.
        Exception: what loading the body raises.
    """
    if _has(name, digest):
        return find(name)
    if isinstance(body, bytes):
        import pickle

        return pickle.loads(body)
    reason = f", and it could not be sent by value ({body})" if body else ""
    raise RebuildError(
        f"cannot load {name}: the main script of this process does not have it{reason}; define it"
        " at the top level of a module that both processes can import",
        name,
    )


def _has(name: str, digest: str | None) -> bool:
    """Whether the main script here has a definition, with this digest if one is given."""
    try:
        found = find(name)
        return found is not None and digest in (None, digest_of(found))
    except failures():  # of what has the name here
        return False


def missing(names: dict[str, str | None]) -> list[str]:
    """Which names are not there, or stand for a definition that has another digest."""
    return [name for name, digest in names.items() if not _has(name, digest)]


main_definition.__module__ = "adapters"
