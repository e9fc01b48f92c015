import io
import zipfile

import pytest
from files import made
from kit import check_examples, travelled

import adapters

rasterio = pytest.importorskip("rasterio")
pytest.importorskip("rasterio.shutil")
numpy = pytest.importorskip("numpy")
memory_file = rasterio.io.MemoryFile
# Of affine, which rasterio uses.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")

DATA = numpy.arange(12, dtype="uint8").reshape(1, 3, 4)


def profile():
    size = {"driver": "GTiff", "width": 4, "height": 3, "count": 1, "dtype": "uint8"}
    return {**size, "transform": rasterio.transform.from_origin(0, 3, 1, 1)}


def write(path):
    with rasterio.open(path, "w", crs="EPSG:4326", **profile()) as new:
        new.write(DATA)


def dataset():
    return rasterio.open(made("a.tif", write))


def with_options():
    return rasterio.open(made("a.tif", write), NUM_THREADS="2")


def part():
    return rasterio.open(f"GTIFF_DIR:1:{made('a.tif', write)}")


def in_memory():
    with open(made("a.tif", write), "rb") as file:
        return memory_file(file.read(), filename="b.tif")


def half_read():
    new = in_memory()
    new.read(5)
    return new


def written():
    new = memory_file()
    with new.open(**profile()) as dataset:
        dataset.write(DATA)
    return new


def empty():
    return memory_file()


def archive():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as new:
        new.write(made("a.tif", write), "a.tif")
    return rasterio.io.ZipMemoryFile(file.getvalue())


TYPES = {
    "DatasetReader": [dataset, with_options, part],
    "MemoryFile": [in_memory, half_read, written, empty],
    "ZipMemoryFile": [archive],
}
MEMORY = {
    # Its folder is a new one, as two of one name would be one.
    "ignore": ["name", "_path", "_dirname", "_filename"],
    # Reading one takes a handle of some 300 bytes, which only its close() gives back.
    "skip": {"nothing_leaks": "the files are not closed"},
}
OPTIONS = {"MemoryFile": MEMORY, "ZipMemoryFile": MEMORY}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {}))


@pytest.mark.parametrize("make", [dataset, with_options, part])
def test_a_dataset_arrives_with_its_data(make):
    arrived = travelled(make())
    assert arrived.read().tolist() == DATA.tolist()
    assert arrived.crs == rasterio.crs.CRS.from_epsg(4326)


@pytest.mark.parametrize("make", [in_memory, written])
def test_a_file_in_memory_arrives_with_its_data(make):
    first = make()
    arrived = travelled(first)
    assert arrived.name.rpartition("/")[2].endswith("tif")
    assert arrived.mode == first.mode
    with arrived.open() as dataset:
        assert dataset.read().tolist() == DATA.tolist()


def test_a_dataset_outlives_its_file_in_memory():
    arrived = travelled(in_memory())
    dataset, name = arrived.open(), arrived.name
    del arrived
    assert not rasterio.shutil.exists(name)
    assert dataset.read().tolist() == DATA.tolist()


def test_a_file_in_an_archive_is_found():
    with travelled(archive()).open("a.tif") as dataset:
        assert dataset.read().tolist() == DATA.tolist()


def closed():
    new = dataset()
    new.close()
    return new


def of_memory():
    return in_memory().open()


@pytest.mark.parametrize(("make", "words"), [(closed, "closed"), (of_memory, "MemoryFile")])
def test_what_cannot_be_opened_again_is_refused(make, words):
    with pytest.raises(adapters.SerializeError, match=words):
        adapters.dumps(make())
