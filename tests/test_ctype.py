"""C types are types: the adapter is found by the C type, whoever owns the memory."""

from __future__ import annotations

import copyreg
import operator
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cffi
import children
import cloudpickle
import pytest
from gadgets import ffi
from processes import in_a_child, run, through_joblib

import adapters

NODE = ffi.typeof("struct node *")


@pytest.fixture
def node_adapter() -> Iterator[adapters.Adapter]:
    """Serves `struct node *` and nothing else."""
    yield adapters.register(NODE, lambda node: node.value, lambda v: ffi.new(NODE, {"value": v}))
    adapters.unregister(NODE)


def test_whoever_owns_the_memory(node_adapter: adapters.Adapter) -> None:
    owning = ffi.new(NODE, {"value": 5})
    with_destructor = ffi.gc(ffi.new(NODE, {"value": 5}), lambda pointer: None)
    borrowed = ffi.addressof(owning[0])
    array = ffi.new("struct node[3]", [[4], [5], [6]])
    for node in (owning, with_destructor, borrowed, array + 1):
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            twin = pickle.loads(pickle.dumps(node, protocol))
            assert ffi.typeof(twin) is NODE
            assert twin.value == 5
            assert twin != node


def test_by_value_is_a_c_type_of_its_own(node_adapter: adapters.Adapter) -> None:
    struct = ffi.new(NODE, {"value": 5})[0]
    with pytest.raises(adapters.SerializeError, match="C type 'struct node'"):
        pickle.dumps(struct)
    adapters.register(
        ffi.typeof("struct node"), lambda s: s.value, lambda v: ffi.new(NODE, {"value": v})[0]
    )
    try:
        assert pickle.loads(pickle.dumps(struct)).value == 5
    finally:
        adapters.unregister(ffi.typeof("struct node"))


def test_two_libraries_with_a_type_of_one_name_do_not_meet(node_adapter: adapters.Adapter) -> None:
    other = cffi.FFI()
    other.cdef("struct node { double weight; };")
    node = other.new("struct node *", {"weight": 0.5})
    with pytest.raises(adapters.SerializeError):
        pickle.dumps(node)
    target = other.typeof("struct node *")
    adapters.register(
        target, lambda n: n.weight, lambda w: other.new(target, {"weight": w}), name="other node"
    )
    try:
        assert pickle.loads(pickle.dumps(node)).weight == 0.5
        assert pickle.loads(pickle.dumps(ffi.new(NODE, {"value": 3}))).value == 3
    finally:
        adapters.unregister(target)


@pytest.mark.parametrize(
    ("make", "ctype"),
    [
        (lambda: ffi.new("int *"), r"int \*"),
        (lambda: ffi.new("int[3]"), r"int\[3\]"),
        (lambda: ffi.cast("void *", 0x1234), r"void \*"),
        (lambda: ffi.new_handle(ffi), r"void \*"),
        (lambda: ffi.from_buffer(b"abc"), r"char\[\]"),
        (lambda: ffi.callback("int(int)", lambda x: x), r"int\(\*\)\(int\)"),
    ],
)
def test_any_other_address_is_refused(
    node_adapter: adapters.Adapter, make: Any, ctype: str
) -> None:
    message = rf"address means nothing.*C type '{ctype}'; call adapters.register\(ffi.typeof"
    for dumps in (pickle.dumps, adapters.dumps):
        with pytest.raises(adapters.SerializeError, match=message):
            dumps([make()])
    with pytest.raises(adapters.UnknownAdapterError, match=f"C type '{ctype}'"):
        adapters.to_spec(make())


@pytest.mark.parametrize(
    ("make", "ctype", "advice"),
    [
        (lambda: ffi.cast("int", 5), "int", r"send the number that it holds, such as int\(obj\)"),
        (lambda: ffi.cast("double", 1.5), "double", "send the number that it holds"),
        (lambda: ffi.cast("enum tone", 1), "enum tone", "send the number that it holds"),
        (lambda: ffi.new(NODE)[0], "struct node", r"call adapters\.register_struct"),
    ],
)
def test_a_value_is_no_address(
    node_adapter: adapters.Adapter, make: Any, ctype: str, advice: str
) -> None:
    for dumps in (pickle.dumps, adapters.dumps):
        with pytest.raises(TypeError, match=f"C type '{ctype}'; {advice}") as caught:
            dumps([make()])
        assert "address" not in str(caught.value)


