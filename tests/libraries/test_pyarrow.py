from functools import partial

import pytest
from kit import check_examples

import adapters

pa = pytest.importorskip("pyarrow")
np = pytest.importorskip("numpy")
compute = pytest.importorskip("pyarrow.compute")
csv = pytest.importorskip("pyarrow.csv")
fs = pytest.importorskip("pyarrow.fs")

ARGUMENTS = {  # of options that cannot be made without any, or where some say more
    "AssumeTimezoneOptions": ["Europe/Vienna"],
    "ExtractRegexOptions": ["(?P<a>.)"],
    "ExtractRegexSpanOptions": ["(?P<a>.)"],
    "ListSliceOptions": [1, 3],
    "MatchSubstringOptions": ["a"],
    "PadOptions": [5, "_"],
    "PartitionNthOptions": [3],
    "PivotWiderOptions": [["a", "b"]],
    "ReplaceSliceOptions": [1, 3, "x"],
    "ReplaceSubstringOptions": ["a", "b"],
    "SelectKOptions": [3, [("a", "descending")]],
    "SliceOptions": [1, 7, 2],
    "SortOptions": [[("a", "descending"), ("b", "ascending")]],
    "SplitPatternOptions": ["-"],
    "StrptimeOptions": ["%Y", "s"],
    "StructFieldOptions": [[0, 1]],
    "TrimOptions": ["x"],
    "Utf8NormalizeOptions": ["NFC"],
    "WinsorizeOptions": [0.1, 0.9],
    "ZeroFillOptions": [4],
}
NAMES = [
    name
    for name in dir(compute)
    if name.endswith("Options") and name not in ("FunctionOptions", "CumulativeSumOptions")
]


def options(name):
    kind = getattr(compute, name)
    if name == "CastOptions":
        return kind(pa.list_(pa.int8()), allow_int_overflow=True)
    if name == "IndexOptions":
        return kind(pa.scalar(3))
    if name == "MapLookupOptions":
        return kind(pa.scalar("a"), "first")
    if name == "SetLookupOptions":
        return kind(pa.array([1, None, 3]), skip_nulls=True)
    return kind(*ARGUMENTS.get(name, []))


def codec():
    return pa.Codec("zstd", compression_level=3)


def plain_codec():
    return pa.Codec("snappy")


def tensor():
    return pa.Tensor.from_numpy(np.arange(6.0).reshape(2, 3), ["a", "b"])


def fortran_tensor():
    return pa.Tensor.from_numpy(np.asfortranarray(np.arange(6).reshape(2, 3)))


def sparse(name):
    data = np.zeros((3, 4), "f4")
    data[1, 2], data[2, 0], data[2, 3] = 5, 6, 7
    return getattr(pa, name).from_dense_numpy(data, dim_names=["a", "b"])


def unnamed(name):
    return getattr(pa, name).from_dense_numpy(np.eye(3, dtype="i8"))


def reader():
    return pa.BufferReader(b"abcdef")


def half_read():
    new = reader()
    new.read(4)
    return new


def info():
    return fs.FileInfo("/a/b.txt", fs.FileType.File, mtime_ns=1_700_000_000_000_000_001, size=9)


def missing():
    return fs.FileInfo("/a", fs.FileType.NotFound)


def selector():
    return fs.FileSelector("/a/b", allow_not_found=True, recursive=True)


def writing_csv():
    return csv.WriteOptions(include_header=False, batch_size=9, delimiter=";", quoting_style="none")


def writing():
    return pa.ipc.IpcWriteOptions(compression="zstd", use_threads=False)


def reading():
    return pa.ipc.IpcReadOptions(included_fields=[1, 3], use_threads=False)


TYPES = {
    **{name: [partial(options, name)] for name in NAMES},
    "Codec": [codec, plain_codec],
    "Tensor": [tensor, fortran_tensor],
    **{
        name: [partial(sparse, name), partial(unnamed, name)]
        for name in ("SparseCOOTensor", "SparseCSRMatrix", "SparseCSCMatrix")
    },
    "BufferReader": [reader, half_read],
    "FileInfo": [info, missing],
    "FileSelector": [selector],
    "WriteOptions": [writing_csv],
    "IpcWriteOptions": [writing],
    "IpcReadOptions": [reading],
}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers, rebuilds=3)


@pytest.mark.parametrize("name", NAMES)
def test_options_arrive_equal(name):
    first = options(name)
    assert adapters.loads(adapters.dumps(first)) == first


def test_a_buffer_is_read_on_where_it_was():
    assert adapters.loads(adapters.dumps(half_read())).read() == b"ef"


def test_a_closed_reader_is_refused():
    new = reader()
    new.close()
    with pytest.raises(adapters.SerializeError, match="closed"):
        adapters.dumps(new)
