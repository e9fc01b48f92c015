"""pypdfium2: documents and bitmaps.

| type | what travels | what does not |
|---|---|---|
| `PdfDocument` | the path where nothing was changed, or all of the document; the PASSWORD IS IN THE PAYLOAD; whether there is a form environment | objects of a page without `gen_content()`; a form environment with callbacks, closed: refused; a new document gets version 1.7 |
| `PdfBitmap` | pixels, size, format, stride | `get_posconv` needs the page |

`PdfMatrix` objects pickle by themselves.

Left out: `PdfPage`, `PdfTextPage`, `PdfObject`, `PdfImage`, `PdfTextObj`: a page does not tell its
number, so send the document and that. `PdfXObject`, `PdfBookmark`, `PdfAttachment`, `PdfFont`,
`PdfTextSearcher`: they do not tell their place in the document.
"""

from __future__ import annotations

import ctypes
import io
import re
from pathlib import Path
from typing import Any

from pypdfium2 import PdfBitmap, PdfDocument

from adapters import register
from adapters.libraries._files import existing
from adapters.libraries._states import parts

_BYTES: dict[int, int] = {1: 1, 2: 3, 3: 4, 4: 4, 5: 4}  # {format: bytes of a pixel}
_NONE = type(None)
_ID = re.compile(rb"/ID\s*\[\s*<[0-9A-Fa-f]*>\s*<[0-9A-Fa-f]*>\s*\]")
_WITHOUT_SECURITY = 3  # else it differs each time
_MOST = 1 << 30


def _saved(document: Any, flags: int = 0) -> bytes:
    """All of a document as bytes, with the identifiers that it has, not with new ones."""
    file = io.BytesIO()
    document.save(file, flags=flags)
    data = file.getvalue()
    *_, last = [None, *_ID.finditer(data)]
    if last is None:
        return data
    permanent, changing = (document.get_identifier(number).hex().upper() for number in (0, 1))
    entry = f"/ID[<{permanent}><{changing}>]".encode() if permanent else b""
    size = last.end() - last.start()
    if len(entry) > size:
        return data
    return data[: last.start()] + entry.ljust(size) + data[last.end() :]


def _serialize_document(document: Any) -> Any:
    if not document.raw:
        raise ValueError("the document has been closed")
    forms = document.formenv
    if forms and bytes(forms.config) != bytes(type(forms.config)(version=forms.config.version)):
        raise ValueError("the form environment has callbacks: send the document without it")
    source, password = document._input, document._password
    if isinstance(source, (str, Path)):
        source = existing(source)
    if isinstance(source, (str, bytes)):
        state = (source, password, bool(forms))
        if _saved(document, _WITHOUT_SECURITY) == _saved(_make_document(state), _WITHOUT_SECURITY):
            return state
    return _saved(document), password, bool(forms)


def _make_document(state: Any) -> Any:
    source, password, forms = parts(state, (str, bytes), (str, bytes, _NONE), bool)
    if isinstance(source, str):
        source = existing(source)
    document = PdfDocument(source, password=password)
    if forms and not document.init_forms():
        raise ValueError("the document has no forms")
    return document


def _serialize_bitmap(bitmap: Any) -> Any:
    if not bitmap.raw:
        raise ValueError("the bitmap has been closed")
    size = bitmap.stride * bitmap.height
    pixels = memoryview(bytes(bitmap.buffer)[:size])
    kind = bitmap.format, bitmap.rev_byteorder, getattr(bitmap, "_is_foreign", False)
    return pixels, bitmap.width, bitmap.height, bitmap.stride, *kind


def _make_bitmap(state: Any) -> Any:
    kinds = ((bytes, memoryview), int, int, int, int, bool, bool)
    pixels, width, height, stride, kind, reverse, foreign = parts(state, *kinds)
    if kind not in _BYTES or not (0 < width < _MOST and 0 < height < _MOST):
        raise ValueError(f"there is no bitmap of {width} x {height} pixels in the format {kind}")
    packed = width * _BYTES[kind]
    if stride < packed or len(pixels) != stride * height:
        raise ValueError(f"{len(pixels)} bytes are no {width} x {height} pixels of format {kind}")
    if foreign:
        bitmap = PdfBitmap.new_foreign(width, height, kind, reverse, stride == packed)
    elif stride == packed:
        bitmap = PdfBitmap.new_native(width, height, kind, reverse)
    else:
        bitmap = PdfBitmap.new_native(width, height, kind, reverse, stride=stride)
    if bitmap.stride != stride:
        raise ValueError(f"a bitmap of this width has no lines of {stride} bytes here")
    ctypes.memmove(bitmap.buffer, bytes(pixels), len(pixels))
    return bitmap


register(PdfDocument, _serialize_document, _make_document)
register(PdfBitmap, _serialize_bitmap, _make_bitmap)
