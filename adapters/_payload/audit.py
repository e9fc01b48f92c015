"""audit(): what a payload would import and call, without running any of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters._payload import budget
from adapters._payload.audit_report import AdapterFound, Audit, CallFound, GlobalFound, Problem
from adapters._payload.places import PlacesMachine
from adapters._payload.reader import UnreadableError
from adapters._payload.symbolic import SymbolicBuilder
from adapters._payload.symbols import (
    COMPLETE,
    KNOWN,
    REBUILD,
    SPEC,
    BytesLike,
    Closed,
    Container,
    Global,
    Made,
    Opaque,
    shown,
)
from adapters.errors import VersionError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pickle import PickleBuffer

    from _typeshed import ReadableBuffer

    from adapters._payload.forms import AdapterCall

# Functions that load a pickle, and which of their arguments it is.
_MODULES = ("_pickle", "adapters", "cloudpickle", "cloudpickle.cloudpickle", "pickle")
_LOADS = {f"{module}.loads": 0 for module in _MODULES}
_LOADS |= {"pickle._loads": 0, "adapters.main_class": 2, "adapters._main_class": 2}
_LOADS |= {"adapters.definition": 2}


def audit(
    data: ReadableBuffer, *, buffers: Iterable[ReadableBuffer | PickleBuffer] | None = None
) -> Audit:
    r"""List what a payload would import and call, and its adapters, without doing any of it.

    The opcodes are followed with symbols in place of values. What the bytes of the payload alone do
    not tell is among the `problems`, and never guessed: a damaged payload, a global named by
    strings that the payload computes, extension codes, persistent ids. An adapter by value, and a
    pickle that the payload would load, are audited in turn.

    It tells what a payload asks for, and not what that does: a factory is code that runs.

    Args:
        data: Any bytes-like object.
        buffers: What travelled out of band, in order. Only their number and sizes are used.

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
    sizes = None if buffers is None else [memoryview(each).nbytes for each in buffers]
    payload = data if type(data) is bytes else bytes(memoryview(data))
    return _Inside(len(payload)).audit(payload, sizes, 0)


audit.__module__ = "adapters"


class _Inside:
    """Audits of a payload and of those inside it: each one once, and bytes up to a limit."""

    def __init__(self, size: int) -> None:
        self._left = budget.bytes_to_audit(size)
        self._done: dict[bytes, Audit] = {}

    def audit(self, payload: bytes, buffers: list[int] | None, level: int) -> Audit:
        """Audit one payload, which is inside so many others."""
        auditor = _Auditor(len(payload), buffers, self, level)
        machine = PlacesMachine(payload, auditor)
        try:
            machine.run()
        except UnreadableError as error:
            auditor.problem(error.message)
        except VersionError as error:  # it has a newer form
            auditor.problem(str(error))
        return Audit(
            size=len(payload),
            protocol=machine.protocol,
            buffers=auditor.buffers_taken,
            values=auditor.values,
            globals=_globals(auditor.globals),
            calls=tuple(CallFound(*key, *found) for key, found in auditor.calls.items()),
            adapters=tuple(
                AdapterFound(*key[:3], tuple(states), *found)
                for key, (states, *found) in auditor.adapters.items()
            ),
            nested=tuple(auditor.nested.values()),
            problems=tuple(auditor.problems),
            refused=tuple(auditor.refused),
            imports=_globals(auditor.imports),
        )

    def inside(self, payload: bytes, level: int) -> Audit | str:
        """Audit a payload that is inside others, or say why it cannot be followed."""
        found = self._done.get(payload)
        if found is None:
            if level > budget.AUDIT_DEPTH:
                return "payloads are nested too deep to be followed"
            self._left -= len(payload)
            if self._left < 0:
                return "payloads inside payloads have too many bytes to be followed"
            found = self._done[payload] = self.audit(payload, None, level)
        return found


def _globals(table: dict[str, list[int]]) -> tuple[GlobalFound, ...]:
    return tuple(GlobalFound(path, *found) for path, found in table.items())


