"""What is available: all modules that bring adapters, also those of packages that are not here."""

from __future__ import annotations

from importlib.util import find_spec
from typing import NamedTuple

from adapters._batteries.entry_points import entry_points
from adapters._batteries.packages import FILES, PREFIX
from adapters.errors import failures


class Available(NamedTuple):
    """A module that brings adapters for the types of a package.

    Attributes:
        package: The top-level module of the types.
        module: What registers the adapters.
        distribution: What it is installed with.
        precedence: 1 for the module whose adapters serve a type that several bring some for.
        installed: Whether the package is.
    """

    package: str
    module: str
    distribution: str
    precedence: int
    installed: bool


def available() -> list[Available]:
    """All of them, by package and precedence. Nothing is imported."""
    found: dict[str, list[tuple[str, str]]] = {}
    for package, modules in entry_points().items():
        found.setdefault(package, []).extend(modules)
    for package, file in FILES.items():
        found.setdefault(package, []).append((PREFIX + file, "pickling-adapters"))
    return [
        Available(package, module, distribution, number, _is_installed(package))
        for package, modules in sorted(found.items())
        for number, (module, distribution) in enumerate(modules, 1)
    ]


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except failures():  # what a finder raises, or a module without a spec
        return False
