"""Promise 3: no pickle of anything public names a private module, so that files can move.

Private is what has a name in its path that begins with an underscore, in `adapters` and `native`.
"""

from __future__ import annotations

import copy
import pickle
import pickletools
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import cloudpickle
import pytest
from gadgets import Gadget, Tool, ffi
from processes import run

import adapters
from adapters import stores, testing

PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)
# As one string: "adapters._room.module", or what `pkgutil.resolve_name` takes.
PRIVATE = re.compile(r"(adapters|native)(\.\w+)*[.:]_(?!_)\w+([.:]\w+)*")


def private_names(payload: bytes) -> set[str]:
    """All that a pickle, or a pickle inside of it, may import of what is private.

    That is a private module, or a private name of a public one. Both are named by an argument of an
    opcode, or by strings that were put on the stack before: each string counts.
    """
    found = set()
    strings: list[Any] = []  # on the stack; None for what is no string
    memo: list[Any] = []
    for opcode, argument, _ in pickletools.genops(payload):
        if opcode.name in ("GLOBAL", "INST"):
            argument = argument.replace(" ", ".")
        elif opcode.name == "STACK_GLOBAL":
            argument = ".".join(strings[-2:])
        elif opcode.name in ("BINGET", "LONG_BINGET"):
            argument = memo[argument] if argument < len(memo) else None  # protocol 4 memoizes all
        if opcode.name == "MEMOIZE":
            memo.append(strings[-1])
        else:
            strings.append(argument if isinstance(argument, str) else None)
        if isinstance(argument, str):
            if PRIVATE.fullmatch(argument):
                found.add(argument)
            argument = argument.encode("latin-1", "replace")  # protocol 2 has no bytes
        if isinstance(argument, bytes) and is_pickle(argument):
            found |= private_names(argument)
    return found


def is_pickle(data: bytes) -> bool:
    try:
        return len(list(pickletools.genops(data))) > 1
    except Exception:
        return False


def refused(obj: Any, protocol: int = 5) -> set[str]:
    """The private names in all pickles of an object."""
    dumps = (pickle.dumps, cloudpickle.dumps, adapters.dumps)
    return {name for each in dumps for name in private_names(each(obj, protocol))}


@pytest.fixture
def by_value() -> Iterator[Any]:
    """An object whose adapter goes by value, with functions that name others of ours."""

    class Native:
        def __init__(self, state: Any) -> None:
            self.state = state

        def __reduce__(self) -> str:
            raise TypeError("it is native")

    def serialize(native: Native) -> Any:
        return adapters.to_spec(Gadget(native.state))

    adapters.register(Native, serialize, lambda spec: Native(spec.rebuild().state))
    yield Native([1])
    adapters.unregister(Native)


@pytest.fixture
def struct() -> Iterator[Any]:
    """A C struct whose adapter, derived from its fields, goes by value."""
    adapters.register_struct(ffi.typeof("struct node *"))
    yield ffi.new("struct node *", [7])
    adapters.unregister(ffi.typeof("struct node *"))


# What is public


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "module", [adapters, stores, testing], ids=["adapters", "stores", "testing"]
)
def test_functions_and_classes(module: Any, protocol: int) -> None:
    for name in module.__all__:
        if name not in ("libraries", "register", "registry", "stores", "testing", "unregister"):
            if name in ("Dask", "Ray"):
                pytest.importorskip({"Dask": "distributed", "Ray": "ray"}[name])
            assert refused(getattr(module, name), protocol) == set(), name


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", ["registry", "register", "unregister"])
def test_the_registry(name: str, protocol: int) -> None:
    """Where it pickles, it does so by its name: not with all that it holds."""
    for dumps in (pickle.dumps, cloudpickle.dumps, adapters.dumps):
        try:
            payload = dumps(getattr(adapters, name), protocol)
        except (adapters.SerializeError, AttributeError, TypeError, pickle.PicklingError):
            continue
        assert private_names(payload) == set()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_adapter_as_an_object(protocol: int) -> None:
    for dumps in (pickle.dumps, cloudpickle.dumps, adapters.dumps):
        try:
            payload = dumps(adapters.registry.find(Gadget()), protocol)
        except (adapters.SerializeError, AttributeError, TypeError, pickle.PicklingError):
            continue
        assert private_names(payload) == set()


