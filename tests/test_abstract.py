"""Abstract classes, of which there are no objects, are refused with the types to register."""

from __future__ import annotations

import abc
import pickle
from typing import Any, Protocol, runtime_checkable

import pytest
from gadgets import Gadget, state_of

import adapters


class Key(abc.ABC):
    """What a library calls its type in public; the objects are of another one."""

    @abc.abstractmethod
    def sign(self) -> bytes: ...


class Interface(abc.ABC):  # noqa: B024
    """As `Key`, without abstract methods."""


class HasState(Protocol):
    state: Any


@runtime_checkable
class HasMemory(Protocol):
    def memory(self) -> Any: ...


@Key.register
@Interface.register
class NativeKey(Gadget):
    """A virtual subclass."""


class Base(abc.ABC):
    """A class that others derive from."""

    def __init__(self, state: object = None) -> None:
        self.state = state

    @abc.abstractmethod
    def work(self) -> None: ...


class Worker(Base):
    def work(self) -> None: ...


class NotYet(abc.ABC):
    """A class from which a user will derive."""

    @abc.abstractmethod
    def work(self) -> None: ...


class Partly(Base):
    """Abstract, too."""


@Partly.register
class Elsewhere:
    """A virtual subclass of a class that is below."""


class Explicit(HasState):
    """A class that derives from a protocol."""

    def __init__(self, state: object = None) -> None:
        self.state = state


@pytest.fixture
def refused(registry: adapters.Registry) -> Any:
    """Why a registration is refused."""

    def refused(target: Any, **options: Any) -> str:
        with pytest.raises(adapters.RegistrationError) as caught:
            registry.register(target, state_of, target, **options)
        assert len(registry) == 0
        assert str(caught.value).startswith(f"cannot register an adapter for {__name__}.")
        assert caught.value.subject == f"{__name__}.{target.__qualname__}"
        return str(caught.value).partition(": ")[2]

    return refused


@pytest.mark.parametrize("target", [Key, Interface])
def test_virtual_subclasses_are_named(refused: Any, target: type) -> None:
    assert isinstance(NativeKey(), target)
    assert target not in NativeKey.__mro__
    abstract = "it is abstract, so no object has exactly this type"
    assert refused(target) == f"{abstract}; register test_abstract.NativeKey"
    found = f"{abstract}, and no class derives from it; register test_abstract.NativeKey"
    assert refused(target, subclasses=True) == found


def test_the_types_that_are_named_can_be_registered() -> None:
    adapters.register(NativeKey, state_of, NativeKey)
    try:
        assert pickle.loads(pickle.dumps(NativeKey(3))) == NativeKey(3)
    finally:
        adapters.unregister(NativeKey)


def test_derived_classes_are_named_and_served(refused: Any) -> None:
    found = refused(Base)
    assert "; register test_abstract.Elsewhere, test_abstract.Worker, or pass subclasses=" in found
    adapters.register(
        Base, lambda obj: (type(obj), obj.state), lambda s: s[0](s[1]), subclasses=True
    )
    try:
        assert type(pickle.loads(pickle.dumps(Worker(1)))) is Worker
        # A virtual subclass is not served, and the error says why.
        with pytest.raises(
            adapters.UnknownAdapterError,
            match=r"for it: it does not derive from test_abstract\.Base\. Registered",
        ):
            adapters.to_spec(Elsewhere())
    finally:
        adapters.unregister(Base)


def test_a_class_without_any_is_refused_unless_it_takes_subclasses(
    refused: Any, registry: adapters.Registry
) -> None:
    advice = "; register type(obj), the type of an object, or pass subclasses=True if"
    assert advice in refused(NotYet)
    assert registry.register(NotYet, state_of, state_of, subclasses=True).subclasses


@pytest.mark.parametrize("protocol", [HasMemory, HasState])
def test_a_protocol(refused: Any, protocol: type) -> None:
    assert refused(protocol).startswith("it is abstract")


def test_a_protocol_serves_no_class_that_only_matches_it(
    refused: Any, registry: adapters.Registry
) -> None:
    assert "no class derives from it; register type(obj)" in refused(HasMemory, subclasses=True)
    assert registry.register(HasState, state_of, Explicit, subclasses=True)
    assert registry.find(Explicit()).target is HasState


def test_few_of_many_are_named(refused: Any) -> None:
    class Many(abc.ABC):
        @abc.abstractmethod
        def work(self) -> None: ...

    many = [Many.register(type(f"Kind{index}", (), {})) for index in range(9)]
    found = refused(Many)
    assert len(many) == 9
    assert found.count("Kind") == 3
    assert found.endswith("and 6 more")


class Native(dict):  # type: ignore[type-arg]
    """Stands for an extension type: its `__new__` does not ask whether a class is abstract."""


class Odd(Native, metaclass=abc.ABCMeta):
    """A class with an abstract method, of which there are objects all the same."""

    @abc.abstractmethod
    def work(self) -> None: ...


class Plain(abc.ABC):  # noqa: B024
    """An abstract base class that can be constructed, and has a virtual subclass."""

    def __init__(self, state: object = None) -> None:
        self.state = state


Plain.register(NativeKey)


@pytest.mark.parametrize("target", [Odd, Plain, Explicit, Worker])
def test_a_type_that_has_objects_is_served(registry: adapters.Registry, target: Any) -> None:
    registry.register(target, state_of, target)
    assert registry.find(target()).target is target
