"""What a child does for a run: it takes the case, rebuilds or makes the examples, and checks."""

from __future__ import annotations

import os
import pickle
from typing import TYPE_CHECKING, Any

from adapters._child import legacy, progress
from adapters._conformance import elsewhere
from adapters._conformance.case import Case
from adapters._conformance.looks import look_at
from adapters._conformance.states import difference
from adapters._pickling import dumps, loads
from adapters._wire.rebuild import registry
from adapters._wire.served import adapter_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters._conformance.looks import Look
    from adapters._conformance.report import Status

_case: Case  # its examples are alive until the process ends


def be_forked() -> None:
    """In a child that was forked from the author's process: take the case from there."""
    global _case
    _case = legacy()
    _case.forked = True


def take(packed: bytes) -> None:
    """Take the case, whose examples are as they were sent."""
    global _case
    _case = Case(**loads(packed))


def receive() -> tuple[Status, str]:
    """Rebuild the examples."""
    progress("to rebuild the examples")
    return _case.run(Case.receive)


def make(makers: bytes) -> None:
    """Make the examples anew, in the folder of their author."""
    progress("to make the examples")
    here = os.getcwd()
    os.chdir(_case.home or here)
    try:
        _case.makers = loads(makers)
        _case.examples = [maker() for maker in _case.makers if maker]
        for example in _case.examples:
            registry.meet(type(example))  # it may be of a later subclass
    finally:
        os.chdir(here)


def look(skip: dict[str, str]) -> tuple[list[Look], dict[str, str]]:
    """What each example looks like from outside, and `skip`, what is not read for it.

    Two examples that one function makes show what differs by nature; or two readings of one, where
    there is no such function, or it cannot be called here.
    """
    if not _case.forked:
        _require_same_states()
    looks = []
    for maker, example in zip(_case.makers, _case.examples, strict=True):
        alone = _case.elsewhere or _case.forked
        again = example
        if not alone and maker is not None:
            progress("to make an example again")
            again = maker()
        looks.append(look_at(example, again, skip, _case.ignore))
    return looks, skip


def _require_same_states() -> None:
    """Require that the functions made here the objects that they made for the author."""
    for index, (sent, example) in enumerate(zip(_case.sent, _case.examples, strict=True)):
        adapter = adapter_for(example)
        if adapter is None:
            pickle.loads(sent.body, buffers=[bytearray(buffer) for buffer in sent.buffers])
            adapter = adapter_for(example)  # it has arrived
        state = None if adapter is None else adapter.state_of(example)
        if difference(pickle.loads(sent.state), state):
            label = _case.labels[index]
            raise ValueError(f"the function of example {label} makes another object each time")


def check(function: Callable[..., Any], each: bool, *args: Any) -> tuple[Status, str]:
    """Run a check."""
    progress(function.__name__.replace("_", " "))
    return _case.run(function, *args, each=each)


def keep_one() -> None:
    """Keep one object until the process ends, where none is alive."""
    _case.examples[0] = elsewhere.opened(_case.sent[0])


def send_back() -> list[bytes]:
    """The examples as payloads."""
    if _case.elsewhere:
        return [elsewhere.written(sent, dumps) for sent in _case.sent]
    return [dumps(example) for example in _case.examples]
