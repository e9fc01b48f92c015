"""Signatures: the types of what `adapters.register` is given, for type checkers.

What `import adapters` imports does not import this module when it runs.

A factory takes what the serializer returns. mypy solves `State` from both at once, and where they
disagree it says no more than that it cannot. So `Factory`, `Init` and `Link` stand beside the
functions in a union: mypy, which infers nothing from unions whose members tell it different things,
then solves `State` from the serializer alone, and says which function does not fit it. What they
accept, the function beside them accepts, too, but for functions that nobody writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

if TYPE_CHECKING:
    from typing_extensions import TypeVar as TypeVarWithDefault

    T = TypeVarWithDefault("T", default=Any)
else:
    T = TypeVar("T")
State = TypeVar("State")
Links = TypeVar("Links")
Made = TypeVar("Made", covariant=True)


class CType(Protocol):
    """A C type of cffi, as `ffi.typeof` returns it."""

    @property
    def cname(self) -> str:
        """Its name in C."""

    @property
    def kind(self) -> str:
        """What it is: "struct", "pointer" and so on."""


class Factory(Protocol[State, Made]):
    """A factory: a function of a state that returns a new object."""

    @overload
    def __call__(self, state: State, /) -> State: ...
    @overload
    def __call__(self, state: Any, /) -> Made: ...


class Init(Protocol[State]):
    """A function of an empty object and a state that gives the object its native part."""

    def __call__(self, obj: State, state: State, /) -> State: ...


class Link(Protocol[Links]):
    """A function of an object and its links."""

    def __call__(self, obj: Links, links: Links, /) -> Links: ...
