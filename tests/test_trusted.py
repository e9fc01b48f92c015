"""Trusted loading refuses what is not trusted before anything of it runs."""

from __future__ import annotations

import copyreg
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gadgets import Gadget, Unbuildable, comparable
from payloads import ARGUMENTS, GADGET, GOLDEN, Outside, load, named
from test_machine import DAMAGED

import adapters
from adapters._payload.trusted import trusted_loads
from adapters.errors import UntrustedError

OURS = {
    "gadgets.Gadget": None,
    "gadgets:gear_t *": None,
    "native.Sieve": "native.specs",
    "native.WordList": "native.specs",
}


@pytest.fixture(autouse=True)
def nothing_outside_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """There is a module whose import can be seen, and no test but those that say so imports it."""
    body = "import adapters\nimport gadgets\nimported = True\n"
    (tmp_path / "unwanted.py").write_text(body)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    assert "unwanted" not in sys.modules


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_payloads(path: Path) -> None:
    payload = path.read_bytes()
    expected = pickle.loads(payload)
    found = trusted_loads(payload, trusted=OURS)
    assert type(found) is type(expected)
    assert comparable(found) == comparable(expected)
    with pytest.raises(UntrustedError, match=r"needs adapter .*; trusted is nothing"):
        trusted_loads(payload, trusted=[])


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
        UntrustedError,
        match=r"byte \d+, .*'other', which is trusted, but not registered.*import.*from 'unwanted'",
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
    adapters.unregister(adapters.registry["local"].target)


def test_an_adapter_that_could_not_go_by_value_is_refused() -> None:
    with pytest.raises(UntrustedError, match="by value, and it is not the one that is registered"):
        load(named("gadgets.Gadget", ("fingerprint", "TypeError: cannot pickle")))


def test_by_value_on_request_beside_a_registered_one_of_the_name() -> None:
    adapters.register(Local, lambda obj: obj.state, lambda state: ["sent", state], name="beside")
    payload = adapters.dumps(Local(5))
    adapters.unregister(Local)
    adapters.register(Local, lambda obj: obj.state, lambda state: ["here", state], name="beside")
    try:
        assert load(payload, trusted=["beside"], by_value=True) == ["sent", 5]
    finally:
        adapters.unregister(Local)


def test_by_value_under_a_wrong_name(local: adapters.Adapter) -> None:
    provider = local.provider
    adapters.unregister(Local)
    with pytest.raises(UntrustedError, match="'local' by value, under the name 'other'"):
        load(named("other", provider), trusted=["other"], by_value=True)
    adapters.unregister(adapters.registry["local"].target)


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


def test_an_adapter_out_of_band_is_refused() -> None:
    provider = b"Vx\ncbuiltins\nbytes\n\x97\x85R\x86"
    payload = b"cadapters\nrebuild\n(Vgadgets.Gadget\nK\1" + provider + b"NtR."
    with pytest.raises(UntrustedError, match="neither plain data nor adapters do"):
        load(payload, buffers=[b"body"], by_value=True)


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


@pytest.mark.slow
def test_fuzzing() -> None:
    program = Path(__file__).parent / "fuzz_trusted.py"
    done = subprocess.run(
        [sys.executable, str(program), "--count", "20000", "--seed", "7", "--size", "20"],
        capture_output=True,
        text=True,
        timeout=140,
    )
    assert done.stdout.splitlines()[-1:] == ["no fault"], done.stdout + done.stderr
