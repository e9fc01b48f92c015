"""The modules and types of wasmtime."""

import pytest
from kit import check_examples

import adapters

wasmtime = pytest.importorskip("wasmtime")
I32, F64 = wasmtime.ValType.i32, wasmtime.ValType.f64
TEXT = '(module (memory (export "m") 1 2) (func (export "f") (result i32) i32.const 42))'


def module():
    return wasmtime.Module(wasmtime.Engine(), TEXT)


def with_import():
    return wasmtime.Module(wasmtime.Engine(), '(module (import "a" "b" (func (param f64))))')


def value():
    return wasmtime.ValType.externref()


def function():
    return wasmtime.FuncType([I32(), wasmtime.ValType.funcref()], [F64()])


def variable():
    return wasmtime.GlobalType(F64(), True)


def table():
    return wasmtime.TableType(wasmtime.ValType.funcref(), wasmtime.Limits(1, None))


def memory():
    return wasmtime.MemoryType(wasmtime.Limits(1, 4), is_64=True)


def shared_memory():
    return wasmtime.MemoryType(wasmtime.Limits(1, 4), shared=True)


TYPES = {
    "Module": [module, with_import],
    "ValType": [value, I32],
    "FuncType": [function],
    "GlobalType": [variable],
    "TableType": [table],
    "MemoryType": [memory, shared_memory],
}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


def test_modules_run_in_the_engine_of_the_process():
    from adapters.libraries.wasmtime import engine

    one, other = adapters.loads(adapters.dumps([module(), module()]))
    store = wasmtime.Store(engine())
    assert wasmtime.Instance(store, one, []).exports(store)["f"](store) == 42
    assert wasmtime.Instance(store, other, []).exports(store)["f"](store) == 42


def test_a_module_of_another_configuration_is_refused():
    config = wasmtime.Config()
    config.consume_fuel = True
    with pytest.raises(adapters.SerializeError, match="fuel"):
        adapters.dumps(wasmtime.Module(wasmtime.Engine(config), TEXT))
