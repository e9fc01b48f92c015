from fractions import Fraction

import pytest
from files import made
from kit import check_examples, travelled

import adapters

av = pytest.importorskip("av")
np = pytest.importorskip("numpy")


def write(path):
    with av.open(path, "w") as container:
        video = container.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 34, 32, "yuv420p"
        audio = container.add_stream("aac", rate=8000)
        audio.layout = "mono"
        for index in range(5):
            pixels = np.full((32, 34, 3), index * 20, "uint8")
            for packet in video.encode(av.VideoFrame.from_ndarray(pixels)):
                container.mux(packet)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 4096), "f4"), "fltp", "mono")
        sound.sample_rate = 8000
        for packet in [*audio.encode(sound), *audio.encode(), *video.encode()]:
            container.mux(packet)


def container():
    return av.open(made("av2.mp4", write))


def with_settings():
    one = av.open(
        made("av2.mp4", write), options={"probesize": "100000"}, timeout=5, metadata_errors="ignore"
    )
    one.streams.video[0].thread_type = "AUTO"
    one.streams.video[0].codec_context.thread_count = 2
    one.streams.video[0].codec_context.skip_frame = "NONKEY"
    return one


def video():
    return container().streams.video[0]


def audio():
    return container().streams.audio[0]


def write_subtitles(path):
    with open(path, "w") as file:
        file.write("1\n00:00:01,000 --> 00:00:02,000\nof a test\n\n")


def subtitles():
    return av.open(made("av.srt", write_subtitles)).streams.subtitles[0]


def write_data(path):
    with av.open(path, "w") as container:
        packet = av.Packet(b"abc")
        packet.stream = container.add_data_stream()
        packet.pts = packet.dts = 0
        container.mux(packet)


def data():
    return av.open(made("av.ts", write_data)).streams.data[0]


def streams():
    return container().streams


def picture():
    frame = av.VideoFrame.from_ndarray(np.arange(16 * 48 * 3, dtype="uint8").reshape(16, 48, 3))
    frame.pts, frame.time_base = 7, Fraction(1, 10)
    return frame


def planar_picture():
    frame = picture().reformat(format="yuv420p10le", width=64, height=14)
    frame.color_range, frame.colorspace = 2, 5
    return frame


def palette():
    return av.VideoFrame.from_ndarray(
        (
            np.arange(32, dtype="uint8").reshape(2, 16),
            np.arange(1024, dtype="uint8").reshape(256, 4),
        ),
        format="pal8",
    )


def sound():
    frame = av.AudioFrame.from_ndarray(np.arange(200, dtype="i2").reshape(1, 200), "s16", "stereo")
    frame.sample_rate, frame.pts, frame.time_base = 8000, 3, Fraction(1, 8000)
    return frame


def planar_sound():
    return av.AudioFrame.from_ndarray(np.ones((6, 17), "f4"), "fltp", "5.1")


def packet():
    packet = av.Packet(b"abc")
    packet.pts, packet.dts, packet.duration, packet.time_base = 5, 4, 2, Fraction(1, 25)
    packet.is_keyframe = True
    return packet


def empty_packet():
    return av.Packet()


def video_format():
    return av.VideoFormat("yuv420p", 320, 240)


def audio_format():
    return av.AudioFormat("s16p")


def layout():
    return av.AudioLayout("5.1")


def container_format():
    return container().format


def muxer():
    return av.format.ContainerFormat("matroska", "w")


def encoder():
    return av.Codec("mpeg4", "w")


def decoder():
    return av.Codec("aac", "r")


def scale():
    return av.filter.Filter("scale")


def dictionary():
    return av.dictionary.Dictionary(a="1", b="c")


def reformatter():
    return av.video.reformatter.VideoReformatter()


TYPES = {
    "InputContainer": [container, with_settings],
    "VideoStream": [video],
    "AudioStream": [audio],
    "SubtitleStream": [subtitles],
    "DataStream": [data],
    "StreamContainer": [streams],
    "VideoFrame": [picture, planar_picture, palette],
    "AudioFrame": [sound, planar_sound],
    "Packet": [packet, empty_packet],
    "VideoFormat": [video_format],
    "AudioFormat": [audio_format],
    "AudioLayout": [layout],
    "ContainerFormat": [container_format, muxer],
    "Codec": [encoder, decoder],
    "Filter": [scale],
    "Dictionary": [dictionary],
    "VideoReformatter": [reformatter],
}
OPTIONS = {name: {"ignore": ["buffer_ptr"]} for name in TYPES}  # an address


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS[name])


def pixels(container):
    return [frame.to_ndarray().tolist() for frame in container.decode(video=0)]


def test_the_same_is_decoded_with_the_same_settings():
    first, arrived = with_settings(), travelled(with_settings())
    context = arrived.streams.video[0].codec_context
    assert (context.thread_count, context.skip_frame) == (2, "NONKEY")
    assert arrived.options == first.options
    assert pixels(arrived) == pixels(first)
    assert pixels(travelled(container())) == pixels(container())


def test_streams_of_one_container_arrive_in_one_container():
    one = container()
    picture, sound, whole = travelled([one.streams.video[0], one.streams.audio[0], one])
    assert picture.container is sound.container is whole
    assert picture is whole.streams.video[0]


def test_frames_that_were_decoded_travel():
    for frame in container().decode():
        arrived = travelled(frame)
        assert arrived.to_ndarray().tolist() == frame.to_ndarray().tolist()
        assert (arrived.pts, arrived.dts, arrived.time_base) == (
            frame.pts,
            frame.dts,
            frame.time_base,
        )


@pytest.mark.parametrize("name", ["rgb24", "gray", "bgra", "gbrp", "yuv444p", "rgb48le"])
def test_what_pads_a_line_is_no_part_of_a_frame(name):
    first = picture().reformat(format=name, width=33, height=15)
    arrived = travelled(first)
    assert arrived.to_ndarray().tolist() == first.to_ndarray().tolist()
    assert adapters.to_spec(arrived).state == adapters.to_spec(first).state


def test_packets_are_decoded_elsewhere():
    one = container()
    packets = [packet for packet in one.demux(video=0) if packet.size]
    stream = container().streams.video[0]
    found = []
    for packet in travelled(packets):
        found += stream.codec_context.decode(packet)
    found += stream.codec_context.decode(None)
    assert [frame.to_ndarray().tolist() for frame in found] == pixels(container())


def has_decoded():
    one = container()
    next(one.decode(video=0))
    return one


def closed():
    one = container()
    one.close()
    return one


@pytest.mark.parametrize(
    ("make", "words"), [(has_decoded, "open the path again"), (closed, "closed")]
)
def test_what_cannot_be_opened_again_is_refused(make, words):
    with pytest.raises(adapters.SerializeError, match=words):
        adapters.dumps(make())


def test_a_container_of_a_stream_is_refused():
    with (
        open(made("av2.mp4", write), "rb") as file,
        av.open(file) as one,
        pytest.raises(adapters.SerializeError, match="its path"),
    ):
        adapters.dumps(one)
