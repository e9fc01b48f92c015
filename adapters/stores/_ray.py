"""Ray: states in Ray's object store, which every process of a node maps."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pickle import PickleBuffer
from typing import Any

import ray

from adapters.stores._store import TIMEOUT, Store, library_errors, wrong_key

# get_actor raises a ValueError where there is no actor of that name.
_GONE = LookupError, ValueError, ray.exceptions.RayActorError, ray.exceptions.ObjectLostError


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
                self._actor = ray.remote(num_cpus=0, name=self._name)(_References).remote()
            ray.get(self._actor.keep.remote(token, [reference]), timeout=TIMEOUT)
        self._tokens.add(token)
        return self._name, token

    def get(self, key: tuple[str, str]) -> list[Any]:
        """The parts, in Ray's own memory."""
        if not isinstance(key, tuple) or list(map(type, key)) != [str, str]:
            raise wrong_key(key, "stores.Ray")
        name, token = key
        with library_errors("cannot get a state", "stores.Ray", *_GONE):
            [reference] = ray.get(ray.get_actor(name).give.remote(token), timeout=TIMEOUT)
            return list(ray.get(reference, timeout=TIMEOUT))

    def delete(self, key: tuple[str, str]) -> None:
        """Drop the reference, and end the actor with the last one."""
        self._tokens.discard(key[1])
        if ray.is_initialized():
            self._actor.drop.remote(key[1])
            if not self._tokens:
                ray.kill(self._actor)


class _References(dict[str, list[Any]]):
    """The actor: the references of one owner's states, by token."""

    # Ray calls only methods that are written in Python, and so none of dict's own.

    def keep(self, token: str, reference: list[Any]) -> None:
        self[token] = reference

    def give(self, token: str) -> list[Any]:
        return self[token]

    def drop(self, token: str) -> None:
        self.pop(token, None)
