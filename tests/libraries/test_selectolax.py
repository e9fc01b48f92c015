import pytest
from kit import check_examples, travelled

import adapters

lexbor = pytest.importorskip("selectolax.lexbor")
LexborHTMLParser = lexbor.LexborHTMLParser

HTML = "<!doctype html><!-- a --><title>t</title><p id=a class>x<!-- c --></p>y<b>z</b>ä<svg a=1/>"


def document():
    return LexborHTMLParser(HTML)


def of_bytes():
    return LexborHTMLParser(b"<p>a\r\nb&#0;\xff<table>x</table><pre>\n\nx</pre>")


def changed():
    found = document()
    found.css_first("b").decompose()
    found.css_first("p").attrs["k"] = "v & <w>"
    return found


def fragment():
    return LexborHTMLParser("a<b>x</b><i>y</i>", is_fragment=True)


def without_events():
    html = "<select><selectedcontent></selectedcontent><option>a</option></select>"
    return LexborHTMLParser(html, options=lexbor.LexborDocumentOptions.WO_EVENTS)


def scripting():
    return LexborHTMLParser("<head><noscript><img></noscript><link></head>", scripting=True)


def transcoded():
    return LexborHTMLParser("<meta charset=windows-1251><p>Я".encode("cp1251"), encoding=True)


def node():
    return document().css_first("b")


def text():
    return document().css_first("p").first_child


def whole():
    return document().root.parent


def of_a_fragment():
    return fragment().css_first("i")


def selector():
    return lexbor.LexborCSSSelector()


TYPES = {
    "LexborHTMLParser": [
        *(document, of_bytes, changed, fragment, without_events, scripting, transcoded),
    ],
    "LexborNode": [node, text, whole, of_a_fragment],
    "LexborCSSSelector": [selector],
}
OPTIONS = {"LexborNode": {"ignore": ["mem_id"]}}  # an address


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {}))


@pytest.mark.parametrize("make", TYPES["LexborHTMLParser"])
def test_documents_have_the_same_html(make):
    first, arrived = make(), travelled(make())
    assert (arrived.html, arrived.raw_html) == (first.html, first.raw_html)
    assert arrived.options == first.options
    assert arrived.clone().html == first.html


def test_nodes_of_one_document_arrive_in_one_document():
    first = document()
    place = first.css_first("b")
    arrived, node, text = travelled([first, place, place.next])
    assert node.parser is text.parser is arrived
    assert node.html == "<b>z</b>"
    assert node.next.mem_id == text.mem_id
    node.decompose()
    assert arrived.css_first("b") is None


def removed():
    found = document()
    node = found.css_first("b")
    node.remove()
    return node


def not_inserted():
    return document().create_node("u")


def of_a_template():
    template = LexborHTMLParser("<template><p>q</p></template>").css_first("template")
    return template.template_fragments()[0]


def of_a_row():
    return LexborHTMLParser("<td>x", is_fragment=True, fragment_tag="tr")


def with_a_nested_link():
    found = LexborHTMLParser("<a>x</a><b>y</b>")
    found.css_first("a").insert_child(LexborHTMLParser("<a>z</a>").css_first("a"))
    return found


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (not_inserted, "not in its document"),
        (removed, "not in its document"),
        (of_a_template, "not in its document"),
        (of_a_row, "another tag than div"),
        (with_a_nested_link, "it was changed"),
    ],
)
def test_what_is_in_no_document_is_refused(make, words):
    with pytest.raises(adapters.SerializeError, match=words):
        adapters.dumps(make())
