"""Write the golden payloads that are missing: `python tests/make_golden.py`.

A golden payload is written once, by the version that first has its form, and loads for ever: no
file is ever overwritten. `golden/NAME.PROTOCOL.pickle` holds native objects or a spec in form 1 of
the wire, `golden/form_2/NAME.PROTOCOL.pickle` in form 2, and `golden/public/NAME.PROTOCOL.pickle`
anything else that is public.

To pin a new form of something that is in the table, add a name; never touch the old one.
"""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gadgets import Gadget, ffi
from graphs import Joint, Motor, Painted, Slotted

import adapters
import native.specs  # noqa: F401  registers both types
from adapters import stores, testing
from native import Sieve, WordList

GOLDEN = Path(__file__).parent / "golden"
PROTOCOLS = range(2, 6)
FILE = "/dev/shm/adapters-1000/0badcafe.17.4242.0123456789abcdef"
STATE = "75bd43a31f5b3b2e"  # golden/public/STATE.state is what the handles of a Fsspec name
PLACE = {"path": "/golden", "target_protocol": "memory"}


def half_sieved() -> Sieve:
    sieve = Sieve(0, 1000)
    sieve.cross_off(array("Q", [3, 5, 7, 11, 13]), below=17)
    return sieve


def counted() -> Sieve:
    sieve = Sieve(0, 1000)
    sieve.count()
    return sieve


def handle(store: Callable[[], stores.Store], key: Any) -> Callable[[], Any]:
    """What makes a handle as it is in a process that does not own it; no store is opened."""
    return lambda: adapters.Shared(store(), key, "builtins.list")


def errors() -> list[adapters.AdapterError]:
    """One of each class that there is; another class gets a golden payload of its own."""
    names = (
        "AdapterError ConflictError RebuildError RegistrationError SerializeError SharedClosedError"
        " StoreError TaskError UnknownAdapterError UntrustedError VersionError"
    )
    fields: dict[str, tuple[Any, ...]] = dict.fromkeys(names.split(), ())
    fields |= dict.fromkeys(("RebuildError", "UntrustedError", "VersionError"), (4242,))
    return [getattr(adapters, name)("what", "m.Type", *more) for name, more in fields.items()]


def report() -> testing.Report:
    results = testing.Result("first", "passed", ""), testing.Result("second", "failed", "broken")
    return testing.Report("m.Type", 1, ("an example",), results)


def explanation() -> adapters.Explanation:
    found = adapters.Finding(
        "obj.lock", "_thread.lock", "TypeError: no", None, "leave it out", "error"
    )
    large = found._replace(kind="size")
    return adapters.Explanation("obj", "m.Type", [found, large], None, False)


def audited(nested: tuple[adapters.Audit, ...] = ()) -> adapters.Audit:
    found = adapters.AdapterFound("m.Type", 1, "m", (12,), 0, 79, None)
    return adapters.Audit(
        size=200,
        protocol=4,
        buffers=1,
        values=9,
        globals=(adapters.GlobalFound("os.system", 1, 82),),
        calls=(adapters.CallFound("os.system", "REDUCE", "ls", 1, 190),),
        adapters=(found,),
        nested=nested,
        problems=(adapters.Problem("it names a global by extension code 5", 195),),
    )


