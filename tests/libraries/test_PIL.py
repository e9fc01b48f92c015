import importlib
import io
import os

import pytest
from files import made
from kit import check_examples, travelled

import adapters

Image = pytest.importorskip("PIL.Image")
ImageCms = pytest.importorskip("PIL.ImageCms")
ImageFont = pytest.importorskip("PIL.ImageFont")
ImagePath = pytest.importorskip("PIL.ImagePath")


def colours():
    image = Image.new("RGB", (3, 2), (1, 2, 3))
    image.putpixel((2, 1), (9, 8, 7))
    image.info["dpi"] = (72, 72)
    return image


def bits():
    image = Image.new("1", (11, 3))
    image.putpixel((9, 1), 255)
    return image


def translucent_palette():
    image = Image.new("P", (2, 2), 1)
    image.putpalette([1, 2, 3, 4, 5, 6, 7, 8], "RGBA")
    return image


def with_exif():
    image = Image.new("I;16", (2, 1), 65000)
    image.getexif()[270] = "of a test"
    image.getexif().get_ifd(0x8769)[0x9003] = "2024:01:01 00:00:00"
    return image


def core():
    return colours().im


def core_with_palette():
    return translucent_palette().im


def write_font(path):
    with open(path, "wb") as file:
        file.write(ImageFont.load_default(12).font_bytes)


def font():
    return ImageFont.truetype(made("a.ttf", write_font), 20.5, layout_engine=ImageFont.Layout.BASIC)


def font_from_bytes():
    return ImageFont.load_default(12)


def profile():
    first = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB", 6000))
    data = bytearray(first.tobytes())
    data[24:36] = bytes([7, 232, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0])  # the day that it is from
    return ImageCms.ImageCmsProfile(io.BytesIO(data)).profile


def path():
    return ImagePath.Path([(1.25, 2), (3, 4)])


TYPES = {
    "Image": [colours, bits, translucent_palette, with_exif],
    "ImagingCore": [core, core_with_palette],
    "FreeTypeFont": [font, font_from_bytes],
    "CmsProfile": [profile],
    "ImagePath.Path": [path],
}
OPTIONS = {
    "ImagingCore": {"ignore": ["id", "ptr", "unsafe_ptrs"]},  # addresses
    "ImagePath.Path": {"ignore": ["id"]},  # an address
    "FreeTypeFont": {"ignore": ["path"]},  # a stream that has been read, or the same path
}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {}))


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "I;16"]
)
def test_each_mode_travels(mode):
    first = Image.effect_noise((13, 7), 90).convert("RGB").convert("L")
    first = first.convert("RGB").convert(mode) if mode not in ("LAB", "I;16") else first
    first = Image.frombytes(mode, (13, 7), first.tobytes() * 3) if mode == "LAB" else first
    assert travelled(first) == first
    assert travelled(first.im).mode == first.im.mode


def test_the_palette_keeps_its_alpha():
    assert travelled(translucent_palette()).convert("RGBA").getpixel((0, 0)) == (5, 6, 7, 8)
    first = core_with_palette()
    assert travelled(first).getpalette("RGBA", "RGBA") == first.getpalette("RGBA", "RGBA")


def test_exif_data_arrive():
    arrived = travelled(with_exif()).getexif()
    assert arrived[270] == "of a test"
    assert arrived.get_ifd(0x8769)[0x9003] == "2024:01:01 00:00:00"


def drawn(font):
    mask = font.getmask("some Text")
    return mask.size, Image.Image()._new(mask).tobytes()


@pytest.mark.parametrize("make", [font, font_from_bytes])
def test_a_font_draws_the_same(make):
    assert drawn(travelled(make())) == drawn(make())


def test_a_transposed_font_and_a_profile_travel_with_what_is_in_them():
    first = ImageFont.TransposedFont(font_from_bytes(), Image.Transpose.ROTATE_90)
    assert drawn(travelled(first)) == drawn(first)
    first = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    assert travelled(first).tobytes() == first.tobytes()


def test_a_font_whose_file_is_gone_is_refused(tmp_path):
    write_font(tmp_path / "a.ttf")
    font = ImageFont.truetype(tmp_path / "a.ttf")
    os.remove(tmp_path / "a.ttf")
    with pytest.raises(adapters.SerializeError, match="no regular file"):
        adapters.dumps(font)


def test_a_variation_that_was_set_is_refused(monkeypatch):
    pillow = importlib.import_module("adapters.libraries.PIL")

    monkeypatch.setattr(pillow, "_varies", lambda font: True)
    first = font_from_bytes()
    assert drawn(travelled(first)) == drawn(first)
    first.font = ImageFont.load_default(30).font  # as another variation would look
    with pytest.raises(adapters.SerializeError, match="variation"):
        adapters.dumps(first)
