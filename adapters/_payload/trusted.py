"""Trusted loading: `adapters.loads(..., trusted=...)`, for payloads of unknown senders.

Two passes run the same machine on the same bytes. The first one works on symbols: it imports, makes
and calls nothing, and ends at whatever is not allowed, not understood or too large. Then the
adapters are looked up, by names that the caller gave. The second pass makes the values.

Why that is safe: no unpickler sees other opcodes than the validator did. No name of the payload
reaches an import or a getattr: it is compared with a fixed table, `symbols.PLAIN`, and what it then
stands for is in that table. No method of an object is called: BUILD is refused, and items are added
to lists, dicts and sets of the payload's own alone. Factories of trusted adapters run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters._naming import in_words
from adapters._payload import budget
from adapters._payload.construct import ValueBuilder
from adapters._payload.machine import Machine
from adapters._payload.reader import UnreadableError
from adapters._payload.validator import Validator
from adapters.errors import AdapterError, RebuildError, failures

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DAMAGED = "it is damaged, or was not written by a pickler"


def trusted_loads(
    data: Any,
    *,
    buffers: Iterable[Any] | None = None,
    trusted: Iterable[str] | Mapping[str, str],
    by_value: bool = False,
    max_bytes: int | None = None,
) -> Any:
    """Load plain data and objects of the trusted adapters, and refuse all else before it runs.

    `adapters.loads` documents the arguments and the errors. Plain data is None, bool, int, float,
    complex, str, bytes, bytearray, memoryview, tuple, list, dict, set, frozenset and, where Python
    has it, frozendict, exactly. Specs stay specs, of trusted adapters only. An adapter by value is
    replaced by the registered one of the same name and fingerprint. A module that the caller names
    is imported after the first pass, where the adapter is not registered.

    A state cannot grow after a factory was given it: what the factory checked is what there is.
    Hence a list that holds an object whose state holds the list is refused. Buffers are not copied:
    whoever can write to them can change the objects later. The memory that the values take is
    estimated upwards, each state counted once more for a factory that copies it.

    >>> import pickle
    >>> trusted_loads(pickle.dumps({"plain": [1, 2.5]}), trusted=[])
    {'plain': [1, 2.5]}
    """
    if isinstance(trusted, (str, bytes)):
        raise TypeError("trusted must be a collection of adapters' names, not one string")
    named: Any = trusted
    modules = dict(named) if hasattr(named, "keys") else dict.fromkeys(named)
    try:
        # A copy, unless it is bytes, so that it cannot change.
        payload = data if type(data) is bytes else bytes(memoryview(data))
        views = [] if buffers is None else [*buffers]
        sizes = [memoryview(view).nbytes for view in views]
    except (TypeError, ValueError, BufferError) as error:
        raise RebuildError(f"cannot load a payload: {in_words(error)}", "payload") from error
    try:
        validator = Validator(len(payload), sizes, max_bytes, modules, by_value)
        validator.validate(payload)
        adapters, keys = validator.needs.adapters(), validator.keys_of_objects
        del validator  # and with it the symbols
        steps = budget.steps_to_load(len(payload), sum(sizes))
        return Machine(payload, ValueBuilder(views, adapters, keys, steps)).run()
    except (AdapterError, MemoryError):
        raise
    except UnreadableError as error:
        what = f"at byte {error.offset}, {error.message}; {_DAMAGED}"
        raise RebuildError(f"cannot load a payload: {what}", "payload") from None
    except failures() as error:
        raise RebuildError(f"cannot load a payload: {in_words(error)}", "payload") from error
