import pytest

etree = pytest.importorskip("lxml.etree")
pytest.importorskip("cssselect")
# First, as lxml.objectify gives copyreg a reducer of trees, which would be used.
pytest.importorskip("adapters.libraries.lxml")
import lxml.html as lhtml  # noqa: E402
from kit import check_examples, travelled  # noqa: E402
from lxml import objectify  # noqa: E402
from lxml.cssselect import CSSSelector  # noqa: E402

import adapters  # noqa: E402

XML = b"""<?xml version='1.0' encoding='ISO-8859-1' standalone='yes'?>
<!DOCTYPE a [
<!ENTITY e "&#233;">
<!ATTLIST c id ID #IMPLIED>
]>
<!--p--><?q r?><?xml-stylesheet href='s.xsl'?><a xmlns="urn:u" xmlns:p="urn:v" x="1"><!-- c -->
<p:b xml:lang="de">t&e;<c id="k"/><?pi data?>u</p:b>w&e;<d
  y="
"><![CDATA[<&]]></d>z</a><!--after--><?after?>"""
PAGE = """<!DOCTYPE html><!-- top --><html><head><title>t</title></head><body @click="x" :a='"'>
<p id=q>x&nbsp;y<br>z<p>n<o:p>office</o:p></p><form action="/f"><label for=i>l</label>
<input id=i name=i value=v><select name=s><option>1<option selected>2</select>
<textarea name=t>text</textarea></form><!-- a -- b --><?php x ?><script>a<b && c</script>"""
DATA = b"""<r xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" v="1"><i>1</i><i>2</i><f>1.5</f>
<b>true</b><s>x</s><n xsi:nil="true"/><t><u>deep</u></t></r>"""


def tree():
    parser = etree.XMLParser(resolve_entities=False, strip_cdata=False)
    return etree.fromstring(XML, parser, base_url="http://x.example/a.xml").getroottree()


def root():
    return tree().getroot()


def plain():
    return etree.fromstring(b"<a x='1'><b>t<c/>u</b>w</a>")


def child():
    return root()[1][1]


def made():
    element = etree.Element("{urn:u}a", nsmap={"p": "urn:u", None: "urn:d"}, x="\n\t")
    etree.SubElement(element, "{urn:w}b").tail = "tail"
    element.text = "\r\ufffd\U0001f600"
    element.tail = "behind"
    element.addnext(etree.PI("x", "y"))
    return element


def removed():
    top = root()
    element = top[1]
    top.remove(element)
    return element


def wide():
    return etree.fromstring("<?xml version='1.0'?><\xe9 a='\u20ac'>\u20ac</\xe9>")


def untyped_page():
    return etree.fromstring(PAGE, etree.HTMLParser())


def comment():
    return root()[0]


def top_comment():
    return root().getprevious().getprevious().getprevious()


def lone_comment():
    return etree.Comment("x")


def instruction():
    return root()[1][2]


def lone_instruction():
    return etree.ProcessingInstruction("x", "y")


def stylesheet():
    return root().getprevious()


def entity():
    return next(tree().iter(etree.Entity))


def undeclared():
    element = made()
    element.append(etree.Entity("nbsp"))
    return element[-1]


def lone_entity():
    return etree.Entity("nbsp")


def page():
    return lhtml.document_fromstring(PAGE.encode(), base_url="http://x.example/")


def fragment():
    return lhtml.fromstring("<div id=q><p>x<br>y</p></div>")


def new():
    return lhtml.Element("div", {"class": "c"})


def xhtml():
    return etree.fromstring(b"<html xmlns='urn:w'><p/></html>", lhtml.xhtml_parser)[0]


def of_page(tag):
    return page().find(f".//{tag}")


def html_comment():
    return next(page().iter(etree.Comment))


def html_top_comment():
    return page().getprevious()


def lone_html_comment():
    holder = lhtml.Element("html")
    holder.append(etree.Comment("x"))
    node = holder[0]
    holder.remove(node)
    return node


def html_instruction():
    body = page().find("body")
    body.append(etree.PI("php", "x"))
    return next(body.iter(etree.PI))


def html_entity():
    body = page().find("body")
    body.append(etree.Entity("nbsp"))
    return next(body.iter(etree.Entity))


def form():
    return of_page("form")


def label():
    return of_page("label")


def field():
    return of_page("input")


def select():
    return of_page("select")


def area():
    return of_page("textarea")


def data():
    return objectify.fromstring(DATA)


