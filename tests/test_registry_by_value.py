"""Adapters that came by value: who may displace whom, and how many are kept."""

from __future__ import annotations

import pickle
import threading
from typing import Any

from processes import run

import adapters


def test_an_arrived_adapter_never_displaces_one_registered_here(native: Any) -> None:
    adapters.register(native, lambda obj: obj.state, lambda s: native(("old", s)), name="twice")
    payload = pickle.dumps(native("sent"))
    adapters.unregister(native)
    adapters.register(native, lambda obj: obj.state, lambda s: native(("new", s)), name="twice")
    mine = adapters.registry["twice"]
    assert pickle.loads(payload).state == ("old", "sent")  # what the sender meant
    assert adapters.registry["twice"] is mine
    assert pickle.loads(pickle.dumps(native("sent"))).state == ("new", "sent")


def test_one_registered_here_displaces_an_arrived_one(native: Any) -> None:
    adapters.register(native, lambda obj: obj.state, native, name="twice")
    payload = pickle.dumps(native("sent"))
    adapters.unregister(native)
    pickle.loads(payload)
    assert adapters.registry["twice"].arrived
    mine = adapters.register(native, lambda obj: [obj.state], native, name="twice")
    assert adapters.registry["twice"] is mine
    assert pickle.loads(pickle.dumps(native("sent"))).state == ["sent"]


def test_an_arrived_one_that_was_unregistered_can_arrive_again(native: Any) -> None:
    adapters.register(native, lambda obj: obj.state, native, name="twice")
    payload = pickle.dumps(native("sent"))
    for _ in range(2):
        adapters.unregister(native)
        assert pickle.loads(pickle.dumps(pickle.loads(payload))).state == "sent"


def test_many_threads_rebuild_an_unknown_adapter(native: Any) -> None:
    adapters.register(native, lambda obj: obj.state, native, name="raced")
    payload = pickle.dumps(native("sent"))
    adapters.unregister(native)
    start = threading.Barrier(8)
    states: list[Any] = []

    def load() -> None:
        start.wait(30)
        states.append(pickle.loads(payload).state)

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert states == ["sent"] * 8
    adapters.unregister(adapters.registry["raced"].target)
    adapters.register(native, lambda obj: obj.state, native)


def test_a_receiver_keeps_a_bounded_number_of_a_cells_adapters() -> None:
    program = """
import adapters, gc, pickle, sys
for payload in sys.stdin:
    pickle.loads(bytes.fromhex(payload))
gc.collect()
print(0 < len([cls for cls in object.__subclasses__() if cls.__name__ == "Native"]) < 20)
"""
    payloads = []
    for _ in range(40):

        class Native:
            pass

        adapters.register(Native, lambda native: None, lambda state: Native(), name="cell")
        payloads.append(pickle.dumps(Native()).hex())
        adapters.unregister(Native)
    assert run("-c", program, input="\n".join(payloads)) == "True\n"
