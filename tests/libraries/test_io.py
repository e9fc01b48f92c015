import os

import pytest
from files import made
from kit import check_examples

import adapters

# The examples are not closed.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def write(path):
    with open(path, "w", newline="") as file:
        file.write("hello\nworld\n")


def buffered():
    return open(made("a.txt", write), "rb")


def half_read():
    file = buffered()
    file.readline()
    return file


def raw():
    file = open(made("a.txt", write), "rb", buffering=0)  # noqa: SIM115
    file.seek(3)
    return file


TYPES = {"BufferedReader": [buffered, half_read], "FileIO": [raw]}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    # The number that a process gives an open file, and how much has been read in advance.
    check_examples(*makers, ignore=["fileno", "raw"])


@pytest.mark.parametrize("make", [half_read, raw])
def test_a_file_is_read_on_where_it_was(make):
    arrived, first = adapters.loads(adapters.dumps(make())), make()
    with arrived, first:
        assert arrived.read() == first.read()


def for_writing(path):
    return open(path / "b", "wb", buffering=0)


def pipe(path):
    ends = os.pipe()
    os.close(ends[1])
    return open(ends[0], "rb")


def replaced(path):
    write(path / "b")
    file = open(path / "b", "rb")  # noqa: SIM115
    write(path / "c")
    os.replace(path / "c", path / "b")
    return file


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (for_writing, "reading bytes"),
        (pipe, "by its path"),
        pytest.param(
            replaced, "another file", marks=pytest.mark.skipif(os.name == "nt", reason="")
        ),
    ],
)
def test_what_cannot_be_opened_again_is_refused(make, words, tmp_path):
    with make(tmp_path) as file, pytest.raises(adapters.SerializeError, match=words):
        adapters.dumps(file)
