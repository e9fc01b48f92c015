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

    A container that is met inside itself adds no levels there. Containers in cycles with each other
    have the same levels: as many as a search meets inside the first of them, besides what is inside
    without being in the cycles.
    """
    search = _Search()
    return any(search.deeper_than(limit, root) for root in roots)


class _Search:
    """A depth-first search that finds strongly connected components (Gabow, 2000).

    It leaves the levels of a container in `depth`, those of what is outside its component in
    `copied`. In `inside` it counts containers, from 2 on: negative where the search has left one
    whose component may still grow.
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
            item.inside, item.depth, item.copied = self._number, 1, 0
            self._growing.append(item)
            self._firsts.append(item)
            self._path.append((item, iter(item.items)))
            return True
        if self._path:
            self._add_levels(item)
            while item.inside != _DONE and self._firsts[-1].inside > abs(item.inside):
                self._firsts.pop()
        return False

    def _leave(self, container: Container) -> None:
        container.inside = -container.inside
        if self._firsts[-1] is container:
            self._firsts.pop()
            component = [self._growing.pop()]
            while component[-1] is not container:
                component.append(self._growing.pop())
            depth = container.depth + max(each.copied for each in component)
            for each in component:
                each.inside, each.depth = _DONE, depth
        if self._path:
            self._add_levels(container)

    def _add_levels(self, item: Container) -> None:
        """Add those of an item that the search has left to those of the container it is in."""
        outer = self._path[-1][0]
        if item.inside == _DONE:
            outer.copied = max(outer.copied, item.depth)
        elif item.inside < 0:
            outer.depth = max(outer.depth, item.depth + 1)
