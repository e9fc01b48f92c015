import io
import uuid

import pytest
from files import made
from kit import check_examples, travelled

import adapters

h5py = pytest.importorskip("h5py")
numpy = pytest.importorskip("numpy")


def fill(file):
    data = file.create_dataset("g/d", data=[[1.0, 2.0, 3.0]])
    data.attrs["u"] = "m"
    data.dims[1].label = "x"
    file["t"] = numpy.dtype(">f4")
    file["t"].attrs["v"] = 3
    file["scale"] = [1.0, 2.0, 3.0]
    file["scale"].make_scale("s")
    data.dims[1].attach_scale(file["scale"])


def write(path):
    with h5py.File(path, "w") as new:
        fill(new)


def file():
    return h5py.File(made("a.h5", write), "r", rdcc_nbytes=1 << 16, libver="v110")


def stdio():
    return h5py.File(file().filename, "r", driver="stdio")


def in_memory():
    new = h5py.File(uuid.uuid4().hex, "w", driver="core", backing_store=False)
    fill(new)
    return new


def file_id():
    return file().id


def group():
    return file()["g"]


def root():
    return file()["/"]


def group_id():
    return file()["g"].id


def dataset():
    return file()["g/d"]


def scale():
    return file()["scale"]


def dataset_id():
    return file()["g/d"].id


def datatype():
    return file()["t"]


def attributes():
    return file()["g/d"].attrs


def attributes_of_a_type():
    return file()["t"].attrs


def dimensions():
    return file()["g/d"].dims


def dimension():
    return file()["g/d"].dims[1]


TYPES = {
    "File": [file, stdio, in_memory],
    "FileID": [file_id],
    "Group": [group, root],
    "GroupID": [group_id],
    "Dataset": [dataset, scale],
    "DatasetID": [dataset_id],
    "Datatype": [datatype],
    "AttributeManager": [attributes, attributes_of_a_type],
    "DimensionManager": [dimensions],
    "DimensionProxy": [dimension],
}
# The number that HDF5 gives to what is open, the state of its caches, and its name in memory,
# where two of one name would be one.
COUNTED = ["id", "get_freespace", "get_mdc_hit_rate", "get_mdc_size", "filename"]
OPTIONS = {"File": {"ignore": [*COUNTED, "name"]}, "FileID": {"ignore": [*COUNTED, "name"]}}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {"ignore": COUNTED}))


def test_parts_of_one_file_arrive_in_one_file():
    first = file()
    arrived = travelled([first["g/d"], first, first["g"], first["t"], first["g/d"].attrs])
    data, again, group, kind, attributes = arrived
    assert data.file == again == group.file == kind.file
    assert dict(attributes)["u"] == "m"
    assert data[()].tolist() == first["g/d"][()].tolist()
    again.close()
    assert not data
    assert not group
    assert first


def test_parts_of_two_files_arrive_in_two():
    one, other = travelled([in_memory_of(1)["a"], in_memory_of(2)["a"]])
    assert (one[()], other[()]) == (1, 2)


def in_memory_of(value):
    new = h5py.File(f"adapters-in-memory-{value}", "w", driver="core", backing_store=False)
    new["a"] = value
    return new


def test_settings_are_kept(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", libver="latest") as new:
        fill(new)
    first = h5py.File(path, "r", libver="latest", swmr=True, locking=False, rdcc_nslots=1009)
    arrived = travelled(first)
    for one, other in zip((first, arrived), (arrived, first), strict=True):
        assert one.libver == other.libver
        assert one.id.get_intent() == other.id.get_intent()
        for name in ("cache", "file_locking", "alignment"):
            access = [getattr(each.id.get_access_plist(), f"get_{name}")() for each in (one, other)]
            assert access[0] == access[1]


def open_for_writing(path):
    return h5py.File(path, "w")


def with_a_backing_store(path):
    return h5py.File(path, "w", driver="core")


def of_a_stream(path):
    return h5py.File(io.BytesIO(), "w")


def closed(path):
    new = h5py.File(path, "w")
    new.close()
    return new


def without_a_name(path):
    return in_memory().create_dataset(None, data=[1])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (open_for_writing, "mode 'r'"),
        (with_a_backing_store, "mode 'r'"),
        (of_a_stream, "mode 'r'"),
        (closed, "closed"),
        (without_a_name, "no name"),
    ],
)
def test_what_cannot_be_opened_again_is_refused(make, words, tmp_path):
    with pytest.raises(adapters.SerializeError, match=words):
        adapters.dumps(make(tmp_path / "a.h5"))
