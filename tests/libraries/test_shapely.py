import pytest
from kit import check_examples, travelled

import adapters

shapely = pytest.importorskip("shapely")
prepared_module = pytest.importorskip("shapely.prepared")


def point():
    return shapely.set_srid(shapely.Point(1, 2, 3), 4326)


def on_a_grid():
    return shapely.set_precision(shapely.Point(1.26, 2.71), 0.25)


def empty():
    return shapely.Point()


def line():
    return shapely.LineString([(0, 0), (1, 2), (3, 1)])


def polygon():
    return shapely.box(0, 0, 9, 9).difference(shapely.box(2, 2, 3, 3))


def prepared_polygon():
    geometry = shapely.set_precision(polygon(), 0.5)
    shapely.prepare(geometry)
    return geometry


def points():
    return shapely.MultiPoint([(1, 2), (3, 4)])


def lines():
    return shapely.MultiLineString([[(0, 0), (1, 2)], [(3, 3), (4, 5)]])


def polygons():
    return shapely.set_srid(shapely.MultiPolygon([polygon(), shapely.box(20, 20, 21, 21)]), 7)


def ring():
    return shapely.set_srid(shapely.LinearRing([(0, 0, 1), (1, 0, 2), (1, 1, 3)]), 9)


def ring_on_a_grid():
    return shapely.set_precision(shapely.LinearRing([(0, 0), (1.1, 0), (1, 1.1)]), 0.5)


def empty_ring():
    return shapely.LinearRing()


def collection():
    return shapely.GeometryCollection([point(), line(), polygon()])


def prepared():
    return prepared_module.prep(polygon())


def scattered():
    return [shapely.Point(index * 7 % 31, index * 11 % 17) for index in range(60)]


def tree():
    return shapely.STRtree(scattered(), 3)


def plain_tree():
    return shapely.STRtree([*scattered(), None, shapely.Point()])


def empty_tree():
    return shapely.STRtree([])


TYPES = {
    "Point": [point, on_a_grid, empty],
    "LineString": [line],
    "Polygon": [polygon, prepared_polygon],
    "MultiPoint": [points],
    "MultiLineString": [lines],
    "MultiPolygon": [polygons],
    "LinearRing": [ring, ring_on_a_grid, empty_ring],
    "GeometryCollection": [collection],
    "PreparedGeometry": [prepared],
    "STRtree": [tree, plain_tree, empty_tree],
}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name])


def everything(geometry):
    return (
        type(geometry),
        shapely.to_wkt(geometry, rounding_precision=-1),
        shapely.get_srid(geometry),
        shapely.get_precision(geometry),
        bool(shapely.is_prepared(geometry)),
    )


GEOMETRIES = [
    each
    for makers in TYPES.values()
    for each in makers
    if each not in (prepared, tree, plain_tree, empty_tree)
]


@pytest.mark.parametrize("make", GEOMETRIES)
def test_nothing_of_a_geometry_is_lost(make):
    assert everything(travelled(make())) == everything(make())


@pytest.mark.parametrize(
    "wkt", ["POINT M (1 2 3)", "POINT ZM (1 2 3 4)", "LINEARRING M (0 0 1, 1 0 2, 1 1 3, 0 0 1)"]
)
def test_measures_are_kept(wkt):
    if shapely.geos_version < (3, 12):
        pytest.skip("this GEOS knows no measures")
    assert travelled(shapely.from_wkt(wkt)).wkt == shapely.from_wkt(wkt).wkt


@pytest.mark.parametrize("capacity", [2, 3, 10, 64])
def test_a_tree_gives_its_results_in_the_same_order(capacity):
    first = shapely.STRtree(scattered(), capacity)
    arrived = travelled(first)
    for area in (shapely.box(0, 0, 30, 30), shapely.box(3, 3, 20, 9)):
        assert arrived.query(area).tolist() == first.query(area).tolist()


def test_a_tree_of_very_large_nodes_is_refused():
    many = [shapely.Point(index * 7 % 331, index * 11 % 217) for index in range(900)]
    with pytest.raises(adapters.SerializeError, match="node capacity"):
        adapters.dumps(shapely.STRtree(many, 400))


def test_one_geometry_of_a_tree_and_of_its_owner_is_one():
    first = shapely.STRtree(scattered())
    tree, geometry = travelled([first, first.geometries[3]])
    assert tree.geometries[3] is geometry
