"""tree_sitter: languages, parsers, and trees with their source.

| type | what travels | what does not |
|---|---|---|
| `Language` | its package and the function that made it | of no package `tree_sitter_...`: refused |
| `Parser` | language, included ranges, logger | a parse that was stopped; dot graphs |
| `Tree` | language, source, included ranges; it is parsed again | edited, or no longer what its source gives: refused |
| `Range` | all of it | |

`Point` objects pickle by themselves.

Left out: `Node`, `TreeCursor`: they know neither their tree nor its language, so send the tree and
the range of bytes. `Query`, `QueryCursor`: the source of a query cannot be read back, so send that
and the language. `LookaheadIterator`: its state cannot be read back.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import tree_sitter
from tree_sitter import Language, Parser, Tree

from adapters import register
from adapters.libraries._states import parts

if TYPE_CHECKING:
    from collections.abc import Iterator

_NONE = type(None)
_ENCODINGS = ("utf8", "utf16le", "utf16be", "utf16")


def _serialize_language(language: Any) -> Any:
    for module in [name for name in sys.modules if name.startswith("tree_sitter_")]:
        found = sys.modules[module] if "." not in module else None
        for name in [each for each in dir(found) if each.startswith("language")]:
            with suppress(TypeError, ValueError):
                if Language(getattr(found, name)()) == language:
                    return module, name
    raise ValueError(
        f"no imported package tree_sitter_... has a function language...() that gives {language!r}:"
        " send the name of the language, and load it where it arrives"
    )


def _make_language(state: Any) -> Any:
    module, name = parts(state, str, str)
    if not module.startswith("tree_sitter_") or not name.startswith("language"):
        raise ValueError(f"{module}.{name} is no language of a package tree_sitter_...")
    return Language(getattr(import_module(module), name)())


def _make_parser(state: Any) -> Any:
    language, ranges, logger = parts(state, (Language, _NONE), list, object)
    parts(ranges, *[tree_sitter.Range] * len(ranges))
    parser = Parser(language) if language is not None else Parser()
    parser.included_ranges = ranges
    if logger is not None:
        parser.logger = logger
    return parser


def _source(tree: Any) -> bytes:
    """The source up to the end of a tree, which a node of it shows where it is moved to."""
    node = tree.walk().node
    end, origin = node.end_byte, (0, 0)
    if node.text is None or node.has_changes:
        raise ValueError(
            "the tree was edited, or has no source that can be read back: parse the source again,"
            " as bytes"
        )
    _check_text(node)
    pieces, size = [], 0
    while size < end:
        node.edit(0, node.start_byte, size, origin, node.start_point, origin)
        pieces.append(bytes(node.text)[: end - size])
        size += len(pieces[-1])
    return b"".join(pieces)


def _check_text(root: Any) -> None:
    if root.start_byte == root.end_byte > 0:
        raise ValueError("the source is nothing but white space, which cannot be read back")


def _facts(tree: Any) -> Iterator[Any]:
    """What can be seen of each node of a tree."""
    cursor = tree.walk()
    while True:
        node = cursor.node
        yield node.kind_id, node.range, node.is_missing, node.is_extra, cursor.field_id
        if not cursor.goto_first_child():
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return


def _serialize_tree(tree: Any) -> Any:
    source = _source(tree)
    for encoding in _ENCODINGS:
        state = (tree.language, source, encoding, tree.included_ranges)
        with suppress(ValueError):  # an encoding that this version does not know
            if all(one == two for one, two in zip_longest(_facts(_make_tree(state)), _facts(tree))):
                return state
    raise ValueError("the source of the tree does not give it any more: parse the source again")


def _make_tree(state: Any) -> Any:
    language, source, encoding, ranges = parts(state, Language, bytes, str, list)
    if encoding not in _ENCODINGS:
        raise ValueError(f"the encoding is one of {', '.join(_ENCODINGS)}, but {encoding!r}")
    parser = _make_parser((language, ranges, None))
    tree = parser.parse(source, **({} if encoding == "utf8" else {"encoding": encoding}))
    _check_text(tree.root_node)
    return tree


def _make_range(state: Any) -> Any:
    start, end, *numbers = parts(state, tuple, tuple, int, int)
    points = [parts(tuple(point), int, int) for point in (start, end)]
    if any(not 0 <= number < 1 << 32 for number in (*points[0], *points[1], *numbers)):
        raise ValueError(f"a range has numbers of 32 bits, but {state}")
    return tree_sitter.Range(*points, *numbers)


register(Language, _serialize_language, _make_language)
register(
    Parser,
    lambda parser: (parser.language, parser.included_ranges, getattr(parser, "logger", None)),
    _make_parser,
)
register(Tree, _serialize_tree, _make_tree)
register(
    tree_sitter.Range,
    lambda found: (
        tuple(found.start_point),
        tuple(found.end_point),
        found.start_byte,
        found.end_byte,
    ),
    _make_range,
)
