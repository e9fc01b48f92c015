"""Documents of lxml: a node travels as its tree and its place there; the states of both."""

from __future__ import annotations

import copyreg
import re
import sys
from array import array
from functools import lru_cache
from typing import Any

from lxml import etree, html

from adapters.libraries._states import parts

_known = copyreg.dispatch_table.get(etree._ElementTree)
from lxml import objectify  # noqa: E402

if _known is None:  # what the import gave copyreg is taken back: plain pickle stays as it was
    copyreg.dispatch_table.pop(etree._ElementTree, None)

Node = etree._Element
ObjectPath = objectify.ObjectPath
NONE = type(None)
_TEXTS = ((str, NONE), (str, NONE))
_ROW = (int, str, (tuple, str, NONE), *_TEXTS, int)
_PLAIN = "_Element _Comment _ProcessingInstruction _XSLTProcessingInstruction _Entity"
_PAGE = """HtmlElement HtmlComment HtmlEntity HtmlProcessingInstruction FormElement InputElement
LabelElement SelectElement TextareaElement"""
_DATA = "ObjectifiedElement IntElement FloatElement BoolElement StringElement NoneElement"
_MODULES = {"etree": (etree, _PLAIN), "html": (html, _PAGE), "objectify": (objectify, _DATA)}
CLASSES = {
    kind: {getattr(module, name) for name in names.split() if hasattr(module, name)}
    for kind, (module, names) in _MODULES.items()
}
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_UNKNOWN = (etree.ErrorTypes.ERR_UNDECLARED_ENTITY, etree.ErrorTypes.WAR_UNDECLARED_ENTITY)
_LAST_LINE = 0xFFFF  # where lxml cannot set it


def serialize(node: Any) -> Any:
    """The state of a node: all of its document, or another node of it and the way from there."""
    top, path = node, []
    while (parent := top.getparent()) is not None:
        path.append(Node.index(parent, top))
        top = parent
    if path:
        return top, path[::-1]
    root = node.getroottree().getroot()
    if root is not None and root is not node:
        for step in (1, -1):
            for number, each in enumerate(root.itersiblings(preceding=step < 0), 1):
                if each is node:
                    return root, step * number
    return _document(node)


def _document(top: Any) -> Any:
    """The state of a node that has no parent: all of its document."""
    nodes = list(Node.iter(top))
    found = {type(node) for node in nodes}
    kind = next((kind for kind, classes in CLASSES.items() if found <= classes), None)
    if kind is None:
        names = ", ".join(sorted(each.__name__ for each in found))
        raise ValueError(f"the tree has elements of classes of several kinds, or others: {names}")
    tree = top.getroottree()
    whole = tree.getroot() is top
    info: Any = tree.docinfo if whole else None
    url = tree.docinfo.URL if tree.getroot() is not None else None
    before, after = (_before(top), list(top.itersiblings())) if whole else ([], [])
    if any(each.tail for each in (*before, *after)):
        raise ValueError(
            "a comment or instruction beside the root has a tail, which is not written"
        )
    if isinstance(top.tag, str) and not isinstance(tree.parser, etree.HTMLParser):
        if top.tail is None:  # otherwise lxml does not write the siblings behind it
            nodes, after = nodes + after, []
        content, facts = _written(top, info, [*before, *nodes])
    else:
        numbers = {id(node): number for number, node in enumerate(nodes)}
        rows = [_row(numbers.get(id(node.getparent()), 0), node) for node in nodes]
        content = (rows, [_row(0, each) for each in before])
        ids = (info.doctype, info.public_id, info.system_url) if whole else ("", None, None)
        facts = (ids, info.encoding if whole else None)
    return kind, whole, url, top.tail, facts, content, [_row(0, each) for each in after]


