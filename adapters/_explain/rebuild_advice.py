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
_GETTERS = ("__getattr__", "__getattribute__")


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
    own = {attribute for base in bases for attribute in vars(base)}
    if any(getter in own and getter in problem.called for getter in _GETTERS):
        return (
            f"let {name}.__getattr__ raise AttributeError for names that begin with '__', and for"
            " the attribute that it reads: it is called before the object has any attributes"
        )
    if not own.isdisjoint(("__reduce__", "__reduce_ex__")):
        return f"mend {name}.__reduce__: what it returns has to make the object; or {register}"
    if "__setstate__" in own and "__setstate__" in problem.called:
        return f"mend {name}.__setstate__: it gets what __getstate__ returned; or {register}"
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
    if "__new__" in own and "__getnewargs__" not in own and "__getnewargs_ex__" not in own:
        return (
            f"define __getnewargs__ in {name} to return the arguments of its __new__, which is"
            f" called without any; or {register}"
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
