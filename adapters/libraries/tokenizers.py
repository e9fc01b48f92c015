"""tokenizers: what its own pickling loses or cannot read back.

| type | what travels | what does not |
|---|---|---|
| `Tokenizer` | model, vocabulary, added tokens, all steps, truncation, padding, and `encode_special_tokens`, which its own pickling loses | custom steps written in Python are refused |
| `normalizers.Replace`, `decoders.Replace` | pattern and content (their own pickles cannot be loaded) | |
| `Token` | id, value, offsets | |

These adapters take precedence over the types' own pickling. Share a tokenizer with a large
vocabulary (`adapters.share`).

The other types pickle without a loss. Left out: `Regex`: its pattern cannot be read back.
`NormalizedString`, `PreTokenizedString`, `DecodeStream`: their alignment, or what they have read,
cannot be read back.
"""

from __future__ import annotations

from typing import Any

import tokenizers
from tokenizers import decoders, normalizers

from adapters import register
from adapters.libraries._states import parts

_FLAG = "encode_special_tokens"  # in tokenizers 0.16 and later


def _tokenizer(tokenizer: Any) -> Any:
    return tokenizer.to_str().encode(), getattr(tokenizer, _FLAG, None)


def _make_tokenizer(state: Any) -> Any:
    data, flag = parts(state, (bytes, memoryview), (bool, type(None)))
    made = tokenizers.Tokenizer.from_str(bytes(data).decode())
    if flag is not None:
        setattr(made, _FLAG, flag)
    return made


def _replace(kind: Any) -> tuple[Any, Any]:
    def make(state: Any) -> Any:
        (data,) = parts((state,), bytes)
        made = kind("", "")
        made.__setstate__(data)
        return made

    return lambda step: bytes(step.__getstate__()), make


def _token(token: Any) -> Any:
    return token.id, token.value, token.offsets


def _make_token(state: Any) -> Any:
    number, value, offsets = parts(state, int, str, tuple)
    return tokenizers.Token(number, value, parts(offsets, int, int))


register(tokenizers.Tokenizer, _tokenizer, _make_tokenizer)
register(tokenizers.Token, _token, _make_token)
for _module in (normalizers, decoders):
    _name = f"adapters.libraries.tokenizers.{_module.__name__.rpartition('.')[2]}.Replace"
    register(_module.Replace, *_replace(_module.Replace), name=_name)
