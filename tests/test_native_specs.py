"""The native types travel: in band, out of band, to a child that imported nothing, and back."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import sys
from array import array
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from processes import run

import adapters
from native import Sieve, WordList, specs
from native._native import ffi

PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)
WORDS = ["level", "été", "", "a\0", "\ud800", "word"]


def unfinished(last: int = 10**6) -> Sieve:
    sieve = Sieve(0, last)
    sieve.cross_off(array("Q", [3, 5, 7, 11, 13]), below=17)
    return sieve


def address(buffer: Any) -> int:
    return int(ffi.cast("uintptr_t", ffi.from_buffer(buffer)))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_in_band(protocol: int) -> None:
    sieve, words = unfinished(), WordList(WORDS)
    message = {"a": [sieve, words[1:]], "b": sieve}
    received = pickle.loads(pickle.dumps(message, protocol))
    assert received["a"][0] == sieve
    assert received["a"][0] is received["b"]
    assert list(received["a"][1]) == WORDS[1:]


def test_the_pair_of_functions() -> None:
    sieve = unfinished()
    assert specs.rebuild_sieve(specs.serialize_sieve(sieve)) == sieve
    words = WordList(WORDS)[::-2]
    assert specs.rebuild_words(specs.serialize_words(words)) == words


def test_names_and_versions_of_the_wire() -> None:
    spec = adapters.to_spec(unfinished())
    assert (spec.name, spec.version) == ("native.Sieve", 2)
    spec = adapters.to_spec(WordList(WORDS))
    assert (spec.name, spec.version) == ("native.WordList", 1)


def test_an_unfinished_sieve_arrives_as_far_as_it_is() -> None:
    sieve = unfinished()
    received = pickle.loads(pickle.dumps(sieve))
    assert (received.progress, received.finished) == (17, False)
    assert received.finish().count() == 78498
    assert sieve.progress == 17


def test_memory_leaves_and_arrives_out_of_band_without_a_copy() -> None:
    sieve, words = unfinished(), WordList(WORDS)
    buffers: list[Any] = []
    payload = adapters.dumps([sieve, words], buffer_callback=buffers.append)
    assert len(payload) < 1000
    addresses = {address(buffer.raw()) for buffer in buffers}
    assert {address(sieve.bitmap), *map(address, words.state())} == addresses
    received = adapters.loads(payload, buffers=[bytes(buffer.raw()) for buffer in buffers])
    assert received == [sieve, words]


def test_what_arrives_owns_its_memory() -> None:
    sieve, words = unfinished(), WordList(WORDS)
    buffers: list[Any] = []
    payload = adapters.dumps([sieve, words], buffer_callback=buffers.append)
    received_buffers = [bytearray(buffer.raw()) for buffer in buffers]
    received = adapters.loads(payload, buffers=received_buffers)
    for buffer in received_buffers:
        buffer[:] = bytes(len(buffer))
    assert received == [sieve, words]


def test_buffers_outlive_the_closed_object() -> None:
    sieve = unfinished()
    expected = bytes(sieve.bitmap)
    buffers: list[Any] = []
    payload = adapters.dumps(sieve, buffer_callback=buffers.append)
    sieve.close()
    del sieve
    noise = [unfinished() for _ in range(10)]
    assert bytes(adapters.loads(payload, buffers=buffers).bitmap) == expected
    assert len(noise) == 10


def test_a_slice_sends_its_own_part_alone() -> None:
    words = WordList([f"word{n:06}" for n in range(100_000)])
    for part in (words[500:510], words[500:600:10], words[509:499:-1]):
        payload = pickle.dumps(part)
        assert len(payload) < 600
        assert pickle.loads(payload) == part


@given(st.lists(st.text(st.characters(exclude_categories=())), max_size=20))
def test_any_words(words: list[str]) -> None:
    assert list(pickle.loads(pickle.dumps(WordList(words)))) == words


def test_closed_objects_are_refused_where_they_are_sent() -> None:
    for closed in (unfinished(), WordList(WORDS)):
        closed.close()
        with pytest.raises(Exception, match="closed"):
            adapters.dumps(closed)


def test_deepcopy_still_makes_a_second_object() -> None:
    sieve = unfinished()
    second = copy.deepcopy({"key": sieve})["key"]
    second.finish()
    assert sieve.progress == 17


def test_a_subclass_is_not_turned_into_its_base() -> None:
    class Named(Sieve):
        pass

    with pytest.raises(Exception, match="Named"):
        adapters.dumps(Named(0, 10))


def test_registering_again_is_harmless() -> None:
    adapters.register(
        Sieve,
        specs.serialize_sieve,
        specs.rebuild_sieve,
        name="native.Sieve",
        version=2,
        upgrades={1: specs.upgrade_sieve},
    )


def finish_there(sieve: Sieve) -> tuple[Sieve, int]:
    return sieve.finish(), sieve.count()


def reverse_there(words: WordList) -> WordList:
    return words[::-1]


def test_there_and_back(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        sieve, count = executor.submit(finish_there, unfinished()).result(timeout=60)
        words = executor.submit(reverse_there, WordList(WORDS)).result(timeout=60)
    assert count == sieve.count() == 78498
    assert list(words) == WORDS[::-1]


def receive(connection: Any) -> None:
    # This module is not what the adapter comes from: the payload itself names it.
    sieve = connection.recv()
    assert "native.specs" in sys.modules
    connection.send(sieve.finish())
    connection.close()


def test_through_a_pipe(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    ours, theirs = context.Pipe()
    child = context.Process(target=receive, args=(theirs,))
    child.start()
    theirs.close()
    try:
        ours.send(unfinished())
        assert ours.poll(60)
        assert ours.recv().count() == 78498
    finally:
        child.join(60)
        if child.exitcode is None:
            child.kill()
    assert child.exitcode == 0


def test_a_refused_state_leaves_nothing_that_the_collector_stumbles_on() -> None:
    program = """
import gc, adapters, native.specs

def refuse(name, version, state):
    try:
        adapters.rebuild(name, version, "native.specs", state)
    except adapters.RebuildError as error:
        cause = error.__cause__  # whoever keeps this has a cycle: error, traceback, frame, error

for _ in range(200):
    refuse("native.WordList", 1, (memoryview(b"abc"), memoryview(bytes(16))))
    refuse("native.Sieve", 2, (0, 1000, 33, None, memoryview(bytes(64))))
    gc.collect()
print("done")
"""
    assert run("-c", program) == "done\n"


@pytest.mark.usefixtures("restless_threads")
def test_many_threads_take_the_state_of_one_unfinished_sieve() -> None:
    sieve = Sieve(0, 1000)
    sieve.cross_off(array("Q", [7]), below=8)
    with ThreadPoolExecutor(4) as pool:
        states = list(pool.map(lambda _: sieve.state()[:3], range(2000)))
    assert states == [(0, 1000, 8)] * 2000
