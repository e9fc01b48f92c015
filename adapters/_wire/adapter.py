"""Adapter: a serializer and a factory for one type, and the checks when it is made."""

from __future__ import annotations

import os

from adapters._importable.importable import is_sent_by_value
from adapters._naming import has_module, in_words, place_of, qualified_name, shown
from adapters._wire.ctype import is_ctype
from adapters._wire.key import key_of
from adapters.errors import RebuildError, SerializeError, VersionError, failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Generic

    from adapters._wire.key import Key
    from adapters._wire.provider import Provider
    from adapters._wire.signatures import T
else:
    T, Generic = None, {None: object}  # so that Generic[T] needs no typing

OPTIONS = ("init", "links", "link", "name", "version", "upgrades", "subclasses")


class Adapter(Generic[T]):
    """A serializer and a factory for one Python type or one C type, with a name and a version.

    Made by `adapters.register`, whose arguments are attributes. `arrived` says whether it came to
    this process by value, with an object.

    Raises:
        RegistrationError: an argument is not what an adapter can be made of.
    """

    __class_getitem__: Any = classmethod(type(list[int]))
    __slots__ = (
        "_by_value",
        "_fingerprint",
        "_keys",
        "arrived",
        "dump_by_value",
        "edition",
        "factory",
        "init",
        "link",
        "links",
        "module",
        "name",
        "reduce",
        "serialize",
        "subclasses",
        "target",
        "upgrades",
        "version",
    )
    is_older = False  # whether it has the place of one whose class was defined again

    def __init__(
        self,
        target: Any,
        serialize: Callable[[T], Any],
        factory: Callable[[Any], T] | None = None,
        *,
        init: Callable[[T, Any], object] | None = None,
        links: Callable[[T], Any] | None = None,
        link: Callable[[T, Any], object] | None = None,
        name: str | None = None,
        version: int = 1,
        upgrades: Mapping[int, Any] | None = None,
        subclasses: bool = False,
        provider: Provider | None = None,
    ) -> None:
        from adapters._wire.registration import check, default_name  # many processes register none

        if name is None:
            name = default_name(target, provider if isinstance(provider, str) else "__main__")
        self.target: Any = target
        self.serialize: Callable[[T], Any] = serialize
        self.factory: Callable[[Any], T] | None = factory
        self.init: Callable[[T, Any], object] | None = init
        self.links, self.link = links, link
        self.name: str = name
        self.version: int = version
        self.upgrades: Mapping[int, Any] = upgrades or {}
        self.subclasses: bool = subclasses
        self.module: str | None = provider if isinstance(provider, str) else None  # registers it
        self.arrived: bool = isinstance(provider, tuple)  # by value, with an object
        self._by_value = provider if isinstance(provider, tuple) else None
        self._keys: dict[bool, Key] = {}  # by whether it goes by value
        self._fingerprint = None if self._by_value is None else self._by_value[0]
        self.edition = 1  # of the class, as the registry counts those of the main script
        # The registry sets these: what picklers call, and what writes the adapter by value.
        self.reduce: Callable[[Any], Any] | None = None
        self.dump_by_value: Callable[[Adapter], bytes | str] | None = None
        check(self)

    def __setattr__(self, name: str, value: object) -> None:
        if name in ("serialize", "factory") and hasattr(self, name):
            raise AttributeError(
                f"cannot set {name} of {self!r}: picklers have it already; register another adapter"
            )
        super().__setattr__(name, value)

    def __reduce__(self) -> Any:  # without the functions that a registry has given it
        from functools import partial

        options = {name: getattr(self, name) for name in OPTIONS}
        make = partial(Adapter, provider=self.module, **options)
        return make, (self.target, self.serialize, self.factory)

    def __repr__(self) -> str:
        return (
            f"<Adapter {self.name!r} version {self.version} for {qualified_name(self.target)},"
            f" provider {self.provided_by}>"
        )

    @property
    def provider(self) -> Provider:
        """What a process that never saw the registration needs to get this adapter."""
        if self.module is not None and not is_sent_by_value(self.module):
            return self.module
        if self._by_value is None:
            if self.dump_by_value is None:
                return self.fingerprint, "no registry holds it"
            self._by_value = self.fingerprint, self.dump_by_value(self)
        return self._by_value

    @property
    def key(self) -> Key:
        """What payloads say of this adapter: one object, which a pickler writes once."""
        by_value = self.module is None or is_sent_by_value(self.module)
        key = self._keys.get(by_value)
        if key is None:
            key = self._keys[by_value] = key_of(self.name, self.version, self.provider)
        return key

    @property
    def provided_by(self) -> str:
        """The provider in words, for messages."""
        return self.module or "by value"

    @property
    def described(self) -> str:
        """What `repr` says, and where the two functions are defined, for error messages."""
        roles = ("serialize", "factory" if self.init is None else "init")
        functions = ", ".join(f"{role} {place_of(getattr(self, role))}" for role in roles)
        return f"{self!r} ({functions})"

    @property
    def fingerprint(self) -> str:
        """A digest of the adapter's name, version and code: equal for the same registration."""
        if self._fingerprint is None:
            from adapters._wire.registration import fingerprint_of

            self._fingerprint = fingerprint_of(self)
        return self._fingerprint

    def came_from(self, provider: tuple[str, bytes | str]) -> bool:
        """Whether this is the adapter that a provider by value stands for.

        An adapter that was registered here is the sender's if the fingerprints agree: this process
        runs the sender's script, or sent the adapter itself. An adapter that arrived has to agree
        to the byte, as the sender may have redefined its class under the same functions since.
        """
        return provider == self._by_value if self.arrived else provider[0] == self.fingerprint

    def same_as(self, other: Adapter) -> bool:
        """Whether both are the same registration, made again (as by importlib.reload)."""
        return (
            self.fingerprint == other.fingerprint
            and qualified_name(self.target) == qualified_name(other.target)
            and is_ctype(self.target) == is_ctype(other.target)
            # Without its module, a name does not tell which type it is.
            and (self.target is other.target or has_module(self.target))
        )

    def state_of(self, obj: Any) -> Any:
        """Serialize `obj`.

        Raises:
            SerializeError: the serializer raised; the error is its cause.
        """
        try:
            return self.serialize(obj)
        except failures() as error:
            raise self.raised("its serializer", error) from error

    def raised(self, step: str, error: BaseException) -> SerializeError:
        """The error to raise from `error`, which a function of the adapter raised."""
        from adapters import _nesting

        problem = f"{step} raised {in_words(error)}"
        if _nesting.too_deep(error):
            problem += f"; the object is nested too deep for pickle: {_nesting.advice()}"
        return self.serialize_error(problem)

    def serialize_error(self, problem: str) -> SerializeError:
        """The error for an object of this adapter's type that cannot leave this process."""
        subject = qualified_name(self.target)
        return SerializeError(
            f"cannot serialize {subject} with adapter {self.name!r}: {problem}", subject
        )

    def upgrade(self, version: int, state: Any, part: int = 0) -> Any:
        """Make the state of this version from one of an older version; the links, if `part` is 1.

        Raises:
            VersionError: the state is newer than this adapter, or an upgrade is missing.
            RebuildError: an upgrade raised; the error is its cause.
        """
        while version != self.version:
            found = self._upgrade_from(version)
            # A pair upgrades the state and the links, a function the state alone.
            pair = type(found) is tuple
            upgrade = found[part] if pair else (lambda links: links) if part else found
            try:
                state = upgrade(state)
            except failures() as error:
                raise self.rebuild_error(f"the upgrade from version {version}", error) from error
            version += 1
        return state

    def rebuild(self, version: int, state: Any, cls: Any = None) -> T:
        """A new object of a state of this version or an older one; raises as `adapters.rebuild`.

        `cls` is a subclass of the target, for an adapter with `init`; None means the target.
        """
        state = self.upgrade(version, state)
        try:
            obj = self.make(state, cls)
        except failures() as error:
            step = "the factory" if self.init is None else "init"
            raise self.rebuild_error(step, error) from error
        return self.made(obj)

    def made(self, obj: T) -> T:
        """What a factory has returned; a RebuildError if that is None."""
        if obj is None:
            raise RebuildError(
                f"cannot rebuild {qualified_name(self.target)} with adapter {self.name!r}: the"
                " factory returned None; a return is missing",
                self.name,
            )
        return obj

    def make(self, state: Any, cls: Any = None) -> Any:
        """What the factory makes of a state of this version, or `init` of an empty object."""
        if self.factory is not None and cls is None:
            return self.factory(state)
        cls = self.target if cls is None else cls
        if self.init is None or self.target not in cls.__mro__[: None if self.subclasses else 1]:
            raise TypeError(f"the adapter makes no objects of {qualified_name(cls)}")
        obj = cls.__new__(cls)
        self.init(obj, state)
        return obj

    def complete(self, obj: Any, version: int, attributes: Any, links: Any) -> None:
        """Give a rebuilt object its Python part and its links; raises as `adapters.complete`."""
        if version != self.version and links is not None:
            links = self.upgrade(version, links, part=1)
        step = "setting its attributes"
        try:
            if attributes is not None:
                if self.init is None:
                    raise TypeError("the adapter here has no init")
                from adapters._wire.attributes import set_attributes  # of few adapters

                set_attributes(obj, self.target, attributes)
            step = "link"
            if links is not None:
                if self.link is None:
                    raise TypeError("the adapter here has no link")
                self.link(obj, links)
        except failures() as error:
            raise self.rebuild_error(step, error) from error

    def rebuild_error(self, step: str, error: BaseException) -> RebuildError:
        """The error to raise from `error`, which a step of a rebuild raised."""
        return RebuildError(
            f"cannot rebuild {qualified_name(self.target)} with adapter {self.name!r} in process"
            f" {os.getpid()}: {step} raised {in_words(error)}",
            self.name,
        )

    def _upgrade_from(self, version: object) -> Any:
        if type(version) is int and version in self.upgrades:
            return self.upgrades[version]
        readable = sorted({*self.upgrades, self.version})
        advice = (
            "update the library that registers the adapter in this process"
            if type(version) is int and version > self.version
            else f"register it with upgrades={{{shown(version)}: function}}"
        )
        raise VersionError(
            f"cannot rebuild {qualified_name(self.target)} in process {os.getpid()}: its state has"
            f" version {shown(version)}, but adapter {self.name!r} here reads {readable}; {advice}",
            self.name,
        )
