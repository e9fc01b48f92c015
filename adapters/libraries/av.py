"""av (PyAV): files that are read, their streams, frames, packets, and what describes them.

| type | what travels | what does not |
|---|---|---|
| `InputContainer` | path, format, options, time-outs, flags, threads and skip_frame of its streams | what was demuxed before: it begins at the start of the file; one that has decoded, or that is read from a stream or a URL: refused |
| `VideoStream`, `AudioStream`, `SubtitleStream`, `DataStream` | the container, and the index in it | |
| `StreamContainer` | the container | |
| `VideoFrame` | format, size, planes, times, colours, type of picture | side data, metadata; rotated, interlaced, or in the memory of a device: refused |
| `AudioFrame` | format, layout, planes, times, rate | side data, metadata |
| `Packet` | bytes, times, whether it is a key frame or corrupt | its stream: set it again; position; with side data: refused |
| `VideoFormat`, `AudioFormat`, `AudioLayout`, `ContainerFormat`, `Codec`, `Filter` | name, size, mode | |
| `Dictionary` | its items | |
| `VideoReformatter` | it has no settings | |

Left out: `CodecContext` of all kinds, `Graph`, `AudioResampler`, `AudioFifo`, `OutputContainer`: how
far they are, and their options, cannot be read back. Planes, side data: send the frame.
"""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import Any

import av
import av.container
import av.filter
import av.stream
import av.subtitles.stream
import av.video.reformatter

from adapters import register
from adapters.libraries._files import existing
from adapters.libraries._states import parts

_NONE = type(None)
_StreamContainer: Any = av.container.streams.StreamContainer
_ContainerFormat: Any = av.format.ContainerFormat
_OPENED = ("options", "container_options", "stream_options", "metadata_encoding", "metadata_errors")
_DECODING = ("thread_count", "thread_type", "skip_frame")
_FRAME = ("pts", "dts", "duration", "opaque", "key_frame")
_VIDEO = (*_FRAME, "pict_type", "color_range", "colorspace", "color_primaries", "color_trc")
_PACKET = ("pts", "dts", "duration", "opaque", "is_keyframe", "is_corrupt")


def _serialize_container(container: Any) -> Any:
    if not container.input_was_opened:
        raise ValueError("the container has been closed")
    contexts = [stream.codec_context for stream in container.streams]
    if container.file is not None or getattr(container, "io_open", None) is not None:
        raise ValueError("only a container that was opened by its path travels")
    if any(context is not None and context.is_open for context in contexts):
        raise ValueError("it has decoded, and how far it is cannot be told: open the path again")
    if any(getattr(context, "is_hwaccel", False) for context in contexts):
        raise ValueError("it decodes on a device of this process")
    opened: dict[str, Any] = {name: getattr(container, name) for name in _OPENED}
    opened["options"] = dict(opened["options"])
    opened["container_options"] = dict(opened["container_options"])
    opened["stream_options"] = [dict(each) for each in opened["stream_options"]]
    opened["timeout"] = container.open_timeout, container.read_timeout
    opened["format"] = container.format.name
    decoding = [
        {name: getattr(context, name) for name in _DECODING if hasattr(context, name)}
        for context in contexts
    ]
    return existing(container.name), opened, int(container.flags), decoding


def _make_container(state: Any) -> Any:
    path, opened, flags, decoding = parts(state, str, dict, int, list)
    if opened.keys() != {*_OPENED, "timeout", "format"}:
        raise ValueError("the state does not say how the container was opened")
    container = av.open(existing(path), "r", **{**opened, "format": None})
    if container.format.name != opened["format"]:  # which was not found out, but given
        container.close()
        container = av.open(existing(path), "r", **opened)
    if len(decoding) != len(container.streams):
        container.close()
        raise ValueError(f"{path!r} does not have {len(decoding)} streams (any more)")
    if container.flags != flags:
        container.flags = flags
    for stream, settings in zip(container.streams, decoding, strict=True):
        for name in settings.keys() & {*_DECODING}:
            if getattr(stream.codec_context, name) != settings[name]:
                setattr(stream.codec_context, name, settings[name])
    return container


