import io
import zipfile

import pytest
from files import made
from kit import check_examples

import adapters


def write(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a", "b")
        file.comment = b"c"


def archive():
    return zipfile.ZipFile(made("a.zip", write))


def with_settings():
    file = zipfile.ZipFile(made("a.zip", write), compression=8, strict_timestamps=False)
    file.setpassword(b"p")
    return file


TYPES = {"ZipFile": [archive, with_settings]}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    # The file below, with the number that a process gives it.
    check_examples(*makers, ignore=["fp", "_lock"])


def test_an_archive_is_read_where_it_arrives():
    with adapters.loads(adapters.dumps(with_settings())) as arrived:
        assert arrived.read("a") == b"b"
        assert arrived.pwd == b"p"


def for_writing(path):
    return zipfile.ZipFile(path / "b.zip", "w")


def stream(path):
    with open(made("a.zip", write), "rb") as file:
        return zipfile.ZipFile(io.BytesIO(file.read()))


@pytest.mark.parametrize("make", [for_writing, stream])
def test_what_cannot_be_opened_again_is_refused(make, tmp_path):
    with make(tmp_path) as file, pytest.raises(adapters.SerializeError, match="by its path"):
        adapters.dumps(file)
