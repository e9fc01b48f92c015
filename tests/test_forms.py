"""Each wire form is read: by audits, and by trusted loads."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from gadgets import Gadget
from payloads import COMPLETE, KEY, REBUILD, SPEC, assert_not_understood, load, paths, text

import adapters
from adapters._payload.audit import audit
from adapters.errors import UntrustedError, VersionError

BODY = b"C\x02N."  # an adapter by value, as far as an audit looks
CALLS: dict[str, tuple[bytes, bytes]] = {  # what makes an object of the state K\5, or its spec
    "form 1": (REBUILD, text("gadgets.Gadget") + b"K\1" + text("unwanted") + b"K\5"),
    "form 2": (REBUILD, text(KEY) + b"K\5"),
    "form 2, of the type itself": (REBUILD, text(KEY) + b"K\5N"),
    "a spec in form 1": (SPEC, text("gadgets.Gadget") + b"K\1" + text("unwanted") + b"K\5"),
    "a spec in form 2": (SPEC, text(KEY) + b"K\5"),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_makes_an_object(name: str) -> None:
    function, arguments = CALLS[name]
    payload = function + b"(" + arguments + b"tR."
    report = audit(payload)
    assert report.only_adapters, str(report)
    (adapter,) = report.adapters
    assert adapter[:5] == ("gadgets.Gadget", 1, "unwanted", (2,), function == SPEC)
    made = load(payload)
    assert made.state == 5
    assert type(made) is (adapters.Spec if function == SPEC else Gadget)
    with pytest.raises(UntrustedError, match=r"needs adapter 'gadgets\.Gadget'; trusted is other"):
        load(payload, trusted=["other"])


def test_a_spec_in_form_2_has_the_provider_that_is_known_here() -> None:
    spec = load(SPEC + text(KEY) + b"N\x86R.")
    assert (spec.name, spec.version, spec.provider) == ("gadgets.Gadget", 1, "gadgets")


@pytest.fixture
def local() -> Iterator[adapters.Adapter]:
    class Local:
        def __init__(self, state: Any) -> None:
            self.state = state

    yield adapters.register(Local, lambda obj: obj.state, Local, name="a:local")
    adapters.unregister(Local)


def by_value(fingerprint: str, body: bytes = BODY) -> bytes:
    return REBUILD + text(f"2:1:{fingerprint}:a:local") + body + b"\x86K\5\x86R."


def test_an_adapter_by_value_in_form_2(local: adapters.Adapter) -> None:
    (found,) = audit(by_value("abc")).adapters
    assert (found.name, found.version, found.by_value) == ("a:local", 1, True)
    assert found.nested is not None
    assert found.nested.values == 1
    assert load(by_value(local.fingerprint), trusted=["a:local"]).state == 5
    with pytest.raises(UntrustedError, match="by value, and it is not the one that is registered"):
        load(by_value("abc"), trusted=["a:local"])


def test_an_adapter_that_could_not_go_by_value_in_form_2() -> None:
    (found,) = audit(by_value("abc", text("TypeError: no"))).adapters
    assert (found.by_value, found.nested) == (True, None)


@pytest.mark.parametrize("key", ["3:anything", "12:1:gadgets:gadgets.Gadget"])
@pytest.mark.parametrize("path", [REBUILD, SPEC, COMPLETE])
def test_a_newer_form(key: str, path: bytes) -> None:
    end = text(key) + (b"N\x86R." if path != COMPLETE else b"NN\x87\x86R.")
    payload = path + (b"" if path != COMPLETE else b"N") + end
    with pytest.raises(VersionError, match=r"form \d+: this version of adapters reads"):
        load(payload)
    assert_not_understood(payload, r"at byte \d+: cannot read a payload of form")


KEYS_THAT_ARE_NONE: dict[str, bytes] = {
    "empty": text(""),
    "no number": text("x:1:unwanted:gadgets.Gadget"),
    "an older form": text("1:1:unwanted:gadgets.Gadget"),
    "a number with a zero": text("02:1:unwanted:gadgets.Gadget"),
    "too few parts": text("2:1:gadgets.Gadget"),
    "no version": text("2:x:unwanted:gadgets.Gadget"),
    "a version of 0": text("2:0:unwanted:gadgets.Gadget"),
    "a long version": text(f"2:{'9' * 5000}:unwanted:gadgets.Gadget"),
    "bytes": b"C\x1b" + KEY.encode(),
    "a list": b"](" + text(KEY) + BODY + b"e",
    "a tuple of one": text(KEY) + b"\x85",
    "an adapter in a list": text(KEY) + b"]\x86",
    "an adapter in a bytearray": text(KEY) + b"\x96\2\0\0\0\0\0\0\0N.\x86",
    "an adapter out of band": text(KEY) + b"cbuiltins\nbytes\n\x97\x85R\x86",
    "an object": REBUILD + text(KEY) + b"N\x86R",
}


@pytest.mark.parametrize("name", KEYS_THAT_ARE_NONE)
def test_what_is_no_key(name: str) -> None:
    payload = REBUILD + KEYS_THAT_ARE_NONE[name] + b"N\x86R."
    with pytest.raises(UntrustedError, match=r"adapters\.rebuild in a REDUCE as neither plain"):
        load(payload, buffers=[b"N."])
    assert_not_understood(payload, r"arguments of adapters\.rebuild are not those")


ARGUMENTS_OF_NO_PICKLER: dict[str, bytes] = {
    "rebuild of a key": REBUILD + text(KEY) + b"\x85R.",
    "rebuild of five": REBUILD + b"(" + text(KEY) + b"NNNNtR.",
    "rebuild with a number for a class": REBUILD + text(KEY) + b"NK\1\x87R.",
    "rebuild with an object for a class": REBUILD + text(KEY) + b"N" + b"N\x85" + b"\x87R.",
    "a spec of a key": SPEC + text(KEY) + b"\x85R.",
    "a spec with a number more": SPEC + text(KEY) + b"NK\1\x87R.",
    "a spec with a pair more": SPEC + text(KEY) + b"NNN\x86\x87R.",
    "a spec with a list more": SPEC + text(KEY) + b"N](NNNe\x87R.",
    "a spec with a number for a class": SPEC + text(KEY) + b"NK\1NN\x87\x87R.",
    "complete without anything": COMPLETE + b")R.",
    "complete with a key": COMPLETE + b"N" + text(KEY) + b"\x86R.",
    "complete with a list": COMPLETE + b"N](" + text(KEY) + b"NNe\x86R.",
    "complete with a pair": COMPLETE + b"N" + text(KEY) + b"N\x86\x86R.",
    "complete with four": COMPLETE + b"N(" + text(KEY) + b"NNNt\x86R.",
    "complete without a key": COMPLETE + b"NNNN\x87\x86R.",
    "complete with three arguments": COMPLETE + b"N" + text(KEY) + b"NN\x87N\x87R.",
}


@pytest.mark.parametrize("name", ARGUMENTS_OF_NO_PICKLER)
def test_arguments_that_no_pickler_writes(name: str) -> None:
    payload = ARGUMENTS_OF_NO_PICKLER[name]
    with pytest.raises(UntrustedError, match="in a REDUCE as neither plain data nor adapters do"):
        load(payload)
    assert_not_understood(payload, r"arguments of adapters\.\w+ are not those")


OF_A_CLASS = {
    "an object": REBUILD + text(KEY) + b"NCLASS\x87R.",
    "a spec": SPEC + text(KEY) + b"NCLASSNN\x87\x87R.",
}


@pytest.mark.parametrize("name", OF_A_CLASS)
def test_a_class_is_never_taken_from_the_payload(name: str) -> None:
    payload = OF_A_CLASS[name].replace(b"CLASS", b"cgadgets\nSmallGadget\n")
    made = Gadget.made
    for whole in (payload, b"](" + payload[:-1] + b"e."):
        with pytest.raises(UntrustedError, match="no class is taken from a payload; register an"):
            load(whole)
    assert Gadget.made == made
    report = audit(payload)
    assert report.complete
    assert not report.only_adapters
    assert "a subclass of what adapter 'gadgets.Gadget' makes" in str(report)
    for known in (b"cbuiltins\nlist\n", REBUILD):
        with pytest.raises(UntrustedError, match="itself, as data"):
            load(OF_A_CLASS[name].replace(b"CLASS", known))


def test_the_first_global_that_is_not_known_is_the_one_in_the_message() -> None:
    for payload in (
        b"cos\nsystem\n" + REBUILD + text(KEY) + b"N\x87.",  # not called
        b"cos\nsystem\n0" + REBUILD + text(KEY) + b"N\x86R.",  # dropped
        b"](cos\nsystem\n" + REBUILD + text(KEY) + b"Ncgadgets\nSmallGadget\n\x87Re.",
        b"cos\nsystem\nN]]N.",  # and then damaged
    ):
        with pytest.raises(UntrustedError, match=r"at byte \d+, it names os\.system; only plain"):
            load(payload)


def test_functions_as_data_are_not_plain_data() -> None:
    for obj, paths_ in (
        ([dict, {"k": bytearray}], ["builtins.dict", "builtins.bytearray"]),
        ({"f": adapters.rebuild}, ["adapters.rebuild"]),
        (dict, ["builtins.dict"]),
    ):
        payload = pickle.dumps(obj)
        report = audit(payload)
        assert paths(report) == paths_
        assert report.complete
        assert not report.only_adapters
        assert {each.message for each in report.refused} == {
            f"it holds {path} itself, as data" for path in paths_
        }
        assert f"it holds {paths_[0]} itself, as data" in str(report)
        with pytest.raises(UntrustedError, match=r"holds [\w.]+ itself, as data"):
            load(payload)
