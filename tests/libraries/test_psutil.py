import subprocess
import sys

import pytest
from kit import check_examples

import adapters

psutil = pytest.importorskip("psutil")


def first():
    return psutil.Process(1)  # the same one for all children of the test


def same(one, other):
    return one == other and one.pid == other.pid and one.create_time() == other.create_time()


TYPES = {"Process": [first]}
# What a process uses, the time included, changes while it is looked at.
OPTIONS = {"Process": {"equal": same}}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS[name])


def started():
    return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)


def test_a_process_that_has_ended_is_refused():
    with started() as child:
        process = psutil.Process(child.pid)
        payload = adapters.dumps(process)
        assert adapters.loads(payload) == process
        child.communicate(b"\n")
    with pytest.raises(adapters.SerializeError, match="has ended"):
        adapters.dumps(process)
    with pytest.raises(adapters.RebuildError, match="process"):
        adapters.loads(payload)


def test_another_process_of_the_same_id_is_not_taken_for_it():
    pid, created = adapters.to_spec(psutil.Process()).state
    from adapters.libraries import psutil as battery

    with pytest.raises(ValueError, match="another one"):
        battery._make((pid, created - 60))