class _Auditor(SymbolicBuilder):
    """Writes down globals, calls, adapters and problems; it refuses nothing."""

    def __init__(self, size: int, buffers: list[int] | None, inside: _Inside, level: int) -> None:
        super().__init__(size, buffers, None)
        # Each with how often it is met, and the offset of the first time.
        self.globals: dict[str, list[int]] = {}
        self.imports: dict[str, list[int]] = {}  # modules that providers name
        self.calls: dict[tuple[str, str, str | None], list[int]] = {}  # path, opcode, argument
        # Name, version, module and body: states, the number of specs, offset and nested audit.
        self.adapters: dict[tuple[str, int, str | None, Any], list[Any]] = {}
        self.nested: dict[bytes, Audit] = {}  # payloads that calls load
        self.problems: list[Problem] = []
        self.refused: list[Problem] = []
        self._bodies: set[bytes] = set()  # adapters by value
        self._inside, self._level = inside, level

    def problem(self, message: str) -> None:
        if len(self.problems) < budget.PROBLEMS:
            self.problems.append(Problem(message, self.at))

    def refuse(self, what: str, advice: str = "") -> None:
        if len(self.refused) < budget.PROBLEMS:
            self.refused.append(Problem(what, self.at))

    def _count(self, table: dict[Any, list[int]], key: Any) -> None:
        table.setdefault(key, [0, self.at])[0] += 1

    def found_global(self, path: str) -> None:
        self._count(self.globals, path)

    def global_as_item(self, path: str) -> None:
        if path in KNOWN:  # others are foreign, wherever they are
            self.refuse(f"it holds {path} itself, as data")

    def unresolved(self, what: str) -> Opaque:
        self.problem(f"it {what}")
        return Opaque("something unknown")

    def call(self, how: str, function: Any, arguments: Any, keywords: Any = None) -> Any:
        path, items = _path(function, how), _items(arguments)
        told = bool(items) and type(items[0]) is str and path not in KNOWN
        self._count(self.calls, (path, how, items[0][: budget.ARGUMENT] if told else None))
        return super().call(how, function, arguments, keywords)

    def run(self, how: str, function: Any, arguments: Any) -> Any:
        path = _path(function, how)
        if arguments is None:
            self._count(self.calls, (path, how, None))
        if path in KNOWN:
            self.problem(f"the arguments of {path} are not those that picklers write")
        if path in _LOADS:
            self._load(path, _items(arguments))
        return Opaque(f"what {path} returns" if type(function) is Global else "something computed")

    def adapter_called(self, call: AdapterCall) -> None:
        if call.path == COMPLETE:
            return
        name, version, provider = call.key
        module, body = (provider, None) if type(provider) is str else (None, provider[1])
        if module is not None:
            self._count(self.imports, module)
        key = name, version, module, body
        if key not in self.adapters:
            self.adapters[key] = [[], 0, self.at, self._by_value(body)]
        found = self.adapters[key]
        found[0].append(call.size)
        found[1] += call.path == SPEC

    def _by_value(self, body: Any) -> Audit | None:
        """What an adapter by value holds, at the first adapter that has it."""
        if type(body) is not bytes or body in self._bodies:
            return None
        self._bodies.add(body)
        return self._audit(body)

    def _load(self, path: str, items: list[Any]) -> None:
        body = items[_LOADS[path]] if len(items) > _LOADS[path] else None
        if type(body) is not BytesLike or body.data is None:
            self.problem(f"what {path} loads is not a constant")
        elif body.data not in self.nested and (found := self._audit(body.data)):
            self.nested[body.data] = found

    def _audit(self, body: bytes) -> Audit | None:
        found = self._inside.inside(body, self._level + 1)
        if type(found) is Audit:
            return found
        self.problem(str(found))
        return None


def _items(arguments: Any) -> list[Any]:
    return arguments.items if type(arguments) in (Closed, Container) else []


def _path(function: Any, how: str) -> str:
    """What is called: its path, or a description where it has none."""
    kind = type(function)
    if kind is Global:
        what = shown(function.path)
    elif kind is Made:
        what = f"what {REBUILD} returns"
    elif kind is Opaque:
        what = function.what
    else:
        what = getattr(function, "kind", kind).__name__
    return what if how in ("REDUCE", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX") else f"{what}, changed"
