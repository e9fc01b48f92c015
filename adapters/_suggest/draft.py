"""Drafts: the serializer and the factory that are tried, and the code that defines them.

A draft is text from the beginning: what is tried is what is suggested.
"""

from __future__ import annotations

import re
import sys
import textwrap
from typing import NamedTuple

from adapters._suggest.names import rendered

_INDENT = "    "
_MANY = 4  # settings
_WIDE = 88  # characters of a line
_HELPERS = {
    "saved": '''
def saved(save):
    """What `save(path)` writes into a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "state")
        save(path)
        with open(path, "rb") as file:
            return file.read()
''',
    "loaded": '''
def loaded(load, data):
    """What `load(path)` makes of a file with these bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "state")
        with open(path, "wb") as file:
            file.write(data)
        return load(path)
''',
    "written": '''
def written(write):
    """What `write(file)` writes into a file that is open."""
    file = io.BytesIO()
    write(file)
    return file.getvalue()
''',
    "changed": '''
def changed(obj, default, names):
    """The attributes of an object that differ from those of a default one."""
    pairs = ((name, getattr(obj, name), getattr(default, name)) for name in names)
    return {name: value for name, value, other in pairs if value != other}
''',
    "arguments": '''
def arguments(text):
    """The arguments in a text like `Name(1, key="value")`, which are literals."""
    call = ast.parse(text, mode="eval").body
    literal = ast.literal_eval
    return [*map(literal, call.args)], {each.arg: literal(each.value) for each in call.keywords}
''',
}
_NEEDS = {
    "saved": ("os", "tempfile"),
    "loaded": ("os", "tempfile"),
    "written": ("io",),
    "changed": (),
    "arguments": ("ast",),
}


class Draft(NamedTuple):
    """A serializer and a factory that may do.

    Attributes:
        strategy: How it was found, in words.
        values: (key, expression that reads it from `obj`) of all that the state holds.
        make: The expression of a new object; `{key}` stands for a value of the state.
        then: Statements that complete the new object, which they call `obj`.
        names: Names of the parameters and settings that the values are given to, as words.
        doubts: Why it may be wrong though nothing differs.
        rank: Of strategies, the lower the more is it to be trusted.
        extra: How many things it does that no difference asked for.
        settled: Whether it gives an object settings that a trial found.
        checks: The types that the values of the state have, which the factory then checks.
        copies: Whether the state is copied, as parts of it are the object's own.
        whole: The code as a whole, in place of all other.
        ready: Whether the adapter is there already, and the code only imports it.
    """

    strategy: str
    values: tuple[tuple[str, str], ...] = ()
    make: str = ""
    then: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    rank: int = 0
    extra: int = 0
    settled: bool = False
    checks: tuple[str, ...] = ()
    copies: bool = False
    whole: str = ""
    ready: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """What two drafts have in common that do the same."""
        return self.values, self.make, self.then, self.whole


def code(draft: Draft, target: str) -> str:
    """The code of a draft, for the type that is written `target`."""
    if draft.whole:
        return draft.whole
    between = "\n# ---\n"
    text, needs = rendered(between.join([_serialize(draft), _factory(draft, target), target]))
    *functions, target = text.split(between)
    used = [name for name in _HELPERS if re.search(rf"\b{name}\(", text)]
    modules = {"adapters", *re.findall(r"\b(io|os)\.", text)}
    for name in used:
        modules.update(_NEEDS[name])
    if draft.copies:
        modules.add("copy")
    blocks = ["".join(f"{line}\n" for line in _in_order(modules, needs))]
    if settings := _settings(draft):
        rows = textwrap.wrap(", ".join(f'"{name}"' for name in settings), _WIDE)
        blocks.append("SETTINGS = [\n" + "".join(f"{_INDENT}{row}\n" for row in rows) + "]\n")
    blocks += [_HELPERS[name].lstrip("\n") for name in used]
    blocks += functions
    register = f"adapters.register({target}, serialize=serialize, factory=factory)"
    if len(register) > _WIDE:
        register = f"adapters.register(\n{_INDENT}{target}, serialize=serialize, factory=factory\n)"
    return "\n\n".join([*blocks, f"{register}\n"])


