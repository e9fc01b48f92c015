"""The tests of this project run wherever the distribution pickling-adapters is installed, too."""

from adapters.database import ORDERS
from demos.run import main
from native.speed import FACTOR


def test_the_adapters() -> None:
    assert ORDERS


def test_the_demo() -> None:
    assert main() == "sold: a lamp"


def test_the_speed() -> None:
    assert FACTOR == 3
