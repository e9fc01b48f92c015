"""Work: what a task of an executor is, a call or a chunk of calls of one function."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from adapters._execution.dispatcher import Dispatcher
from adapters._execution.messages import (
    Outcome,
    ResultItem,
    open_chunk,
    open_result,
    run_call,
    run_chunk,
)
from adapters._execution.packing import Message, Packed, pack_plain
from adapters.errors import AdapterError

Sent = tuple[Any, ...]  # the function that runs in a worker, and its arguments


class Call:
    """One call."""

    __slots__ = ("_parts", "_reduced")

    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self._parts = function, args, kwargs
        self._reduced: dict[int, Any] = {}

    @property
    def once(self) -> bool:
        """Whether something in it can be rebuilt only once, so that it must not run again."""
        return bool(self._reduced)

    def pack(self, dispatcher: Dispatcher, answer: ResultItem | None = None) -> Sent:
        """What to submit, the first time or after an answer that said what the worker lacks.

        Raises:
            SerializeError: as `adapters.dumps`.
        """
        copy = _learn(dispatcher, answer) or dispatcher.must_copy(self._parts[0])
        packed = dispatcher.pack(self._parts, copy, self._reduced)
        if packed.lacks:
            copy, packed = True, dispatcher.pack(self._parts, True, self._reduced)
        head = dispatcher.head(copy, packed.names, again=answer is not None)
        return run_call, head, *packed.message

    def open(self, item: ResultItem) -> Outcome:
        """The outcome, from the result item."""
        return open_result(item)

    def lost(self, error: BaseException) -> Outcome:
        """The outcome where the call as a whole was lost."""
        return None, error


class Mapped:
    """A function that is called more than once; it is packed once, by name and by value each."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.reduced: dict[int, Any] = {}
        self._packed: dict[bool, Packed] = {}

    def pack(self, dispatcher: Dispatcher, copy: bool) -> Packed:
        """The function as a message; raises as `adapters.dumps`."""
        if copy not in self._packed:
            self._packed[copy] = dispatcher.pack(self.function, copy, self.reduced)
        return self._packed[copy]


class Chunk:
    """Calls of one function, each of which can fail by itself."""

    __slots__ = ("_calls", "_count", "_mapped", "_reduced", "_refused")

    def __init__(self, mapped: Mapped, calls: list[tuple[Any, ...]]) -> None:
        self._mapped = mapped
        self._calls = calls
        self._count = len(calls)
        self._reduced: dict[int, Any] | None = None
        self._refused: dict[int, AdapterError] | None = None  # why a call was not sent, by index

    @property
    def once(self) -> bool:
        """Whether something in it can be rebuilt only once, so that it must not run again."""
        return bool(self._reduced or self._mapped.reduced)

    def pack(self, dispatcher: Dispatcher, answer: ResultItem | None = None) -> Sent:
        """As `Call.pack`; calls whose arguments cannot be pickled are left out."""
        copy = _learn(dispatcher, answer) or dispatcher.must_copy(self._mapped.function)
        sent, lacks = self._pack(dispatcher, copy, answer is not None)
        return self._pack(dispatcher, True, answer is not None)[0] if lacks else sent

    def _pack(self, dispatcher: Dispatcher, copy: bool, again: bool) -> tuple[Sent, bool]:
        function = self._mapped.pack(dispatcher, copy)
        names, lacks = function.names, function.lacks
        calls: bytes | list[Message] | None = pack_plain(self._calls)
        if calls is None:
            names, calls = dict(names), []
            self._reduced = reduced = self._reduced or {}
            self._refused = refused = {}
            for index, args in enumerate(self._calls):
                try:
                    packed = dispatcher.pack(args, copy, reduced)
                except AdapterError as error:
                    refused[index] = error
                else:
                    names |= packed.names
                    lacks |= packed.lacks
                    calls.append(packed.message)
        head = dispatcher.head(copy, names, again)
        return (run_chunk, head, function.message, calls), lacks

    def release(self) -> None:
        """Let the arguments go: an answer has come, and it will not be sent again."""
        self._calls = []
        self._reduced = None

    def open_plain(self, item: ResultItem) -> list[Any] | None:
        """The results of all calls, in a result item of plain data; None if some were not sent."""
        return None if self._refused else pickle.loads(item[1])

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


def _learn(dispatcher: Dispatcher, answer: ResultItem | None) -> bool:
    """Learn what a worker lacks; returns whether there are definitions among it."""
    missing = answer[1] if answer is not None else []
    dispatcher.lack(missing)
    return bool(missing)
