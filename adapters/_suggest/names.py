"""Names: by which modules a type and the functions around it can be written in code."""

from __future__ import annotations

import builtins
import re
import sys
from types import ModuleType
from typing import Any, NamedTuple

from adapters._naming import extension_of, has_module
from adapters.errors import failures, suppress_failures

_OPEN, _CLOSE = "\u2039", "\u203a"  # around what a module has, in expressions
_WRITTEN = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}:]*):([^{_OPEN}{_CLOSE}:]*){_CLOSE}")
# Names that the code of a draft has for itself.
_TAKEN = frozenset(
    [
        *dir(builtins),
        "SETTINGS",
        "adapters",
        "arguments",
        "ast",
        "changed",
        "copy",
        "factory",
        "file",
        "folder",
        "io",
        "item",
        "key",
        "keys",
        "kinds",
        "load",
        "loaded",
        "name",
        "obj",
        "os",
        "path",
        "save",
        "saved",
        "serialize",
        "state",
        "tempfile",
        "value",
        "write",
        "written",
    ]
)
MAIN = ("__main__", "__mp_main__")
_NEAR = 80  # modules of one package that are looked at


class Name(NamedTuple):
    """How something is written in code.

    Attributes:
        module: What has it, "" if it needs no import.
        path: Its name there.
    """

    module: str
    path: str

    @property
    def expression(self) -> str:
        """The expression, which says from where it is: `rendered` makes code of it."""
        return written(self.module, self.path)


def written(module: str, path: str) -> str:
    """The expression of what a module has, for `rendered`."""
    return f"{_OPEN}{module}:{path}{_CLOSE}" if module else path


def resolved(expression: str) -> Any:
    """What an expression of one name is in this process; None if it is nothing."""
    found = _WRITTEN.fullmatch(expression)
    module, path = (found[1], found[2]) if found else ("__main__", expression)
    return getattr(sys.modules.get(module), path, None)


def rendered(text: str) -> tuple[str, dict[str, tuple[str, str]]]:
    """Code, and what it needs: {name in the code: (module, name there)}."""
    needs: dict[str, tuple[str, str]] = {}

    def short(found: re.Match[str]) -> str:
        module, path = found[1], found[2]
        head, dot, rest = path.partition(".")
        name = head
        while name in _TAKEN or needs.get(name, (module, head)) != (module, head):
            name += "_"
        needs[name] = module, head
        return f"{name}{dot}{rest}"

    return _WRITTEN.sub(short, text), needs


def is_of_main(target: str) -> bool:
    """Whether the expression of a type is a name of the main script."""
    main = getattr(sys.modules.get("__main__"), "__dict__", {})
    return bool(target) and not _WRITTEN.search(target) and target.partition(".")[0] in main


def in_words(text: str) -> str:
    """An expression as messages write it."""
    return _WRITTEN.sub(r"\1.\2", text)


def name_of(cls: type) -> Name | None:
    """The name of a class, by the most public module that has it; None if no module has it."""
    own, path = _text(cls, "__module__"), _text(cls, "__qualname__")
    if own in MAIN:
        main = sys.modules.get(own)
        return Name("", path) if main is not None and _reached(main, path) is cls else None
    short = _text(cls, "__name__")
    found = []
    holder = own
    while holder and holder not in sys.modules:  # a module inside of an extension
        holder = holder.rpartition(".")[0]
    if holder != own and _is_importable(holder, sys.modules.get(holder)):
        inner = f"{own[len(holder) + 1 :]}.{path}"
        if _reached(sys.modules[holder], inner) is cls:
            found.append((_rank(holder, inner, own), holder, inner))
    for name, module in list(sys.modules.items()):
        if type(name) is not str or name in MAIN or not _is_importable(name, module):
            continue
        if name == own:
            at = path if _reached(module, path) is cls else _other_name(module, cls)
        else:
            at = short if _content(module).get(short) is cls else ""
        if at:
            found.append((_rank(name, at, own), name, at))
    if not found:
        return None
    _, module_name, at = min(found)
    return Name("" if module_name == "builtins" else module_name, at)


def _rank(name: str, path: str, own: str) -> tuple[Any, ...]:
    private = sum(part.startswith("_") for part in [*name.split("."), *path.split(".")])
    foreign = name.partition(".")[0].lstrip("_") != own.partition(".")[0].lstrip("_")
    return private, foreign and has_package(own), name != own, name.count("."), len(name), name


