"""Looks: what examples look like from outside, and how what was rebuilt differs from that."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import islice
from typing import Any, NamedTuple

from adapters._comparison.differences import differences, unstable
from adapters._comparison.portrait import Portrait, portrait
from adapters._comparison.seen import Seen

_TWIN = "twin"  # how messages call what was rebuilt
_MOST = 1000  # differences
_SHOWN = 4  # differences in a message, names in a report


class Look(NamedTuple):
    """What an example looks like.

    Args:
        portrait: What was seen of it.
        by_nature: The places in which two readings of it, or two such examples, differ.
    """

    portrait: Portrait
    by_nature: frozenset[str]


def look_at(example: Any, again: Any, skip: Mapping[str, str], ignore: Collection[str]) -> Look:
    """The look of an example; `again` is itself, or another one made in the same way."""
    first = portrait(example, skip, ignore, root_state=False)
    second = portrait(again, {**skip, **first.slow}, ignore, root_state=False)
    return Look(first, unstable(first.root, second.root, _TWIN))


def unlike(
    look: Look, obj: Any, skip: Mapping[str, str], ignore: Collection[str], full: bool
) -> str:
    """How an object differs from an example, in words; "" if it does not.

    `full`: whether what takes long to read is compared, too.
    """
    skip = skip if full else {**skip, **look.portrait.slow}
    mine, theirs = look.portrait.root, portrait(obj, skip, ignore, root_state=False).root
    if type(mine) is type(theirs) is Seen and _last(mine.kind) == _last(theirs.kind):
        theirs.kind = mine.kind  # a class in a function may be another one in each process
    found = differences(mine, theirs, _TWIN, known=look.by_nature)
    texts = [str(each) for each in islice(found, _MOST)]
    return _some(texts, "; ")


def in_words(looks: list[Look]) -> str:
    """What was compared of the examples, and what could not be."""
    count = sum(look.portrait.readings for look in looks)
    unread = {name: why for look in looks for name, why in look.portrait.unread.items()}
    by_nature = sorted({place for look in looks for place in look.by_nature})
    if not count:
        return "nothing of the examples can be read from outside; equal= would compare more"
    texts = [f"{count:,} attribute{'' if count == 1 else 's'} and contents"]
    if unread:
        texts.append(f"{len(unread)} cannot be read ({_some(list(unread), ', ')})")
    slow = {name for look in looks for name in look.portrait.slow}
    if slow:
        texts.append(
            f"{len(slow)} compared once, as reading takes long ({_some(sorted(slow), ', ')})"
        )
    if by_nature:
        texts.append(f"{len(by_nature)} differ by nature ({_some(by_nature, ', ')})")
    return "; ".join(texts)


def _last(kind: str) -> str:
    return kind.rpartition(".")[2]


def _some(texts: list[str], between: str) -> str:
    left = len(texts) - _SHOWN
    return between.join(texts[:_SHOWN]) + (f"{between}and {left} more" if left > 0 else "")
