import io

import pytest
from files import made
from kit import check_examples, travelled

import adapters

soundfile = pytest.importorskip("soundfile")
numpy = pytest.importorskip("numpy")


def samples():
    return numpy.sin(numpy.arange(200.0)).reshape(100, 2)


def write(path):
    soundfile.write(path, samples(), 8000)


def file():
    file = soundfile.SoundFile(made("a.wav", write))
    file.seek(20)
    return file


def write_raw(path):
    samples().astype("<f4").tofile(path)


def raw():
    return soundfile.SoundFile(
        made("a.raw", write_raw),
        samplerate=8000,
        channels=2,
        format="RAW",
        subtype="FLOAT",
        endian="LITTLE",
    )


def in_memory():
    stream = io.BytesIO()
    soundfile.write(stream, samples(), 8000, format="FLAC", subtype="PCM_24")
    stream.seek(0)
    return soundfile.SoundFile(stream)


TYPES = {"SoundFile": [file, raw, in_memory]}
# One in memory is named by its stream.
OPTIONS = {"SoundFile": {"ignore": ["name", "_name"]}}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS[name])


@pytest.mark.parametrize("make", [file, raw, in_memory])
def test_both_read_on_from_one_position(make):
    first, arrived = make(), travelled(make())
    assert arrived.tell() == first.tell()
    assert arrived.read(7).tolist() == first.read(7).tolist()
    again = travelled(arrived)
    assert again.tell() == arrived.tell() == first.tell()
    assert again.read().tolist() == first.read().tolist()


def for_writing(path):
    return soundfile.SoundFile(path, "w", 8000, 2, format="WAV")


def closed(path):
    sound = file()
    sound.close()
    return sound


@pytest.mark.parametrize(("make", "words"), [(for_writing, "mode 'r'"), (closed, "closed")])
def test_what_cannot_be_opened_again_is_refused(make, words, tmp_path):
    with pytest.raises(adapters.SerializeError, match=words):
        adapters.dumps(make(tmp_path / "a.wav"))


def test_a_file_that_became_shorter_is_an_error(tmp_path):
    path = tmp_path / "a.wav"
    write(path)
    with soundfile.SoundFile(path) as first:
        first.seek(90)
        payload = adapters.dumps(first)
    soundfile.write(path, samples()[:10], 8000)
    with pytest.raises(adapters.RebuildError, match="no position 90"):
        adapters.loads(payload)
