"""Trusted loading gives what pickle gives, and refuses the rest before anything of it runs."""

from __future__ import annotations

import copyreg
import pickle
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fuzz_trusted import Outside, same
from gadgets import Gadget, Unbuildable
from hypothesis import given, settings
from hypothesis import strategies as st
from test_spec import comparable

import adapters
from adapters._payload.trusted import trusted_loads
from adapters.errors import UntrustedError

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.pickle"))
OURS = {
    "gadgets.Gadget": None,
    "gadgets:gear_t *": None,
    "native.Sieve": "native.specs",
    "native.WordList": "native.specs",
}
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def load(payload: Any, **options: Any) -> Any:
    return trusted_loads(payload, **{"trusted": ["gadgets.Gadget"], **options})


@pytest.fixture(autouse=True)
def nothing_outside_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """There is a module whose import can be seen, and no test but those that say so imports it."""
    body = "import adapters\nimport gadgets\nimported = True\n"
    (tmp_path / "unwanted.py").write_text(body)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    assert "unwanted" not in sys.modules


# What is loaded


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_payloads(path: Path) -> None:
    payload = path.read_bytes()
    expected = pickle.loads(payload)
    found = trusted_loads(payload, trusted=OURS)
    assert type(found) is type(expected)
    assert comparable(found) == comparable(expected)
    with pytest.raises(UntrustedError, match=r"needs adapter .*; trusted is nothing"):
        trusted_loads(payload, trusted=[])


hashables = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.complex_numbers(),
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3),
    max_leaves=5,
)
values = st.recursive(
    hashables | st.binary(min_size=2).map(bytearray) | st.sets(hashables, max_size=5) | st.just([]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(hashables, inner, max_size=4)
        | inner.map(Gadget)
        | inner.map(lambda item: [item, item])
        | inner.map(lambda item: adapters.Spec("gadgets.Gadget", 1, "gadgets", item))
        | st.binary(min_size=2).map(lambda part: Gadget((memoryview(part), bytearray(part))))
    ),
    max_leaves=15,
)


@pytest.mark.parametrize("dumps", [pickle.dumps, pickle._dumps])  # type: ignore[attr-defined]
@pytest.mark.parametrize("protocol", PROTOCOLS)
@settings(deadline=None)
@given(data=st.data())
def test_round_trips(dumps: Any, protocol: int, data: Any) -> None:
    payload = dumps(data.draw(values), protocol)
    assert same(load(payload), pickle.loads(payload))


@settings(deadline=None)
@given(data=st.data())
def test_round_trips_with_buffers(data: Any) -> None:
    buffers: list[Any] = []
    payload = adapters.dumps(data.draw(values), buffer_callback=buffers.append)
    buffers = [*map(bytes, buffers)]  # views of views in loops crash Python before 3.13
    assert same(load(payload, buffers=buffers), pickle.loads(payload, buffers=buffers))


def test_buffers_are_not_copied() -> None:
    buffers: list[Any] = []
    payload = adapters.dumps(Gadget(bytearray(b"x" * 5000)), buffer_callback=buffers.append)
    memory = bytearray(buffers[0])
    view = load(payload, buffers=[memory]).state
    memory[0] = ord("y")
    assert bytes(view[:2]) == b"yx"


def test_a_buffer_that_left_read_only_arrives_read_only() -> None:
    buffers: list[Any] = []
    payload = adapters.dumps(Gadget(memoryview(b"x" * 5000)), buffer_callback=buffers.append)
    assert load(payload, buffers=[bytearray(buffers[0])]).state.readonly


def test_large_frames_and_batches() -> None:
    obj = [{"number": n, "text": f"{n}" * 9, "gadget": Gadget(n)} for n in range(3000)]
    obj += [b"x" * 100_000, "y" * 100_000, {*range(3000)}]  # type: ignore[list-item]
    for protocol in PROTOCOLS:
        assert load(pickle.dumps(obj, protocol)) == obj


