"""pymupdf: documents, their pages and annotations, pixmaps, colour spaces, fonts.

| type | what travels | what does not |
|---|---|---|
| `Document` | all of a PDF, with changes that are not saved; of pictures and other formats the path, or the bytes | a PDF arrives as one in memory, without the name of its file, signatures that hold, and the journal of changes; encrypted, reflowable (EPUB, HTML ...) and closed documents are refused |
| `Page` | its document, its number | |
| `Annot` | its page, its number of the cross-reference table | |
| `Pixmap` | samples, place, resolution, colour space | ICC, indexed and separation colours are refused |
| `Colorspace` | which one of grey, RGB, CMYK | others are refused |
| `Font` | the bytes of the font | choices of language and script |

Left out: `TextPage`, `DisplayList`: make them of the page. `Shape`, `TextWriter`, `Story`,
`DocumentWriter`, `Archive`: what they hold cannot be read back.
"""

from __future__ import annotations

import os
from typing import Any

import pymupdf

from adapters import register
from adapters.libraries._files import existing
from adapters.libraries._locks import fork_safe_lock
from adapters.libraries._states import parts

_LOCK = fork_safe_lock()  # the library is not safe for threads
_NAMES = {"DeviceGray": "CS_GRAY", "DeviceRGB": "CS_RGB", "DeviceCMYK": "CS_CMYK"}
_MOST = 1 << 15  # pixels of a side


def _serialize(document: Any) -> Any:
    with _LOCK:
        if document.is_closed:
            raise ValueError("the document is closed")
        if document.needs_pass or document.is_reflowable:
            problem = "is encrypted" if document.needs_pass else "is reflowable"
            raise ValueError(
                f"the document {problem}, and the password or layout cannot be read back: open it"
                " where it is needed"
            )
        if document.is_pdf:
            return "pdf", _written(document)
        if document.stream:
            return document.name or "", bytes(document.stream)
        return existing(document.name), None


def _written(document: Any) -> bytes:
    """A PDF as it is now, of which neither its file nor `is_dirty` tell: saving clears that."""
    dirty = document.is_dirty
    content: bytes = document.tobytes(no_new_id=True)
    if dirty:
        document.xref_set_key(document.pdf_catalog(), "Type", "/Catalog")
    return content


def _make(state: Any) -> Any:
    name, content = parts(state, str, (bytes, memoryview, type(None)))
    with _LOCK:
        if content is None:
            return pymupdf.open(existing(name))
        if os.path.basename(name) != name:
            raise ValueError(f"the type of a file is no path, but {name!r}")
        return pymupdf.open(stream=bytes(content), filetype=name or None)


def _serialize_page(page: Any) -> Any:
    if getattr(page, "parent", None) is None:
        raise ValueError("the page has lost its document: keep the document")
    return page.parent, page.number


def _make_page(state: Any) -> Any:
    document, number = parts(state, pymupdf.Document, int)
    with _LOCK:
        if not 0 <= number < document.page_count:
            raise ValueError(f"the document has no page {number}")
        return document[number]


def _serialize_annotation(annotation: Any) -> Any:
    with _LOCK:
        page, number = annotation.get_parent(), annotation.xref
        document = getattr(page, "parent", None)
        if document is None:
            raise ValueError("the annotation has lost its page: keep the page")
        return document, page.number, number


def _make_annotation(state: Any) -> Any:
    document, number, xref = parts(state, pymupdf.Document, int, int)
    page = _make_page((document, number))
    with _LOCK:
        if xref not in {each[0] for each in page.annot_xrefs()}:
            raise ValueError(f"page {number} has no annotation with the number {xref}")
        annotation = page.load_annot(xref)
        annotation.parent = page  # which it would hold but weakly
        return annotation


def _space_name(space: Any) -> str:
    if space.name not in _NAMES:
        raise ValueError(f"the colour space {space.name!r} cannot be made anew: convert to another")
    return str(space.name)


def _space(state: Any) -> Any:
    (name,) = parts((state,), str)
    if name not in _NAMES:
        raise ValueError(f"colour spaces are {', '.join(_NAMES)}, but {name!r}")
    return pymupdf.Colorspace(getattr(pymupdf, _NAMES[name]))


def _serialize_pixmap(pixmap: Any) -> Any:
    with _LOCK:
        space = pixmap.colorspace and _space_name(pixmap.colorspace)
        place = (pixmap.x, pixmap.y, pixmap.width, pixmap.height, pixmap.xres, pixmap.yres)
        return space, bool(pixmap.alpha), place, bytes(pixmap.samples)


def _make_pixmap(state: Any) -> Any:
    name, alpha, place, samples = parts(state, (str, type(None)), bool, tuple, (bytes, memoryview))
    x, y, width, height, xres, yres = parts(place, *[int] * 6)
    space = name and _space(name)
    if not (0 <= width < _MOST and 0 <= height < _MOST):
        raise ValueError(f"a pixmap has from 0 to {_MOST} pixels a side")
    if max(abs(x), abs(y), xres, yres) > 1 << 24 or min(xres, yres) < 0:
        raise ValueError(f"a pixmap is not at {x}, {y}, with a resolution of {xres}, {yres}")
    if len(samples) != width * height * ((space.n if space else 0) + alpha):
        raise ValueError(f"{len(samples)} bytes are no samples of {width} times {height} pixels")
    with _LOCK:
        if space is None:
            pixmap = pymupdf.Pixmap(None, pymupdf.IRect(0, 0, width, height), True)
            memoryview(pixmap.samples_mv)[:] = samples
        else:
            pixmap = pymupdf.Pixmap(space, width, height, bytes(samples), alpha)
        pixmap.set_origin(x, y)
        pixmap.set_dpi(xres, yres)
        return pixmap


def _make_font(state: Any) -> Any:
    name, content = parts(state, str, (bytes, memoryview))
    with _LOCK:
        if name in pymupdf.Base14_fontnames:  # its name is not that in its bytes
            font = pymupdf.Font(name)
            if bytes(font.buffer) == content:
                return font
        return pymupdf.Font(fontbuffer=bytes(content))


register(pymupdf.Document, _serialize, _make)
register(pymupdf.Page, _serialize_page, _make_page)
register(pymupdf.Annot, _serialize_annotation, _make_annotation)
register(pymupdf.Pixmap, _serialize_pixmap, _make_pixmap)
register(pymupdf.Colorspace, _space_name, _space)
register(pymupdf.Font, lambda font: (font.name, bytes(font.buffer)), _make_font)
