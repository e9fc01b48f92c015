"""Importability: which classes and functions another process gets by importing their module.

The main script is another module in another process, so what it defines is not importable. Its
classes are looked up by the script's path where the other process runs the same script.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType
    from typing import Any

# The children of multiprocessing import the main script under the second name.
MAIN = ("__main__", "__mp_main__")


def is_importable(value: Any) -> bool:
    """Whether another process gets this class or function by importing its module."""
    module = getattr(value, "__module__", None)
    found: ModuleType | Callable[..., Any] | type | None = sys.modules.get(module or "")
    if module in MAIN or found is None:
        return False
    for part in value.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is value


def importable_attributes() -> Iterator[tuple[str, Any]]:
    """("module:name", value) for each attribute of each module that other processes can import."""
    for module, content in list(sys.modules.items()):
        # builtins and sys hold values by accident, such as the `_` of an interactive session.
        if module not in (*MAIN, "builtins", "sys"):
            for name, value in list(getattr(content, "__dict__", {}).items()):
                yield f"{module}:{name}", value


def find_in_main(script: str, qualname: str) -> type | None:
    """The class `qualname` of this process's main script; None where that is another script."""
    main: Any = sys.modules["__main__"]
    here = getattr(main, "__file__", None)
    if here is None or os.path.abspath(here) != os.path.abspath(script):
        return None
    for part in qualname.split("."):
        main = getattr(main, part, None)
    return main if isinstance(main, type) else None


def main_class(script: str, qualname: str, body: bytes) -> Any:
    """The class `qualname` of the main script; the one pickled in `body` if another script runs.

    Payloads name this function.
    """
    import pickle

    found = find_in_main(script, qualname)
    return pickle.loads(body) if found is None else found