def test_what_is_shared_stays_shared_and_loops_stay_loops() -> None:
    loop: list[Any] = [{"shared": []}]
    loop += [loop, (loop,), loop[0]["shared"]]
    found = load(pickle.dumps(loop))
    assert found[1] is found
    assert found[2][0] is found
    assert found[3] is found[0]["shared"]
    gadget = Gadget(1)
    left, right = load(pickle.dumps([gadget, gadget]))
    assert left is right


def test_a_pickle_in_bytes_stays_bytes() -> None:
    inner = pickle.dumps(Outside(eval, ("1",)))
    assert load(pickle.dumps([inner, bytearray(inner)])) == [inner, bytearray(inner)]


def test_a_factory_gets_the_state_as_it_is_at_that_moment() -> None:
    payload = (
        b"(]q\0(K\1K\2e"  # a list, to which something is added before and after
        + b"cadapters\nrebuild\n(X\x0e\0\0\0gadgets.GadgetK\1X\1\0\0\0xcbuiltins\ntuple\nh\0\x85RtR"
        + b"h\0(K\3e0h\0t."
    )
    before, gadget, after = load(payload)[0], load(payload)[1], load(payload)[-1]
    assert before == after == [1, 2, 3]
    assert gadget.state == (1, 2)


# Adapters


class Local:
    """Its adapter is registered by a function, and so goes by value."""

    def __init__(self, state: object = None) -> None:
        self.state = state


@pytest.fixture
def local() -> Iterator[adapters.Adapter]:
    yield adapters.register(Local, lambda obj: obj.state, Local, name="local")
    if "local" in adapters.registry:
        adapters.unregister(Local)


def named(name: str, provider: Any = "unwanted", state: Any = None, function: Any = None) -> bytes:
    arguments = (name, 1, provider, state)
    return pickle.dumps(Outside(function or adapters.rebuild, arguments))


@pytest.mark.parametrize("function", [adapters.rebuild, adapters.Spec])
def test_the_provider_in_the_payload_is_never_imported(function: Any) -> None:
    found = load(named("gadgets.Gadget", function=function))  # registered: any provider will do
    assert isinstance(found, (Gadget, adapters.Spec))
    if isinstance(found, adapters.Spec):  # and it cannot be imported later on
        assert found.provider == "gadgets"
    for options in ({}, {"trusted": ["other"]}, {"trusted": ["other"], "by_value": True}):
        with pytest.raises(UntrustedError):
            load(named("other", function=function), **options)


def test_a_trusted_adapter_that_is_not_registered() -> None:
    with pytest.raises(
        UntrustedError, match=r"byte \d+, .*'other', which is trusted, but not registered.*import"
    ) as caught:
        load(named("other"), trusted=["other"])
    assert caught.value.subject == "other"


def test_the_callers_module_is_imported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "wanted.py").write_text(
        "import adapters\n"
        "class Thing:\n    def __init__(self, state): self.state = state\n"
        "adapters.register(Thing, lambda thing: thing.state, Thing)\n"
    )
    payload = named("wanted.Thing", state=5)
    with pytest.raises(UntrustedError):  # not before all of the payload was found harmless
        load(
            pickle.dumps([Outside(adapters.rebuild, ("wanted.Thing", 1, "x", 5)), eval]),
            trusted={"wanted.Thing": "wanted"},
        )
    assert "wanted" not in sys.modules
    thing = load(payload, trusted={"wanted.Thing": "wanted"})
    try:
        assert thing.state == 5
    finally:
        adapters.unregister(type(thing))
        del sys.modules["wanted"]


def test_a_module_of_the_callers_that_does_not_help() -> None:
    with pytest.raises(adapters.RebuildError, match=r"'no\.where', cannot be imported"):
        load(named("other"), trusted={"other": "no.where"})
    with pytest.raises(UntrustedError, match="not registered here"):
        load(named("other"), trusted={"other": "string"})


def test_no_module_is_imported_for_a_payload_that_is_refused() -> None:
    both = [Outside(adapters.rebuild, (name, 1, "x", None)) for name in ("first", "second")]
    with pytest.raises(UntrustedError, match="'second', which is trusted, but not registered"):
        load(pickle.dumps(both), trusted={"first": "unwanted", "second": None})


