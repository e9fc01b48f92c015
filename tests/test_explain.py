"""Why an object does not pickle: each part that is the cause, by a path that evaluates to it."""

from __future__ import annotations

import collections
import copyreg
import ctypes
import dataclasses
import functools
import gc
import io
import json
import pickle
import re
import sqlite3
import sys
import threading
import time
import types
from collections.abc import Callable
from contextlib import closing
from typing import Any

import cffi
import pytest
from gadgets import Gadget, Refused, Tool, ffi
from hypothesis import given, settings
from hypothesis import strategies as st
from processes import run

import adapters
from adapters._explain.explain import Explanation, Finding, explain

OTHER = cffi.FFI()
OTHER.cdef("typedef struct { int n; double *data; } series_t; typedef struct { int n; } plain_t;")


class Session:
    """Holds a lock, as objects do."""

    def __init__(self, **attributes: Any) -> None:
        self._lock = threading.Lock()
        vars(self).update(attributes)


class Plain:
    """Pickles if its attributes do."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


class Slotted:
    __slots__ = ("__dict__", "first", "second")


@dataclasses.dataclass
class Record:
    number: int
    payload: Any


class Pair(collections.namedtuple("Pair", "left right")):
    """A tuple with attributes of its own."""


class Reduced:
    """Is what its reducer says."""

    def __init__(self, *reduced: Any) -> None:
        self._hidden = lambda: reduced  # no attribute leads to it

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._hidden()


class Fresh(Reduced):
    """Its reducer returns something new each time."""

    def __init__(self, hidden: Any) -> None:
        self._hidden = hidden


def make(*parts: Any) -> Plain:
    return Plain(parts=parts)


def lock() -> Any:
    return threading.Lock()


def value_of(found: Finding, obj: Any, **names: Any) -> Any:
    return eval(found.path, {"obj": obj, "adapters": adapters, "copyreg": copyreg, **names})


def only(explanation: Explanation) -> Finding:
    assert len(explanation) == 1, str(explanation)
    return explanation.findings[0]


def leads_to(obj: Any, part: Any) -> Finding:
    """The only finding about `obj` is this part, and its path evaluates to it."""
    found = only(explain(obj))
    assert value_of(found, obj) is part
    assert found.exact
    return found


def test_four_culprits_four_levels_down() -> None:
    element: Any = pytest.importorskip("lxml.etree").Element("a")
    culprits = [lock(), element, (n for n in ()), ffi.new("struct node *")]
    job = {
        "lock": {"a": [{"b": culprits[0]}]},
        "element": [[[culprits[1]]]],
        "generator": Plain(inner=({"steps": culprits[2]},)),
        "pointer": {"a": {"b": {"c": culprits[3]}}},
    }
    found = explain(job, name="job")
    assert found
    assert len(found) == len(found.errors) == 4
    assert all(each.exact for each in found)
    parts = [eval(each.path, {"job": job}) for each in found]
    assert {id(part) for part in parts} == {id(part) for part in culprits}
    assert {each.path for each in found} == {
        "job['lock']['a'][0]['b']",
        "job['element'][0][0][0]",
        "job['generator'].inner[0]['steps']",
        "job['pointer']['a']['b']['c']",
    }


def test_a_fine_object_says_so_with_the_size_of_the_message() -> None:
    fine = explain([1, Gadget("a")])
    assert not fine
    assert fine.size == len(adapters.dumps([1, Gadget("a")]))
    assert str(fine) == f"obj (builtins.list) pickles, in {fine.size} bytes"
    assert fine.as_dict()["pickles"] is True


PLACES: dict[str, Callable[[Any], Any]] = {
    "a list": lambda part: [1, [part]],
    "a dict value": lambda part: {"a": {(1, "b"): {None: {1.5: {b"c": part}}}}},
    "a dict value under a key without a literal": lambda part: {frozenset([1]): part},
    "a dict value under nan": lambda part: {float("nan"): part},
    "a dict key": lambda part: {1: 2, part: 3},
    "a set member": lambda part: Plain(tags={part}),
    "a frozenset member": lambda part: frozenset([part]),
    "an attribute": lambda part: Plain(inner=Plain(part=part)),
    "an attribute with no name for the dot": lambda part: Plain(**{"a b": part}),
    "a dataclass": lambda part: Record(1, {"x": part}),
    "a named tuple": lambda part: Pair(1, part),
    "a deque": lambda part: collections.deque([1, part]),
    "an ordered dict": lambda part: collections.OrderedDict(a=1, b=part),
    "a defaultdict": lambda part: collections.defaultdict(list, a=part),
    "the factory of a defaultdict": lambda part: collections.defaultdict(
        functools.partial(make, part)
    ),
    "a partial": lambda part: functools.partial(make, 1, part),
    "a keyword of a partial": lambda part: functools.partial(make, key=part),
    "the object of a bound method": lambda part: Plain(part=part).__init__,  # type: ignore[misc]
    "an exception": lambda part: ValueError("a", part),
    "a slice": lambda part: slice(part),
    "an iterator": lambda part: iter([part]),
    "a map": lambda part: map(make, [part]),
    "arguments of a reduction": lambda part: Reduced(make, (1, part)),
    "a state of a reduction": lambda part: Reduced(make, (), [part]),
    "items of a reduction": lambda part: Fresh(lambda: (list, (), None, iter([1, part]))),
    "pairs of a reduction": lambda part: Fresh(lambda: (dict, (), None, None, iter([(1, part)]))),
    "a closure": lambda part: lambda: part,
    "a default": lambda part: lambda x=part: x,
    "a keyword default": lambda part: lambda *, x=part: x,
    "a lambda in a container": lambda part: {"a": [lambda: [part]]},
    "a state of an adapter": lambda part: Gadget(["a", {"b": part}]),
    "a nested state": lambda part: Gadget((Tool(part),)),
    "a class by value": lambda part: type("Local", (), {"attribute": part}),
    "a mapping proxy that goes by value": lambda part: [
        lambda: 1,
        types.MappingProxyType({"a": part}),
    ],
    "a chain map": lambda part: collections.ChainMap({"a": part}),
    "a simple namespace": lambda part: types.SimpleNamespace(a=part),
}


@pytest.mark.parametrize("place", PLACES)
def test_the_path_evaluates_to_the_part(place: str) -> None:
    part = lock()
    obj = PLACES[place](part)
    found = leads_to(obj, part)
    assert found.type == "_thread.lock"
    assert found.error == "TypeError: cannot pickle '_thread.lock' object"
    assert found.kind == "error"


def test_slots_and_a_dict_beside_them() -> None:
    obj = Slotted()
    obj.first = 1
    obj.second = part = lock()
    assert leads_to(obj, part).path == "obj.second"
    obj.second = None
    obj.third = part  # type: ignore[attr-defined]
    assert leads_to(obj, part).path == "obj.third"


LOCK = threading.Lock()


def test_globals_of_a_function_by_value() -> None:
    space: dict[str, Any] = {"__name__": "__main__", "LOCK": LOCK, "other": lock()}
    exec("def function(): return LOCK", space)
    assert leads_to(space["function"], LOCK).path == "obj.__globals__['LOCK']"


def test_what_a_reducer_of_copyreg_returns() -> None:
    class Foreign:
        pass

    obj, part = Foreign(), lock()
    copyreg.pickle(Foreign, lambda foreign: (make, (1, part)))  # type: ignore[arg-type]
    try:
        leads_to([obj], part)
    finally:
        del copyreg.dispatch_table[Foreign]


def test_only_the_innermost_part_and_all_the_ways_to_it() -> None:
    part = lock()
    shared = [part]
    found = leads_to([shared, {"a": shared}, part], part)
    assert found.path == "obj[2]"
    assert found.ways == 2
    assert "reached 2 times" in str(explain([part, [part]]))


def test_cycles_end() -> None:
    part, ring = lock(), Plain()
    ring.ring = [ring, {"part": part}, (ring,)]
    assert leads_to(ring, part).path == "obj.ring[1]['part']"
    assert not explain([fine := [], fine.append(fine)])  # type: ignore[var-annotated, func-returns-value]


def test_it_names_the_adapter_and_what_to_do() -> None:
    late = type("Late", (Gadget,), {})
    found = only(explain([Refused(1)]))
    assert found.adapter == "gadgets.Refused"
    assert "ValueError: no such thing" in found.error
    assert "serializer" in found.advice
    found = only(explain(late(1)))
    assert found.adapter == "subclasses=True"
    assert "subclasses=True" in found.advice
    found = only(explain(OTHER.new("plain_t *")))
    assert found.type == "C type 'plain_t *'"
    assert found.adapter == "register_struct"
    assert found.advice == "call adapters.register_struct(ffi.typeof('plain_t *'))"
    found = only(explain(OTHER.new("series_t *")))
    assert found.adapter is None
    assert "lengths={'data': ...}" in found.advice
    with closing(sqlite3.connect(":memory:")) as connection:
        found = only(explain(connection))
    assert found.adapter is None
    found = only(explain([Session(x=1)]))
    assert "test_explain.Session" in found.advice


def test_a_state_that_contains_the_object_itself() -> None:
    gadget = Gadget([1])
    gadget.state.append({"me": gadget})  # type: ignore[attr-defined]
    found = leads_to({"a": gadget}, gadget)
    assert "contains the object itself" in found.error
    assert [each.path for each in explain([lock(), gadget])] == ["obj[0]", "obj[1]"]


class Hidden:
    """Its state is no attribute."""

    def __init__(self, state: Any) -> None:
        self._get = lambda: state


def test_inside_a_state_that_is_no_attribute() -> None:
    part = lock()
    adapters.register(Hidden, lambda hidden: {"inner": hidden._get()}, Hidden)
    try:
        found = leads_to([Hidden([part])], part)
    finally:
        adapters.unregister(Hidden)
    assert found.path == "adapters.to_spec(obj[0]).state['inner'][0]"


def test_buffers_in_a_state_travel() -> None:
    part = lock()
    buffers = [memoryview(b"a"), bytearray(b"b"), ffi.buffer(ffi.new("char[3]"))]
    assert not explain(Gadget(buffers))
    assert leads_to(Gadget((buffers, part)), part).path == "obj.state[1]"
    assert only(explain([memoryview(b"a")])).type == "builtins.memoryview"


def test_an_object_among_the_arguments_of_its_own_reducer() -> None:
    class Loop:
        def __reduce__(self) -> Any:
            return make, (self,)

    obj = Loop()
    found = leads_to([obj], obj)
    assert found.error.startswith("RecursionError")


class Branch:
    """A tree whose nodes are what their reducers say, kept from one call to the next."""

    def __init__(self, *inner: Any) -> None:
        self._inner = inner

    def __reduce__(self) -> Any:
        return Branch, ([*self._inner],)


def test_many_reductions_inside_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters._explain.walk._MANY", 50)
    part = lock()
    tree: list[Any] = [Branch(part)] + [Branch(re.match("a", "a")) for _ in range(1023)]
    while len(tree) > 1:
        tree = [Branch(one, other) for one, other in zip(tree[::2], tree[1::2], strict=True)]
    assert len(explain(tree[0])) == 1024
    line: Any = Branch(part)
    for _ in range(250):
        line = Branch(line)
    (found,) = (each for each in explain(line) if each.type == "_thread.lock")
    assert value_of(found, line) is part


def test_reading_changes_nothing() -> None:
    read = []

    class Cache(dict):  # type: ignore[type-arg]
        def __getitem__(self, key: Any) -> Any:
            read.append(key)
            return super().__getitem__(key)

    cache = Cache(a=lock(), b=1)
    assert only(explain([cache, lambda: 1])).exact
    assert read == []


def test_reductions_without_end() -> None:
    class Endless:
        def __reduce__(self) -> Any:
            return make, (Endless(), Endless())

    obj = Endless()
    start = time.process_time()
    found = leads_to([obj], obj)
    assert found.error.startswith("RecursionError")
    assert time.process_time() - start < 20


def test_what_fails_only_as_a_whole() -> None:
    for reduced in (
        ("not callable", ()),
        (make, []),
        (make,),
        (copyreg.__newobj__, (Plain,)),  # type: ignore[attr-defined]
        "no such name",
        7,
        (make, (), None, 5),
        (dict, (), None, None, [1]),
    ):
        obj = Reduced(*reduced) if type(reduced) is tuple else Reduced()
        if type(reduced) is not tuple:
            obj._hidden = lambda reduced=reduced: reduced  # type: ignore[misc]
        found = only(explain([obj]))
        assert found.path == "obj[0]", reduced
        with pytest.raises(adapters.SerializeError) as raised:
            adapters.dumps(obj)
        assert found.error.partition(":")[2].strip() in str(raised.value)
        assert [each.path for each in explain([lock(), obj])] == ["obj[0]", "obj[1]"], reduced


def shout(*arguments: Any, **options: Any) -> Any:
    print("nothing of this")
    print("nothing of this", file=sys.stderr)
    sys.stdout.buffer.write(b"nor of this")
    raise ArithmeticError("it shouts")


def test_objects_that_raise_and_print_wherever_they_can(capfd: pytest.CaptureFixture[str]) -> None:
    names = ("__repr__", "__str__", "__eq__", "__hash__", "__bool__", "__len__", "__iter__")
    silly = type("Silly", (Plain,), {**dict.fromkeys(names, shout), "__module__": __name__})
    globals()["Silly"] = silly
    silly.__qualname__ = "Silly"
    part = silly(lock=lock())
    found = explain([part])
    assert only(found).path == "obj[0].lock"
    for name in ("__reduce__", "__reduce_ex__", "__getstate__", "__getattr__", "__getattribute__"):
        worse = type("Silly", (silly,), {name: shout, "__module__": __name__})
        globals()["Silly"] = worse
        if name == "__getstate__" and sys.version_info < (3, 11):
            continue
        found = explain({"a": (object.__new__(worse),)})
        if name == "__getattr__":
            continue
        assert only(found).path == "obj['a'][0]", name
        assert "it shouts" in only(found).error
        assert str(found)
        assert found._repr_html_()
    assert capfd.readouterr() == ("", "")


class Gone:
    """Its class hides behind another one."""

    @property
    def __class__(self) -> Any:
        raise ArithmeticError("no class")

    @__class__.setter
    def __class__(self, value: Any) -> None:
        pass


def test_a_class_that_hides() -> None:
    assert only(explain([Gone()])).path == "obj[0]"


def test_recursion_in_a_reducer() -> None:
    class Deep:
        def __reduce__(self) -> Any:
            return self.__reduce__()

    found = only(explain([[Deep()]]))
    assert found.path == "obj[0][0]"
    assert found.error.startswith("RecursionError")


def test_a_hundred_thousand_levels() -> None:
    part = lock()
    deep: Any = part
    for _ in range(10**5):
        deep = [deep]
    found = explain(deep)
    assert len(found) == 2
    assert {each.error.partition(":")[0] for each in found} == {"RecursionError", "TypeError"}
    (whole,) = (each for each in found if each.type == "builtins.list")
    assert whole.path == "obj"
    (bottom,) = [each for each in found if each.type == "_thread.lock"]
    assert bottom.path == "obj" + "[0]" * 10**5
    assert bottom.exact
    assert len(str(found)) < 2000
    while type(deep) is list:  # not all levels at once
        deep = deep.pop()


def test_a_million_parts_take_seconds() -> None:
    part = lock()
    job = {"table": [(n, str(n)) for n in range(30_000)], "deep": [[[part]]], "n": range(9)}
    job["rows"] = [[1.0, 2.0] for _ in range(900_000)]
    start = time.process_time()
    assert leads_to(job, part).path == "obj['deep'][0][0][0]"
    assert time.process_time() - start < 20


def test_a_million_scalars_cost_nothing() -> None:
    job = {"numbers": list(range(10**6)), "part": lock()}
    start = time.process_time()
    assert len(explain(job)) == 1
    assert time.process_time() - start < 5


def test_it_changes_nothing_and_keeps_nothing() -> None:
    part = Session(items=[1], table={"a": {1}})
    iterator = iter([1, 2, part])
    before = repr(vars(part))
    references = sys.getrefcount(part)
    assert explain([part, iterator])
    gc.collect()
    assert sys.getrefcount(part) == references
    assert repr(vars(part)) == before
    assert list(iterator) == [1, 2, part]


def test_many_alike_are_shown_together() -> None:
    found = explain([lock() for _ in range(1000)])
    assert len(found) == 1000
    assert len(str(found).splitlines()) < 12
    assert "997 more like it" in str(found)


def test_the_order_of_the_picklers_matters_as_in_dumps() -> None:
    proxy, by_value = types.MappingProxyType({}), lambda: 1
    assert not explain([by_value, proxy])
    assert adapters.dumps([by_value, proxy])
    obj = [proxy, by_value]
    with pytest.raises(adapters.SerializeError):
        adapters.dumps(obj)
    assert only(explain(obj)).path == "obj[0]"


def test_an_address_in_a_struct_of_ctypes() -> None:
    if not __import__("os").path.exists("/proc/self/maps"):
        pytest.skip("this platform does not tell where memory is")
    number = ctypes.c_int(5)
    handle = Handle(1, ctypes.addressof(number))
    found = only(explain({"handle": handle}))
    assert (found.kind, found.path) == ("address", "obj['handle']")
    assert "owner" in found.error
    assert not explain(Handle(1, 12345))


class Handle(ctypes.Structure):
    _fields_ = [("size", ctypes.c_int), ("owner", ctypes.c_uint64)]


def test_an_open_file_that_something_pickles(tmp_path: Any) -> None:
    path = tmp_path / "a"
    path.write_text("text")
    with path.open() as file:
        obj = [lambda: 1, file]
        found = only(explain(obj))
        assert (found.kind, found.path) == ("file", "obj[1]")
        assert explain(obj).size
        assert only(explain([file])).kind == "error"
    assert not explain([io.BytesIO(b"a"), io.StringIO("a")])


def test_arrays_that_carry_more_than_they_show() -> None:
    numpy = pytest.importorskip("numpy")
    base = numpy.zeros(100_000)
    assert not explain({"a": base, "b": base[:3]})
    repeated = numpy.broadcast_to(numpy.float64(1), (100_000,))
    found = only(explain({"repeated": repeated}))
    assert (found.kind, found.path) == ("copy", "obj['repeated']")
    assert found.size is not None
    assert found.size > 800_000

    class Greedy(numpy.ndarray):  # type: ignore[misc, name-defined]
        def __reduce__(self) -> Any:
            return numpy.asarray, (self.base,)

    found = only(explain([base.view(Greedy)[:3]]))
    assert found.kind == "copy"
    assert "24" in found.error


def test_large_parts_with_their_bytes() -> None:
    obj = {"a": b"x" * 10**6, "b": Plain(c=["y" * 10**5, 1]), "d": [0] * 1000}
    found = explain(obj)
    assert not found
    assert [each.path for each in found.large] == ["obj['a']", "obj['b'].c[0]"]
    assert found.large[0].size == pytest.approx(10**6, abs=50)
    assert "Most of the message" in str(found)
    many = explain({"many": [{"a": n} for n in range(50_000)]})
    assert [each.path for each in many.large] == ["obj['many']"]


class Forgetful:
    """Leaves out what it was."""

    def __init__(self, name: str = "unknown") -> None:
        self.name = name

    def __reduce__(self) -> Any:
        return Forgetful, ()


class Cached(Plain):
    def __getstate__(self) -> Any:
        return {name: value for name, value in vars(self).items() if name != "cache"}


class Fragile(Plain):
    def __setstate__(self, state: Any) -> None:
        raise ArithmeticError("not here")


class Fatal(Plain):
    def __setstate__(self, state: Any) -> None:
        __import__("os")._exit(3)


class Noisy(Plain):
    def __setstate__(self, state: Any) -> None:
        vars(self).update(state)
        sys.__stdout__ and sys.__stdout__.write("not part of the answer\n")
        print("nor this", flush=True)


class Slow(Plain):
    def __setstate__(self, state: Any) -> None:
        time.sleep(100)


@pytest.mark.slow
def test_check_names_what_arrives_as_something_else() -> None:
    obj = {"a": [Forgetful("me")], "b": Cached(cache=1, c=2), "c": [1, {2}, "x", 1.5, None], "d": 1}
    assert not explain(obj)
    found = explain(obj, check=True)
    assert found.checked
    said = {each.path: each.error for each in found}
    assert said.keys() == {"obj['b']", "obj['a'][0]"}
    assert said["obj['b']"] == "its attribute 'cache' is lost"
    assert said["obj['a'][0]"] == "its attribute 'name', 'me', arrives as 'unknown'"
    same = explain({"a": [Gadget(1), Tool(2)], "b": Plain(c=b"1"), "e": float("nan")}, check=True)
    assert not same
    assert "arrives as it was" in str(same)


@pytest.mark.slow
def test_check_says_why_it_cannot_be_rebuilt() -> None:
    found = only(explain(Fragile(a=1), check=True))
    assert found.kind == "differs"
    assert "ArithmeticError: not here" in found.error
    assert "exit code 3" in only(explain(Fatal(a=1), check=True)).error
    assert not explain(Noisy(a=1), check=True)
    start = time.monotonic()
    assert "in 0.5 s" in only(explain(Slow(a=1), check=True, timeout=0.5)).error
    assert time.monotonic() - start < 30


def test_the_result_is_plain_data() -> None:
    found = explain({"<b>": lock()})
    assert json.loads(json.dumps(found.as_dict()))["findings"][0]["path"] == "obj['<b>']"
    twin = pickle.loads(pickle.dumps(found))
    assert twin.findings == found.findings
    assert str(twin) == str(found)
    assert "<b>'" not in found._repr_html_()
    assert "&lt;b&gt;" in found._repr_html_()


def test_nothing_in_it_drives_the_terminal() -> None:
    def speak() -> Any:
        raise ValueError("\x1b[31mred\n\n\x07bell")

    class Loud:
        def __reduce__(self) -> Any:
            return speak()

    Loud.__qualname__ = "\x1b]0;title\x07"
    text = str(explain({"\x1b[1m": Loud()}))
    assert set(text) & set(map(chr, range(32))) == {"\n"}
    assert "red bell" in text.replace("\\x07", "")


def test_rich_renders_it() -> None:
    console_module = pytest.importorskip("rich.console")
    console = console_module.Console(file=io.StringIO(), width=100)
    console.print(explain({"[red]a": lock()}))
    console.print(explain([b"x" * 10**6]))
    text = console.file.getvalue()
    assert "obj['[red]a']" in text
    assert "cannot pickle '_thread.lock' object" in text
    assert "1,000," in text


def test_a_script_sees_into_its_own_classes(tmp_path: Any) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import threading\n"
        "from adapters._explain.explain import explain\n"
        "LOCK = threading.Lock()\n"
        "class Mine:\n"
        "    lock = LOCK\n"
        "def function(): return LOCK\n"
        "obj = [Mine, Mine(), function]\n"
        "for found in explain(obj): print(found.path, eval(found.path) is LOCK)\n"
    )
    assert run(str(script)) == "obj[0].lock True\n"


CULPRITS: tuple[Callable[[], Any], ...] = (
    threading.Lock,
    lambda: re.match("a", "a"),
    lambda: (n for n in ()),
    lambda: OTHER.new("series_t *"),
)


def graphs() -> st.SearchStrategy[Any]:
    leaves = st.one_of(
        st.none(),
        st.integers(),
        st.text(max_size=3),
        st.builds(Gadget, st.integers()),
        st.builds(lambda n: lambda: n, st.integers()),
        st.sampled_from(CULPRITS).map(lambda make: make()),
    )

    def around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        some = st.lists(inner, max_size=4)
        return st.one_of(
            some,
            some.map(tuple),
            some.map(collections.deque),
            st.dictionaries(st.one_of(st.integers(), st.text(max_size=2)), inner, max_size=4),
            inner.map(lambda part: Plain(part=part)),
            inner.map(lambda part: Record(1, part)),
            inner.map(Gadget),
            inner.map(lambda part: lambda: part),
            inner.map(lambda part: Reduced(make, (part,))),
            inner.map(lambda part: [part, part]),
            inner.map(lambda part: functools.partial(make, part)),
        )

    return st.recursive(leaves, around, max_leaves=12)


@given(graphs())
@settings(deadline=None, max_examples=150)
def test_random_graphs(obj: Any) -> None:
    found = explain(obj)
    try:
        message: bytes | None = adapters.dumps(obj)
        said = ""
    except adapters.SerializeError as error:
        message, said = None, str(error)
    assert bool(found.errors) == (message is None), str(found)
    assert found.size == (None if message is None else len(message))
    for each in found:
        part = value_of(each, obj)
        assert each.exact
        with pytest.raises(adapters.SerializeError):
            adapters.dumps(part)
        assert not isinstance(part, (list, tuple, dict, Plain, Record))
    assert len({id(value_of(each, obj)) for each in found}) == len(found)
    if said:
        assert any(each.error.partition(": ")[2] in said for each in found), said
