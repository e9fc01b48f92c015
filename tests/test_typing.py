"""What type checkers know of the public functions, and what they say of wrong calls."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import adapters

PACKAGES = Path(adapters.__file__).parents[1]
ROOT = Path(__file__).parents[1]
CALLS = """
from collections.abc import Iterator
from concurrent.futures import Future
from typing_extensions import assert_type
import adapters

def weigh(number: int, unit: str) -> float:
    return 1.0

executor = adapters.Executor()
assert_type(executor.submit(weigh, 1, "kg"), Future[float])
executor.submit(weigh, "kg", "kg")  # error: expected "int"
executor.submit(weigh, 1)  # error: argument "unit"
assert_type(executor.map(weigh, [1], ["kg"]), Iterator[float])
either = executor.map(weigh, [1], ["kg"], return_exceptions=True)
assert_type(either, Iterator[float | BaseException])
task = adapters.task(weigh, 1, unit="kg")
assert_type(task, adapters.Task[float])
adapters.task(weigh, 1, units="kg")  # error: did you mean "unit"
assert_type(task(), adapters.Answer[float])
assert_type(adapters.answer(task()), float)
text: str = adapters.answer(task())  # error: expression has type "float"
assert_type(adapters.share(weigh(1, "kg")).get(), float)
adapters.loads("text")  # error: expected "Buffer"
adapters.regster  # error: maybe "register"
adapters.testing.conformance  # error: maybe "Conformance"
adapters.stores.local  # error: has no attribute "local"
"""
REGISTRATIONS = """
import abc
from typing import Any
from typing_extensions import assert_type
import adapters

class Thing:
    def __init__(self, value: int) -> None:
        self.value = value

    def state(self) -> list[int]:
        return [self.value]

class Abstract(abc.ABC):
    @abc.abstractmethod
    def state(self) -> int: ...

class CType:  # as cffi's
    cname = kind = "struct"

def state_of(thing: Thing) -> int: ...
def state_of_another(text: str) -> int: ...
def forgets(thing: Thing) -> None: ...
def make(state: int) -> Thing: ...
def make_of_text(state: str) -> Thing: ...
def make_another(state: int) -> str: ...
def make_maybe(state: int) -> Thing | None: ...
def make_abstract(state: int) -> Abstract: ...
def untyped(state):  # type: ignore[no-untyped-def]
    return state
def fill(thing: Thing, state: int) -> None: ...
def fill_from_text(thing: Thing, state: str) -> None: ...
def links_of(thing: Thing) -> list[Thing] | None: ...
def set_links(thing: Thing, links: list[Thing]) -> None: ...
def set_named(thing: Thing, links: dict[str, Thing]) -> None: ...
ffi: Any = ...

adapter = adapters.register(Thing, state_of, make)
assert_type(adapter, adapters.Adapter[Thing])
assert_type(adapter.rebuild(1, 2), Thing)
anything: adapters.Adapter = adapter
assert_type(adapters.register(Thing, state_of, Thing), adapters.Adapter[Thing])
assert_type(adapters.register(Thing, state_of, untyped), adapters.Adapter[Thing])
assert_type(adapters.register(Thing, state_of, init=fill), adapters.Adapter[Thing])
both = adapters.register(Thing, state_of, make, links=links_of, link=set_links)
assert_type(both, adapters.Adapter[Thing])
inline = adapters.register(Thing, lambda thing: thing.value, lambda state: Thing(state))
assert_type(inline, adapters.Adapter[Thing])
pairs = adapters.register(Thing, Thing.state, lambda state: Thing(*state))
assert_type(pairs, adapters.Adapter[Thing])
adapters.register(Abstract, Abstract.state, make_abstract, subclasses=True)
assert_type(adapters.register(ffi.typeof("x"), untyped, untyped), adapters.Adapter[Any])
assert_type(adapters.register(CType(), untyped, untyped), adapters.Adapter[Any])
assert_type(adapters.register_struct(CType()), adapters.Adapter[Any])

adapters.register(Thing, state_of_another, make)  # error: expected "Callable[[Thing], int]"
adapters.register(Thing, forgets, make)  # error: expected "Callable[[None], Thing]
adapters.register(Thing, state_of, make_of_text)  # error: expected "Callable[[int], Thing]
adapters.register(Thing, state_of, make_another)  # error: expected "Callable[[int], Thing]
adapters.register(Thing, state_of, make_maybe)  # error: expected "Callable[[int], Thing]
adapters.register(Thing, lambda thing: thing.valeu, make)  # error: has no attribute "valeu"
adapters.register(Thing, lambda thing: "text", make)  # error: expected "Callable[[str], Thing]
adapters.register(Thing, state_of, init=fill_from_text)  # error: Callable[[Thing, int], object]
adapters.register(Thing, state_of, make, links=links_of, link=set_named)  # error: list[Thing]]
adapters.register(Thing(1), state_of, make)  # error: expected "type[Thing]
adapters.register(Thing, state_of, make, version="2")  # error: expected "int"
"""


PROGRAMS = {"calls": CALLS, "registrations": REGISTRATIONS}
OPTIONS = ["--no-error-summary", "--disable-error-code=empty-body"]


@pytest.mark.slow
def test_mypy_says_what_is_wrong(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    paths = {name: tmp_path / f"{name}.py" for name in PROGRAMS}
    for name, path in paths.items():
        path.write_text(PROGRAMS[name], "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *OPTIONS, *map(str, paths.values())],
        env={**os.environ, "MYPYPATH": str(PACKAGES)},
        cwd=ROOT,  # with the options in pyproject.toml, and the cache of `make lint`
        capture_output=True,
        text=True,
        timeout=140,
    )
    for name, text in PROGRAMS.items():
        said = re.findall(rf"{name}\.py:(\d+): error: (.*)", done.stdout)
        lines = enumerate(text.splitlines(), 1)
        wanted = {number: line.split("# error: ")[1] for number, line in lines if "# error" in line}
        assert {int(line) for line, _ in said} == wanted.keys(), done.stdout
        for number, words in wanted.items():
            assert words in " ".join(message for line, message in said if int(line) == number)