def _make_stream(kind: Any, state: Any) -> Any:
    container, index = parts(state, av.container.InputContainer, int)
    if not 0 <= index < len(container.streams) or type(container.streams[index]) is not kind:
        raise ValueError(f"stream {index} of the container is no {kind.__name__}")
    return container.streams[index]


def _serialize_streams(streams: Any) -> Any:
    if not len(streams):
        raise ValueError("without a stream, the container cannot be told: send it")
    return streams[0].container


def _make_streams(state: Any) -> Any:
    return parts((state,), av.container.InputContainer)[0].streams


def _attributes(obj: Any, names: tuple[str, ...]) -> dict[str, Any]:
    found = {name: getattr(obj, name) for name in names if hasattr(obj, name)}
    time_base = obj.time_base
    found["time_base"] = time_base and (time_base.numerator, time_base.denominator)
    return found


def _set(obj: Any, names: tuple[str, ...], attributes: dict[str, Any]) -> Any:
    if not attributes.keys() <= {*names, "time_base"}:
        raise ValueError(f"there is no attribute of {[*attributes]} but {names}")
    for name, value in attributes.items():
        if name == "time_base":
            value = value and Fraction(*parts(value, int, int))
        if value is not None and getattr(obj, name, None) != value:
            setattr(obj, name, value)
    return obj


def _serialize_video(frame: Any) -> Any:
    if frame.rotation if hasattr(frame, "rotation") else 0:
        raise ValueError("the rotation cannot be set elsewhere: send it with frame.to_ndarray()")
    if frame.interlaced_frame:
        raise ValueError("that it is interlaced cannot be set elsewhere")
    if not frame.planes or any(plane.line_size < 0 for plane in frame.planes):
        raise ValueError("its pixels are not in the memory of this process, or upside down")
    planes = [_lines(frame, index, plane) for index, plane in enumerate(frame.planes)]
    shape = frame.format.name, frame.width, frame.height
    return shape, planes, _attributes(frame, _VIDEO)


