"""Calls that make plain data, and keys: what the first pass concludes without making a value."""

from __future__ import annotations

import pickle

import pytest
from fuzz_trusted import same
from gadgets import Gadget
from payloads import GADGET, load

import adapters
from adapters._payload.audit import audit
from adapters.errors import UntrustedError

GADGETS = b"X\x0e\0\0\0gadgets.GadgetK\1X\1\0\0\0x"  # name, version and provider
ARRAY = b"\x96\2\0\0\0\0\0\0\0ab"

PLAIN: dict[str, bytes] = {
    "complex": b"cbuiltins\ncomplex\nF1.5\nF-2.0\n\x86R.",
    "list": b"cbuiltins\nlist\n)R.",
    "dict": b"cbuiltins\ndict\n)R.",
    "bytes": b"cbuiltins\nbytes\n)R.",
    "complex of nothing": b"cbuiltins\ncomplex\n)R.",
    "tuple": b"cbuiltins\ntuple\n)R.",
    "set": b"cbuiltins\nset\n)R.",
    "frozenset": b"cbuiltins\nfrozenset\n)R.",
    "bytes of bytes": b"cbuiltins\nbytes\nC\2ab\x85R.",
    "bytes of a bytearray": b"cbuiltins\nbytes\n" + ARRAY + b"\x85R.",
    "bytes of a memoryview": b"cbuiltins\nbytes\ncbuiltins\nmemoryview\nC\2ab\x85R\x85R.",
    "bytearray": b"cbuiltins\nbytearray\n)R.",
    "bytearray of bytes": b"cbuiltins\nbytearray\nC\2ab\x85R.",
    "bytearray of text": b"cbuiltins\nbytearray\nX\2\0\0\0\xc3\xa9X\7\0\0\0latin-1\x86R.",
    "encoded text": b"c_codecs\nencode\nX\2\0\0\0\xc3\xa9X\6\0\0\0latin1\x86R.",
    "tuple of a list": b"cbuiltins\ntuple\n](K\1K\2e\x85R.",
    "tuple of a tuple": b"cbuiltins\ntuple\nK\1K\2\x86\x85R.",
    "frozenset of a list": b"cbuiltins\nfrozenset\n](K\1K\2e\x85R.",
    "set of a list": b"cbuiltins\nset\n](K\1K\2e\x85R.",
    "set of a tuple": b"cbuiltins\nset\n)\x85R.",
    "a list of Python 2": b"\x80\2c__builtin__\nlist\n)R.",
}


@pytest.mark.parametrize("name", PLAIN)
def test_calls_that_make_plain_data(name: str) -> None:
    payload = PLAIN[name]
    assert same(load(payload), pickle.loads(payload))
    report = audit(payload)
    assert report.only_adapters
    assert [call.how for call in report.calls] == ["REDUCE"] * len(report.calls)


NOT_PLAIN: dict[str, bytes] = {
    "complex of integers": b"cbuiltins\ncomplex\nK\1K\2\x86R.",
    "complex of one float": b"cbuiltins\ncomplex\nF1.5\n\x85R.",
    "list of two floats": b"cbuiltins\nlist\nF1.5\nF2.5\n\x86R.",
    "list of a list": b"cbuiltins\nlist\n]\x85R.",
    "bytes of a text": b"cbuiltins\nbytes\nVa\n\x85R.",
    "bytes of text and codec": b"cbuiltins\nbytes\nVa\nVlatin1\n\x86R.",
    "bytes of bytes, twice": b"cbuiltins\nbytes\nC\1aC\1a\x86R.",
    "text that Latin-1 does not have": b"c_codecs\nencode\nX\3\0\0\0\xe2\x82\xacVlatin1\n\x86R.",
    "a bytearray of another codec": b"cbuiltins\nbytearray\nVa\nVutf-8\n\x86R.",
    "memoryview": b"cbuiltins\nmemoryview\n)R.",
    "set of a set": b"cbuiltins\nset\n\x8f\x85R.",
    "set of a dict": b"cbuiltins\nset\n}\x85R.",
    "set of a frozenset": b"cbuiltins\nset\n(\x91\x85R.",
    "tuple of two": b"cbuiltins\ntuple\n))\x86R.",
    "tuple of a text": b"cbuiltins\ntuple\nVab\n\x85R.",
    "by NEWOBJ": b"cbuiltins\ntuple\n)\x85\x81.",
    "of a list of arguments": b"cbuiltins\ntuple\n](]eR.",
    "of an object": b"cbuiltins\ntuple\n" + GADGET + b"R.",
}


