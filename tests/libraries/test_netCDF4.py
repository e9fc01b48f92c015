import pytest
from files import made
from kit import check_examples, travelled

import adapters

netCDF4 = pytest.importorskip("netCDF4")  # noqa: N816


def write(path):
    with netCDF4.Dataset(path, "w") as new:
        new.createDimension("x", 5)
        group = new.createGroup("g").createGroup("h")
        for each in (new, group):
            variable = each.createVariable("v", "f8", ("x",))
            variable[:] = range(5)
            variable.units = "m"


def write_classic(path):
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as new:
        new.createDimension("x", None)
        for name in ("v", "w"):
            new.createVariable(name, "i4", ("x",))[:] = range(3)


def dataset():
    return netCDF4.Dataset(made("a.nc", write))


def with_settings():
    new = dataset()
    new.set_auto_scale(False)
    new["g/h/v"].set_auto_mask(False)
    new["g/h/v"].set_always_mask(False)
    return new


def classic():
    return netCDF4.Dataset(made("classic-1.nc", write_classic))


def many():
    paths = [made(f"classic-{number}.nc", write_classic) for number in (1, 2)]
    return netCDF4.MFDataset(paths, exclude=["w"], master_file=paths[1])


def group():
    return dataset()["g"]


def inner_group():
    return with_settings()["g/h"]


def variable():
    return dataset()["v"]


def inner_variable():
    return with_settings()["g/h/v"]


def dimension():
    return dataset().dimensions["x"]


def unlimited():
    return classic().dimensions["x"]


TYPES = {
    "Dataset": [dataset, with_settings, classic],
    "MFDataset": [many],
    "Group": [group, inner_group],
    "Variable": [variable, inner_variable],
    "Dimension": [dimension, unlimited],
}
OPTIONS = {
    # The numbers that the library gives to what is open.
    "ignore": ["_grpid", "_varid", "_dimid"],
    # Threads need a lock around each use, which the kit does not take.
    "skip": {"threads_at_once": "the library crashes when two threads use it"},
}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers, **OPTIONS)


def test_parts_of_one_dataset_arrive_in_one_dataset():
    first = dataset()
    sent = [first["g/h/v"], first["g"], first, first.dimensions["x"], first["v"]]
    inner, group, again, dimension, outer = travelled(sent)
    assert outer.group() is again
    assert dimension.group() is again
    assert group.parent is again
    assert inner.group() is group.groups["h"]


def test_a_dataset_arrives_with_the_settings_of_its_variables():
    arrived = travelled(with_settings())
    assert not arrived["v"].scale
    assert arrived["v"].mask
    assert not arrived["g/h/v"].mask


def test_many_files_arrive_as_one():
    first = many()
    arrived = travelled(first)
    assert arrived.variables["v"][:].tolist() == first.variables["v"][:].tolist()
    assert list(arrived._cdfRecVar) == ["v"]


def for_writing(path):
    return netCDF4.Dataset(path, "r+")


def in_memory(path):
    return netCDF4.Dataset("memory.nc", memory=path.read_bytes())


def closed(path):
    new = netCDF4.Dataset(path)
    new.close()
    return new


@pytest.mark.parametrize(
    ("make", "words"),
    [(for_writing, "mode 'r'"), (in_memory, "no regular file"), (closed, "closed")],
)
def test_what_cannot_be_opened_again_is_refused(make, words, tmp_path):
    write(tmp_path / "a.nc")
    obj = make(tmp_path / "a.nc")
    with pytest.raises(adapters.SerializeError, match=words):
        adapters.dumps(obj)
