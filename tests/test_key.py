"""Keys: what they hold, and what is no key."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

import adapters
from adapters._wire.key import FORM, key_of, parse_key


@pytest.mark.parametrize("name", ["m.Type", "m:struct node *", "a b", "é", "1:2:3:4", ":"])
@pytest.mark.parametrize("provider", ["m", "package.module", ("0" * 24, b"body"), ("0", "reason")])
@pytest.mark.parametrize("version", [1, 20261128, 10**17])
def test_a_key_holds_name_version_and_provider(name: str, version: int, provider: Any) -> None:
    assert parse_key(key_of(name, version, provider)) == (name, version, provider)


def test_the_key_of_an_adapter_is_one_constant() -> None:
    assert key_of("web.Session", 3, "web.specs") == "2:3:web.specs:web.Session"
    assert key_of("Session", 3, ("abc", b"body")) == ("2:3:abc:Session", b"body")


@pytest.mark.parametrize("provider", ["a:b", ("a:b", b"body")])
def test_a_provider_that_a_key_cannot_hold(provider: Any) -> None:
    with pytest.raises(adapters.SerializeError, match="provider 'a:b' of adapter"):
        pickle.dumps(adapters.Spec("m.Type", 1, provider, "state"))


@pytest.mark.parametrize("key", [f"{FORM + 1}:x", "99999", (f"{FORM + 1}:1:m:n", b"body")])
def test_a_newer_form_is_a_version_error(key: Any) -> None:
    with pytest.raises(adapters.VersionError, match="reads forms 1 to 2; update adapters"):
        parse_key(key)
    with pytest.raises(adapters.VersionError, match="payload of form"):
        pickle.loads(pickle.dumps(Newer(key)))


class Newer:
    """Pickles as a newer version of adapters may write it."""

    def __init__(self, key: Any) -> None:
        self.key = key

    def __reduce__(self) -> Any:
        return adapters.rebuild, (self.key, "state")


@pytest.mark.parametrize(
    "key",
    [
        *("", "m.Type", "2", "2:1:m", "2:0:m:n", "2:-1:m:n", "2:x:m:n", "02:1:m:n", "1:1:m:n"),
        *("²:1:m:n", f"2:{'9' * 19}:m:n", None, 2, b"2:1:m:n", ["2:1:m:n"], [], (), {}),
        *(("2:1:m:n",), ("2:1:m:n", b"", b""), ("2:1:m:n", []), ("2:1:m:n", bytearray())),
    ],
)
def test_what_is_no_key_is_a_clear_error(key: Any) -> None:
    with pytest.raises(adapters.RebuildError, match="no key of an adapter") as caught:
        parse_key(key)
    assert type(caught.value) is adapters.RebuildError
    with pytest.raises(adapters.RebuildError, match="no key of an adapter"):
        adapters.rebuild(key, "state")
