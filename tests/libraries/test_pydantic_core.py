"""The arguments and optional values of pydantic_core."""

import pytest
from kit import check_examples

import adapters

core = pytest.importorskip("pydantic_core")


def arguments():
    return core.ArgsKwargs((1, "b"), {"c": 2.5})


def positional():
    return core.ArgsKwargs((1,))


def some():
    return core.Some(3)


def some_text():
    return core.Some("")


TYPES = {"ArgsKwargs": [arguments, positional], "Some": [some, some_text]}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


def test_arguments_validate_alike():
    schema = core.core_schema
    parameter = schema.arguments_parameter(name="c", schema=schema.float_schema())
    first = [schema.arguments_parameter(name=n, schema=schema.any_schema()) for n in "ab"]
    validator = core.SchemaValidator(schema.arguments_schema([*first, parameter]))
    there = adapters.loads(adapters.dumps(arguments()))
    assert validator.validate_python(there) == validator.validate_python(arguments())
