import pytest
from kit import check_examples

numba = pytest.importorskip("numba")
np = pytest.importorskip("numpy")

import adapters  # noqa: E402
from adapters.libraries import numba as _  # noqa: E402, F401

pytestmark = pytest.mark.timeout(900)  # each process compiles what it uses


def numbers():
    return numba.typed.List([1, 2, 3])


def small():
    made = numba.typed.List.empty_list(numba.types.int8)
    made.append(np.int8(5))
    return made


def floats_by_name():
    made = numba.typed.Dict()
    made["a"] = 1.5
    made["b"] = 2.5
    return made


TYPES = {"typed.List": [small], "typed.Dict": [floats_by_name]}

OPTIONS = {
    "typed.List": {"rebuilds": 5},  # each first one is compiled for seconds
    "typed.Dict": {"rebuilds": 5, "skip": {"nothing_leaks": "numba's caches fill for a while"}},
}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS[name])


def copied(obj):
    return adapters.loads(adapters.dumps(obj))


def test_containers_keep_their_types():
    assert copied(small())._numba_type_ == small()._numba_type_
    assert not copied(numba.typed.List())._typed
    made = numba.typed.Dict.empty(numba.types.int64, numba.types.float64[::1])
    made[1] = np.arange(3.0)
    twin = copied(made)
    assert twin._numba_type_ == made._numba_type_
    assert twin[1].tolist() == [0, 1, 2]


def test_a_list_within_a_list():
    made = numba.typed.List()
    made.append(numbers())
    assert [list(each) for each in copied(made)] == [[1, 2, 3]]
