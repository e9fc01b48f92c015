"""Checks that rebuild: each runs in a spawned child, so that a crash is a finding."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from typing import TYPE_CHECKING, Any

from adapters._conformance.equality import difference
from adapters._conformance.outcomes import Broken
from adapters._conformance.state_parts import changed, containers, parts, snapshot
from adapters._naming import in_words
from adapters.errors import FAILURES

if TYPE_CHECKING:
    from adapters._conformance.case import Trial

_NOISE = 0xDD
_THREADS = 8
_SECONDS = 0.15  # for the threads to get into each other's way


@dataclass
class Box:
    """A dataclass of somebody's message."""

    content: Any


def every_protocol(trial: Trial) -> None:
    """Each pickle protocol from 2 to the highest carries the object."""
    for example in trial.each():
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            trial.say(f"pickle protocol {protocol}")
            try:
                rebuilt = pickle.loads(pickle.dumps(example, protocol))
            except FAILURES as error:
                raise Broken(
                    f"pickle protocol {protocol} fails: {in_words(error)}; keep to plain data and"
                    " buffers in the state"
                ) from error
            trial.same(example, rebuilt, f"what pickle protocol {protocol} carried")


def cloudpickle(trial: Trial) -> None:
    """cloudpickle, which Dask, Ray and loky use, carries the object."""
    import cloudpickle

    for example in trial.each():
        try:
            rebuilt = pickle.loads(cloudpickle.dumps(example))
        except FAILURES as error:
            raise Broken(
                f"cloudpickle fails: {in_words(error)}; it writes some types in its own way, so"
                " keep to plain data and buffers in the state"
            ) from error
        trial.same(example, rebuilt, "what cloudpickle carried")


def deepcopy_makes_a_second_object(trial: Trial) -> None:
    """copy.deepcopy gives an equal object that is another one."""
    for example in trial.each():
        second = copy.deepcopy(example)
        if second is example:
            raise Broken(
                "copy.deepcopy gives the object itself: remove the type's own __deepcopy__, and the"
                " adapter makes the copy"
            )
        trial.same(example, second, "the deep copy")
        for path, _, found in _seen_changes(trial, parts(trial.adapter.state_of(second)), example):
            raise Broken(
                f"a change of {path} of the deep copy changes the original ({found}): let the"
                " type's own __deepcopy__ copy that, too, or remove it for the adapter to copy"
            )


def nested_and_shared_in_one_message(trial: Trial) -> None:
    """Objects travel inside of containers, several in one message, and one twice arrives as one."""
    for example in trial.each():
        message = [[example], {"key": example}, (example,), Box(example), {"all": trial.examples}]
        in_list, in_dict, in_tuple, box, others = pickle.loads(pickle.dumps(message))
        found = in_list[0]
        if any(each is not found for each in (in_dict["key"], in_tuple[0], box.content)):
            raise Broken(
                "an object that is in one message several times arrives as several: the type or its"
                " adapter must leave identity to pickle"
            )
        trial.same(example, found, "what arrived in a container")
        for mine, theirs in zip(trial.examples, others["all"], strict=True):
            trial.same(mine, theirs, "one of several objects in one message")


def state_is_no_alias(trial: Trial) -> None:
    """The lists, dicts and sets of a state are not those that the object goes on using."""
    for example in trial.each():
        state = trial.adapter.state_of(example)
        for path, kind, found in _seen_changes(trial, containers(state), example):
            raise Broken(
                f"a change of {path}, the {kind} that serialize returned, changes the object"
                f" ({found}): copy.copy would give two objects that share it; return {kind}(...), a"
                " copy"
            )


def factory_keeps_no_container(trial: Trial) -> None:
    """The object does not go on using the lists, dicts and sets of the state it was made of."""
    for example in trial.each():
        state = snapshot(trial.adapter.state_of(example))
        rebuilt = trial.adapter.factory(state)
        for path, kind, found in _seen_changes(trial, containers(state), rebuilt):
            raise Broken(
                f"a change of {path} after the rebuild changes the object ({found}): the factory"
                f" keeps the {kind} of the state; let it copy"
            )


