import io
import zipfile

import pytest
from files import made
from kit import check_examples, travelled

import adapters

fiona = pytest.importorskip("fiona")
memory_file = pytest.importorskip("fiona.io").MemoryFile

POINT = {"type": "Point", "coordinates": [1.0, 2.0]}
FEATURES = [{"geometry": POINT, "properties": {"n": n, "s": f"x{n}"}} for n in range(3)]
SCHEMA = {"geometry": "Point", "properties": {"n": "int", "s": "str"}}


def write_layers(path):
    for layer in ("one", "two"):
        with fiona.open(path, "w", "GPKG", SCHEMA, crs="EPSG:4326", layer=layer) as new:
            new.writerecords(FEATURES if layer == "one" else FEATURES[:1])


def write(path):
    with fiona.open(path, "w", "GeoJSON", SCHEMA) as new:
        new.writerecords(FEATURES)


def collection():
    return fiona.open(made("a.geojson", write))


def layer():
    return fiona.open(made("a.gpkg", write_layers), layer="two")


def some_fields():
    return fiona.open(made("a.gpkg", write_layers), include_fields=["s"], ignore_geometry=True)


def in_memory():
    with open(made("a.geojson", write), "rb") as file:
        return memory_file(file.read(), filename="b.geojson")


def written():
    new = memory_file(ext=".geojson")
    with new.open("w", driver="GeoJSON", schema=SCHEMA) as collection:
        collection.writerecords(FEATURES)
    return new


def archive():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as new:
        new.write(made("a.geojson", write), "a.geojson")
    return fiona.io.ZipMemoryFile(file.getvalue())


MEMORY = {
    # Its folder is a new one, as two of one name would be one.
    "ignore": ["name", "_dirname"],
    # Reading one takes a handle of some 300 bytes, which only its close() gives back.
    "skip": {"nothing_leaks": "the files are not closed"},
}
TYPES = {
    "Collection": [collection, layer, some_fields],
    "MemoryFile": [in_memory, written],
    "ZipMemoryFile": [archive],
}
OPTIONS = {"MemoryFile": MEMORY, "ZipMemoryFile": MEMORY}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {}))


@pytest.mark.parametrize("make", [collection, layer, some_fields])
def test_a_collection_arrives_with_its_features(make):
    first = make()
    assert list(travelled(first)) == list(first)


@pytest.mark.parametrize("make", [in_memory, written, archive])
def test_a_file_in_memory_arrives_with_its_features(make):
    arrived = travelled(make())
    path = "a.geojson" if make is archive else None
    with arrived.open(path) if path else arrived.open() as collection:
        assert [each.properties["n"] for each in collection] == [0, 1, 2]


def closed(path):
    new = collection()
    new.close()
    return new


def for_writing(path):
    return fiona.open(path / "a.geojson", "w", "GeoJSON", SCHEMA)


def of_memory(path):
    return in_memory().open()


def with_options(path):
    (path / "a.csv").write_text("a,b\n1,2\n")
    return fiona.open(path / "a.csv", X_POSSIBLE_NAMES="a", Y_POSSIBLE_NAMES="b")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (closed, "closed"),
        (for_writing, "mode 'r'"),
        (of_memory, "MemoryFile"),
        (with_options, "options of its driver"),
    ],
)
def test_what_cannot_be_opened_again_is_refused(make, words, tmp_path):
    collection = make(tmp_path)
    with pytest.raises(adapters.SerializeError, match=words):
        adapters.dumps(collection)
