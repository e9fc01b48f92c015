"""Views in PickleBuffers: the garbage collector survives them, and nothing is kept."""

from __future__ import annotations

import gc
import pickle
import weakref
from typing import Any

import pytest
from gadgets import Gadget
from processes import run

import adapters

KINDS = """
import gc, io, pickle
import adapters
from gadgets import Gadget, Unbuildable

KINDS = {
    "bytearray": bytearray,
    "view": lambda data: memoryview(bytearray(data)),
    "read-only view": memoryview,
    "view of items": lambda data: memoryview(bytearray(data)).cast("H"),
    "part of a view": lambda data: memoryview(bytearray(data))[2:6],
    "view in steps": lambda data: memoryview(bytearray(data))[::2],
    "PickleBuffer": lambda data: pickle.PickleBuffer(bytearray(data)),
}

class Holder:
    def __init__(self, **held):
        self.__dict__ = {**held, "myself": self}

def refuse(buffer):
    raise OSError("no room")
"""

# What makes garbage of a state, a view of it and what exports that.
GARBAGE = {
    "buffers that were sent": """
buffers = []
pickle.dumps(obj, 5, buffer_callback=buffers.append)
Holder(buffers=[*buffers])
""",
    "views of them": """
buffers = []
pickle.dumps(obj, 5, buffer_callback=buffers.append)
Holder(views=[memoryview(buffer) for buffer in buffers])
Holder(views=[buffer.raw() for buffer in buffers])
""",
    "an object in the same process": """
buffers = []
body = pickle.dumps(obj, 5, buffer_callback=buffers.append)
twin = pickle.loads(body, buffers=buffers)
Holder(twin=twin)
buffers = []
body = adapters.dumps(twin, buffer_callback=buffers.append)
Holder(twin=adapters.loads(body, buffers=buffers), buffers=buffers)
Holder(twin=adapters.loads(body, buffers=buffers, trusted=["gadgets.Gadget"]))
""",
    "the traceback of a callback": """
for pickler in (pickle.Pickler, pickle._Pickler):
    try:
        pickler(io.BytesIO(), 5, buffer_callback=refuse).dump([obj])
    except OSError as error:
        Holder(error=error)
""",
    "the traceback of a factory": """
buffers = []
body = pickle.dumps(Unbuildable(obj.state), 5, buffer_callback=buffers.append)
try:
    pickle.loads(body, buffers=[*buffers])
except adapters.RebuildError as error:
    Holder(error=error)
""",
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_the_collector_survives(garbage: str) -> None:
    body = garbage.strip().replace("\n", "\n    ")
    program = f"""{KINDS}
def make_garbage(obj):
    {body}

for turn in range(30):
    for make in KINDS.values():
        make_garbage(Gadget((1, make(b"12345678"))))
    gc.collect(turn % 3)
print("done")
"""
    assert run("-c", program) == "done\n"


@pytest.mark.parametrize("when", ["before a collection", "after one"])
def test_views_end_with_what_exports_them(when: str) -> None:
    memory = bytearray(100)
    gadget = Gadget([memory])
    pickle.dumps(gadget, 5)
    memory.append(0)  # raises BufferError while there is a view
    sent: list[Any] = []
    body = pickle.dumps(gadget, 5, buffer_callback=sent.append)
    twin = pickle.loads(body, buffers=sent)
    exported = weakref.ref(memoryview(sent[0]).obj)
    if when == "after one":
        gc.collect()
    sent.clear()
    with pytest.raises(BufferError):
        memory.append(0)
    assert exported() is not None
    del twin
    assert exported() is None
    memory.append(0)
    assert adapters.loads(adapters.dumps(gadget)).state == [memory]
