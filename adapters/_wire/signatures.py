"""Signatures: the types of what `adapters.register` is given, for type checkers.

What `import adapters` imports does not import this module when it runs.

A factory takes what the serializer returns. mypy solves `State` from both at once, and where they
disagree it says no more than that it cannot. So `Factory`, `Init` and `Link` are unions: of the
function that is wanted, and of one of which mypy learns something else. It infers nothing from
such a union, solves `State` from the serializer alone, and then says which function does not fit
it. What the second member accepts, the first one does, too, but for functions that nobody writes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, overload

if TYPE_CHECKING:
    from typing_extensions import TypeVar as TypeVarWithDefault

    T = TypeVarWithDefault("T", default=Any)
else:
    T = TypeVar("T")
State = TypeVar("State")
Links = TypeVar("Links")
Obj = TypeVar("Obj")  # the same as T, without a default, as an alias may have it anywhere
Made = TypeVar("Made", covariant=True)


class CType(Protocol):
    """A C type of cffi, as `ffi.typeof` returns it."""

    @property
    def cname(self) -> str:
        """Its name in C."""

    @property
    def kind(self) -> str:
        """What it is: "struct", "pointer" and so on."""


class FactoryLike(Protocol[State, Made]):
    """Of a factory, in a way that tells mypy nothing."""

    @overload
    def __call__(self, state: State, /) -> State: ...
    @overload
    def __call__(self, state: Any, /) -> Made: ...


class InitLike(Protocol[State]):
    """Of `init`, likewise."""

    def __call__(self, obj: State, state: State, /) -> State: ...


class LinkLike(Protocol[Links]):
    """Of `link`, likewise."""

    def __call__(self, obj: Links, links: Links, /) -> Links: ...


Factory: TypeAlias = Callable[[State], Obj] | FactoryLike[State, Obj]
Init: TypeAlias = Callable[[Obj, State], object] | InitLike[State]
Link: TypeAlias = Callable[[Obj, Links], object] | LinkLike[Links]
