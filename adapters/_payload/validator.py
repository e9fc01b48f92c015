"""First pass of trusted loading: ends at the first thing that is not trusted, or is too large."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters._payload import budget
from adapters._payload.machine import Machine
from adapters._payload.needs import ADVICE, Needs, refused
from adapters._payload.objects import SUBCLASS
from adapters._payload.reader import UnreadableError
from adapters._payload.symbolic import SymbolicBuilder
from adapters._payload.symbols import KNOWN, Global, shown

if TYPE_CHECKING:
    from adapters._payload.forms import AdapterCall
    from adapters.errors import UntrustedError


class Validator(SymbolicBuilder):
    """Ends the first pass at the first thing that is not trusted."""

    def __init__(
        self,
        size: int,
        buffers: list[int],
        memory: int | None,
        modules: dict[str, str | None],
        by_value: bool,
    ) -> None:
        super().__init__(size, buffers, memory)
        self._unknown: tuple[str, int] | None = None  # a global that is not known, and its offset
        self.needs = Needs(modules, by_value)

    def validate(self, payload: bytes) -> None:
        """Run the first pass."""
        try:
            Machine(payload, self).run()
        except UnreadableError:
            self.end()
            raise
        self.end()

    def end(self) -> None:
        """Refuse a global that is not known, and is not the class of an object of an adapter.

        It is refused some opcodes after it is named, as the message for a class is another one.
        """
        if self._unknown:
            raise self._refused("")

    def _refused(self, what: str, advice: str = ADVICE) -> UntrustedError:
        """The error to raise; that for a global which is not known, where there is one."""
        if self._unknown and advice is not SUBCLASS:
            path, at = self._unknown
            return refused(at, f"it names {shown(path)}")
        return refused(self.at, what, advice)

    def refuse(self, what: str, advice: str = ADVICE) -> None:
        raise self._refused(what, advice)

    def takes_too_long(self, what: str) -> UntrustedError:
        return self._refused(what, budget.FLATTEN)

    def found_global(self, path: str) -> None:
        if self._unknown:
            self.end()
        if path not in KNOWN:
            self._unknown = path, self.at

    def global_as_item(self, path: str) -> None:
        if not self._unknown:
            raise self._refused(f"it holds {path} itself, as data")

    def unresolved(self, what: str) -> Any:
        raise self._refused(f"it {what}")

    def run(self, how: str, function: Any, arguments: Any) -> Any:
        path = function.path if type(function) is Global else "an object"
        raise self._refused(f"it uses {path} in a {how} as neither plain data nor adapters do")

    def adapter_called(self, call: AdapterCall) -> None:
        self.needs.note(call, self.at)
