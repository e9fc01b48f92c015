import pytest
from kit import check_examples, travelled

import adapters

jsonschema_rs = pytest.importorskip("jsonschema_rs")

SCHEMA = {
    "type": "object",
    "properties": {
        "a": {"type": "integer", "minimum": 3},
        "b": {"enum": [1, None, {"x": [2.5]}]},
        "c": {"anyOf": [{"type": "string"}, {"minimum": 5}]},
        "d": {"uniqueItems": True, "contains": {"const": 3}},
        "e": {"not": {"type": "array"}},
    },
    "propertyNames": {"maxLength": 1},
    "required": ["z"],
    "additionalProperties": False,
}
INSTANCE = {"a": 1, "b": 5, "c": 2, "d": [1, 1], "e": [], "qq": 1}


def errors():
    validator = jsonschema_rs.Draft202012Validator(SCHEMA)
    return sorted(validator.iter_errors(INSTANCE), key=lambda error: error.schema_path)


def error():
    return errors()[0]


def minimal():
    return next(error for error in errors() if error.kind.name == "minimum")


def nested():
    return next(error for error in errors() if error.kind.name == "anyOf")


def located():
    validator = jsonschema_rs.Draft7Validator({"$id": "http://example.org/s", "type": "string"})
    return next(validator.iter_errors(5))


def schema():
    return jsonschema_rs.canonicalize(SCHEMA, draft=7)


def true():
    return jsonschema_rs.canonicalize({})


def options():
    return jsonschema_rs.HttpOptions()


def other_options():
    return jsonschema_rs.HttpOptions(2.5, 1, False, "a.pem")


def minimum():
    return jsonschema_rs.ValidationErrorKind.Minimum(3)


def other_minimum():
    return jsonschema_rs.ValidationErrorKind.Minimum(2.5)


TYPES = {
    "ValidationError": [error, minimal, nested, located],
    "ValidationErrorKind": [minimum, other_minimum],
    "CanonicalSchema": [schema, true],
    "HttpOptions": [options, other_options],
}
OPTIONS = {}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {}))


def enum():
    return next(error for error in errors() if error.kind.name == "enum").kind


def any_of():
    return nested().kind


def custom():
    return jsonschema_rs.ValidationErrorKind.Custom("keyword", "message")


def unique():
    return jsonschema_rs.ValidationErrorKind.UniqueItems()


@pytest.mark.parametrize("make", [enum, any_of, custom, unique])
def test_other_kinds(make):
    check_examples(make)


def said(error):
    """All that an error says, and those in it."""
    names = ("message", "verbose_message", "instance_path", "schema_path", "evaluation_path")
    known = [getattr(error, name) for name in names]
    return str(error), repr(error), *known, error.instance, held(error.kind)


def held(kind):
    return type(kind), {name: plain(value) for name, value in kind.as_dict().items()}


def plain(value):
    if isinstance(value, list):
        return [plain(each) for each in value]
    return said(value) if isinstance(value, jsonschema_rs.ValidationError) else value


@pytest.mark.parametrize("number", range(len(errors())))
def test_errors_of_all_kinds_say_the_same(number):
    first = errors()[number]
    assert said(travelled(first)) == said(first)
    assert held(travelled(first.kind)) == held(first.kind)


def test_errors_are_raised_where_they_arrive():
    error = minimal()
    error.note = "n"
    with pytest.raises(jsonschema_rs.ValidationError, match="is less than the minimum") as found:
        raise travelled(error)
    assert found.value.note == "n"
    assert found.value.kind.limit == 3


def test_a_validator_is_left_out():
    with pytest.raises(adapters.SerializeError):
        adapters.dumps(jsonschema_rs.Draft7Validator({}))