def test_by_value_is_refused_where_the_module_does_not_register_it() -> None:
    provider = ("fingerprint", pickle.dumps(Outside(exec, ("import unwanted",))))
    with pytest.raises(UntrustedError, match="not registered here"):
        load(named("other", provider), trusted={"other": "string"})


def test_by_value_is_refused(local: adapters.Adapter) -> None:
    payload = adapters.dumps(Local(5))
    adapters.unregister(Local)
    with pytest.raises(UntrustedError, match=r"not registered here.*by value"):
        load(payload, trusted=["local"])
    adapters.register(Local, lambda obj: obj.state, lambda state: [state], name="local")
    with pytest.raises(UntrustedError, match="by value, and it is not the one that is registered"):
        load(payload, trusted=["local"])


def test_by_value_where_the_same_is_registered_does_not_load_it(local: adapters.Adapter) -> None:
    body = pickle.dumps(Outside(exec, ("import unwanted",)))
    provider = (local.fingerprint, body)
    assert load(named("local", provider, state=5), trusted=["local"]).state == 5
    assert load(named("local", provider, state=5), trusted=["local"], by_value=True).state == 5
    spec = load(named("local", provider, function=adapters.Spec), trusted=["local"])
    assert spec.provider == local.provider != provider


def test_by_value_on_request(local: adapters.Adapter) -> None:
    payload = adapters.dumps([Local(5), Local(6)])
    adapters.unregister(Local)
    with pytest.raises(UntrustedError, match=r"trusted is gadgets\.Gadget"):
        load(payload, by_value=True)
    found = load(payload, trusted=["local"], by_value=True)
    assert [thing.state for thing in found] == [5, 6]
    # It has arrived now, and still is not an adapter of this process.
    with pytest.raises(UntrustedError, match="not registered here"):
        load(payload, trusted=["local"])
    with pytest.raises(UntrustedError, match="not registered here"):
        load(named("local"), trusted=["local"])
    adapters.registry._remove(adapters.registry["local"])


def test_by_value_under_a_wrong_name(local: adapters.Adapter) -> None:
    provider = local.provider
    adapters.unregister(Local)
    with pytest.raises(UntrustedError, match="'local' by value, under the name 'other'"):
        load(named("other", provider), trusted=["other"], by_value=True)
    adapters.registry._remove(adapters.registry["local"])


def test_versions_and_failures_are_errors_as_ever() -> None:
    with pytest.raises(adapters.VersionError, match="version 7"):
        load(pickle.dumps(Outside(adapters.rebuild, ("gadgets.Gadget", 7, "x", None))))
    with pytest.raises(adapters.RebuildError, match=r"gadgets\.Unbuildable.*factory raised"):
        load(pickle.dumps(Unbuildable()), trusted=["gadgets.Unbuildable"])


def test_a_string_is_no_collection_of_names() -> None:
    with pytest.raises(TypeError, match="collection"):
        load(pickle.dumps(1), trusted="gadgets.Gadget")


def test_errors_cross_a_process_whole() -> None:
    with pytest.raises(UntrustedError) as caught:
        load(pickle.dumps(eval))
    twin = pickle.loads(pickle.dumps(caught.value))
    assert type(twin) is UntrustedError
    assert (twin.args, str(twin)) == (caught.value.args, str(caught.value))
    assert isinstance(twin, adapters.RebuildError)


# What is refused

GADGET = b"cadapters\nrebuild\n(X\x0e\0\0\0gadgets.GadgetK\1X\1\0\0\0xNtR"
ARGUMENTS = b"(X\x0e\0\0\0gadgets.GadgetK\1X\1\0\0\0xNt"

