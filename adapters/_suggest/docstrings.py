"""The signatures in docstrings, in the forms of the generators of bindings.

| generator | form |
|---|---|
| pybind11, nanobind | `name(self: m.T, x: int, y: float = 1.0) -> T`, overloads numbered |
| Boost.Python | `name( (T)self, (int)x [, (float)y=1.0]) -> T :` |
| SWIG | `name(T self, int x, double y=1.0) -> T`, overloads one a line |
| Cython | `T(int x, y=2)`, `T.name(self, int x)` |
| OpenCV, and docstrings by hand | `name(a, b[, c[, d]]) -> retval` |
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from adapters._suggest.parameters import MISSING, Parameter, is_made_up, literal, unnamed

if TYPE_CHECKING:
    from collections.abc import Collection

    from adapters._suggest.parameters import Signature

_LONGEST = 100_000  # characters of a docstring that are read
_PAIRS = {"(": ")", "[": "]", "{": "}", "<": ">"}
_OWNERS = frozenset(("self", "cls", "$self", "$type", "$cls", "this"))
_CALL = re.compile(
    r"^[ \t]*(?:\d+[.)][ \t]+)?`{0,2}(?:def[ \t]+)?(?:\w+\.)*(?P<name>\w+)\(", re.MULTILINE
)
# What may stand in a line behind a signature; other words make it a sentence.
_END = re.compile(r"[`;, \t]*(?:(?:->|=>)[ \t]*(?P<returned>[^\n]*)|(?:--?|[:.])[^\n]*)?(?:\n|\Z)")
_NAMED = re.compile(r"(?P<type>.*[\s*&>\]])(?P<name>[A-Za-z_]\w*)", re.DOTALL)
_STRING = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"")
_OF_A_TYPE = re.compile(r"[^\[\](),]*(?:\[[^\[\]()]*\])?\][ \t]*[A-Za-z_]")  # "[SX] x"
_NAME = re.compile(r"\$?[A-Za-z_]\w*")
_CAST = re.compile(r"\((?P<type>[^()]*)\)\s*(?P<name>[A-Za-z_]\w*)")  # of Boost.Python


class Documented(NamedTuple):
    """A signature in a docstring, and what it returns in words, "" if it does not say."""

    parameters: Signature
    returned: str


def documented(text: str, names: Collection[str], cls: type | None = None) -> list[Documented]:
    """The signatures in a docstring that have one of these names, each once, in its order.

    Args:
        text: The docstring.
        names: The names that it may be known by, as that of a type and "__init__".
        cls: The type of which it is a method or constructor, whose first parameter is left out.
    """
    text = text[:_LONGEST]
    calls = [found for found in _CALL.finditer(text) if found["name"] in names]
    starts = [(found.end(), True) for found in calls]
    first = re.match(r"\s*`{0,2}(?P<name>[\w.]*)\(", text)
    if first and first.end() not in {at for at, _ in starts}:
        starts.insert(0, (first.end(), not first["name"]))
    signatures: list[Documented] = []
    for at, is_named in starts:
        signature = _read(text, at, cls)
        if signature is None or signature in signatures:
            continue
        if is_named or not set(re.findall(r"\w+", signature.returned)).isdisjoint(names):
            signatures.append(signature)
    return signatures


def _read(text: str, at: int, cls: type | None) -> Documented | None:
    """The signature whose opening bracket ends at `at`, None if it is a sentence or an example."""
    split = _split(text, at)
    if split is None:
        return None
    arguments, end = split
    behind = _END.match(text, end)
    if behind is None:
        return None
    parameters = _parameters(arguments, cls)
    if parameters is None:
        return None
    return Documented(parameters, _words(behind["returned"] or ""))


def _parameters(arguments: list[tuple[str, bool]], cls: type | None) -> Signature | None:
    found: Signature = []
    kind = "either"
    for index, (text, is_optional) in enumerate(arguments):
        if text == "/":
            found = [each._replace(kind="positional") for each in found]
            found = [unnamed(each) if is_made_up(each.name) else each for each in found]
            continue
        if text == "*":
            kind = "keyword"
            continue
        if text in ("...", "…"):
            found.append(Parameter("args", False, "*", "", MISSING))
            continue
        parameter = _parameter(text, kind, is_optional)
        if parameter is None:
            return None
        if index == 0 and _is_owner(parameter, text, cls):
            continue
        if parameter.kind == "*":
            kind = "keyword"
        made_up = is_made_up(parameter.name) and parameter.name[-1].isdigit()
        found.append(unnamed(parameter) if made_up else parameter)
    return found


def _parameter(text: str, kind: str, is_optional: bool) -> Parameter | None:
    stars = re.match(r"(\*{1,2})(\w+)\s*(?::\s*(.*))?$", text, re.DOTALL)
    if stars:
        return Parameter(stars[2], False, stars[1], _words(stars[3] or ""), MISSING)
    left, default = _cut(text, "=")
    is_required = default is None and not is_optional
    value = MISSING if default is None else literal(default)
    name, annotation = _cut(left, ":")
    cast = _CAST.fullmatch(left)
    if cast:
        name, annotation = cast["name"], cast["type"]
    elif annotation is None:
        left = re.sub(r"\s+(not|or)\s+None$", "", left)
        typed = _NAMED.fullmatch(left)
        name, annotation = (typed["name"], typed["type"]) if typed else (left, "")
    name = name.strip().strip("`'\"") if annotation else name.strip()
    if not _NAME.fullmatch(name) or (not cast and (annotation or "").startswith("(")):
        return None
    return Parameter(name.lstrip("$"), is_required, kind, _words(annotation or ""), value)


def _is_owner(parameter: Parameter, text: str, cls: type | None) -> bool:
    """Whether a first parameter is the object or type itself."""
    if parameter.name in _OWNERS or text in _OWNERS:
        return True
    if cls is None or parameter.name != "arg1":  # the object, in Boost.Python without names
        return False
    bases = type.__getattribute__(cls, "__mro__")
    return _last_word(parameter.type) in {base.__name__ for base in bases}


def _split(text: str, at: int) -> tuple[list[tuple[str, bool]], int] | None:
    """The arguments from behind a bracket, with whether each is optional, and where they end.

    Brackets of optional arguments ("a[, b[, c]]", "[a,] b") are left out.
    """
    arguments: list[tuple[str, bool]] = []
    stack: list[str] = []  # closing brackets, "" for the one of optional arguments
    now, optional = "", False
    while at < len(text):
        character = text[at]
        quoted = _string(text, at) if character in "'\"" else ""
        if quoted:
            now += quoted
            at += len(quoted)
            continue
        at += 1
        if character == "[" and not any(stack) and _is_optional(now, text, at):
            stack.append("")
            continue
        if character in _PAIRS:
            stack.append(_PAIRS[character])
        elif character == ")" and not {")", "]", "}"} & set(stack):
            _add(arguments, now, optional)
            return arguments, at
        elif character == "]" and stack and not stack[-1]:
            stack.pop()
            continue
        elif character in ")]}" or (character == ">" and text[at - 2 : at] != "->"):
            while stack and stack[-1] == ">" != character:
                stack.pop()
            if stack and stack[-1] == character:
                stack.pop()
            elif character != ">":
                return None
        elif character == "," and not any(stack):
            _add(arguments, now, optional)
            now = ""
            continue
        if not now.strip():
            optional = bool(stack) and not stack[0]
        now += character
    return None


def _add(arguments: list[tuple[str, bool]], text: str, optional: bool) -> None:
    if text.strip():
        arguments.append((" ".join(text.split()), optional))


def _is_optional(now: str, text: str, at: int) -> bool:
    """Whether a bracket that opens before `at` is the one of optional arguments, not of a type."""
    if re.match(r"\s*,", text[at : at + 80]):
        return True
    return not now.strip() and _OF_A_TYPE.match(text, at) is None


def _string(text: str, at: int) -> str:
    """The string literal at a quote, "" if it is an apostrophe."""
    if at and text[at - 1].isalnum() and text[at - 1] not in "bru":
        return ""
    found: re.Match[str] | None = _STRING.match(text, at)
    return found[0] if found else ""


def _cut(text: str, mark: str) -> tuple[str, str | None]:
    """A text in front of and behind a mark outside of brackets; None if the mark is not in it."""
    depth = 0
    for at, character in enumerate(text):
        depth += (character in "([{<") - (character in ")]}>" and text[at - 1 : at] != "-")
        if (
            character == mark
            and depth <= 0
            and mark not in (text[at - 1 : at], text[at + 1 : at + 2])
        ):
            return text[:at].strip(), text[at + 1 :].strip()
    return text.strip(), None


def _words(text: str) -> str:
    """A type or what is returned, on one line, without what a sentence adds to it."""
    text = " ".join(text.split()).strip("`;:. ")
    depth = 0
    for at, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth <= 0 and (text.startswith((" :", "``", " --", ". "), at)):
            return text[:at].strip("`;:. ")
    return text


def _last_word(text: str) -> str:
    return str(next(iter(re.findall(r"\w+", text)[-1:]), ""))
