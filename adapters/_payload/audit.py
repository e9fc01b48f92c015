"""What an audit writes down while a payload is followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters._payload.symbolic import Symbolic
from adapters._payload.symbols import (
    PLAIN,
    REBUILD,
    SPEC,
    Bytes,
    Global,
    Made,
    Many,
    adapter_parts,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_PROBLEMS = 100  # that are listed one by one
_ARGUMENT = 1000  # characters of it
_OURS = PLAIN | {REBUILD, SPEC}
# Copies that an audit makes to follow a payload. One that copies everything once takes 8 bytes for
# each of its own.
_FLOOR, _PER_BYTE = 16 << 20, 16
# Which of its arguments a function loads as a pickle.
_LOADS = {
    "_pickle.loads": 0,
    "adapters._main_class": 2,
    "adapters.loads": 0,
    "cloudpickle.cloudpickle.loads": 0,
    "cloudpickle.loads": 0,
    "pickle._loads": 0,
    "pickle.loads": 0,
}


class Auditor(Symbolic):
    """Writes down globals, calls, adapters and problems; it refuses nothing.

    Args:
        size: The size of the payload.
        buffers: The sizes of those that travelled out of band, None if they are not known.
        audit: Audits a payload that is inside; None where that goes too deep.
    """

    def __init__(self, size: int, buffers: list[int] | None, audit: Callable[[bytes], Any]) -> None:
        super().__init__(_FLOOR + _PER_BYTE * size, 1 << 62, buffers)
        # Each with how often it was met, and where first.
        self.globals: dict[str, list[int]] = {}
        self.calls: dict[tuple[str, str, str | None], list[int]] = {}
        # By identity, as a payload that holds one adapter twice has its bytes once.
        self.adapters: dict[tuple[str, int, str | None, int], list[Any]] = {}
        self.nested: dict[int, tuple[Bytes, Any]] = {}
        self.problems: list[tuple[str, int]] = []
        self._audit = audit

    def charge(self, cost: int) -> None:
        """Nothing: the symbols of a payload take memory in proportion to it."""

    def charge_copy(self, cost: int) -> None:
        super().charge(cost)

    def problem(self, message: str, offset: int) -> None:
        """Write down what cannot be told from the payload."""
        if len(self.problems) < _PROBLEMS:
            self.problems.append((message, offset))

    def _count(self, table: dict[Any, list[int]], key: Any) -> None:
        table.setdefault(key, [0, self.at])[0] += 1

    def found(self, found: Global) -> None:
        self._count(self.globals, found.path)

    def unknown(self, what: str) -> Made:
        self.problem(f"it {what}", self.at)
        return Made("something unknown")

    def call(self, how: str, function: Any, arguments: Any, keywords: Any = None) -> Any:
        path, items = _path(function, how), arguments.items if type(arguments) is Many else []
        told = bool(items) and type(items[0]) is str and path not in _OURS
        self._count(self.calls, (path, how, items[0][:_ARGUMENT] if told else None))
        return super().call(how, function, arguments, keywords)

    def run(self, how: str, function: Any, arguments: Any) -> Any:
        path = _path(function, how)
        if arguments is None:
            self._count(self.calls, (path, how, None))
        adapter = path in (REBUILD, SPEC)
        if (adapter and not self._adapter(path, how, arguments)) or path in PLAIN:
            self.problem(f"the arguments of {path} are not those that picklers write", self.at)
        if path in _LOADS:
            self._load(path, arguments)
        return Made(f"what {path} returns" if type(function) is Global else "something computed")

    def _adapter(self, path: str, how: str, arguments: Any) -> bool:
        parts = adapter_parts(arguments) if how == "REDUCE" else None
        if parts is None:
            return False
        name, version, provider = parts
        module = provider if type(provider) is str else None
        body = None if module is not None else provider.items[1]
        key = name, version, module, id(body)
        if key not in self.adapters:
            inside = self._inside(body) if type(body) is Bytes else None
            self.adapters[key] = [body, [], 0, self.at, inside]
        self.adapters[key][1].append(arguments.last)
        self.adapters[key][2] += path == SPEC
        return True

    def _load(self, path: str, arguments: Any) -> None:
        items = arguments.items if type(arguments) is Many else []
        body = items[_LOADS[path]] if len(items) > _LOADS[path] else None
        if type(body) is not Bytes or body.data is None:
            self.problem(f"what {path} loads is not a constant", self.at)
        elif id(body) not in self.nested:
            self.nested[id(body)] = body, self._inside(body)

    def _inside(self, body: Bytes) -> Any:
        assert body.data is not None
        found = self._audit(body.data)
        if found is None:
            self.problem("payloads are inside each other too deep to follow them", self.at)
        return found


def _path(function: Any, how: str) -> str:
    """What is called, in words where it has no name."""
    kind = type(function)
    if kind is Global:
        what = shown(function.path)
    elif kind is Made:
        what = function.what
    else:
        what = function.kind.__name__ if kind in (Bytes, Many) else kind.__name__
    return what if how in ("REDUCE", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX") else f"{what}, changed"
