import sys

import pytest
from kit import check_examples

import adapters

tree_sitter = pytest.importorskip("tree_sitter")
grammar = pytest.importorskip("tree_sitter_python")


def language():
    return tree_sitter.Language(grammar.language())


def a_range():
    return tree_sitter.Range((0, 1), (2, 3), 1, 20)


def another_range():
    return tree_sitter.Range((0, 0), (0xFFFFFFFF, 0xFFFFFFFF), 0, 0xFFFFFFFF)


def parser():
    return tree_sitter.Parser(language())


def log(kind, message):
    pass


def with_settings():
    part = tree_sitter.Range((0, 2), (0, 5), 2, 5)
    return tree_sitter.Parser(language(), included_ranges=[part], logger=log)


def without_a_language():
    return tree_sitter.Parser()


def tree():
    return parser().parse(b"\n\n  # c\nx=1\n\ndef f(: pass")


def short_after_space():
    return parser().parse(b"\n" * 9 + b"xy")


def in_utf16():
    return parser().parse("x = 'é'".encode("utf-16-le"), encoding="utf16le")


def of_a_part():
    return with_settings().parse(b"x y=1 z")


def empty():
    return parser().parse(b"")


def from_a_callback():
    return parser().parse(lambda offset, point: b"x=1"[offset:])


TYPES = {
    "Language": [language],
    "Parser": [parser, with_settings, without_a_language],
    "Tree": [tree, short_after_space, in_utf16, of_a_part, from_a_callback, empty],
    "Range": [a_range, another_range],
}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name])


@pytest.mark.parametrize("make", TYPES["Tree"])
def test_trees_have_the_same_nodes_and_texts(make):
    first = make()
    arrived = adapters.loads(adapters.dumps(first))
    assert str(arrived.root_node) == str(first.root_node)
    assert arrived.root_node.text == first.root_node.text
    assert first.changed_ranges(arrived) == []
    assert arrived.included_ranges == first.included_ranges


def edited():
    found = tree()
    found.edit(0, 0, 1, (0, 0), (0, 0), (0, 1))
    return found


def of_white_space():
    return parser().parse(b"   \n ")


def of_a_later_source():
    source = bytearray(b"x=1")
    found = parser().parse(source)
    source[:] = b"xyz"
    return found


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (edited, "edited"),
        (of_white_space, "white space"),
        (of_a_later_source, "does not give"),
    ],
)
def test_trees_without_their_source_are_refused(make, words):
    with pytest.raises(adapters.SerializeError, match=words):
        adapters.dumps(make())


def test_a_language_of_no_package_is_refused(monkeypatch):
    found = language()
    monkeypatch.delitem(sys.modules, "tree_sitter_python")
    with pytest.raises(adapters.SerializeError, match="no imported package"):
        adapters.dumps(found)
