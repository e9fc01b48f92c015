"""The pools of variables of python-sat."""

import pytest
from kit import check_examples

import adapters

formula = pytest.importorskip("pysat.formula")


def pool():
    made = formula.IDPool(start_from=5, occupied=[[7, 9], [12, 14]])
    for name in ("a", ("b", 2), "c"):
        made.id(name)
    return made


def empty():
    return formula.IDPool()


TYPES = {"IDPool": [pool, empty]}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


def test_numbers_go_on_alike():
    here, there = pool(), adapters.loads(adapters.dumps(pool()))
    names = ["a", "new", "newer", ("b", 2), "newest"]
    assert [there.id(name) for name in names] == [here.id(name) for name in names]
    assert there.obj(5) == "a"
