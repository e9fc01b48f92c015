import io

import pytest
from files import made
from kit import check_examples, travelled

import adapters

pypdfium2 = pytest.importorskip("pypdfium2")


def new():
    document = pypdfium2.PdfDocument.new()
    for width in (100, 200, 300):
        document.new_page(width, 50)
    return document


def content():
    file = io.BytesIO()
    new().save(file)
    return file.getvalue()


def write(path):
    with open(path, "wb") as file:
        file.write(content())


def of_a_file():
    return pypdfium2.PdfDocument(made("pypdfium2.pdf", write))


def of_bytes():
    return pypdfium2.PdfDocument(of_a_file()._input.read_bytes(), password="unused")


def of_a_stream():
    return pypdfium2.PdfDocument(open(made("pypdfium2.pdf", write), "rb"), autoclose=True)


def changed():
    document = of_a_file()
    document[1].set_rotation(90)
    document.del_page(0)
    return document


def bitmap():
    found = pypdfium2.PdfBitmap.new_native(3, 2, 2)
    found.fill_rect((1, 2, 3, 255), 1, 0, 2, 1)
    return found


def of_pdfium():
    found = pypdfium2.PdfBitmap.new_foreign(3, 2, 4, rev_byteorder=True)
    found.fill_rect((1, 2, 3, 4), 0, 0, 2, 2)
    return found


def with_padding():
    return pypdfium2.PdfBitmap.new_native(3, 2, 1, stride=8)


TYPES = {
    "PdfDocument": [new, of_a_file, of_bytes, of_a_stream, changed],
    "PdfBitmap": [bitmap, of_pdfium, with_padding],
}
OPTIONS = {"PdfDocument": {"ignore": ["get_version"]}}  # a new document has none until it is saved


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {}))


@pytest.mark.parametrize("make", TYPES["PdfDocument"])
def test_documents_have_the_same_pages(make):
    first, arrived = make(), travelled(make())
    assert [page.get_size() for page in arrived] == [page.get_size() for page in first]
    assert [page.get_rotation() for page in arrived] == [page.get_rotation() for page in first]
    assert arrived.get_metadata_dict() == first.get_metadata_dict()
    assert arrived.get_version() in (first.get_version(), 17)
    assert arrived.get_identifier() == first.get_identifier()


def test_a_document_that_was_not_changed_goes_by_its_path():
    assert travelled(of_a_file())._input == of_a_file()._input
    assert isinstance(travelled(changed())._input, bytes)


@pytest.mark.parametrize("make", TYPES["PdfBitmap"])
def test_bitmaps_have_the_same_pixels(make):
    first, arrived = make(), travelled(make())
    assert bytes(arrived.buffer) == bytes(first.buffer)
    assert arrived.to_numpy().tolist() == first.to_numpy().tolist()
    arrived.fill_rect((9, 9, 9, 9), 0, 0, 1, 1)
    assert bytes(arrived.buffer) != bytes(first.buffer)


def closed():
    document = new()
    document.close()
    return document


def closed_bitmap():
    found = bitmap()
    found.close()
    return found


@pytest.mark.parametrize("make", [closed, closed_bitmap])
def test_what_was_closed_is_refused(make):
    with pytest.raises(adapters.SerializeError, match="closed"):
        adapters.dumps(make())
