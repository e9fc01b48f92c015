"""What to do about a part that pickles, and that another process does not rebuild."""

from __future__ import annotations

import sys
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from adapters._explain.classes import class_expression, is_foreign
from adapters._explain.rebuilding import Problem
from adapters._naming import qualified_name
from adapters._wire.served import adapter_for
from adapters.errors import suppress_failures

_DEFINITIONS = (type, FunctionType, BuiltinFunctionType, ModuleType)
# What to do where one of these methods is called before the object has its attributes.
_BEFORE = {
    ("__getattr__", "__getattribute__"): "let {}.__getattr__ raise AttributeError for names that"
    " begin with '__', and for the attribute that it reads: it is called before the object has any"
    " attributes",
    ("__setattr__", "__delattr__"): "define __setstate__ in {} to set the attributes by"
    " object.__setattr__: pickle sets slots, and those of exceptions, as an assignment does",
    (
        "__setitem__",
        "append",
        "extend",
        "add",
        "update",
    ): "define __reduce__ in {} to return a function and its arguments: items are added before the"
    " object has any attributes",
}


def rebuild_advice(part: Any, path: str, problem: Problem) -> str:
    """What to do about the part at `path`, which is the cause of a problem elsewhere."""
    with suppress_failures():  # of a metaclass
        return _advice(part, path, problem)
    return "see the error: what it calls has to work in the other process"


def _advice(part: Any, path: str, problem: Problem) -> str:
    cls = type(part)
    adapter = adapter_for(part)
    if adapter is not None:
        return f"see the error; the factory of {adapter!r}, or its provider, is at fault"
    if issubclass(cls, _DEFINITIONS):
        return _for_definition(part)
    name = class_expression(cls, path)
    register = f"call adapters.register({name}, serialize, factory)"
    if is_foreign(cls):
        return register
    bases = [base for base in cls.__mro__ if not is_foreign(base)]  # those to mend

    def base_with(*names: str) -> str | None:
        """The class that defines one of some methods."""
        found = (base for base in bases if not vars(base).keys().isdisjoint(names))
        return next(map(qualified_name, found), None)

    called = set(problem.called)
    for names, what in _BEFORE.items():
        if not called.isdisjoint(names) and (base := base_with(*called.intersection(names))):
            return f"{what.format(base)}; or {register}"
    if "__hash__" in called:
        return (
            "it is in a cycle, so that a set or dict calls the __hash__ of an object that has no"
            f" attributes yet: define __reduce__ there with what __hash__ needs; or {register}"
        )
    if base := base_with("__reduce__", "__reduce_ex__"):
        return f"mend {base}.__reduce__: what it returns has to make the object; or {register}"
    if "__setstate__" in called and (base := base_with("__setstate__")):
        return f"mend {base}.__setstate__: it gets what __getstate__ returned; or {register}"
    enum: Any = sys.modules.get("enum")
    if enum is not None and isinstance(part, enum.Enum):
        return (
            f"define __reduce_ex__ in {name} to return (getattr, (type(self), self.name)): a member"
            " is looked up by its value, and this value arrives as one that equals none"
        )
    if isinstance(part, BaseException):
        return (
            f"define __reduce__ in {name} to return (type(self), the arguments of its __init__), or"
            " a function and its arguments: without it, the class is called with `args` alone, and"
            f" then gets its attributes; or {register}"
        )
    by_new = "__new__" in called or "__new__()" in problem.said
    if by_new and (base := base_with("__new__")):
        return (
            f"define __getnewargs__ (or __getnewargs_ex__) in {base} to return the arguments of its"
            f" __new__, which is called without any; or {register}"
        )
    return f"define __reduce__ in {name} to return a function and its arguments; or {register}"


def _for_definition(part: Any) -> str:
    if issubclass(type(part), ModuleType):
        return "give the other process the module, on its sys.path"
    module = part.__module__
    by_value = f"cloudpickle.register_pickle_by_value(sys.modules[{module!r}])"
    return (
        f"the other process does not find {qualified_name(part)}: move it to a file on its"
        f" sys.path, or call {by_value}"
    )
