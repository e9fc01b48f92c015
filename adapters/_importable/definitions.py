"""Definitions: classes and functions that go by value to those processes that do not have them.

A class of the main script is looked up by the script's path, where the other process runs the same
script; what a module holds under another name, under that name.
"""

from __future__ import annotations

import os
import sys

from adapters._importable.fingerprint import definition_digest
from adapters._importable.main_script import defined_again, path
from adapters.errors import failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def find_in_main(script: str, qualname: str) -> type | None:
    """The class `qualname` of this process's main script; None where that is another script.

    None, too, for a name that was defined again, which does not tell which class is meant.
    """
    main: Any = sys.modules["__main__"]
    if qualname in defined_again or path() != os.path.abspath(script):
        return None
    for part in qualname.split("."):
        main = getattr(main, part, None)
    return main if isinstance(main, type) else None


def main_class(script: str, qualname: str, body: bytes) -> Any:
    """A class of a main script; payloads name this function.

    Args:
        script: The path of the script.
        qualname: The name of the class. A process that runs the same script uses its own class.
        body: The class by value, as a pickle, for a process that runs another script.
    """
    import pickle

    found = find_in_main(script, qualname)
    return pickle.loads(body) if found is None else found


def definition(reference: str, digest: str, body: bytes) -> Any:
    """A class or function of a module that states another name; payloads name this function.

    Whether a module gets it from its import, or was given it later, its sender cannot know.

    Args:
        reference: "module:name". What this process imports from there is used if it is the same.
        digest: What tells that: `definition_digest` of the class or function.
        body: The class or function by value, as a pickle, for a process that has another one.
    """
    import pickle
    import pkgutil

    try:
        found = pkgutil.resolve_name(reference)
        if definition_digest(found) == digest:
            return found
    except failures():  # of what the module runs
        pass
    return pickle.loads(body)


for _public in (definition, main_class):
    _public.__module__ = "adapters"
