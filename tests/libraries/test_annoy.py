import random

import pytest
from kit import check_examples

annoy = pytest.importorskip("annoy")

import adapters  # noqa: E402
from adapters.libraries import annoy as _  # noqa: E402, F401


def of(metric, values=(0.5, 1.0, 2.0, 3.0)):
    index = annoy.AnnoyIndex(6, metric)
    index.set_seed(1)
    numbers = random.Random(0)
    for at in range(40):
        index.add_item(at, [numbers.choice(values) for each in range(6)])
    index.build(3, n_jobs=1)
    return index


def angular():
    return of("angular")


def euclidean():
    return of("euclidean")


def manhattan():
    return of("manhattan")


def dot():
    return of("dot")


def hamming():
    return of("hamming", (0, 1))


def bits():
    return of("manhattan", (0, 1))


TYPES = {"AnnoyIndex": [angular, euclidean, manhattan, dot, hamming, bits]}


@pytest.mark.parametrize("make", TYPES["AnnoyIndex"])
def test_kit(make):
    check_examples(make)


@pytest.mark.parametrize("make", TYPES["AnnoyIndex"])
def test_the_twin_finds_the_same(make):
    index = make()
    twin = adapters.loads(adapters.dumps(index))
    assert (twin.get_n_items(), twin.get_n_trees()) == (40, 3)
    for at in range(40):
        assert twin.get_item_vector(at) == index.get_item_vector(at)
        found = [each.get_nns_by_item(at, 5, include_distances=True) for each in (index, twin)]
        assert found[0] == found[1]


def test_what_cannot_be_read_back_is_refused():
    index = annoy.AnnoyIndex(2, "dot")
    index.add_item(0, [1, 2])
    with pytest.raises(adapters.SerializeError, match="build it first"):
        adapters.dumps(index)
    index = annoy.AnnoyIndex(2, "euclidean")
    for at in range(3):
        index.add_item(at, [0, at])
    index.build(1)
    with pytest.raises(adapters.SerializeError, match="fit euclidean and manhattan"):
        adapters.dumps(index)
