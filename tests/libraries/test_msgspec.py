"""The encoders, decoders and annotations of msgspec."""

import decimal
from typing import Annotated, Any

import pytest
from kit import check_examples

import adapters

msgspec = pytest.importorskip("msgspec")


class Point(msgspec.Struct, frozen=True, tag="p", tag_field="kind"):
    x: int
    y: float = 1.5


class Plain(msgspec.Struct):
    x: int


def hook(value):
    return str(value)


def decode_hook(kind, value):
    return kind(value)


def ext_hook(code, data):
    return (code, bytes(data))


def json_encoder():
    return msgspec.json.Encoder()


def json_encoder_of_all():
    return msgspec.json.Encoder(
        enc_hook=hook, decimal_format="number", uuid_format="hex", order="sorted"
    )


def msgpack_encoder():
    return msgspec.msgpack.Encoder(
        enc_hook=hook, decimal_format="number", uuid_format="bytes", order="deterministic"
    )


def json_decoder():
    return msgspec.json.Decoder()


def json_decoder_of_all():
    return msgspec.json.Decoder(
        list[Point], strict=False, dec_hook=decode_hook, float_hook=decimal.Decimal
    )


def json_decoder_of_a_constraint():
    return msgspec.json.Decoder(Annotated[int, msgspec.Meta(ge=3)] | None)


def msgpack_decoder():
    return msgspec.msgpack.Decoder(
        dict[str, Any], strict=False, dec_hook=decode_hook, ext_hook=ext_hook
    )


def meta():
    return msgspec.Meta(gt=1, multiple_of=2, title="t", extra={"a": 1})


def meta_of_text():
    return msgspec.Meta(
        pattern="a+", min_length=1, max_length=7, examples=["a"], extra_json_schema={"x": 1}
    )


def meta_of_time():
    return msgspec.Meta(tz=False, description="no zone")


def field():
    return msgspec.field(default=3, name="other")


def field_with_factory():
    return msgspec.field(default_factory=dict)


def config():
    return Point.__struct_config__


def plain_config():
    return Plain.__struct_config__


TYPES = {
    "json.Encoder": [json_encoder, json_encoder_of_all],
    "msgpack.Encoder": [msgpack_encoder],
    "json.Decoder": [json_decoder, json_decoder_of_all, json_decoder_of_a_constraint],
    "msgpack.Decoder": [msgpack_decoder],
    "Meta": [meta, meta_of_text, meta_of_time],
    "Field": [field, field_with_factory],
    "StructConfig": [config, plain_config],
}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


def arrived(make):
    return adapters.loads(adapters.dumps(make()))


def test_what_arrives_encodes_and_decodes_alike():
    value = {"b": decimal.Decimal("1.50"), "a": 2}
    assert arrived(json_encoder_of_all).encode(value) == b'{"a":2,"b":1.50}'
    decoder = arrived(json_decoder_of_all)
    assert decoder.decode('[{"kind": "p", "x": "3"}]') == [Point(3)]
    extension = msgspec.msgpack.encode({"e": msgspec.msgpack.Ext(5, b"x")})
    assert arrived(msgpack_decoder).decode(extension) == {"e": (5, b"x")}
    with pytest.raises(msgspec.ValidationError, match=">= 3"):
        arrived(json_decoder_of_a_constraint).decode("2")


def test_a_hook_that_does_not_pickle_is_named():
    encoder = msgspec.json.Encoder(enc_hook=(each for each in ()).__next__)
    with pytest.raises(TypeError, match="generator"):
        adapters.dumps(encoder)
