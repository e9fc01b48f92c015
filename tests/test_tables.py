"""Tables are those of this interpreter: as large, and with the same keys at the same places."""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import Any

import pytest

from adapters._payload import tables
from adapters._payload.tables import DictTable, SetTable, memory_to_grow

COUNT = 3000
HASHES: dict[str, Any] = {
    "one after the other": lambda number: number,
    "multiples of 4096": lambda number: number << 12,
    "multiples of a large power": lambda number: number << 40,
    "negative ones": lambda number: -2 - number * 7,
    "many of each": lambda number: number % 50 << 20,
    "random ones": lambda number: hash(str(number)),
}


class Key:
    """A key with a hash of its own, equal to nothing."""

    def __init__(self, own: int) -> None:
        self.own = own

    def __hash__(self) -> int:
        return self.own


@pytest.mark.parametrize("name", HASHES)
def test_the_items_of_a_set_are_at_the_places_where_it_has_them(name: str) -> None:
    keys = [Key(HASHES[name](number)) for number in range(COUNT)]
    table = SetTable(lambda steps: None)
    found = set()
    for number, key in enumerate(keys):
        table.add(hash(key))
        found.add(key)
        if number < 20 or number == COUNT - 1:
            places = [own for own, taken in zip(table._hashes, table._taken, strict=True) if taken]
            assert places == [hash(key) for key in found]


def growth(container: Any, add: Any) -> list[tuple[int, int]]:
    """The numbers of keys at which a container becomes larger, and by how much."""
    sizes = [sys.getsizeof(container)]
    for number in range(100_000):
        add(container, number)
        sizes.append(sys.getsizeof(container))
    steps = [(n, after - sizes[0]) for n, (before, after) in enumerate(pairwise(sizes), 1)
             if before != after]  # fmt: skip
    return [step for step in steps if step[1] > 0]


def test_memory_is_counted_where_a_set_or_a_dict_grows() -> None:
    for count, size in growth(set(), set.add):
        assert memory_to_grow(SetTable, count - 1, count) == size
    for count, size in growth({}, lambda made, key: made.__setitem__(key, None)):
        assert size <= memory_to_grow(DictTable, count - 1, count) <= size + 100


def test_memory_of_all_tables_on_the_way_is_counted() -> None:
    one_by_one = sum(memory_to_grow(DictTable, count, count + 1) for count in range(1000))
    assert memory_to_grow(DictTable, 0, 1000) == one_by_one
    assert memory_to_grow(SetTable, 0, 4) == memory_to_grow(SetTable, 5, 18) == 0


@pytest.mark.parametrize("kind", [DictTable, SetTable])
@pytest.mark.parametrize("name", HASHES)
def test_jumps_that_are_not_made_again_are_counted_again(
    kind: type[DictTable], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def looks() -> tuple[int, list[int]]:
        steps: list[int] = []
        table = kind(steps.append)
        return sum(steps), [(table.add(HASHES[name](number)), table.looks)[1]
                            for number in range(COUNT)]  # fmt: skip

    quick = looks()
    monkeypatch.setattr(tables, "_CHAINS", 0)
    assert looks() == quick


def test_keys_of_one_hash_look_at_each_other() -> None:
    looked: list[int] = []
    table = DictTable(looked.append)
    for _ in range(100):
        table.add(5)
    assert table.looks == 99
    assert sum(looked) >= 16 * 99 * 50
    table.add(6)
    assert table.looks < 20
