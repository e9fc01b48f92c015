import pytest
from kit import check_examples

manifold3d = pytest.importorskip("manifold3d")
np = pytest.importorskip("numpy")

import adapters  # noqa: E402
from adapters.libraries import manifold3d as _  # noqa: E402, F401


def cube():
    return manifold3d.Manifold.cube((1, 2, 3))


def moved():
    return cube().translate((0.1, 0.2, 0.3)).set_tolerance(0.01)


def joined():
    coloured = cube().set_properties(1, lambda position, old: [position[0]])
    return coloured.translate((0.5, 0.5, 0.5)) + cube()


def empty():
    return manifold3d.Manifold()


def square():
    return manifold3d.CrossSection.square((2, 3))


def ring():
    hole = manifold3d.CrossSection.circle(0.1, 7).translate((0.3, 0.3))
    return square().rotate(33) - hole


def mesh():
    return cube().to_mesh()


def joined_mesh():
    return joined().to_mesh()


def fine_mesh():
    return joined().to_mesh64()


TYPES = {
    "Manifold": [cube, moved, joined, empty],
    "CrossSection": [square, ring, manifold3d.CrossSection],
    "Mesh": [mesh, joined_mesh],
    "Mesh64": [fine_mesh],
}
OPTIONS = {
    # Numbers of originals, which a process gives; vertices that differ in no property are apart.
    "Manifold": {"ignore": ["original_id", "num_prop_vert"]},
    # Which corner is the first changes.
    "CrossSection": {"ignore": ["to_polygons", "decompose"]},
}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {}))


@pytest.mark.parametrize("make", TYPES["Manifold"])
def test_a_solid_arrives_exactly(make):
    solid = make()
    twin = adapters.loads(adapters.dumps(solid))
    assert twin.get_tolerance() == solid.get_tolerance()
    assert (twin.volume(), twin.surface_area()) == (solid.volume(), solid.surface_area())
    one, other = solid.to_mesh64(), twin.to_mesh64()
    for name in ("vert_properties", "tri_verts", "run_index", "run_original_id", "face_id"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


def test_a_solid_with_an_error_is_refused():
    with pytest.raises(adapters.SerializeError, match="NonFiniteVertex"):
        adapters.dumps(cube().translate((float("inf"), 0, 0)))
