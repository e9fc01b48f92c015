"""Registry: register and unregister adapters, and tell copyreg about them."""

from __future__ import annotations

from copyreg import dispatch_table

from adapters import _events
from adapters._naming import has_module, qualified_name, shown
from adapters._wire.adapter import Adapter
from adapters._wire.ctype import is_ctype
from adapters._wire.lookup import Lookup, lock
from adapters._wire.provider import importing_module
from adapters.errors import ConflictError, UnknownAdapterError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from adapters._wire.provider import Provider
    from adapters._wire.signatures import CType, Factory, Init, Link, Links, State, T

_SHOWN = 10  # names of adapters in a repr
_KEPT = 16  # adapters of one name that arrived, or are older: a notebook makes a new one each time


class Registry(Lookup):
    """The adapters of one process; `adapters.registry` is the one that picklers know.

    Another instance (for a test) keeps its adapters to itself. Safe with threads, and in a
    process that was forked while another thread registers.

    Args:
        reducer: Makes the function that copyreg gets for an adapter. Without it copyreg gets none.
    """

    def __init__(self, reducer: Callable[[Adapter], Callable[[Any], Any]] | None = None) -> None:
        super().__init__({} if reducer is None else dispatch_table, finds=reducer is not None)
        self._reducer = reducer
        self._observed: Callable[[Adapter, Any], Any] | None = None
        self._editions: Any = None  # `Editions`, once an adapter is registered that goes by value

    def __reduce__(self) -> str:
        return "registry"  # by name; pickle refuses any other one than `adapters.registry`

    def __repr__(self) -> str:
        names = sorted(self._named())
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        listed = f": {', '.join(names[:_SHOWN])}{more}" if names else ""
        return f"<Registry of {len(names)} adapter{'s' * (len(names) != 1)}{listed}>"

    def register(
        self,
        target: type[T] | CType,
        serialize: Callable[[T], State],
        factory: Factory[State, T] | None = None,
        *,
        init: Init[T, State] | None = None,
        links: Callable[[T], Links | None] | None = None,
        link: Link[T, Links] | None = None,
        name: str | None = None,
        version: int = 1,
        upgrades: Mapping[int, Any] | None = None,
        subclasses: bool = False,
        replace: bool = False,
    ) -> Adapter[T]:
        """Make objects of a native type travel: through pickle and all that is built on it.

        The registration travels with the objects. A process that needs it imports the module at
        whose top level it was made; if it was made anywhere else (a script, a notebook cell, a
        function), the adapter goes by value, as it is when the first object is sent.

        A class that a notebook or a script has defined again is a new edition: its registration
        takes the place of that of the older class, whose objects then refuse to be pickled.

        Args:
            target: The type, exactly, or a C type as `ffi.typeof("thing_t *")` returns it.
            serialize: Returns the state of an object: picklable data, other native objects
                included. A memoryview, bytearray or cffi buffer in its tuples, lists and dicts,
                and `bytes` from 1 MiB on, leave out of band, without a copy, where the
                transport can do that.
            factory: Makes a new object of a state. Buffers arrive as flat, read-only memoryviews of
                their bytes in C order, `bytes` as bytes.
            init: In place of a factory, for a type that can be made empty, and the Python classes
                that derive from it: the object is made by `cls.__new__(cls)`, and `init(obj,
                state)` gives it its native part. Its `__dict__` and slots follow by themselves.
            links: Returns what refers to other objects that may refer back to this one, or None:
                picklable, with native objects in it. It is pickled once the object exists.
            link: `link(obj, links)` gives a rebuilt object its links; the objects in them may not
                have theirs yet.
            name: What payloads call the adapter. The default is the type's module-qualified name;
                give one if the type's module may move. A type that states no module (PyO3) is named
                by the extension that holds it, or else "registering module:type".
            version: The version of the state, 1 or more.
            upgrades: {version: function from a state of that version to one of the next}; where
                the links changed, too, a pair of functions, of the state and of the links.
            subclasses: Whether serialize and factory keep the class of an instance of a subclass.
                If not, subclasses are refused. Plain pickle knows those that exist now or at a
                later `register`, and those of which `adapters.dumps` has met an object. One with a
                `__reduce__` of its own keeps it.
            replace: Whether the adapter takes the place of those that have the type or the name,
                whichever module has registered them. They are forgotten, as by `unregister`.

        Returns:
            The adapter.

        Raises:
            RegistrationError: an argument is unusable, or no object can have exactly this type.
            ConflictError: another adapter has the type or the name, without `replace`; or other
                code has given copyreg a reducer for the type. The same one again is fine.
        """
        from adapters._batteries.finder import is_library
        from adapters._wire.abstract import require_objects  # most processes register nothing

        adapter: Adapter[Any] = Adapter(
            target,
            serialize,
            factory,
            init=init,
            links=links,
            link=link,
            name=name,
            version=version,
            upgrades=upgrades,
            subclasses=subclasses,
            provider=importing_module(),
        )
        require_objects(adapter)
        if is_library(adapter.module) and not is_ctype(target):
            return self._add_of_library(adapter)
        with lock:
            if name is None and adapter.module is None and not has_module(target):
                adapter.name = self._free_name(adapter)
            foreign = self.copyreg.conflicting(target)
            if foreign is not None:
                from adapters._wire.unserved import name_of_reducer

                raise ConflictError(
                    f"{adapter!r} conflicts with the reducer {name_of_reducer(foreign)}, which"
                    " other code gave copyreg for the type; del copyreg.dispatch_table[the type]"
                    " first",
                    adapter.name,
                )
            found = (self._by_target.get(target), self._by_name.get(adapter.name))
            namesakes = {known for known in found if known is not None}
            older = self._older_than(adapter)
            for known in namesakes:
                if known.target is target and not known.arrived and known.same_as(adapter):
                    self.copyreg.tell(target, self._by_target)
                    return known
                yields = replace or known.arrived or known.is_older or known in older
                if not yields and not known.same_as(adapter):
                    other = "" if known.target is target else "give it another name=, or "
                    raise ConflictError(
                        f"{adapter.described} conflicts with {known.described}; {other}pass"
                        " replace=True to take its place",
                        adapter.name,
                    )
            self._add(adapter)
            self._by_name[adapter.name] = adapter
            for known in namesakes.union(older):
                self._retire(known, adapter)
            if self._editions is not None:
                self._editions.count(adapter)
            self.copyreg.tell_subclasses(self._by_target)
        return adapter

    def unregister(self, target: type[Any] | CType) -> None:
        """Forget the adapter of a type or C type; what copyreg knew of it goes too.

        One that a library brought is forgotten where no other was registered for the type.

        Raises:
            UnknownAdapterError: it has none.
        """
        if isinstance(target, type):
            self.nearest(target)  # which may bring it
        with lock:
            adapter = self._by_target.get(target)
            if adapter is None and self.libraries.by_target.pop(target, None) is not None:
                self._renew()
                self.copyreg.tell(target, self._by_target)
                return
            if adapter is None:
                named = isinstance(target, type) or is_ctype(target)
                subject = qualified_name(target) if named else shown(target)
                raise UnknownAdapterError(f"no adapter serves {subject}; {self.known}", subject)
            self._remove(adapter)

    def adopt(self, provider: Provider, load: Callable[[], Adapter]) -> Adapter:
        """The adapter of a provider by value, kept here to send such objects back.

        `load` makes it, unless it is kept already. It never displaces one that was registered here.
        """
        adapter = self._arrived.get(provider) or load()
        with lock:
            if provider in self._arrived:  # also by another thread, meanwhile
                return self._arrived[provider]
            known = self._by_target.get(adapter.target)
            if known is None or known.arrived:
                self._add(adapter)
            namesake = self._by_name.get(adapter.name)
            if namesake is None or namesake.arrived:
                self._by_name[adapter.name] = adapter
            self._arrived[provider] = adapter
            namesakes = [each for each in self._arrived.values() if each.name == adapter.name]
            for oldest in namesakes[:-_KEPT]:
                self._remove(oldest)
        _events.debug("%s has arrived by value, with an object", adapter)
        return adapter

    def observe(self, observed: Callable[[Adapter, Any], Any] | None) -> None:
        """Let all reducers be what `observed(adapter, reducer)` returns; None ends that."""
        with lock:
            self._observed = observed
            for adapter in {*self._named().values(), *self._by_target.values()}:
                self._observe(adapter)
            self._renew()
            self.copyreg.renew()

    def _older_than(self, adapter: Adapter) -> list[Adapter]:
        """The adapters whose class was defined again, and registered with this one."""
        if adapter.module is not None:
            return []
        from adapters._wire.editions import Editions, older_than

        self._editions = self._editions or Editions()
        adapter.edition = self._editions.number(adapter)
        return older_than(adapter, self._by_target.values())

    def _retire(self, known: Adapter, adapter: Adapter) -> None:
        """Forget an adapter that another one displaces; objects of an older edition say so."""
        from adapters._wire.editions import OlderEdition, replaces

        if replaces(adapter, known):
            self._by_target[known.target] = OlderEdition(known)
            every = list(self._by_target.values())
            for oldest in [a for a in every if a.is_older and a.name == known.name][:-_KEPT]:
                self._remove(oldest)
        self._remove(known)

    def _add_of_library(self, adapter: Adapter) -> Adapter:
        """Add what a library brings: it yields to what was registered, and copyreg is not told."""
        with lock:
            known = self.libraries.kept(adapter)
            if known is not None:
                return known
            self._renew()
            self._prepare(adapter)
            self.libraries.add(adapter)
            self.copyreg.forget_left()
            return adapter

    def _free_name(self, adapter: Adapter) -> str:
        """The name of an adapter by value whose type states no module; numbered, if it is taken."""
        name, number = adapter.name, 1
        while (known := self._by_name.get(name)) and known.target is not adapter.target:
            number += 1
            name = f"{adapter.name}#{number}"
        return name

    def _renew(self) -> None:
        self.edition += 1
        self._resolved.clear()
        self.libraries.renew()

    def _prepare(self, adapter: Adapter) -> None:
        adapter.dump_by_value = self._dump_by_value
        if self._reducer is not None:
            adapter.reduce = self._reducer(adapter)
        self._observe(adapter)

    def _observe(self, adapter: Adapter) -> None:
        """Let its reducer be what `observe` was given makes of it, or what it was before."""
        reduce = getattr(adapter.reduce, "__wrapped__", adapter.reduce)
        adapter.reduce = reduce if self._observed is None else self._observed(adapter, reduce)

    def _add(self, adapter: Adapter) -> None:
        self._renew()
        self._prepare(adapter)
        self._by_target[adapter.target] = adapter
        self.copyreg.tell(adapter.target, self._by_target)

    def _dump_by_value(self, adapter: Adapter) -> bytes | str:
        from adapters._wire.by_value import dump_adapter  # imports cloudpickle

        return dump_adapter(adapter, self.reduce)

    def _remove(self, adapter: Adapter) -> None:
        self._renew()
        for adapters, key in ((self._by_target, adapter.target), (self._by_name, adapter.name)):
            if adapters.get(key) is adapter:
                del adapters[key]
        if adapter.arrived:
            self._arrived.pop(adapter.provider, None)
        self.copyreg.tell(adapter.target, self._by_target)
