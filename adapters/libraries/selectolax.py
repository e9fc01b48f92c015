"""selectolax: documents of lexbor, and nodes in them.

| type | what travels | what does not |
|---|---|---|
| `LexborHTMLParser` | the document, changed or not, raw_html, options | a tree that no HTML gives, a fragment that needs its fragment_tag: refused; `scripting` is lost where no noscript shows it |
| `LexborNode` | the document, and the place in it | removed from it, made and not inserted, in the fragment of a template: refused |
| `LexborCSSSelector` | it has no settings | what it keeps of selectors |

The nodes of one document in one message arrive in one document.

Left out: `LexborAttributes`, `LexborSelector`: they do not tell their node, so send that.
`HTMLParser`, `Node` of the backend Modest: selectolax has removed it.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from selectolax.lexbor import LexborCSSSelector, LexborHTMLParser, LexborNode

from adapters import register
from adapters.libraries._states import parts

if TYPE_CHECKING:
    from collections.abc import Iterator


def _is_fragment(parser: Any) -> bool:
    return parser.root is None or parser.root.parent is None


def _tops(parser: Any) -> list[Any]:
    """The nodes of a document that have no parent, but for the document itself."""
    first = parser.root
    if not _is_fragment(parser):
        first = first.parent.first_child
    elif first is not None:
        while first.prev is not None:
            first = first.prev
    found = []
    while first is not None:
        found.append(first)
        first = first.next
    return found


def _nodes(parser: Any) -> Iterator[tuple[int, Any]]:
    """All nodes of a document in its order, and how deep they are."""
    for top in _tops(parser):
        node, depth = top, 0
        while node is not None:
            yield depth, node
            if (child := node.first_child) is not None:
                node, depth = child, depth + 1
                continue
            while depth and node.next is None:
                node, depth = node.parent, depth - 1
            node = node.next if depth else None


def _facts(parser: Any) -> Iterator[Any]:
    """What can be seen of each node."""
    yield _is_fragment(parser), parser.html
    for depth, node in _nodes(parser):
        text = node.text_content, node.comment_content
        yield depth, node.tag, node.attributes if node.is_element_node else None, text


def _unsaid(parser: Any) -> dict[int, list[str]]:
    """{number of a node: what HTML does not say of it}.

    For a text these are texts that follow each other, which are one node when they are parsed, or
    one that begins with the newline that is skipped there; for an element the names of attributes
    that have no value.
    """
    texts: dict[int, list[str]] = {}
    bare: dict[int, list[str]] = {}
    number = -1
    for _, node in _nodes(parser):
        if node.is_text_node and node.prev is not None and node.prev.is_text_node:
            texts[number].append(node.text_content)
            continue
        number += 1
        if node.is_text_node:
            texts[number] = [node.text_content]
        elif node.is_element_node:
            bare[number] = [name for name, value in node.attributes.items() if value is None]
    split = {key: words for key, words in texts.items() if words[1:] or words[0][:1] == "\n"}
    return split | {key: names for key, names in bare.items() if names}


def _say(parser: Any, unsaid: dict[int, list[str]]) -> None:
    nodes = [node for _, node in _nodes(parser)] if unsaid else []
    for number, words in unsaid.items():
        node = nodes[number] if number in range(len(nodes)) else None
        if node is not None and node.is_element_node and node.attributes.keys() >= set(words):
            for name in words:
                node.attrs[name] = None
        elif node is not None and node.is_text_node and "".join(words).endswith(node.text_content):
            for text in words[:-1]:
                node.insert_before(text)
            node.replace_with(words[-1])
        else:
            raise ValueError(f"the document has no node {number} that has {words}")


def _serialize_parser(parser: Any) -> Any:
    raw, options = parser.raw_html, int(getattr(parser, "options", 0))
    for scripting in (False, True):
        for html in (raw, (parser.html or "").encode()):
            unsaid = {} if html is raw else _unsaid(parser)
            state = (html, raw, _is_fragment(parser), options, scripting, unsaid)
            with suppress(TypeError, ValueError):  # a setting that this version does not know
                made = _make_parser(state)
                if all(one == two for one, two in zip_longest(_facts(made), _facts(parser))):
                    return state
    raise ValueError(
        "the HTML of this document does not give it when it is parsed, as it was changed, or is a"
        " fragment in another tag than div: parse it as what it is to be there"
    )


def _make_parser(state: Any) -> Any:
    kinds = (bytes, (bytes, type(None)), bool, int, bool, dict)
    html, raw, fragment, options, scripting, unsaid = parts(state, *kinds)
    if not 0 <= options < 1 << 31:
        raise ValueError(f"{options} is no number of options of a document")
    settings = {"is_fragment": fragment, "options": options, "scripting": scripting}
    # Older versions do not know all of them.
    parser = LexborHTMLParser(html, **{name: value for name, value in settings.items() if value})
    if raw != html:
        parser.raw_html = raw
    _say(parser, unsaid)
    return parser


def _serialize_node(node: Any) -> Any:
    parser, place, parent = node.parser, [], node
    while parent is not None and parent.tag != "-document":
        number, each = 0, parent
        while (each := each.prev) is not None:
            number += 1
        place.append(number)
        parent = parent.parent
    state = (parser, place[::-1])
    with suppress(ValueError):
        if _make_node(state).mem_id == node.mem_id:
            return state
    raise ValueError(
        "the node is not in its document: it was removed, not inserted, or is in a template"
    )


def _make_node(state: Any) -> Any:
    parser, place = parts(state, LexborHTMLParser, list)
    node, beside = None, _tops(parser)
    for number in parts(place, *[int] * len(place)):
        if not 0 <= number < len(beside):
            raise ValueError(f"the document has no node at the place {place}")
        node = beside[number]
        beside, child = [], node.first_child
        while child is not None:
            beside.append(child)
            child = child.next
    if node is None and not _is_fragment(parser):
        return parser.root.parent
    if node is None:
        raise ValueError("the place in a fragment is empty")
    return node


def _make_selector(state: Any) -> Any:
    parts(state)
    return LexborCSSSelector()


register(LexborHTMLParser, _serialize_parser, _make_parser)
register(LexborNode, _serialize_node, _make_node)
register(LexborCSSSelector, lambda selector: (), _make_selector)
