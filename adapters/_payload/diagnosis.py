"""Diagnosis: what is known of a load that failed, and where in the payload it did.

An unpickler written in C does not tell where it was. The steps of the payload and the error do,
together: a module that is missing has a name, and the traceback begins with the function that was
called. What is not certain is not said.
"""

from __future__ import annotations

import sys
from itertools import product
from pickle import UnpicklingError
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from adapters._importable.importable import MAIN
from adapters._naming import in_words
from adapters._payload.steps import Steps
from adapters._payload.symbols import FROZENDICT, shown
from adapters._wire.provider import advice_on_import
from adapters.errors import failures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from adapters._payload.steps import Step

_IMPORT = ("importlib._bootstrap", "importlib._bootstrap_external")
_MACHINERY = ("pickle", "adapters._tracing.observer", *_IMPORT)
_NAMED = 5  # steps that are named where it may have been any of them
# The methods of a class that a step may call.
_METHODS = {
    "call": ("__call__", "__new__", "__init__"),
    "state": ("__setstate__", "__setattr__", "__getattr__", "__getattribute__"),
    "items": ("append", "extend", "__setitem__", "add", "update", "__getattr__"),
    "hash": ("__hash__", "__eq__"),
    "find": (),
}
_FROM_3_15 = "it came with Python 3.15: load it with that, or have a dict sent"
_RENAMED = "it was renamed, moved or removed, or the sender has another version of the module"
_OF_A_SCRIPT = "the sender's script defines it: move it to a module that both can import"
_BUFFERS = "pass all that buffer_callback was given, in the same order, as buffers="
_DAMAGED = "it is damaged, or is no pickle: have it sent or stored again"
_NEWER = "a newer Python wrote it: load it with that"
_CALLED = (
    "what it calls must take what the sender wrote: compare the versions of both sides, or give the"
    " type a __reduce__ or an adapter"
)


def diagnosis(error: BaseException, data: Any, buffers: Any) -> str:
    """What is known of an error that `pickle.loads(data, buffers=buffers)` raised, and what to do.

    Nothing of the payload runs again, and this raises nothing.
    """
    said = in_words(error, short=True)
    try:
        payload = bytes(memoryview(data))
        steps = Steps(payload)
        traceback = _from_first_call(error.__traceback__)
        if traceback is not None:
            return _import_failed(error, said, steps, traceback) or _call_failed(
                error, said, steps, traceback
            )
        given = 0 if buffers is None else len(buffers) if hasattr(buffers, "__len__") else None
        return (
            _module_missing(error, said, steps)
            or _attribute_missing(error, said, steps)
            or _buffers_missing(error, said, steps, given)
            or _damaged(error, said, steps, newer=payload[:1] == b"\x80" and payload[1:2] > b"\5")
            or _step_failed(said, steps)
        )
    except failures():
        return said


def _from_first_call(traceback: TracebackType | None) -> TracebackType | None:
    """The traceback from the function on that the unpickler called; None if only C code ran."""
    traceback = traceback and traceback.tb_next
    # A trace calls the unpickler, which may be in Python, and so is the import of modules.
    while traceback and traceback.tb_frame.f_globals.get("__name__") in _MACHINERY:
        traceback = traceback.tb_next
    return traceback


# Each of these returns "" if what it is about is not the cause.


def _module_missing(error: BaseException, said: str, steps: Steps) -> str:
    name = getattr(error, "name", None)
    if not isinstance(error, ImportError) or type(name) is not str:
        return ""
    for module, _, offset in steps.globals:
        if f"{module}.".startswith(f"{name}."):
            named = f"module {shown(module)!r}, which it names at byte {offset}"
            if isinstance(error, ModuleNotFoundError):
                return f"it needs {named} ({said}); {advice_on_import(error)}"
            return f"{named}, cannot be imported: {said}"
    return ""


def _attribute_missing(error: BaseException, said: str, steps: Steps) -> str:
    if not isinstance(error, AttributeError):
        return ""
    for module, name, offset in steps.globals:
        missing = _find(module, name)[1]
        if missing and any(repr(each) in said for each in (name, missing)):
            advice = _OF_A_SCRIPT if module in MAIN else _RENAMED
            if f"{module}.{name}" == FROZENDICT:
                advice = _FROM_3_15
            lacks = f"module {shown(module)!r} lacks {shown(name)!r}"
            return f"{lacks}, which it names at byte {offset} ({said}); {advice}"
    return ""


def _buffers_missing(error: BaseException, said: str, steps: Steps, given: int | None) -> str:
    if given is None or steps.buffers_taken <= given or not isinstance(error, UnpicklingError):
        return ""
    needs = f"it needs {steps.buffers_taken} buffer(s){'' if steps.whole else ' or more'}"
    return f"{needs}, and was given {given} ({said}); {_BUFFERS}"


def _damaged(error: BaseException, said: str, steps: Steps, *, newer: bool) -> str:
    if steps.damage is None:
        return ""
    where = f"at byte {steps.damage.offset}, {steps.damage.message}"
    if isinstance(error, (UnpicklingError, EOFError)) or not steps.steps:
        return f"{where} ({said}); {_NEWER if newer else _DAMAGED}"
    return f"a call in it raised {said}, or it is damaged: {where}"


