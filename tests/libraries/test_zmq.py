"""The frames of pyzmq."""

import pytest
from kit import check_examples

import adapters

zmq = pytest.importorskip("zmq")


def frame():
    return zmq.Frame(b"abc")


def first_frame():
    made = zmq.Frame(b"\0" * 100)
    made.more = True
    return made


TYPES = {"Frame": [frame, first_frame]}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


def test_a_tracker_is_refused():
    with pytest.raises(adapters.SerializeError, match=r"send frame\.bytes"):
        adapters.dumps(zmq.Frame(b"abc", track=True))
