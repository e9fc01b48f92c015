"""Providers: how a process that never saw a registration gets the adapter.

A provider is the name of a module whose import registers the adapter. Where no import would (a
script, a notebook, a function), it is a pair: the adapter's fingerprint, and the adapter by value,
as cloudpickle writes it. If the adapter cannot go by value, the reason stands in place of the bytes
and becomes the error message of the process that needs them.
"""

from __future__ import annotations

import sys

from adapters import _events
from adapters._importable.importable import MAIN
from adapters._naming import in_words
from adapters.errors import failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, TypeAlias

    Provider: TypeAlias = "str | tuple[str, bytes | str]"


def importing_module() -> str | None:
    """The module whose top level is running, directly or through functions; None if none is.

    Importing it in another process runs the same registration. A main script is not importable by
    its name, so it gives None; so does a module with a colon in its name, which a key cannot hold.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    name = frame.f_globals.get("__name__") if frame else None
    name = name if isinstance(name, str) and ":" not in name else ""
    module = sys.modules.get(name)
    if frame is None or module is None or name in MAIN or vars(module) is not frame.f_globals:
        return None
    return name


def import_provider(module: str) -> None:
    """Import a module for the registrations that it makes.

    Raises:
        LookupError: it cannot be imported; the message is the reason.
    """
    from adapters._batteries.finder import import_battery

    _events.debug("importing %s, which an object that arrived has for its provider", module)
    try:
        import_battery(module)
    except failures() as error:
        said, advice = in_words(error, short=True), advice_on_import(error)
        raise LookupError(
            f"its provider, module {module!r}, cannot be imported here ({said});"
            f" {advice or 'its import has to work here'}"
        ) from error


def advice_on_import(error: BaseException) -> str:
    """What to do about a module that is missing, "" if an error says something else."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return ""
    package = error.name.rpartition(".")[0]
    if package in sys.modules:
        return f"{package} is here without it: install the version that the sender has"
    return f"install {error.name}, or put its folder on sys.path"


def load_by_value(body: bytes | str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments and the options of an adapter that came by value.

    Raises:
        LookupError: it could not be sent, or cannot be loaded; the message is the reason.
    """
    if isinstance(body, str):
        raise LookupError(
            "it was registered in a script, a notebook or a function, so it had to go by value, and"
            f" could not ({body}); register it at the top level of a module that both can import"
        )
    try:
        import pickle

        arguments, options = pickle.loads(body)
    except failures() as error:
        said, advice = in_words(error, short=True), advice_on_import(error)
        raise LookupError(
            f"it came by value and cannot be loaded here ({said});"
            f" {advice or 'its functions and classes have to work here'}"
        ) from error
    return arguments, options