def _seen_changes(
    trial: Trial, mutable: Iterable[tuple[str, Any]], obj: Any
) -> Iterator[tuple[str, str, str]]:
    """Change each part for a moment; the path, the type and what `obj` shows of the change."""
    before = snapshot(trial.adapter.state_of(obj))
    for path, part in mutable:
        restore = changed(part)
        try:
            found = _state_differs(trial, before, obj)
        finally:
            restore()
        if found:
            yield path, type(part).__name__, found


def _state_differs(trial: Trial, before: Any, obj: Any) -> str:
    try:
        return difference(before, trial.adapter.state_of(obj))
    except FAILURES as error:
        return f"serialize then raises {in_words(error)}"


def factory_makes_a_fresh_object(trial: Trial) -> None:
    """The factory makes a new object at each call, also of the same state."""
    for example in trial.each():
        state = snapshot(trial.adapter.state_of(example))
        first, second = trial.adapter.factory(state), trial.adapter.factory(state)
        if first is second or first is example or second is example:
            raise Broken(
                "the factory gives the same object twice: two owners would change one object; make"
                " a new one at each call"
            )
        trial.same(first, second, "what the factory made of the same state a second time")


def outlives_the_original(trial: Trial) -> None:
    """The object stands when the original, the payload and its buffers are gone.

    Its buffers come twice: in memory that is overwritten as soon as nobody has it exported, and in
    a read-only mapping, as from a shared handle, that is unmapped then.
    """
    for index, label in enumerate(trial.labels):
        payload, buffers = trial.payloads[index]
        for how, lend in (("overwritten", _writable), ("unmapped", _read_only)):
            trial.say(f"example {label}, whose buffers were {how} after the rebuild")
            lent = [lend(buffer) for buffer in buffers]
            rebuilt = pickle.loads(payload, buffers=[memory for memory, _ in lent])
            ends = [end for _, end in lent]
            del lent
            for end in ends:
                end()
            del ends
            gc.collect()
            noise = [bytes([_NOISE]) * (1 << size % 14) for size in range(1000)]
            try:
                trial.has_state(index, rebuilt, "the object")
            except Broken as problem:
                raise Broken(
                    f"example {label}: when the buffers of the state are {how} after the rebuild,"
                    f" {problem}; the factory must copy the memory, or keep the buffer that it"
                    " reads for as long as the object lives"
                ) from None
            del noise, rebuilt


def _writable(content: bytes) -> tuple[Any, Callable[[], None]]:
    memory = bytearray(content)

    def end() -> None:
        try:
            memory.append(0)  # refused while somebody has it exported, who may go on reading
        except BufferError:
            return
        memory[:] = bytes([_NOISE]) * len(memory)

    return memory, end


def _read_only(content: bytes) -> tuple[Any, Callable[[], None]]:
    if not content:
        return content, lambda: None
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        mapping = mmap(file.fileno(), len(content), access=ACCESS_READ)

    def end() -> None:
        try:
            mapping.close()
        except BufferError:  # somebody has it exported, and may go on reading
            return

    return mapping, end


def threads_at_once(trial: Trial) -> None:
    """Eight threads serialize and rebuild the same objects at once."""
    problems: list[str] = []
    barrier = threading.Barrier(_THREADS)

    def work(number: int) -> None:
        barrier.wait()
        end = time.monotonic() + _SECONDS
        turn = number
        while time.monotonic() < end and not problems:
            example = trial.examples[turn % len(trial.examples)]
            label = trial.labels[turn % len(trial.examples)]
            turn += 1
            try:
                trial.same(example, pickle.loads(pickle.dumps(example)), "what was rebuilt")
            except FAILURES as error:
                said = str(error) if isinstance(error, Broken) else in_words(error)
                problems.append(f"example {label}: {said}")

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(_THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    if problems:
        raise Broken(
            f"with {_THREADS} threads that serialize and rebuild at once, {problems[0]}; serialize"
            " and the factory must keep nothing in variables that all calls share, or lock them"
        )
