"""PIL (Pillow): images with what their own pickle loses, fonts, profiles and paths.

| type | what travels | what does not |
|---|---|---|
| `Image` | mode, size, pixels, info, palette with its alpha, EXIF data | attributes of yours |
| `ImagingCore` | mode, size, pixels, palette | |
| `FreeTypeFont` | the path, or the bytes of a font that was loaded from a stream; size, index, encoding, layout engine | a variation that is not the default: refused |
| `CmsProfile` | the ICC profile | numbers of one that was just created are rounded to those of ICC |
| `ImagePath.Path` | coordinates | |

An `Image` pickles by itself, without the alpha of its palette and what was set in `getexif()`; a
font from a stream cannot be loaded again: the adapters take precedence. `ImageCmsProfile` and
`TransposedFont` pickle by themselves as soon as what is in them does.

Left out: images of opened files (`PngImageFile` ...): they pickle by themselves, as the frame that
they are at. `ImageFont.ImageFont`, `ImageCmsTransform`: what they were made of cannot be read back.
`ImageDraw`, `PixelAccess`: make a new one of the image, which travels.
"""

# ruff: noqa: N999  # the module has the name of the package

from __future__ import annotations

import io
from copy import deepcopy
from typing import Any

from PIL import Image, ImageCms, ImageFont, ImagePalette, ImagePath, features

from adapters import register
from adapters.libraries._files import existing
from adapters.libraries._states import parts

_NONE = type(None)
_ImagingCore: Any = type(Image.new("L", (1, 1)).im)
_Path: Any = type(ImagePath.Path([0, 0]))
_PROBE = "AaGg0&~"


def _pixels(image: Any) -> Any:
    image.load()
    core = image.im
    palette = None
    if image.mode in ("P", "PA"):
        mode = core.getpalettemode() if hasattr(core, "getpalettemode") else image.palette.mode
        palette = mode, core.getpalette(mode, mode)
    return image.mode, image.size, image.tobytes(), palette


def _make_pixels(state: Any) -> Any:
    mode, size, data, palette = parts(state, str, tuple, (bytes, memoryview), (tuple, list, _NONE))
    width, height = parts(size, int, int)
    if min(size) < 0 or width * height > 8 * len(data):
        raise ValueError(f"{len(data)} bytes are no image of {width} * {height} pixels")
    image = Image.frombytes(mode, (width, height), data)
    if palette is not None:
        colours, values = parts(palette, str, bytes)
        if mode not in ("P", "PA") or colours not in ("RGB", "RGBA") or len(values) > 1024:
            raise ValueError(f"an image of mode {mode} has no palette of mode {colours}")
        image.im.putpalette(colours, colours, values)
        image.palette = ImagePalette.ImagePalette(colours, values)
    return image


def _serialize(image: Any) -> Any:
    pixels = _pixels(image)
    palette = image.palette.copy() if image.palette else None
    exif = getattr(image, "_exif", None)
    return pixels, palette, dict(image.info), deepcopy(exif) if exif else None


def _make(state: Any) -> Any:
    pixels, palette, info, exif = parts(
        state, (tuple, list), (ImagePalette.ImagePalette, _NONE), dict, (Image.Exif, _NONE)
    )
    image: Any = _make_pixels(pixels)
    image.palette, image.info = palette.copy() if palette else None, dict(info)
    if exif is not None:
        image._exif = deepcopy(exif)
    return image


def _serialize_font(font: Any) -> Any:
    path, data = None, getattr(font, "font_bytes", None)
    if data is None:
        path = existing(font.path)
    state = path, data, font.size, font.index, font.encoding, int(font.layout_engine)
    if _varies(font) and _drawn(_make_font(state)) != _drawn(font):
        raise ValueError(
            "the variation that was set cannot be read back: send the default, and set it elsewhere"
        )
    return state


def _varies(font: Any) -> bool:
    try:
        return bool(font.get_variation_axes())
    except (OSError, NotImplementedError):
        return False


def _drawn(font: Any) -> Any:
    return Image.Image()._new(font.getmask(_PROBE)).tobytes(), font.getbbox(_PROBE)


def _make_font(state: Any) -> Any:
    path, data, size, index, encoding, layout = parts(
        state, (str, _NONE), (bytes, memoryview, _NONE), (int, float), int, str, int
    )
    if (path is None) is (data is None):
        raise ValueError("a font is loaded either from a path or from bytes")
    if not (0 < size < 1 << 20 and 0 <= index < 1 << 15):
        raise ValueError(f"a font cannot have size {size}, or index {index}")
    source: Any = existing(path) if data is None else io.BytesIO(data)
    return ImageFont.FreeTypeFont(source, size, index, encoding, ImageFont.Layout(layout))


def _make_profile(state: Any) -> Any:
    (data,) = parts((state,), (bytes, memoryview))
    return ImageCms.core.profile_frombytes(bytes(data))


def _make_path(state: Any) -> Any:
    parts(state, *[float] * len(state if isinstance(state, list) else [None]))
    return ImagePath.Path(state)


register(Image.Image, _serialize, _make)
register(
    _ImagingCore,
    lambda core: _pixels(Image.Image()._new(core)),
    lambda state: _make_pixels(state).im,
)
register(_Path, lambda path: path.tolist(1), _make_path)
if features.check("freetype2"):
    register(ImageFont.FreeTypeFont, _serialize_font, _make_font)
if features.check("littlecms2") and hasattr(ImageCms.core, "CmsProfile"):
    register(ImageCms.core.CmsProfile, ImageCms.core.profile_tobytes, _make_profile)
