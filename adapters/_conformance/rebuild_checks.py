"""Checks that rebuild: most run in a spawned child, where a crash is a finding."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from mmap import ACCESS_READ, mmap
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from adapters._child import progress
from adapters._conformance.report import Broken, NotHere
from adapters._conformance.states import (
    can_change,
    changed,
    containers,
    copies_as_itself,
    difference,
    parts,
    snapshot,
)
from adapters._naming import in_words
from adapters._pickling import loads
from adapters._wire.served import adapter_for
from adapters.errors import failures

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters._child import Child
    from adapters._conformance.case import Case

_NOISE = b"\xdd"
_IMMUTABLE = "copies of the example are the example itself by its type, so it is immutable"
_THREADS = 8
_SECONDS = 0.15  # for the threads to run into a race


def round_trip_in_a_spawned_child(case: Case, example: Any) -> None:
    """A spawned process, which imported nothing, rebuilds the object."""
    case.require_state(example, "what arrived")


def round_trip_in_process(case: Case, example: Any) -> None:
    """pickle.loads(pickle.dumps(obj)) equals the original."""
    rebuilt = pickle.loads(pickle.dumps(example))
    case.require_equal(example, rebuilt, "what pickle carried", full=True)


def sent_back_by_a_child(case: Case, example: Any, payloads: list[bytes]) -> None:
    """A child sends back the object that it rebuilt, and that equals the original."""
    case.require_equal(example, loads(payloads[case.index]), "what the child sent back")


def round_trip_in_a_forkserver_child(case: Case, example: Any, payloads: list[bytes]) -> None:
    """A process that a forkserver forked rebuilds the object and sends it back."""
    sent_back_by_a_child(case, example, payloads)


def round_trip_in_a_forked_child(case: Case, example: Any, payloads: list[bytes]) -> None:
    """A forked process rebuilds the object and sends it back."""
    sent_back_by_a_child(case, example, payloads)


def ends_with_its_process(child: Child) -> None:
    """A process that ends with such objects alive ends without a crash."""
    child.finish("to end, with the examples alive")


def every_protocol(case: Case, example: Any) -> None:
    """Each pickle protocol from 2 to the highest carries the object."""
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        how = f"pickle protocol {protocol}"
        progress(how)
        _require_carried(case, example, how, partial(pickle.dumps, protocol=protocol))


def cloudpickle(case: Case, example: Any) -> None:
    """cloudpickle, which Dask, Ray and loky use, carries the object."""
    import cloudpickle

    reason = "it writes some types in its own way, so "
    _require_carried(case, example, "cloudpickle", cloudpickle.dumps, reason)


def _require_carried(case: Case, example: Any, how: str, write: Any, reason: str = "") -> None:
    try:
        rebuilt = pickle.loads(write(example))
    except failures() as error:
        advice = f"{reason}keep to plain data and buffers in the state"
        raise Broken(f"{how} fails: {in_words(error)}; {advice}") from error
    case.require_equal(example, rebuilt, f"what {how} carried")


def factory_makes_a_fresh_object(case: Case, example: Any) -> None:
    """The factory makes a new object at each call, also of the same state.

    What it looks up in a parent in the state, it makes for each parent; an immutable object, which
    `copy.copy` gives itself, may be the same one.
    """
    state = other = snapshot(case.adapter.state_of(example))
    if any(adapter_for(part) for _, part in parts(state)):
        other = snapshot(state)
    first, second = case.adapter.make(state), case.adapter.make(other)
    if first is second or first is example or second is example:
        if copies_as_itself(first):
            raise NotHere(_IMMUTABLE)
        advice = (
            "two owners would change one object; make a new one at each call, or let __copy__ and"
            " __deepcopy__ of an immutable type return the object, which says what it is"
        )
        raise Broken(f"the factory gives the same object twice: {advice}")
    case.require_equal(first, second, "what the factory made of the same state a second time")


def deepcopy_makes_a_second_object(case: Case, example: Any) -> None:
    """copy.deepcopy gives an equal object that is another one."""
    if case.adapter.links is not None:
        raise NotHere("the adapter has links, and copy.deepcopy refuses its objects")
    second = copy.deepcopy(example)
    if second is example:
        if copies_as_itself(example):
            raise NotHere(_IMMUTABLE)
        advice = "remove the type's own __deepcopy__, and the adapter makes the copy"
        raise Broken(f"copy.deepcopy gives the object itself: {advice}")
    try:
        case.require_equal(example, second, "the deep copy")
    except Broken as differs:
        if not hasattr(type(example), "__deepcopy__"):
            raise
        # As of a part of a tree, which becomes the root of another one.
        raise NotHere(f"it is made by the type itself, not by the adapter: {differs}") from None
    problem = "a change of {path} of the deep copy changes the original ({found})"
    advice = "let the type's own __deepcopy__ copy that, too, or remove it for the adapter to copy"
    held = parts(case.adapter.state_of(second), changing=True)
    _require_apart(case, held, example, f"{problem}: {advice}")


def nested_and_shared_in_one_message(case: Case, example: Any) -> None:
    """Objects travel inside of containers, several in one message, and one twice arrives as one."""
    attribute = SimpleNamespace(content=example)
    message = [[example], {"key": example}, (example,), attribute, {"all": case.examples}]
    (found,), in_dict, in_tuple, attribute, others = pickle.loads(pickle.dumps(message))
    if any(each is not found for each in (in_dict["key"], in_tuple[0], attribute.content)):
        problem = "an object that is in one message several times arrives as several"
        raise Broken(f"{problem}: the type or its adapter must leave identity to pickle")
    case.require_equal(example, found, "what arrived in a container")
    for index, rebuilt in enumerate(others["all"]):
        if rebuilt is not found:
            how = "one of several objects in one message"
            case.require_equal(case.examples[index], rebuilt, how, index)


def state_is_no_alias(case: Case, example: Any) -> None:
    """The lists, dicts and sets of a state are not those that the object goes on using."""
    problem = "a change of {path}, the {kind} that serialize returned, changes the object ({found})"
    advice = "copy.copy would give two objects that share it; return {kind}(...), a copy"
    held = containers(case.adapter.state_of(example))
    _require_apart(case, held, example, f"{problem}: {advice}")


def factory_keeps_no_container(case: Case, example: Any) -> None:
    """The object does not go on using the lists, dicts and sets of the state it was made of."""
    require_own_containers(case, snapshot(case.adapter.state_of(example)))


def require_own_containers(case: Case, state: Any) -> None:
    """Require that what is made of a state does not go on using its lists, dicts and sets."""
    problem = "a change of {path} after the rebuild changes the object ({found})"
    advice = "the factory keeps the {kind} of the state; let it copy"
    rebuilt = case.adapter.make(state)
    _require_apart(case, containers(state), rebuilt, f"{problem}: {advice}")


def _require_apart(case: Case, held: Iterable[tuple[str, Any]], obj: Any, message: str) -> None:
    """Require that `obj` shows no change of a part; `message` has {path}, {kind} and {found}."""
    before = snapshot(case.adapter.state_of(obj))
    for path, part in held:
        if not can_change(part):
            continue
        with changed(part):
            try:
                found = difference(before, case.adapter.state_of(obj))
            except failures() as error:
                found = f"serialize then raises {in_words(error)}"
        if found:
            raise Broken(message.format(path=path, kind=type(part).__name__, found=found))


def outlives_the_original(case: Case, _: Any) -> None:
    """The object stands when the original, the payload and its buffers are gone.

    It is rebuilt twice: from buffers that are overwritten afterwards, and from a read-only mapping,
    as of a shared handle, that is unmapped. Memory that is still exported is left as it is.
    """
    label, sent = case.labels[case.index], case.sent[case.index]
    for how, copy_of in (("overwritten", bytearray), ("unmapped", _mapped)):
        progress(f"example {label}, whose buffers were {how} after the rebuild")
        copies: list[Any] = [copy_of(buffer) for buffer in sent.buffers]
        rebuilt = pickle.loads(sent.body, buffers=copies)
        while copies:
            _release(copies.pop())
        gc.collect()
        # What was freed is taken again, so that a dangling pointer reads something else.
        noise = [_NOISE * (1 << size % 14) for size in range(1000)]
        try:
            case.require_state(rebuilt, "the object")
        except Broken as problem:
            raise Broken(
                f"when the buffers of the state are {how} after the rebuild, {problem}; the factory"
                " must copy the memory, or keep the buffer that it reads while the object lives"
            ) from None
        del noise, rebuilt


def _mapped(content: bytes) -> mmap | bytearray:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        return mmap(file.fileno(), 0, access=ACCESS_READ) if content else bytearray()


def _release(memory: bytearray | mmap) -> None:
    with suppress(BufferError):  # something exports it, and may read it
        if isinstance(memory, mmap):
            memory.close()
        else:
            memory.append(0)
            memory[:] = _NOISE * len(memory)


def threads_at_once(case: Case) -> None:
    """Eight threads serialize and rebuild the same objects at once."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        problems = _problems_of_threads(case, _THREADS)
    finally:
        sys.setswitchinterval(interval)
    if not problems:
        return
    if alone := _problems_of_threads(case, 1):
        problem = f"in another thread than the one that rebuilt it, {alone[0]}"
        advice = "say so in the docs of the type, and name this promise in skip="
        raise Broken(f"{problem}; if objects belong to one thread by design, {advice}")
    problem = f"with {_THREADS} threads that serialize and rebuild at once, {problems[0]}"
    advice = "keep nothing in variables that all calls share, or lock them"
    raise Broken(f"{problem}; serialize and the factory must {advice}")


def _problems_of_threads(case: Case, count: int) -> list[str]:
    """What went wrong in so many threads that serialize and rebuild for a while."""
    problems: list[str] = []
    barrier = threading.Barrier(count)

    def work(turn: int) -> None:
        barrier.wait()
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end and not problems:
            index = turn % len(case.examples)
            turn += 1
            try:
                example = case.examples[index]
                case.require_same(example, pickle.loads(pickle.dumps(example)), "what was rebuilt")
            except failures() as error:
                said = str(error) if isinstance(error, Broken) else in_words(error)
                problems.append(f"example {case.labels[index]}: {said}")

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(work, range(count)))
    return problems
