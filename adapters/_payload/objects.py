"""Objects of adapters: how they are made and completed, as far as the payload alone tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters._payload import budget
from adapters._payload.giving import give
from adapters._payload.symbols import (
    AS_ATTRIBUTES,
    TO_FACTORY,
    TO_LINK,
    Closed,
    Container,
    Made,
    shown,
)
from adapters._payload.tables import DictTable, memory_to_grow

if TYPE_CHECKING:
    from adapters._payload.forms import AdapterCall
    from adapters._payload.symbolic import SymbolicBuilder

SUBCLASS = "register an adapter for the subclass itself, in the process that pickles it and here"


def check_class(builder: SymbolicBuilder, call: AdapterCall) -> None:
    """Refuse a class that the payload chooses for an object."""
    if call.cls is not None:
        what = (
            f"it has an object of {shown(call.cls.path)}, a subclass of what adapter"
            f" {shown(call.key[0])!r} makes, and no class is taken from a payload"
        )
        builder.refuse(what, SUBCLASS)


def check_attributes(builder: SymbolicBuilder, call: AdapterCall) -> None:
    """Refuse attributes that are not a dict of names, or a pair of one (or None) and slots."""
    if call.attributes is None:
        return
    for part in _dicts(call.attributes):
        names = part.items[::2] if type(part) is Container and part.kind is dict else [None]
        builder.take(budget.LOOK * len(names))
        if not all(type(name) is str for name in names):
            builder.refuse("the attributes of an object are not a dict with names for its keys")
            return
        builder.charge(memory_to_grow(DictTable, 0, len(names)))  # that of the object
        part.given = max(part.given, AS_ATTRIBUTES)


def _dicts(attributes: Any) -> list[Any]:
    """The parts of attributes that have to be dicts."""
    if type(attributes) is not Closed:
        return [attributes]
    if attributes.kind is not tuple or len(attributes.items) != 2:
        return [None]
    return attributes.items[1:] if attributes.items[0] is None else attributes.items


def new_object(builder: SymbolicBuilder, call: AdapterCall) -> Made:
    """The object that a factory makes of a state."""
    give(builder, call.state, TO_FACTORY)
    return Made(call.key, call.state, call.arguments.depth)


def complete(builder: SymbolicBuilder, call: AdapterCall) -> None:
    """Give an object its attributes and links, where it is one that waits for them."""
    obj = call.obj
    if type(obj) is not Made or obj.key != call.key:
        builder.refuse("it completes something that the same adapter has not made")
    elif obj.complete:
        builder.refuse("it completes an object a second time")
    elif obj.given == TO_FACTORY:
        builder.refuse("it completes an object that a factory has been given before")
    else:
        obj.items += [call.attributes, call.links]
        give(builder, call.links, TO_LINK)
        if call.links is not None:  # `link` is given the object, and with it its attributes
            give(builder, call.attributes, TO_LINK)
        builder.contain(obj, obj.items[1:])
