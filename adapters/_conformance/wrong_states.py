"""The check with truncated and wrong states: each is refused clearly, or gives a usable object."""

from __future__ import annotations

import pickle
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

from adapters._child import progress
from adapters._conformance.files import Watch
from adapters._conformance.path_copies import with_copies
from adapters._conformance.report import Broken
from adapters._conformance.states import compare, difference, parts, snapshot
from adapters._naming import in_words, shown
from adapters._pickling import dumps, loads
from adapters._wire.buffers import is_buffer
from adapters._wire.rebuild import rebuild
from adapters.errors import RebuildError, failures

if TYPE_CHECKING:
    from adapters._conformance.case import Case

_DEEPEST = 3
_FIRST = 20  # parts of a container that are replaced
_MOST = 150  # wrong states per example
_SECONDS = 20.0  # for all examples; slow factories are tried with fewer states
_OTHERS: tuple[Any, ...] = (None, (), [], {}, 0, -1, 1.5, b"", b"\xff" * 16)
_PARTS: tuple[Any, ...] = (None, 1.5, -1, [])
# Not even one letter of them is a mode for which a file is written. No string of a state begins
# with all of them.
_WORDS = ("other", "unlike", "nothing")
_LONGEST = 4096  # bytes of a path
_FAR = 1_000_000  # beyond the end of any buffer of an example


def wrong_states_are_refused(case: Case, example: Any, start: int = 0) -> str:
    """A truncated or wrong state gives a clear error, or an object that can be used, and no crash.

    An error is clear if the factory raises an Exception that says something, and no SystemError. An
    object can be used if it has a repr, can be serialized, and arrives equal. No file is left, and
    none outside of the child's folder is written; files that the state names are copied for it.
    The wrong states are numbered: those before `start` have been tried, by a child that crashed.
    """
    state = pickle.loads(example.state) if case.elsewhere else case.adapter.state_of(example)
    state = with_copies(snapshot(state))
    files = case.sent[case.index].files if case.sent else []
    differ = (each for each in wrong_states(state) if difference(state, each[1]))
    end = time.monotonic() + _SECONDS / len(case.labels)
    first = case.index * _MOST
    for number, (what, wrong) in enumerate(islice(differ, _MOST), first):
        if time.monotonic() > end:
            return f"{number - first} wrong states, as many as fit into {_SECONDS:g} s"
        if number >= start:
            progress(f"{number}: example {case.labels[case.index]} with {what}")
            with Watch(files) as watch:
                problem = _try(case, wrong)
            if found := watch.found():
                advice = "check the state before a file is opened for writing, made or removed"
                problem = f"the factory {found}; {advice}"
            if problem:
                raise Broken(f"rebuilt with {what}: {problem}")
    return ""


def _try(case: Case, wrong: Any) -> str:
    """How the factory mishandles a wrong state; "" if it refuses it, or makes a usable object."""
    adapter = case.adapter
    try:
        accepted = rebuild(adapter.name, adapter.version, adapter.provider, wrong)
    except RebuildError as error:
        return _unclear(error)
    try:
        repr(accepted)
        state = snapshot(adapter.state_of(accepted))
        payload = dumps(accepted)
        if case.elsewhere:
            del accepted
        again = loads(payload)
        found = difference(state, adapter.state_of(again))
        if not case.elsewhere:
            found = found and compare(adapter, accepted, again, case.equal)
    except failures() as error:
        problem = f"makes an object that cannot be used ({in_words(error)})"
        advice = "check the state, and raise a ValueError that says what is wrong"
        return f"the factory accepts it, and {problem}; {advice}"
    return found and f"the factory accepts it, and makes an object that does not travel ({found})"


