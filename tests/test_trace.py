"""adapters.trace: what travels in this process, how large it is, and that it leaves nothing."""

from __future__ import annotations

import copy
import copyreg
import itertools
import os
import pickle
import threading
from collections.abc import Callable
from multiprocessing import Pipe
from typing import Any

import gadgets
import pytest
from gadgets import Gadget, Hammer, Refused, Unbuildable, ffi
from graphs import Joint, Painted

import adapters
from adapters import TraceEvent, _events
from adapters._conformance.leaks import require_no_leak
from adapters._conformance.report import NotHere
from adapters._tracing.observer import observer

TIMEOUT = 60
OVERHEAD = 120  # bytes of the key, the names and the opcodes of one object in a payload
GADGET = "gadgets.Gadget"


def kinds(trace: adapters.Trace) -> list[tuple[str, str]]:
    return [(event.kind, event.name) for event in trace.events]


def events_of(trace: adapters.Trace, kind: str) -> list[TraceEvent]:
    return [event for event in trace.events if event.kind == kind]


def test_plain_pickle_is_seen_in_both_directions_with_the_bytes_that_moved() -> None:
    one, other = Pipe()
    gadget = Gadget({"n": list(range(500))})
    with one, other, adapters.trace() as trace:
        one.send(gadget)
        moved = len(data := other.recv_bytes())
        assert pickle.loads(data) == gadget
    serialized, rebuilt = trace.events
    assert kinds(trace) == [("serialize", GADGET), ("rebuild", GADGET)]
    assert serialized.in_band == rebuilt.in_band == len(pickle.dumps(gadget.state, 5))
    assert moved - OVERHEAD < serialized.in_band < moved
    assert (serialized.out_of_band, rebuilt.out_of_band) == (0, 0)
    assert {event.process for event in trace.events} == {os.getpid()}
    assert all(event.seconds > 0 for event in trace.events)
    assert serialized.time <= rebuilt.time
    seconds = serialized.seconds, rebuilt.seconds
    expected = (1, 1, serialized.in_band, 0, *seconds, 0, False, 1)
    assert trace.summary() == {GADGET: expected}


def test_buffers_count_out_of_band_and_messages_as_they_are() -> None:
    gadget = Gadget([memoryview(bytes(1000)), bytearray(500)])
    buffers: list[Any] = []
    with adapters.trace() as trace:
        data = adapters.dumps(gadget, buffer_callback=buffers.append)
        adapters.loads(data, buffers=iter(buffers))
    found = {event.kind: event for event in trace.events}
    assert list(found) == ["serialize", "dumps", "rebuild", "loads"]
    assert {event.out_of_band for event in trace.events} == {1500}
    assert found["dumps"].in_band == found["loads"].in_band == len(data)
    assert found["dumps"].name == found["loads"].name == GADGET
    assert 0 < found["serialize"].in_band == found["rebuild"].in_band < len(data)


def test_buffers_that_the_callback_leaves_in_band_are_counted_there() -> None:
    gadget = Gadget([memoryview(bytes(1000)), bytearray(500)])
    with adapters.trace() as trace:
        adapters.dumps(gadget, buffer_callback=lambda buffer: buffer.raw().nbytes == 1000)
    (dumped,) = events_of(trace, "dumps")
    assert dumped.out_of_band == 500
    assert dumped.in_band > 1000


def test_objects_inside_of_a_state_have_events_of_their_own() -> None:
    inner = [Gadget(bytes(1000)) for _ in range(3)]
    with adapters.trace() as trace:
        pickle.loads(pickle.dumps(Gadget(inner)))
    sizes = sorted(event.in_band for event in events_of(trace, "serialize"))
    assert len(sizes) == 4
    assert sizes[0] < 200
    assert all(1000 < size < 1200 for size in sizes[1:])
    assert sizes == sorted(event.in_band for event in events_of(trace, "rebuild"))


def test_nothing_is_left_when_it_is_closed() -> None:
    gadget, before = Gadget(1), copyreg.dispatch_table[Gadget]
    types = set(copyreg.dispatch_table)
    payload = pickle.dumps(gadget)
    pickle.loads(payload)
    with adapters.trace() as trace:
        assert copyreg.dispatch_table[Gadget].__module__ == "adapters._tracing.observer"
        assert pickle.loads(pickle.dumps(gadget)) == gadget
        assert set(copyreg.dispatch_table) == types
    assert set(copyreg.dispatch_table) == types
    assert type(copyreg.dispatch_table[Gadget]) is type(before)
    assert copyreg.dispatch_table[Gadget].__qualname__ == before.__qualname__
    assert pickle.dumps(gadget) == payload
    assert pickle.loads(payload) == gadget
    factories = [factory for _, _, factory in adapters.registry.resolved.values()]
    assert factories == [Gadget]
    assert len(trace.events) == 2


