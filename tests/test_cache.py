"""The cache of shared objects: each rebuilt once, and dropped only where it is not in use."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import handles
import processes
import pytest
from handles import TIMEOUT, costly, elsewhere
from sharing import gone, made

import adapters
from adapters._sharing import cache as sharing_cache

kept = handles.kept
log = handles.log


class Color(Enum):
    RED = 1


class Node:
    """An object whose parts refer to it."""

    def __init__(self, parent: Node | None = None, children: int = 0) -> None:
        self.parent = parent
        self.children = [Node(self) for _ in range(children)]


KEPT: dict[str, Any] = {
    **{
        repr(value): value for value in (None, True, 7, "", "x", b"", b"x", (), ..., NotImplemented)
    },
    "an interned string": "maxsize",
    "a class": Node,
    "a type": dict,
    "a function": elsewhere,
    "a built-in function": len,
}


class TestTheCache:
    @pytest.fixture
    def room_for_two(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sharing_cache.cache, "maxsize", 2)

    @pytest.fixture
    def logs(self, tmp_path: Path) -> list[Path]:
        return [tmp_path / f"log{number}" for number in range(6)]

    @pytest.fixture
    def handles(self, logs: list[Path]) -> Iterator[list[Any]]:
        """Handles that others own, each of an object with a log of its own."""
        owned = [adapters.share(costly(log)) for log in logs]
        yield [elsewhere(handle) for handle in owned]
        for handle in owned:
            handle.close()

    def rebuilt(self, logs: list[Path]) -> list[int]:
        """How often each object was made after the first time, which was the owner's."""
        return [len(made(log)) - 1 for log in logs]

    def test_counts(self, handles: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sharing_cache.cache, "maxsize", 32)
        assert adapters.cache_info() == (0, 0, 32, 0)
        for number in (0, 1, 0, 0):
            handles[number].get()
        info = adapters.cache_info()
        assert info == (2, 2, 32, 2)
        assert (info.hits, info.misses, info.maxsize, info.currsize) == info

    def test_drops_what_was_used_least_recently(
        self, handles: list[Any], logs: list[Path], room_for_two: None
    ) -> None:
        for number in (0, 1, 0, 2):
            handles[number].get()
        assert adapters.cache_info().currsize == 2
        assert len(gone(logs[1])) == 1
        for number in (0, 2, 1):
            handles[number].get()
        assert self.rebuilt(logs) == [1, 2, 1, 0, 0, 0]

    def test_never_drops_what_is_in_use(
        self, handles: list[Any], logs: list[Path], room_for_two: None
    ) -> None:
        used = [handle.get() for handle in handles[:4]]
        for handle in handles[4:] * 2:
            handle.get()
        assert [handle.get() for handle in handles[:4]] == used
        assert self.rebuilt(logs)[:4] == [1, 1, 1, 1]

    def test_shrinks_when_it_can(self, handles: list[Any], room_for_two: None) -> None:
        used = [handle.get() for handle in handles[:5]]
        assert adapters.cache_info().currsize == 5
        del used
        handles[5].get()
        assert adapters.cache_info().currsize == 2

    def test_drops_what_is_closed_when_it_builds_the_next(self, log: Path) -> None:
        first, second = adapters.share(costly(log, b"1")), adapters.share(costly(None, b"2"))
        used = elsewhere(first).get()
        first.close()
        assert adapters.cache_info().currsize == 1
        elsewhere(second).get()
        assert adapters.cache_info().currsize == 1
        assert len(gone(log)) == 1  # the original
        del used
        assert len(gone(log)) == 2
        second.close()

    def test_is_cleared_at_once(self, handles: list[Any], logs: list[Path]) -> None:
        used = handles[0].get()
        handles[1].get()
        adapters.cache_clear()
        assert adapters.cache_info()[:2] == (0, 0)
        assert adapters.cache_info().currsize == 0
        assert len(gone(logs[1])) == 1
        assert handles[0].get() is not used
        assert used.content == b""

    def test_with_no_room_keeps_what_is_in_use(
        self, handles: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sharing_cache.cache, "maxsize", 0)
        used = handles[0].get()
        handles[1].get()
        assert handles[0].get() is used

    @pytest.mark.parametrize(("text", "size"), [("", 32), ("5", 5), ("0", 0), ("-1", 0)])
    def test_has_the_size_that_the_environment_says(
        self, monkeypatch: pytest.MonkeyPatch, text: str, size: int
    ) -> None:
        monkeypatch.delenv("ADAPTERS_CACHE_SIZE", raising=False)
        if text:
            monkeypatch.setenv("ADAPTERS_CACHE_SIZE", text)
        program = "import adapters; print(adapters.cache_info().maxsize)"
        assert processes.run("-c", program) == f"{size}\n"

    def test_says_what_is_wrong_with_that_size(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ADAPTERS_CACHE_SIZE", "many")
        with pytest.raises(ValueError, match=r"ADAPTERS_CACHE_SIZE must be.*'many'"):
            sharing_cache._maxsize()

    def test_builds_once_for_a_thread_that_asks_meanwhile(self) -> None:
        cache = sharing_cache.Cache(4)
        found: list[object] = []
        other = self.another_that_asks(cache, found)

        def build() -> tuple[object, Callable[[], bool]]:
            other.ask_and_wait_until_it_does()
            return object(), bool

        other.build = build
        first = cache.get(other, build)
        other.thread.join(TIMEOUT)
        assert [*map(id, found)] == [id(first)]
        assert cache.info() == (1, 1, 4, 1)

    @pytest.mark.parametrize("turn", range(1, 9))
    def test_builds_once_however_two_threads_take_turns(self, turn: int) -> None:
        """The second one asks when the first is about to look into a table for the nth time."""
        cache = sharing_cache.Cache(4)
        builds: list[int] = []
        found: list[object] = []

        def build() -> tuple[object, Callable[[], bool]]:
            builds.append(threading.get_ident())
            return object(), bool

        class Key:
            def __init__(self) -> None:
                self.calls = 0
                ask = lambda: found.append(cache.get(self, build))  # noqa: E731
                self.thread = threading.Thread(target=ask, daemon=True)

            def __hash__(self) -> int:
                if threading.current_thread() is not self.thread:
                    self.calls += 1
                    if self.calls == turn:
                        self.thread.start()
                        self.thread.join(0.05)  # which ends only if it need not wait for this one
                return 1

        key = Key()
        found.append(cache.get(key, build))
        key.thread.join(TIMEOUT)
        assert len(builds) == 1
        assert len(set(map(id, found))) == 1
        assert len(found) == 2

    def test_gives_out_an_object_that_another_thread_is_about_to_drop(self) -> None:
        cache = sharing_cache.Cache(4)
        dropping = threading.Thread(target=cache.drop, args=("key",), daemon=True)

        def is_closed() -> bool:
            dropping.start()
            dropping.join(0.05)  # which ends only if it need not wait for this thread
            return False

        looks: list[bool] = []  # the cache looks once when it has built the object
        built = cache.get("key", lambda: (object(), lambda: bool(looks) and is_closed()))
        looks.append(True)
        assert cache.get("key", lambda: (None, bool)) is built
        dropping.join(TIMEOUT)
        assert cache.info().currsize == 0

    def test_lets_a_thread_that_waited_try_after_a_failure(self) -> None:
        cache = sharing_cache.Cache(4)
        found: list[object] = []
        other = self.another_that_asks(cache, found)

        def fail() -> tuple[object, Callable[[], bool]]:
            other.ask_and_wait_until_it_does()
            raise ValueError("the first")

        other.build = lambda: ("second", bool)
        with pytest.raises(ValueError, match="the first"):
            cache.get(other, fail)
        other.thread.join(TIMEOUT)
        assert found == ["second"]
        assert cache.get(other, fail) == "second"

    def test_lets_a_closed_object_go_before_it_builds_the_next(self) -> None:
        cache = sharing_cache.Cache(4)
        closed: list[bool] = []

        class Value:
            pass

        first = weakref.ref(cache.get("key", lambda: (Value(), lambda: bool(closed))))
        assert first() is not None
        closed.append(True)
        assert cache.get("key", lambda: (first(), bool)) is None

    def test_forgets_what_it_knew_of_objects_that_it_drops(self) -> None:
        cache = sharing_cache.Cache(4)
        kept = Node()
        for end in (cache.clear, lambda: cache.drop("key"), lambda: cache.reset_after_fork()):
            cache.get("key", lambda: (kept, bool))
            assert len(cache._counts) == 1
            end()
            assert len(cache._counts) == 0

    @pytest.mark.parametrize("end", ["clear", "drop"])
    def test_keeps_an_object_that_is_being_built(self, end: str) -> None:
        cache = sharing_cache.Cache(4)

        def build() -> tuple[object, Callable[[], bool]]:
            cache.clear() if end == "clear" else cache.drop("key")
            return object(), bool

        built = cache.get("key", build)
        assert cache.get("key", build) is built

    def test_has_room_for_others_after_a_failure(self) -> None:
        cache = sharing_cache.Cache(2)

        def fail() -> tuple[object, Callable[[], bool]]:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            cache.get("bad", fail)
        for key in ("first", "second", "first"):
            cache.get(key, lambda: (object(), bool))
        assert cache.info() == (1, 2, 2, 2)

    def test_drops_an_object_while_an_earlier_failure_is_kept(self) -> None:
        cache = sharing_cache.Cache(1)

        def fail() -> tuple[object, Callable[[], bool]]:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError) as failure:
            cache.get("first", fail)
        for key in ("first", "second"):
            cache.get(key, lambda: (object(), bool))
        assert cache.info().currsize == 1
        assert failure.traceback

    @pytest.mark.parametrize("kept", KEPT.values(), ids=KEPT.keys())
    def test_does_not_grow_by_what_is_always_there(self, kept: Any) -> None:
        cache = sharing_cache.Cache(4)
        for key in range(100):
            assert cache.get(key, lambda: (kept, bool)) is kept
        users = [kept] * 200  # wherever: the interpreter itself is one
        for key in range(100, 200):
            cache.get(key, lambda: (kept, bool))
        assert cache.info() == (0, 200, 4, 4)
        del users

    @pytest.mark.parametrize(
        "kept", [Node(), Color.RED, tuple("ab")], ids=["of a table", "of an enum", "a tuple"]
    )
    def test_does_not_grow_by_an_object_that_a_factory_keeps(self, kept: Any) -> None:
        """Its own table refers to the object, and so do all entries."""
        cache = sharing_cache.Cache(4)
        for key in range(100):
            cache.get(key, lambda: (kept, bool))
        assert cache.info().currsize == 4
        used = cache.get(99, lambda: (None, bool))
        for key in range(100, 200):
            cache.get(key, lambda: (Node(), bool))
        assert cache.get(99, lambda: (None, bool)) is used

    def test_does_not_grow_by_objects_whose_parts_refer_to_them(self) -> None:
        cache = sharing_cache.Cache(4)
        for key in range(100):
            cache.get(key, lambda: (Node(children=3), bool))
        assert cache.info().currsize == 4
        used = cache.get("used", lambda: (Node(children=3), bool))
        for key in range(100):
            cache.get(key, lambda: (Node(children=3), bool))
        assert cache.get("used", lambda: (None, bool)) is used

    def test_keeps_what_is_in_use_of_types_that_the_interpreter_keeps_some_of(self) -> None:
        cache = sharing_cache.Cache(4)
        fresh: dict[str, Callable[[], Any]] = {
            "int": lambda: int("9" * 50),
            "str": lambda: "x".join(["a", "b"]),
            "bytes": lambda: bytes(100),
            "tuple": lambda: tuple("ab"),
            "class": lambda: type("Class", (), {}),
            "function": lambda: lambda: None,
        }
        used = {
            key: cache.get(key, lambda make=make: (make(), bool)) for key, make in fresh.items()
        }
        for key in range(100):
            cache.get(key, lambda: (object(), bool))
        assert all(cache.get(key, lambda: (None, bool)) is value for key, value in used.items())

    def test_looks_at_few_of_many_that_are_in_use(self) -> None:
        cache = sharing_cache.Cache(4)
        looks: list[int] = []
        used = [
            cache.get(key, lambda: (object(), lambda: bool(looks.append(1)))) for key in range(500)
        ]
        looks.clear()
        cache.get("another", lambda: (object(), bool))
        assert len(looks) <= 32
        del used
        cache.get("last", lambda: (object(), bool))
        assert cache.info().currsize == 4

    def test_finds_in_the_end_what_is_not_in_use_between_many_that_are(self) -> None:
        cache = sharing_cache.Cache(4)
        used = [cache.get(key, lambda: (object(), bool)) for key in range(500)]
        used[250:] = []
        for key in range(1000, 1020):
            cache.get(key, lambda: (object(), bool))
        assert cache.info().currsize < 250 + 20

    def another_that_asks(self, cache: sharing_cache.Cache, found: list[object]) -> Any:
        """A key that tells when a second thread looks for it."""

        class Key:
            build: Any = None

            def __init__(self) -> None:
                self.asked = threading.Event()
                self.thread = threading.Thread(
                    target=lambda: found.append(cache.get(self, self.build)), daemon=True
                )

            def __hash__(self) -> int:
                if threading.current_thread() is self.thread:
                    self.asked.set()
                return 1

            def ask_and_wait_until_it_does(self) -> None:
                self.thread.start()
                assert self.asked.wait(TIMEOUT)

        return Key()

    def test_runs_destructors_while_others_may_ask(
        self, handles: list[Any], room_for_two: None
    ) -> None:
        """One may wait for a thread that gets another object, which takes the same lock."""
        answers: list[Any] = []

        class Waits:
            def __del__(self) -> None:
                thread = threading.Thread(target=lambda: answers.append(handles[0].get()))
                thread.start()
                thread.join(10)
                answers.append(thread.is_alive())

        cache = sharing_cache.cache
        cache.get("waits", lambda: (Waits(), bool))
        for handle in handles[:3]:
            handle.get()
        assert len(answers) == 2
        assert answers[1] is False
