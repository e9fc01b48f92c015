"""What follows once an object exists, its attributes and its links, in trusted loads and audits."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from payloads import COMPLETE, REBUILD, SPEC, assert_not_understood, text

import adapters
from adapters._payload.audit import audit
from adapters._payload.trusted import trusted_loads
from adapters.errors import UntrustedError


class Node:
    """Stands for a node of a C++ graph: made of its name, and linked to others."""

    def __init__(self, name: Any) -> None:
        self.name = name
        self.links: Any = None


class Shell:
    """Stands for a type that is made empty, and has a Python part."""

    __slots__ = ("__dict__", "__private", "native", "tag")

    def hidden(self) -> Any:
        return self.__private


class Stateful(Shell):
    """Its class checks its Python part itself."""

    __slots__ = ()

    def __setstate__(self, state: Any) -> None:
        raise AssertionError("must not run")


def set_native(shell: Any, state: Any) -> None:
    shell.native = state


def set_links(node: Any, links: Any) -> None:
    node.links = links


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    both: dict[str, Any] = {"links": lambda node: node.links, "link": set_links}
    adapters.register(Node, lambda node: node.name, Node, name="node", **both)
    adapters.register(Shell, lambda shell: shell.native, name="shell", init=set_native)
    adapters.register(Stateful, lambda shell: shell.native, name="stateful", init=set_native)
    for name in ("node", "shell"):
        adapters.registry[name].module = __name__  # by import, as a library's would be
    yield
    for target in (Node, Shell, Stateful):
        adapters.unregister(target)


def load(payload: bytes, **options: Any) -> Any:
    return trusted_loads(payload, **{"trusted": ["node", "shell", "stateful"], **options})


def key(name: str, version: int = 1) -> bytes:
    return text(f"2:{version}:x:{name}")


def new(name: str, state: bytes = b"N", version: int = 1) -> bytes:
    return REBUILD + key(name, version) + state + b"\x86R"


def then(name: str, attributes: bytes = b"N", links: bytes = b"N", version: int = 1) -> bytes:
    """Completes the object on top of the stack, which becomes memo 9, and leaves it there."""
    return b"q\x09" + again(name, attributes, links, version)


def again(name: str, attributes: bytes = b"N", links: bytes = b"N", version: int = 1) -> bytes:
    """Completes memo 9."""
    rest = key(name, version) + attributes + links + b"\x87"
    return COMPLETE + b"h\x09" + rest + b"\x86R0"


def assert_refused(payload: bytes, match: str) -> None:
    """Refused by trusted loads, and by audits for a reason that the payload alone tells."""
    with pytest.raises(UntrustedError, match=match):
        load(payload)
    report = audit(payload)
    assert report.complete, str(report)
    assert not report.only_adapters
    assert report.refused
    assert "runs code of its own choice" not in str(report)


# What arrives


def test_links_to_the_object_itself_and_to_others() -> None:
    parent, child = Node("parent"), Node("child")
    parent.links, child.links = [child, parent], [parent]
    for obj in (parent, child):
        payload = adapters.dumps(obj)
        assert audit(payload).only_adapters
        twin = load(payload)
        assert twin.name == obj.name
        other = twin.links[0]
        assert {twin.name, other.name} == {"parent", "child"}
        assert twin in other.links
        assert other in twin.links


def test_attributes_and_slots() -> None:
    shell = Shell()
    shell.native, shell.tag, shell.color = (1, 2), ["tag"], "red"  # type: ignore[attr-defined]
    shell._Shell__private = b"p"  # type: ignore[attr-defined]
    shell.me = [shell, {"me": shell}]  # type: ignore[attr-defined]
    Shell.__slotnames__ = ["_Shell__private", "tag"]  # type: ignore[attr-defined]
    for obj in (shell, [shell, shell], {"a": shell}):
        payload = adapters.dumps(obj)
        assert audit(payload).only_adapters, str(audit(payload))
        loaded = load(payload)
        twin = loaded if obj is shell else loaded["a"] if type(obj) is dict else loaded[0]
        assert (twin.native, twin.tag, twin.color, twin.hidden()) == ((1, 2), ["tag"], "red", b"p")
        assert twin.me[0] is twin.me[1]["me"] is twin


def test_a_list_may_hold_an_object_whose_attributes_hold_the_list() -> None:
    shell = Shell()
    shell.native, shell.all = 1, [shell]  # type: ignore[attr-defined]
    payload = pickle.dumps(shell.all)  # type: ignore[attr-defined]
    (twin,) = loaded = load(payload)
    assert twin.all is loaded


def test_specs_keep_what_follows() -> None:
    node = Node("n")
    node.links = (1, [2])
    spec = load(pickle.dumps(adapters.to_spec(node)))
    assert spec.links == (1, [2])
    assert spec.rebuild().links == (1, [2])
    payload = SPEC + key("shell") + b"K\1N}" + text("a") + b"K\2sN\x87\x87R."
    assert audit(payload).only_adapters
    made = load(payload).rebuild()
    assert (made.native, made.a) == (1, 2)


def test_upgrades_of_links_run() -> None:
    adapters.unregister(Node)
    adapters.register(
        Node,
        lambda node: node.name,
        Node,
        name="node",
        version=2,
        links=lambda node: node.links,
        link=set_links,
        upgrades={1: (lambda state: state, lambda links: ["upgraded", *links])},
    )
    assert load(new("node") + then("node", links=b"]") + b".").links == ["upgraded"]
    assert load(new("node", version=2) + then("node", links=b"]", version=2) + b".").links == []


# What is refused


NOT_MADE_BY_IT: dict[str, bytes] = {
    "plain data": b"]" + then("node", links=b"]"),
    "None": b"N" + then("node"),
    "an object of another adapter": new("shell") + then("node", links=b"]"),
    "an object of another version": new("node", version=2) + then("node", links=b"]"),
    "an object of another provider": (
        REBUILD + text("2:1:y:node") + b"N\x86R" + then("node", links=b"]")
    ),
    "a spec": SPEC + key("node") + b"N\x86R" + then("node", links=b"]"),
    "what complete returns": b"0".join(
        (new("node") + b"q\x08", COMPLETE + b"h\x08" + key("node") + b"NN\x87\x86R" + then("node"))
    ),
    "a list of an object": new("node") + b"\x85" + then("node", links=b"]"),
}


@pytest.mark.parametrize("name", NOT_MADE_BY_IT)
def test_only_what_the_same_adapter_has_made_is_completed(name: str) -> None:
    assert_refused(
        NOT_MADE_BY_IT[name] + b".", "completes something that the same adapter has not made"
    )


def test_an_object_of_form_1_is_completed_by_its_key() -> None:
    old = REBUILD + b"(" + text("node") + b"K\1" + text("x") + text("old") + b"tR"
    assert load(old + then("node", links=b"]") + b".").links == []


def test_an_object_is_completed_once() -> None:
    assert_refused(
        new("node") + then("node") + again("node") + b".", "completes an object a second time"
    )


def test_an_object_is_not_completed_after_a_factory_was_given_it() -> None:
    for state in (b"h\1", b"h\1\x85", b"](h\1e", b"}K\1h\1s"):
        payload = new("node") + b"q\1" + new("node", state) + b"0" + then("node", links=b"]") + b"."
        assert_refused(payload, "completes an object that a factory has been given before")
    complete = new("node") + b"q\1" + then("node", links=b"]") + new("node", b"h\1") + b"\x86."
    first, second = load(complete)
    assert second.name is first


def test_a_link_may_be_given_objects_that_wait_for_links() -> None:
    first = again("node", links=b"h\1\x85").replace(b"\x09", b"\1")
    second = then("node", links=b"h\1\x85")
    payload = new("node", b"K\1") + b"q\1" + new("node", b"K\2") + second + b"0" + first + b"."
    twin = load(payload)
    assert twin.name == 1
    assert twin.links == (twin,)


GROWING: dict[str, bytes] = {
    "links": new("node") + then("node", links=b"]q\2") + b"h\2Na\x86.",
    "a list in links": new("node") + then("node", links=b"]q\2\x85") + b"h\2Na\x86.",
    "a dict in links": new("node") + then("node", links=b"}q\2\x85") + b"h\2NNs\x86.",
    "attributes": new("shell") + then("shell", b"}q\2") + b"h\2" + text("a") + b"Ns\x86.",
    "attributes in a pair": (
        new("shell") + then("shell", b"}q\2}\x86") + b"h\2" + text("a") + b"Ns\x86."
    ),
    "slots": new("shell") + then("shell", b"N}q\2\x86") + b"h\2" + text("a") + b"Ns\x86.",
    "attributes of a spec": (
        SPEC + key("shell") + b"NN}q\2N\x87\x87R" + b"h\2" + text("a") + b"Ns\x86."
    ),
    "attributes of an object in a state": (
        new("shell") + then("shell", b"}" + text("a") + b"]q\2s") + b"0"
        + new("node", b"h\x09") + b"h\2Na\x86."
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GROWING)
def test_what_was_given_does_not_grow(name: str) -> None:
    assert_refused(GROWING[name], r"adds to a (list|dict) that .* has been given before")


WITHOUT_NAMES: dict[str, bytes] = {
    "a list": b"]",
    "a str": text("a"),
    "an object": b"h\x09",
    "a number for a name": b"}K\1Ns",
    "bytes for a name": b"}C\1aNs",
    "an object for a name": b"}h\x09Ns",
    "a tuple of one": b"}\x85",
    "a tuple of three": b"}}}\x87",
    "no slots": b"}N\x86",
    "a list of slots": b"N]\x86",
    "a number for a slot": b"N}K\1Ns\x86",
    "a list beside slots": b"]}\x86",
}


@pytest.mark.parametrize("name", WITHOUT_NAMES)
def test_attributes_are_dicts_with_names(name: str) -> None:
    payload = new("shell") + then("shell", WITHOUT_NAMES[name]) + b"."
    assert_refused(payload, "the attributes of an object are not a dict with names for its keys")


def slots(*names: str) -> bytes:
    return b"N}(" + b"".join(text(name) + b"N" for name in names) + b"u\x86"


@pytest.mark.parametrize("name", ["other", "__class__", "__dict__", "__setstate__", "__private"])
def test_slots_are_slots_of_the_type(name: str) -> None:
    Shell.__slotnames__ = ["_Shell__private", "tag"]  # type: ignore[attr-defined]
    assert load(new("shell") + then("shell", slots("tag", "_Shell__private")) + b".").tag is None
    with pytest.raises(UntrustedError, match=f"slot '{name}' for .* 'shell': its type has none"):
        load(new("shell") + then("shell", slots("tag", name)) + b".")


def test_an_adapter_has_to_have_what_it_is_given() -> None:
    for obj, match in (
        (new("shell") + then("shell", links=b"]"), "links .* 'shell': it has no link"),
        (new("node") + then("node", b"}"), "attributes .* 'node': it has no init"),
        (new("stateful") + then("stateful", b"}"), "attributes .*: its type has a __setstate__"),
        (SPEC + key("shell") + b"NNN]\x87\x87R", "links .* 'shell': it has no link"),
        (SPEC + key("node") + b"NN}N\x87\x87R", "attributes .* 'node': it has no init"),
    ):
        with pytest.raises(UntrustedError, match=match):
            load(obj + b".")


def test_nothing_runs_before_all_is_checked() -> None:
    made: list[Any] = []
    adapters.unregister(Node)
    adapters.register(
        Node, lambda node: node.name, made.append, name="node", links=made.append, link=made.append
    )
    with pytest.raises(UntrustedError, match="it has no link"):
        load(b"](" + new("node") + new("shell") + then("shell", links=b"]") + b"e.")
    assert not made


def test_the_class_of_an_object_is_that_of_the_adapter() -> None:
    class Derived(Shell):
        pass

    payload = REBUILD + key("shell") + b"N" + b"c__main__\nDerived\n\x87R."
    with pytest.raises(UntrustedError, match="register an adapter for the subclass itself"):
        load(payload)
    assert type(load(REBUILD + key("shell") + b"NN\x87R.")) is Shell


def test_calls_that_no_pickler_writes_are_not_understood() -> None:
    assert_not_understood(COMPLETE + b")R.", "arguments of adapters.complete")
    with pytest.raises(UntrustedError, match=r"adapters\.complete itself, as data"):
        load(b"](" + COMPLETE + b"e.")