def deep_data():
    return data().t


def integer():
    return data().i[1]


def number():
    return data().f


def boolean():
    return data().b


def string():
    return data().s


def nil():
    return data().n


def data_tree():
    return data().getroottree()


def subtree():
    return etree.ElementTree(child())


def no_tree():
    return etree.ElementTree()


def attributes():
    return child().attrib


def page_attributes():
    return page().find("body").attrib


def text():
    return plain().xpath("//b/text()")[0]


def tail():
    return plain().xpath("//text()")[2]


def attribute():
    return root().xpath("@x")[0]


def computed():
    return plain().xpath("concat('a', //b)")


def xpath():
    return etree.XPath("//b/text()")


def named_xpath():
    namespaces = {"p": "u", "re": "http://exslt.org/regular-expressions"}
    return etree.XPath("//p:b[re:test(., 't')]/@x", namespaces=namespaces)


def plain_xpath():
    return etree.XPath("$x + count(//b)", regexp=False)


def etxpath():
    return etree.ETXPath("//{u}b[@{v}c]|//{u}d")


def plain_etxpath():
    return etree.ETXPath("//b")


def selector():
    return CSSSelector("a > b")


def other_selector():
    return CSSSelector("p|a:checked", namespaces={"p": "u"}, translator="html")


def evaluator():
    return etree.XPathElementEvaluator(child(), namespaces={"p": "v"}, smart_strings=False)


def plain_evaluator():
    return etree.XPathElementEvaluator(plain(), regexp=False)


def document_evaluator():
    return etree.XPathDocumentEvaluator(tree(), namespaces={"p": "v"})


def plain_document_evaluator():
    return etree.XPathDocumentEvaluator(plain().getroottree(), smart_strings=False)


def name():
    return etree.QName("u", "a")


def plain_name():
    return etree.QName("a")


def path():
    return objectify.ObjectPath("a.b[1].{x}c")


def relative_path():
    return objectify.ObjectPath(".b.c[-1]")


def control():
    return etree.XSLTAccessControl(read_file=False, write_network=False)


def no_control():
    return etree.XSLTAccessControl.DENY_ALL


TYPES = {
    "_Element": [plain, root, child, made, wide, untyped_page],
    "_Comment": [comment, top_comment, lone_comment],
    "_ProcessingInstruction": [instruction, lone_instruction],
    "_XSLTProcessingInstruction": [stylesheet],
    "_Entity": [entity, undeclared, lone_entity],
    "HtmlElement": [page, fragment, new, xhtml],
    "HtmlComment": [html_comment, html_top_comment, lone_html_comment],
    "HtmlProcessingInstruction": [html_instruction],
    "HtmlEntity": [html_entity],
    "FormElement": [form],
    "InputElement": [field],
    "LabelElement": [label],
    "SelectElement": [select],
    "TextareaElement": [area],
    "ObjectifiedElement": [data, deep_data],
    "IntElement": [integer],
    "FloatElement": [number],
    "BoolElement": [boolean],
    "StringElement": [string],
    "NoneElement": [nil],
    "_ElementTree": [tree, data_tree, subtree, no_tree],
    "_Attrib": [attributes, page_attributes],
    "_ElementUnicodeResult": [text, tail, attribute, computed],
    "XPath": [xpath, named_xpath, plain_xpath],
    "ETXPath": [etxpath, plain_etxpath],
    "CSSSelector": [selector, other_selector],
    "XPathElementEvaluator": [evaluator, plain_evaluator],
    "XPathDocumentEvaluator": [document_evaluator, plain_document_evaluator],
    "QName": [name, plain_name],
    "ObjectPath": [path, relative_path],
    "XSLTAccessControl": [control, no_control],
}
# The line of an entity is that of the text before it, which cannot be set.
# Where it is declared nowhere, the parser says so.
ENTITY = {"ignore": ["sourceline", "parser"]}
# deepcopy is lxml's own for an element: it copies no more than that.
COPIED = {"skip": {"deepcopy_makes_a_second_object": "lxml copies an element without its tree"}}
OPTIONS = {
    **dict.fromkeys(("_Entity", "HtmlEntity"), ENTITY),
    **dict.fromkeys(("_ElementUnicodeResult", "_ElementTree", "_Attrib"), COPIED),
    **dict.fromkeys(("XPathElementEvaluator", "XPathDocumentEvaluator"), COPIED),
}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {}))


def written(node):
    return etree.tostring(node.getroottree())


