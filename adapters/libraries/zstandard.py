"""zstandard: dictionaries, parameters, and buffers with segments.

| type | what travels | what does not |
|---|---|---|
| `ZstdCompressionDict` | the content | k and d of its training, precomputed tables |
| `ZstdCompressionParameters` | all parameters | nothing |
| `FrameParameters` | content size, window size, dictionary, checksum | nothing |
| `BufferWithSegments` | the bytes and where the segments are | nothing |

A dictionary arrives as `ZstdCompressionDict(content)` makes it: one that was created with
`dict_type` does not tell which, so raw content that begins with the magic number of a dictionary
has to be created there.

Left out: `ZstdCompressor`, `ZstdDecompressor`: their level, parameters and dictionary cannot be
read back, so send a `ZstdCompressionParameters` and a `ZstdCompressionDict`; readers, writers and
chunkers, which are streams; `BufferSegment`, `BufferSegments`, `BufferWithSegmentsCollection`, which
do not tell their buffers: send the `BufferWithSegments`.
"""

from __future__ import annotations

import struct
from typing import Any

import zstandard

from adapters import register
from adapters.libraries._states import parts

_BYTES = (bytes, memoryview)
_SEGMENT = struct.Struct("=QQ")
_PARAMETERS = (
    *("format", "compression_level", "window_log", "hash_log", "chain_log", "search_log"),
    *("min_match", "target_length", "strategy", "write_content_size", "write_checksum"),
    *("write_dict_id", "job_size", "overlap_log", "force_max_window", "enable_ldm"),
    *("ldm_hash_log", "ldm_min_match", "ldm_bucket_size_log", "ldm_hash_rate_log", "threads"),
)


def _dictionary(state: Any) -> Any:
    (data,) = parts((state,), _BYTES)
    return zstandard.ZstdCompressionDict(bytes(data))


def _parameters_state(parameters: Any) -> dict[str, int]:
    return {name: getattr(parameters, name) for name in _PARAMETERS}


def _parameters(state: Any) -> Any:
    if type(state) is not dict or {*state} != {*_PARAMETERS}:
        raise ValueError(f"the state has to be a dict of {', '.join(_PARAMETERS)}")
    values = parts(tuple(state.values()), *[int] * len(state))
    if any(not -(2**31) <= value < 2**31 for value in values):
        raise ValueError("a parameter does not fit into 32 bits")
    made = zstandard.ZstdCompressionParameters(**state)
    if wrong := [name for name in state if getattr(made, name) != state[name]]:
        raise ValueError(f"zstandard changes {', '.join(wrong)} of the parameters")
    return made


# Frame parameters come from the header of a frame only: RFC 8878, section 3.1.1.1.
def _frame_state(frame: Any) -> tuple[int, int, int, bool]:
    state = (frame.content_size, frame.window_size, frame.dict_id, frame.has_checksum)
    _frame(state)
    return state


def _frame(state: Any) -> Any:
    content, window, dictionary, checksum = parts(state, int, int, int, bool)
    if min(content, window, dictionary) < 0 or max(content, window) >= 2**64:
        raise ValueError(f"{state} describe no frame")
    flags = 3 | checksum << 2  # a dictionary's number of four bytes
    header = struct.pack("<I", dictionary)
    if content == window:  # a single segment
        flags |= 0b1110_0000
        header += struct.pack("<Q", content)
    else:
        exponent = max(window.bit_length() - 11, 0)
        mantissa = (window >> (exponent + 7)) & 7
        header = bytes([(exponent << 3 | mantissa) & 255]) + header
        if content != zstandard.CONTENTSIZE_UNKNOWN % 2**64:
            flags |= 0b1100_0000
            header += struct.pack("<Q", content)
    magic = struct.pack("<I", zstandard.MAGIC_NUMBER)
    frame = zstandard.get_frame_parameters(magic + bytes([flags]) + header)
    if (frame.content_size, frame.window_size) != (content, window):
        raise ValueError(f"{state} describe no frame that zstandard knows")
    return frame


def _buffer_state(buffer: Any) -> tuple[bytes, bytes]:
    places = [(buffer[i].offset, len(buffer[i])) for i in range(len(buffer))]
    return buffer.tobytes(), b"".join(_SEGMENT.pack(*place) for place in places)


def _buffer(state: Any) -> Any:
    data, segments = parts(state, _BYTES, _BYTES)
    segments = bytes(segments)
    if not segments or len(segments) % _SEGMENT.size:
        raise ValueError(f"{len(segments)} bytes describe no segments")
    for offset, length in _SEGMENT.iter_unpack(segments):
        if offset + length > len(data):
            raise ValueError(f"a segment ends after the {len(data)} bytes of its buffer")
    return zstandard.BufferWithSegments(bytes(data), segments)


register(zstandard.ZstdCompressionDict, lambda each: each.as_bytes(), _dictionary)
register(zstandard.ZstdCompressionParameters, _parameters_state, _parameters)
register(zstandard.FrameParameters, _frame_state, _frame)
if hasattr(zstandard, "BufferWithSegments"):  # of the C backend
    register(zstandard.BufferWithSegments, _buffer_state, _buffer)
