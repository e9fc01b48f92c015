"""h5py: files that are only read or are in memory, and what is in them.

| type | what travels | what does not |
|---|---|---|
| `File`, `FileID` | path, driver, library versions, caches, locking, SWMR of a file open for reading; all of a file in memory (driver core without backing store), under a new name | open for writing, other drivers, closed: refused |
| `Group`, `GroupID`, `Dataset`, `DatasetID` | the file, and the name in it | what has no name: refused |
| `Datatype` | the file, and the name in it | what has no name: refused |
| `AttributeManager` | the group, dataset or datatype | |
| `DimensionManager`, `DimensionProxy` | the dataset, the number of the dimension | |

What comes from one file in one message arrives in one file. `TypeID` objects pickle by themselves.

Left out: `Reference`, `RegionReference`: they mean something in a file that they do not know: send
the object that they refer to. `AttrID`, `PropDCID`: their owner cannot be seen. `VirtualLayout`.
"""

from __future__ import annotations

import os
from typing import Any
from uuid import uuid4
from weakref import WeakValueDictionary

import h5py
from h5py import h5d, h5f, h5fd, h5g, h5i, h5o, h5p, h5t
from h5py._hl.base import HLObject as _HLObject
from h5py._hl.dims import DimensionManager, DimensionProxy

from adapters import register
from adapters.libraries._files import existing
from adapters.libraries._states import parts

_DRIVERS = {h5fd.SEC2: "set_fapl_sec2", h5fd.CORE: "set_fapl_core"}
if hasattr(h5fd, "STDIO"):
    _DRIVERS[h5fd.STDIO] = "set_fapl_stdio"
_SETTINGS = [
    name
    for name in (
        "libver_bounds",
        "fclose_degree",
        "alignment",
        "cache",
        "file_locking",
        "meta_block_size",
    )
    if hasattr(h5p.PropFAID, f"get_{name}")
]
_NONE = type(None)
_CLOSING = [(h5f.CLOSE_WEAK,), (h5f.CLOSE_SEMI,), (h5f.CLOSE_STRONG,), (h5f.CLOSE_DEFAULT,)]
_SWMR = getattr(h5f, "ACC_SWMR_READ", 0)
_FILES: WeakValueDictionary[int, Any] = WeakValueDictionary()  # {number: an open FileID}


def _the_file(oid: Any) -> Any:
    """The same FileID for all that is in one file: pickle then sees that it is the same."""
    if not oid:
        raise ValueError("the file has been closed")
    file = h5i.get_file_id(oid)
    return _FILES.setdefault(file.id, file)


def _serialize_file(file: Any) -> Any:
    if not file:
        raise ValueError("the file has been closed")
    _FILES.setdefault(file.id, file)
    access, intent = file.get_access_plist(), file.get_intent()
    driver = access.get_driver()
    core: Any = access.get_fapl_core() if driver == h5fd.CORE else ()
    writing = bool(intent & h5f.ACC_RDWR)
    if driver not in _DRIVERS or (writing and (not core or core[1])):
        raise ValueError(
            "only a file that is open for reading, with the driver sec2, stdio or core, or that is"
            " in memory without backing_store travels: close it, and open it with mode 'r'"
        )
    image = None
    path = file.name
    if core and (writing or not os.path.isfile(os.fsdecode(path))):
        h5f.flush(file)
        path, image = b"", file.get_file_image()
    else:
        path = os.fsencode(existing(path))
    settings = {name: _tuple(getattr(access, f"get_{name}")()) for name in _SETTINGS}
    if driver == h5fd.CORE:
        settings["core"] = (core[0], 0)
    return path, image, intent & (h5f.ACC_RDWR | _SWMR), settings, _DRIVERS[driver]


def _tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _make_file(state: Any) -> Any:
    path, image, intent, settings, driver = parts(state, bytes, (bytes, _NONE), int, dict, str)
    if driver not in _DRIVERS.values() or intent & ~(h5f.ACC_RDWR | _SWMR):
        raise ValueError(f"{driver!r} with mode {intent} is no way to open the file again")
    if image is None:
        if intent & h5f.ACC_RDWR:
            raise ValueError("a file that is not in memory is not opened for writing")
        path = os.fsencode(existing(path))
    core = settings.get("core", ())
    if settings.get("fclose_degree") not in _CLOSING:
        raise ValueError("the settings do not say how the file is closed")
    if bool(core) is not (driver == "set_fapl_core") or (image is not None and not core):
        raise ValueError("the settings are those of another driver")
    access = h5p.create(h5p.FILE_ACCESS)
    getattr(access, driver)(*core)
    for name in settings.keys() & set(_SETTINGS):
        values = parts(settings[name], *[(int, float, bool)] * len(settings[name]))
        if any(not 0 <= value < 1 << 62 for value in values):
            raise ValueError(f"the setting {name} has values out of range: {values}")
        getattr(access, f"set_{name}")(*values)
    if image is not None:
        access.set_file_image(image)
        path = uuid4().hex.encode()  # two files in memory of one name are one file
    return h5f.open(path, intent, fapl=access)


def _place(oid: Any) -> Any:
    file = _the_file(oid)
    name = h5i.get_name(oid)
    if not name:
        raise ValueError("the object has no name in its file: give it one, or send the file")
    return file, name


def _at(state: Any, kind: Any) -> Any:
    file, name = parts(state, h5f.FileID, bytes)
    found = h5o.open(file, name)
    if not isinstance(found, kind):
        raise ValueError(f"{name!r} is no {kind.__name__} in its file, but a {type(found)}")
    return found


def _make_group(state: Any) -> Any:
    return _at(state, h5g.GroupID)


def _make_dataset(state: Any) -> Any:
    return _at(state, h5d.DatasetID)


def _make_datatype(state: Any) -> Any:
    return h5py.Datatype(_at(state, h5t.TypeID))


def _owner(state: Any) -> Any:
    """A state that names what has an id, for those that know no more than this."""
    return _HLObject(_at(state, object))


def _dimension(state: Any) -> Any:
    place, number = parts(state, tuple, int)
    owner = _at(place, h5d.DatasetID)
    if not 0 <= number < owner.rank:
        raise ValueError(f"the dataset has no dimension {number}")
    return DimensionProxy(owner, number)


register(h5f.FileID, _serialize_file, _make_file)
register(h5py.File, lambda file: _the_file(file.id), lambda s: h5py.File(*parts((s,), h5f.FileID)))
register(h5g.GroupID, _place, _make_group)
register(h5py.Group, lambda group: _place(group.id), lambda s: h5py.Group(_make_group(s)))
register(h5d.DatasetID, _place, _make_dataset)
register(h5py.Dataset, lambda data: _place(data.id), lambda s: h5py.Dataset(_make_dataset(s)))
register(h5py.Datatype, lambda kind: _place(kind.id), _make_datatype)
register(
    h5py.AttributeManager,
    lambda attrs: _place(attrs._id),
    lambda s: h5py.AttributeManager(_owner(s)),
)
register(
    DimensionManager,
    lambda dims: _place(dims._id),
    lambda s: DimensionManager(h5py.Dataset(_make_dataset(s))),
)
register(DimensionProxy, lambda dim: (_place(dim._id), dim._dimension), _dimension)
