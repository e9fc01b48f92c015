"""How messages name types, errors and objects: the same in every process."""

from __future__ import annotations

from adapters.errors import failures

_SHOWN = 80  # characters of a repr


def qualified_name(target: object) -> str:
    """The module-qualified name of a type or C type, the same in a script and in its children."""
    if not isinstance(target, type) and hasattr(target, "cname"):
        return f"C type '{target.cname}'"
    try:
        module = getattr(target, "__module__", None) or "builtins"
        name = str(getattr(target, "__qualname__", target))
    except failures():  # of a metaclass
        return str(type.__getattribute__(target, "__name__"))
    # The children of multiprocessing import the main script under the second name.
    module = "__main__" if module == "__mp_main__" else module
    return f"{module}.{name}"


def in_words(error: BaseException) -> str:
    """The type and the message of an error."""
    name = qualified_name(type(error)).removeprefix("builtins.")
    try:
        return f"{name}: {error}"
    except failures():
        return f"{name}, whose str() raises"


def shown(value: object) -> str:
    """The repr of an object, cut where it is long, whatever it raises."""
    try:
        text = repr(value)
    except failures() as error:
        text = f"an object whose repr() raises {in_words(error)}"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
