import io
import os

import pytest
from files import made
from kit import check_examples, travelled

import adapters

pikepdf = pytest.importorskip("pikepdf")


def new():
    pdf = pikepdf.new()
    for width in (100, 200):
        pdf.add_blank_page(page_size=(width, 50))
    pdf.docinfo["/Title"] = "t"
    return pdf


def write(path):
    new().save(path, static_id=True)


def of_a_file():
    return pikepdf.open(made("pikepdf.pdf", write))


def changed():
    pdf = of_a_file()
    del pdf.pages[0]
    pdf.pages[0].Rotate = 90
    return pdf


def of_a_stream():
    file = io.BytesIO()
    new().save(file, static_id=True)
    return pikepdf.open(file)


def dictionary():
    inner = pikepdf.Array([1, pikepdf.Name("/A b#"), None, True])
    return pikepdf.Dictionary(A=inner, B=pikepdf.String("é"), C=b"\x00\xff)")


KEPT = []  # an object does not keep its document alive


def kept():
    KEPT.append(new())
    return KEPT[-1]


def array():
    return kept().pages[0].MediaBox


def name():
    return pikepdf.Name.A


def string():
    return pikepdf.String("日")


def number():
    with pikepdf.explicit_conversion():
        return pikepdf.Object.parse(b"1.50")


def operator():
    return pikepdf.Operator("Tj")


def instruction():
    return pikepdf.ContentStreamInstruction([1, pikepdf.Name.A, [2]], pikepdf.Operator("x"))


def rectangle():
    return pikepdf.Rectangle(1, 2.5, 3, 4)


TYPES = {
    "Pdf": [new, of_a_file, changed, of_a_stream],
    "Object": [dictionary, array, name, string, number, operator],
    "ContentStreamInstruction": [instruction],
    "Rectangle": [rectangle],
}


def canonical(pdf):
    """What is saved of it, with the numbers of objects that saving gives."""
    for _ in range(2):
        file = io.BytesIO()
        pdf.save(file, static_id=True)
        pdf = pikepdf.open(file)
    return file.getvalue()


def same(one, other):
    return canonical(one) == canonical(other) and one.trailer.get("/ID") == other.trailer.get("/ID")


def equal_objects(one, other):
    return one == other and one.unparse() == other.unparse()


OPTIONS = {
    # A document that was changed has no path, and saving it gives its objects new numbers.
    "Pdf": {"equal": same},
    # An array answers `keys` where it is in a document, and is not where it arrives.
    "Object": {
        "equal": equal_objects,
        "skip": {"deepcopy_makes_a_second_object": "arrays and names answer __deepcopy__ wrongly"},
    },
}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {}))


@pytest.mark.parametrize("make", TYPES["Pdf"])
def test_documents_have_the_same_pages(make):
    first, arrived = make(), travelled(make())
    assert [page.obj.unparse(resolved=True)[:9] for page in arrived.pages]
    assert [page.MediaBox for page in arrived.pages] == [page.MediaBox for page in first.pages]
    assert [page.get("/Rotate") for page in arrived.pages] == [
        page.get("/Rotate") for page in first.pages
    ]
    assert dict(arrived.docinfo) == dict(first.docinfo)
    assert arrived.pdf_version == first.pdf_version


def test_a_document_that_was_not_changed_goes_by_its_path():
    assert travelled(of_a_file()).filename == of_a_file().filename
    assert not os.path.isfile(travelled(changed()).filename)


@pytest.mark.parametrize("make", [*TYPES["Object"], instruction])
def test_objects_are_equal(make):
    if make is instruction:
        assert travelled(make()).operands[:] == make().operands[:]
        assert travelled(make()).operator == make().operator
    else:
        assert travelled(make()) == make()
        assert travelled(make()).unparse() == make().unparse()


def page():
    return kept().pages[0].obj


def with_a_reference():
    return pikepdf.Dictionary(A=[page()])


def stream():
    return pikepdf.Stream(kept(), b"abc")


def encrypted():
    file = io.BytesIO()
    new().save(file, encryption=pikepdf.Encryption(owner="o", user="u"))
    return pikepdf.open(file, password="u")


def closed():
    pdf = of_a_file()
    pdf.close()
    return pdf


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (page, "send its document"),
        (with_a_reference, "send its document"),
        (stream, "send its document"),
        (encrypted, "password"),
        (closed, "closed"),
    ],
)
def test_what_does_not_stand_alone_is_refused(make, words):
    with pytest.raises(adapters.SerializeError, match=words):
        adapters.dumps(make())
