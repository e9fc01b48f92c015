"""Words in the names of methods, functions and parameters: what saves, what loads, what opens."""

from __future__ import annotations

import re

from adapters._comparison import names
from adapters._comparison.names import words_of

_FORMS = frozenset(("dump", "load", "read", "write", "encode", "decode"))
_JOINED = re.compile("(to|from)(bytes|str|string|dict|list|array|json|xml|text|buffer|file|hex)")


# Verbs that make data of an object, and those that make an object of data, in pairs.
_PAIRS = {
    "dump": words_of("load parse restore"),
    "save": words_of("load open read restore from"),
    "write": words_of("read load parse open from"),
    "store": words_of("load restore read"),
    "serialize": words_of("deserialize parse unserialize load from"),
    "serialise": words_of("deserialise"),
    "encode": words_of("decode"),
    "export": words_of("import load from parse"),
    "pack": words_of("unpack"),
    "unparse": words_of("parse"),
    "marshal": words_of("unmarshal"),
    "to": words_of("from parse load read open of decode frombuffer"),
    "as": words_of("from parse load"),
    "getstate": words_of("setstate"),
    "get": words_of("set from"),
    "state": words_of("load set restore"),
    "copy": words_of("from"),
    "print": words_of("parse"),
    "format": words_of("parse"),
    "private": words_of("from load"),
    "public": words_of("from load"),
    "raw": words_of("from"),
    "model": words_of("from load model"),
    "getvalue": frozenset(),
    "digest": frozenset(),
    "string": words_of("from parse"),
    "wkb": words_of("from load loads"),
    "wkt": words_of("from load loads"),
}
_LOADS = frozenset(word for words in _PAIRS.values() for word in words) | words_of(
    "create new build make compile unserialize deserialize parsestring"
)
_SAVES = frozenset(_PAIRS) - {"get", "model", "private", "public"}
_DATA = words_of(
    "bytes json string str dict binary buffer raw blob xml text state proto wkb wkt der pem"
)
_OPENS = words_of("open load read connect file dataset reader from parse database env")
_PATHS = words_of(
    "path file filename name fname database db uri url fn fp filepath pathname source src"
    " location dir directory folder"
)
# What a parameter says that is no state: how arguments are taken, or checked.
_MANNERS = words_of("copy deep validate check verify inplace in_place self cls class")
# Behind these, what a method adds or changes is part of an object.
_CHANGES = words_of("set add feed update append insert push put train fit enable disable register")
# Numbers that mean something in this process only.
_HANDLES = words_of("handle fd fileno pid tid ptr pointer address addr thisown this native")
_NOUNS = words_of("setup setting settings settle setter sets setdefault setstate")
_ACTS = words_of(
    "delete remove drop clear close kill destroy reset shutdown terminate send post publish commit"
    " rollback execute exec run start stop upload download print plot show draw render display"
)


def words(name: str) -> list[str]:
    """The words of a name; forms of a verb are the verb, and words written together are two."""
    found = names.words(name)
    if found and found[0][:-1] in _FORMS and found[0][-1] in "sb":
        found[0] = found[0][:-1]  # "dumps", "dumpb"
    if found and (joined := _JOINED.fullmatch(found[0])):
        found[:1] = joined[1], joined[2]  # "todict", "fromstring"
    return found


def plain(name: str) -> str:
    """A name without what differs by style: "get_maxSize" and "max_size" are the same."""
    found = words(name)
    if len(found) > 1 and found[0] == "get":
        found = found[1:]
    elif len(found) == 1 and found[0].startswith("get") and len(found[0]) > 4:
        found = [found[0][3:]]
    return "".join(found)


def saves(name: str) -> bool:
    """Whether the name of a method or function says that it makes data of an object."""
    found = words(name)
    if not found or not _ACTS.isdisjoint(found):
        return False
    return found[0] in _SAVES or found[-1] in _DATA or (len(found) > 1 and found[1] in ("to", "as"))


def loads(name: str) -> bool:
    """Whether the name of a method or function says that it makes an object of data."""
    found = words(name)
    if not found or not _ACTS.isdisjoint(found):
        return False
    return found[0] in _LOADS or "from" in found or found[0].startswith(("from", "parse", "load"))


def opens(name: str) -> bool:
    """Whether the name of a function says that it opens a file."""
    found = words(name)
    return bool(found) and _ACTS.isdisjoint(found) and not _OPENS.isdisjoint(found)


def creates(name: str, cls: type) -> bool:
    """Whether the name of a function says that it makes an object of a class."""
    found, kind = plain(name), plain(cls.__name__)
    first = words(name)[:1]
    return found == kind or (
        first in (["create"], ["new"], ["make"], ["build"], ["compile"])
        and (len(words(name)) == 1 or kind.endswith(found[len(first[0]) :]))
    )


def is_path(name: str) -> bool:
    """Whether a parameter or an attribute may be the path of a file."""
    found = words(name)
    return bool(found) and not _PATHS.isdisjoint((found[-1], "".join(found)))


def is_manner(name: str) -> bool:
    """Whether a parameter says how others are taken, and is no state."""
    return name.strip("_").lower() in _MANNERS


def is_handle(name: str) -> bool:
    """Whether a number of this name means something in this process only."""
    found = words(name)
    return bool(found) and found[-1] in _HANDLES


def is_verb(name: str) -> bool:
    """Whether the name of a method says that it acts: removes, runs, sends."""
    return not _ACTS.isdisjoint(words(name)) or changes(name) != ""


def changes(name: str) -> str:
    """What a method of this name adds or changes, "mode" for "set_mode"; "" for any other."""
    found = words(name)
    single = found[0] if len(found) == 1 else ""
    if single.startswith("set") and len(single) > 4 and single not in _NOUNS:
        found = ["set", found[0][3:]]
    if not found or found[0] not in _CHANGES:
        return ""
    return "".join(found[1:]) or found[0]


def affinity(saver: str, loader: str) -> int:
    """How well the names of what saves and what loads go together: from 0."""
    one, other = words(saver), words(loader)
    if not one or not other:
        return 0
    first = one[0] if one[0] in _PAIRS else next((word for word in one if word in _PAIRS), "")
    partners = _PAIRS.get(first, frozenset())
    paired = not partners.isdisjoint(other)
    stem = set(one) - {first, "get"}
    theirs = set(other) - partners - {"set"}
    same = bool(stem & theirs) or plain(saver) == plain(loader)
    clash = bool(stem) and bool(theirs & _DATA) and not same
    return max(0, 3 * paired + 3 * same - 2 * clash)
