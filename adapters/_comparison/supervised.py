"""Reading in a child process: what crashes or hangs there is left out, and the rest is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters._child import ChildDiedError, ChildRaisedError
from adapters._comparison.reading import READING

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters._child import Child

SILENCE = 10.0  # seconds that one getter may take
_DEATHS = 12  # children that getters may end
_HANGS = 2  # of them by silence: a child that was forked may wait for a lock for ever


class NotComparedError(Exception):
    """Objects could not be read; the message says why."""


def read(start: Callable[[], Child], function: Callable[..., Any], *args: Any) -> Any:
    """What `function(skip, *args)` returns in a child, which reads objects.

    Where a getter ends the child, a new one calls it again, with that getter in `skip`.

    Args:
        start: Starts a child, whose time-out should be `SILENCE`.
        function: Is called with {"module.Type.name": why it is not to be read}, and `args`.
        args: They are pickled.

    Raises:
        NotComparedError: children ended too often, or not while they read.
    """
    skip: dict[str, str] = {}
    hangs = 0
    while True:
        try:
            with start() as child:
                return child.call(function, skip, *args)
        except ChildRaisedError as error:
            raise NotComparedError(str(error)) from error
        except ChildDiedError as death:
            name = death.doing.removeprefix(READING)
            hangs += death.hung
            if name == death.doing or name in skip or hangs > _HANGS or len(skip) >= _DEATHS:
                raise NotComparedError(str(death)) from death
            skip[name] = f"a process that read it {death.how}"
