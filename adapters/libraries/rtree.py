"""rtree: indexes in memory with all that is in them, and properties.

| type | what travels | what does not |
|---|---|---|
| `Index` | of one in memory: entries (id, box, object), properties, interleaved, limits of results | the shape of the tree, and the order of results; files, custom storage, TPR and MVR trees: refused |
| `RtreeContainer` | objects, their boxes, properties, interleaved, limits of results | the shape of the tree |
| `Property` | all properties | callbacks of custom storage: refused |

They pickle by themselves, but an index arrives empty (one in a file may even make a new file), and a
container with addresses of another process: the adapters take precedence.

An index in files is refused, as rtree opens files only to write to them, and two processes would
overwrite each other's pages: close it, and open it by its name elsewhere.

Left out: `Item`: it points into its index; send `id`, `bbox` and `object`.
"""

from __future__ import annotations

import math
from typing import Any

from rtree import index

from adapters import register
from adapters.libraries._locks import fork_safe_lock
from adapters.libraries._states import parts

_LOCK = fork_safe_lock()  # the limits of results are set for a moment
_CALLBACKS = ("custom_storage_callbacks", "custom_storage_callbacks_size")


def _serialize_property(properties: Any) -> Any:
    found = {name: value for name, value in properties.as_dict().items() if value is not None}
    if any(found.pop(name, 0) for name in _CALLBACKS):
        raise ValueError("the callbacks of custom storage are addresses in this process")
    return found


def _make_property(state: Any) -> Any:
    if type(state) is not dict or not state.keys() <= {*index.Property.pkeys} - {*_CALLBACKS}:
        raise ValueError("the state has to be a dict of properties of an index")
    for name, value in state.items():
        if type(value) not in (bool, int, float, str, bytes):
            raise TypeError(f"{name} cannot be {value!r}")
        if type(value) in (int, float) and not 0 <= value < 1 << (62 if name == "index_id" else 20):
            raise ValueError(f"{name} cannot be {value}")
    made = index.Property()
    given = made.as_dict()
    for name, value in state.items():
        if value != given[name]:  # the library keeps each text for ever
            setattr(made, name, value)
    return made


def _entries(tree: Any) -> list[Any]:
    properties = tree.properties
    if properties.storage != index.RT_Memory or properties.type != index.RT_RTree:
        raise ValueError(
            "only R-trees in memory travel: two processes that have an index in files, or in custom"
            " storage, would overwrite each other's pages; close it, and open it by name elsewhere"
        )
    size = index.Index.__len__(tree)
    if not size:
        return []
    if not all(math.isfinite(bound) for bound in tree.bounds):
        raise ValueError(f"the boxes in the index are not finite: {tree.bounds}")
    limits = tree.result_offset, tree.result_limit
    tree.result_offset, tree.result_limit = 0, 0  # all
    try:
        found = list(index.Index.intersection(tree, tree.bounds, objects=True))
    finally:
        tree.result_offset, tree.result_limit = limits
    if len(found) != size:
        raise ValueError(f"the index says that it has {size} entries, but {len(found)} are found")
    entries = [(item.id, item.bbox, item.object) for item in found]
    return sorted(entries, key=lambda entry: entry[:2])


def _settings(tree: Any) -> Any:
    return tree.properties, tree.interleaved, tree.result_offset, tree.result_limit


def _serialize(tree: Any) -> Any:
    with _LOCK:
        return _settings(tree), _entries(tree)


def _serialize_container(tree: Any) -> Any:
    places = {number: place for place, number in enumerate(tree._objects)}
    with _LOCK:
        entries = sorted((places[number], box) for number, box, _ in _entries(tree))
        return _settings(tree), entries, [obj for _, obj in tree._objects.values()]


def _make_empty(kind: Any, settings: Any) -> Any:
    properties, interleaved, offset, limit = parts(settings, index.Property, bool, int, int)
    if properties.storage != index.RT_Memory or properties.type != index.RT_RTree:
        raise ValueError("only R-trees in memory travel")
    if not (0 <= offset < 1 << 62 and 0 <= limit < 1 << 62):
        raise ValueError("the limits of results are out of range")
    made = kind(properties=properties)
    made.result_offset, made.result_limit = offset, limit
    return made, interleaved


def _box(tree: Any, box: Any) -> Any:
    size = tree.properties.dimension
    parts(box, *[float] * 2 * size)
    if not all(math.isfinite(each) for each in box):
        raise ValueError(f"the box {box} is not finite")
    if any(low > high for low, high in zip(box[:size], box[size:], strict=True)):
        raise ValueError(f"the box {box} ends before it begins")
    return box


def _make(state: Any) -> Any:
    settings, entries = parts(state, tuple, list)
    made, interleaved = _make_empty(index.Index, settings)
    for entry in entries:
        number, box, obj = parts(entry, int, list, object)
        if not -(1 << 63) <= number < 1 << 63:
            raise ValueError(f"{number} is no id of an entry")
        made.insert(number, _box(made, box), obj)
    made.interleaved = interleaved
    return made


def _make_container(state: Any) -> Any:
    settings, entries, objects = parts(state, tuple, list, list)
    made, interleaved = _make_empty(index.RtreeContainer, settings)
    for entry in entries:
        place, box = parts(entry, int, list)
        if not 0 <= place < len(objects):
            raise ValueError(f"there is no object {place}")
        made.insert(objects[place], _box(made, box))
    made.interleaved = interleaved
    return made


register(index.Property, _serialize_property, _make_property)
register(index.Index, _serialize, _make)
if hasattr(index, "RtreeContainer"):
    register(index.RtreeContainer, _serialize_container, _make_container)