def test_a_struct_pointer_is_told_of_register_struct() -> None:
    with pytest.raises(adapters.SerializeError, match=r"register_struct\(ffi.typeof\('struct node"):
        adapters.dumps(ffi.new(NODE))


def test_unregistering_the_last_c_type_tells_copyreg() -> None:
    program = """
import cffi, copyreg, pickle, adapters
ffi = cffi.FFI()
ffi.cdef("struct node { int value; };")
NODE = ffi.typeof("struct node *")
before = set(copyreg.dispatch_table)
adapters.register(NODE, lambda node: node.value, lambda value: ffi.new(NODE, {"value": value}))
assert len(copyreg.dispatch_table) > len(before)
adapters.unregister(NODE)
assert set(copyreg.dispatch_table) == before
"""
    run("-c", program)


def test_c_types_have_no_subclasses() -> None:
    with pytest.raises(adapters.RegistrationError, match="C types have no subclasses"):
        adapters.register(NODE, lambda n: n.value, lambda v: None, subclasses=True)


@pytest.mark.parametrize("target", ["struct node *", ffi.new(NODE)])
def test_what_is_no_c_type_is_refused(target: Any) -> None:
    with pytest.raises(adapters.RegistrationError, match=r"as ffi\.typeof\(\) returns it"):
        adapters.register(target, lambda n: n.value, lambda v: None)


def test_adapters_works_where_cffi_was_never_imported() -> None:
    program = "import sys, adapters; adapters.dumps([1]); assert '_cffi_backend' not in sys.modules"
    run("-c", program)


def test_a_compiled_module_in_a_script_goes_by_value(parcels: Any, start_method: str) -> None:
    lib, parcel = parcels.lib, parcels.ffi.typeof("parcel_t *")

    def get(obj: Any) -> Any:
        return [obj.weights[index] for index in range(obj.count)]

    def make(weights: Any) -> Any:
        obj = parcels.ffi.gc(lib.parcel_new(len(weights)), lib.parcel_free)
        obj.weights[0 : len(weights)] = weights
        return obj

    adapters.register(parcel, get, make)
    try:
        came_back, made_there, _ = in_a_child(children.send_copies, make([1, 2]), start_method)
        assert parcels.ffi.typeof(came_back) is parcels.ffi.typeof(made_there) is parcel
        assert lib.parcel_weight(came_back) == lib.parcel_weight(made_there) == 3 + 8 + 0.5
    finally:
        adapters.unregister(parcel)


@pytest.fixture
def point_adapter(parcels: Any) -> Iterator[Any]:
    point = parcels.ffi.typeof("point_t *")
    yield adapters.register_struct(point)
    adapters.unregister(point)


@pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps, adapters.dumps])
def test_ffi_lib_and_c_types_go_by_their_module(
    parcels: Any, point_adapter: Any, dumps: Any
) -> None:
    message = [parcels.ffi, parcels.lib, parcels.ffi.typeof("parcel_t *")]
    assert all(map(operator.is_, pickle.loads(dumps(message)), message))


def test_functions_that_use_ffi_and_lib_go_through_joblib(parcels: Any, point_adapter: Any) -> None:
    ffi, lib = parcels.ffi, parcels.lib

    def weigh(point: Any) -> float:
        parcel = ffi.gc(lib.parcel_new(0), lib.parcel_free)
        parcel.origin[0] = point[0]
        return float(lib.parcel_weight(parcel))

    points = [ffi.new("point_t *", {"x": x}) for x in (1, 2)]
    assert through_joblib(weigh, points) == [9, 10]


@pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps, adapters.dumps])
def test_an_ffi_that_no_module_holds_is_refused(node_adapter: Any, dumps: Any) -> None:
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="no module that another process can import") as caught:
            dumps(cffi.FFI(), protocol)
        assert isinstance(caught.value, adapters.SerializeError)


