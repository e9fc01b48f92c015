"""Getters: which attributes and methods of a type may be read, by their names and signatures.

Nothing is read here. A property is read; a method is called if its name says that it only tells
something, it takes no argument, and it returns something. Names that act are never read.
"""

from __future__ import annotations

import inspect
import re
from types import (
    ClassMethodDescriptorType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
)
from typing import TYPE_CHECKING, Any, NamedTuple

from adapters._expressions import is_of_stdlib
from adapters.errors import failures, suppress_failures

if TYPE_CHECKING:
    from collections.abc import Iterator


def _words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words with which the name of a getter begins, and names that say the same in one word.
_ASKS = frozenset(("get", "is", "has", "num", "n", "can", "should", "supports"))
_TELLS = _words_of(
    """
    area as_dict as_tuple bounds capacity centroid coefficients coeffs columns constant context
    count degree description digest dim dimension dims dtype encoding expression globals height
    hexdigest items keys kind labels length metadata name names ncols ndim nnz nrows numpy op
    options parameters precision schema settings shape size strength tell terms title to_bytes
    to_dict to_list to_numpy tobytes tolist type units values weights width
    """
)
# Of these the ones that make much of a large object.
CONVERTS = _words_of(
    "as_dict as_tuple items numpy to_bytes to_dict to_list to_numpy tobytes tolist values"
)
# Nouns in front of such a word: "element_type", "vertex_count".
_NOUNS = _words_of(
    """
    arc block byte class col column data device dimension edge element feature item key max min
    model node object row sample total value vertex vocab word
    """
)
_NUMBERS = _words_of("count dim dtype length name names shape size type")
# Words that act, wait, draw or use up; behind "is" and "has" they are adjectives.
_ACTS = _words_of(
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
# The same, where a property has such a name: "start" and "stop" are mostly numbers.
_USES_UP = _words_of(
    """
    await close connect consume disown download fetch fit next open poll pop read receive recv run
    show take wait
    """
)
# Words in the one-word names of older libraries ("getparent"), behind "get".
_OLD = re.compile(r"get([a-z0-9]+)")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# These differ by nature: they tell of this process, of how memory is laid out, or who frees it.
_OF_THIS_PROCESS = _words_of(
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


class Getter(NamedTuple):
    """One thing to read: its name, and whether it is a method, to be called."""

    name: str
    called: bool


def getters_of(cls: type, *, of_stdlib: bool = False) -> Iterator[Getter]:
    """The public properties and getters of a type, those of the standard library if asked for."""
    seen: set[str] = set()
    for base in type.__getattribute__(cls, "__mro__"):
        skipped = is_of_stdlib(base) and not of_stdlib
        if base is object or skipped or base.__module__ == "numpy":
            continue  # those of numpy are arrays and what describes them: they are seen whole
        for name, attribute in list(vars(base).items()):
            if type(name) is not str or name in seen or name.startswith("_"):
                continue
            seen.add(name)
            if _differs_by_nature(name):
                continue
            if is_read(attribute):
                if _USES_UP.isdisjoint(_words(name)[:1]):
                    yield Getter(name, called=False)
            elif is_asking(name) and takes_nothing(name, attribute):
                yield Getter(name, called=True)


def pointers_of(cls: type) -> Iterator[str]:
    """The private members of the C struct of a type, of which some may be pointers."""
    for base in type.__getattribute__(cls, "__mro__"):
        if "__slots__" in vars(base) or is_of_stdlib(base):
            continue  # slots of Python classes are attributes
        for name, attribute in list(vars(base).items()):
            if type(attribute) is MemberDescriptorType and name.startswith("_"):
                yield name


def is_read(attribute: object) -> bool:
    """Whether an attribute of a type is a property, in Python or in C."""
    kind = type(attribute)
    if issubclass(kind, (property, GetSetDescriptorType, MemberDescriptorType)):
        return True
    if kind.__name__ == "cached_property":
        return True
    # Other descriptors of data: those of Cython, pybind11, nanobind, Boost.Python and attrs.
    return hasattr(kind, "__get__") and hasattr(kind, "__set__") and not callable(attribute)


def is_asking(name: str) -> bool:
    """Whether a method's name says that it tells something and changes nothing."""
    if name in _TELLS:
        return True
    first, *others = _words(name) or [""]
    if first in _NOUNS and len(others) == 1 and others[0] in _NUMBERS:
        return True
    if first in ("is", "has", "can", "should", "supports"):
        return bool(others)
    if first in _ASKS:
        return bool(others) and not _acts(others)
    old = _OLD.fullmatch(name)
    return old is not None and old[1] not in _ACTS


def _differs_by_nature(name: str) -> bool:
    first, *_, last = _words(name) * 2 or ["", ""]
    last = last.removeprefix("get")  # "getpid"
    return name in _OF_THIS_PROCESS | KEEP_ALIVE or first in _OWNS or last in _OF_THE_SYSTEM


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(name)]


def _acts(words: list[str]) -> bool:
    return not _ACTS.isdisjoint(words)


def takes_nothing(name: str, attribute: Any) -> bool:
    """Whether a method can be called without arguments, and returns something."""
    of_class = (staticmethod, classmethod, ClassMethodDescriptorType, type)
    if isinstance(attribute, of_class) or not callable(attribute):
        return False
    if isinstance(attribute, FunctionType) and inspect.iscoroutinefunction(attribute):
        return False
    signature = None
    with suppress_failures():
        signature = inspect.signature(attribute)
    if signature is not None and not _says_nothing(signature):
        if signature.return_annotation in (None, "None"):
            return False
        required = [
            parameter
            for parameter in signature.parameters.values()
            if parameter.default is parameter.empty
            and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        ]
        return len(required) <= 1  # self
    if isinstance(attribute, FunctionType):
        return False
    try:
        text = attribute.__doc__
    except failures():
        text = None
    documented = _documented(name, text) if type(text) is str else None
    return True if documented is None else documented


def _says_nothing(signature: inspect.Signature) -> bool:
    """Whether a signature is the one of any function: (*args, **kwargs)."""
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    return bool(kinds) and kinds <= {
        inspect.Parameter.VAR_POSITIONAL,
        inspect.Parameter.VAR_KEYWORD,
    }


def _documented(name: str, text: str) -> bool | None:
    """Whether the signatures in a docstring have one without arguments; None if there is none.

    Those of pybind11, nanobind, Boost.Python, SWIG, Cython and OpenCV have the form
    `name(self: Type, argument: int = 1) -> type`, `name( (Type)self [, (int)argument=1]) -> type`
    or `name() -> value`.
    """
    found = re.findall(rf"\b{re.escape(name)}\s*\(([^\n]*)", text)
    if not found:
        return None
    return any(_is_free(*_split(rest)) for rest in found)


def _split(rest: str) -> tuple[str, str]:
    """The arguments and what is returned, of a signature without its name and opening bracket."""
    depth = 1
    for at, character in enumerate(rest):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0:
            returned = re.match(r"\s*->\s*([\w.\[\], |*]+)", rest[at + 1 :])
            return rest[:at], returned[1].strip() if returned else ""
    return rest, ""


def _is_free(arguments: str, returned: str) -> bool:
    if returned in ("None", "void"):
        return False
    previous = ""
    while previous != arguments:  # optional ones, innermost first, and the types of Boost.Python
        previous = arguments
        arguments = re.sub(r"\[[^\[\]]*\]|\((\w|\.|:)+\)", "", arguments)
    given = [each.strip() for each in arguments.split(",")]
    required = [each for each in given if each and "=" not in each and each not in ("/", "*")]
    return not required or (len(required) == 1 and _is_self(required[0]))


def _is_self(argument: str) -> bool:
    return bool(re.match(r"(self|arg1|this|\w+ self)\b", argument))
