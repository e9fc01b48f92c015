"""The checks for objects of which a process may have one at a time, as an open handle of a file.

Each rebuilds an example from what was sent, and deletes it before it rebuilds the next one.
"""

from __future__ import annotations

import gc
import pickle
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from adapters._child import progress
from adapters._conformance import leaks, rebuild_checks
from adapters._conformance.report import Broken
from adapters._naming import in_words
from adapters._pickling import loads
from adapters._wire.served import adapter_for
from adapters.errors import failures

if TYPE_CHECKING:
    from adapters._conformance.case import Case, Sent

_TWO = "elsewhere=True: it needs two objects in one process"
SKIPPED = {
    "round_trip_in_a_forked_child": "elsewhere=True: a forked process has the original",
    "factory_makes_a_fresh_object": _TWO,
    "deepcopy_makes_a_second_object": _TWO,
    "threads_at_once": _TWO,
}

# Kept alive, so that a factory that borrows it fails one promise only, `outlives_the_original`.
_memory: list[list[bytearray]] = []


def opened(sent: Sent) -> Any:
    """A rebuilt example; the one before it must be deleted."""
    gc.collect()
    buffers = [bytearray(buffer) for buffer in sent.buffers]
    _memory.append(buffers)
    return pickle.loads(sent.body, buffers=buffers)


def written(sent: Sent, write: Callable[[Any], bytes]) -> bytes:
    """The payload of an example, which is deleted."""
    payload = write(opened(sent))
    gc.collect()
    return payload


def _arrives(case: Case, sent: Sent) -> None:
    case.require_state(opened(sent), "what arrived")


def _looks_alike(case: Case, sent: Sent) -> None:
    case.require_look(opened(sent), "what pickle carried", full=True)


def _carry(case: Case, sent: Sent, how: str, write: Callable[[Any], bytes]) -> None:
    progress(how)
    try:
        rebuilt = pickle.loads(written(sent, write))
    except failures() as error:
        raise Broken(f"{how} fails: {in_words(error)}") from error
    case.require_state(rebuilt, f"what {how} carried")


def _sent_back(case: Case, _: Sent, payloads: list[bytes]) -> None:
    gc.collect()
    rebuilt = loads(payloads[case.index])
    case.adapter = adapter_for(rebuilt) or case.adapter
    case.require_state(rebuilt, "what the child sent back")


def _every_protocol(case: Case, sent: Sent) -> None:
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        _carry(case, sent, f"pickle protocol {protocol}", partial(pickle.dumps, protocol=protocol))


def _cloudpickle(case: Case, sent: Sent) -> None:
    import cloudpickle

    _carry(case, sent, "cloudpickle", cloudpickle.dumps)


def _message(example: Any) -> bytes:
    return pickle.dumps([[example], {"key": example}, (example,)])


def _nested_and_shared(case: Case, sent: Sent) -> None:
    (found,), in_dict, in_tuple = pickle.loads(written(sent, _message))
    if in_dict["key"] is not found or in_tuple[0] is not found:
        raise Broken("an object that is in one message several times arrives as several")
    case.require_state(found, "what arrived in a container")


def _state_is_no_alias(case: Case, sent: Sent) -> None:
    rebuild_checks.state_is_no_alias(case, opened(sent))


def _factory_keeps_no_container(case: Case, sent: Sent) -> None:
    gc.collect()
    rebuild_checks.require_own_containers(case, pickle.loads(sent.state))


def _nothing_leaks(case: Case, sent: Sent) -> str:
    return leaks.require_no_leak(case, written(sent, pickle.dumps))


CHECKS: dict[str, Callable[..., Any]] = {
    "round_trip_in_process": _looks_alike,
    "round_trip_in_a_spawned_child": _arrives,
    "sent_back_by_a_child": _sent_back,
    "round_trip_in_a_forkserver_child": _sent_back,
    "every_protocol": _every_protocol,
    "cloudpickle": _cloudpickle,
    "nested_and_shared_in_one_message": _nested_and_shared,
    "state_is_no_alias": _state_is_no_alias,
    "factory_keeps_no_container": _factory_keeps_no_container,
    "nothing_leaks": _nothing_leaks,
}
