"""Names: what those of attributes and methods say, of what they do when they are read."""

from __future__ import annotations

import re


def words_of(text: str) -> frozenset[str]:
    """The words of a text, which spaces divide."""
    return frozenset(text.split())


# Words with which the name of a getter begins, and names that say the same in one word.
_ASKS = frozenset(("get", "is", "has", "num", "n", "can", "should", "supports"))
_TELLS = words_of(
    """
    area as_dict as_tuple bounds capacity centroid cert_store_stats coefficients coeffs columns
    constant context count degree description digest dim dimension dims dtype encoding expression
    globals height hexdigest items keys kind labels length metadata name names ncols ndim nnz nrows
    numpy op options parameters precision qsize schema settings shape size strength tell terms title
    to_bytes to_dict to_list to_numpy tobytes tolist type units values weights width
    """
)
# Of these the ones that make much of a large object.
CONVERTS = words_of(
    "as_dict as_tuple items numpy to_bytes to_dict to_list to_numpy tobytes tolist values"
)
# Nouns in front of such a word: "element_type", "vertex_count".
_NOUNS = words_of(
    """
    arc block byte class col column data device dimension edge element feature item key max min
    model node object row sample total value vertex vocab word
    """
)
_NUMBERS = words_of("count dim dtype length name names shape size type")
# Words that act, wait, draw or use up; behind "is" and "has" they are adjectives.
_ACTS = words_of(
    """
    accept acquire advance advise again apply async await batch begin bind browser build cancel ch
    char chr clear clone close commit compile compute connect consume copy create delete deliver
    detach disown download draw dump emit event exec execute exit export fetch finalize finish fit
    fork free generate import init input insert invoke iter iterator join kill launch line listen
    load lock log login loop make message modify move new next nowait open own paste pause peer
    play poll pop post press print prompt publish push put random read readline receive recv
    refresh register release remove render request reset resize resolve response restart result
    results resume retry rollback run save search seek send set shell show shuffle shutdown signal
    sleep solve spawn start step stop submit sync take token touch train transaction trigger
    truncate try unlock unset update upload use visualize wait wake walk write yield
    """
)
# The same, where a property has such a name: "start" and "stop" are mostly numbers. More words make
# a noun of it ("connect_timeout", "next_id", "show_progress"), or an adjective ("read_only").
_USES_UP = words_of(
    """
    await close connect consume disown download fetch fit next open poll pop read receive recv run
    show take wait
    """
)
# But for what is taken out by the first of these words: "read_all", "next_row", "fetchone".
_TAKES_OUT = words_of("await consume download fetch next poll pop read receive recv take")
_TAKEN = words_of(
    """
    all batch batches chunk chunks event frame item items line lines many message messages next now
    one packet packets record records row rows token
    """
)
# Words in the one-word names of older libraries ("getparent"), behind "get".
_OLD = re.compile(r"get([a-z0-9]+)")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# These differ by nature: they tell of this process, of how memory is laid out, or who frees it.
_OF_THIS_PROCESS = words_of(
    """
    estimated_size get_chunks get_total_buffer_size ident memory_usage n_chunks native_id nbytes
    num_chunks total_changes
    """
)
# The same, at the end of a name.
_OF_THE_SYSTEM = frozenset(("fd", "fileno", "handle", "pid", "tid"))
_OWNS = frozenset(("own", "owns", "thisown"))
# Attributes that only keep others alive, as bindings to C need them.
KEEP_ALIVE = frozenset(("keep_alive", "keepalive", "referenced_objects"))


def is_asking(name: str) -> bool:
    """Whether a method's name says that it tells something and changes nothing."""
    return is_noun(name) or _is_question(name)


def is_noun(name: str) -> bool:
    """Whether a method's name is what it tells, as "size": a method that sets it may share it."""
    first, *others = words(name) or [""]
    counts = first in _NOUNS and len(others) == 1 and others[0] in _NUMBERS
    return name in _TELLS or counts


def _is_question(name: str) -> bool:
    first, *others = words(name) or [""]
    if first in ("is", "has", "can", "should", "supports"):
        return bool(others)
    if first in _ASKS:
        return bool(others) and not _acts(others)
    old = _OLD.fullmatch(name)
    return old is not None and old[1] not in _ACTS


def setter_for(name: str) -> str:
    """The name of the method that sets what a getter tells, "" where the name begins otherwise."""
    getter = re.fullmatch(r"([gG])(et_?[a-zA-Z0-9]\w*)", name)
    return chr(ord(getter[1]) + ord("s") - ord("g")) + getter[2] if getter else ""


def uses_up(name: str) -> bool:
    """Whether the name of a property says that to read it acts, or takes something out."""
    whole = "".join(words(name))
    if whole in _USES_UP:
        return True
    return any(whole.removeprefix(verb) in _TAKEN for verb in _TAKES_OUT if whole.startswith(verb))


def differs_by_nature(name: str) -> bool:
    """Whether what has this name tells of this process, of its memory, or who owns that."""
    first, *_, last = words(name) * 2 or ["", ""]
    last = last.removeprefix("get")  # "getpid"
    return name in _OF_THIS_PROCESS | KEEP_ALIVE or first in _OWNS or last in _OF_THE_SYSTEM


def words(name: str) -> list[str]:
    """The words of a name, in lower case: of "toWKB", "to_wkb" and "ToWkb" the same."""
    return [word.lower() for word in _WORDS.findall(name)]


def _acts(found: list[str]) -> bool:
    return not _ACTS.isdisjoint(found)
