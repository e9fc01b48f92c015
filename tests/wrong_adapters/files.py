"""Adapters whose rebuilds write or remove files, and one that reads what its state names."""

from __future__ import annotations

import ctypes
import os
import tempfile
import threading
from typing import Any

import adapters
from wrong_adapters.base import Thing, new, value_of, wrong

# Nothing ever makes it: what tries to is refused.
NEVER = os.path.join(os.path.dirname(__file__), "never.txt")


def leave(state: Any) -> Any:
    with open("log.txt", "w", encoding="ascii"):
        return new("Leaving", state)


def write_outside(state: Any) -> Any:
    with open(state, "w", encoding="ascii"):
        return new("WritingOutside", state)


def make_folder(state: Any) -> Any:
    os.makedirs(state)
    return new("MakingFolder", state)


def remove_first(state: Any) -> Any:
    try:
        os.remove(state)
    except OSError:
        return new("Removing", state)


def open_words(state: Any) -> Any:
    if not str(state).startswith("right"):
        with open(str(state), "w", encoding="ascii"):
            raise ValueError("no such words")
    return new("OpeningWrong", state)


def write_beside(state: Any) -> Any:
    if not str(state).startswith("right"):
        with open(NEVER, "w", encoding="ascii"):
            raise ValueError("no such words")
    return new("WritingBeside", state)


_promise = "rebuild_writes_no_file"
wrong("Leaving", _promise, "leaves 'log.txt' in the folder", factory=leave)
wrong("WritingOutside", _promise, "never.txt' for writing", factory=write_outside, values=[NEVER])
wrong("MakingFolder", _promise, "makes the folder", factory=make_folder, values=[NEVER])
wrong("Removing", _promise, "removes '", factory=remove_first, values=[NEVER])
wrong(
    "OpeningWrong",
    "wrong_states_are_refused",
    "check the state before a file is opened for writing",
    factory=open_words,
    values=["right"],
)
wrong(
    "WritingBeside",
    "wrong_states_are_refused",
    "never.txt' for writing",
    factory=write_beside,
    values=["right"],
)


class Truncating(Thing):
    """Truncates the file that its state names, in C code."""


def truncate(state: Any) -> Truncating:
    ctypes.CDLL(None).truncate(os.fsencode(state), 1)
    return Truncating(state)


adapters.register(Truncating, value_of, truncate)


class Updating(Thing):
    """Opens a file for updates, and writes what it is told."""

    def __init__(self, value: Any, content: bytes = b"") -> None:
        super().__init__(value)
        if not isinstance(value, str):
            raise TypeError("a path is a str")
        with open(value, "r+b") as file:
            file.write(content)


adapters.register(Updating, value_of, Updating)


class Overwriting(Updating):
    """Writes the same content again, by a handle for updates."""


def overwrite(state: Any) -> Overwriting:
    return Overwriting(state, b"data")


adapters.register(Overwriting, value_of, overwrite)


class Scratching(Thing):
    """Not wrong: has a temporary file while it lives, and reads the file that its state names."""

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        if not isinstance(value, str) or not os.path.isabs(value):
            raise TypeError("a path is an absolute str")
        with open(value, "rb") as file:
            self.content = file.read()
        os.makedirs(os.path.dirname(value), exist_ok=True)
        number, self.scratch = tempfile.mkstemp()
        os.close(number)
        notes = f"notes-{threading.get_ident()}.txt"
        with open(notes, "wb") as file:
            file.write(self.content)
        os.remove(notes)

    def __del__(self) -> None:
        if hasattr(self, "scratch"):
            os.remove(self.scratch)


def absolute(thing: Scratching) -> str:
    if not os.path.exists(thing.scratch):
        raise ValueError("the temporary file is gone")
    return os.path.abspath(thing.value)


adapters.register(Scratching, absolute, Scratching, name="wrong.FileScratching")


class Relative(Thing):
    """Its state names a file by a relative path."""

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        with open(value, "rb") as file:
            self.content = file.read()


adapters.register(Relative, value_of, Relative)


class RelativeInC(Thing):
    """The same, with an error that does not name the file."""

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        if not os.path.exists(value):
            raise RuntimeError("cannot load")


adapters.register(RelativeInC, value_of, RelativeInC)


class Opened(Thing):
    """Opens a file in C code, by the mode that its state says: "r", or what a wrong state has."""

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        path, mode = value
        if not isinstance(path, str) or not os.path.isfile(path):
            raise ValueError(f"no file {path!r}")
        fopen, fclose = ctypes.CDLL(None).fopen, ctypes.CDLL(None).fclose
        fopen.restype, fclose.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
        file = fopen(os.fsencode(path), b"r" if mode == "r" else b"w")
        if file is None:
            raise OSError(f"cannot open {path}")
        fclose(file)


adapters.register(Opened, value_of, Opened)
