import pytest
from kit import check_examples

xgboost = pytest.importorskip("xgboost")
np = pytest.importorskip("numpy")

import adapters  # noqa: E402
from adapters.libraries import xgboost as _  # noqa: E402, F401

ROWS = np.random.default_rng(0).random((20, 2))


def plain():
    return xgboost.DMatrix(ROWS, label=np.arange(20) % 2, nthread=1)


def with_everything():
    matrix = xgboost.DMatrix(
        np.array([[1, -1], [2, 3], [4, 5.0]]),
        label=[0, 1, 1],
        weight=[1, 2],
        group=[1, 2],
        base_margin=[0.1, 0.2, 0.3],
        feature_names=["a", "b"],
        feature_types=["q", "int"],
        missing=-1,
        nthread=1,
        silent=True,
    )
    matrix.set_info(feature_weights=[1, 0.5], label_lower_bound=[0, 0, 1])
    return matrix


TYPES = {"DMatrix": [plain, with_everything]}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


def test_all_that_is_known_of_the_rows_travels():
    matrix = with_everything()
    twin = adapters.loads(adapters.dumps(matrix))
    assert (twin.feature_names, twin.feature_types) == (["a", "b"], ["q", "int"])
    assert (twin.missing, twin.nthread, twin.silent) == (-1, 1, True)
    assert twin.get_group().tolist() == [1, 2]
    assert (twin.get_data() != matrix.get_data()).nnz == 0
    assert twin.num_nonmissing() == 5
    for name in ("label", "weight", "base_margin", "feature_weights", "label_lower_bound"):
        assert twin.get_float_info(name).tolist() == matrix.get_float_info(name).tolist()


def test_models_of_both_are_the_same():
    twin = adapters.loads(adapters.dumps(plain()))
    one, other = (xgboost.train({"nthread": 1}, each, 3).save_raw() for each in (plain(), twin))
    assert one == other


def test_what_xgboost_cannot_save_is_left_alone():
    with pytest.raises(adapters.SerializeError):
        adapters.dumps(xgboost.QuantileDMatrix(ROWS))
