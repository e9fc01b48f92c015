import pytest
from kit import check_examples

llvm = pytest.importorskip("llvmlite.binding")

import adapters  # noqa: E402
from adapters.libraries import llvmlite as _  # noqa: E402, F401

SOURCE = """
@g = global i32 5
define i32 @f(i32 %x) {
entry:
  %y = add i32 %x, 1
  ret i32 %y
}
"""


def module():
    made = llvm.parse_assembly(SOURCE)
    made.name = "name"
    return made


def other_module():
    return llvm.parse_assembly('target triple = "x86_64-unknown-linux-gnu"\n' + SOURCE)


def function():
    return module().get_function("f")


def variable():
    return module().get_global_variable("g")


def argument():
    return next(iter(function().arguments))


def block():
    return next(iter(function().blocks))


def instruction():
    return list(block().instructions)[1]


def target():
    llvm.initialize_native_target()
    return llvm.Target.from_default_triple()


TYPES = {
    "ModuleRef": [module, other_module],
    "ValueRef": [function, variable, argument, block, instruction],
    "Target": [target],
}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


def test_values_of_one_module_arrive_in_one():
    made = module()
    sent = [made, made.get_function("f"), made.get_global_variable("g")]
    twin, *values = adapters.loads(adapters.dumps(sent))
    assert str(twin) == str(made)
    assert all(value.module is twin for value in values)


def test_an_operand_is_refused():
    constant = list(next(iter(block().instructions)).operands)[1]
    with pytest.raises(adapters.SerializeError, match="what has a place in a module"):
        adapters.dumps(constant)
