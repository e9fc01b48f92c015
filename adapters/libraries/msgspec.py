"""msgspec: encoders and decoders with their settings, and what types are annotated with.

| type | what travels | what does not |
|---|---|---|
| `json.Encoder`, `msgpack.Encoder` | all settings | a hook that does not pickle: refused |
| `json.Decoder`, `msgpack.Decoder` | type and settings | a hook or type that does not pickle |
| `Meta` | all constraints and texts | nothing is lost |
| `Field` | name, default, default_factory | nothing is lost |
| `StructConfig` | all settings, the tag | nothing is lost; it belongs to a new struct |

Left out: struct types made by `defstruct` in a function: classes go by reference.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import json, msgpack

from adapters import register
from adapters.libraries._states import parts

_ENCODER = ("enc_hook", "decimal_format", "uuid_format", "order")
_META = (
    *("gt", "ge", "lt", "le", "multiple_of", "pattern", "min_length", "max_length", "tz"),
    *("title", "description", "examples", "extra_json_schema", "extra"),
)
_CONFIG = (
    *("frozen", "eq", "order", "array_like", "gc", "repr_omit_defaults", "omit_defaults"),
    *("forbid_unknown_fields", "weakref", "dict", "cache_hash", "tag", "tag_field"),
)
_Field = type(msgspec.field())
_StructConfig: Any = type(msgspec.Struct.__struct_config__)


def _encoder(kind: Any, name: str) -> None:
    # An older version lacks some settings.
    known = [each for each in _ENCODER if hasattr(kind, each)]
    register(
        kind,
        lambda encoder: tuple(getattr(encoder, each) for each in known),
        lambda state: kind(**dict(zip(known, parts(state, *[object] * len(known)), strict=True))),
        name=name,
    )


def _decoder(kind: Any, hook: str, name: str) -> None:
    def factory(state: Any) -> Any:
        target, strict, dec_hook, other_hook = parts(state, object, bool, object, object)
        if not isinstance(target, type) and not hasattr(target, "__module__"):
            raise TypeError(f"{target!r} is no type that could be decoded")
        return kind(target, strict=strict, dec_hook=dec_hook, **{hook: other_hook})

    register(
        kind,
        lambda decoder: (decoder.type, decoder.strict, decoder.dec_hook, getattr(decoder, hook)),
        factory,
        name=name,
    )


def _copied(value: Any) -> Any:
    return value.copy() if type(value) in (dict, list) else value


def _config_of(config: Any) -> tuple[Any, ...]:
    return tuple(getattr(config, each, None) for each in _CONFIG)


def _config(state: Any) -> Any:
    flags = [bool] * (len(_CONFIG) - 2)
    *settings, tag, tag_field = parts(state, *flags, object, (str, type(None)))
    known = dict(zip(_CONFIG, settings, strict=False))
    made: Any = msgspec.defstruct("Config", [], tag=tag, tag_field=tag_field, **known)
    return made.__struct_config__


_NAME = "adapters.libraries.msgspec."
_encoder(json.Encoder, _NAME + "json.Encoder")
_encoder(msgpack.Encoder, _NAME + "msgpack.Encoder")
_decoder(json.Decoder, "float_hook", _NAME + "json.Decoder")
_decoder(msgpack.Decoder, "ext_hook", _NAME + "msgpack.Decoder")
register(
    msgspec.Meta,
    lambda meta: tuple(_copied(getattr(meta, each)) for each in _META),
    lambda state: msgspec.Meta(
        **dict(zip(_META, map(_copied, parts(state, *[object] * len(_META))), strict=True))
    ),
)
register(
    _Field,
    lambda field: (field.name, field.default, field.default_factory),
    lambda state: _Field(
        **dict(
            zip(
                ("name", "default", "default_factory"),
                parts(state, (str, type(None)), object, object),
                strict=True,
            )
        )
    ),
)
register(_StructConfig, _config_of, _config)