def test_payloads_are_the_same_with_and_without_it() -> None:
    objects = [Gadget([memoryview(b"abc")]), Hammer(1), Joint("a").add(Joint("b")), Painted(1, a=2)]
    objects += [ffi.new("gear_t *", [1, 2]), lambda: objects]
    plain = [adapters.dumps(obj) for obj in objects[:-1]]
    with adapters.trace():
        assert [adapters.dumps(obj) for obj in objects[:-1]] == plain
        assert adapters.loads(adapters.dumps(objects[-1]))()[1] == objects[1]


def test_each_kind_of_adapter_is_seen() -> None:
    gear, tree, painted = ffi.new("gear_t *", [1, 2]), Joint("a").add(Joint("b")), Painted(1, a=2)
    with adapters.trace() as trace:
        twins = adapters.loads(adapters.dumps([gear, tree, painted, Hammer("h")]))
    assert (twins[0].teeth, twins[1], twins[2].a, twins[3]) == (2, tree, 2, Hammer("h"))
    counts = {
        name: (summary.serialized, summary.rebuilt) for name, summary in trace.summary().items()
    }
    assert counts == {
        "tools.Tool": (1, 1),
        "gadgets:gear_t *": (1, 1),
        "graphs.Joint": (2, 2),
        "graphs.Motor": (1, 1),
    }


def test_copies_are_made_as_without_it() -> None:
    with adapters.trace() as trace:
        assert copy.copy(Painted(1, a=2)).a == 2
        assert copy.deepcopy(Gadget([1])) == Gadget([1])
        with pytest.raises(adapters.SerializeError, match="copy cannot copy what has links"):
            copy.copy(Joint("a").add(Joint("b")))
    assert trace.summary()["graphs.Motor"].rebuilt == 1
    assert trace.summary()["graphs.Joint"].failed == 1


def test_failures_are_those_that_there_are_without_it_and_are_noted() -> None:
    payload = pickle.dumps(Unbuildable(1))
    with pytest.raises(adapters.SerializeError) as plain:
        pickle.dumps(Refused())
    with adapters.trace() as trace:
        with pytest.raises(adapters.SerializeError) as error:
            pickle.dumps(Refused())
        with pytest.raises(adapters.RebuildError, match="the factory raised ValueError"):
            pickle.loads(payload)
    assert str(error.value) == str(plain.value)
    assert [(event.kind, event.note) for event in trace.events] == [
        ("serialize", "failed"),
        ("rebuild", "failed"),
    ]
    assert trace.summary()["gadgets.Refused"].failed == 1
    assert "1 failed" in str(trace)


def test_what_goes_by_value_is_named() -> None:
    class Local(Gadget):
        pass

    adapters.register(Local, lambda local: local.state, Local, name="local.Local")
    try:
        with adapters.trace() as trace:
            adapters.loads(adapters.dumps([Local(1), lambda: 0]))
    finally:
        adapters.unregister(Local)
    names = [event.name for event in events_of(trace, "by value")]
    assert any(name.endswith("<lambda>") for name in names)
    assert any(name.endswith("Local") for name in names)
    serialized = events_of(trace, "serialize")
    assert [event.note for event in serialized] == ["by value"] * len(serialized)
    assert trace.summary()["local.Local"].by_value
    assert "by value" in str(trace)


def test_what_is_registered_while_it_is_open_is_seen() -> None:
    class Late(Gadget):
        pass

    with adapters.trace() as trace:
        adapters.register(Late, lambda late: late.state, Late, name="late.Late")
        pickle.dumps(Late(1))
        adapters.unregister(Late)
    with pytest.raises(adapters.SerializeError):
        adapters.dumps(Late(1))
    assert ("serialize", "late.Late") in kinds(trace)


def test_trusted_loads_and_specs_are_seen() -> None:
    payload, spec = pickle.dumps(Gadget(1)), adapters.to_spec(Gadget(1))
    with adapters.trace() as trace:
        assert adapters.loads(payload, trusted=[GADGET]) == spec.rebuild() == Gadget(1)
    assert kinds(trace) == [("rebuild", GADGET)] * 2


def test_traces_in_each_other_see_the_same() -> None:
    with adapters.trace() as outer:
        pickle.dumps(Gadget(1))
        with adapters.trace() as inner:
            pickle.dumps(Gadget(2))
        pickle.dumps(Gadget(3))
    assert len(outer.events) == 3
    assert outer.events[1:2] == inner.events


