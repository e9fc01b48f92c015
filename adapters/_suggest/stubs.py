"""The signatures in the `.pyi` files beside a module, read as text; nothing is imported."""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from adapters._suggest.parameters import (
    MISSING,
    Parameter,
    is_made_up,
    literal,
    unnamed,
)
from adapters.errors import suppress_failures

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adapters._suggest.parameters import Signature

_LARGEST = 4_000_000  # bytes of a stub that are read
_DEFINITION = re.compile(r"^( *)(?:async +)?(?:def|class) +(\w+)", re.MULTILINE)
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Stub(NamedTuple):
    """A signature in a stub, and the annotation of what it returns, "" if there is none."""

    parameters: Signature
    returned: str


def stubs_of(modules: Iterable[str], names: tuple[str, ...]) -> list[Stub]:
    """The signatures of a function, or a method of a class, in the stubs of modules.

    Args:
        modules: Qualified names of the modules that hold it, in which order they are looked at.
        names: The function's name, or the names of classes and of the method.
    """
    for module in modules:
        for file in _files(module):
            found = _read(file, names)
            if found:
                return found
    return []


def _files(module: str) -> Iterator[Path]:
    """The stubs that may tell of a module, the nearest first."""
    parts = module.split(".")
    for count in range(len(parts), 0, -1):
        holder = sys.modules.get(".".join(parts[:count]))
        file = None
        if issubclass(type(holder), ModuleType):
            with suppress_failures():
                file = object.__getattribute__(holder, "__dict__").get("__file__")
        if type(file) is str and file:
            yield from _beside(file, tuple(parts[count:]))


@lru_cache(maxsize=4096)
def _beside(file: str, inner: tuple[str, ...]) -> list[Path]:
    """The stubs beside a module's file, and in the folder of the package, for a module in it."""
    path = Path(file)
    stem = path.name.partition(".")[0]
    folder = path.parent if stem == "__init__" else path.parent / stem
    below = folder.joinpath(*inner)
    # The last: a package's stub often tells of its private extensions.
    places = (below.with_name(f"{below.name}.pyi"), below / "__init__.pyi", folder / "__init__.pyi")
    return [place for place in dict.fromkeys(places) if place.is_file()]


@lru_cache(maxsize=4096)
def _read(file: Path, names: tuple[str, ...]) -> list[Stub]:
    *classes, name = names
    if not classes:
        blocks = _blocks(_text(file), name)
        nodes = [node for block in blocks for node in block.body if isinstance(node, _FUNCTIONS)]
        return [_stub(node, is_method=False) for node in nodes]
    body = _class(file, tuple(classes))
    return [_stub(node, is_method=True) for node in body if node.name == name]


@lru_cache(maxsize=1024)
def _class(file: Path, names: tuple[str, ...]) -> list[_Function]:
    """The methods of a class in a stub."""
    text = _text(file)
    for name in names[:-1]:
        text = "\n".join(_texts(text, name)[:1])
    methods: list[_Function] = []
    for block in _blocks(text, names[-1]):
        for cls in block.body:
            if isinstance(cls, ast.ClassDef):
                methods += _functions(cls.body)
    return methods


def _functions(body: list[ast.stmt]) -> Iterator[_Function]:
    for node in body:
        if isinstance(node, _FUNCTIONS):
            yield node
        elif isinstance(node, ast.If):  # of a version of Python
            yield from _functions([*node.body, *node.orelse])


@lru_cache(maxsize=64)
def _text(file: Path) -> str:
    try:
        if file.stat().st_size > _LARGEST:
            return ""
        return file.read_text(encoding="utf-8", errors="replace").expandtabs()
    except (OSError, ValueError):
        return ""


@lru_cache(maxsize=64)
def _definitions(text: str) -> dict[str, list[tuple[int, int]]]:
    """Where the definitions of each name begin in a stub, and how far they are indented."""
    places: dict[str, list[tuple[int, int]]] = {}
    for match in _DEFINITION.finditer(text):
        places.setdefault(match[2], []).append((match.start(), len(match[1])))
    return places


def _texts(text: str, name: str) -> list[str]:
    """The definitions of a name: to parse these alone is quick where a stub is large."""
    places = _definitions(text).get(name, [])
    least = min((indent for _, indent in places), default=0)
    end = re.compile(rf"^ {{0,{least}}}[@\w#\"']", re.MULTILINE)
    found = []
    for start, indent in places:
        if indent == least:  # others are those of other classes
            behind = end.search(text, text.find("\n", start) + 1 or len(text))
            found.append(textwrap.dedent(text[start : behind and behind.start()]))
    return found


def _blocks(text: str, name: str) -> Iterator[ast.Module]:
    for block in _texts(text, name):
        try:
            yield ast.parse(block)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue


def _stub(node: _Function, *, is_method: bool) -> Stub:
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    first_default = len(positional) - len(arguments.defaults)
    found: Signature = []
    for index, argument in enumerate(positional):
        at = index - first_default
        default = arguments.defaults[at] if at >= 0 else None
        kind = "positional" if index < len(arguments.posonlyargs) else "either"
        found.append(_parameter(argument, kind, default))
    decorators = {ast.unparse(each).rpartition(".")[2] for each in node.decorator_list}
    if is_method and "staticmethod" not in decorators and found:
        del found[0]  # self, or cls
    if arguments.vararg:
        found.append(_parameter(arguments.vararg, "*", None))
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found.append(_parameter(argument, "keyword", default))
    if arguments.kwarg:
        found.append(_parameter(arguments.kwarg, "**", None))
    return Stub(found, _words(node.returns))


def _parameter(argument: ast.arg, kind: str, default: ast.expr | None) -> Parameter:
    name = argument.arg
    if kind == "either" and name.startswith("__"):  # as stubs said before there was "/"
        kind = "positional"
    is_required = default is None and kind not in ("*", "**")
    value = MISSING if default is None else literal(ast.unparse(default))
    parameter = Parameter(name, is_required, kind, _words(argument.annotation), value)
    # A sole "arg" is made up by nanobind, which makes it positional, or is a name.
    is_numbered = kind == "either" and name[-1].isdigit()
    is_nameless = is_made_up(name) and (kind == "positional" or is_numbered)
    return unnamed(parameter) if is_nameless else parameter


def _words(annotation: ast.expr | None) -> str:
    if isinstance(annotation, ast.Constant) and type(annotation.value) is str:
        return annotation.value
    return "" if annotation is None else ast.unparse(annotation)
