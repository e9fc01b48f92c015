"""Ray: states in Ray's object store, which every process of a node maps."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pickle import PickleBuffer
from typing import Any

import ray

from adapters.stores._store import Store, library_errors

_TIMEOUT = 60  # seconds for Ray to send a state
_GONE = LookupError, ray.exceptions.RayActorError, ray.exceptions.ObjectLostError


class Ray(Store):
    """Keeps states in Ray's object store; workers of a node read the same memory.

    References do not travel in bytes, so an actor without a CPU of its own gives them out; it ends
    with the last state. A process that has got a state does not see that it was deleted.
    """

    __module__ = "adapters.stores"

    def __init__(self) -> None:
        self._actor: Any = None
        self._name = ""
        self._tokens: set[str] = set()

    def __reduce__(self) -> Any:
        return Ray, ()

    def __repr__(self) -> str:
        return "stores.Ray()"

    def put(self, parts: Sequence[Any]) -> tuple[str, str]:
        """Put the parts; the key is the actor's name, and its token for the reference."""
        token = secrets.token_hex(8)
        with library_errors("cannot put a state", "stores.Ray"):
            reference = ray.put([PickleBuffer(part) for part in parts])
            if not self._tokens:
                self._name = f"adapters-{token}"
                actor: Any = ray.remote(num_cpus=0)(_References)
                self._actor = actor.options(name=self._name).remote()
            ray.get(self._actor.keep.remote(token, [reference]), timeout=_TIMEOUT)
        self._tokens.add(token)
        return self._name, token

    def get(self, key: tuple[str, str]) -> list[Any]:
        """The parts, in Ray's own memory."""
        name, token = key
        with library_errors("cannot get a state", "stores.Ray", missing=_GONE):
            try:
                actor = ray.get_actor(name)
            except ValueError as error:
                raise LookupError(key) from error
            (reference,) = ray.get(actor.give.remote(token), timeout=_TIMEOUT) or [None]
            if reference is None:
                raise LookupError(key)
            return list(ray.get(reference, timeout=_TIMEOUT))

    def delete(self, key: tuple[str, str]) -> None:
        """Drop the reference, and end the actor with the last one."""
        self._tokens.discard(key[1])
        if not ray.is_initialized():
            return
        self._actor.drop.remote(key[1])
        if not self._tokens:
            ray.kill(self._actor)


class _References:
    """The actor: the references of one owner's states, by token."""

    def __init__(self) -> None:
        self._references: dict[str, list[Any]] = {}

    def keep(self, token: str, reference: list[Any]) -> None:
        self._references[token] = reference

    def give(self, token: str) -> list[Any] | None:
        return self._references.get(token)

    def drop(self, token: str) -> None:
        self._references.pop(token, None)
