"""Work: what a task of an executor is, a call or a chunk of calls of one function."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias

from adapters._execution.dispatcher import Dispatcher
from adapters._execution.messages import (
    Calls,
    Outcome,
    ResultItem,
    open_chunk,
    open_result,
    run_call,
    run_chunk,
)
from adapters._execution.packing import Packed, pack_plain
from adapters._execution.parts import Message, unpack_plain
from adapters.errors import AdapterError, RebuildError, SerializeError

Sent: TypeAlias = tuple[Any, ...]  # the function that runs in a worker, and its arguments
Names: TypeAlias = "dict[str, str | None]"  # as `Packed.names`


class Call:
    """One call."""

    __slots__ = ("_packed", "_parts", "_reduced")

    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self._parts = function, args, kwargs
        self._reduced: dict[int, Any] = {}
        self._packed: tuple[bool, Names, Sent] = False, {}, ()

    @property
    def once(self) -> bool:
        """Whether something in it can be rebuilt only once, so that it must not run again."""
        return bool(self._reduced)

    def pack(self, dispatcher: Dispatcher, answer: ResultItem | None = None) -> Sent:
        """What to submit, the first time or after an answer that said what the worker lacks.

        Raises:
            SerializeError: as `adapters.dumps`.
        """
        if answer is None:
            self._pack(dispatcher, dispatcher.must_copy(self._parts[0]))
        elif answer[1]:
            _pack_copies(self._pack, dispatcher, answer[1])
        copy, names, message = self._packed
        return run_call, dispatcher.head(copy, names, again=answer is not None), *message

    def _pack(self, dispatcher: Dispatcher, copy: bool) -> None:
        packed = dispatcher.pack(self._parts, copy, self._reduced)
        if packed.lacks:
            copy, packed = True, dispatcher.pack(self._parts, True, self._reduced)
        self._packed = copy, packed.names, packed.message

    def open(self, item: ResultItem) -> Outcome:
        """The outcome, from the result item."""
        return open_result(item)

    def lost(self, error: BaseException) -> Outcome:
        """The outcome where the call as a whole was lost."""
        return None, error


class Mapped:
    """A function that is called more than once; it is packed once, by name and by value each.

    Args:
        function: The function.
        stop: Whether the first call of a chunk that fails is the last one.
    """

    def __init__(self, function: Callable[..., Any], stop: bool) -> None:
        self.function = function
        self.stop = stop
        self._packed: dict[bool, Packed] = {}

    def pack(self, dispatcher: Dispatcher, copy: bool, chunk: Chunk) -> Packed:
        """The function as a message for a chunk; raises as `adapters.dumps`."""
        packed = self._packed.get(copy)
        if packed is None:
            packed = dispatcher.pack(self.function, copy, chunk.reduced)
            if not chunk.reduced:  # else each chunk needs a copy of its own
                self._packed[copy] = packed
        return packed


class Chunk:
    """Calls of one function, each of which can fail by itself."""

    __slots__ = ("_calls", "_count", "_mapped", "_packed", "_reduced", "_refused", "_whole")

    def __init__(self, mapped: Mapped, calls: list[tuple[Any, ...]]) -> None:
        self._mapped = mapped
        self._calls = calls
        self._count = len(calls)
        self._packed: tuple[bool, Names, Sent] = False, {}, ()
        self._reduced: dict[int, Any] | None = None
        self._refused: dict[int, AdapterError] | None = None  # why a call was not sent, by index
        self._whole = self._count > 1  # whether to send the arguments of all calls as one message

    @property
    def reduced(self) -> dict[int, Any]:
        """Reductions of what can be rebuilt only once, as in `Packed`."""
        if self._reduced is None:
            self._reduced = {}
        return self._reduced

    @property
    def once(self) -> bool:
        """Whether something in it can be rebuilt only once, so that it must not run again."""
        return bool(self._reduced)

    def pack(self, dispatcher: Dispatcher, answer: ResultItem | None = None) -> Sent:
        """As `Call.pack`; calls whose arguments cannot be pickled are left out."""
        if answer is None:
            self._pack(dispatcher, dispatcher.must_copy(self._mapped.function))
        elif answer[1] is None:  # they cannot be rebuilt as one
            self._whole = False
            self._pack(dispatcher, self._packed[0])
        elif answer[1]:
            _pack_copies(self._pack, dispatcher, answer[1])
        copy, names, message = self._packed
        head = dispatcher.head(copy, names, again=answer is not None)
        return run_chunk, head, *message, self._mapped.stop

    def _pack(self, dispatcher: Dispatcher, copy: bool) -> None:
        function = self._mapped.pack(dispatcher, copy, self)
        calls: Calls | None = pack_plain(self._calls, dispatcher.folder, is_kept=True)
        packed: list[Packed] = []
        if calls is None and self._whole and not self._reduced:
            with suppress(AdapterError):  # of one call, as will be seen
                packed = [dispatcher.pack(self._calls, copy, self.reduced)]
                calls = None if self._reduced else packed[0].message
        if calls is None:
            packed, calls = self._pack_each(dispatcher, copy)
        names, lacks = function.names, function.lacks
        for each in packed:
            names = names | each.names
            lacks |= each.lacks
        if lacks and not copy:
            self._pack(dispatcher, True)
        else:
            self._packed = copy, names, (function.message, calls)

    def _pack_each(self, dispatcher: Dispatcher, copy: bool) -> tuple[list[Packed], list[Message]]:
        self._refused = refused = {}
        packed = []
        for index, args in enumerate(self._calls):
            try:
                packed.append(dispatcher.pack(args, copy, self.reduced))
            except AdapterError as error:
                refused[index] = error
        return packed, [each.message for each in packed]

    def release(self) -> None:
        """Let the arguments go: an answer has come, and it will not be sent again."""
        self._calls = []
        self._packed = False, {}, ()
        self._reduced = None

    def open_plain(self, item: ResultItem) -> list[Any] | None:
        """The results of all calls, in a result item of plain data; None if some were not sent."""
        if self._refused or type(item[1]) is RebuildError:
            return None
        return unpack_plain(item[1])  # type: ignore[no-any-return]

    def open(self, item: ResultItem) -> tuple[list[Outcome], None]:
        """The outcomes of all calls, in order."""
        return self._merge(open_chunk(item, self._count))

    def lost(self, error: BaseException) -> tuple[list[Outcome], None]:
        """The outcomes where the chunk as a whole was lost."""
        return self._merge([(None, error)] * self._count)

    def _merge(self, outcomes: list[Outcome]) -> tuple[list[Outcome], None]:
        refused = self._refused
        if refused:
            arrived, indices = iter(outcomes), range(self._count)
            outcomes = [(None, refused[i]) if i in refused else next(arrived) for i in indices]
        return outcomes, None


def _pack_copies(
    pack: Callable[[Dispatcher, bool], None], dispatcher: Dispatcher, missing: list[str]
) -> None:
    """Pack by value what a worker lacks, and say so if that cannot be done."""
    dispatcher.lack(missing)
    try:
        pack(dispatcher, True)
    except SerializeError as error:
        raise SerializeError(
            f"a worker does not have {', '.join(missing)} of the main script, and the call cannot"
            f" go by value: {error}",
            error.subject,
        ) from error
