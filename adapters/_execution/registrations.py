"""Registrations: the workers of an executor get those of the caller, from the first task on.

A message carries a digest of them. A worker that lacks some says so before anything runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from operator import attrgetter
from typing import Any

from adapters._wire.lookup import lock
from adapters._wire.rebuild import registry, resolve
from adapters.errors import suppress_failures

_known: set[bytes] = {b""}  # digests of registrations that this process has
_digest: tuple[int, bytes] = -1, b""  # the registry's edition, and the digest of what it holds


def digest() -> bytes:
    """A digest of the adapters of this process; b"" if there are none."""
    global _digest
    edition, found = _digest
    if edition != registry.edition:
        with lock:
            registered = sorted(registry.by_name.values(), key=attrgetter("name"))
            lines = [f"{a.version}:{a.module or a.fingerprint}:{a.name}" for a in registered]
            found = blake2b("\n".join(lines).encode(), digest_size=12).digest() if lines else b""
            _digest = registry.edition, found
    return found


def lacks(caller: bytes) -> bool:
    """Whether this process lacks adapters of the one whose digest this is."""
    if caller in _known:
        return False
    if caller == digest():
        _known.add(caller)
        return False
    return True


def keys() -> list[Any]:
    """What `learn` needs in another process, for all adapters of this one that can be sent."""
    found = []
    for adapter in list(registry.by_name.values()):  # those of libraries each process finds itself
        with suppress_failures():
            found.append(adapter.key)
    return found


def learn(caller: bytes, keys: Iterable[Any]) -> None:
    """Get the adapters of a caller here: import what registers them, or load them.

    One that cannot be had here is left out: what needs it will say so.
    """
    for key in keys:
        with suppress_failures():
            resolve(key)
    _known.add(caller)
