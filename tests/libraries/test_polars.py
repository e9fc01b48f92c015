"""The optimizations of polars."""

import pytest
from kit import check_examples

import adapters

polars = pytest.importorskip("polars")


def all_flags():
    return polars.QueryOptFlags()


def some():
    return polars.QueryOptFlags(predicate_pushdown=False, comm_subexpr_elim=False)


TYPES = {"QueryOptFlags": [all_flags, some]}


# The flags have a method of their own for deepcopy, which takes no memo and so raises a TypeError.
SKIP = {"deepcopy_makes_a_second_object": "polars fails before adapters are asked"}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers, skip=SKIP)


def test_a_query_is_optimized_alike():
    query = polars.LazyFrame({"a": [1, 2], "b": [3, 4]}).filter(polars.col("a") > 1).select("b")
    there = adapters.loads(adapters.dumps(some()))
    assert query.explain(optimizations=there) == query.explain(optimizations=some())
    assert query.explain(optimizations=there) != query.explain()
