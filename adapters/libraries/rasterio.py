"""rasterio: datasets that are only read, and files in memory.

| type | what travels | what does not |
|---|---|---|
| `DatasetReader` | path, or the name of a part of files that have absolute paths; driver, options of opening | in memory (send its `MemoryFile`), remote, in archives: refused; `Env` and `sharing` are lost |
| `MemoryFile`, `ZipMemoryFile` | its bytes, file name, mode and position | its folder, which is a new one |

`CRS`, `Window`, `Affine`, `Profile`, `GroundControlPoint` pickle by themselves.

Left out: `DatasetWriter`: one process writes a file. `WarpedVRT`: its alpha bands and memory limit
cannot be read back. `GCPTransformer`, `RPCTransformer`: their points cannot be read back.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import Any

import rasterio
from rasterio.io import DatasetReader, MemoryFile, ZipMemoryFile

from adapters import register
from adapters.libraries import _gdal
from adapters.libraries._files import existing
from adapters.libraries._states import parts


def _serialize(dataset: Any) -> Any:
    if dataset.closed:
        raise ValueError("the dataset has been closed")
    return _name(dataset.name, dataset), dataset.driver, dict(getattr(dataset, "options", {}))


def _name(name: str, dataset: Any) -> str:
    if os.path.isfile(name):
        return existing(name)
    files = dataset.files
    if not files or not all(os.path.isabs(file) and os.path.isfile(file) for file in files):
        raise ValueError(
            f"{name!r} is no regular file, nor a part of files that have absolute paths: send the"
            " MemoryFile of a dataset in memory, and open others where they are needed"
        )
    return name


def _make(state: Any) -> Any:
    name, driver, options = parts(state, str, str, dict)
    parts((*options, *options.values()), *[str] * (2 * len(options)))
    if not name or name.startswith("/vsi") or "://" in name:
        raise ValueError(f"{name!r} is no file, nor a part of one")
    dataset = rasterio.open(name, "r", driver=driver, **options)
    if type(dataset) is not DatasetReader:
        dataset.close()
        raise ValueError(f"{name!r} with driver {driver} is opened as a {type(dataset).__name__}")
    return dataset


def _make_memory(state: Any) -> Any:
    return _gdal.filled(MemoryFile, state, _env=ExitStack())


def _content_of_zip(file: Any) -> Any:
    data, _, *rest = _gdal.content(file)
    return (data, "", *rest)  # its constructor takes no name


def _make_zip(state: Any) -> Any:
    return _gdal.filled(ZipMemoryFile, state, _env=ExitStack())


register(DatasetReader, _serialize, _make)
register(MemoryFile, _gdal.content, _make_memory)
register(ZipMemoryFile, _content_of_zip, _make_zip)
