"""manifold3d: solids, cross-sections, and meshes.

| type | what travels | what does not |
|---|---|---|
| `Manifold` | the mesh with all properties, in double precision; tolerance; the numbers of the originals that its faces are from | that it is an original itself: what arrives is none; one with an error is refused |
| `CrossSection` | all polygons | |
| `Mesh`, `Mesh64` | all arrays | tolerance cannot be read back: lost |

Left out: `RayHit`, which has no constructor: send its numbers. `ExecutionContext`, which belongs to
what runs.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import manifold3d
import numpy as np

from adapters import register
from adapters.libraries._states import parts

_ARRAYS = (
    *("vert_properties", "tri_verts", "merge_from_vert", "merge_to_vert", "run_index"),
    *("run_original_id", "run_transform", "face_id", "halfedge_tangent", "run_flags"),
)

_REAL = ("vert_properties", "run_transform", "halfedge_tangent")


def _mesh(mesh: Any) -> Any:
    arrays = {name: np.array(getattr(mesh, name)) for name in _ARRAYS if hasattr(mesh, name)}
    for name in arrays.keys() - _REAL:
        if not arrays[name].size:  # an empty list
            arrays[name] = arrays[name].astype(np.int64)
    return arrays


def _make_mesh(state: Any, kind: Any) -> Any:
    parts((state,), dict)
    if not {*_ARRAYS[:2]} <= {*state} <= {*_ARRAYS}:
        raise ValueError(f"the arrays of a mesh are {', '.join(_ARRAYS)}")
    parts((*state.values(),), *[np.ndarray] * len(state))
    for name, array in state.items():
        wanted = "f" if name in _REAL else "ui"
        if array.dtype.kind not in wanted or (wanted != "f" and array.size and array.min() < 0):
            raise ValueError(f"{name} has to be of numbers of the kind {wanted}, and positive")
    vertices, triangles = state["vert_properties"], state["tri_verts"]
    if vertices.ndim != 2 or triangles.ndim != 2 or triangles.shape[1] != 3:
        raise ValueError("vertices and triangles of a mesh are tables")
    if triangles.size and triangles.max() >= len(vertices):
        raise ValueError(f"a triangle has a corner beyond the {len(vertices)} vertices")
    for name in ("merge_from_vert", "merge_to_vert"):
        if name in state and state[name].size and state[name].max() >= len(vertices):
            raise ValueError(f"{name} names more than the {len(vertices)} vertices")
    _require_lengths(state)
    bits = 64 if kind is not manifold3d.Mesh else 32
    kinds = {**dict.fromkeys(_ARRAYS, f"uint{bits}"), **dict.fromkeys(_REAL, f"float{bits}")}
    kinds.update(run_original_id="uint32", run_flags="uint8")
    kept = {name: np.array(state[name], kinds[name], order="C") for name in state}
    return kind(**{name: kept[name] for name in kept if kept[name].size or name in _ARRAYS[:2]})


def _require_lengths(state: Any) -> None:
    """Refuse arrays whose lengths do not agree: they are read without a check."""
    of = {name: len(state.get(name, ())) for name in _ARRAYS}
    corners, runs, index = 3 * of["tri_verts"], of["run_original_id"], state.get("run_index", ())
    wanted = {
        "merge_to_vert": {of["merge_from_vert"]},
        "run_index": {runs + 1} if runs else {0, 1},
        "run_transform": {0, runs},
        "run_flags": {0, runs},
        "face_id": {0, of["tri_verts"]},
        "halfedge_tangent": {0, corners},
    }
    if wrong := [name for name, lengths in wanted.items() if of[name] not in lengths]:
        raise ValueError(f"{', '.join(wrong)} of a mesh are not as long as they have to be")
    if len(index) and (index[0] != 0 or index[-1] > corners or (np.diff(index) < 0).any()):
        raise ValueError(f"run_index has to go up from 0 to {corners} at most")


def _solid(solid: Any) -> Any:
    if solid.status() != manifold3d.Error.NoError:
        raise ValueError(f"the solid is none: {solid.status().name}")
    arrays = _mesh(solid.to_mesh64())
    if not arrays["run_transform"].size:  # of an original
        arrays["run_transform"] = np.tile(np.eye(4, 3), (len(arrays["run_original_id"]), 1, 1))
    return arrays, solid.get_tolerance()


def _make_solid(state: Any) -> Any:
    arrays, tolerance = parts(state, dict, float)
    made = manifold3d.Manifold(_make_mesh(arrays, manifold3d.Mesh64))
    if made.status() != manifold3d.Error.NoError:
        raise ValueError(f"the mesh is no solid: {made.status().name}")
    if len(arrays["vert_properties"]) and not 0 < tolerance < float("inf"):
        raise ValueError(f"a solid has no tolerance of {tolerance}")
    return made.set_tolerance(tolerance) if made.get_tolerance() != tolerance else made


def _section(section: Any) -> Any:
    # Which corner is the first says nothing, and changes.
    polygons = [np.array(each) for each in section.to_polygons()]
    first = [min(range(len(each)), key=lambda at: (*each[at],)) for each in polygons]
    turned = [np.roll(each, -at, axis=0) for each, at in zip(polygons, first, strict=True)]
    return sorted(turned, key=lambda each: each.tolist())


def _make_section(state: Any) -> Any:
    for each in parts((state,), list)[0]:
        parts((each,), np.ndarray)
        if each.dtype != np.float64 or each.ndim != 2 or each.shape[1] != 2:
            raise ValueError("a polygon is a table of two columns")
        if not np.isfinite(each).all():
            raise ValueError("a polygon has corners that are not finite")
    made = manifold3d.CrossSection([each.copy() for each in state])
    if len(state) == 1 and len(state[0]) == 4:  # perhaps one whose first corner is the origin
        square = manifold3d.CrossSection.square(tuple(state[0].max(0)))
        if np.array_equal(_section(square)[0], state[0]):
            return square
    return made


for _name in ("Mesh", "Mesh64"):
    _kind = getattr(manifold3d, _name, None)
    if _kind is not None:
        register(_kind, _mesh, partial(_make_mesh, kind=_kind))
register(manifold3d.Manifold, _solid, _make_solid)
register(manifold3d.CrossSection, _section, _make_section)
