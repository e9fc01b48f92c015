"""pikepdf: documents, and objects that stand alone.

| type | what travels | what does not |
|---|---|---|
| `Pdf` | the path where nothing was changed, or all of the document, then with new numbers of objects; conversion_mode | other options of `open`; encrypted, closed: refused |
| `Object` | all that it holds, alone: arrays, dictionaries, names, strings, numbers, operators | its document; one object in two places arrives as two; streams, indirect objects and references to them: refused |
| `ContentStreamInstruction` | operands and operator | |
| `Rectangle` | its corners | |

`Matrix`, `Encryption` and `Permissions` objects pickle by themselves.

Left out: `Page`, `PageList`, `NameTree`, `NumberTree`, `Attachments`, `AcroForm`, `Annotation`: they
do not tell their document, so send that, and the number of the page or `objgen`. `PdfMetadata`,
`Outline`: open them from the document. `ContentStreamInlineImage`: send its bytes. `Job`: its
arguments cannot be read back.
"""

from __future__ import annotations

import io
import math
import os
from contextlib import nullcontext
from typing import Any

import pikepdf

from adapters import register
from adapters.libraries._files import existing
from adapters.libraries._states import parts

_Object: Any = type(pikepdf.Dictionary())
_NONE = type(None)
_CLOSED = "closed input source"
_explicit = getattr(pikepdf, "explicit_conversion", nullcontext)
_MODES = (None, "implicit", "explicit")


def _saved(pdf: Any) -> bytes:
    file = io.BytesIO()
    as_it_is = pikepdf.StreamDecodeLevel.none
    pdf.save(file, static_id=True, compress_streams=False, stream_decode_level=as_it_is)
    return file.getvalue()


def _serialize_pdf(pdf: Any) -> Any:
    if pdf.filename == _CLOSED:
        raise ValueError("the document has been closed")
    if pdf.is_encrypted:
        raise ValueError("the password of an encrypted document cannot be read back: save it first")
    data, mode = _saved(pdf), getattr(pdf, "conversion_mode", None)
    identifier = pdf.trailer["/ID"].unparse(resolved=True) if "/ID" in pdf.trailer else None
    if os.path.isfile(pdf.filename):
        for inherit in (True, False):
            state = (existing(pdf.filename), inherit, mode, identifier)
            with _make_pdf(state) as fresh:
                if _saved(fresh) == data:
                    return state
    return data, False, mode, identifier


def _make_pdf(state: Any) -> Any:
    kinds = ((str, bytes, memoryview), bool, (str, _NONE), (bytes, _NONE))
    source, inherit, mode, identifier = parts(state, *kinds)
    if mode not in _MODES:
        raise ValueError(f"the conversion mode is one of {_MODES}, but {mode!r}")
    file = existing(source) if isinstance(source, str) else io.BytesIO(source)
    more = {} if mode is None else {"conversion_mode": mode}  # older versions know none
    pdf = pikepdf.open(file, inherit_page_attributes=inherit, **more)
    if identifier is not None:  # saving gives a new one
        pdf.trailer["/ID"] = pikepdf.Object.parse(identifier)
    elif "/ID" in pdf.trailer:
        del pdf.trailer["/ID"]
    return pdf


def _check_alone(found: Any) -> None:
    """Require that an object is no part of a document that others of it refer to."""
    left = [found]
    while left:
        each = left.pop()
        if not isinstance(each, _Object):
            continue
        if each.is_indirect or isinstance(each, pikepdf.Stream):
            raise ValueError(
                "the object is a stream, or indirect, or refers to such: send its document, and"
                " objgen"
            )
        if isinstance(each, pikepdf.Dictionary):
            left += [value for _, value in each.items()]
        elif isinstance(each, pikepdf.Array):
            left += list(each)


def _serialize_object(found: Any) -> Any:
    _check_alone(found)
    return isinstance(found, pikepdf.Operator), found.unparse()


def _make_object(state: Any) -> Any:
    operator, text = parts(state, bool, bytes)
    if operator:
        return pikepdf.Operator(text.decode())
    with _explicit():  # else numbers arrive as those of Python
        found = pikepdf.Object.parse(text)
    if not isinstance(found, _Object):
        raise ValueError(f"{text!r} is no object of a document, but {found!r}")
    return found


def _serialize_instruction(instruction: Any) -> Any:
    # No objects are in the state, as deepcopy of some of them fails.
    operands = pikepdf.Array(list(instruction.operands))
    return _serialize_object(operands), _serialize_object(instruction.operator)


def _make_instruction(state: Any) -> Any:
    operands, operator = map(_make_object, parts(state, tuple, tuple))
    if not isinstance(operands, pikepdf.Array):
        raise ValueError(f"the operands are no array, but {operands!r}")
    return pikepdf.ContentStreamInstruction(list(operands), operator)


def _make_rectangle(state: Any) -> Any:
    corners = parts(state, *[(int, float)] * 4)
    if not all(map(math.isfinite, corners)):
        raise ValueError(f"the corners of a rectangle are numbers, but {corners}")
    return pikepdf.Rectangle(*corners)


register(pikepdf.Pdf, _serialize_pdf, _make_pdf)
register(_Object, _serialize_object, _make_object)
register(
    pikepdf.ContentStreamInstruction,
    _serialize_instruction,
    _make_instruction,
)
register(pikepdf.Rectangle, lambda each: (each.llx, each.lly, each.urx, each.ury), _make_rectangle)
