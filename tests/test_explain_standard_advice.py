"""What to do about objects of multiprocessing, of executors and of sqlite3."""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import sqlite3
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from multiprocessing.connection import Listener
from multiprocessing.pool import ThreadPool
from pathlib import Path
from random import SystemRandom
from typing import Any

import pytest
from findings import Plain, Session, only

import adapters
from adapters import explain

INHERITED = "pass it to Process(args=...) or to an initializer (initargs=...), or use that of a"
MAKERS = ("Queue", "JoinableQueue", "SimpleQueue", "Lock", "RLock", "Semaphore", "Condition")


def advices(obj: Any) -> set[str]:
    found = explain([obj])
    assert found.errors
    return {each.advice for each in found}


def test_what_a_child_inherits() -> None:
    context = multiprocessing.get_context("spawn")
    objects = [getattr(context, name)() for name in (*MAKERS, "Event")]
    objects += [context.Barrier(2), context.Value("i"), context.Array("i", 3)]
    objects += [context.RawArray("i", 3), context.RawValue("i", 3)]
    for obj in objects:
        (advice,) = advices(obj)
        assert INHERITED in advice, obj
        assert "register" not in advice


def test_what_stays_in_its_process() -> None:
    with ThreadPool(1) as pool:
        (advice,) = advices(pool)
    assert "it stays in the process that made it" in advice
    (advice,) = advices(multiprocessing.Process(target=print))
    assert "it stays in the process that made it" in advice
    with Listener() as listener:
        (advice,) = advices(listener)
    assert advice.endswith("or send its address")


def test_a_connection_travels_by_multiprocessing() -> None:
    reader, writer = multiprocessing.Pipe()
    with reader, writer:
        (advice,) = advices(reader)
    assert "an adapters.Executor over a ProcessPoolExecutor" in advice
    assert "register" not in advice


def test_an_executor_is_one_thing_to_make_anew() -> None:
    with adapters.Executor(ThreadPoolExecutor(1)) as executor:
        found = explain({"executor": executor, "lock": Session()})
        assert len(found) > 3
        assert len({each.advice for each in found}) == 2
        text = str(found)
        assert text.count("make a new adapters.Executor there") == 1
        assert "more with the same advice" in text


class Database(sqlite3.Connection):
    """A subclass, which no adapter serves."""


def test_a_database_in_memory_is_serialized(tmp_path: Path) -> None:
    with closing(sqlite3.connect(":memory:", factory=Database)) as memory:
        way = "serialize()" if hasattr(memory, "serialize") else "iterdump()"
        found = only(explain(Plain(database=memory)))
        assert way in found.advice
        assert "path" not in found.advice
    assert "send the path" in only(explain(memory)).advice  # it is closed
    with closing(sqlite3.connect(tmp_path / "a.db", factory=Database)) as file:
        assert only(explain([file])).advice == "send the path of the database, and connect there"


@pytest.mark.skipif(not hasattr(sqlite3.Connection, "serialize"), reason="since Python 3.11")
def test_the_way_of_a_database_in_memory_is_one() -> None:
    with closing(sqlite3.connect(":memory:")) as one, closing(sqlite3.connect(":memory:")) as two:
        one.execute("create table t (a)")
        two.deserialize(one.serialize())
        assert not two.execute("select * from t").fetchall()


@pytest.mark.slow
def test_other_objects_of_the_standard_library() -> None:
    loop = asyncio.new_event_loop()
    try:
        assert advices(loop.create_future()) == {"await it here, and send its result"}
        (advice,) = advices(loop)
        assert advice.startswith("make a new asyncio.")
    finally:
        loop.close()
    assert advices(Future()) == {"send its result"}
    assert advices(threading.Thread(target=print)) == {"start one there"}
    assert advices(SystemRandom()) == {
        "make a new one there, or call adapters.register(random.SystemRandom, serialize, factory)"
    }
    assert advices(ctypes.create_string_buffer(5)) == {
        "send bytes of it, and make it there by the from_buffer_copy of its type"
    }
    assert advices((ctypes.c_char_p * 2)(b"a", b"b")) == {
        "register an adapter for the type that owns it"
    }
