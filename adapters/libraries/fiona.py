"""fiona: collections that are only read, and files in memory.

| type | what travels | what does not |
|---|---|---|
| `Collection` | path, layer, driver and encoding that were given, fields that are read | open for writing, in memory (send its `MemoryFile`), remote, in archives: refused; options of the driver are lost, and how far it has been read |
| `MemoryFile`, `ZipMemoryFile` | its bytes, file name, mode and position | its folder, which is a new one |

`Feature`, `Geometry`, `Properties`, `CRS` pickle by themselves.

Left out: `Session`, `WritingSession`, `Iterator`: send the collection. `BytesCollection`: send a
`MemoryFile`.
"""

from __future__ import annotations

import os
from copy import copy
from io import BytesIO
from typing import Any
from zipfile import is_zipfile

import fiona
from fiona.io import MemoryFile, ZipMemoryFile

from adapters import register
from adapters.libraries import _gdal
from adapters.libraries._states import parts

_FIELDS = ("enabled_drivers", "ignore_fields", "include_fields")
_NONE = type(None)


def _serialize(collection: Any) -> Any:
    if collection.closed:
        raise ValueError("the collection has been closed")
    if collection.mode != "r":
        raise ValueError("the collection is open for writing: close it, and open it with mode 'r'")
    options = {name: copy(getattr(collection, name)) for name in _FIELDS}
    if options["include_fields"] is not None:
        options["ignore_fields"] = None  # fiona sets it to all others
    options["ignore_geometry"] = collection.ignore_geometry
    path = os.path.abspath(collection.path)
    state = path, collection.driver, collection.encoding, collection.layer, options
    with _make(state) as again:
        if again.schema != collection.schema or again.crs != collection.crs:
            raise ValueError(
                "the collection was opened with options of its driver, which cannot be read back:"
                " open it where it is needed"
            )
    return state


def _make(state: Any) -> Any:
    path, driver, encoding, layer, options = parts(state, str, str, (str, _NONE), (str, int), dict)
    if not (os.path.isabs(path) and os.path.exists(path)):
        raise ValueError(
            f"{path!r} is no file or folder: send the MemoryFile of a collection in memory, and"
            " open others where they are needed"
        )
    options = dict(options)
    for name in _FIELDS:
        value = options[name] = copy(options.get(name))
        if value is not None and not (
            isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value)
        ):
            raise ValueError(f"{name} are no list of names, but {value!r}")
    return fiona.open(
        path,
        "r",
        driver=driver,
        encoding=encoding,
        layer=layer or None,
        allow_unsupported_drivers=True,
        **options,
    )


def _make_memory(state: Any) -> Any:
    return _gdal.filled(MemoryFile, state)


def _make_zip(state: Any) -> Any:
    data, *_ = parts(state, bytes, str, str, int)
    data, name, _, _ = parts(state, bytes, str, str, int)
    if not is_zipfile(BytesIO(data)) or not name.endswith(".zip"):
        raise ValueError("the state holds no archive")
    return _gdal.filled(ZipMemoryFile, state)


register(fiona.Collection, _serialize, _make)
register(MemoryFile, _gdal.content, _make_memory)
register(ZipMemoryFile, _gdal.content, _make_zip)