def _lines(frame: Any, index: int, plane: Any) -> Any:
    """Bytes of a line, and all lines without what pads them."""
    data, size, form = bytes(plane), plane.line_size, frame.format
    if not size:  # a palette
        return len(data), data
    if len(frame.planes) == 1 or form.has_palette:
        pixels = -(-frame.width // 4) * 4 if form.chroma_width() != form.width else frame.width
        used = -(-pixels * form.padded_bits_per_pixel // 8)
    else:
        bits = [part.bits for part in form.components if part.plane == index]
        used = plane.width * sum(1 if each <= 8 else 2 if each <= 16 else 4 for each in bits)
    if used >= size:
        return size, data
    return used, b"".join(data[start : start + used] for start in range(0, len(data), size))


def _make_video(state: Any) -> Any:
    shape, planes, attributes = parts(state, tuple, list, dict)
    name, width, height = parts(shape, str, int, int)
    if not (0 < width < 1 << 16 and 0 < height < 1 << 16):
        raise ValueError(f"a frame cannot have {width} * {height} pixels")
    frame = av.VideoFrame(width, height, name)
    if len(planes) != len(frame.planes):
        raise ValueError(f"a frame of {name} has {len(frame.planes)} planes, not {len(planes)}")
    for plane, given in zip(frame.planes, planes, strict=True):
        size, data = parts(given, int, (bytes, memoryview))
        full = plane.line_size or plane.buffer_size
        lines = plane.buffer_size // full
        if not 0 < size <= full or len(data) < size * lines:
            raise ValueError(f"a plane of {lines} lines of {size} bytes has {len(data)} bytes")
        if size != full:
            cut = (data[start : start + size] for start in range(0, lines * size, size))
            data = b"".join(bytes(line).ljust(full, b"\0") for line in cut)
        plane.update(data)
    return _set(frame, _VIDEO, attributes)


def _serialize_audio(frame: Any) -> Any:
    layout = _serialize_layout(frame.layout)
    rate = frame.sample_rate
    size = frame.samples * frame.format.bytes
    if frame.format.is_packed:
        size *= len(frame.layout.channels)
    planes = [bytes(plane)[:size] for plane in frame.planes]
    return (frame.format.name, layout, frame.samples, rate), planes, _attributes(frame, _FRAME)


def _make_audio(state: Any) -> Any:
    shape, planes, attributes = parts(state, tuple, list, dict)
    name, layout, samples, rate = parts(shape, str, str, int, int)
    if not 0 <= samples <= 8 * sum(map(len, planes)):
        raise ValueError(f"the planes do not hold {samples} samples")
    frame = av.AudioFrame(format=name, layout=layout, samples=samples, align=1)
    if [plane.buffer_size for plane in frame.planes] != [len(each) for each in planes]:
        raise ValueError(f"the planes are not those of {samples} samples of {name}, {layout}")
    for plane, data in zip(frame.planes, planes, strict=True):
        plane.update(data)
    frame.sample_rate = rate
    return _set(frame, _FRAME, attributes)


def _serialize_packet(packet: Any) -> Any:
    if hasattr(packet, "iter_sidedata") and any(True for _ in packet.iter_sidedata()):
        raise ValueError("its side data cannot be set elsewhere")
    return bytes(packet), _attributes(packet, _PACKET)


def _make_packet(state: Any) -> Any:
    data, attributes = parts(state, (bytes, memoryview), dict)
    return _set(av.Packet(bytes(data)), _PACKET, attributes)


def _serialize_layout(layout: Any) -> str:
    name = str(layout.name)
    if av.AudioLayout(name).channels != layout.channels:
        raise ValueError(f"the name of the layout, {name!r}, does not tell its channels")
    return name


def _named(kind: Any, *kinds: Any) -> Any:
    return lambda state: kind(*parts(state if kinds else (state,), str, *kinds))


def _serialize_format(form: Any) -> Any:
    mode = None if form.is_input and form.is_output else "r" if form.is_input else "w"
    return form.name, mode


def _make_codec(state: Any) -> Any:
    name, mode = parts(state, str, str)
    if mode not in ("r", "w") or name not in av.codecs_available:
        raise ValueError(f"this FFmpeg has no codec {name!r} of mode {mode!r}")
    return av.Codec(name, mode)


def _make_reformatter(state: Any) -> Any:
    parts(state)
    return av.video.reformatter.VideoReformatter()


register(av.container.InputContainer, _serialize_container, _make_container)
for _module, _name in (
    *((av, "VideoStream"), (av, "AudioStream"), (av.subtitles.stream, "SubtitleStream")),
    (av.stream, "DataStream"),
):
    _kind = getattr(_module, _name, None)
    if _kind is not None:
        register(_kind, lambda one: (one.container, one.index), partial(_make_stream, _kind))
register(_StreamContainer, _serialize_streams, _make_streams)
register(av.VideoFrame, _serialize_video, _make_video)
register(av.AudioFrame, _serialize_audio, _make_audio)
register(av.Packet, _serialize_packet, _make_packet)
register(
    av.VideoFormat, lambda one: (one.name, one.width, one.height), _named(av.VideoFormat, int, int)
)
register(av.AudioFormat, lambda one: one.name, _named(av.AudioFormat))
register(av.AudioLayout, _serialize_layout, _named(av.AudioLayout))
register(_ContainerFormat, _serialize_format, _named(_ContainerFormat, (str, _NONE)))
register(av.Codec, lambda one: (one.name, one.mode), _make_codec)
register(av.filter.Filter, lambda one: one.name, _named(av.filter.Filter))
register(
    av.dictionary.Dictionary,
    lambda one: {name: one[name] for name in one},
    lambda state: av.dictionary.Dictionary(*parts((state,), dict)),
)
register(av.video.reformatter.VideoReformatter, lambda one: (), _make_reformatter)