@pytest.mark.parametrize("name", NOT_PLAIN)
def test_arguments_that_no_pickler_writes(name: str) -> None:
    payload = NOT_PLAIN[name]
    with pytest.raises(UntrustedError, match="neither plain data nor adapters do"):
        load(payload)
    (problem,) = audit(payload).problems
    assert "not those that picklers write" in problem.message


KEYS: dict[str, bytes] = {
    "None": b"N",
    "a bool": b"\x88",
    "an int": b"K\1",
    "a large int": b"\x8a\x09" + bytes(8) + b"\1",
    "a float": b"F1.5\n",
    "NaN": b"Fnan\n",
    "a complex": PLAIN["complex"][:-1],
    "a str": b"Va\n",
    "bytes": b"C\1a",
    "bytes of a bytearray": PLAIN["bytes of a bytearray"][:-1],
    "a memoryview of bytes": b"cbuiltins\nmemoryview\nC\1a\x85R",
    "a tuple": b"K\1F1.5\n\x86",
    "an empty tuple": b")",
    "a frozenset": b"(K\1K\2\x91",
    "a frozenset of a list": PLAIN["frozenset of a list"][:-1],
    "an object": GADGET,
    "a tuple of an object": GADGET + b"\x85",
    "a spec": b"cadapters\nSpec\n(" + GADGETS + b"NtR",
}
UNHASHABLE: dict[str, bytes] = {
    "a list": b"]",
    "a dict": b"}",
    "a set": b"\x8f",
    "a bytearray": ARRAY,
    "a bytearray of bytes": PLAIN["bytearray of bytes"][:-1],
    "a tuple of a list": b"]\x85",
    "a tuple of a tuple of a list": b"]\x85N\x86",
    "a tuple of a list and a tuple": b"])\x86",
    "a tuple of a bytearray": ARRAY + b"\x85",
    "a tuple of a list, copied": b"cbuiltins\ntuple\n](]e\x85R",
    "a spec with a list": b"cadapters\nSpec\n(" + GADGETS + b"]tR",
}


def with_key(key: bytes) -> dict[str, bytes]:
    """Each way in which a payload has something hashed, once a gadget was made."""
    return {
        "SETITEM": GADGET + b"}" + key + b"Ns\x86.",
        "SETITEMS": GADGET + b"}(K\7N" + key + b"Nu\x86.",
        "DICT": GADGET + b"(" + key + b"Nd\x86.",
        "ADDITEMS": GADGET + b"\x8f(K\7" + key + b"\x90\x86.",
        "FROZENSET": GADGET + b"(" + key + b"\x91\x86.",
        "set": GADGET + b"cbuiltins\nset\n](" + key + b"e\x85R\x86.",
        "frozenset": GADGET + b"cbuiltins\nfrozenset\n" + key + b"\x85\x85R\x86.",
    }


@pytest.mark.parametrize("name", KEYS)
def test_keys_that_have_a_hash(name: str) -> None:
    for payload in with_key(KEYS[name]).values():
        assert same(load(payload), pickle.loads(payload))


@pytest.mark.parametrize("name", UNHASHABLE)
def test_keys_without_a_hash_are_refused_before_anything_runs(name: str) -> None:
    made = Gadget.made
    for payload in with_key(UNHASHABLE[name]).values():
        with pytest.raises(adapters.RebuildError, match=r"at byte \d+, a key .* no hash"):
            load(payload)
    assert Gadget.made == made


def test_only_keys_have_to_be_hashable() -> None:
    assert load(b"}K\1]sK\2}s.") == {1: [], 2: {}}
    assert load(b"}(K\1](K\2eu.") == {1: [2]}


@pytest.mark.parametrize(("begin", "end"), [(b"", b"\x85"), (b"", b")\x86"), (b"(", b"\x91")])
def test_keys_have_a_limit_of_depth(begin: bytes, end: bytes) -> None:
    for payload in with_key(begin * 199 + b")" + end * 199).values():
        assert load(payload)
    made = Gadget.made
    for payload in with_key(begin * 200 + b")" + end * 200).values():
        with pytest.raises(UntrustedError, match="a key is nested deeper than 200 levels"):
            load(payload)
    assert Gadget.made == made
