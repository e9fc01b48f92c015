import pytest
from kit import check_examples, travelled

import adapters

hyperscan = pytest.importorskip("hyperscan")


def block():
    database = hyperscan.Database()
    flags = hyperscan.HS_FLAG_CASELESS
    database.compile(expressions=[b"fo+", b"ba[rz]"], ids=[3, 7], elements=2, flags=flags)
    return database


def stream():
    database = hyperscan.Database(mode=hyperscan.HS_MODE_STREAM)
    database.compile(expressions=[b"a.*b"])
    return database


def vectored():
    database = hyperscan.Database(mode=hyperscan.HS_MODE_VECTORED)
    database.compile(expressions=[b"a.*b"])
    return database


def loaded():
    return hyperscan.loadb(hyperscan.dumpb(block()), hyperscan.HS_MODE_BLOCK)


TYPES = {"Database": [block, stream, vectored, loaded]}


# A database and its scratch space hold each other, also where they were compiled.
SKIP = {"nothing_leaks": "hyperscan frees no database that has scratch space"}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers, skip=SKIP)


def matches(database, data):
    found = []
    database.scan(data, match_event_handler=lambda *match: found.append(match[:4]) and None)
    return found


def test_databases_match_the_same():
    expected = matches(block(), b"xFOO baz")
    assert expected
    assert matches(travelled(block()), b"xFOO baz") == expected


@pytest.mark.parametrize("make", TYPES["Database"])
def test_modes_and_scratch_space_are_kept(make):
    first, arrived = make(), travelled(make())
    assert (arrived.mode, arrived.info()) == (first.mode, first.info())
    assert (arrived.scratch is None) == (first.scratch is None)
    if arrived.scratch is not None:
        assert arrived.scratch.database is arrived


def test_a_database_that_is_not_compiled_is_refused():
    with pytest.raises(adapters.SerializeError):
        adapters.dumps(hyperscan.Database())


def test_a_database_of_chimera_is_refused():
    database = hyperscan.Database(chimera=True, mode=hyperscan.CH_MODE_GROUPS)
    database.compile(expressions=[b"a(b)"], flags=0)
    with pytest.raises(adapters.SerializeError, match="chimera"):
        adapters.dumps(database)
