"""dumps and loads: what plain pickle cannot do by itself."""

from __future__ import annotations

import pickle
import sys
import threading
from typing import Any

import children
import pytest
from gadgets import Gadget, Refused, Tool, Unbuildable
from processes import in_a_child, run

import adapters


def test_plain_pickle_loads_what_dumps_made() -> None:
    assert pickle.loads(adapters.dumps([Gadget(1)])) == [Gadget(1)]
    assert adapters.loads(pickle.dumps([Gadget(1)])) == [Gadget(1)]


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_protocols(protocol: int) -> None:
    data = adapters.dumps(Gadget(1), protocol)
    assert data[:2] == bytes([0x80, protocol])
    assert adapters.loads(data) == Gadget(1)


def test_the_default_protocol_can_send_buffers() -> None:
    assert adapters.dumps(1)[:2] == b"\x80\x05"


@pytest.mark.parametrize("make_bytes_like", [bytes, bytearray, memoryview])
def test_loads_takes_anything_bytes_like(make_bytes_like: Any) -> None:
    assert adapters.loads(make_bytes_like(adapters.dumps(Gadget(2)))) == Gadget(2)


def test_what_cannot_be_imported_goes_by_value() -> None:
    factor = 3
    gadget = Gadget("in a closure")

    class Local:
        answer = 42

    message = [lambda x: (x * factor, gadget), Local, Local()]
    program = """
import adapters, sys
function, cls, instance = adapters.loads(bytes.fromhex(sys.argv[1]))
assert type(instance) is cls
print(function(2)[0], function(2)[1].state, instance.answer)
"""
    assert run("-c", program, adapters.dumps(message).hex()) == "6 in a closure 42\n"


def test_a_closure_may_hold_an_instance_of_a_subclass_made_later() -> None:
    class Anvil(Tool):
        pass

    anvil = Anvil("heavy")
    function = adapters.loads(adapters.dumps(lambda: anvil))
    assert function().state == "heavy"
    assert function() is not anvil


def test_functions_by_value_keep_identity() -> None:
    gadget = Gadget("one")
    shared: list[Any] = [gadget]
    twin, first, second = adapters.loads(adapters.dumps([gadget, lambda: gadget, lambda: shared]))
    assert first() is second()[0] is twin
    ring: list[Any] = []
    ring.append(lambda: ring)
    twin = adapters.loads(adapters.dumps(ring))
    assert twin[0]() is twin


def test_functions_by_value_and_buffers() -> None:
    answers = iter([False, True, False])
    buffers: list[Any] = []

    def callback(buffer: Any) -> Any:
        buffers.append(buffer)
        return next(answers)

    parts = [bytearray(bytes([number]) * 5000) for number in range(3)]
    message = [Gadget(parts[0]), Gadget(parts[1]), lambda: 5, Gadget(parts[2])]
    data = adapters.dumps(message, buffer_callback=callback)
    assert len(buffers) == 3  # the callback was asked once for each
    out = [bytes(buffer) for buffer in (buffers[0], buffers[2])]
    twin = adapters.loads(data, buffers=out)
    assert [bytes(twin[index].state) for index in (0, 1, 3)] == list(map(bytes, parts))
    assert twin[2]() == 5


def test_importable_functions_and_classes_go_by_name() -> None:
    data = adapters.dumps([children.describe, Gadget, len, type(None), dict])
    assert len(data) < 150
    assert adapters.loads(data) == [children.describe, Gadget, len, type(None), dict]


def test_a_subclass_made_later_reaches_a_child() -> None:
    class Lathe(Tool):
        pass

    state, name = in_a_child(describe_payload, adapters.dumps(Lathe("new")))
    assert (state, name) == ("new", "Lathe")


def describe_payload(data: bytes) -> tuple[Any, str]:
    obj = adapters.loads(data)
    return obj.state, type(obj).__name__


def test_a_part_that_does_not_pickle_is_named() -> None:
    with pytest.raises(
        adapters.SerializeError, match=r"cannot pickle builtins\.list: TypeError: .*lock.*register"
    ) as caught:
        adapters.dumps([threading.Lock()])
    assert isinstance(caught.value.__cause__, TypeError)


def test_an_error_of_this_package_passes_unchanged() -> None:
    with pytest.raises(adapters.SerializeError, match=r"^cannot serialize gadgets\.R") as caught:
        adapters.dumps([Refused()])
    assert caught.value.subject == "gadgets.Refused"
    with pytest.raises(adapters.RebuildError, match=r"^cannot rebuild gadgets\.Unbuildable"):
        adapters.loads(adapters.dumps([Unbuildable()]))


def test_a_state_that_does_not_pickle_is_named() -> None:
    with pytest.raises(adapters.SerializeError, match=r"cannot pickle gadgets\.Gadget.*lock"):
        adapters.dumps(Gadget(threading.Lock()))


