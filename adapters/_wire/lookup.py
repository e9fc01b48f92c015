"""Lookup: which adapter serves a type, a subclass, a C type or a name."""

from __future__ import annotations

import os
import sys
from _thread import RLock

from adapters import _events
from adapters._accelerated import in_c
from adapters._naming import has_module, shown
from adapters._wire.adapter import Adapter
from adapters._wire.copyreg_table import CopyregTable
from adapters._wire.ctype import ctype_of, is_ctype
from adapters._wire.library_adapters import LibraryAdapters
from adapters.errors import UnknownAdapterError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from adapters._wire.provider import Provider

_KEYS = 1000  # of payloads that are kept, with what they stand for
lock = RLock()
if hasattr(os, "register_at_fork"):  # a child never sees a registration half made
    os.register_at_fork(
        before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release
    )


class Lookup:
    """The adapters of one process, by type and by name.

    Iterating gives the adapters, sorted by name; `name in lookup`, `lookup[name]` and `len` work.

    Args:
        table: Where the reducers of types go: copyreg's table, or one that no pickler reads.
        finds: Whether libraries are asked for adapters of types that have none.
    """

    def __init__(self, table: dict[type, Any], finds: bool = False) -> None:
        self._finds = finds
        self.libraries = LibraryAdapters()
        self._by_name: dict[str, Adapter] = {}
        self._by_target: dict[Any, Adapter] = {}
        self._arrived: dict[Provider, Adapter] = {}  # by value, with an object
        # By the keys that payloads had: the adapter, the version of the state, and the factory if
        # it takes the state as it is.
        self._resolved: dict[Any, tuple[Adapter, int, Any]] = {}
        self.edition = 0  # changes with each registration
        self.by_name: Mapping[str, Adapter] = self._by_name  # to be read, as the next two are
        self.by_target: Mapping[Any, Adapter] = self._by_target
        self.resolved: Mapping[Any, tuple[Adapter, int, Any]] = self._resolved
        self.copyreg = CopyregTable(table, self._reducer_for, self.reduce)

    def __iter__(self) -> Iterator[Adapter]:
        return iter([adapter for _, adapter in sorted(self._named().items())])

    def __len__(self) -> int:
        return len(self._named())

    def __contains__(self, name: object) -> bool:
        return name in self._named()

    def __getitem__(self, name: str) -> Adapter:
        adapter = self._named().get(name)
        if adapter is None:
            raise UnknownAdapterError(f"no adapter is named {shown(name)}; {self.known}", name)
        return adapter

    def nearest(self, cls: type) -> Adapter | None:
        """The adapter of `cls` or its nearest base, None if a class before it has a reducer.

        Where no registered one serves `cls`, libraries are asked, whose adapters count if they do.
        """
        adapter = _nearest(cls, self._by_target)
        if self._finds and (adapter is None or not _serves(adapter, cls)):
            from adapters._batteries.finder import bring

            bring(cls)
            return self._of_library(cls) or adapter
        return adapter

    def serving(self, target: Any) -> Adapter | None:
        """The adapter for objects of a type or C type; the nearest base decides on subclasses."""
        adapter = self._by_target.get(target) if is_ctype(target) else self.nearest(target)
        if adapter is None or adapter.is_older or not _serves(adapter, target):
            return None
        return adapter

    def find(self, obj: object) -> Adapter:
        """The adapter that serves `obj`.

        Raises:
            UnknownAdapterError: none does; or pickle does not use it, as other code has given
                copyreg another reducer for the type.
            SerializeError: its class is an older edition of one that was registered again.
        """
        ctype = ctype_of(obj)
        adapter = self.serving(type(obj) if ctype is None else ctype)
        if adapter is None or self.foreign_reducer(type(obj)) is not None:
            from adapters._wire.unserved import unknown_adapter

            raise unknown_adapter(self, obj)
        return adapter

    def lookup(self, reference: object) -> Adapter:
        """The adapter that is meant by an adapter, its type, its C type or its name.

        Raises:
            UnknownAdapterError: there is none.
        """
        if isinstance(reference, Adapter):
            return reference
        if isinstance(reference, str):
            return self[reference]
        if isinstance(reference, type):
            self.nearest(reference)  # which may bring it
        for adapter in (*self._by_target.values(), *self.libraries.by_target.values()):
            if adapter.target is reference and not adapter.is_older:
                return adapter
        subject = shown(reference)
        problem = f"{subject} is no adapter, nor a type that has one. {self.known}"
        raise UnknownAdapterError(problem, subject)

    def reduce(self, obj: object) -> Any:
        """The reduction of `obj`, as picklers expect it; NotImplemented if it is no native object.

        Raises:
            SerializeError: it is an address, an instance of a subclass that no adapter serves, or
                a descriptor that would arrive as a bare number.
        """
        cls, ctype = type(obj), ctype_of(obj)
        if ctype is None:
            adapter = self.nearest(cls)
            if adapter is None:  # as for most objects
                connection: Any = sys.modules.get("multiprocessing.connection")
                # While another thread imports it, there are no connections yet.
                if issubclass(cls, getattr(connection, "_ConnectionBase", ())):
                    from adapters._wire.unserved import refuse_descriptor

                    refuse_descriptor(self, cls)
                return NotImplemented
            quiet = self.libraries.is_quiet(adapter)
            reduce = adapter.reduce if quiet else self._reducer_for(cls)
        else:
            adapter = self._by_target.get(ctype)
            reduce = None if adapter is None else adapter.reduce
            if adapter is None and self.foreign_reducer(cls) is None:
                from adapters._wire.unserved import refuse

                return refuse(self, obj)
        if reduce is None or self.foreign_reducer(cls) is not None:
            return NotImplemented
        if ctype is None:
            with lock:
                if quiet:
                    self.libraries.reducers[cls] = reduce
                else:
                    self.copyreg.meet(cls)
        return reduce(obj)

    def meet(self, cls: type) -> None:
        """Tell copyreg of a type, and of the adapter that a library brought for it."""
        adapter = self.nearest(cls)
        if adapter is not None and adapter in self.libraries:
            self.tell(adapter.module)
        with lock:
            self.copyreg.meet(cls)

    def tell(self, module: str | None) -> list[Adapter]:
        """Tell copyreg of the adapters that a library's module brought; those that serve."""
        with lock:
            adapters = [a for a in self.libraries.by_target.values() if a.module == module]
            self.libraries.renew()
            for adapter in adapters:
                self.libraries.told.add(adapter.target)
                self.copyreg.tell(adapter.target, self._by_target)
            return adapters

    def foreign_reducer(self, cls: type) -> Any:
        """The reducer that other code has given copyreg for a type, or None.

        Picklers use it, also where there is an adapter for the type.
        """
        if self.copyreg.foreign_reducer(cls) is None:
            return None
        with lock:  # another thread may just set an adapter's
            return self.copyreg.foreign_reducer(cls)

    def known_as(self, name: str, provider: Provider) -> Adapter | None:
        """The adapter that is known here and that payloads with this name and provider mean."""
        if type(provider) is tuple:
            return self._by_name.get(name)
        adapter = self.registered_by(provider, name)  # type: ignore[arg-type]
        if adapter is None or adapter.module == provider:
            return adapter
        from adapters._batteries.finder import is_library

        return None if is_library(provider) else adapter  # which never gets what a library wrote

    def registered_by(self, module: str, name: str) -> Adapter | None:
        """The adapter of a name, where a module has registered it; nothing is read or imported.

        In payloads of form 1, a type that states no module is in "builtins": so its adapter is told
        by the module. Those of libraries are known by both, all others by their names alone.
        """
        adapter = self.libraries.by_place.get((module, name)) or self._by_name.get(name)
        if adapter is not None or not name.startswith("builtins."):
            return adapter
        for each in self:
            same = f"builtins.{getattr(each.target, '__qualname__', '')}" == name
            if same and each.module == module and not has_module(each.target):
                return each
        return None

    def remember(self, key: Any, adapter: Adapter, version: int) -> None:
        """Keep what a key stands for in `resolved`, until the adapters here change."""
        with lock:
            kept = self._arrived.get(adapter.provider) if adapter.arrived else None
            known = adapter in (kept, self._by_name.get(adapter.name))
            if known or adapter in self.libraries:
                if len(self._resolved) >= _KEYS:
                    self._resolved.clear()
                is_direct = version == adapter.version and _events.observer is None
                factory = in_c(adapter.factory) if is_direct else None
                self._resolved[key] = adapter, version, factory

    @property
    def known(self) -> str:
        """The names of the adapters that were registered, for messages; libraries bring many."""
        return f"Registered: {', '.join(sorted(self._by_name)) or 'nothing'}"

    def _named(self) -> dict[str, Adapter]:
        """All adapters that serve, by name."""
        found = {adapter.name: adapter for adapter in list(self.libraries.by_target.values())}
        return {**found, **self._by_name}

    def _of_library(self, cls: type) -> Adapter | None:
        """The adapter of a library that serves a type."""
        adapter = _nearest(cls, self.libraries.by_target)
        return adapter if adapter is not None and _serves(adapter, cls) else None

    def _reducer_for(self, cls: type) -> Callable[[Any], Any] | None:
        """What copyreg gets for the objects of a type, None for what has a reducer of its own."""
        adapter = _nearest(cls, self._by_target)
        if adapter is None or not _serves(adapter, cls):
            found = self._of_library(cls)
            if found is not None and not self.libraries.is_quiet(found):
                adapter = found
        if adapter is None or _serves(adapter, cls):
            return None if adapter is None else adapter.reduce
        from adapters._wire.unserved import pickles_itself

        return None if pickles_itself(cls, adapter.target) else self._refuse

    def _refuse(self, obj: object) -> Any:
        from adapters._wire.unserved import refuse

        return refuse(self, obj)


def _nearest(cls: type, adapters: Mapping[Any, Adapter]) -> Adapter | None:
    """The adapter of `cls` or its nearest base, None if a class before it has a reducer."""
    for base in cls.__mro__:
        adapter = adapters.get(base)
        if adapter is not None:
            return adapter
        own = vars(base)
        if "__reduce__" in own or "__reduce_ex__" in own:
            return None
    return None


def _serves(adapter: Adapter, cls: type) -> bool:
    """Whether an adapter of `cls` or a base of it serves the objects of `cls`."""
    return adapter.target is cls or adapter.subclasses