def _in_order(modules: set[str], needs: dict[str, tuple[str, str]]) -> list[str]:
    """The lines that import modules, and names from modules: those of Python first."""
    names: dict[str, list[str]] = {}
    for name, (module, path) in sorted(needs.items()):
        names.setdefault(module, []).append(path if name == path else f"{path} as {name}")
    lines = [(module, f"import {module}") for module in modules]
    lines += [(module, f"from {module} import {', '.join(each)}") for module, each in names.items()]

    def place(line: tuple[str, str]) -> tuple[bool, bool, str]:
        return (
            line[0].partition(".")[0] not in sys.stdlib_module_names,
            " import " in line[1],
            line[0],
        )

    return [text for _, text in sorted(lines, key=place)]


def _settings(draft: Draft) -> list[str]:
    """The attributes that are read and set by their names, where they are many."""
    found = [
        key
        for key, value in draft.values
        if value == f"obj.{key}" and f"obj.{key} = {{{key}}}" in draft.then
    ]
    return found if len(found) >= _MANY else []


def _serialize(draft: Draft) -> str:
    keys = [key for key, _ in draft.values]
    settings = _settings(draft)
    if len(settings) == len(keys) > 0:
        text = "{name: getattr(obj, name) for name in SETTINGS}"
    elif not keys:
        text = "None"
    elif len(keys) == 1:
        text = draft.values[0][1]
    else:
        rows = [f'"{key}": {value}' for key, value in draft.values if key not in settings]
        if settings:
            rows.append("**{name: getattr(obj, name) for name in SETTINGS}")
        text = "{" + ", ".join(rows) + "}"
        if len(text) > _WIDE - 11:
            text = "{\n" + "".join(f"{_INDENT * 2}{row},\n" for row in rows) + f"{_INDENT}}}"
    if draft.copies:
        text = f"copy.deepcopy({text})"
    return f"def serialize(obj):\n{_INDENT}return {text}\n"


def _factory(draft: Draft, target: str) -> str:
    lines = _checks(draft, target)
    make = _filled(draft.make, draft)
    settings = _settings(draft)
    single = [f"obj.{key} = {{{key}}}" for key in settings]
    then = [line for line in draft.then if line not in single]
    if settings:
        then.insert(0, f"for name in SETTINGS:\n{_INDENT}setattr(obj, name, state[name])")
    if draft.then:
        lines += [f"obj = {make}", *(_filled(line, draft) for line in then), "return obj"]
    else:
        lines.append(f"return {make}")
    lines = [line for text in lines for line in _folded(text)]
    body = "".join(f"{_INDENT}{line}\n" for line in lines)
    return f"def factory(state):\n{body}"


def _folded(text: str) -> list[str]:
    """The lines of a statement; of a call that is long, one for each argument."""
    head, bracket, rest = text.partition("(")
    if len(text) < _WIDE or "\n" in text or not rest.endswith(")"):
        return text.splitlines()
    parts, depth = [""], 0
    for character in rest[:-1]:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [head + bracket, *(f"{_INDENT}{part.strip()}," for part in parts), ")"]


def _filled(text: str, draft: Draft) -> str:
    keys = [key for key, _ in draft.values]
    for key in keys:
        text = text.replace(f"{{{key}}}", "state" if len(keys) == 1 else f'state["{key}"]')
    return text


def _checks(draft: Draft, target: str) -> list[str]:
    if not draft.checks:
        return []
    kinds = ", ".join(draft.checks)
    if len(draft.values) == 1:
        test = f"type(state) is not {kinds}" if len(draft.checks) == 1 else ""
    else:
        keys = ", ".join(f'"{key}"' for key, _ in draft.values)
        lines = [
            f"keys = [{keys}]",
            f"kinds = [{kinds}]",
            "if (",
            f"{_INDENT}type(state) is not dict",
            f"{_INDENT}or [*state] != keys",
            f"{_INDENT}or [*map(type, state.values())] != kinds",
            "):",
        ]
        return [*lines, _refusal(target)]
    return [f"if {test}:", _refusal(target)]


def _refusal(target: str) -> str:
    return f'{_INDENT}raise TypeError("this is no state of {target.split("(")[0]}")'
