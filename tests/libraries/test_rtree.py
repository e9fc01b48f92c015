import pytest
from kit import check_examples, travelled

import adapters

index = pytest.importorskip("rtree.index")


def filled(*args, **settings):
    tree = index.Index(*args, **settings)
    for number in range(20):
        obj = {"a": number} if number % 2 else None
        tree.insert(number % 9, (number, number, number + 1, number + 0.5), obj)
    return tree


def tree():
    return filled()


def three_dimensions():
    properties = index.Property(dimension=3, leaf_capacity=20, fill_factor=0.5, variant=1)
    tree = index.Index(properties=properties, interleaved=False)
    tree.insert(-3, (0, 1, 2, 3, 4, 5), obj="x")
    tree.result_limit, tree.result_offset = 7, 1
    return tree


def empty():
    return index.Index()


def container():
    box = index.RtreeContainer()
    box.insert("a", (0, 0, 1, 1))
    box.insert(("b", 2), (3, 3, 4, 5))
    return box


def empty_container():
    return index.RtreeContainer(interleaved=False)


def properties():
    return index.Property(
        dimension=4, leaf_capacity=9, index_capacity=20, tight_mbr=False, index_id=7
    )


def plain_properties():
    return index.Property()


TYPES = {
    "Index": [tree, three_dimensions, empty],
    "RtreeContainer": [container, empty_container],
    "Property": [properties, plain_properties],
}
# Pointers of ctypes; what they point to has `properties`. The objects of a container are found by
# their addresses. The shape of a tree is not kept.
OPTIONS = {name: {"ignore": ["handle", "_objects", "leaves"]} for name in TYPES}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS[name])


def entries(tree):
    found = tree.intersection(tree.bounds, objects=True)
    return sorted((item.id, item.bbox, str(item.object)) for item in found)


def test_all_entries_arrive():
    first = tree()
    arrived = travelled(first)
    assert entries(arrived) == entries(first)
    assert len(entries(arrived)) == 20
    assert sorted(arrived.intersection((3, 3, 5, 5))) == sorted(first.intersection((3, 3, 5, 5)))


def test_limits_of_results_and_the_order_of_coordinates_stay():
    first = three_dimensions()
    arrived = travelled(first)
    for each in (first, arrived):
        assert (each.result_limit, each.result_offset, each.interleaved) == (7, 1, False)
        each.result_offset = 0
        assert list(each.intersection((0, 1, 2, 3, 4, 5))) == [-3]
        assert each.bounds == [0, 1, 2, 3, 4, 5]


def test_a_container_finds_its_objects():
    thing = ["c"]
    first = container()
    first.insert(thing, (9, 9, 9, 9))
    first.insert(thing, (8, 8, 8, 8))
    arrived, other = travelled([first, thing])
    assert list(arrived) == ["a", ("b", 2), ["c"]]
    assert other in arrived
    assert len(arrived) == 4
    assert list(arrived.intersection((8, 8, 8, 8))) == [["c"]]


def test_an_index_and_its_properties_stay_together():
    first = tree()
    arrived, its = travelled([first, first.properties])
    assert arrived.properties is its


def test_the_names_of_files_are_kept():
    first = index.Property(filename="x", dat_extension="d", storage=index.RT_Disk, overwrite=False)
    assert travelled(first).as_dict() == first.as_dict()


def test_an_index_in_a_file_is_refused(tmp_path):
    first = filled(str(tmp_path / "a"))
    with pytest.raises(adapters.SerializeError, match="overwrite each other's pages"):
        adapters.dumps(first)
    first.close()
