"""Keys: what a payload says of an adapter, in one constant: form, version, provider and name.

A key is the string "form:version:provider:name", where the provider is a module; where the adapter
goes by value, it is a pair of this string, with the adapter's fingerprint for the provider, and the
adapter. Picklers write it once in a payload, however many objects there are.
"""

from __future__ import annotations

from adapters.errors import RebuildError, SerializeError, VersionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from adapters._wire.provider import Provider

    Key: TypeAlias = "str | tuple[str, bytes | str]"

# The form of payloads, which changes with what `rebuild` and `complete` are given. Form 1 had no
# keys: there, `rebuild` was given the name, the version, the provider and the state.
FORM = 2


def key_of(name: str, version: int, provider: Provider) -> Key:
    """The key of an adapter, from its name, its version and its provider.

    Raises:
        SerializeError: a key cannot hold the provider, as it has a colon.
    """
    text, *body = (provider,) if isinstance(provider, str) else provider
    if ":" in str(text):
        raise SerializeError(f"the provider {text!r} of adapter {name!r} has a colon", name)
    key = f"{FORM}:{version}:{text}:{name}"
    return (key, *body) if body else key  # type: ignore[return-value]


def parse_key(key: Any) -> tuple[str, int, Provider]:
    """The name, the version and the provider in a key.

    Raises:
        VersionError: it has a form that is newer than this version of adapters.
        RebuildError: it is no key.
    """
    text, *body = key if type(key) is tuple and len(key) == 2 else (key,)
    form, *rest = text.split(":", 3) if type(text) is str else ("",)
    if _is_number(form) and int(form) > FORM:
        raise VersionError(
            f"cannot read a payload of form {form}: this version of adapters reads forms 1 to"
            f" {FORM}; update adapters in this process",
            "payload",
        )
    known = form == str(FORM) and len(rest) == 3 and _is_number(rest[0])
    if known and {*map(type, body)} <= {bytes, str}:
        version, provider, name = rest
        return name, int(version), (provider, *body) if body else provider
    raise RebuildError(
        "cannot read a payload: it is damaged, as it has no key of an adapter", "payload"
    )


def _is_number(text: str) -> bool:
    """Whether a text is a number of 1 or more, as `key_of` writes it; of at most 18 digits."""
    return text.isascii() and text.isdigit() and text[0] != "0" and len(text) < 19
