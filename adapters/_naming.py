"""How messages name types, errors and objects: the same in every process, and short.

What objects and errors of other code say of themselves may fail, or be of any length: these
functions take what they get, and cut it.
"""

from __future__ import annotations

import builtins
import sys

from adapters.errors import AdapterError, failures

_BRIEF = 80  # characters of a repr, where two are compared
_SHOWN = 200  # characters of a repr
_PLACE, _ARGUMENTS = "when serializing ", " reconstructor arguments"  # in notes of the pickler
_ARGUMENT = _PLACE + "tuple item "
_SAID = 1000  # characters of the message of an error, and of its notes
HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: made at run time, as types of PyO3 are


def qualified_name(target: object) -> str:
    """The module-qualified name of a type or C type, the same in a script and in its children.

    A type that states no module is named by one that holds it, by an extension if there is one.
    """
    try:
        if not isinstance(target, type) and hasattr(target, "cname"):
            return f"C type '{target.cname}'"
        module = getattr(target, "__module__", None) or "builtins"
        name = str(getattr(target, "__qualname__", target))
    except failures():  # of a metaclass
        cls = target if issubclass(type(target), type) else type(target)
        return str(type.__getattribute__(cls, "__name__"))
    if isinstance(target, type) and not has_module(target):
        is_made = type.__getattribute__(target, "__flags__") & HEAP_TYPE
        holder = min(_holders(target), key=len, default="<no module>") if is_made else module
        module = extension_of(target) or holder
    # The children of multiprocessing import the main script under the second name.
    module = "__main__" if module == "__mp_main__" else module
    return f"{module}.{name}"


def in_words(error: BaseException, *, short: bool = False, places: bool = True) -> str:
    """The type of an error (`short`: without its module), its message, and in brackets its notes.

    The message and the notes are cut at 1,000 characters each; `places` is as in `notes_of`.
    """
    kind = type(error)
    if short:
        name = str(type.__getattribute__(kind, "__name__"))
    else:
        name = qualified_name(kind).removeprefix("builtins.")
    try:
        text = str(error)
        if not isinstance(error, AdapterError):  # whose parts are cut already
            text = _cut(text, _SAID)
        text = f"{name}: {text}" if text else name
    except failures():
        text = f"{name}, whose str() raises"
    notes = notes_of(error, places=places)
    return f"{text} ({notes})" if notes else text


def notes_of(error: BaseException, *, places: bool = True) -> str:
    """The notes of an error in one text, "" if it has none.

    Those of Python 3.14's pickler say where in an object it was, from the inside out. What is
    private in adapters is left out; so are all of them if not `places`, as they depend on where the
    pickler began.
    """
    try:
        notes = getattr(error, "__notes__", None)
        kept: list[str] = []
        for note in map(str, notes) if isinstance(notes, (list, tuple)) else ():
            if not note.startswith(_PLACE) or (places and " adapters._" not in note):
                kept.append(note)
            elif kept and note.endswith(_ARGUMENTS) and kept[-1].startswith(_ARGUMENT):
                kept.pop()
        return _cut("; ".join(kept), _SAID)
    except failures():
        return ""


def shown(value: object, most: int = _SHOWN) -> str:
    """The repr of an object, cut at 200 characters, whatever it raises."""
    try:
        return _cut(repr(value), most)
    except failures() as error:
        return f"an object whose repr() raises {in_words(error)}"


def brief(value: object) -> str:
    """The same, cut at 80 characters."""
    return shown(value, _BRIEF)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


def printable(line: str) -> str:
    """A text as one line without control characters, which a terminal would obey."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in line)


def has_module(target: object) -> bool:
    """Whether a type says which module it is from: those of PyO3 say "builtins", which it is not.

    True for all that is no type.
    """
    if not issubclass(type(target), type):
        return True
    try:
        module = getattr(target, "__module__", None)
        name = getattr(target, "__name__", "")
    except failures():  # of a metaclass
        return True
    if module == "builtins":
        return getattr(builtins, name, None) is target
    return isinstance(module, str) and module != ""


def extension_of(cls: type) -> str | None:
    """The extension module that holds a type under its name: the same in every process."""
    found = _holders(cls).items()
    return min((name for name, file in found if file.endswith((".so", ".pyd"))), default=None)


def _holders(cls: type) -> dict[str, str]:
    """The modules that hold a type under its name, and their files; not those of Python itself."""
    name = type.__getattribute__(cls, "__name__")
    return {
        module: str(getattr(content, "__file__", ""))
        for module, content in list(sys.modules.items())
        if getattr(content, "__dict__", {}).get(name) is cls
        and module.partition(".")[0] not in sys.stdlib_module_names
        and module not in ("__main__", "__mp_main__")
    }


def place_of(function: object) -> str:
    """Where a function is defined, in words."""
    name = getattr(function, "__qualname__", None) or shown(function)
    owner = getattr(function, "__self__", None)
    if owner is not None and not isinstance(owner, type):
        return f"{name} of {shown(owner)}"
    code = getattr(function, "__code__", None)
    return f"{name} at {code.co_filename}:{code.co_firstlineno}" if code else name