def has_package(module: str) -> bool:
    """Whether a type that says that it is from this module says so in earnest."""
    return module not in ("", "builtins")


def aliases_of(cls: type, obj: Any) -> list[type]:
    """The public classes of the same name that an object says to be of, as abstract ones are."""
    found: list[type] = []
    for _, module in modules_of(cls):
        each = content(module).get(cls.__name__)
        if isinstance(each, type) and each is not cls and each not in found:
            with suppress_failures():
                if isinstance(obj, each):
                    found.append(each)
    return found


def modules_of(cls: type) -> list[tuple[str, ModuleType]]:
    """The modules in which functions for a type may be: its own and those around it, near first."""
    own = _text(cls, "__module__")
    if not has_module(cls):
        own = extension_of(cls) or own
    if own in MAIN:
        return [("", sys.modules[own])]
    named = name_of(cls)
    near = [named.module] if named and named.module else []
    for name in (own, *near):
        parts = name.split(".")
        near += [".".join(parts[:end]) for end in range(len(parts), 0, -1)]
    near = [name for name in dict.fromkeys(near) if name not in ("", "builtins")]
    tops = {name.partition(".")[0] for name in near}
    stdlib = tops <= {*sys.stdlib_module_names}
    far = (
        []
        if stdlib
        else sorted(
            name
            for name in list(sys.modules)
            if type(name) is str
            and name.partition(".")[0] in tops
            and not any(part.startswith("_") for part in name.split("."))
        )
    )
    found = []
    for name in dict.fromkeys([*near, *far[:_NEAR]]):
        module = sys.modules.get(name)
        if isinstance(module, ModuleType) and _is_importable(name, module):
            found.append((name, module))
    return found


def package_names(cls: type, public: str) -> list[str]:
    """The top-level packages that a type is from."""
    own = extension_of(cls) if not has_module(cls) else _text(cls, "__module__")
    tops = [name.partition(".")[0] for name in (own or "", public)]
    return [name for name in dict.fromkeys(tops) if name not in ("", "builtins", *MAIN)]


def classes_around(cls: type) -> list[type]:
    """The classes in the modules of the package of a type, also in private ones."""
    tops = {name.partition(".")[0] for name, _ in modules_of(cls)}
    found: dict[int, type] = {}
    for name, module in list(sys.modules.items()):
        if type(name) is str and name.partition(".")[0] in tops:
            for each in _content(module).values():
                if isinstance(each, type):
                    found[id(each)] = each
    return list(found.values())


def members_of(cls: type) -> dict[str, Any]:
    """The members of an enumeration, of Python or of an extension, by their names."""
    found = {}
    for name in list(vars(cls)):
        with suppress_failures():
            if type(name) is str and not name.startswith("_") and type(getattr(cls, name)) is cls:
                found[name] = getattr(cls, name)
    return found


def content(module: ModuleType) -> dict[str, Any]:
    """The public names of a module, read from its `__dict__`."""
    return {name: each for name, each in _content(module).items() if not name.startswith("_")}


def _content(module: Any) -> dict[str, Any]:
    try:
        found = object.__getattribute__(module, "__dict__")
        return {name: found[name] for name in list(found) if type(name) is str}
    except failures():  # a module that is something else
        return {}


def _other_name(module: Any, cls: type) -> str:
    names = [name for name, each in _content(module).items() if each is cls]
    return min(names, key=lambda name: (name.startswith("_"), len(name)), default="")


def _reached(module: Any, path: str) -> Any:
    found = _content(module).get(path.partition(".")[0])
    for part in path.split(".")[1:]:
        try:
            found = (
                object.__getattribute__(found, "__dict__").get(part)
                if isinstance(found, ModuleType)
                else vars(found).get(part)
            )
        except failures():
            return None
    return found


def _is_importable(name: str, module: Any) -> bool:
    if name == "builtins":
        return True
    try:
        return getattr(module, "__spec__", None) is not None
    except failures():
        return False


def _text(cls: type, name: str) -> str:
    try:
        found = getattr(cls, name, "")
    except failures():  # of a metaclass
        return ""
    return found if type(found) is str else ""
