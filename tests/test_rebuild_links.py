"""Objects that refer back: links, which are pickled once the object exists."""

from __future__ import annotations

import copy
import pickle
from multiprocessing import get_context
from typing import Any

import cloudpickle
import pytest
from children import echo
from graphs import Joint, link, links_of, name_of

import adapters

WRITERS = [pickle.dumps, pickle._dumps, cloudpickle.dumps, adapters.dumps]  # type: ignore[attr-defined]
READERS = [pickle.loads, pickle._loads, adapters.loads]  # type: ignore[attr-defined]


def tree() -> Joint:
    return Joint("root").add(Joint("left").add(Joint("leaf")), Joint("right"))


def shape(joint: Joint) -> Any:
    """The names in a tree, in which each part has to know its parent."""
    assert all(part.parent is joint for part in joint.parts)
    return joint.name, [shape(part) for part in joint.parts]


SHAPE = shape(tree())


@pytest.mark.parametrize("protocol", range(2, 6))
@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("write", WRITERS)
def test_a_tree_with_parents_arrives_from_either_end(write: Any, read: Any, protocol: int) -> None:
    root = tree()
    assert shape(read(write(root, protocol))) == SHAPE
    leaf = read(write(root.parts[0].parts[0], protocol))
    assert leaf.name == "leaf"
    assert shape(leaf.parent.parent) == SHAPE
    root, leaf = read(write([root, root.parts[0].parts[0]], protocol))
    assert root.parts[0].parts[0] is leaf


def test_the_list_of_parts_may_be_pickled_by_itself() -> None:
    """It is half loaded when the parent gets its links: these are another list."""
    counted: list[int] = []

    class Counting(Joint):
        pass

    def link(joint: Joint, links: Any) -> None:
        joint.parent, joint.parts = links
        counted.append(len(links[1]))

    adapters.register(
        Counting,
        lambda joint: joint.name,
        Counting,
        links=lambda joint: (joint.parent, joint.parts),
        link=link,
    )
    try:
        root = Counting("root").add(Counting("one"), Counting("two"))
        parts = adapters.loads(adapters.dumps({"first": root.parts, "then": root}))["first"]
    finally:
        adapters.unregister(Counting)
    assert sorted(counted) == [0, 0, 2]
    assert [part.name for part in parts] == ["one", "two"]
    assert parts[0].parent.parts[0] is parts[0]


def test_a_tree_goes_to_a_child_and_back(start_method: str) -> None:
    with get_context(start_method).Pool(1) as pool:
        assert shape(pool.apply_async(echo, [tree()]).get(60)) == SHAPE


def test_a_spec_has_the_links() -> None:
    root = tree()
    spec = adapters.to_spec(root)
    assert spec.links == (None, root.parts)
    assert spec.attributes is None
    assert repr(spec).endswith("state str, links tuple)")
    assert spec.rebuild().parts == root.parts
    arrived = pickle.loads(pickle.dumps(spec))
    assert [part.name for part in arrived.rebuild().parts] == ["left", "right"]
    assert shape(arrived.links[1][0].parent) == SHAPE


@pytest.mark.parametrize("copier", [copy.copy, copy.deepcopy])
def test_copy_refuses_what_has_links(copier: Any) -> None:
    with pytest.raises(adapters.SerializeError, match=r"use adapters\.loads\(adapters\.dumps"):
        copier(tree())
    assert shape(adapters.loads(adapters.dumps(tree()))) == SHAPE


def test_without_links_there_is_no_second_phase() -> None:
    joint = Joint("alone")
    adapters.unregister(Joint)
    try:
        adapters.register(
            Joint, lambda joint: joint.name, Joint, links=lambda joint: None, link=print
        )
        assert b"complete" not in pickle.dumps(joint)
        assert pickle.loads(pickle.dumps(joint)).name == "alone"
        assert copy.deepcopy(joint).name == "alone"
    finally:
        adapters.unregister(Joint)
        adapters.register(Joint, name_of, Joint, links=links_of, link=link)


def test_a_state_that_contains_the_object_is_refused_with_links_too(native: type) -> None:
    adapters.register(native, lambda obj: obj.state, native, links=lambda obj: None, link=print)
    made: Any = native()
    made.state = [made]
    for write in WRITERS:
        with pytest.raises(adapters.SerializeError, match="contains the object itself"):
            write(made)


# Versions and failures


def register(native: type, version: int, **options: Any) -> None:
    adapters.register(
        native,
        lambda obj: obj.state,
        native,
        name="linked.Native",
        links=lambda obj: ["new"],
        link=lambda obj, links: vars(obj).update(links=links),
        version=version,
        **options,
    )


def completed(links: Any, version: int = 1) -> Any:
    key = f"2:{version}:nowhere:linked.Native"
    made = adapters.rebuild(key, ["state"])
    adapters.complete(made, (key, None, links))
    return made.state, getattr(made, "links", "none")


def test_a_pair_upgrades_the_state_and_the_links(native: type) -> None:
    pair = (lambda state: [*state, "1 to 2"], lambda links: [*links, "1 to 2"])
    register(native, 3, upgrades={1: pair, 2: lambda state: [*state, "2 to 3"]})
    assert completed(["old"]) == (["state", "1 to 2", "2 to 3"], ["old", "1 to 2"])
    assert completed(["old"], 2) == (["state", "2 to 3"], ["old"])
    assert completed(["old"], 3) == (["state"], ["old"])
    with pytest.raises(adapters.VersionError, match="reads \\[1, 2, 3\\]"):
        completed(["old"], 4)


def test_an_older_version_without_links_has_none_to_set(native: type) -> None:
    register(native, 2, upgrades={1: lambda state: state})
    assert completed(None) == (["state"], "none")


def test_a_failing_upgrade_of_links_says_which(native: type) -> None:
    register(native, 2, upgrades={1: (lambda state: state, lambda links: 1 / 0)})
    with pytest.raises(adapters.RebuildError, match="upgrade from version 1 raised ZeroDivision"):
        completed(["old"])


def test_links_that_the_adapter_here_does_not_know(native: type) -> None:
    adapters.register(native, lambda obj: obj.state, native, name="linked.Native")
    with pytest.raises(adapters.RebuildError, match="the adapter here has no link"):
        completed(["old"])


def test_links_and_link_that_raise_are_named(native: type) -> None:
    def fail(*_: object) -> Any:
        raise ValueError("no such thing")

    adapters.register(native, lambda obj: 1, native, links=fail, link=fail)
    with pytest.raises(adapters.SerializeError, match="links raised ValueError: no such thing"):
        adapters.dumps(native())
    key = adapters.registry.find(native()).key
    with pytest.raises(adapters.RebuildError, match="link raised ValueError: no such thing"):
        adapters.complete(native(), (key, None, []))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"links": len}, "belong together"),
        ({"link": len}, "belong together"),
        ({"links": 5, "link": len}, "links must be callable, not 5"),
        ({"links": len, "link": 5}, "link must be callable, not 5"),
        ({"init": len}, "a factory, or init= in place of one"),
        ({"version": 2, "upgrades": {1: (len, len)}}, "older version"),
        ({"links": len, "link": len, "version": 2, "upgrades": {1: (len,)}}, "a pair of functions"),
    ],
)
def test_unusable_options(registry: adapters.Registry, options: Any, message: str) -> None:
    with pytest.raises(adapters.RegistrationError, match=message):
        registry.register(Joint, len, Joint, **options)
