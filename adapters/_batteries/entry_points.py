"""Entry points: modules of other distributions that bring adapters.

A distribution declares them in the group `pickling_adapters`: a top-level module, and the module
that registers adapters for its types (`lxml = my_package.lxml_adapters`).
"""

from __future__ import annotations

import os
import sys

from adapters.errors import suppress_failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP = "pickling_adapters"
_found: dict[str, list[tuple[str, str]]] | None = None


def entry_points() -> dict[str, list[tuple[str, str]]]:
    """By top-level module: the modules that register, each with its distribution, in its order.

    They are read once a process. The order is that of the distributions' names.
    """
    global _found
    if _found is None:
        found: dict[str, list[tuple[str, str]]] = {}
        if _is_declared():
            from importlib import metadata  # which takes longer to import than to look for it

            for point in metadata.entry_points(group=GROUP):
                distribution = getattr(point.dist, "name", None) or ""
                module = point.value.partition(":")[0].strip()
                found.setdefault(point.name, []).append((module, distribution))
        _found = {
            package: sorted(set(modules), key=lambda each: (each[1].lower(), each[0]))
            for package, modules in found.items()
        }
    return _found


def registering_modules() -> dict[str, str]:
    """The modules that entry points name, with their distributions."""
    return {module: name for modules in entry_points().values() for module, name in modules}


def _is_declared() -> bool:
    """Whether a distribution says anything of the group; importlib.metadata is much slower."""
    group = GROUP.encode()
    return any(group in text for path in sys.path for text in _declarations(path or os.curdir))


def _declarations(path: str) -> Iterator[bytes]:
    """The declarations of the distributions in one folder of sys.path."""
    with suppress_failures():  # no folder, or one that may not be read
        with os.scandir(path) as entries:
            folders = [
                each.path for each in entries if each.name.endswith((".dist-info", ".egg-info"))
            ]
        for folder in folders:
            with suppress_failures(), open(os.path.join(folder, "entry_points.txt"), "rb") as file:
                yield file.read()