def test_all_threads_are_seen_and_a_trace_goes_on_when_it_is_opened_again() -> None:
    trace = adapters.trace()
    for _ in range(2):
        before = trace.seconds
        with trace:
            threads = [threading.Thread(target=pickle.dumps, args=(Gadget(n),)) for n in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(TIMEOUT)
            with pytest.raises(RuntimeError, match="is open already"):
                trace.__enter__()
        assert trace.seconds == trace.seconds > before
    assert trace.summary()[GADGET].serialized == 8
    assert trace.counts() == {"serialize": 8}


def test_events_over_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters._tracing.trace._MOST", 3)
    with adapters.trace() as trace:
        pickle.dumps([Gadget(n) for n in range(5)])
    assert len(trace.events) == 3
    assert trace.summary()[GADGET].serialized == 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_is_not_observed() -> None:
    with adapters.trace() as trace:
        child = os.fork()
        if not child:
            from adapters import _events

            pickle.loads(pickle.dumps(Gadget(1)))
            wrapped = copyreg.dispatch_table[Gadget].__module__ == "adapters._tracing.observer"
            os._exit(len(trace.events) + 2 * wrapped + 4 * (_events.observer is not None))
        assert os.waitpid(child, 0)[1] == 0
        pickle.dumps(Gadget(1))
    assert kinds(trace) == [("serialize", GADGET)]


def test_its_parts_pickle() -> None:
    with adapters.trace() as trace:
        pickle.dumps(Gadget(1))
    assert pickle.loads(pickle.dumps(trace.events)) == trace.events
    assert pickle.loads(pickle.dumps(trace.summary())) == trace.summary()


def shared_in(trace: adapters.Trace, get: Callable[[], object]) -> list[str]:
    before = len(trace.events)
    get()
    return [event.kind for event in trace.events[before:]]


def test_shared_objects_are_put_and_their_original_is_not_news() -> None:
    with adapters.trace() as trace, adapters.share(Gadget(bytes(1000))) as handle:
        assert shared_in(trace, handle.get) == []
        twin = pickle.loads(pickle.dumps(handle))
        assert twin.get() is handle.get()
    (put,) = events_of(trace, "put")
    assert put.name == GADGET
    assert put.in_band > 1000


def test_objects_of_an_older_edition_say_so_as_without_it() -> None:
    class Cell(Gadget):
        pass

    class Newer(Gadget):
        pass

    for cls in (Cell, Newer):
        cls.__module__, cls.__qualname__ = "__main__", "Cell"
        adapters.register(cls, lambda cell: cell.state, Gadget, replace=True)
    try:
        with pytest.raises(adapters.SerializeError) as plain:
            pickle.dumps(Cell(1))
        with adapters.trace(), pytest.raises(adapters.SerializeError) as error:
            pickle.dumps(Cell(1))
        assert str(error.value) == str(plain.value)
        assert "older edition" in str(plain.value)
    finally:
        adapters.unregister(Newer)
        adapters.unregister(Cell)


class Keeping:
    """Its `__reduce__` keeps what another object has become, for the next time."""

    def __init__(self, inside: Gadget) -> None:
        self.inside = inside
        self.kept = b""

    def __reduce__(self) -> Any:
        self.kept = self.kept or pickle.dumps(self.inside)
        return pickle.loads, (self.kept,)


def test_what_an_object_keeps_while_its_size_is_measured_is_whole() -> None:
    with adapters.trace() as trace:
        twin = pickle.loads(pickle.dumps(Gadget([Keeping(Gadget(1))])))
    assert twin == Gadget([Gadget(1)])
    assert trace.summary()[GADGET].rebuilt == 2


def test_plain_pickle_learns_no_class_from_the_measuring() -> None:
    class Newer(Hammer):
        pass

    with adapters.trace(), pytest.raises(Exception, match="Newer"):
        pickle.dumps(Gadget([Newer(1)]))
    assert Newer not in copyreg.dispatch_table


def test_reducers_are_those_of_before_when_it_is_closed() -> None:
    cloudpickle = pytest.importorskip("cloudpickle")
    before, payload = copyreg.dispatch_table[Gadget], pickle.dumps(Gadget(1))
    cloudpickle.register_pickle_by_value(gadgets)
    try:
        with adapters.trace():
            pass
    finally:
        cloudpickle.unregister_pickle_by_value(gadgets)
    assert copyreg.dispatch_table[Gadget] == before
    assert pickle.dumps(Gadget(1)) == payload


def test_a_reducer_that_other_code_has_removed_stays_so() -> None:
    own = copyreg.dispatch_table.pop(Gadget)
    try:
        with adapters.trace():
            assert Gadget not in copyreg.dispatch_table
    finally:
        copyreg.dispatch_table[Gadget] = own


def test_buffers_are_taken_as_they_are_wanted() -> None:
    buffers: list[Any] = []
    payload = adapters.dumps(Gadget(bytearray(b"abc")), buffer_callback=buffers.append)
    rest = iter([None, None])
    with adapters.trace() as trace:
        adapters.loads(payload, buffers=itertools.chain(buffers, rest))
        with pytest.raises(adapters.RebuildError, match="a bytes-like object is required, not 'N"):
            adapters.loads(payload, buffers=[None])
    assert len(list(rest)) == 2
    assert events_of(trace, "loads")[0].out_of_band == 3


def test_a_buffer_callback_may_release_its_buffer() -> None:
    with adapters.trace() as trace:
        adapters.dumps(Gadget(bytearray(b"abc")), buffer_callback=lambda buffer: buffer.release())
    assert events_of(trace, "dumps")[0].out_of_band == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_that_leaves_the_block_can_trace() -> None:
    first = os.getpid()
    with adapters.trace():
        child = os.fork()
    if os.getpid() != first:
        with adapters.trace() as trace:
            pickle.dumps(Gadget(1))
        os._exit(len(trace.events))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


class Interrupting(str):
    """A name that pickles when it is looked up, as a signal handler may do at that moment."""

    __slots__ = ()

    def __hash__(self) -> int:
        pickle.dumps(Gadget(1))
        return super().__hash__()


def test_an_event_may_come_while_another_one_is_recorded() -> None:
    with adapters.trace() as trace:
        event = TraceEvent("put", Interrupting("a"), 0, 0, 0.0, "", 0, 0.0)
        thread = threading.Thread(target=trace._record, args=(event,), daemon=True)
        thread.start()
        thread.join(TIMEOUT)
        assert not thread.is_alive()
    assert trace.summary()[GADGET].serialized > 0


def test_an_opening_that_is_interrupted_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = adapters.trace()
    with monkeypatch.context() as patch:
        patch.setattr(adapters.registry, "observe", fail_once(adapters.registry.observe))
        with pytest.raises(KeyboardInterrupt):
            trace.__enter__()
    assert _events.observer is None
    pickle.dumps(Gadget(1))
    with trace:
        pickle.dumps(Gadget(2))
    assert len(trace.events) == 1


def fail_once(observe: Callable[[Any], None]) -> Callable[[Any], None]:
    def fail(observed: Any) -> None:
        observe(observed)
        if observed is not None:
            raise KeyboardInterrupt

    return fail


def test_traces_of_a_task_may_be_closed_in_any_order() -> None:
    of_task: list[TraceEvent] = []
    first, second = adapters.trace(), adapters.trace()
    with observer.tells_of_thread(of_task.append):
        first.__enter__()
        second.__enter__()
        first.__exit__()
        pickle.dumps(Gadget(1))
        second.__exit__()
        pickle.dumps(Gadget(2))
    assert (len(first.events), len(second.events), len(of_task)) == (0, 1, 2)
    assert _events.observer is None


@pytest.mark.parametrize("payload", [b"", pickle.dumps([1, Gadget(1)], 5)[:-2], b"\x80\x05."])
def test_a_payload_that_is_damaged_is_described_as_without_it(payload: bytes) -> None:
    with pytest.raises(adapters.RebuildError) as plain:
        adapters.loads(payload)
    with adapters.trace(), pytest.raises(adapters.RebuildError) as traced:
        adapters.loads(payload)
    assert str(traced.value) == str(plain.value)


def test_the_search_for_leaks_does_not_count_what_a_trace_keeps() -> None:
    with adapters.trace(), pytest.raises(NotHere, match="is open in this process"):
        require_no_leak(None, b"")  # type: ignore[arg-type]


def test_no_seconds_are_those_of_the_trace_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def measure(state: Any) -> tuple[int, int]:
        now[0] += 100
        return 1, 0

    def serialize(slow: Any) -> int:
        now[0] += 1
        return 1

    class Slow(Gadget):
        pass

    monkeypatch.setattr("adapters._tracing.observer.perf_counter", lambda: now[0])
    monkeypatch.setattr("adapters._tracing.observer.size_of_state", measure)
    adapters.register(Slow, serialize, Slow, name="slow.Slow")
    with adapters.trace() as trace:
        adapters.loads(adapters.dumps([Slow(), Slow()]))
    adapters.unregister(Slow)
    timed = {event.kind: event.seconds for event in trace.events}
    assert now == [402.0]
    expected = {"serialize": 1.0, "dumps": 2.0, "rebuild": 0.0, "loads": 0.0}
    assert {kind: timed[kind] for kind in expected} == expected
