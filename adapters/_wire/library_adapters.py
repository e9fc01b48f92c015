"""The adapters that libraries bring: they yield to registrations, and copyreg knows them later."""

from __future__ import annotations

from adapters._naming import qualified_name
from adapters.errors import ConflictError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from adapters._wire.adapter import Adapter

_KEYS = 1000  # of payloads that are kept, with what they stand for


class LibraryAdapters:
    """The adapters of libraries, by type and by what payloads say of them.

    Attributes:
        by_target: The adapters that serve, by their types. An entry point's takes precedence over
            one of `adapters.libraries`; of two entry points, the one that came first.
        by_place: All of them, by (module, name): also those that serve no more, for payloads.
        told: The types of those that copyreg knows.
        reducers: What serves the objects of types that copyreg does not know, for the next one.
        resolved: What keys of payloads stand for, where copyreg does not know the adapter.
    """

    def __init__(self) -> None:
        self.by_target: dict[Any, Adapter] = {}
        self.by_place: dict[tuple[str | None, str], Adapter] = {}
        self.told: set[Any] = set()
        self.reducers: dict[type, Any] = {}
        self.resolved: dict[Any, tuple[Adapter, int]] = {}

    def __contains__(self, adapter: Adapter) -> bool:
        return self.by_place.get((adapter.module, adapter.name)) is adapter

    def is_quiet(self, adapter: Adapter) -> bool:
        """Whether it is an adapter of a library that copyreg does not know."""
        return adapter in self and adapter.target not in self.told

    def renew(self) -> None:
        """Find out anew what serves, as there are other adapters now."""
        self.reducers.clear()
        self.resolved.clear()

    def remember(self, key: Any, found: tuple[Adapter, int]) -> None:
        """Keep what a key stands for in `resolved`."""
        if len(self.resolved) >= _KEYS:
            self.resolved.clear()
        self.resolved[key] = found

    def kept(self, adapter: Adapter) -> Adapter | None:
        """The same registration, made before; None if it is new.

        Raises:
            ConflictError: its module has registered another one under its name.
        """
        known = self.by_place.get((adapter.module, adapter.name))
        if known is not None and not known.same_as(adapter):
            raise ConflictError(
                f"{adapter.described} conflicts with {known.described}; give it another name=",
                adapter.name,
            )
        return known

    def add(self, adapter: Adapter) -> None:
        """Add an adapter; a warning says which of two for one type serves, and why."""
        self.by_place[adapter.module, adapter.name] = adapter
        known = self.by_target.get(adapter.target)
        if known is None or (_is_own(known) and not _is_own(adapter)):
            self.by_target[adapter.target] = adapter
        elif _is_own(known) is _is_own(adapter):
            import warnings

            warnings.warn(
                f"two modules bring adapters for {qualified_name(adapter.target)}: that of"
                f" {known.module} serves, as it came first, and not that of {adapter.module};"
                " adapters.register decides",
                RuntimeWarning,
                stacklevel=4,
            )


def _is_own(adapter: Adapter) -> bool:
    """Whether it is one of `adapters.libraries`."""
    from adapters._batteries.packages import PREFIX

    return (adapter.module or "").startswith(PREFIX)
