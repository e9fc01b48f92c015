"""Audit and its parts: what was found in a payload, and how it is printed."""

from __future__ import annotations

from typing import Any, NamedTuple

from adapters._payload.symbols import KNOWN, is_usual, shown

_MODULES = 5  # that the verdict names


class GlobalFound(NamedTuple):
    """A global or a module that loading imports: how often it is named, and at which byte first."""

    path: str
    times: int
    offset: int


class CallFound(NamedTuple):
    """A function that the payload calls: by which opcode, how often, and at which byte first.

    `argument` is the first one where that is a constant string: a module, a command, a name.
    Opcodes that may call a method of an object are listed, too: BUILD (`__setstate__`), APPENDS,
    SETITEMS, ADDITEMS, where the object is none of the built-in containers.
    """

    path: str
    how: str
    argument: str | None
    times: int
    offset: int


class AdapterFound(NamedTuple):
    """An adapter that the payload needs, and at which byte first.

    `provider` is the module to import, None where the adapter is by value: then `nested` says what
    its own pickle holds. `states` has the size of each object's state, in bytes of the payload; a
    part that is shared counts where it is first. `specs` of the objects stay specs when the payload
    is loaded, and are not rebuilt.
    """

    name: str
    version: int
    provider: str | None
    states: tuple[int, ...]
    specs: int
    offset: int
    nested: Audit | None

    @property
    def by_value(self) -> bool:
        """Whether its code is in the payload."""
        return self.provider is None


class Problem(NamedTuple):
    """What is not understood, or what trusted loading refuses, and at which byte it is."""

    message: str
    offset: int


class Audit(NamedTuple):
    """What is in a payload; `print` it, or read its fields.

    Nothing is missing in it as long as `complete` is true. `size` is the payload's, in bytes;
    `buffers` is the number that it takes out of band, `values` the number that it makes (constants,
    containers and objects); `nested` are audits of payloads that calls in it would load. `refused`
    is what trusted loading refuses for other reasons than what the payload imports and calls.
    `imports` are modules that loading imports for adapters which are not registered, and trusted
    loading does not import.
    """

    size: int
    protocol: int
    buffers: int
    values: int
    globals: tuple[GlobalFound, ...]
    calls: tuple[CallFound, ...]
    adapters: tuple[AdapterFound, ...]
    nested: tuple[Audit, ...]
    problems: tuple[Problem, ...]
    refused: tuple[Problem, ...] = ()
    imports: tuple[GlobalFound, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all of it could be followed, payloads inside included."""
        inside = [each.nested for each in self.adapters if each.nested] + [*self.nested]
        return not self.problems and all(each.complete for each in inside)

    @property
    def foreign(self) -> tuple[str, ...]:
        """The globals that belong neither to adapters' wire form nor to plain data."""
        return tuple(each.path for each in self.globals if each.path not in KNOWN)

    @property
    def only_adapters(self) -> bool:
        """Whether it holds only plain data and objects of adapters that are imported.

        Trusted loading loads it if `trusted` has the names of these adapters. It says nothing about
        what their factories do with the states.
        """
        return self.complete and not (self.foreign or self._runs_code or self.refused)

    @property
    def _runs_code(self) -> bool:
        """Whether it calls more than adapters, or brings code of its own."""
        calls = any(
            each.path not in KNOWN or not is_usual(each.path, each.how) for each in self.calls
        )
        return calls or bool(self.nested) or any(adapter.by_value for adapter in self.adapters)

    def as_dict(self) -> dict[str, Any]:
        """The same as dicts, lists, strings and numbers, for JSON."""
        return dict(_plain(self))

    def __str__(self) -> str:
        buffers = f", {self.buffers} buffers out of band" if self.buffers else ""
        payload = f"payload of {self.size} bytes, protocol {self.protocol}"
        lines = [f"{payload}: {self.values} values{buffers}"]
        lines += ["adapters:"] if self.adapters else []
        for adapter in self.adapters:
            lines += [_adapter_line(adapter), *_indented(adapter.nested)]
        lines += ["globals:"] if self.globals or self.imports else []
        lines += [f"  {shown(each.path)}, {_where(*each[1:])}" for each in self.globals]
        lines += [f"  module {shown(each.path)}, {_where(*each[1:])}" for each in self.imports]
        lines += ["calls:"] if self.calls else []
        for call in self.calls:
            argument = "" if call.argument is None else f" on {shown(repr(call.argument))}"
            lines.append(f"  {shown(call.path)}{argument} by {call.how}, {_where(*call[3:])}")
        for nested in self.nested:
            lines += ["loads inside:", *_indented(nested)]
        lines += ["not understood:"] if self.problems else []
        lines += [f"  at byte {problem.offset}: {problem.message}" for problem in self.problems]
        lines += ["refused by trusted loading:"] if self.refused else []
        lines += [f"  at byte {problem.offset}: {problem.message}" for problem in self.refused]
        return "\n".join([*lines, self._verdict()])

    def _verdict(self) -> str:
        if not self.complete:
            return "verdict: it cannot be followed to the end, so there may be more in it"
        if self.only_adapters and not self.adapters:
            return "verdict: nothing but plain data"
        if self.only_adapters:
            modules = [shown(each.path) for each in self.imports]
            more = f" and {len(modules) - _MODULES} more" if len(modules) > _MODULES else ""
            return (
                "verdict: nothing but plain data and the adapters above; loading imports the"
                f" modules above ({', '.join(modules[:_MODULES])}{more}) and runs the factories of"
                " the adapters; what states hold is not known"
            )
        if self.refused and not (self._runs_code or self.foreign):
            return "verdict: trusted loading refuses it, for what is said above"
        return "verdict: it runs code of its own choice; load it only if you trust the sender"


def _plain(value: Any) -> Any:
    """An audit, or a part of it, as JSON has it; what is computed is added."""
    if not hasattr(value, "_asdict"):
        return [*map(_plain, value)] if type(value) is tuple else value
    found = {key: _plain(each) for key, each in value._asdict().items()}
    computed = [name for name in ("by_value", "complete", "foreign") if hasattr(value, name)]
    return found | {name: _plain(getattr(value, name)) for name in computed}


def _adapter_line(found: AdapterFound) -> str:
    provider = "by value" if found.provider is None else f"provider {shown(found.provider)}"
    count, specs = len(found.states), f", {found.specs} as specs" if found.specs else ""
    least, most = min(found.states), max(found.states)
    sizes = f"a state of {most} bytes" if count == 1 else f"states of {least} to {most} bytes"
    what = f"{count} object{'s' * (count != 1)}{specs}, {sizes}"
    return f"  {shown(found.name)} version {found.version}, {provider}: {what}"


def _indented(nested: Audit | None) -> list[str]:
    return [f"    {line}" for line in str(nested).split("\n")] if nested else []


def _where(count: int, offset: int) -> str:
    return f"{count} time{'s' * (count != 1)}, first at byte {offset}"


for _public in (GlobalFound, CallFound, AdapterFound, Problem, Audit):
    _public.__module__ = "adapters"
