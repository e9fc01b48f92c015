import os
import sqlite3
import sys

import pytest
from kit import check_examples, travelled

import adapters

pytestmark = pytest.mark.skipif(sys.version_info < (3, 11), reason="serialize() is new in 3.11")


def memory():
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.execute("create table t(a, b)")
    connection.execute("insert into t values(1, 'x')")
    connection.commit()
    return connection


def empty():
    return sqlite3.connect(
        ":memory:",
        check_same_thread=False,
        timeout=1.5,
        isolation_level=None,
        detect_types=sqlite3.PARSE_DECLTYPES,
    )


def attached():
    connection = memory()
    connection.execute('attach \':memory:\' as "o\'""ther"')
    connection.execute('create table "o\'""ther".t(c)')
    connection.execute("pragma foreign_keys = 1")
    connection.setlimit(sqlite3.SQLITE_LIMIT_COLUMN, 50)
    connection.row_factory = sqlite3.Row
    connection.text_factory = bytes
    return connection


def row():
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    return connection.execute('select 1 as "a""b", \'x\' as "", null as a').fetchone()


def other_row():
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    return connection.execute("select x'ff' as a, 'x' as a").fetchone()


TYPES = {"Connection": [memory, empty, attached], "Row": [row, other_row]}
OPTIONS = {
    # How many changes were made through this very connection is no setting. SQLite's memory takes
    # some rebuilds to reach its size.
    "Connection": {"ignore": ["total_changes"], "rebuilds": 200}
}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {}))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a ?#'\".db"
    connection = sqlite3.connect(path)
    connection.execute("create table t(a date)")
    connection.execute("insert into t values('2024-01-02')")
    connection.commit()
    connection.close()
    return path


@pytest.mark.parametrize("mode", ["ro", "rw"])
def test_a_file_keeps_its_mode(path, mode):
    before = path.read_bytes()
    connection = sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True)
    arrived = travelled(connection)
    assert arrived.execute("pragma database_list").fetchall()[0][2] == str(path)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]
    if mode == "ro":
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            arrived.execute("insert into t values(1)")
    else:
        arrived.execute("insert into t values(1)")
        arrived.commit()


def test_a_file_that_another_connection_writes_is_not_read_only(path):
    connection = sqlite3.connect(path)
    writer = sqlite3.connect(path)
    writer.execute("insert into t values(1)")
    arrived = travelled(connection)
    writer.commit()
    arrived.execute("insert into t values(1)")


def test_attached_files_travel(path, tmp_path):
    connection = memory()
    connection.execute("attach ? as f", [str(path)])
    arrived = travelled(connection)
    assert arrived.execute("select * from f.t").fetchall() == [("2024-01-02",)]
    assert arrived.execute("select * from main.t").fetchall() == [(1, "x")]


@pytest.mark.parametrize("flags", range(4))
def test_types_are_detected_as_before(path, flags):
    connection = sqlite3.connect(path, detect_types=flags)
    query = 'select a, 1 as "b [date]" from t'
    if flags & sqlite3.PARSE_COLNAMES:
        query = "select a, '2024-01-02' as \"b [date]\" from t"
    same = [connection.execute(query).fetchall()]
    arrived = travelled(connection)
    assert [arrived.execute(query).fetchall()] == same
    assert "ADAPTERS_PROBE" not in sqlite3.converters
    assert connection.total_changes == 0


@pytest.mark.parametrize("check", [True, False])
def test_the_check_of_threads_is_kept(check):
    arrived = travelled(sqlite3.connect(":memory:", check_same_thread=check))
    from adapters.libraries.sqlite3 import _checked

    assert _checked(arrived) is check


def test_isolation_and_settings_are_kept(path):
    connection = sqlite3.connect(path, timeout=2.5, isolation_level="IMMEDIATE")
    connection.execute("pragma synchronous = 1")
    connection.execute("pragma journal_mode = memory")
    connection.row_factory = sqlite3.Row
    arrived = travelled(connection)
    assert arrived.isolation_level == "IMMEDIATE"
    assert arrived.row_factory is sqlite3.Row
    for name in ("busy_timeout", "synchronous", "journal_mode"):
        assert tuple(arrived.execute(f"pragma {name}").fetchone()) == tuple(
            connection.execute(f"pragma {name}").fetchone()
        )


def test_a_connection_that_only_queries_is_not_taken_for_a_read_only_file(path):
    connection = sqlite3.connect(path)
    connection.execute("pragma query_only = 1")
    arrived = travelled(connection)
    assert connection.execute("pragma query_only").fetchall() == [(1,)]
    assert connection.execute("pragma database_list").fetchall()[1:] == []
    with pytest.raises(sqlite3.OperationalError):
        arrived.execute("insert into t values(1)")
    arrived.execute("pragma query_only = 0")
    arrived.execute("insert into t values(1)")


def in_a_transaction(connection):
    connection.execute("insert into t values(1, 2)")


def with_a_function(connection):
    connection.create_function("mine", 1, str)


def with_a_replaced_function(connection):
    connection.create_function("lower", 1, str)


def with_a_collation(connection):
    connection.create_collation("mine", lambda a, b: 0)


def with_a_temporary_table(connection):
    connection.execute("create temp table u(a)")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (in_a_transaction, "open transaction"),
        (with_a_function, "mine"),
        (with_a_replaced_function, "lower"),
        (with_a_collation, "mine"),
        (with_a_temporary_table, "temporary tables"),
    ],
)
def test_what_cannot_be_read_back_is_refused(change, words):
    connection = memory()
    change(connection)
    with pytest.raises(adapters.SerializeError, match=words):
        adapters.dumps(connection)


def test_a_removed_file_is_refused(path):
    connection = sqlite3.connect(path)
    path.unlink()
    with pytest.raises(adapters.SerializeError, match="no regular file"):
        adapters.dumps(connection)
