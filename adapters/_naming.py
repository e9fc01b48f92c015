"""Names of types and errors in messages: module-qualified, and the same in every process."""

from __future__ import annotations

from adapters.errors import FAILURES


def qualified_name(target: object) -> str:
    """The module-qualified name of a type or C type, the same in a script and in its children."""
    if not isinstance(target, type) and hasattr(target, "cname"):
        return f"C type '{target.cname}'"
    module = getattr(target, "__module__", None) or "builtins"
    # The children of multiprocessing import the main script under the second name.
    module = "__main__" if module == "__mp_main__" else module
    return f"{module}.{getattr(target, '__qualname__', target)}"


def in_words(error: BaseException) -> str:
    """The type and the message of an error."""
    name = qualified_name(type(error)).removeprefix("builtins.")
    try:
        return f"{name}: {error}"
    except FAILURES:
        return f"{name}, whose str() raises"
