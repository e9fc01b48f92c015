import pickle

import pytest
from kit import check_examples, travelled

import adapters

pyproj = pytest.importorskip("pyproj")
crs = pytest.importorskip("pyproj.crs")
operations = pytest.importorskip("pyproj.crs.coordinate_operation")
datums = pytest.importorskip("pyproj.crs.datum")
systems = pytest.importorskip("pyproj.crs.coordinate_system")


def ensemble():
    return pyproj.CRS(4326).datum


def vertical():
    return pyproj.CRS(5773).datum


def datum():
    return datums.CustomDatum(
        "d", datums.CustomEllipsoid("e", 6378137.123456789, 298.123456789012), "Lisbon"
    )


def ellipsoid():
    return pyproj.CRS(4326).ellipsoid


def sphere():
    return datums.CustomEllipsoid("s", radius=6371000.123456789)


def two_axes():
    return datums.CustomEllipsoid("t", 6378137.123456789, semi_minor_axis=6356752.987654321)


def greenwich():
    return pyproj.CRS(4326).prime_meridian


def meridian():
    return datums.CustomPrimeMeridian(3.123456789012345, "m")


def cartesian():
    return pyproj.CRS(3857).coordinate_system


def of_three_axes():
    return systems.Ellipsoidal3DCS()


def conversion():
    return operations.TransverseMercatorConversion(1.1234567890123456, 2, 3, 4, 0.999612345678912)


def projection():
    return pyproj.CRS(3857).coordinate_operation


def transformation():
    return operations.ToWGS84Transformation(pyproj.CRS(4267), 1.1234567890123456, 2, 3, 4, 5, 6, 7)


TYPES = {
    "Datum": [ensemble, vertical, datum],
    "Ellipsoid": [ellipsoid, sphere, two_axes],
    "PrimeMeridian": [greenwich, meridian],
    "CoordinateSystem": [cartesian, of_three_axes],
    "CoordinateOperation": [conversion, projection, transformation],
}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name])


@pytest.mark.parametrize("make", [make for makers in TYPES.values() for make in makers])
def test_no_digit_is_lost(make):
    first, arrived = make(), travelled(make())
    assert arrived == first
    names = ("longitude", "semi_major_metre", "semi_minor_metre", "inverse_flattening", "accuracy")
    for name in names:
        assert getattr(arrived, name, None) == getattr(first, name, None)
    values = [[each.value for each in getattr(part, "params", [])] for part in (first, arrived)]
    assert values[0] == values[1]


@pytest.mark.parametrize(
    "make",
    [
        lambda: pyproj.CRS("+proj=utm +zone=32"),
        lambda: pyproj.Transformer.from_crs(4326, 3857, always_xy=True),
        lambda: pyproj.Transformer.from_pipeline("+proj=utm +zone=32 +ellps=WGS84"),
        lambda: pyproj.Geod(ellps="bessel"),
        lambda: pyproj.Proj("EPSG:3857"),
    ],
)
def test_what_pickles_by_itself_is_left_alone(make):
    assert adapters.loads(adapters.dumps(make())) == pickle.loads(pickle.dumps(make())) == make()
