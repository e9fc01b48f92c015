"""The wire form: what payloads name, and the adapters that they ask for.

A payload names `adapters.rebuild` and calls it with a key and the state. What may refer back to the
object, its links and the Python part of one that was made empty, follows once the object exists:
`adapters.complete` gets it. Payloads live longer than modules, so they name public names of
`adapters` alone.
"""

from __future__ import annotations

import os
import sys
from _functools import partial  # type: ignore[import-not-found]

from adapters import _events
from adapters._accelerated import accelerator
from adapters._naming import shown
from adapters._wire.adapter import Adapter
from adapters._wire.buffers import OutOfBand
from adapters._wire.key import parse_key
from adapters._wire.provider import import_provider, load_by_value
from adapters._wire.reducer import reducer
from adapters._wire.registry import Registry
from adapters.errors import RebuildError, is_failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from adapters._wire.provider import Provider


def rebuild(key: Any, state: Any, *more: Any) -> Any:
    """Make a new native object from the parts of a spec, in the process in which it arrives.

    Payloads of native objects name this function. They call it with a key and the state and, where
    an adapter with `init` sent an object of a subclass, its class. With four arguments (older
    payloads do so) they are the name, the version, the provider and the state. An adapter known
    here is used; else the provider brings it, and this process can send such objects back.

    Raises:
        RebuildError: there is no adapter to be had, or its factory raised.
        VersionError: the state is newer than the adapter here, or too old for its upgrades; or the
            payload has a form that is newer than this version of adapters.
    """
    if len(more) == 2:
        name, version, (provider, state), more = key, state, more, ()
        adapter, factory = adapter_for(name, provider), None
    else:
        try:
            adapter, version, factory = _resolved[key]
        except (KeyError, TypeError):
            (adapter, version), factory = resolve(key), None
    if factory is None or more or type(state) is OutOfBand:
        if type(state) is OutOfBand:  # from copy.copy, which passes on the arguments unpickled
            state = state.copied()
        return remake(adapter, version, state, *more)
    # As most objects are made: what `adapter.rebuild` does for them, without a call.
    try:
        obj = factory(state)
    except BaseException as error:
        _failed(adapter, error)
    return adapter.made(obj) if obj is None else obj


def remake(adapter: Adapter, version: int, state: Any, cls: Any = None) -> Any:
    """What `Adapter.rebuild` returns, or raises; a trace is told of it."""
    observer = _events.observer
    make = adapter.rebuild if observer is None else partial(observer.rebuild, adapter)
    return make(version, state, cls)


def _failed(adapter: Adapter, error: BaseException) -> NoReturn:
    """Raise what a payload gets for an error of the factory."""
    try:
        if is_failure(error):
            raise adapter.rebuild_error("the factory", error) from error
        raise error
    finally:
        del error  # whose traceback has this frame


def complete(obj: Any, rest: tuple[Any, Any, Any]) -> None:
    """Give an object that `rebuild` made what may refer back to it; payloads name this function.

    Args:
        obj: The object.
        rest: The key, the Python part of an object that was made empty (or None), and what `links`
            of the adapter returned (or None).

    Raises:
        RebuildError: `link`, or a setter of the object, raised; the error is its cause.
        VersionError: as `rebuild`.
    """
    key, attributes, links = rest
    adapter, version = resolve(key)
    adapter.complete(obj, version, attributes, links)


def resolve(key: Any) -> tuple[Adapter, int]:
    """The adapter that a key stands for, and the version of the state; raises as `rebuild`."""
    try:
        return _resolved[key][:2]
    except (KeyError, TypeError):
        found = registry.libraries.resolved.get(key) if type(key) is str else None
        if found is None:
            name, version, provider = parse_key(key)
            found = adapter_for(name, provider), version
        adapter, version = found
        if registry.libraries.is_quiet(adapter):
            if not _is_plain_pickle():  # by which the next one may come
                registry.libraries.remember(key, found)
                return found
            registry.tell(adapter.module)
        registry.remember(key, adapter, version)
        return found


def _is_plain_pickle() -> bool:
    """Whether plain pickle loads the payload, by which its objects then have to go back."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_globals.get("__name__") in (__name__, "pickle"):
        frame = frame.f_back
    return not str(frame.f_globals.get("__name__")).startswith("adapters.")


registry: Registry = Registry(lambda adapter: reducer(adapter, rebuild, complete))
_by_name, _resolved = registry.by_name, registry.resolved
if accelerator is not None:
    text = rebuild.__doc__
    rebuild = accelerator.set_up_rebuild(rebuild, _failed, _resolved, OutOfBand)
    rebuild.__doc__ = text
    del text


def adapter_for(name: str, provider: Provider) -> Adapter:
    """The adapter that is known here under a name, or that the provider brings."""
    adapter = registry.known_as(name, provider)
    if adapter is None or (type(provider) is tuple and not adapter.came_from(provider)):
        adapter = fetch(name, provider)
    return adapter


def fetch(name: str, provider: Provider) -> Adapter:
    """The adapter that a provider brings to this process.

    Raises:
        RebuildError: it cannot be had; the message says why.
    """
    cause: LookupError | None = None
    try:
        if isinstance(provider, tuple):
            return registry.adopt(provider, lambda: _load(provider))
        import_provider(provider)
        adapter = registry.known_as(name, provider)
        if adapter is not None:
            return adapter
        reason = f"its provider, module {shown(provider)}, was imported and did not register it"
    except LookupError as error:
        reason, cause = str(error), error
    raise RebuildError(
        f"cannot rebuild an object of adapter {shown(name)} in process {os.getpid()}: the adapter"
        f" is not known here, and {reason}. Known here: {', '.join(sorted(_by_name)) or 'none'}",
        name,
    ) from cause


def _load(provider: tuple[str, bytes | str]) -> Adapter:
    arguments, options = load_by_value(provider[1])
    return Adapter(*arguments, **options, provider=provider)
