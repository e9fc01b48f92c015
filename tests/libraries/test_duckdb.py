import pytest
from files import made
from kit import check_examples, travelled

import adapters

duckdb = pytest.importorskip("duckdb")


def write(path):
    with duckdb.connect(path) as connection:
        connection.execute("create table t as select range i, 'x' || range s from range(5)")


def path():
    return made("a.duckdb", write)


def connection():
    return duckdb.connect(path(), read_only=True)


def relation():
    return duckdb.connect().sql("select range i, 'x' s, [1, 2] l from range(4)")


def relation_of_a_file():
    return connection().table("t").set_alias("other")


def number():
    return duckdb.type("DECIMAL(10, 2)")


def nested():
    return duckdb.type("STRUCT(a INTEGER[3], \"b c\" MAP(VARCHAR, DATE), e ENUM('a', 'b''c'))")


def statement():
    return duckdb.connect().extract_statements("select 1; select $a + 2")[1]


def insert():
    return duckdb.connect().extract_statements("insert into t values (?)")[0]


TYPES = {
    "DuckDBPyConnection": [connection],
    "DuckDBPyRelation": [relation, relation_of_a_file],
    "DuckDBPyType": [number, nested],
    "Statement": [statement, insert],
}
OPTIONS = {
    "DuckDBPyConnection": {"rebuilds": 3},  # each takes many milliseconds
    "Statement": {"rebuilds": 3},
    # How the rows are computed, which stays behind.
    "DuckDBPyRelation": {"rebuilds": 3, "ignore": ["type"]},
}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {}))


def copy_of_the_file(tmp_path):
    copy = tmp_path / "a.duckdb"
    with open(path(), "rb") as file:
        copy.write_bytes(file.read())
    return str(copy)


def test_a_connection_keeps_its_settings(tmp_path):
    config = {"threads": 1, "default_null_order": "NULLS_FIRST"}
    first = duckdb.connect(copy_of_the_file(tmp_path), read_only=True, config=config)
    first.execute("set enable_progress_bar = true").fetchall()
    payload = adapters.dumps(first)
    first.close()  # else the file's settings are shared in this process
    arrived = adapters.loads(payload)
    query = "select current_setting('threads')"
    assert arrived.sql(query).fetchall() == [(1,)]
    query = "select current_setting('default_null_order'), current_setting('enable_progress_bar')"
    assert arrived.sql(query).fetchall() == [("NULLS_FIRST", True)]
    assert len(arrived.sql("select * from t").fetchall()) == 5
    with pytest.raises(duckdb.InvalidInputException):
        arrived.execute("create table u(a integer)")


def test_settings_that_followed_are_kept_where_the_file_is_open(tmp_path):
    first = duckdb.connect(copy_of_the_file(tmp_path), read_only=True)
    first.execute("set global default_null_order = 'NULLS_FIRST'").fetchall()
    arrived = travelled(first)
    query = "select current_setting('default_null_order')"
    assert arrived.sql(query).fetchall() == [("NULLS_FIRST",)]


def in_memory(file):
    return duckdb.connect()


def for_writing(file):
    return duckdb.connect(file)


def with_an_attached_database(file):
    connection = duckdb.connect(file, read_only=True)
    connection.execute(f"attach '{path()}' as other (read_only)").fetchall()
    return connection


def with_a_temporary_table(file):
    connection = duckdb.connect(file, read_only=True)
    connection.execute("create temp table mine(a integer)").fetchall()
    return connection


def with_a_function(file):
    connection = duckdb.connect(file, read_only=True)
    connection.create_function("mine", lambda x: x, ["INTEGER"], "INTEGER")
    return connection


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (in_memory, "read_only"),
        (for_writing, "read_only"),
        (with_an_attached_database, "read_only"),
        (with_a_temporary_table, "mine"),
        (with_a_function, "mine"),
    ],
)
def test_what_belongs_to_the_connection_alone_is_refused(make, words, tmp_path):
    connection = make(copy_of_the_file(tmp_path))
    with pytest.raises(adapters.SerializeError, match=words):
        adapters.dumps(connection)


def test_values_travel_with_their_types():
    arrived = travelled(duckdb.IntegerValue(3))
    assert str(arrived) == "3"