REFUSED: dict[str, bytes] = {
    "os.system": b"cos\nsystem\n(Vls\ntR.",
    "posix.system": b"cposix\nsystem\n(Vls\ntR.",
    "eval": b"cbuiltins\neval\n(V1\ntR.",
    "exec": b"cbuiltins\nexec\n(V1\ntR.",
    "eval of Python 2": b"\x80\x02c__builtin__\neval\n(V1\ntR.",
    "__import__": b"cbuiltins\n__import__\n(Vunwanted\ntR.",
    "getattr": b"cbuiltins\ngetattr\n(cadapters\nrebuild\nV__globals__\ntR.",
    "attrgetter": b"coperator\nattrgetter\n(V__globals__\ntRcadapters\nrebuild\n\x85R.",
    "methodcaller": b"coperator\nmethodcaller\n(V__reduce__\ntR.",
    "itemgetter": b"coperator\nitemgetter\n(K\0tR.",
    "partial": b"cfunctools\npartial\n(cbuiltins\neval\nV1\ntR.",
    "__newobj__": b"ccopyreg\n__newobj__\n(cbuiltins\nlist\ntR.",
    "_reconstructor": b"ccopyreg\n_reconstructor\n(cbuiltins\nlist\ncbuiltins\nobject\nNtR.",
    "_reconstructor of Python 2": b"ccopy_reg\n_reconstructor\n(c__builtin__\nlist\nNNtR.",
    "a set of Python 2 in a newer protocol": b"\x80\x03c__builtin__\nset\n)R.",
    "import of a module": b"cunwanted\nimported\n.",
    "import by INST": b"(iunwanted\nimported\n.",
    "import by STACK_GLOBAL": b"\x80\x04\x8c\x08unwanted\x8c\x08imported\x93.",
    "memoised STACK_GLOBAL": b"\x80\x04\x8c\x02os\x94\x8c\x06system\x9400h\x00h\x01\x93.",
    "computed STACK_GLOBAL": b"\x80\x04\x8c\x02os" + GADGET + b"\x93.",
    "bytes in STACK_GLOBAL": b"\x80\x04\x8c\x08adaptersC\x07rebuild\x93.",
    "dotted name": b"\x80\x04\x8c\x08adapters\x8c\x10rebuild.__name__\x93.",
    "dotted name by GLOBAL": b"\x80\x04cadapters\nregistry.register\n.",
    "dotted module": b"cadapters._spec\nrebuild\n" + ARGUMENTS + b"R.",
    "a longer name": b"cadapters\nrebuild.\n" + ARGUMENTS + b"R.",
    "a name with a space": b"cadapters \nrebuild\n" + ARGUMENTS + b"R.",
    "adapters.loads": b"cadapters\nloads\n(C\x02N.tR.",
    "adapters.register": b"cadapters\nregister\n)R.",
    "adapters.registry": b"cadapters\nregistry\n.",
    "adapters._main_class": b"cadapters\n_main_class\n)R.",
    "adapters.Adapter": b"cadapters\nAdapter\n)R.",
    "adapters._wire.by_value": b"cadapters._by_value\ndumps\n)R.",
    "adapters.stores": b"cadapters\nstores\n.",
    "the factory by its own name": b"cgadgets\nGadget\n)R.",
    "the class": b"cgadgets\nGadget\n.",
    "Spec.rebuild": b"\x80\x04\x8c\x08adapters\x8c\x0cSpec.rebuild\x93.",
    "extension code 1": b"\x82\x4d.",
    "extension code 2": b"\x83\x4d\0.",
    "extension code 4": b"\x84\x4d\0\0\0.",
    "persistent id": b"P1\n.",
    "binary persistent id": b"K\x01Q.",
    "INST of our own": ARGUMENTS[:-1] + b"iadapters\nrebuild\n.",
    "OBJ of our own": b"(cadapters\nrebuild\n" + ARGUMENTS[1:-1] + b"o.",
    "NEWOBJ of our own": b"cadapters\nSpec\n" + ARGUMENTS + b"\x81.",
    "NEWOBJ of plain": b"cbuiltins\nlist\n)\x81.",
    "NEWOBJ_EX of plain": b"cbuiltins\ndict\n)}\x92.",
    "INST of plain": b"(ibuiltins\nlist\n.",
    "BUILD of an object": GADGET + b"}Vstate\nK\1sb.",
    "BUILD with slots": GADGET + b"N}Vstate\nK\1s\x86b.",
    "BUILD of a function": b"cadapters\nrebuild\n}V__code__\nNsb.",
    "BUILD of a list": b"]}b.",
    "BUILD of a spec": b"cadapters\nSpec\n" + ARGUMENTS + b"R}b.",
    "BUILD of a class": b"cbuiltins\nlist\n}b.",
    "APPEND to an object": GADGET + b"Na.",
    "APPENDS to an object": GADGET + b"(Ne.",
    "APPEND to a set": b"\x8fNa.",
    "SETITEM of an object": GADGET + b"NNs.",
    "SETITEM of a list": b"]K\0Ns.",
    "ADDITEMS to an object": GADGET + b"(N\x90.",
    "ADDITEMS to a list": b"](N\x90.",
    "ADDITEMS to a frozenset": b"(\x91(N\x90.",
    "REDUCE of an object": GADGET + b")R.",
    "REDUCE of data": b"N)R.",
    "REDUCE without a tuple": b"cbuiltins\nlist\n]R.",
    "REDUCE with an object": b"cbuiltins\ntuple\n" + GADGET + b"R.",
    "rebuild without a tuple": b"cadapters\nrebuild\n]R.",
    "rebuild of a spec": b"cadapters\nrebuild\ncadapters\nSpec\n" + ARGUMENTS + b"RR.",
    "rebuild of a computed name": b"cadapters\nrebuild\n(" + GADGET + b"K\1Vx\nNtR.",
    "rebuild of a name in bytes": b"cadapters\nrebuild\n(C\x0egadgets.GadgetK\1Vx\nNtR.",
    "rebuild of a bool": b"cadapters\nrebuild\n(Vgadgets.Gadget\n\x88Vx\nNtR.",
    "rebuild of a number too much": b"cadapters\nrebuild\n(Vgadgets.Gadget\nK\1Vx\nNNtR.",
    "rebuild with a list as provider": b"cadapters\nrebuild\n(Vgadgets.Gadget\nK\1]NtR.",
    "rebuild with a computed provider": (
        b"cadapters\nrebuild\n(Vgadgets.Gadget\nK\1Vx\ncbuiltins\nbytearray\n)R\x86NtR."
    ),
    "a tuple of an object": b"cbuiltins\ntuple\n" + GADGET + b"\x85R.",
    "a set of an object": b"cbuiltins\nset\n" + GADGET + b"\x85R.",
    "bytes of an object": b"cbuiltins\nbytes\n" + GADGET + b"\x85R.",
    "bytes of a number": b"cbuiltins\nbytes\nJ\xff\xff\xff\x7f\x85R.",
    "bytes of a list": b"cbuiltins\nbytes\n](K\1e\x85R.",
    "a bytearray of a number": b"cbuiltins\nbytearray\n\x8a\x05\xff\xff\xff\xff\x7f\x85R.",
    "a list of a str": b"cbuiltins\nlist\nVabc\n\x85R.",
    "a dict of a list": b"cbuiltins\ndict\n]\x85R.",
    "a memoryview of a list": b"cbuiltins\nmemoryview\n]\x85R.",
    "a complex of a str": b"cbuiltins\ncomplex\nV1\n\x85R.",
    "another codec": b"c_codecs\nencode\nVx\nVrot13\n\x86R.",
    "a codec alone": b"c_codecs\nencode\nVx\n\x85R.",
    "decode": b"c_codecs\ndecode\nC\1xVlatin1\n\x86R.",
    "a function as data": b"](cbuiltins\nlist\ne.",
    "a function as the result": b"cadapters\nrebuild\n.",
    "a function as a key": b"}cbuiltins\nlist\nNs.",
    "a function in a tuple": b"cbuiltins\nlist\n\x85.",
    "a function in a set": b"\x8f(cbuiltins\nlist\n\x90.",
    "a function in a frozenset": b"(cbuiltins\nlist\n\x91.",
    "str": b"cbuiltins\nstr\n)R.",
    "type": b"cbuiltins\ntype\n(N\x85R.",
    "object": b"cbuiltins\nobject\n)R.",
    "Ellipsis": pickle.dumps(...),
    "range": pickle.dumps(range(3)),
    "OrderedDict": b"ccollections\nOrderedDict\n)R.",
    "a list that grows after a factory had it": (
        b"cadapters\nrebuild\n(X\x0e\0\0\0gadgets.GadgetK\1Vx\n]q\5tRh\5Na."
    ),
    "a dict that grows inside": (
        b"cadapters\nrebuild\n(X\x0e\0\0\0gadgets.GadgetK\1Vx\n(}q\5ttRh\5NNs."
    ),
    "read only of an object": GADGET + b"\x98.",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    copyreg.add_extension("adapters", "rebuild", 77)
    copyreg._extension_cache[77] = adapters.rebuild  # type: ignore[attr-defined]
    made = Gadget.made
    payload = REFUSED[name]
    try:
        start = 2 if payload.startswith(b"\x80") else 0
        inside = payload[:start] + b"](" + GADGET + payload[start:-1] + b"e."
        for whole in (payload, inside):
            with pytest.raises(UntrustedError, match=r"^refused to load a payload: at byte \d+, "):
                load(whole, by_value=True)
    finally:
        copyreg.remove_extension("adapters", "rebuild", 77)
        copyreg._extension_cache.pop(77, None)  # type: ignore[attr-defined]
    assert Gadget.made == made, "something was rebuilt before it was refused"


DAMAGED: dict[str, bytes] = {
    "nothing": b"",
    "no STOP": b"N",
    "an unknown opcode": b"\xff.",
    "two pickles": b"N.N.",
    "underflow": b"R.",
    "underflow across a mark": b"N(\x85.",
    "a frame that is too long": b"\x80\x04\x95\x09\0\0\0\0\0\0\0N.",
    "an opcode across a frame": b"\x80\x04\x95\x01\0\0\0\0\0\0\0K\1.",
    "protocol 6": b"\x80\x06N.",
    "protocol 255": b"\x80\xffN.",
    "a negative memo index": b"Np-1\n.",
    "a negative memo index, read": b"Np0\n0g-1\n.",
    "a memo index that is set twice": b"Nq\0q\0.",
    "a memo index that is huge": b"Nr\xff\xff\xff\xff.",
    "a memo index that nobody set": b"h\0.",
    "an unhashable key": b"}]Ns.",
    "an unhashable key in a tuple": b"}(]tNs.",
    "an unhashable item": b"\x8f(}\x90.",
    "an unhashable item of a frozenset": b"(]\x91.",
    "a bytearray as a key": b"}\x96\1\0\0\0\0\0\0\0aNs.",
    "a memoryview of a writable buffer as a key": (
        b"}cbuiltins\nmemoryview\n\x96\1\0\0\0\0\0\0\0a\x85RNs."
    ),
    "a key without a value": b"}(NNNu.",
    "no buffers": b"\x97.",
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged(name: str) -> None:
    with pytest.raises(adapters.RebuildError, match="cannot load a payload") as caught:
        load(DAMAGED[name])
    assert type(caught.value) is adapters.RebuildError


@pytest.mark.parametrize(
    "name", [name for name in DAMAGED if "unhash" in name or "bytearray" in name]
)
def test_keys_are_looked_at_before_anything_runs(name: str) -> None:
    made = Gadget.made
    with pytest.raises(adapters.RebuildError):
        load(b"(" + GADGET + DAMAGED[name][:-1] + b"t.")
    assert Gadget.made == made


@pytest.mark.parametrize("data", [None, 5, "text", [1]])
def test_data_is_bytes_like(data: Any) -> None:
    with pytest.raises(adapters.RebuildError):
        load(data)
    assert load(memoryview(pickle.dumps([1]))) == load(bytearray(pickle.dumps([1]))) == [1]


def test_a_payload_that_changes_meanwhile_is_not_read_again() -> None:
    class Changing:
        pass

    def change(_: object) -> str:
        payload[:] = b"0" * len(payload)
        return "changed"

    adapters.register(Changing, lambda _: None, change, name="changing")
    try:
        payload = bytearray(b"](" + named("changing")[11:-1] + b"K\1K\2e.")
        assert load(payload, trusted=["changing"]) == ["changed", 1, 2]
        assert set(payload) == {ord("0")}
    finally:
        adapters.unregister(Changing)


# Bombs


DOUBLED = b"N" + b"2\x86" * 60  # a tuple of twice a tuple of twice ...


def of_one_hash(behind: bytes = b"") -> bytes:
    """Many integers that all have the hash 1, with opcodes behind each."""
    values = (1 + n * ((1 << 61) - 1) for n in range(20_000))
    return b"".join(b"\x8a\x0a" + each.to_bytes(10, "little") + behind for each in values)


def inside_each_other(function: bytes, levels: int) -> bytes:
    """What a function of `adapters` makes of a gadget's state that is such a thing itself."""
    names = b"q\0X\x0e\0\0\0gadgets.Gadgetq\1X\1\0\0\0xq\x021"
    begin, end = b"h\0(h\1K\1h\2", b"tR"
    return b"(cadapters\n" + function + b"\n" + names + begin * levels + b"N" + end * levels


BOMBS: dict[str, Callable[[], bytes]] = {
    "lengths that are not there": lambda: b"\x8e" + b"\xff" * 7 + b"\x0f.",
    "a bytearray that is not there": lambda: b"\x96\0\0\0\0\x20\0\0\0.",
    "a long that is not there": lambda: b"\x8b\xff\xff\xff\x7f.",
    "a text that is not there": lambda: b"\x8d\0\0\0\0\x20\0\0\0.",
    "a number in text": lambda: b"L" + b"9" * 1_000_000 + b"\n.",
    "an integer in text": lambda: b"I" + b"9" * 1_000_000 + b"\n.",
    "a memo index": lambda: b"Nr\xff\xff\xff\x7f.",
    "bytes of a number": lambda: b"cbuiltins\nbytes\n\x8a\x05\0\0\0\0\x20\x85R.",
    "copies of bytes": lambda: (
        b"(cbuiltins\nbytearray\nq\0\x8e"
        + (1 << 20).to_bytes(8, "little")
        + bytes(1 << 20)
        + b"\x85q\1"
        + b"h\0h\1R" * 20_000
        + b"t."
    ),
    "copies of tuples": lambda: (
        b"(cbuiltins\ntuple\nq\0](" + b"N" * 50_000 + b"e\x85q\1" + b"h\0h\1R" * 20_000 + b"t."
    ),
    "copies of sets": lambda: (
        b"(cbuiltins\nset\nq\0](" + b"K\1" * 50_000 + b"e\x85q\1" + b"h\0h\1R" * 20_000 + b"t."
    ),
    "encodings": lambda: (
        b"(c_codecs\nencode\nq\0X\0\0\x10\0"
        + b"a" * (1 << 20)
        + b"X\6\0\0\0latin1\x86q\1"
        + b"h\0h\1R" * 20_000
        + b"t."
    ),
    "one state for many objects": lambda: (
        b"(cadapters\nrebuild\nq\0(X\x0e\0\0\0gadgets.GadgetK\1X\1\0\0\0xB\0\0\x10\0"
        + bytes(1 << 20)
        + b"tq\1"
        + b"h\0h\1R" * 20_000
        + b"t."
    ),
    "a key that is doubled": lambda: b"}" + DOUBLED + b"Ns.",
    "an item that is doubled": lambda: b"\x8f(" + DOUBLED + b"\x90.",
    "an item that is doubled, of a frozenset": lambda: b"(" + DOUBLED + b"\x91.",
    "a key that is deep": lambda: b"}N" + b"\x85" * 100_000 + b"Ns.",
    "a spec that is deep, as a key": lambda: b"}" + inside_each_other(b"Spec", 5000) + b"Ns.",
    "objects that are deep": lambda: inside_each_other(b"rebuild", 20_000) + b".",
    "lists that are deep": lambda: b"]" * 200_000 + b"a" * 199_999 + b".",
    "tuples that are deep": lambda: b"N" + b"\x85" * 200_000 + b".",
    "marks that are deep": lambda: b"(" * 1_000_000 + b".",
    "keys of one hash": lambda: b"}(" + of_one_hash(b"N") + b"u.",
    "keys of one hash, one by one": lambda: b"}" + of_one_hash(b"Ns") + b".",
    "items of one hash": lambda: b"cbuiltins\nset\n](" + of_one_hash() + b"e\x85R.",
}


REASONS = (
    r"bytes of memory|nested deeper|keys have one hash|needs \d+ bytes|number in text|is no index"
    r"|builtins.bytes in a REDUCE|marks are open"
)


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(name: str) -> None:
    payload = BOMBS[name]()
    started = time.perf_counter()
    tracemalloc.start()
    try:
        with pytest.raises(adapters.RebuildError, match=REASONS) as caught:
            load(payload, max_bytes=8 << 20)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < (32 << 20)
    assert time.perf_counter() - started < 5  # traced: without, it is a fraction of a second
    del caught


@pytest.mark.slow
def test_bombs_under_a_limit_of_the_system() -> None:
    pytest.importorskip("resource")
    child = """if True:
        import resource, sys
        from pathlib import Path
        from test_trusted import BOMBS
        import adapters
        from adapters._payload.trusted import trusted_loads
        bombs = {name: bomb() for name, bomb in BOMBS.items()}
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        room = pages * resource.getpagesize() + (512 << 20)
        resource.setrlimit(resource.RLIMIT_AS, (room, room))
        for name, bomb in bombs.items():
            try:
                trusted_loads(bomb, trusted=["gadgets.Gadget"])  # with the limit that it has
            except adapters.RebuildError:
                continue
            print("loaded", name)
        """
    if not Path("/proc/self/statm").exists():
        pytest.skip("the size of a process is to be found elsewhere")
    done = subprocess.run(
        [sys.executable, "-c", child],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.stdout, done.returncode) == ("", 0), done.stderr


ORDINARY: dict[str, Any] = {
    "integers": lambda n: [*range(n)],
    "floats": lambda n: [number / 3 for number in range(n)],
    "texts": lambda n: [f"text {number}" for number in range(n)],
    "wide texts": lambda n: ["\U0001f600" * 100 for _ in range(n)],
    "bytes": lambda n: [b"x%d" % number for number in range(n)],
    "tuples": lambda n: [(number, None) for number in range(n)],
    "lists": lambda n: [[] for _ in range(n)],
    "dicts": lambda n: [{"name": number, "size": 1.5} for number in range(n)],
    "one dict": lambda n: {number: str(number) for number in range(n)},
    "sets": lambda n: [set() for _ in range(n)],
    "full sets": lambda n: [{number, number + 1, number + 2} for number in range(n)],
    "one set": lambda n: {*range(n)},
    "gadgets": lambda n: [Gadget((number, b"part")) for number in range(n)],
    "one long text": lambda n: "x" * n,
    "long integers": lambda n: [1 << 1000 + number for number in range(n)],
}


@pytest.mark.parametrize("name", ORDINARY)
@pytest.mark.parametrize("protocol", [2, 5])
def test_memory_is_estimated_upwards_and_ordinary_data_is_within_the_limit(
    name: str, protocol: int
) -> None:
    payload = pickle.dumps(ORDINARY[name](3000), protocol)
    loaded = pickle.loads(payload)
    del loaded
    tracemalloc.start()
    try:
        loaded = pickle.loads(payload)
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert loaded is not None
    with pytest.raises(UntrustedError, match=r"of memory.*max_bytes"):
        load(payload, max_bytes=taken // 2 if name == "gadgets" else taken)
    load(payload, max_bytes=100 * len(payload) + (300_000 if "sets" in name else 4000))


@pytest.mark.slow
def test_fuzzing() -> None:
    program = Path(__file__).parent / "fuzz_trusted.py"
    done = subprocess.run(
        [sys.executable, str(program), "--count", "20000", "--seed", "7"],
        capture_output=True,
        text=True,
        timeout=140,
    )
    assert done.stdout.splitlines()[-1:] == ["no fault"], done.stdout + done.stderr