def test_nodes_of_one_tree_arrive_in_one_tree():
    top = root()
    nodes = [top[1], top, top[1][1], top[1][1].attrib, top.getprevious(), top.getroottree()]
    nodes.append(top.xpath("//p:b/text()", namespaces={"p": "urn:v"})[0])
    inner, arrived, deep, attributes, before, whole, text = travelled(nodes)
    assert written(arrived) == written(top)
    assert arrived[1] is inner is text.getparent()
    assert inner[1] is deep
    assert dict(attributes) == dict(deep.attrib)
    attributes["new"] = "x"
    assert deep.get("new") == "x"
    assert before.getnext() is arrived is whole.getroot()


def test_nodes_of_a_page_arrive_in_one_page():
    top = page()
    for one in (travelled([top, *top.iter()]), travelled([*top.iter(), top])[::-1]):
        assert len({id(node.getroottree().getroot()) for node in one}) == 1
        assert lhtml.tostring(one[0].getroottree()) == lhtml.tostring(top.getroottree())


@pytest.mark.parametrize("make", [root, made, page, fragment, new, data, untyped_page, wide])
def test_documents_arrive_as_they_were(make):
    top = make()
    arrived = travelled(top)
    assert written(arrived) == written(top)
    assert [node.nsmap for node in arrived.iter()] == [node.nsmap for node in top.iter()]
    assert [node.sourceline for node in arrived.iter(etree.Element)] == [
        node.sourceline for node in top.iter(etree.Element)
    ]
    names = ("encoding", "xml_version", "standalone", "doctype", "URL")
    infos = (each.getroottree().docinfo for each in (arrived, top))
    assert len({tuple(getattr(info, name) for name in names) for info in infos}) == 1


def test_a_removed_node_is_a_document_of_its_own():
    node = removed()
    arrived = travelled([node, node[1]])
    assert arrived[0][1] is arrived[1]
    assert etree.tostring(arrived[0]) == etree.tostring(node)
    assert arrived[0].getroottree().getroot() is arrived[0]


def test_ids_are_known():
    assert travelled(root()).xpath("id('k')/@id") == ["k"]
    assert travelled(page()).xpath("id('q')/@id") == ["q"]


def test_an_external_dtd_is_loaded_again(tmp_path):
    dtd = tmp_path / "a.dtd"
    dtd.write_text("<!ELEMENT a EMPTY><!ATTLIST a x CDATA 'y'>")
    (tmp_path / "a.xml").write_text("<!DOCTYPE a SYSTEM 'a.dtd'><a/>")
    top = etree.parse(str(tmp_path / "a.xml"), etree.XMLParser(load_dtd=True)).getroot()
    payload = adapters.dumps(top)
    assert adapters.loads(payload).getroottree().docinfo.externalDTD.validate(top)
    dtd.unlink()
    with pytest.raises(adapters.RebuildError, match="cannot be loaded"):
        adapters.loads(payload)


class Own(etree.ElementBase):
    pass


def with_own_classes():
    parser = etree.XMLParser()
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=Own))
    top = etree.Element("a")
    kept.append(etree.fromstring("<b/>", parser))
    top.append(kept[0])
    return top


kept = []


def with_control_characters():
    return lhtml.fromstring("<p>a\x0cb</p>")


def with_a_function():
    return etree.XPath("f()", extensions={(None, "f"): lambda context: 1})


def with_a_tail_beside_the_root():
    top = root()
    top.getprevious().tail = "x"
    return top


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (with_own_classes, "several kinds, or others: .*Own"),
        (with_control_characters, "control characters"),
        (with_a_function, "extension functions.*f"),
        (with_a_tail_beside_the_root, "beside the root"),
    ],
)
def test_what_cannot_be_read_back_is_refused(make, words):
    with pytest.raises(adapters.SerializeError, match=words):
        adapters.dumps(make())


def test_expressions_find_the_same():
    top = etree.fromstring(b"<a xmlns='u' x='1'><b>t</b></a>")
    for make in (named_xpath, etxpath, plain_xpath):
        assert travelled(make())(top, x=1) == make()(top, x=1)
    assert travelled(etree.XPath("string(.)", regexp=False)).path == "string(.)"


def test_a_string_knows_its_parent():
    for make in (text, tail, attribute, computed):
        one, other = make(), travelled(make())
        parents = [each.getparent() is not None and each.getparent().tag for each in (one, other)]
        assert (one, parents[0]) == (other, parents[1])
