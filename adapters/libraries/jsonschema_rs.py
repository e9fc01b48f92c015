"""jsonschema_rs: errors of validation, schemas in canonical form and options of HTTP.

| type | what travels | what does not |
|---|---|---|
| `ValidationError` | messages, paths, kind, instance, notes; its own pickles cannot be read | |
| `ValidationErrorKind` | what each of its kinds holds | |
| `CanonicalSchema` | the canonical schema, its draft | one that its own JSON does not give: refused |
| `HttpOptions` | all settings | |

Left out: `Draft4Validator` to `Draft202012Validator`, `Registry`, `ValidatorMap`: neither schema nor
settings can be read back, so send the schema and make them where they are needed. `Evaluation`,
`Resolver`, `Resolved`: nothing makes one but its validator or registry. `EmailOptions`,
`RegexOptions`, `FancyRegexOptions`: they cannot be read back.
"""

from __future__ import annotations

import math
from typing import Any

import jsonschema_rs
from jsonschema_rs import ValidationError

from adapters import register
from adapters.libraries._states import parts

_NONE = type(None)
_PATHS = ("schema_path", "instance_path", "evaluation_path")


def _serialize_error(error: Any) -> Any:
    paths = [list(getattr(error, name)) for name in _PATHS]
    place = getattr(error, "absolute_keyword_location", None)
    texts = error.message, error.verbose_message
    return (
        *texts,
        *paths,
        error.kind,
        _copied(error.instance),
        place,
        error.args,
        _copied(vars(error)),
    )


def _copied(value: Any) -> Any:
    """Plain data of JSON with lists and dicts of its own."""
    if type(value) is dict:
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if type(value) is list else value


def _make_error(state: Any) -> Any:
    kinds = (str, str, list, list, list, object, object, (str, _NONE), tuple, dict)
    message, verbose, *paths, kind, instance, place, args, attributes = parts(state, *kinds)
    if type(kind).__qualname__ not in _NAMES:
        raise ValueError(f"{kind!r} is no kind of an error")
    more = [] if place is None else [place]
    error = ValidationError(message, verbose, *map(list, paths), kind, _copied(instance), *more)
    error.args = args
    vars(error).update(_copied(attributes))
    return error


def _register_kind(kind: Any) -> None:
    names = kind.__match_args__

    def serialize(found: Any) -> tuple[Any, ...]:
        return tuple(_copied(getattr(found, name)) for name in names)

    def make(state: Any) -> Any:
        values = parts(state, *[object] * len(names))
        if "context" in names:
            for errors in parts(values[0], *[list] * len(values[0])):
                parts(errors, *[ValidationError] * len(errors))
        return kind(*map(_copied, values))

    register(kind, serialize, make)


def _serialize_schema(schema: Any) -> Any:
    state = schema.to_json_schema(), schema.draft
    if _make_schema(state) != schema:
        raise ValueError("the JSON of this schema does not give it: send the schema it is made of")
    return state


def _make_schema(state: Any) -> Any:
    schema, draft = parts(state, (dict, bool), int)
    return jsonschema_rs.canonicalize(schema, draft=draft)


def _make_options(state: Any) -> Any:
    *times, verify, authority = parts(state, *[(int, float, _NONE)] * 2, bool, (str, _NONE))
    if not all(each is None or (each >= 0 and math.isfinite(each)) for each in times):
        raise ValueError(f"the times are not negative, but {times}")
    timeout, connect = times
    return jsonschema_rs.HttpOptions(timeout, connect, verify, authority)


_KINDS = vars(getattr(jsonschema_rs, "ValidationErrorKind", object))  # of later versions
_FOUND = [kind for kind in _KINDS.values() if "__match_args__" in getattr(kind, "__dict__", ())]
_NAMES = {kind.__qualname__ for kind in _FOUND}
for _kind in _FOUND:
    _register_kind(_kind)
register(ValidationError, _serialize_error, _make_error)
if hasattr(jsonschema_rs, "CanonicalSchema"):
    register(jsonschema_rs.CanonicalSchema, _serialize_schema, _make_schema)
if hasattr(jsonschema_rs, "HttpOptions"):
    register(
        jsonschema_rs.HttpOptions,
        lambda found: (found.timeout, found.connect_timeout, found.tls_verify, found.ca_cert),
        _make_options,
    )
