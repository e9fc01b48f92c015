import pytest
from kit import check_examples

hnswlib = pytest.importorskip("hnswlib")
np = pytest.importorskip("numpy")

import adapters  # noqa: E402
from adapters.libraries import hnswlib as _  # noqa: E402, F401

VECTORS = np.random.default_rng(0).random((20, 4), dtype=np.float32)


def of(space):
    index = hnswlib.BFIndex(space, 4)
    index.init_index(50)
    index.add_items(VECTORS, np.arange(20) * 3)
    index.set_num_threads(1)
    return index


def l2():
    return of("l2")


def ip():
    return of("ip")


def cosine():
    return of("cosine")


TYPES = {"BFIndex": [l2, ip, cosine]}


def same(one, other):
    pairs = zip(one.knn_query(VECTORS, 20), other.knn_query(VECTORS, 20), strict=True)
    close = [np.allclose(a, b, atol=1e-6) for a, b in pairs]
    return all(close) and one.get_max_elements() == other.get_max_elements()


@pytest.mark.parametrize("make", TYPES["BFIndex"])
def test_kit(make):
    check_examples(make)


@pytest.mark.parametrize("make", TYPES["BFIndex"])
def test_the_twin_finds_the_same(make):
    twin = adapters.loads(adapters.dumps(make()))
    assert same(make(), twin)
    twin.delete_vector(3)
    twin.add_items(VECTORS[:1], [3])
    assert twin.get_current_count() == 20
    assert twin.num_threads == 1


def test_spaces_that_cannot_be_told_are_refused():
    index = hnswlib.BFIndex("l2", 4)
    index.init_index(5)
    with pytest.raises(adapters.SerializeError, match="does not tell its space"):
        adapters.dumps(index)
    index = hnswlib.BFIndex("ip", 4)
    index.init_index(5)
    index.add_items(np.zeros((2, 4)))
    with pytest.raises(adapters.SerializeError, match="its space is not known"):
        adapters.dumps(index)