class Call:
    """Pickles as a call of a function."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call


def by_value(function: Any, *arguments: str) -> Callable[[int], bytes]:
    """Calls what payloads name for a class that the other process may have."""
    body = pickle.dumps(Gadget, 2)
    return lambda protocol: pickle.dumps(Call(function, (*arguments, body)), protocol)


def struct_by_value(protocol: int) -> bytes:
    """A struct whose adapter, derived from its fields, goes by value."""
    node = ffi.typeof("struct node *")
    adapters.register_struct(node, name="golden.node")
    try:
        return pickle.dumps(ffi.new(node, [7]), protocol)
    finally:
        adapters.unregister(node)


# What is not one object, with what writes it; `test_golden` has a test for each.
WRITERS: dict[str, Callable[[int], bytes]] = {
    "public/definition": by_value(adapters.definition, "no.such.module:Gadget", "a digest"),
    "public/main_class": by_value(adapters.main_class, "/golden/script.py", "Mine"),
    "public/struct_by_value": struct_by_value,
}
OLD_WRITERS = {
    "public/main_class_1": "names `_main_class` of adapters",
    "public/struct_by_value_1": "names `_Layout` of adapters, in a payload of form 1",
}
# What each payload holds. Those in `OLD` have a form that only an older version writes.
OBJECTS: dict[str, Callable[[], Any]] = {
    "scalar": lambda: Gadget(7),
    "nested": lambda: [Gadget({"part": Gadget("inner"), "list": [1, 2.5, None]})],
    "buffers": lambda: Gadget((b"x" * 5000, bytearray(b"abc"))),
    "struct": lambda: ffi.new("gear_t *", {"size": 3, "teeth": 40}),
    "spec": lambda: adapters.Spec("gadgets.Gadget", 1, "gadgets", [1, b"two"]),
    "sieve": half_sieved,
    "sieve_lines": half_sieved,
    "sieve_counted": counted,
    "words": lambda: WordList(["level", "größer", "", "noon"])[1:],
    "form_2/scalar": lambda: Gadget(7),
    "form_2/nested": lambda: [Gadget({"part": Gadget("inner"), "list": [1, 2.5, None]})],
    "form_2/buffers": lambda: Gadget((b"x" * 5000, bytearray(b"abc"), bytearray())),
    "form_2/struct": lambda: ffi.new("gear_t *", {"size": 3, "teeth": 40}),
    "form_2/spec": lambda: adapters.Spec("gadgets.Gadget", 1, "gadgets", [1, b"two"]),
    "form_2/sieve": half_sieved,
    "form_2/words": lambda: WordList(["level", "größer", "", "noon"])[1:],
    "form_2/tree": lambda: Joint("root").add(Joint("left").add(Joint("leaf")), Joint("right")),
    "form_2/attributes": lambda: [Painted(3, color="red"), Slotted(4, "blue"), Motor(5)],
    "form_2/spec_of_attributes": lambda: adapters.to_spec(Slotted(4, "blue")),
    "public/handle_local": handle(stores.Local, FILE),
    "public/handle_fsspec": handle(lambda: stores.Fsspec("memory://golden/states"), STATE),
    "public/handle_options": handle(lambda: stores.Fsspec("dir://states", **PLACE), STATE),
    "public/handle_options_1": handle(lambda: stores.Fsspec("dir://states", **PLACE), STATE),
    "public/handle_dask": handle(lambda: stores.Dask(), "adapters-0123456789abcdef"),
    "public/handle_ray": handle(lambda: stores.Ray(), ("adapters-01234567", "89abcdef")),
    "public/dask_parts_1": lambda: [b"body", b"abc"],
    "public/errors": errors,
    "public/cache_info": lambda: adapters.CacheInfo(3, 2, 32, 1),
    "public/report": report,
    "public/conformance_error": lambda: testing.ConformanceError("what", "m.Type", report()),
    "public/explanation": explanation,
    "public/audit": lambda: audited((audited(),)),
}
OLD = {
    "sieve": "version 1 of the adapter, with a bit for each odd number",
    **dict.fromkeys(("scalar", "nested", "buffers", "struct", "spec"), "form 1"),
    **dict.fromkeys(("sieve_lines", "sieve_counted", "words"), "form 1"),
    "public/handle_options_1": "names a function of a private module",
    "public/dask_parts_1": "names a class of a private module",
}


def path_of(name: str, protocol: int) -> Path:
    return GOLDEN / f"{name}.{protocol}.pickle"


def write_missing() -> list[Path]:
    """Write each payload that has no file yet; returns the paths."""
    written = []
    for name in (OBJECTS.keys() | WRITERS.keys()) - OLD.keys():
        write = WRITERS.get(name)
        for protocol in PROTOCOLS:
            path = path_of(name, protocol)
            if not path.exists():
                payload = write(protocol) if write else pickle.dumps(OBJECTS[name](), protocol)
                with path.open("xb") as file:
                    file.write(payload)
                written.append(path)
    return sorted(written)


if __name__ == "__main__":
    print(*write_missing(), sep="\n")