STORES: dict[str, tuple[str, Callable[[], stores.Store]]] = {
    "Local": ("os", lambda: stores.Local()),
    "Local in a directory": ("os", lambda: stores.Local("/tmp")),
    "Fsspec": ("fsspec", lambda: stores.Fsspec("memory://states")),
    "Fsspec with options": ("fsspec", lambda: stores.Fsspec("file:///tmp", auto_mkdir=True)),
    "Dask": ("distributed", lambda: stores.Dask()),
    "Ray": ("ray", lambda: stores.Ray()),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("store", STORES)
def test_handles_and_their_stores(store: str, protocol: int) -> None:
    needed, make = STORES[store]
    pytest.importorskip(needed)
    handle = adapters.Shared(make(), ("a", "key"), "builtins.list")
    assert refused([handle, handle.get, handle.close, make()], protocol) == set()
    for twin in (copy.copy(handle), copy.deepcopy(handle)):
        assert pickle.dumps(twin, protocol) == pickle.dumps(handle, protocol)


def test_handles_that_were_loaded_in_the_old_form(tmp_path: Any) -> None:
    """What loads them imports private modules directly, and this must not show in what it sends."""
    pytest.importorskip("fsspec")
    program = (
        "import pickle, sys; from pathlib import Path; from test_wire_names import private_names;"
        "handle = pickle.loads(Path(sys.argv[1]).read_bytes());"
        "print(private_names(pickle.dumps(handle, 4)))"
    )
    payload = b"cadapters.stores._fsspec\n_with_options\n(Vmemory://x\n}Va\nI1\nstR."
    (tmp_path / "handle").write_bytes(payload)
    assert private_names(payload) == {"adapters.stores._fsspec._with_options"}
    assert run("-c", program, str(tmp_path / "handle")) == "set()\n"


class Scatters:
    """What stands for a Dask client: it keeps what it gets."""

    def __init__(self) -> None:
        self.data: list[Any] = []

    def scatter(self, data: list[Any], **options: Any) -> list[Any]:
        self.data = data
        return data

    def publish_dataset(self, **data: Any) -> None:
        pass


def test_what_dask_scatters() -> None:
    serialize = pytest.importorskip("distributed.protocol").serialize
    client: Any = Scatters()
    stores.Dask(client).put([b"body", memoryview(bytearray(5000))])
    header, frames = serialize(client.data)

    def pickles(value: Any) -> Iterator[bytes]:
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, (list, tuple)):
            for each in value:
                yield from pickles(each)
        elif isinstance(value, (bytes, memoryview)):
            yield bytes(value)

    found = [each for each in pickles([header, frames]) if is_pickle(each)]
    assert found
    for payload in [*found, cloudpickle.dumps(client.data)]:
        assert private_names(payload) == set()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_specs_and_objects_of_adapters(by_value: Any, struct: Any, protocol: int) -> None:
    objects = [Gadget(7), Gadget(bytearray(5000)), Tool("tool"), by_value, struct]
    objects += [*map(adapters.to_spec, objects)]
    assert refused(objects, protocol) == set()


def test_a_class_of_the_main_script(tmp_path: Any) -> None:
    program = tmp_path / "script.py"
    program.write_text(
        "import adapters, cloudpickle\n"
        "from test_wire_names import private_names\n"
        "class Mine: pass\n"
        "adapters.register(Mine, lambda mine: 1, lambda state: Mine())\n"
        "payload = adapters.dumps([Mine(), Mine, adapters.to_spec(Mine())])\n"
        "assert b'main_class' in payload\n"
        "print(private_names(payload))\n"
    )
    assert run(str(program)) == "set()\n"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_errors(protocol: int) -> None:
    for name in adapters.errors.__all__:
        assert refused(getattr(adapters, name)("what", "m.Type"), protocol) == set(), name


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_audits(by_value: Any, protocol: int) -> None:
    for payload in (
        pickle.dumps([Gadget(7), by_value]),
        pickle.dumps([print, adapters.audit(pickle.dumps([1]))]),
        b"cos\nsystem\n(Vls\ntR.",
        b"damaged",
    ):
        audit = adapters.audit(payload)
        found = [audit, *audit.globals, *audit.calls, *audit.adapters, *audit.problems]
        for each in found:
            assert refused(each, protocol) == set(), type(each)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_reports_of_the_kit(protocol: int) -> None:
    result = testing.Result("first", "failed", "broken")
    report = testing.Report("m.Type", 1, ("an example",), (result,))
    error = testing.ConformanceError("what", "m.Type", report)
    assert refused([result, report, error], protocol) == set()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_explanations(protocol: int) -> None:
    explanation = adapters.explain([object(), {"file": Gadget(print)}, ffi.new("struct node *")])
    assert explanation.findings
    assert refused([explanation, *explanation.findings], protocol) == set()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_numbers_of_the_cache(protocol: int) -> None:
    assert refused(adapters.cache_info(), protocol) == set()


class Records(ThreadPoolExecutor):
    """Keeps what it is to call a function with, and what comes of it."""

    by_value = True  # so that tasks go to it as messages

    def __init__(self) -> None:
        super().__init__(1)
        self.messages: list[Any] = []
        self.answers: list[Future[Any]] = []

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.messages.append((args, kwargs))
        self.answers.append(super().submit(function, *args, **kwargs))
        return self.answers[-1]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_messages_and_answers_of_an_executor(by_value: Any, protocol: int) -> None:
    def fail(error: Exception) -> None:
        raise error

    objects = [Gadget(b"x" * 5000), by_value, adapters.cache_info(), [1, "two"]]
    errors = [adapters.RebuildError("what", "m.Type"), ValueError(print), OSError(lambda: by_value)]
    with Records() as inner, adapters.Executor(inner) as executor:
        for obj in objects:
            executor.submit(copy.copy, obj).exception(60)
        for error in errors:
            assert executor.submit(fail, error).exception(60)
        assert list(executor.map(abs, range(4), chunksize=2)) == [0, 1, 2, 3]
        list(executor.map(copy.copy, objects, chunksize=2))
        answers = [answer.result(60) for answer in inner.answers]
    assert len(answers) == len(inner.messages) == 11
    for each in (*inner.messages, *answers):
        assert refused(each, protocol) == set()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_tasks_and_their_answers(by_value: Any, protocol: int) -> None:
    for obj in (Gadget(b"x" * 5000), by_value, [1, "two"]):
        task = adapters.task(copy.copy, obj)
        assert refused([task, task(), adapters.task(copy.copy)()], protocol) == set()
