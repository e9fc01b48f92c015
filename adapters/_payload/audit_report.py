"""audit(): what a payload would import and call, without running any of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from adapters._payload.audit import Auditor
from adapters._payload.machine import Machine
from adapters._payload.reader import UnreadableError
from adapters._payload.symbols import PLAIN, REBUILD, SPEC, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

_NESTED = 10  # levels of payloads within payloads
_OURS = PLAIN | {REBUILD, SPEC}


class GlobalFound(NamedTuple):
    """A global that the payload imports: how often it is named, and where first."""

    path: str
    times: int
    offset: int


class CallFound(NamedTuple):
    """A function that the payload calls: by which opcode, how often, and where first.

    `argument` is its first one where that is a constant string: a module, a command, a name.
    Opcodes that may call a method of an object are listed, too: BUILD (`__setstate__`), APPENDS,
    SETITEMS, ADDITEMS, where the object is none of the built-in containers.
    """

    path: str
    how: str
    argument: str | None
    times: int
    offset: int


class AdapterFound(NamedTuple):
    """An adapter that the payload needs.

    `provider` is the module to import, None where the adapter is by value: then `nested` says what
    its own pickle holds. `states` has the size of each object's state, in bytes of the payload; a
    part that is shared counts where it is first. `specs` of the objects are not rebuilt by loading,
    but stay specs.
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
    """Something that cannot be told from the payload, and where it is."""

    message: str
    offset: int


class Audit(NamedTuple):
    """What is in a payload; `print` it, or ask its fields.

    Nothing is missing in it as long as `complete` is true.
    """

    size: int
    protocol: int
    buffers: int  # that it takes out of band
    values: int  # that it makes: constants, containers and objects
    globals: tuple[GlobalFound, ...]
    calls: tuple[CallFound, ...]
    adapters: tuple[AdapterFound, ...]
    nested: tuple[Audit, ...]  # payloads that calls in it would load
    problems: tuple[Problem, ...]

    @property
    def complete(self) -> bool:
        """Whether all that is in it could be followed, payloads inside included."""
        inside = [each.nested for each in self.adapters if each.nested] + [*self.nested]
        return not self.problems and all(each.complete for each in inside)

    @property
    def foreign(self) -> tuple[str, ...]:
        """The globals that are neither of adapters' wire form nor of plain data."""
        return tuple(each.path for each in self.globals if each.path not in _OURS)

    @property
    def only_adapters(self) -> bool:
        """Whether it holds plain data and objects of adapters that are imported, and no more."""
        calls = all(each.path in _OURS and each.how == "REDUCE" for each in self.calls)
        values = any(adapter.by_value for adapter in self.adapters)
        return self.complete and calls and not (self.foreign or values or self.nested)

    def as_dict(self) -> dict[str, Any]:
        """The same as dicts, lists, strings and numbers, for JSON."""

        def plain(value: Any) -> Any:
            if hasattr(value, "_asdict"):
                extra: dict[str, Any] = {}
                if type(value) is AdapterFound:
                    extra = {"by_value": value.by_value}
                if type(value) is Audit:
                    extra = {"complete": value.complete, "foreign": list(value.foreign)}
                return {**{key: plain(each) for key, each in value._asdict().items()}, **extra}
            return [plain(each) for each in value] if type(value) is tuple else value

        found: dict[str, Any] = plain(self)
        return found

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> list[str]:
        buffers = f", {self.buffers} buffers out of band" if self.buffers else ""
        lines = [
            f"payload of {self.size} bytes, protocol {self.protocol}: {self.values} values{buffers}"
        ]
        lines += ["adapters:"] if self.adapters else []
        for adapter in self.adapters:
            lines += _adapter_lines(adapter)
        lines += ["globals:"] if self.globals else []
        lines += [f"  {shown(each.path)}, {_where(*each[1:])}" for each in self.globals]
        lines += ["calls:"] if self.calls else []
        lines += [
            f"  {shown(each.path)}{_argument(each.argument)} by {each.how}, {_where(*each[3:])}"
            for each in self.calls
        ]
        for nested in self.nested:
            lines += ["loads inside:", *_indented(nested)]
        lines += ["not understood:"] if self.problems else []
        lines += [f"  at byte {problem.offset}: {problem.message}" for problem in self.problems]
        return [*lines, self._verdict()]

    def _verdict(self) -> str:
        if not self.complete:
            return "verdict: it cannot be followed to the end, so there may be more in it"
        if self.only_adapters:
            needs = "plain data and the adapters above" if self.adapters else "plain data"
            return f"verdict: nothing but {needs}"
        return "verdict: it runs code of its own choice; load it only if you trust the sender"