class Noted(Exception):  # noqa: N818
    """An exception with notes, as Python 3.14's pickler adds them, from the inside out."""

    __notes__ = ("when serializing dict item 'k'", "when serializing list item 0", "see the wiki")

    def __reduce__(self) -> Any:
        raise self


def test_the_notes_of_an_error_are_told_in_their_order() -> None:
    notes = "; ".join(Noted.__notes__)
    with pytest.raises(adapters.SerializeError) as caught:
        adapters.dumps(Noted("not this one"))
    assert f"Noted: not this one ({notes}); adapters.explain" in str(caught.value)


@pytest.mark.skipif(sys.version_info < (3, 14), reason="pickle adds notes from 3.14 on")
def test_the_message_says_where() -> None:
    there = "(when serializing list item 0; when serializing dict item 'k')"
    for more in ({}, {"by value": lambda: 1}):
        with pytest.raises(adapters.SerializeError) as caught:
            adapters.dumps({**more, "k": [threading.Lock()]})
        assert str(caught.value).count(there) == str(caught.value).count("(when") == 1
        assert "\n" not in str(caught.value)


def test_so_are_those_of_an_error_of_this_package() -> None:
    class Passes:
        def __reduce__(self) -> Any:
            try:
                adapters.dumps(Refused())
            except adapters.SerializeError as error:
                error.__notes__ = ["see the wiki"]
                raise

    with pytest.raises(adapters.SerializeError) as caught:
        adapters.dumps([Passes()])
    assert ": no such thing (see the wiki" in str(caught.value)
    assert caught.value.subject == "gadgets.Refused"
    assert not hasattr(caught.value, "__notes__")  # a traceback would show them twice


@pytest.mark.parametrize(
    ("protocol", "callback", "kind", "said"),
    [
        (6, None, ValueError, r"^adapters.dumps with protocol 6: .*must be <= 5"),
        (2**100, None, ValueError, "^adapters.dumps with protocol 12676.*: "),
        ("x", None, TypeError, "^adapters.dumps with protocol 'x': 'str' object cannot be inter"),
        (4, print, ValueError, "^adapters.dumps with protocol 4: buffer_callback needs protocol"),
        (None, 7, TypeError, "^buffer_callback must be callable, and is 7"),
    ],
)
@pytest.mark.parametrize("obj", [[1], lambda: 1], ids=["plain", "by value"])
def test_a_wrong_call_is_told_as_such(
    obj: Any, protocol: Any, callback: Any, kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said) as caught:
        adapters.dumps(obj, protocol, buffer_callback=callback)
    assert "explain" not in str(caught.value)


@pytest.mark.parametrize("obj", [[], [lambda: 1]], ids=["plain", "by value"])
def test_a_buffer_callback_that_raises_is_told_as_such(obj: list[Any]) -> None:
    def callback(buffer: object) -> None:
        raise Panic("full")

    with pytest.raises(adapters.SerializeError) as caught:
        adapters.dumps([Gadget(bytearray(9000)), *obj], buffer_callback=callback)
    assert str(caught.value) == (
        "cannot pickle builtins.list: the buffer_callback raised Panic: full"
    )
    assert isinstance(caught.value.__cause__, Panic)


class Panic(BaseException):
    """As the panics of PyO3, no Exception."""


class HugeRepr(Gadget):
    def __repr__(self) -> str:
        return "x" * 5_000_000


class NoRepr(Gadget):
    def __repr__(self) -> str:
        raise Panic("uninitialised")


class HugeError(Gadget):
    def __reduce__(self) -> Any:
        raise ValueError("x" * 10_000_000)


@pytest.mark.parametrize("cls", [HugeRepr, NoRepr, HugeError])
def test_an_error_is_short_whatever_the_object_says(cls: type[Gadget]) -> None:
    with pytest.raises(adapters.SerializeError) as caught:
        adapters.dumps([cls()])
    assert "cannot pickle" in str(caught.value)
    assert len(str(caught.value)) < 4000  # it names types of other tests


@pytest.mark.parametrize("data", [b"", b"junk", adapters.dumps([Gadget(1)])[:-5], b"\x80\x05."])
def test_a_damaged_payload_is_a_clear_error(data: bytes) -> None:
    with pytest.raises(adapters.RebuildError, match=r"cannot load a payload: at byte .*damaged"):
        adapters.loads(data)


def test_missing_buffers_are_a_clear_error() -> None:
    data = adapters.dumps(Gadget(bytearray(9)), buffer_callback=lambda buffer: None)
    with pytest.raises(adapters.RebuildError, match="buffers"):
        adapters.loads(data)


def test_keyboard_interrupt_passes_through() -> None:
    class Interrupts:
        def __reduce__(self) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        adapters.dumps(Interrupts())
