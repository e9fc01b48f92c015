"""pysam: alignments and variants, their headers, and files of them that are read.

| type | what travels | what does not |
|---|---|---|
| `AlignmentFile` | path, index, reference, threads, position | options of formats; a CRAM file begins at its start; written, closed, or no file: refused |
| `VariantFile` | path, index, samples that were chosen, threads, position | the same |
| `FastaFile` | the path, with its index beside it | another index, closed: refused |
| `AlignmentHeader` | its text | |
| `AlignedSegment` | all fields, tags with their types, the header | |
| `VariantHeader` | all records and samples | |
| `VariantRecord` | all of it, with a header of its own | |

Left out: `TabixFile`: its parser cannot be read back. `FastxFile`, iterators: how far they are cannot
be told. `VariantRecordInfo` and other views of a record, rows of a `TabixFile`: send the record, or
the text of the row. `PileupColumn`: it is gone with the next one.
"""

from __future__ import annotations

from typing import Any

import pysam

from adapters import register
from adapters.libraries._files import existing, loaded, saved
from adapters.libraries._states import parts

_NONE = type(None)
_PATH = (str, _NONE)
_FIELDS = (
    *("query_name", "flag", "reference_id", "reference_start", "mapping_quality", "cigartuples"),
    *("next_reference_id", "next_reference_start", "template_length"),
    *("query_sequence", "query_qualities", "bin"),
)


def _path(name: Any) -> Any:
    return None if name is None else existing(name)


def _opened(file: Any) -> Any:
    """What is common to files of alignments and of variants."""
    if not file.is_open:
        raise ValueError("the file has been closed")
    if not file.is_read or file.is_stream or file.is_remote:
        raise ValueError("only a file of this host that is opened for reading travels")
    position = None if file.is_cram else file.tell()
    return existing(file.filename), _path(file.index_filename), file.threads, position


def _found(file: Any, position: Any) -> Any:
    if position is not None and position != file.tell():
        if position < 0:
            raise ValueError(f"there is no position {position}")
        file.seek(position)
    return file


def _threads(number: int) -> int:
    if not 0 < number <= 1024:
        raise ValueError(f"a file cannot be read by {number} threads")
    return number


def _make_alignments(state: Any) -> Any:
    opened, reference = parts(state, tuple, _PATH)
    path, index, threads, position = parts(opened, str, _PATH, int, (int, _NONE))
    file = pysam.AlignmentFile(
        existing(path),
        "r",
        index_filename=_path(index),
        reference_filename=_path(reference),
        check_sq=False,
        threads=_threads(threads),
    )
    return _found(file, position)


def _make_variants(state: Any) -> Any:
    opened, samples, drop = parts(state, tuple, list, bool)
    path, index, threads, position = parts(opened, str, _PATH, int, (int, _NONE))
    parts(samples, *[str] * len(samples))
    file = pysam.VariantFile(
        existing(path),
        "r",
        index_filename=_path(index),
        drop_samples=drop,
        threads=_threads(threads),
    )
    if not drop and list(file.header.samples) != samples:
        if samples:
            file.subset_samples(samples)
        if not samples or list(file.header.samples) != samples:
            raise ValueError(f"{path!r} does not have the samples {samples} (any more)")
    return _found(file, position)


def _serialize_fasta(file: Any) -> Any:
    if not file.is_open():
        raise ValueError("the file has been closed")
    return existing(file.filename)


def _make_fasta(state: Any) -> Any:
    (path,) = parts((state,), str)
    existing(path + ".fai")  # or it would be made
    return pysam.FastaFile(existing(path))


def _make_header(state: Any) -> Any:
    (text,) = parts((state,), str)
    if not all(line[:1] == "@" for line in text.split("\n") if text):
        raise ValueError("each line of a header begins with @")
    return pysam.AlignmentHeader.from_text(text + "\n" if text else "")


def _serialize_segment(segment: Any) -> Any:
    fields = {name: getattr(segment, name) for name in _FIELDS}
    return segment.header, fields, list(segment.get_tags(with_value_type=True))


def _make_segment(state: Any) -> Any:
    header, fields, tags = parts(state, (pysam.AlignmentHeader, _NONE), dict, list)
    if fields.keys() != {*_FIELDS}:
        raise ValueError(f"the fields of a segment are {', '.join(_FIELDS)}")
    for name in ("flag", "bin", "reference_id", "reference_start", "template_length"):
        if not -(1 << 31) <= parts((fields[name],), int)[0] < 1 << 31:
            raise ValueError(f"{name} cannot be {fields[name]}")
    segment = pysam.AlignedSegment(header)
    for name in _FIELDS:  # some set what comes after them, too
        setattr(segment, name, fields[name])
    for tag in tags:
        name, value, kind = parts(tag, str, object, str)
        # Of an array, the type is that of its items.
        segment.set_tag(name, value, None if kind == "B" else kind, replace=False)
    return segment


def _saved(header: Any, *records: Any) -> bytes:
    def save(path: str) -> None:
        with pysam.VariantFile(path, "wb", header=header) as file:
            for record in records:
                file.write(record)

    return saved(save, ".bcf")


def _loaded(state: Any, load: Any) -> Any:
    (data,) = parts((state,), (bytes, memoryview))
    if bytes(data[:2]) != b"\x1f\x8b":
        raise ValueError("the data is no BCF file")

    def read(path: str) -> Any:
        shown = pysam.set_verbosity(0)  # that there is no index
        try:
            with pysam.VariantFile(path) as file:
                return load(file)
        finally:
            pysam.set_verbosity(shown)

    return loaded(data, read, ".bcf")


def _make_variant(state: Any) -> Any:
    record = _loaded(state, lambda file: next(file, None))
    if record is None:
        raise ValueError("the data holds no record")
    return record


register(
    pysam.AlignmentFile,
    lambda file: (_opened(file), _path(file.reference_filename)),
    _make_alignments,
)
register(
    pysam.VariantFile,
    lambda file: (_opened(file), list(file.header.samples), bool(file.drop_samples)),
    _make_variants,
)
register(pysam.FastaFile, _serialize_fasta, _make_fasta)
register(pysam.AlignmentHeader, lambda header: str(header).rstrip("\n"), _make_header)
register(pysam.AlignedSegment, _serialize_segment, _make_segment)
register(pysam.VariantHeader, _saved, lambda state: _loaded(state, lambda file: file.header.copy()))
register(pysam.VariantRecord, lambda record: _saved(record.header, record), _make_variant)
