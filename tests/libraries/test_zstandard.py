"""The dictionaries, parameters and buffers of zstandard."""

import struct
from functools import partial

import pytest
from kit import check_examples

import adapters

zstandard = pytest.importorskip("zstandard")


def raw():
    return zstandard.ZstdCompressionDict(bytes(range(256)) * 8)


def trained():
    samples = [b"sample %d of many " % number * 20 for number in range(100)]
    return zstandard.train_dictionary(2000, samples, k=64, d=8)


def parameters(**values):
    return zstandard.ZstdCompressionParameters(**values)


def level():
    return zstandard.ZstdCompressionParameters.from_level(7, write_checksum=1, threads=2)


def frame(data=b"abc" * 1000, **options):
    return zstandard.get_frame_parameters(zstandard.ZstdCompressor(**options).compress(data))


def stream():
    made = zstandard.ZstdCompressor(level=3, write_checksum=True).compressobj()
    return zstandard.get_frame_parameters(made.compress(b"abc") + made.flush())


def with_dictionary():
    return frame(dict_data=trained())


def buffer():
    return zstandard.BufferWithSegments(b"abcdef", struct.pack("=QQQQ", 0, 2, 3, 3))


TYPES = {
    "ZstdCompressionDict": [raw, trained],
    "ZstdCompressionParameters": [
        level,
        partial(parameters, compression_level=7, window_log=15),
        partial(parameters, enable_ldm=True, ldm_hash_log=10, compression_level=-5),
        parameters,
    ],
    "FrameParameters": [frame, stream, with_dictionary, partial(frame, b"")],
    "BufferWithSegments": [buffer],
}


# Parameters of the training, which no constructor takes and no compressor uses.
OPTIONS = {"ZstdCompressionDict": {"ignore": ("k", "d")}}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {}))


@pytest.mark.parametrize("make", [raw, trained])
def test_a_dictionary_compresses_alike(make):
    there = adapters.loads(adapters.dumps(make()))
    data = bytes(range(100)) + b"sample 7 of many"
    packed = zstandard.ZstdCompressor(dict_data=there).compress(data)
    assert packed == zstandard.ZstdCompressor(dict_data=make()).compress(data)
    assert there.dict_id() == make().dict_id()


def test_any_size_of_a_window_arrives():
    for log in range(10, 28):
        options = zstandard.ZstdCompressionParameters(window_log=log, write_content_size=0)
        made = zstandard.ZstdCompressor(compression_params=options).compressobj()
        here = zstandard.get_frame_parameters(made.compress(b"abc") + made.flush())
        there = adapters.loads(adapters.dumps(here))
        assert there.window_size == here.window_size == 1 << log
