import gzip
import io

import pytest
from files import made
from kit import check_examples

import adapters


def write(path):
    with gzip.open(path, "wb") as file:
        file.write(b"hello\nworld\n")


def packed():
    return gzip.GzipFile(made("a.gz", write))


def half_read():
    file = gzip.open(made("a.gz", write))  # noqa: SIM115
    file.readline()
    return file


TYPES = {"GzipFile": [packed, half_read]}
# Numbers that a process gives an open file, and the time that is read with the first bytes.
IGNORED = ["fileno", "mtime", "myfileobj", "fileobj", "_buffer"]


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers, ignore=IGNORED)


def test_a_file_is_read_on_where_it_was():
    with adapters.loads(adapters.dumps(half_read())) as arrived:
        assert arrived.read() == b"world\n"


def for_writing(path):
    return gzip.GzipFile(path / "b.gz", "wb")


def stream(path):
    with open(made("a.gz", write), "rb") as file:
        return gzip.GzipFile(fileobj=io.BytesIO(file.read()))


@pytest.mark.parametrize("make", [for_writing, stream])
def test_what_cannot_be_opened_again_is_refused(make, tmp_path):
    with make(tmp_path) as file, pytest.raises(adapters.SerializeError, match="by its path"):
        adapters.dumps(file)
