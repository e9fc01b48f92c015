"""The frozendict of Python 3.15: plain data like a dict, and closed like a frozenset.

Elsewhere a stand-in tells payloads as 3.15 writes them from others; there is none to load them to.
"""

from __future__ import annotations

import builtins
import copy
import pickle
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from gadgets import Gadget
from payloads import GADGET, load

import adapters
from adapters._comparison.differences import differences
from adapters._payload import budget
from adapters._payload.audit import audit
from adapters._payload.symbols import FROZENDICT, KNOWN, PLAIN
from adapters._wire.buffers import MAPPINGS
from adapters.errors import RebuildError, UntrustedError

HAS_ONE = hasattr(builtins, "frozendict")
only_with_one = pytest.mark.skipif(not HAS_ONE, reason="this Python has no frozendict")


class StandIn:
    """As much of a frozendict as loading needs."""

    def __init__(self, items: Any = ()) -> None:
        self.content = dict(items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.content)

    def __eq__(self, other: object) -> bool:
        return type(other) is StandIn and other.content == self.content

    def __hash__(self) -> int:
        return hash(frozenset(self.content.items()))


@pytest.fixture
def frozendict(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The type, where there is none a stand-in."""
    if HAS_ONE:
        return builtins.frozendict  # type: ignore[attr-defined]
    for table, value in ((budget.EMPTY, 312), (budget.ITEM, 10)):
        monkeypatch.setitem(table, StandIn, value)
    monkeypatch.setitem(PLAIN, FROZENDICT, StandIn)
    KNOWN.add(FROZENDICT)
    MAPPINGS.add(StandIn)
    return StandIn


@pytest.fixture(autouse=True)
def tables() -> Iterator[None]:
    """What the stand-in was added to is as before."""
    known, mappings = {*KNOWN}, {*MAPPINGS}
    yield
    KNOWN.intersection_update(known)
    MAPPINGS.intersection_update(mappings)


def written(items: bytes, how: bytes = b"\x81") -> bytes:
    """The opcodes of a frozendict; `how` is NEWOBJ, or REDUCE."""
    return b"cbuiltins\nfrozendict\n}(" + items + b"u\x85" + how


A = b"Va\nK\1"  # the items of {"a": 1}
FORMS = {"NEWOBJ": b"\x81", "REDUCE": b"R"}


@pytest.mark.parametrize("how", FORMS.values(), ids=FORMS.keys())
def test_it_is_plain_data(frozendict: Any, how: bytes) -> None:
    payload = b"\x80\4" + written(A + b"Vb\n](K\2e", how) + b"."
    assert load(payload) == frozendict({"a": 1, "b": [2]})
    assert audit(payload).only_adapters
    assert load(b"\x80\2" + written(A, how).replace(b"builtins", b"__builtin__") + b".") == (
        frozendict({"a": 1})
    )
    assert load(b"cbuiltins\nfrozendict\n)" + how + b".") == frozendict()


def test_as_a_key_it_has_its_hash(frozendict: Any) -> None:
    key = frozendict({"a": 1, "b": (2, b"c")})
    item = written(A + b"Vb\nK\2C\1c\x86")
    assert load(b"\x80\4}" + item + b"Vx\ns.") == {key: "x"}
    many = b"".join(written(b"Va\nK" + bytes([n])) + b"N" for n in range(100))
    assert load(b"\x80\4}(" + many + b"u.").keys() == {frozendict({"a": n}) for n in range(100)}
    inner = load(b"\x80\4cbuiltins\nfrozenset\n](" + item + b"e\x85R.")
    assert inner == frozenset([key])


def test_as_a_key_it_holds_no_list(frozendict: Any) -> None:
    payload = b"\x80\4}" + written(b"Va\n]") + b"Vx\ns."
    with pytest.raises(RebuildError, match=r"has no hash|unhashable"):
        load(payload)
    assert not audit(payload).only_adapters


NOT_PLAIN = {
    "a list": b"cbuiltins\nfrozendict\n](K\1K\2e\x85\x81.",
    "two dicts": b"cbuiltins\nfrozendict\n}}\x86\x81.",
    "keywords": b"cbuiltins\nfrozendict\n)}(Va\nK\1u\x92.",
    "attributes": b"cbuiltins\nfrozendict\n)\x81}Va\nK\1sb.",
    "items afterwards": b"cbuiltins\nfrozendict\n)\x81Va\nK\1s.",
    "another type by NEWOBJ": b"cbuiltins\nfrozenset\n](K\1e\x85\x81.",
    "itself, as data": b"](cbuiltins\nfrozendict\ne.",
}


@pytest.mark.parametrize("payload", NOT_PLAIN.values(), ids=NOT_PLAIN.keys())
def test_no_other_call_of_it_is_plain_data(frozendict: Any, payload: bytes) -> None:
    with pytest.raises((UntrustedError, RebuildError)):
        load(b"\x80\4" + payload)
    assert not audit(b"\x80\4" + payload).only_adapters


def test_objects_are_in_it(frozendict: Any) -> None:
    twin = load(b"\x80\4" + written(b"Va\n" + GADGET) + b".")
    assert twin == frozendict({"a": Gadget()})


def test_a_bomb_of_them_is_refused(frozendict: Any) -> None:
    copies = b"\x80\4(cbuiltins\nfrozendict\nq\0}(" + b"".join(
        b"J" + n.to_bytes(4, "little") + b"N" for n in range(20_000)
    )
    bomb = copies + b"u\x85q\1" + b"h\0h\1\x81" * 5_000 + b"t."
    with pytest.raises(UntrustedError, match="takes more than"):
        load(bomb)


@pytest.mark.skipif(HAS_ONE, reason="this Python has a frozendict")
def test_without_one_it_is_no_plain_data() -> None:
    payload = b"\x80\4" + written(A) + b"."
    with pytest.raises(UntrustedError, match=r"names builtins\.frozendict"):
        load(payload)
    assert not audit(payload).only_adapters
    with pytest.raises(
        RebuildError, match=r"'builtins' lacks 'frozendict'.*came with Python 3\.15"
    ):
        adapters.loads(payload)


@only_with_one
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_what_pickle_writes_is_loaded(frozendict: Any, protocol: int) -> None:
    value = frozendict(a=1, b=[frozendict(), {frozendict(c=2): None}])
    for dumps in (pickle.dumps, adapters.dumps):
        assert adapters.loads(dumps(value, protocol), trusted=[]) == value


@only_with_one
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_large_parts_in_it_travel(frozendict: Any, protocol: int) -> None:
    part = bytearray(b"x" * 10_000)
    gadget = Gadget([frozendict(a=part, b=frozendict(c=memoryview(part)))])
    buffers: list[Any] = []
    options = {"buffer_callback": buffers.append} if protocol == 5 else {}
    data = adapters.dumps(gadget, protocol, **options)
    for trusted in (None, ["gadgets.Gadget"]):
        (state,) = adapters.loads(data, buffers=buffers, trusted=trusted).state
        assert type(state) is type(state["b"]) is frozendict
        assert bytes(state["a"]) == bytes(state["b"]["c"]) == bytes(part)
        assert state["a"].readonly
    assert len(buffers) == (2 if protocol == 5 else 0)
    (copied,) = copy.deepcopy(gadget).state
    assert bytes(copied["a"]) == bytes(part)


@only_with_one
def test_explain_goes_through_it(frozendict: Any) -> None:
    found = adapters.explain({"k": frozendict(a=[threading.Lock()])})
    assert "obj['k']['a'][0]" in str(found)


@only_with_one
def test_it_is_compared(frozendict: Any) -> None:
    one, other = frozendict(a=[1]), frozendict(a=[2])
    assert [*differences(one, frozendict(a=[1]))] == []
    assert "a" in str(next(iter(differences(one, other))))
