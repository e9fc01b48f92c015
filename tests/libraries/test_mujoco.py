import pytest
from kit import check_examples

mujoco = pytest.importorskip("mujoco")

import adapters  # noqa: E402
from adapters.libraries import mujoco as _  # noqa: E402, F401

XML = "<mujoco><worldbody><body name='b'><geom size='1'/></body></worldbody></mujoco>"


def spec():
    made = mujoco.MjSpec.from_string(XML)
    made.option.timestep = 0.125
    return made


def changed(kind, **values):
    made = getattr(mujoco, kind)()
    for name, value in values.items():
        if hasattr(value, "__len__"):
            getattr(made, name)[: len(value)] = value
        else:
            setattr(made, name, value)
    return made


def option():
    return changed("MjOption", timestep=0.125, gravity=[1, 2, 3], iterations=7)


def statistic():
    return changed("MjStatistic", extent=2.5, center=[1, 2, 3])


def seen():
    return changed("MjvOption", frame=1, flags=[1, 0, 1], label=2)


def camera():
    return changed("MjvCamera", azimuth=30.5, lookat=[1, 2, 3])


def perturb():
    return changed("MjvPerturb", select=2, refpos=[1, 2, 3])


def gl_camera():
    return changed("MjvGLCamera", frustum_far=9.5, pos=[1, 2, 3])


def light():
    return changed("MjvLight", cutoff=9.5, pos=[1, 2, 3])


def length_range():
    return changed("MjLROpt", maxforce=9.5)


TYPES = {
    "MjSpec": [spec],
    "MjOption": [option],
    "MjStatistic": [statistic],
    "MjvOption": [seen],
    "MjvCamera": [camera],
    "MjvPerturb": [perturb],
    "MjvGLCamera": [gl_camera],
    "MjvLight": [light],
    "MjLROpt": [length_range],
}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


def test_a_specification_compiles():
    twin = adapters.loads(adapters.dumps(spec()))
    assert twin.to_xml() == spec().to_xml()
    assert twin.compile().opt.timestep == 0.125
