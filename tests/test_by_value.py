"""Adapters that no import would register travel by value."""

from __future__ import annotations

import functools
import os
import pickle
import re
import threading
from pathlib import Path
from typing import Any

import cffi
import children
import pytest
from processes import in_a_child, run

import adapters

NATIVE = """
import sys, threading
import adapters
from multiprocessing import get_context

class Native:
    def __init__(self, state):
        self.state, self.lock = state, threading.Lock()  # a lock does not pickle

def work(native):
    copies = [cls for cls in object.__subclasses__() if cls.__name__ == "Native"]
    answer = [native.state, isinstance(native, Native), len(copies)]
    return answer, Native([*native.state, "made in the child"])

def main():
    with get_context(sys.argv[1]).Pool(1) as pool:
        [(answer, made)] = pool.map_async(work, [Native(["sent"])]).get(60)
    print(answer, isinstance(made, Native), made.state)
"""


REGISTER = "adapters.register(Native, lambda native: native.state, lambda state: Native(state))"


SCRIPTS = {
    "at the top level": f"""
{NATIVE}
{REGISTER}
if __name__ == "__main__":
    main()
""",
    "only where it is the main script": f"""
{NATIVE}
if __name__ == "__main__":
    {REGISTER}
    main()
""",
    "in a function": f"""
{NATIVE}
def register():
    first = 0
    def get(native):
        return native.state[first:]
    adapters.register(Native, get, Native)

if __name__ == "__main__":
    register()
    main()
""",
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_a_script(script: str, start_method: str, tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text(script)
    answer = run(path.name, start_method, cwd=tmp_path)
    assert answer == "[['sent'], True, 1] True ['sent', 'made in the child']\n"


def test_a_script_registers_what_cannot_go_by_value(start_method: str, tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    lock = "lock = threading.Lock()"
    register = "adapters.register(Native, lambda native: lock and native.state, Native)"
    path.write_text(f"{NATIVE}\n{lock}\n{register}\nif __name__ == '__main__':\n    main()\n")
    answer = run(path.name, start_method, cwd=tmp_path)
    assert answer == "[['sent'], True, 1] True ['sent', 'made in the child']\n"


def test_a_notebook_sends_its_classes_along() -> None:
    program = f"""
{NATIVE}
import joblib

{REGISTER}
[(answer, made)] = joblib.Parallel(2, timeout=60)([joblib.delayed(work)(Native(["sent"]))])
print(answer[:2], isinstance(made, Native), made.state)

def twice(native):
    return Native(native.state * 2)

adapters.unregister(Native)
adapters.register(Native, lambda native: native.state, lambda state: Native([*state, "anew"]))
[made] = joblib.Parallel(2, timeout=60)([joblib.delayed(twice)(Native(["sent"]))])
print(made.state)
"""
    first, second = run("-c", program).splitlines()
    assert first == "[['sent'], True] True ['sent', 'made in the child']"
    assert second == "['sent', 'anew', 'sent', 'anew', 'anew']"


def test_a_cell_that_is_run_again_brings_its_new_class() -> None:
    payloads = []
    for greeting in ("hello", "good evening"):

        class Native:
            greet = greeting

        adapters.register(Native, lambda native: None, lambda state: Native(), name="cell")
        payloads.append(pickle.dumps(Native()))
        adapters.unregister(Native)
    program = """
import pickle, sys
for payload in sys.argv[1:]:
    obj = pickle.loads(bytes.fromhex(payload))
    print(obj.greet, pickle.loads(pickle.dumps(obj)).greet)
"""
    first, second = run("-c", program, *map(bytes.hex, payloads)).splitlines()
    assert first == "hello hello"
    assert second == "good evening good evening"


def elsewhere(obj: object) -> str:
    """The error of a process that loads `obj` and knows nothing."""
    program = """
import adapters, sys
try:
    adapters.loads(bytes.fromhex(sys.argv[1]))
except adapters.RebuildError as error:
    print(error)
"""
    return run("-c", program, pickle.dumps(obj).hex())


@pytest.mark.parametrize(
    ("serialize", "factory"),
    [
        (lambda obj: obj.state, lambda native: lambda state: native(state)),
        (functools.partial(getattr), None),
    ],
)
def test_functions_and_classes_of_a_test_go_by_value(
    native: Any, start_method: str, serialize: Any, factory: Any
) -> None:
    if factory is None:
        adapters.register(native, lambda obj: serialize(obj, "state"), functools.partial(native))
    else:
        adapters.register(native, serialize, factory(native))
    came_back, made_there, pid = in_a_child(children.send_back, native("sent"), start_method)
    assert type(came_back) is type(made_there) is native
    assert (came_back.state, made_there.state) == ("sent", ("made in the child", "sent"))
    assert pid != os.getpid()


def test_one_message_holds_the_adapter_once(native: Any) -> None:
    adapters.register(native, lambda obj: obj.state, native)
    one = len(pickle.dumps([native(1)]))
    assert len(pickle.dumps([native(i) for i in range(100)])) < one + 100 * 20


def test_the_reason_why_it_cannot_go_by_value_arrives(native: Any) -> None:
    lock = threading.Lock()
    adapters.register(native, lambda obj: lock and obj.state, native, name="locked")
    assert re.search(r"'locked'.*could not \(TypeError: .*lock.*top level", elsewhere(native(1)))
    assert pickle.loads(pickle.dumps(native(1))).state == 1  # here it is known


def test_the_reason_is_the_same_in_each_process(native: Any) -> None:
    held_by_nothing = cffi.FFI()
    adapters.register(native, lambda obj: held_by_nothing and obj.state, native)
    reason = adapters.to_spec(native(1)).provider[1]
    assert re.match("SerializeError: cannot pickle <.*FFI object", str(reason))
    assert "0x" not in str(reason)


def test_an_adapter_may_refer_to_an_object_of_its_own_type(native: Any) -> None:
    template = native("template")
    adapters.register(native, lambda obj: obj.state, lambda s: native(s or template.state))
    assert "could not (SerializeError: its functions refer to an object" in elsewhere(native("x"))


def test_a_recursive_function_goes_by_value(native: Any, start_method: str) -> None:
    def depth_of(state: Any) -> Any:
        return 1 + depth_of(state[0]) if state else 0

    adapters.register(native, lambda obj: [[[]]], lambda state: native(depth_of(state)))
    assert in_a_child(children.describe, native(0), start_method)[1] == 2


def test_upgrades_and_options_go_along(native: Any) -> None:
    adapters.register(
        native,
        lambda obj: obj.state,
        native,
        name="options",
        version=2,
        upgrades={1: lambda state: [state]},
        subclasses=True,
    )
    payload = pickle.dumps(native("sent"))
    adapters.unregister(native)
    arrived = pickle.loads(payload)
    adapter = adapters.registry["options"]
    assert (adapter.version, adapter.subclasses, adapter.arrived) == (2, True, True)
    assert adapters.rebuild("options", 1, adapter.provider, "old").state == ["old"]
    assert type(arrived).__name__ == "Native"
    adapters.unregister(adapter.target)
    adapters.register(native, lambda obj: obj.state, native)