def test_an_inline_ffi_of_a_module_goes_by_value(tmp_path: Path, start_method: str) -> None:
    (tmp_path / "inline_library.py").write_text(
        "import cffi\nthe_ffi = cffi.FFI()\nthe_ffi.cdef('typedef struct { int x; } pt;')\n"
    )
    script = tmp_path / "script.py"
    script.write_text("""
import sys
import adapters
from inline_library import the_ffi
from multiprocessing import get_context

def work(point):
    return the_ffi.new("pt *", {"x": point.x + 1})

if __name__ == "__main__":
    POINT = the_ffi.typeof("pt *")
    adapters.register(POINT, lambda p: p.x, lambda x: the_ffi.new("pt *", {"x": x}))
    with get_context(sys.argv[1]).Pool(1) as pool:
        [point] = pool.map_async(work, [the_ffi.new("pt *", {"x": 1})]).get(60)
    print(point.x, the_ffi.typeof(point) is POINT)
""")
    assert run(str(script), start_method) == "2 True\n"


def test_a_derived_adapter_goes_by_value(parcels: Any, start_method: str) -> None:
    point = parcels.ffi.typeof("point_t *")
    adapters.register_struct(point)
    try:
        sent = parcels.ffi.new(point, {"x": 1, "y": 2})
        assert b"adapters._struct.layout" not in pickle.dumps(sent)
        came_back, made_there, _ = in_a_child(children.send_copies, sent, start_method)
        assert (came_back.x, made_there.y) == (1, 2)
    finally:
        adapters.unregister(point)


def test_a_script_with_a_compiled_module(parcels: Any, start_method: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(f"""
import sys
sys.path.insert(0, {str(Path(parcels.__file__).parent)!r})
import adapters
from multiprocessing import get_context
from parcels import ffi, lib

PARCEL = ffi.typeof("parcel_t *")
adapters.register(
    PARCEL, lambda p: p.count, lambda n: ffi.gc(lib.parcel_new(n), lib.parcel_free), name="parcel"
)

def double(parcel):
    return ffi.gc(lib.parcel_new(2 * parcel.count), lib.parcel_free)

if __name__ == "__main__":
    with get_context(sys.argv[1]).Pool(1) as pool:
        [doubled] = pool.map_async(double, [ffi.gc(lib.parcel_new(4), lib.parcel_free)]).get(60)
    print(doubled.count, ffi.typeof(doubled) is PARCEL)
""")
    assert run(str(script), start_method) == "8 True\n"


def test_the_python_types_are_all_known_to_copyreg(node_adapter: adapters.Adapter) -> None:
    owning = ffi.new(NODE)
    samples = [owning, ffi.cast("int *", 0), ffi.gc(owning, lambda p: None), ffi.new_handle(ffi)]
    for sample in [*samples, ffi.from_buffer(b"abc")]:
        assert type(sample) in copyreg.dispatch_table


UNNAMED = """
typedef struct { struct { int y; } inner; } outer_t;
typedef struct { int x; } *at;
"""


@pytest.mark.parametrize("part", ["a pointer", "a field", "of a name"])
def test_what_to_write_for_a_c_type_runs_also_if_it_has_no_name(part: str) -> None:
    builder = cffi.FFI()
    builder.cdef(UNNAMED)
    outer = builder.new("outer_t *")
    obj = {"a pointer": builder.new("at"), "a field": outer.inner, "of a name": outer}[part]
    with pytest.raises(adapters.UnknownAdapterError) as caught:
        adapters.registry.find(obj)
    (found,) = adapters.explain([obj])
    for text, value in ((str(caught.value), obj), (found.advice, [obj])):
        call = re.search(r"adapters\.register_struct\(ffi\.typeof\(.*?\)\)", text)
        assert call is not None
        adapter = eval(call[0], {"adapters": adapters, "ffi": builder, "obj": value})
        assert adapters.registry.find(obj) is adapter
        adapters.unregister(adapter.target)
