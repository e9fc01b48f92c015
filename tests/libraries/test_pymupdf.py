import os
import tempfile

import pytest

pymupdf = pytest.importorskip("pymupdf")
from kit import check_examples, travelled  # noqa: E402

import adapters  # noqa: E402
from adapters.libraries import pymupdf as _  # noqa: E402, F401

FOLDER = os.path.join(tempfile.gettempdir(), f"adapters-test-pymupdf-{os.getpid()}")


def made():
    document = pymupdf.open()
    for text in ("first", "second"):
        document.new_page(width=200, height=100).insert_text((10, 20), text)
    return document


CONTENT = made().tobytes(no_new_id=True)


def streamed():
    return pymupdf.open(stream=CONTENT, filetype="pdf")


def opened():
    os.makedirs(FOLDER, exist_ok=True)
    path = os.path.join(FOLDER, "a.pdf")
    if not os.path.exists(path):
        with open(path, "wb") as file:
            file.write(CONTENT)
    return pymupdf.open(path)


def changed():
    document = streamed()
    document.delete_page(0)
    return document


def picture_file():
    os.makedirs(FOLDER, exist_ok=True)
    path = os.path.join(FOLDER, "a.png")
    streamed()[0].get_pixmap().save(path)
    return pymupdf.open(path)


def page():
    return streamed()[1]


def rotated():
    page = streamed()[0]
    page.set_rotation(90)
    return page


KEPT = []


def annotation():
    page = streamed()[0]
    found = page.add_text_annot((50, 50), "note")
    KEPT.append((page, found))  # an annotation holds its page but weakly
    return found


def picture():
    pixmap = streamed()[0].get_pixmap(dpi=100)
    pixmap.set_origin(3, 4)
    return pixmap


def clear():
    return streamed()[0].get_pixmap(alpha=True, colorspace=pymupdf.csGRAY)


def colours():
    return streamed()[0].get_pixmap(colorspace=pymupdf.csCMYK)


def rgb():
    return pymupdf.Colorspace(pymupdf.CS_RGB)


def grey():
    return pymupdf.Colorspace(pymupdf.CS_GRAY)


def font():
    return pymupdf.Font("helv")


def from_bytes():
    return pymupdf.Font(fontbuffer=pymupdf.Font("tibo").buffer)


TYPES = {
    "Document": [streamed, changed, picture_file],
    "Page": [page],
    "Annot": [annotation],
    "Pixmap": [picture, clear, colours],
    "Colorspace": [rgb, grey],
    "Font": [font, from_bytes],
}
# The handle of C, which shows numbers and counts of the library's own; what a PDF was opened from,
# and whether it was changed since.
IGNORED = ["this", "thisown", "stream", "is_dirty", "_name", "name"]
OPTIONS = {name: {"ignore": IGNORED} for name in TYPES}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {}))


def test_pages_of_one_document_arrive_in_one_document():
    document = streamed()
    first, second, whole = travelled([document[0], document[1], document])
    assert first.parent is second.parent is whole
    assert (first.get_text(), second.get_text()) == ("first\n", "second\n")


def test_changes_travel():
    document = opened()
    document[0].insert_text((10, 60), "more")
    assert travelled(document)[0].get_text() == travelled(document)[0].get_text()
    assert document.is_dirty
    assert travelled(document)[0].get_text() == document[0].get_text() == "first\nmore\n"
    assert travelled(rotated()).rotation == 90
    assert travelled(made())[1].get_text() == "second\n"
    assert travelled(annotation()).info["content"] == "note"


def closed():
    document = made()
    document.close()
    return document


def encrypted():
    content = made().tobytes(
        encryption=pymupdf.PDF_ENCRYPT_AES_256, owner_pw="owner", user_pw="user"
    )
    document = pymupdf.open(stream=content, filetype="pdf")
    document.authenticate("user")
    return document


def reflowable():
    return pymupdf.open(stream=b"<p>x", filetype="html")


@pytest.mark.parametrize(
    ("make", "words"),
    [(closed, "is closed"), (encrypted, "is encrypted"), (reflowable, "is reflowable")],
)
def test_what_cannot_be_read_back_is_refused(make, words):
    with pytest.raises(adapters.SerializeError, match=words):
        adapters.dumps(make())
