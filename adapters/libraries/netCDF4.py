"""netCDF4: datasets that are only read, and what is in them.

| type | what travels | what does not |
|---|---|---|
| `Dataset` | path, auto_complex, and of each variable: mask, scale, always_mask, chartostring, ncstring_attrs | open for writing, in memory, remote: refused; keepweakref is off; chunk caches and use_nc_get_vars are lost |
| `MFDataset` | the paths, the master, the aggregated dimension, excluded variables, settings as above | |
| `Group`, `Variable`, `Dimension` | the dataset, and the place in it | |

What comes from one dataset in one message arrives in one dataset. The library is not safe for
threads, so that one object at a time is read and made; whoever uses them needs a lock, too.

Left out: `CompoundType`, `VLType`, `EnumType`: their dataset cannot be seen: send that.
"""  # noqa: N999

from __future__ import annotations

from typing import Any

import netCDF4

from adapters import register
from adapters.libraries._files import existing
from adapters.libraries._locks import fork_safe_lock
from adapters.libraries._states import parts

_LOCK = fork_safe_lock()
_SETTINGS = {
    "mask": "set_auto_mask",
    "scale": "set_auto_scale",
    "always_mask": "set_always_mask",
    "chartostring": "set_auto_chartostring",
    "_ncstring_attrs__": "set_ncstring_attrs",
}
_USUAL = {**dict.fromkeys(_SETTINGS, True), "_ncstring_attrs__": False}


def _read_only(dataset: Any) -> bool:
    """Whether the library refuses to write, which it says before it says what is missing."""
    try:
        dataset.renameAttribute("adapters: there is no such attribute", "x")
    except RuntimeError as error:
        return "read only" in str(error)
    return False


def _variables(group: Any) -> Any:
    for variable in group.variables.values():
        yield f"{group.path.rstrip('/')}/{variable.name}", variable
    for each in group.groups.values():
        yield from _variables(each)


def _settings(dataset: Any) -> dict[str, dict[str, bool]]:
    """{path of a variable: its settings that are not the usual ones}."""
    found = {}
    for path, variable in _variables(dataset):
        real = getattr(variable, "_recVar", [variable])[0]  # of many files: set for all at once
        now = {name: bool(getattr(real, name)) for name in _SETTINGS}
        if unlike := {name: now[name] for name in now if now[name] is not _USUAL[name]}:
            found[path] = unlike
    return found


def _state(dataset: Any) -> Any:
    if not dataset.isopen():
        raise ValueError("the dataset has been closed")
    if not _read_only(dataset):
        raise ValueError("the dataset is open for writing: close it, and open it with mode 'r'")
    path = existing(dataset.filepath())
    complex_numbers = bool(getattr(dataset, "auto_complex", False))
    return path, complex_numbers, bool(dataset._ncstring_attrs__), _settings(dataset)


def _serialize(dataset: Any) -> Any:
    with _LOCK:
        return _state(dataset)


def _make(state: Any) -> Any:
    path, complex_numbers, strings, settings = parts(state, str, bool, bool, dict)
    extra = {"auto_complex": True} if complex_numbers else {}
    with _LOCK:
        dataset = netCDF4.Dataset(existing(path), "r", **extra)
        dataset._ncstring_attrs__ = strings
        _restore(dataset, settings)
    return dataset


def _restore(dataset: Any, settings: Any) -> None:
    variables = dict(_variables(dataset))
    for path, unlike in settings.items():
        if path not in variables or not unlike.keys() <= _SETTINGS.keys():
            raise ValueError(f"there is no variable {path!r}, or it has no settings {unlike}")
        for name, value in unlike.items():
            getattr(variables[path], _SETTINGS[name])(value)


def _serialize_many(dataset: Any) -> Any:
    with _LOCK:
        paths = [_state(each)[0] for each in dataset._cdf]
        master = next(each for each in dataset._cdf if each.dimensions is dataset._dims)
        (dimension,) = (
            name for name, each in dataset._dims.items() if type(each) is not netCDF4.Dimension
        )
        aggregated = (
            name for name, each in master.variables.items() if each.dimensions[:1] == (dimension,)
        )
        excluded = [name for name in aggregated if name not in dataset._cdfRecVar]
        number = next(n for n, each in enumerate(dataset._cdf) if each is master)
        return paths, number, dimension, excluded, _settings(dataset)


def _make_many(state: Any) -> Any:
    paths, master, dimension, excluded, settings = parts(state, list, int, str, list, dict)
    parts((*paths, *excluded), *[str] * (len(paths) + len(excluded)))
    paths = [existing(path) for path in paths]
    if not 0 <= master < len(paths):
        raise ValueError(f"none of {len(paths)} files has the number {master}")
    with _LOCK:
        dataset = netCDF4.MFDataset(
            paths, aggdim=dimension, exclude=excluded, master_file=paths[master]
        )
        _restore(dataset, settings)
    return dataset


def _place(part: Any) -> Any:
    with _LOCK:
        return part.group(), part.name


def _serialize_group(group: Any) -> Any:
    return group.parent, group.name


def _make_group(state: Any) -> Any:
    parent, name = parts(state, netCDF4.Dataset, str)
    return parent.groups[name]


def _make_variable(state: Any) -> Any:
    parent, name = parts(state, netCDF4.Dataset, str)
    return parent.variables[name]


def _make_dimension(state: Any) -> Any:
    parent, name = parts(state, netCDF4.Dataset, str)
    return parent.dimensions[name]


register(netCDF4.Dataset, _serialize, _make)
register(netCDF4.MFDataset, _serialize_many, _make_many)
register(netCDF4.Group, _serialize_group, _make_group)
register(netCDF4.Variable, _place, _make_variable)
register(netCDF4.Dimension, _place, _make_dimension)