def _written(top: Any, info: Any, nodes: list[Any]) -> tuple[Any, Any]:
    """The bytes of an XML document, and what is not in them."""
    declared = info is not None and info.standalone is not None
    encoding = (info and info.encoding) or "UTF-8"
    content = etree.tostring(
        top if info is None else top.getroottree(),
        encoding=encoding,
        xml_declaration=declared,
        standalone=(info and info.standalone) or None,
        with_tail=False,
    )
    lines = array("H", map(_line_of, nodes))
    if sys.byteorder == "big":
        lines.byteswap()
    entities = any(node.tag is etree.Entity for node in nodes)
    external = info is not None and info.externalDTD is not None
    return content, (None if declared else encoding, entities, external, lines.tobytes())


def _before(top: Any) -> list[Any]:
    """The siblings before a node that has no parent."""
    return list(top.itersiblings(preceding=True))[::-1]


def _line_of(node: Any) -> int:
    if node.tag is etree.Entity:  # has that of what is beside it
        return _LAST_LINE
    return min(node.sourceline or 0, _LAST_LINE)


def _row(parent: int, node: Any) -> Any:
    """A node: number of its parent, tag, attributes and prefixes or name, text, tail, line."""
    tag, more = node.tag, None
    if isinstance(tag, str):
        more = (dict(node.attrib), node.nsmap)
    elif tag is etree.Comment:
        tag = "!"
    elif tag is etree.Entity:
        tag, more = "&", node.name
    else:
        tag, more = "?", node.target
    row = (parent, tag, more, None if tag == "&" else node.text, node.tail, _line_of(node))
    values = more[0].values() if isinstance(more, tuple) else ()
    if any(_UNWRITABLE.search(each) for each in (row[3] or "", row[4] or "", *values)):
        raise ValueError(
            "the document has control characters, which lxml reads in HTML, and does not let set:"
            " remove them before it is parsed"
        )
    return row


def make_node(state: Any) -> Any:
    """A node from its state.

    Raises:
        ValueError: the tree has no such node, or the document cannot be read.
        TypeError: a part of the state has a wrong type.
    """
    if type(state) is not tuple or len(state) != 2:
        return _make_document(parts(state, str, bool, *_TEXTS, tuple, (bytes, tuple), list))
    node, place = parts(state, Node, (list, int))
    if type(place) is list:
        for number in parts(place, *[int] * len(place)):
            if not 0 <= number < Node.__len__(node):
                raise ValueError(f"the tree has no node at the place {place}")
            node = _child(node, number)
        return node
    beside = list(node.itersiblings(preceding=place < 0))
    if not 0 < abs(place) <= len(beside):
        raise ValueError(f"the root of the document has no sibling number {place}")
    return beside[abs(place) - 1]


def _child(node: Any, number: int) -> Any:
    return Node.__getitem__(node, number)  # that of lxml.objectify gives siblings


def _make_document(state: Any) -> Any:
    kind, whole, url, tail, facts, content, after = state
    if kind not in CLASSES:
        raise ValueError(f"the kind of a tree is one of {', '.join(CLASSES)}, but {kind!r}")
    if isinstance(content, bytes):
        encoding, entities, external, lines = parts(facts, (str, NONE), bool, bool, bytes)
        # The log of errors is that of the last document, so where it is read the parser is new.
        make = _parser.__wrapped__ if entities else _parser
        parser = make(kind, False, encoding, entities, external)
        top = etree.fromstring(content, parser, base_url=url)
        errors = parser.error_log.filter_from_errors() if entities else ()
        if faults := [error.message for error in errors if error.type not in _UNKNOWN]:
            raise ValueError(f"the document cannot be read: {faults[0]}")
        if external and top.getroottree().docinfo.externalDTD is None:
            raise ValueError(f"the DTD {top.getroottree().docinfo.system_url!r} cannot be loaded")
        _set_lines([*_before(top), *Node.iter(top), *top.itersiblings()], lines)
    else:
        rows, before = parts(content, list, list)
        top = _make_rows(kind, whole, url, rows, facts)
        for row in before:
            top.addprevious(_made(row))
    for row in reversed(after):
        top.addnext(_made(row))
    if tail is not None:
        _set(top, "tail", tail)
    return top


