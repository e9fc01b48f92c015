"""lxml: elements with the tree that they are in, compiled expressions, names.

| type | what travels | what does not |
|---|---|---|
| `_Element`, `_Comment`, `_ProcessingInstruction`, `_XSLTProcessingInstruction`, `_Entity` | the whole tree that the node is in, and its place there; internal DTD, encoding, base URL, CDATA, undeclared entities, line numbers up to 65,534 | options of the parser; a DTD that was loaded from a file is loaded again from there; trees with element classes of your own and HTML with control characters are refused |
| `HtmlElement`, `HtmlComment`, `HtmlEntity`, `HtmlProcessingInstruction`, `FormElement`, `InputElement`, `LabelElement`, `SelectElement`, `TextareaElement` | as above, of lxml.html | attributes that were set on the Python objects |
| `ObjectifiedElement`, `IntElement`, `FloatElement`, `BoolElement`, `StringElement`, `NoneElement` | as above, of lxml.objectify, whose own pickles lose the place in the tree | types that were registered by `PyType` are refused |
| `_ElementTree` | its root element, with the document | where lxml.objectify was imported before, its reducer in copyreg serves in place of this one: it loses encoding, base URL and what is around the root |
| `_Attrib` | the element whose attributes they are | |
| `_ElementUnicodeResult` | the text, and the element or attribute that it is from; its own pickle loses that | |
| `XPath`, `ETXPath`, `CSSSelector` | expression, namespaces, regexp | `smart_strings=False` is lost: strings know their parents again; extension functions are refused |
| `XPathElementEvaluator`, `XPathDocumentEvaluator` | the element, namespaces, regexp, smart_strings | extension functions are refused |
| `QName` | the name | |
| `ObjectPath` | the path | |
| `XSLTAccessControl` | its options | |

Each node of a message arrives in one tree. A node that was removed from its document arrives as a
document of its own.

Left out: `XSLT`, `XMLSchema`, `RelaxNG`, `Schematron`, `DTD`: their source cannot be read back, so
send that and compile it where it is needed. `_XSLTResultTree`: it needs its stylesheet, so send its
root. `XMLParser`, `HTMLParser`: their options cannot be read back. Iterators, `iterparse`,
`ElementMaker`: what they hold cannot be read back. `CDATA`: its text cannot be read.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

from lxml import etree

from adapters import register
from adapters.libraries._locks import fork_safe_lock
from adapters.libraries._lxml_documents import CLASSES, NONE, Node, ObjectPath, make_node, serialize
from adapters.libraries._states import parts

if TYPE_CHECKING:
    from collections.abc import Callable

_LOCK = fork_safe_lock()
_REGEXP = "http://exslt.org/regular-expressions"


def _of_class(kind: Any) -> Callable[[Any], Any]:
    def make(state: Any) -> Any:
        node = make_node(state)
        if type(node) is not kind:
            raise ValueError(f"the node is now a {type(node).__name__}, not a {kind.__name__}")
        return node

    return make


def _make_tree(state: Any) -> Any:
    (root,) = parts(state, (Node, NONE))
    return etree.ElementTree(root)


def _serialize_attributes(attributes: Any) -> Any:
    return tuple(each for each in gc.get_referents(attributes) if isinstance(each, Node))


def _serialize_text(text: Any) -> Any:
    kinds = (bool(text.is_text), bool(text.is_tail), bool(text.is_attribute))
    return str.__str__(text), text.getparent(), text.attrname, *kinds


def _make_text(state: Any) -> Any:
    text, parent, name, *kinds = parts(state, str, (Node, NONE), (str, NONE), bool, bool, bool)
    if parent is None:
        return etree.Element("a").xpath("string($text)", text=text)
    path = ("text()", "following-sibling::text()", "@*")[kinds.index(True) if any(kinds) else 0]
    for found in parent.xpath(path):
        if found.attrname == name and found == text and found.getparent() is parent:
            return found
    raise ValueError(f"the parent has no text or attribute {text!r}")


def _settings(compiled: Any) -> tuple[dict[Any, Any], bool]:
    """The namespaces of an expression, and whether it takes regular expressions."""
    (context,) = (
        each for each in gc.get_referents(compiled) if type(each).__name__ == "_XPathContext"
    )
    held = gc.get_referents(context)
    functions = {key for each in held if type(each) is dict for key in each if type(key) is tuple}
    own = {key for key in functions if key[0] != _REGEXP.encode()}
    if own:
        names = ", ".join(sorted(name.decode() for _, name in own))
        raise ValueError(f"the expression has extension functions, which do not travel: {names}")
    pairs = next(each for each in held if type(each) is list)
    namespaces = {prefix.decode(): uri.decode() for prefix, uri in pairs}
    return namespaces, bool(functions)


def _serialize_xpath(xpath: Any) -> Any:
    return xpath.path, *_settings(xpath), getattr(xpath, "css", None)


def _xpath_of(kind: Any) -> Callable[[Any], Any]:
    def make(state: Any) -> Any:
        css_kind = NONE if kind in (etree.XPath, etree.ETXPath) else str
        path, namespaces, regexp, css = parts(state, str, dict, bool, css_kind)
        xpath = kind.__new__(kind, path)
        etree.XPath.__init__(xpath, path, namespaces=namespaces, regexp=regexp)
        if css is not None:
            xpath.css = css
        return xpath

    return make


def _serialize_evaluator(evaluator: Any) -> Any:
    with _LOCK:  # while it evaluates, it refers to more
        (root,) = (each for each in gc.get_referents(evaluator) if isinstance(each, Node))
        smart = type(evaluator("string()")) is etree._ElementUnicodeResult
        return root, *_settings(evaluator), smart


def _evaluator_of(kind: Any) -> Callable[[Any], Any]:
    def make(state: Any) -> Any:
        root, namespaces, regexp, smart = parts(state, Node, dict, bool, bool)
        of = root.getroottree() if kind is etree.XPathDocumentEvaluator else root
        return kind(of, namespaces=namespaces, regexp=regexp, smart_strings=smart)

    return make


def _of_text(kind: Any) -> Callable[[Any], Any]:
    def make(state: Any) -> Any:
        return kind(*parts((state,), str))

    return make


def _make_control(state: Any) -> Any:
    (options,) = parts((state,), dict)
    parts(tuple(options.values()), *[bool] * len(options))
    return etree.XSLTAccessControl(**options)


for _classes in CLASSES.values():
    for _class in _classes:
        register(_class, serialize, _of_class(_class))
register(etree._ElementTree, lambda tree: (tree.getroot(),), _make_tree)
register(etree._Attrib, _serialize_attributes, lambda state: parts(state, Node)[0].attrib)
register(etree._ElementUnicodeResult, _serialize_text, _make_text)
for _class in (etree.XPath, etree.ETXPath):
    register(_class, _serialize_xpath, _xpath_of(_class))
for _class in (etree.XPathElementEvaluator, etree.XPathDocumentEvaluator):
    register(_class, _serialize_evaluator, _evaluator_of(_class))
register(etree.QName, lambda name: name.text, _of_text(etree.QName))
register(ObjectPath, str, _of_text(ObjectPath))
register(etree.XSLTAccessControl, lambda control: control.options, _make_control)
try:  # needs a package of its own
    from lxml.cssselect import CSSSelector
except ImportError:
    pass
else:
    register(CSSSelector, _serialize_xpath, _xpath_of(CSSSelector))
