"""The arrays and chunks of blosc2."""

import pytest
from kit import check_examples

import adapters

blosc2 = pytest.importorskip("blosc2")
np = pytest.importorskip("numpy")


def array():
    made = blosc2.asarray(
        np.arange(2000.0).reshape(20, 100),
        chunks=(5, 50),
        blocks=(5, 10),
        cparams={"clevel": 7, "codec": blosc2.Codec.LZ4},
    )
    made.vlmeta["unit"] = {"m": 1}
    return made


def records():
    return blosc2.asarray(np.array([(1, 2.5), (3, 4.5)], dtype=[("a", "i4"), ("b", "f8")]))


def zeros():
    return blosc2.zeros((1000, 1000), dtype="f4")


def chunks():
    made = blosc2.SChunk(chunksize=800, data=b"\1\2\3\4" * 400, cparams={"typesize": 4})
    made.vlmeta["q"] = 3
    return made


TYPES = {"NDArray": [array, records, zeros], "SChunk": [chunks]}


# Threads are a setting of the process, the size of blocks is computed when there is a frame, and
# ticks count the changes since a frame was made.
IGNORE = ("cparams", "dparams", "get_cparams", "get_dparams", "change_tick", "schunk")
IGNORE += ("info", "info_items", "cbytes", "cratio", "blocksize")
OPTIONS = {name: {"ignore": IGNORE} for name in TYPES}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS[name])


def test_data_metadata_and_partition_arrive():
    there = adapters.loads(adapters.dumps(array()))
    assert (there[:] == array()[:]).all()
    assert there.vlmeta["unit"] == {"m": 1}
    assert (there.chunks, there.blocks) == ((5, 50), (5, 10))
    assert there.schunk.cparams.codec == blosc2.Codec.LZ4


def test_what_arrives_can_grow():
    there = adapters.loads(adapters.dumps(chunks()))
    there.append_data(b"abcd" * 200)
    assert there[400:] == b"abcd" * 200


def test_a_file_is_refused(tmp_path):
    made = blosc2.asarray(np.arange(10), urlpath=str(tmp_path / "x.b2nd"), mode="w")
    for part in (made, made.schunk):
        with pytest.raises(adapters.SerializeError, match="send its path"):
            adapters.dumps(part)
