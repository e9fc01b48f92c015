import pytest
from kit import check_examples

lightgbm = pytest.importorskip("lightgbm")
np = pytest.importorskip("numpy")

import adapters  # noqa: E402
from adapters.libraries import lightgbm as _  # noqa: E402, F401

ROWS = np.random.default_rng(0).random((60, 3))
LABELS = np.arange(60) % 2
QUIET = {"verbose": -1, "min_data_in_leaf": 2, "num_threads": 1}


def lazy():
    return lightgbm.Dataset(ROWS, LABELS, feature_name=["a", "b", "c"], params=QUIET)


def constructed():
    return lightgbm.Dataset(ROWS, LABELS, weight=np.arange(60.0), params=QUIET).construct()


def raw():
    data = lightgbm.Dataset(
        ROWS,
        LABELS,
        group=[30, 30],
        init_score=np.arange(60.0),
        categorical_feature=[2],
        free_raw_data=False,
        params={**QUIET, "max_bin": 7},
    )
    return data.construct()


def referring():
    reference = constructed()
    return lightgbm.Dataset(ROWS[:20], LABELS[:20], reference, params=QUIET).construct()


TYPES = {"Dataset": [lazy, constructed, raw, referring]}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


@pytest.mark.parametrize("make", TYPES["Dataset"][:3])
def test_models_of_both_are_the_same(make):
    twin = adapters.loads(adapters.dumps(make()))
    params = {**QUIET, "objective": "binary", "num_leaves": 4}
    one, other = (lightgbm.train(dict(params), each, 5) for each in (make(), twin))
    assert one.model_to_string() == other.model_to_string()
    assert one.num_trees() == 5


def test_a_constructed_one_keeps_what_was_said_of_its_rows():
    twin = adapters.loads(adapters.dumps(raw()))
    assert (twin.get_data() == ROWS).all()
    assert twin.get_group().tolist() == [30, 30]
    assert twin.get_init_score().tolist() == list(range(60))
    assert twin.categorical_feature == [2]
    assert twin.params["max_bin"] == 7


def test_the_reference_arrives_as_one():
    one = referring()
    twin, reference = adapters.loads(adapters.dumps([one, one.reference]))
    assert twin.reference is reference
