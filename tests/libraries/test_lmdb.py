import os
import shutil
import subprocess
import sys

import pytest
from files import made
from kit import check_examples

import adapters

lmdb = pytest.importorskip("lmdb")


def write(path, **options):
    with lmdb.open(path, map_size=1 << 20, max_dbs=2, **options) as environment:
        name = environment.open_db(b"a")
        with environment.begin(write=True) as transaction:
            transaction.put(b"k", b"v")
            transaction.put(b"k", b"w", db=name)


def write_one_file(path):
    write(path, subdir=False, lock=False)


def read_only():
    return lmdb.open(made("lmdb", write), readonly=True, max_readers=20, readahead=False)


def one_file():
    return lmdb.open(made("one.mdb", write_one_file), subdir=False, readonly=True, lock=False)


def writable():
    return lmdb.open(made("lmdb-2", write), map_size=1 << 20, sync=False)


TYPES = {"Environment": [read_only, one_file, writable]}
OPTIONS = {"elsewhere": True}  # a process can have an environment open once


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers, **OPTIONS)


CHILD = """
import sys, adapters
environment = adapters.loads(sys.stdin.buffer.read())
name = environment.open_db(b"a", create=False)
with environment.begin() as transaction:
    print(transaction.get(b"k"), transaction.get(b"k", db=name), environment.flags()["readonly"])
"""


@pytest.mark.parametrize("make", [read_only, writable])
def test_a_twin_reads_named_databases_in_another_process(make):
    environment = make()
    payload = adapters.dumps(environment)
    readonly = environment.flags()["readonly"]
    command = [sys.executable, "-c", CHILD]
    child = subprocess.run(command, input=payload, stdout=subprocess.PIPE, check=True, timeout=60)
    assert child.stdout.decode().strip() == f"b'v' b'w' {readonly}"


def test_writing_without_locks_is_refused(tmp_path):
    write(str(tmp_path / "e"))
    environment = lmdb.open(str(tmp_path / "e"), lock=False)
    with pytest.raises(adapters.SerializeError, match="without locks"):
        adapters.dumps(environment)


@pytest.mark.skipif(os.name == "nt", reason="files that are open cannot be removed there")
def test_a_removed_environment_is_refused(tmp_path):
    write(str(tmp_path / "e"))
    environment = lmdb.open(str(tmp_path / "e"), readonly=True)
    shutil.rmtree(tmp_path / "e")
    with pytest.raises(adapters.SerializeError, match="no regular file"):
        adapters.dumps(environment)
