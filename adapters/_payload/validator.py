"""First pass of trusted loading: ends at the first thing that is not trusted, or is too large."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters._payload import budget
from adapters._payload.machine import Machine
from adapters._payload.needs import ADVICE, Needs, refused
from adapters._payload.reader import UnreadableError
from adapters._payload.symbolic import SUBCLASS, SymbolicBuilder
from adapters._payload.symbols import KNOWN, SPEC, BytesLike, Container, Global, Made, shown
from adapters._wire.rebuild import Spec

if TYPE_CHECKING:
    from adapters._payload.forms import AdapterCall
    from adapters.errors import UntrustedError


class Validator(SymbolicBuilder):
    """Ends the first pass at the first thing that is not trusted."""

    def __init__(
        self, memory: int, sizes: list[int], modules: dict[str, str | None], by_value: bool
    ) -> None:
        super().__init__(memory, budget.VALUE_DEPTH, sizes)
        self._unknown: tuple[str, int] | None = None  # a global that is not known, and its offset
        self.needs = Needs(modules, by_value)

    def validate(self, payload: bytes) -> None:
        """Run the first pass."""
        try:
            result = Machine(payload, self).run()
            if type(result) is Global:
                self.global_as_item(result.path)
        except UnreadableError:
            self.end()
            raise
        self.end()

    def refused(self, what: str, advice: str = ADVICE) -> UntrustedError:
        """The error to raise; that for a global which is not known, where there is one."""
        if self._unknown and advice is not SUBCLASS:
            path, at = self._unknown
            return refused(at, f"it names {shown(path)}")
        return refused(self.at, what, advice)

    def over_limit(self, what: str) -> UntrustedError:
        return self.refused(what, "if it is meant to be, load it with a larger max_bytes")

    def found_global(self, path: str) -> None:
        if self._unknown:
            self.end()
        if path not in KNOWN:
            self._unknown = path, self.at

    def end(self) -> None:
        """Refuse a global that is not known, and is not the class of an object of an adapter.

        It is refused a few opcodes after it is named, as the message is another one for a class.
        """
        if self._unknown:
            raise self.refused("")

    def global_as_item(self, path: str) -> None:
        if not self._unknown:
            raise self.refused(f"it holds {path} itself, as data")

    def unresolved(self, what: str) -> Any:
        raise self.refused(f"it {what}")

    def run(self, how: str, function: Any, arguments: Any) -> Any:
        path = function.path if type(function) is Global else "an object"
        raise self.refused(f"it uses {path} in a {how} as neither plain data nor adapters do")

    def keys(self, items: list[Any]) -> None:
        for key in items:
            kind = type(key)
            if (kind is Container or kind is BytesLike) and not key.hashable:
                what = "a key is or holds a list, dict, set or bytearray, which has no hash"
                raise UnreadableError(what, self.at)
            if kind is Container:
                if key.depth > budget.KEY_DEPTH:
                    raise self.over_limit(f"a key is nested deeper than {budget.KEY_DEPTH} levels")
                self.charge(budget.VALUE * key.total)  # stands for time: a hash visits all values

    def refuse(self, what: str, advice: str = ADVICE) -> None:
        raise self.refused(what, advice)

    def adapter(self, call: AdapterCall) -> Any:
        self.needs.note(call, self.at)
        if call.path == SPEC:
            spec = Container(Spec, call.arguments.items)
            self.close(spec)
            return spec
        self.give(call.state)
        return Made(call.key, call.arguments.depth)

    def completed(self, call: AdapterCall) -> None:
        self.needs.note(call, self.at)