def _make_rows(kind: str, whole: bool, url: Any, rows: Any, facts: Any) -> Any:
    ids, encoding = parts(facts, tuple, (str, NONE))
    doctype, public, system = parts(ids, str, *_TEXTS)
    if not rows:
        raise ValueError("the state has no node")
    _, tag, more, text, _, line = first = parts(rows[0], *_ROW)
    if not isinstance(more, tuple):
        node = _made(first)
        if kind != "etree":  # its class is that of the document
            holder = _parser(kind, True, encoding).makeelement("html")
            holder.getroottree().docinfo.URL = url
            holder.append(node)
            del node
            node = _child(holder, 0)
            holder.remove(node)
        return node
    parser = _parser(kind, True, encoding or "UTF-8")
    attributes, prefixes = parts(more, dict, dict)
    if whole and encoding:
        top = etree.fromstring(f"{doctype}<html></html>".encode(), parser, base_url=url)
        _set(top, "tag", tag)
        top.attrib.update(attributes)
    else:
        top = parser.makeelement(tag, attributes, prefixes)
        info = top.getroottree().docinfo
        info.URL = url
        if whole:
            info.public_id, info.system_url = public, system
    _set(top, "text", text)
    _set_line(top, line)
    made = [top]
    for row in rows[1:]:
        parent, tag, more, text, tail, line = parts(row, *_ROW)
        if not 0 <= parent < len(made):
            raise ValueError(f"there is no parent {parent} of node {len(made)}")
        if isinstance(more, tuple):
            attributes, prefixes = parts(more, dict, dict)
            made.append(etree.SubElement(made[parent], tag, attributes, prefixes))
            _set(made[-1], "text", text)
            _set_line(made[-1], line)
        else:
            made.append(_made(row))
            Node.append(made[parent], made[-1])
        _set(made[-1], "tail", tail)
    return top


def _made(row: Any) -> Any:
    """A node that is no element."""
    _, tag, more, text, _, line = parts(row, *_ROW)
    if tag == "&":
        node = etree.Entity(more)
    elif tag in ("!", "?"):
        node = etree.Comment() if tag == "!" else etree.PI(more)
        if text is not None:
            node.text = text  # may be what no constructor takes
    else:
        raise ValueError(f"{tag!r} is no comment, instruction or entity")
    _set_line(node, line)
    return node


def _set_line(node: Any, line: int) -> None:
    if not 0 <= line <= _LAST_LINE:
        raise ValueError(f"the number of a line is from 0 to {_LAST_LINE}, but {line}")
    if line != _LAST_LINE and (node.sourceline or 0) != line:
        _set(node, "sourceline", line)


def _set(node: Any, name: str, value: Any) -> None:
    getattr(Node, name).__set__(node, value)  # lxml.objectify would add an element


def _set_lines(nodes: list[Any], lines: bytes) -> None:
    if len(lines) != 2 * len(nodes):
        raise ValueError(f"the state has {len(lines)} bytes of line numbers of {len(nodes)} nodes")
    numbers = array("H", lines)
    if sys.byteorder == "big":
        numbers.byteswap()
    for node, line in zip(nodes, numbers, strict=True):
        _set_line(node, line)


@lru_cache(16)
def _parser(
    kind: str,
    is_html: bool,
    encoding: str | None,
    entities: bool = False,
    external: bool = False,
) -> Any:
    module, for_xml = (html, html.XHTMLParser) if kind == "html" else (etree, etree.XMLParser)
    if is_html:
        parser = module.HTMLParser(default_doctype=False, encoding=encoding)
    else:
        parser = for_xml(
            encoding=encoding,
            huge_tree=True,
            recover=entities,  # those that are declared nowhere
            resolve_entities=False,
            load_dtd=external,
            strip_cdata=False,
        )
    if kind == "objectify":
        parser.set_element_class_lookup(objectify.ObjectifyElementClassLookup())
    return parser
