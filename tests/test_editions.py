"""A class of the main script that is defined again: the newer one is served, older ones say so."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_all_start_methods, get_context
from typing import Any

import children
import pytest
from processes import run, through_joblib

import adapters
from adapters import explain
from adapters._importable import main_script
from adapters._wire.registry import _KEPT

CELL = """
import threading
import adapters
class Thing:
    edition = {edition}
    def __init__(self, state):
        self.state, self.lock = state, threading.Lock()
class Part(Thing):
    pass
adapters.register(
    Thing,
    lambda thing: (type(thing).edition, thing.state),
    lambda state: Thing((Thing.edition, state)),
    {options}
)
"""
FFI = """
import adapters, cffi
ffi = cffi.FFI()
ffi.cdef("typedef struct {{ int {field}; }} edited_t;")
adapters.register_struct(ffi.typeof("edited_t *"))
"""
WAYS: dict[str, Callable[[Any], Any]] = {
    "pickle": pickle.dumps,
    "dumps": adapters.dumps,
    "dumps by value": lambda obj: adapters.dumps([lambda: 0, obj]),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "to_spec": adapters.to_spec,
    "share": adapters.share,
}
OLDER = r"cannot serialize __main__\.{}: {}, which was defined and registered again; {}"


class Main:
    """The main script of this process, in which cells run."""

    def __init__(self) -> None:
        self.names = vars(sys.modules["__main__"])

    def run(self, source: str = CELL, **parts: Any) -> None:
        """Run a cell, of which some parts are given."""
        exec(source.format(**{"edition": 1, "options": "", **parts}), self.names)

    def __getitem__(self, name: str) -> Any:
        return self.names[name]


@pytest.fixture
def main() -> Iterator[Main]:
    main = Main()
    before = dict(main.names)
    yield main
    for adapter in list(adapters.registry.by_target.values()):
        if adapter.name.startswith(("__main__", "edited")):
            adapters.unregister(adapter.target)
    adapters.registry._editions = None
    main_script.defined_again.clear()
    for name in main.names.keys() - before.keys():
        del main.names[name]


def through(dumps: Callable[[Any], bytes], obj: Any) -> Any:
    return pickle.loads(dumps(obj))


def test_a_class_that_is_defined_again_takes_the_place_of_the_older_one(main: Main) -> None:
    main.run()
    main.run(edition=2)
    assert [a.target for a in adapters.registry if a.name == "__main__.Thing"] == [main["Thing"]]
    for dumps in (pickle.dumps, adapters.dumps):
        twin = through(dumps, main["Thing"]("new"))
        assert type(twin) is main["Thing"]
        assert twin.state == (2, (2, "new"))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("options", ["", "subclasses=True"])
def test_an_older_object_says_so(main: Main, way: str, options: str) -> None:
    main.run(options=options)
    thing, part = main["Thing"]("old"), main["Part"]("old")
    main.run(edition=2, options=options)
    said = OLDER.format(
        "Thing", r"it is an instance of an older edition of __main__\.Thing", "make"
    )
    with pytest.raises(adapters.SerializeError, match=said):
        WAYS[way](thing)
    said = OLDER.format("Part", r"its class derives from an older .* of __main__\.Thing", "define")
    with pytest.raises(adapters.SerializeError, match=said):
        WAYS[way](part)


def test_explain_says_so_too(main: Main) -> None:
    main.run()
    old = main["Thing"]("old")
    main.run(edition=2)
    (found,) = explain({"a": [old]})
    assert (found.path, found.adapter) == ("obj['a'][0]", None)
    assert "older edition of __main__.Thing" in found.error
    assert found.advice.endswith("make the object again, of the newer class")
    exec("class Other(old): pass", main.names, names := {"old": type(old)})
    (found,) = explain([names["Other"](1)])
    assert "derives from an older __main__.Thing" in found.advice
    assert found.advice.endswith("define the class again, too, and make the object again")


def test_an_object_of_each_edition_is_rebuilt_by_its_own(main: Main) -> None:
    main.run()
    payload, old = pickle.dumps(main["Thing"]("old")), main["Thing"]
    # The same functions, and another class: as where only the cell with the class was changed.
    main.run()
    arrived = pickle.loads(payload)
    assert type(arrived) is old
    assert arrived.state == (1, (1, "old"))
    with pytest.raises(adapters.SerializeError, match="older edition"):
        pickle.dumps(arrived)
    assert type(through(pickle.dumps, main["Thing"]("new"))) is main["Thing"]


@pytest.mark.slow
@pytest.mark.parametrize("unchanged", [True, False])
def test_a_worker_that_lives_through_both_editions(main: Main, unchanged: bool) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        main.run()
        old = main["Thing"]
        first = pool.submit(children.send_back, old("a"))
        first.result(60)
        main.run(edition=1 if unchanged else 2)
        new, number = main["Thing"], 1 if unchanged else 2
        for _ in range(2):
            came, made, process = pool.submit(children.send_back, new("b")).result(60)
            assert (type(came), type(made)) == (new, new)
            assert came.state == (number, (number, (number, (number, "b"))))
            assert made.state[0] == number
        assert first.result(60)[2] == process  # one worker has had both
        assert [type(each) for each in first.result(60)[:2]] == [old, old]
        with pytest.raises(adapters.SerializeError, match="older edition"):
            pool.submit(children.send_back, old("a")).result(60)
        assert type(pool.submit(children.echo, new("c")).result(60)) is new


@pytest.mark.slow
def test_what_a_worker_of_the_older_edition_sends_after_the_newer_one(main: Main) -> None:
    main.run()
    old = main["Thing"]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        payload = pool.submit(pickle.dumps, old("a")).result(60)  # as the worker writes it
        main.run()
        came = pickle.loads(payload)
        assert type(came) is old
        assert came.state == (1, (1, (1, (1, "a"))))


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_the_workers_of_an_executor_get_each_edition(main: Main, method: str) -> None:
    if method not in get_all_start_methods():
        pytest.skip(f"no {method} here")
    with adapters.Executor(max_workers=1, mp_context=get_context(method)) as executor:
        for edition in (1, 2):
            main.run(edition=edition)
            came, made, _ = executor.submit(children.send_back, main["Thing"]("a")).result(60)
            assert (type(came), type(made)) == (main["Thing"], main["Thing"])
            assert came.state == (edition, (edition, (edition, (edition, "a"))))


@pytest.mark.slow
def test_loky_gets_each_edition(main: Main) -> None:
    for edition in (1, 2):
        main.run(edition=edition)
        ((came, made, _),) = through_joblib(children.send_back, [main["Thing"]("a")])
        assert (type(came), type(made)) == (main["Thing"], main["Thing"])


def test_a_few_older_editions_are_kept(main: Main) -> None:
    old = []
    for edition in range(_KEPT + 2):
        main.run(edition=edition)
        old.append(main["Thing"])
    older = [a.target for a in adapters.registry.by_target.values() if a.is_older]
    assert older == old[1:-1]
    with pytest.raises(pickle.PicklingError, match="not the same object"):
        pickle.dumps(old[0])
    oldest = weakref.ref(old[0])
    del old, older
    gc.collect()
    assert oldest() is None


def test_an_edition_may_change_the_name_of_the_adapter(main: Main) -> None:
    main.run()
    old = main["Thing"]
    main.run(edition=2, options="name='edited'")
    assert "__main__.Thing" not in adapters.registry
    assert through(pickle.dumps, main["Thing"](1)).state == (2, (2, 1))
    with pytest.raises(adapters.SerializeError, match="older edition"):
        pickle.dumps(old(1))


def test_two_classes_that_are_made_of_one_name_are_no_editions(main: Main) -> None:
    made = [type("Thing", (), {"__module__": "__main__"}) for _ in range(2)]
    main.names["made"] = made
    for number, cls in enumerate(made):
        adapters.register(cls, lambda obj: None, lambda state: None, name=f"edited {number}")
    assert [adapters.registry[f"edited {number}"].target for number in range(2)] == made


LOCAL = """
def make():
    class Local:
        pass
    return Local