def _step_failed(said: str, steps: Steps) -> str:
    """It was one of the steps, of which none ran Python code; or the unpickler itself."""
    if not steps.whole or not steps.steps:
        return said
    # Where arguments do not fit a function in Python, the message begins so, and there is no frame.
    able = _steps_with(steps, lambda each, _: said.startswith(f"TypeError: {each.__qualname__}() "))
    if not able:  # otherwise a function in Python would have one
        functions = set(_steps_with(steps, lambda _, cls: cls is None))
        able = [step for step in steps.steps if step not in functions]
    alike: dict[str, list[Step]] = {}
    for step in able:
        alike.setdefault(step.what, []).append(step)
    places = [_located(each) for each in alike.values()]
    if not places:
        return said
    if len(places) == 1:
        found = able[0].how == "find"  # and not called
        return f"{places[0]}: {said}" if found else f"{places[0]}, raised {said}; {_CALLED}"
    more = [f"and {len(places) - _NAMED} more"] if len(places) > _NAMED else []
    return f"one of these raised {said}: {'; '.join(places[:_NAMED] + more)}. {_CALLED}"


def _import_failed(error: BaseException, said: str, steps: Steps, traceback: TracebackType) -> str:
    """It was the top level of a module, or one that this imports."""
    frame = traceback.tb_frame
    name = frame.f_globals.get("__name__")
    if frame.f_code.co_name != "<module>":
        return ""
    for module, _, offset in steps.globals:
        if f"{module}.".startswith(f"{name}."):
            named = f"importing module {name!r}, which it names at byte {offset},"
            advice = advice_on_import(error) or "its import has to work here"
            return f"{named} raised {said} ({_place(traceback)}); {advice}"
    return ""


def _call_failed(error: BaseException, said: str, steps: Steps, traceback: TracebackType) -> str:
    """It was a function, with which the traceback begins."""
    code = traceback.tb_frame.f_code
    local = traceback.tb_frame.f_locals
    first = local.get(code.co_varnames[0]) if code.co_argcount else None

    def began(function: FunctionType, cls: type | None) -> bool:
        return function.__code__ is code and (cls is None or first is cls or type(first) is cls)

    able = _steps_with(steps, began)
    certain = len({step.what for step in able}) == 1
    cut = not steps.whole and steps.damage is None  # there may be others behind
    done = f"{_located(able, cut)}," if certain else "a call in it"
    return f"{done} raised {said} ({_place(traceback)}); {advice_on_import(error) or _CALLED}"


def _steps_with(steps: Steps, test: Callable[[FunctionType, type | None], bool]) -> list[Step]:
    """The steps that may begin with a function for which `test(function, its class)` holds."""
    globals_ = {f"{module}.{name}": (module, name) for module, name, _ in steps.globals}
    passed: dict[tuple[str, str], bool] = {}
    for how, _, path, _ in steps.steps:
        if path in globals_ and (how, path) not in passed:
            target = _find(*globals_[path])[0]
            passed[how, path] = any(test(*each) for each in _functions(how, target))
    return [step for step in steps.steps if passed.get((step.how, step.path))]


def _functions(how: str, target: Any) -> Iterator[tuple[FunctionType, type | None]]:
    """The functions in Python that a step with this target may call first, and their class."""
    if type(target) is FunctionType and how == "call":
        yield target, None
    if isinstance(target, type):
        bases = type.__getattribute__(target, "__mro__")
        metaclasses = type.__getattribute__(type(target), "__mro__") if how == "call" else ()
        for name, base in product(_METHODS[how], metaclasses + bases):
            function = vars(base).get(name)
            function = function.__func__ if type(function) is staticmethod else function
            if type(function) is FunctionType:
                yield function, target


def _find(module: str, name: str) -> tuple[Any, str]:
    """A global of a module that is imported, and "", or None and the part of it that is missing.

    Nothing is imported or called for it, not even a `__getattr__`, so that some are not found.
    """
    value: Any = sys.modules.get(module)
    for part in name.split("."):
        if issubclass(type(value), ModuleType):
            spaces = [ModuleType.__getattribute__(value, "__dict__")]
        elif issubclass(type(value), type):
            bases = type.__getattribute__(value, "__mro__")
            spaces = [vars(type)["__dict__"].__get__(base) for base in bases]
        else:
            return None, ""
        space = next((each for each in spaces if part in each), None)
        if space is None:
            return None, part
        value = space[part]
    return value, ""


def _located(steps: list[Step], cut: bool = False) -> str:
    """What the steps do, which is the same, and where; `cut` if there may be more of them."""
    _, what, _, offset = steps[0]
    if cut:
        return f"{what}, at byte {offset} or behind"
    if len(steps) == 1:
        return f"{what}, at byte {offset}"
    return f"{what}, {len(steps)} times from byte {offset} on"


def _place(traceback: TracebackType) -> str:
    code = traceback.tb_frame.f_code
    name = getattr(code, "co_qualname", code.co_name)
    return f"in {name}, {code.co_filename}:{traceback.tb_lineno}"
