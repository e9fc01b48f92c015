"""Ray: states in Ray's object store, which every process of a node maps."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pickle import PickleBuffer
from typing import Any

import ray

from adapters.errors import StoreError

_PATIENCE = 60  # seconds for Ray to bring a state


class Ray:
    """Keeps states in Ray's object store; workers of a node read the same memory.

    References do not travel in bytes, so an actor without a CPU of its own gives them out; it ends
    with the last state. A process that has got a state does not see that it was deleted.
    """

    def __init__(self) -> None:
        self._keeper: Any = None
        self._name = ""
        self._kept: set[str] = set()

    def __reduce__(self) -> Any:
        return Ray, ()

    def __repr__(self) -> str:
        return "stores.Ray()"

    def put(self, parts: Sequence[Any]) -> tuple[str, str]:
        """Put the parts; the key is the name of the actor, and what it calls the reference."""
        token = secrets.token_hex(8)
        try:
            reference = ray.put([PickleBuffer(part) for part in parts])
            if not self._kept:
                self._name = f"adapters-{token}"
                actor: Any = ray.remote(num_cpus=0)(_Keeper)
                self._keeper = actor.options(name=self._name).remote()
            ray.get(self._keeper.keep.remote(token, [reference]), timeout=_PATIENCE)
        except Exception as error:
            raise _error("cannot put a state", error) from error
        self._kept.add(token)
        return self._name, token

    def get(self, key: tuple[str, str]) -> list[Any]:
        """The parts, in Ray's own memory."""
        name, token = key
        try:
            try:
                keeper = ray.get_actor(name)
            except ValueError as error:
                raise LookupError(key) from error
            (reference,) = ray.get(keeper.give.remote(token), timeout=_PATIENCE) or [None]
            if reference is None:
                raise LookupError(key)
            return list(ray.get(reference, timeout=_PATIENCE))
        except (ray.exceptions.RayActorError, ray.exceptions.ObjectLostError) as error:
            raise LookupError(key) from error
        except LookupError:
            raise
        except Exception as error:
            raise _error("cannot get a state", error) from error

    def delete(self, key: tuple[str, str]) -> None:
        """Let go of the reference, and of the actor with the last one."""
        self._kept.discard(key[1])
        if not ray.is_initialized():
            return
        self._keeper.drop.remote(key[1])
        if not self._kept:
            ray.kill(self._keeper)

    def closed(self, parts: Any) -> bool:
        """Never known without asking, which would take too long."""
        return False


class _Keeper:
    """Holds references for those who only know their names."""

    def __init__(self) -> None:
        self._references: dict[str, list[Any]] = {}

    def keep(self, token: str, reference: list[Any]) -> None:
        self._references[token] = reference

    def give(self, token: str) -> list[Any] | None:
        return self._references.get(token)

    def drop(self, token: str) -> None:
        self._references.pop(token, None)


def _error(message: str, error: Exception) -> StoreError:
    return StoreError(f"{message}: {type(error).__name__}: {error}", "stores.Ray")