classes = make(), make()
def register(cls, number, **options):
    return adapters.register(cls, lambda obj: number, lambda state: cls(), **options)
"""


def test_classes_of_a_function_are_no_editions(main: Main) -> None:
    main.names["adapters"] = adapters
    main.run(LOCAL)
    one, two = main["classes"]
    main["register"](one, 1)
    with pytest.raises(adapters.ConflictError, match="give it another name=, or pass replace=True"):
        main["register"](two, 2)
    adapter = main["register"](two, 2, replace=True)
    assert adapters.registry.find(two()) is adapter
    with pytest.raises(adapters.SerializeError, match="older edition"):
        pickle.dumps(one())


def test_an_older_class_does_not_come_back_by_itself(main: Main) -> None:
    main.run()
    old, again = main["Thing"], (lambda obj: obj.state, lambda state: None)
    main.run(edition=2)
    with pytest.raises(adapters.ConflictError, match="replace=True"):
        adapters.register(old, *again)
    adapters.register(old, *again, replace=True)
    assert adapters.to_spec(old(5)).state == 5
    with pytest.raises(adapters.SerializeError, match="older edition"):
        pickle.dumps(main["Thing"](1))


def test_an_older_class_can_be_unregistered(main: Main) -> None:
    main.run()
    old = main["Thing"]
    main.run(edition=2)
    adapters.unregister(old)
    with pytest.raises(TypeError, match=r"cannot pickle '_thread\.lock' object"):
        copy.deepcopy(old(1))
    assert through(pickle.dumps, main["Thing"](1)).state == (2, (2, 1))


def test_the_adapter_of_a_base_does_not_serve_an_older_class(main: Main) -> None:
    main.run(options="subclasses=True")
    exec("base = Thing", main.names)
    cell = "class Special(base): pass\n"
    cell += "adapters.register(Special, lambda obj: 1, lambda state: Special(state))"
    main.run(cell)
    old = main["Special"]
    main.run(cell)
    for dumps in (pickle.dumps, adapters.dumps):
        with pytest.raises(adapters.SerializeError, match=r"older edition of __main__\.Special"):
            dumps(old(1))


def test_an_ffi_that_is_made_again(main: Main) -> None:
    main.run(FFI, field="x")
    old = main["ffi"].new("edited_t *", [1])
    main.run(FFI, field="y")
    new = main["ffi"].new("edited_t *", [2])
    assert through(pickle.dumps, new).y == 2
    for way in WAYS.values():
        with pytest.raises(adapters.SerializeError, match=r"'edited_t \*' was registered again"):
            way(old)
    (found,) = explain([old])
    assert (found.adapter, found.advice.partition("; ")[2]) == (
        None,
        "make the object again, with the newer ffi",
    )


def test_two_ffis_of_one_script_are_no_editions(main: Main) -> None:
    main.run(FFI, field="x")
    main.names["other"] = main["ffi"]
    with pytest.raises(adapters.ConflictError, match="give it another name="):
        main.run(FFI, field="x")
    adapters.register_struct(main["ffi"].typeof("edited_t *"), replace=True)
    assert through(pickle.dumps, main["ffi"].new("edited_t *", [2])).x == 2


def test_a_session_that_follows_a_script(main: Main, tmp_path: Any) -> None:
    cell = CELL.format(edition=1, options="")
    script = tmp_path / "script.py"
    script.write_text(cell)
    session = "import pickle\npayload = pickle.dumps(Thing(1))\n"
    session += f"exec({cell!r})\n"
    session += "print(type(pickle.loads(payload)) is Thing)\n"
    session += "print(type(pickle.loads(pickle.dumps(Thing(1)))) is Thing)\n"
    program = f"import runpy, sys\nsource = open({str(script)!r}).read()\n"
    program += f"import __main__\n__main__.__file__ = {str(script)!r}\nexec(source)\n{session}"
    assert run("-c", program).split() == ["False", "True"]
