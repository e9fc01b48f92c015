import pytest
from kit import check_examples

usearch = pytest.importorskip("usearch.index")
np = pytest.importorskip("numpy")

import adapters  # noqa: E402
from adapters.libraries import usearch as _  # noqa: E402, F401

VECTORS = np.random.default_rng(0).random((20, 4), dtype=np.float32)


def plain():
    index = usearch.Index(ndim=4, metric="l2sq", dtype="f32")
    index.add(np.arange(20), VECTORS, threads=1)
    return index


def expanded():
    index = usearch.Index(
        ndim=4,
        metric="ip",
        dtype="f16",
        multi=True,
        connectivity=8,
        expansion_add=77,
        expansion_search=99,
    )
    index.add(np.zeros(3, int), VECTORS[:3], threads=1)
    return index


def bits():
    index = usearch.Index(ndim=16, metric="hamming", dtype="b1")
    index.add(np.arange(3), np.array([[1, 2], [3, 4], [255, 0]], np.uint8), threads=1)
    return index


def empty():
    return usearch.Index(ndim=3, metric="cos")


TYPES = {"Index": [plain, expanded, bits, empty]}


# How much room there is for more, and what it takes.
OPTIONS = {"Index": {"ignore": ["capacity", "memory_usage"]}}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS[name])


def test_the_twin_finds_the_same_and_takes_more():
    index = plain()
    twin = adapters.loads(adapters.dumps(index))
    one, other = (each.search(VECTORS[0], 5) for each in (index, twin))
    assert (one.keys == other.keys).all()
    twin.add(99, VECTORS[0])
    assert len(twin) == 21


def test_the_settings_that_usearch_forgets():
    twin = adapters.loads(adapters.dumps(expanded()))
    assert (twin.expansion_add, twin.expansion_search, twin.multi) == (77, 99, True)
