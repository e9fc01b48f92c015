import json

import pytest
from kit import check_examples, travelled

import adapters

apsw = pytest.importorskip("apsw")


def memory():
    connection = apsw.Connection(":memory:")
    connection.execute("create table t(a, b); insert into t values(1, 'x')")
    return connection


def attached():
    connection = memory()
    connection.execute("attach ':memory:' as o; create table o.u(c); pragma foreign_keys = 1")
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
    connection.limit(apsw.SQLITE_LIMIT_COLUMN, 50)
    connection.set_busy_timeout(1500)
    connection.convert_binding = json.dumps
    return connection


def zeroblob():
    return apsw.zeroblob(3)


def large_zeroblob():
    return apsw.zeroblob(1 << 40)


TYPES = {"Connection": [memory, attached], "zeroblob": [zeroblob, large_zeroblob]}
OPTIONS = {
    # What has been done through this very connection, and how much memory it uses, is no setting;
    # nor is how a database in memory came to be, or whether a missing file would have been made.
    "Connection": {
        "ignore": [
            *("total_changes", "totalchanges", "changes", "last_insert_rowid", "cache_stats"),
            "open_flags",
        ]
    }
}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {}))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a ?#'.db"
    connection = apsw.Connection(str(path))
    connection.execute("create table t(a); insert into t values(1)")
    connection.close()
    return path


@pytest.mark.parametrize("flag", ["SQLITE_OPEN_READONLY", "SQLITE_OPEN_READWRITE"])
def test_a_file_keeps_its_mode(path, flag):
    connection = apsw.Connection(str(path), flags=getattr(apsw, flag))
    arrived = travelled(connection)
    assert arrived.filename == str(path)
    assert arrived.open_flags == connection.open_flags
    assert arrived.readonly("main") is (flag == "SQLITE_OPEN_READONLY")
    assert list(arrived.execute("select * from t")) == [(1,)]


def test_attached_files_keep_their_mode(path):
    connection = apsw.Connection(":memory:", flags=apsw.SQLITE_OPEN_URI | 6)
    connection.execute("attach ? as f", [f"{path.as_uri()}?mode=ro"])
    arrived = travelled(connection)
    assert arrived.readonly("f")
    assert list(arrived.execute("select * from f.t")) == [(1,)]


def test_a_trace_does_not_see_how_the_connection_is_read(path):
    connection = apsw.Connection(str(path))
    connection.row_trace = print
    connection.exec_trace = print
    assert travelled(connection).row_trace is print


def in_a_transaction(connection):
    connection.execute("begin; insert into t values(1, 2)")


def with_a_function(connection):
    connection.create_scalar_function("mine", str, 1)


def with_a_collation(connection):
    connection.create_collation("mine", lambda a, b: 0)


def with_a_temporary_table(connection):
    connection.execute("create temp table u(a)")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (in_a_transaction, "open transaction"),
        (with_a_function, "mine"),
        (with_a_collation, "mine"),
        (with_a_temporary_table, "temporary tables"),
    ],
)
def test_what_cannot_be_read_back_is_refused(change, words):
    connection = memory()
    change(connection)
    with pytest.raises(adapters.SerializeError, match=words):
        adapters.dumps(connection)
