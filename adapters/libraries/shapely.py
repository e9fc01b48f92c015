"""shapely: geometries with what their own pickle loses, prepared ones, and search trees.

| type | what travels | what does not |
|---|---|---|
| `Point`, `LineString`, `Polygon`, `MultiPoint`, `MultiLineString`, `MultiPolygon`, `LinearRing` | coordinates, SRID, precision grid, whether prepared | a point of NaN is empty |
| `GeometryCollection` | the same | a LinearRing in it is a LineString |
| `PreparedGeometry` | the geometry | |
| `STRtree` | the geometries, and a node capacity (up to 128) that gives results in the same order | |

Geometries and `STRtree` pickle by themselves, without precision grid, preparation and node capacity:
the adapters take precedence. The data of a geometry is WKB; what this cannot hold stands above.

Left out: `shapely.lib.Geometry`, the base class.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import shapely
from shapely.prepared import PreparedGeometry

from adapters import register
from adapters.libraries._states import parts


def _serialize(geometry: Any) -> Any:
    wkb = shapely.to_wkb(geometry, include_srid=True)
    grid, prepared = shapely.get_precision(geometry), shapely.is_prepared(geometry)
    return (wkb, float(grid), bool(prepared)) if grid or prepared else wkb


def _make(kind: Any, state: Any) -> Any:
    if type(state) in (tuple, list):
        wkb, grid, prepared = parts(state, (bytes, memoryview), float, bool)
        if not 0 < 1 + grid < 1e300:
            raise ValueError(f"the precision grid cannot be {grid}")
    else:
        (wkb,) = parts((state,), (bytes, memoryview))
        grid, prepared = 0.0, False
    geometry = shapely.from_wkb(bytes(wkb))
    if type(geometry) is not kind:
        raise ValueError(f"the data is that of a {geometry.geom_type}, not of a {kind.__name__}")
    return _finished(geometry, grid, prepared)


def _finished(geometry: Any, grid: float, prepared: bool) -> Any:
    if grid > 0:  # the coordinates are on it
        geometry = shapely.set_precision(geometry, grid, mode="pointwise")
    if prepared:
        shapely.prepare(geometry)
    return geometry


def _serialize_ring(ring: Any) -> Any:
    # WKB has no rings but those of polygons.
    whole = shapely.set_srid(shapely.polygons(ring), shapely.get_srid(ring))
    wkb = shapely.to_wkb(whole, include_srid=True)
    return wkb, float(shapely.get_precision(ring)), bool(shapely.is_prepared(ring))


def _make_ring(state: Any) -> Any:
    wkb, grid, prepared = parts(state, bytes, float, bool)
    whole = _make(shapely.Polygon, wkb)
    ring = shapely.set_srid(shapely.get_exterior_ring(whole), shapely.get_srid(whole))
    return _finished(ring, max(grid, 0.0), prepared)


def _make_prepared(state: Any) -> Any:
    (geometry,) = parts((state,), shapely.Geometry)
    return PreparedGeometry(geometry)


def _serialize_tree(tree: Any) -> Any:
    """The geometries, and a capacity of the nodes: all that shows it is the order of results."""
    array = tree.geometries
    if not np.any(shapely.get_num_coordinates(array)):
        return array, 10
    everywhere = shapely.box(*shapely.total_bounds(array))
    order = tree.query(everywhere)
    for capacity in (10, *range(2, 129)):
        if np.array_equal(shapely.STRtree(array, capacity).query(everywhere), order):
            return array, capacity
    raise ValueError("the node capacity cannot be found out: make the tree with one up to 128")


def _make_tree(state: Any) -> Any:
    array, capacity = parts(state, np.ndarray, int)
    if capacity < 2 or array.ndim != 1 or not np.all(shapely.is_valid_input(array)):
        raise ValueError("a tree has an array of geometries, and 2 or more of them in a node")
    return shapely.STRtree(array, capacity)


for _name in (
    *("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"),
    "GeometryCollection",
):
    _kind = getattr(shapely, _name)
    register(_kind, _serialize, partial(_make, _kind))
register(shapely.LinearRing, _serialize_ring, _make_ring)
register(PreparedGeometry, lambda prepared: prepared.context, _make_prepared)
register(shapely.STRtree, _serialize_tree, _make_tree)