def _unclear(error: RebuildError) -> str:
    """What is wrong with the error that a wrong state gave, "" if nothing is."""
    cause = error.__cause__
    try:
        if isinstance(cause, SystemError):
            return f"the factory raises {in_words(cause)}, a fault in C code; check the state first"
        if cause is not None and not isinstance(cause, (Exception, SystemExit)):
            return f"the factory raises {in_words(cause)}, no Exception: raise a ValueError"
        if cause is not None and not str(cause) and not isinstance(cause, MemoryError):
            kind = type(cause).__name__
            return f"the factory raises {kind} without a message: say what is wrong with the state"
        return ""
    finally:
        # Frames hold views of the state's buffers. Before Python 3.13 the garbage collector can
        # crash on such a view in a cycle, which is not the fault of the adapter under test.
        for each in (error, cause):
            traceback.clear_frames(each.__traceback__ if each else None)
        del error, cause


def wrong_states(state: Any) -> Iterator[tuple[str, Any]]:
    """(what is wrong, state) for many ways in which a state can be damaged.

    Other things in its place, parts missing, too many, in another order and of other types, buffers
    and strings shorter, longer and of other content, numbers that are negative or too large. What
    takes the place of a string, or of bytes that may be a path, does not begin as it does, and has
    no separator: it may become the path of a file.
    """
    word = _word(state)
    for other in (*_OTHERS, word):
        yield f"{other!r} in place of the state", other
    yield "the state inside of a list", [state]
    yield "the state twice in a tuple", (state, state)
    yield from _damaged(state, "the state", 0, (*_PARTS, word, word.encode()))


def _word(state: Any) -> str:
    texts = [part for _, part in parts(state) if isinstance(part, (str, bytes))]
    right = [each if isinstance(each, str) else each[:9].decode("latin-1") for each in texts]
    return next(
        (word for word in _WORDS if not any(each.startswith(word) for each in right)), "q" * 5
    )


def _damaged(part: Any, path: str, depth: int, others: Any) -> Iterator[tuple[str, Any]]:
    kind: Any = type(part)
    if kind in (tuple, list):
        yield f"{path} reversed", kind(reversed(part))
        yield f"{path} with one part more", kind([*part, None])
    if kind in (tuple, list, dict):
        items = list(part.items() if kind is dict else enumerate(part))
        for at, (key, value) in enumerate(items[:_FIRST]):
            for what, values in _replacements(value, f"{path}[{shown(key)}]", depth, others):
                left = [*items[:at], *((key, new) for new in values), *items[at + 1 :]]
                yield what, dict(left) if kind is dict else kind(new for _, new in left)
    elif is_buffer(part):
        content = bytes(part)
        other, letters = content, ""
        if _may_be_a_path(content):
            other, letters = _other_letters(content.decode()).encode(), " and of other letters"
            yield f"{path} of other letters", other if kind is bytes else memoryview(other)
        for what, wrong in (
            ("empty", b""),
            (f"one byte short{letters}", other[:-1]),
            (f"cut in half{letters}", other[: len(other) // 2]),
            (f"one byte too long{letters}", other + b"\0"),
            (f"twice as long{letters}", other * 2),
            ("all bytes 255", b"\xff" * len(content)),
            ("all bytes 0", bytes(len(content))),
        ):
            yield f"{path} {what}", wrong if kind is bytes else memoryview(wrong)
    elif kind is str:
        text = _other_letters(part)
        yield f"{path} empty", ""
        yield f"{path} of other letters", text
        yield f"{path} half as long and of other letters", text[: len(text) // 2]
    elif kind is int:
        yield f"{path} = -1", -1
        yield f"{path} larger by {_FAR}", part + _FAR
    elif kind is float:
        yield f"{path} = nan", float("nan")


def _may_be_a_path(content: bytes) -> bool:
    with suppress(UnicodeDecodeError):
        return 0 < len(content) <= _LONGEST and content.decode().isprintable()
    return False


def _other_letters(text: str) -> str:
    return "".join("z" if letter == "q" else "q" for letter in text)


def _replacements(part: Any, path: str, depth: int, others: Any) -> Iterator[tuple[str, list[Any]]]:
    """(what is wrong, [what takes the place of the part]); an empty list if nothing does."""
    yield f"{path} missing", []
    for other in others:
        if type(other) is not type(part):
            yield f"{path} = {other!r}", [other]
    if depth < _DEEPEST:
        for what, wrong in _damaged(part, path, depth + 1, others):
            yield what, [wrong]