def audit(data: Any, *, buffers: Iterable[Any] | None = None) -> Audit:
    r"""List what a payload would import and call, and its adapters, without doing any of it.

    The opcodes are followed with symbols in place of values. What cannot be told from the payload
    alone is among the `problems`, and never guessed: a damaged payload, a global named by strings
    that the payload computes, extension codes, persistent ids. An adapter by value, and a pickle
    that the payload would load, are audited in turn.

    It tells what a payload asks for, and not what that does: a factory is code that runs.

    Args:
        data: Any bytes-like object.
        buffers: What travelled out of band, in order. Only their number is looked at.

    >>> import adapters, pickle
    >>> audit(pickle.dumps([1, 2, 3])).only_adapters
    True
    >>> print(audit(b"cos\nsystem\n(Vls\ntR."))
    payload of 19 bytes, protocol 0: 3 values
    globals:
      os.system, 1 time, first at byte 0
    calls:
      os.system on 'ls' by REDUCE, 1 time, first at byte 17
    verdict: it runs code of its own choice; load it only if you trust the sender
    """
    sizes = None if buffers is None else [0 for _ in buffers]
    return _audit(bytes(memoryview(data)), sizes, _NESTED)


def _audit(data: bytes, buffers: list[int] | None, levels: int) -> Audit:
    def nested(body: bytes) -> Audit | None:
        return _audit(body, None, levels - 1) if levels else None

    symbols = Auditor(len(data), buffers, nested)
    machine = Machine(data, symbols)
    try:
        machine.run()
    except UnreadableError as error:
        symbols.problem(error.message, error.offset)
    return Audit(
        size=len(data),
        protocol=machine.protocol,
        buffers=symbols.taken,
        values=symbols.values,
        globals=tuple(GlobalFound(path, *found) for path, found in symbols.globals.items()),
        calls=tuple(CallFound(*key, *found) for key, found in symbols.calls.items()),
        adapters=tuple(
            AdapterFound(*key[:3], tuple(states), specs, offset, inside)
            for key, (_, states, specs, offset, inside) in symbols.adapters.items()
        ),
        nested=tuple(inside for _, inside in symbols.nested.values() if inside is not None),
        problems=tuple(Problem(*problem) for problem in symbols.problems),
    )


def _adapter_lines(found: AdapterFound) -> list[str]:
    provider = "by value" if found.provider is None else f"provider {shown(found.provider)}"
    count, specs = len(found.states), f", {found.specs} as specs" if found.specs else ""
    least, most = min(found.states), max(found.states)
    sizes = f"a state of {most} bytes" if count == 1 else f"states of {least} to {most} bytes"
    what = f"{count} object{'s' * (count != 1)}{specs}, {sizes}"
    lines = [f"  {shown(found.name)} version {found.version}, {provider}: {what}"]
    return lines + (_indented(found.nested) if found.nested else [])


def _indented(nested: Audit) -> list[str]:
    return [f"    {line}" for line in nested._lines()]


def _argument(argument: str | None) -> str:
    return "" if argument is None else f" on {shown(repr(argument))}"


def _where(count: int, offset: int) -> str:
    return f"{count} time{'s' * (count != 1)}, first at byte {offset}"


Audit.__module__ = audit.__module__ = "adapters"
