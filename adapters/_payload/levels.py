"""How deep containers and objects are inside each other, at the end of a payload.

Depths are counted as values are made. They grow later on where something is put into a container
that is inside another one already; then the graph of all values has to be searched once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters._payload.symbols import CONTAINERS, Container

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DONE = -1  # in `inside`, in place of a number


def deeper_than(limit: int, roots: Iterable[Any]) -> bool:
    """Whether the values that can be reached from the roots are nested to more than `limit` levels.

    A container that is met inside itself adds no levels there. Containers in one cycle have as many
    levels as the one of them that is met first.
    """
    search = _Search()
    return any(search.deeper_than(limit, root) for root in roots)


class _Search:
    """A depth-first search that finds strongly connected components (Gabow, 2000).

    It leaves the levels of a container in `depth`. In `inside` it counts containers, from 2 on:
    negative where the search has left one whose component may still grow.
    """

    def __init__(self) -> None:
        self._number = 1
        self._path: list[tuple[Container, Iterator[Any]]] = []
        self._growing: list[Container] = []  # met, in components that may still grow
        self._firsts: list[Container] = []  # the first of each component, as far as is known

    def deeper_than(self, limit: int, root: Any) -> bool:
        path = self._path
        self._meet(root)
        while path:
            outer, items = path[-1]
            met = any(map(self._meet, items))  # the search goes on in the first new one
            if not met:
                path.pop()
                self._leave(outer)
            if outer.depth > limit or len(path) > limit:
                return True
        return False

    def _meet(self, item: Any) -> bool:
        """Count the levels of an item of the container that is searched; whether it is new."""
        if type(item) not in CONTAINERS:
            return False
        if 0 <= item.inside < 2:
            self._number += 1
            item.inside, item.depth = self._number, 1
            self._growing.append(item)
            self._firsts.append(item)
            self._path.append((item, iter(item.items)))
            return True
        if self._path:
            if item.inside < 0:
                self._add_levels(item)
            while item.inside != _DONE and self._firsts[-1].inside > abs(item.inside):
                self._firsts.pop()
        return False

    def _leave(self, container: Container) -> None:
        number = container.inside
        container.inside = -number
        if self._firsts[-1] is container:
            self._firsts.pop()
            while True:
                each = self._growing.pop()
                each.inside, each.depth = _DONE, container.depth
                if each is container:
                    break
        if self._path:
            self._add_levels(container)

    def _add_levels(self, item: Container) -> None:
        outer = self._path[-1][0]
        outer.depth = max(outer.depth, item.depth + 1)
