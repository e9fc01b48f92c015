"""The adapters that a payload needs, found among those that the caller trusts."""

from __future__ import annotations

from copyreg import _slotnames  # type: ignore[attr-defined]
from types import FunctionType
from typing import TYPE_CHECKING, Any

from adapters._batteries.packages import FILES, PREFIX
from adapters._payload.symbols import shown
from adapters._wire.provider import import_provider
from adapters._wire.rebuild import fetch, registry
from adapters.errors import RebuildError, UntrustedError

if TYPE_CHECKING:
    from adapters._payload.forms import AdapterCall
    from adapters._wire.adapter import Adapter
    from adapters._wire.provider import Provider

ADVICE = "only plain data and trusted adapters are loaded; adapters.audit lists what it asks for"


def refused(
    offset: int, what: str, advice: str = ADVICE, subject: str = "payload"
) -> UntrustedError:
    """The error to raise where a payload asks for something that is not trusted."""
    message = f"refused to load a payload: at byte {offset}, {what}; {advice}"
    return UntrustedError(message, subject)


class Needs:
    """What a payload needs of each adapter.

    `modules` has the names that the caller trusts, each with the module that registers it, or None.
    """

    def __init__(self, modules: dict[str, str | None], by_value: bool) -> None:
        self._modules = {name: module or _library(name) for name, module in modules.items()}
        self._by_value = by_value
        self._needs: dict[tuple[str, Provider], _Need] = {}

    def note(self, call: AdapterCall, offset: int) -> None:
        """The payload makes this call; refused now where no adapter can be found for it later."""
        name, _, provider = call.key
        if name not in self._modules:
            known = ", ".join(sorted(self._modules)) or "nothing"
            what = f"it needs adapter {shown(name)!r}; trusted is {known}"
            advice = "name it in trusted= if its factory may run on anything"
            raise refused(offset, what, advice, shown(name))
        need = self._needs.get((name, provider))
        if need is None:
            need = self._needs[name, provider] = _Need(offset)
            if self._modules[name] is None and not (self._by_value and type(provider) is tuple):
                self._find(name, provider, offset)
        if call.links is not None and need.links is None:
            need.links = offset
        if call.attributes is not None:
            if need.attributes is None:
                need.attributes = offset
            if call.attributes.kind is tuple:
                for slot in call.attributes.items[1].items[::2]:
                    need.slots.setdefault(slot, offset)

    def adapters(self) -> dict[tuple[str, Provider], Adapter]:
        """The adapters; imports the modules that the caller named."""
        found: dict[tuple[str, Provider], Adapter] = {}
        for (name, provider), need in self._needs.items():
            module = self._modules[name]
            if module is not None and _registered(name, module) is None:
                try:
                    import_provider(module)
                except LookupError as error:
                    raise RebuildError(f"cannot rebuild {name!r}: {error}", name) from error
            found[name, provider] = self._find(name, provider, need.offset)
            need.check(found[name, provider])
        return found

    def _find(self, name: str, provider: Provider, offset: int) -> Adapter:
        """The registered adapter, or the one of the provider where it may come by value."""
        known = _registered(name, self._modules[name] or provider)
        if known is not None and (type(provider) is not tuple or known.came_from(provider)):
            return known
        if type(provider) is tuple and self._by_value:
            adapter = fetch(name, provider)
            if adapter.name == name:
                return adapter
            what = f"it has adapter {shown(adapter.name)!r} by value, under the name {name!r}"
            raise refused(offset, what, "do not load it", name)
        if known is not None:
            raise refused(
                offset,
                f"it has adapter {name!r} by value, and it is not the one that is registered here",
                "load it with by_value=True if the sender may run any code here",
                name,
            )
        said = "by value" if type(provider) is tuple else f"from {shown(str(provider))!r}"
        raise refused(
            offset,
            f"it needs adapter {name!r}, which is trusted, but not registered here",
            f"import what registers it, or name its module, trusted={{{name!r}: module}} (the"
            f" payload says it is {said}, which is not looked at)",
            name,
        )


def _library(name: str) -> str | None:
    """The module that brings an adapter of this name, if it is one of `adapters.libraries`."""
    file = name.removeprefix(PREFIX).partition(".")[0]
    return PREFIX + file if name.startswith(PREFIX) and file in FILES.values() else None


def _registered(name: str, module: Any) -> Adapter | None:
    """The adapter that this process has registered itself; others came with a payload."""
    adapter = registry.registered_by(module, name)
    return None if adapter is None or adapter.arrived else adapter


class _Need:
    """Where in a payload an adapter is needed first, and what it needs to have."""

    __slots__ = ("attributes", "links", "offset", "slots")

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.attributes: int | None = None  # the offset where an object has some
        self.links: int | None = None
        self.slots: dict[str, int] = {}

    def check(self, adapter: Adapter) -> None:
        """Refuse attributes and links that objects of this adapter do not have."""
        name = adapter.name
        if self.links is not None and adapter.link is None:
            raise _misfit(name, self.links, "links", "it has no link")
        if self.attributes is None:
            return
        if adapter.init is None:
            raise _misfit(name, self.attributes, "attributes", "it has no init")
        if type(vars(adapter.target).get("__setstate__")) is FunctionType:
            why = "its type has a __setstate__, which does not run on what a payload holds"
            raise _misfit(name, self.attributes, "attributes", why)
        known = _slotnames(adapter.target)
        for slot, offset in self.slots.items():
            if slot not in known:
                raise _misfit(name, offset, f"slot {shown(slot)!r}", "its type has none")


def _misfit(name: str, offset: int, what: str, why: str) -> UntrustedError:
    return refused(
        offset, f"it has {what} for an object of adapter {name!r}: {why}", "do not load it", name
    )
