"""Two objects of each class, neither as a new one is, and what can be read of an object."""

import camera
import jiter
import motor
import table


def left():
    made = camera.Camera("left", 640, 480, [1.0, 0.5, 0.25], b"\0key\xff")
    made.exposure = 0.004
    return made


def right():
    made = camera.Camera("rechts é", 1920, 1080, [], b"")
    made.exposure = 2.5
    return made


def volts():
    made = table.Table("supply", [4.9, 5.1, -0.25], b"\x80\0", step=0.5)
    made.unit = "mV"
    return made


def amperes():
    made = table.Table("", [1e300], b"k", step=3.0)
    made.unit = "A"
    return made


def short_ruler():
    made = table.Ruler("short", [0.5, 1.0], b"\xfe7")
    made.zero = -0.125
    return made


def long_ruler():
    made = table.Ruler("long", [1.0, 10.0, 100.0], b"12")
    made.zero = 7.0
    return made


def spindle():
    made = motor.Motor("spindle", 4, [1.5, 2.25], b"\0\xffA")
    made.setLimit(9000.0)
    return made


def fan():
    made = motor.Motor("fan", 2, [], b"7")
    made.setLimit(0.5)
    return made


def fraction():
    return jiter.LosslessFloat(b"1.5000000000000000000001")


def power():
    return jiter.LosslessFloat(b"-2.50e-7")


def mains():
    made = camera.Meter("mains", 230.0, 1.5)
    made.set_trim(1.25)
    return made


def battery():
    made = camera.Meter("battery", 12.0, offset=-0.5)
    made.set_trim(0.75)
    return made


EXAMPLES = {
    "Camera": (left, right),
    "Table": (volts, amperes),
    "Ruler": (short_ruler, long_ruler),
    "Motor": (spindle, fan),
    "LosslessFloat": (fraction, power),
    "Meter": (mains, battery),
}
READ = {
    "Camera": lambda it: (it.name, it.width, it.height, it.gains, it.key, it.exposure),
    "Table": lambda it: (it.name, it.values, it.key, it.step, it.unit, it.sum()),
    "Ruler": lambda it: (it.name, it.ticks, it.serial, it.zero),
    "Motor": lambda it: (
        *(it.getName(), it.getPoles(), it.getCoils()),
        *(it.getSerial(), it.getLimit()),
    ),
    "LosslessFloat": lambda it: (str(it), bytes(it), float(it)),
}


def read(name, obj):
    """What can be read of an object, as text."""
    return repr((type(obj).__name__, *READ[name](obj)))
