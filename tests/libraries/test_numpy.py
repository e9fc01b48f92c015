import io
import os
import pickle
from pathlib import Path

import pytest
from files import made
from kit import check_examples, travelled

import adapters

np = pytest.importorskip("numpy")


def write(path):
    np.arange(100.0).tofile(path)


def write_npz(path):
    with open(path, "wb") as file:
        np.savez(file, a=np.arange(3), b=np.array(["x", "y"]))


def mapped():
    return np.memmap(made("a.dat", write), "f8", "r", 8, (3, 4))


def changeable():
    return np.memmap(Path(made("a.dat", write)), ">i4", "r+", 4, (2, 3), "F")


def private():
    return np.memmap(made("a.dat", write), [("a", "i2"), ("b", "f4")], "c", 0, (5,))


def without_a_file():
    return np.arange(6.0).reshape(2, 3, order="F").view(np.memmap)


def npz():
    return np.load(made("a.npz", write_npz), allow_pickle=True, encoding="latin1")


def npz_in_memory():
    return np.load(io.BytesIO(Path(made("a.npz", write_npz)).read_bytes()), max_header_size=900)


def calendar():
    return np.busdaycalendar("1100111", ["2024-01-01", "2024-05-09"])


def plain_calendar():
    return np.busdaycalendar()


def flat():
    iterator = np.arange(12).reshape(3, 4)[:, ::2].flat
    next(iterator)
    return iterator


def flat_at_its_end():
    iterator = np.ones(2).flat
    list(iterator)
    return iterator


def broadcast():
    found = np.broadcast([[1], [2]], [3, 4, 5], 6)
    next(found)
    return found


def arrayterator():
    return np.lib.Arrayterator(np.arange(60).reshape(3, 4, 5), 7)[1:, :, ::2]


def whole_arrayterator():
    return np.lib.Arrayterator(np.arange(6))


def single():
    return np.finfo("f4")


def double():
    return np.finfo(complex)


TYPES = {
    "memmap": [mapped, changeable, private, without_a_file],
    "NpzFile": [npz, npz_in_memory],
    "busdaycalendar": [calendar, plain_calendar],
    "flatiter": [flat, flat_at_its_end],
    "broadcast": [broadcast],
    "Arrayterator": [arrayterator, whole_arrayterator],
    "finfo": [single, double],
}
OPTIONS = {
    # It asks its array for what it does not have: deepcopy copies the array.
    "Arrayterator": {"skip": {"deepcopy_makes_a_second_object": "the __deepcopy__ of its array"}},
    "finfo": {
        "skip": {
            "factory_makes_a_fresh_object": "there is one for each type of number",
            "deepcopy_makes_a_second_object": "there is one for each type of number",
        }
    },
}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {}))


def new(path, mode="r+"):
    write(path)
    return np.memmap(path, "f8", mode, shape=(100,))


def is_of(array, path):
    return str(array.filename) == str(path)


def test_two_processes_have_one_file(tmp_path):
    first = new(tmp_path / "a")
    arrived = travelled(first)
    arrived[3] = 7
    assert first[3] == 7
    assert arrived.mode == "r+"
    assert len(adapters.dumps(first)) < 700


def test_a_new_file_keeps_what_it_holds(tmp_path):
    first = np.memmap(tmp_path / "a", "f8", "w+", shape=(3,))
    first[:] = 2
    arrived = travelled(first)
    assert arrived.mode == "r+"
    assert arrived.tolist() == first.tolist() == [2, 2, 2]


def test_a_private_change_travels_as_an_array(tmp_path):
    first = new(tmp_path / "a", "c")
    assert is_of(travelled(first), tmp_path / "a")
    first[99] = 7
    arrived = travelled(first)
    assert type(arrived) is np.memmap
    assert arrived.filename is None
    assert arrived[99] == 7


@pytest.mark.parametrize(
    "change",
    [
        lambda array, path: array[2:],
        lambda array, path: array[::-1],
        lambda array, path: array.reshape(10, 10).T,
        lambda array, path: array.copy(),
        lambda array, path: os.remove(path) or array,
    ],
)
def test_without_a_file_of_its_own_it_is_an_array(change, tmp_path):
    array = change(new(tmp_path / "a"), tmp_path / "a")
    arrived = travelled(array)
    assert type(arrived) is type(array) is np.memmap
    assert arrived.filename is None
    assert arrived.flags.writeable
    assert arrived.tolist() == array.tolist()


def test_it_does_not_become_writable(tmp_path):
    first = new(tmp_path / "a")
    first.flags.writeable = False
    assert not travelled(first).flags.writeable


def test_a_file_that_became_shorter_is_not_made_longer(tmp_path):
    payload = adapters.dumps(new(tmp_path / "a"))
    os.truncate(tmp_path / "a", 80)
    with pytest.raises(adapters.RebuildError, match="does not hold 800 bytes"):
        adapters.loads(payload)
    assert os.path.getsize(tmp_path / "a") == 80


def test_plain_pickle_is_told_by_load(tmp_path):
    adapters.libraries.load("numpy")
    assert is_of(pickle.loads(pickle.dumps(new(tmp_path / "a"))), tmp_path / "a")


def test_an_npz_file_has_its_arrays_and_settings():
    first, arrived = npz(), travelled(npz())
    assert arrived["a"].tolist() == [0, 1, 2]
    assert (arrived.allow_pickle, arrived.pickle_kwargs) == (True, first.pickle_kwargs)


def closed(path):
    file = npz()
    file.close()
    return file


def replaced(path):
    write_npz(path)
    file = np.load(path)
    os.remove(path)
    write_npz(path)
    return file


@pytest.mark.parametrize(("make", "words"), [(closed, "closed"), (replaced, "another file")])
def test_what_cannot_be_opened_again_is_refused(make, words, tmp_path):
    with pytest.raises(adapters.SerializeError, match=words):
        adapters.dumps(make(tmp_path / "a.npz"))


def test_an_npz_file_of_a_stream_that_is_written_is_refused(tmp_path):
    write_npz(tmp_path / "a.npz")
    with (
        open(tmp_path / "a.npz", "rb+") as stream,
        np.load(stream) as file,
        pytest.raises(adapters.SerializeError, match="BytesIO"),
    ):
        adapters.dumps(file)
