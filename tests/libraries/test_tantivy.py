import pytest
from kit import check_examples

tantivy = pytest.importorskip("tantivy")

import adapters  # noqa: E402
from adapters.libraries import tantivy as _  # noqa: E402, F401


def ascending():
    return tantivy.Order.Asc


def descending():
    return tantivy.Order.Desc


def must():
    return tantivy.Occur.Must


def must_not():
    return tantivy.Occur.MustNot


def text():
    return tantivy.FieldType.Text


TYPES = {"Order": [ascending, descending], "Occur": [must, must_not], "FieldType": [text]}

REASON = "members are single"
SKIPPED = {"factory_makes_a_fresh_object": REASON, "deepcopy_makes_a_second_object": REASON}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    # As of any enumeration, there is one object of each member.
    check_examples(*makers, skip=SKIPPED)


@pytest.mark.parametrize("member", [ascending(), descending(), must(), must_not(), text()])
def test_members_stay_what_they_are(member):
    twin = adapters.loads(adapters.dumps(member))
    assert type(twin) is type(member)
    assert repr(twin) == repr(member)
