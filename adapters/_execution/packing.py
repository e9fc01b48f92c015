"""Packing: how the objects of a message are pickled, in the caller's process and in a worker."""

from __future__ import annotations

import io
import logging
from collections.abc import Collection
from contextlib import suppress
from copyreg import dispatch_table
from functools import partial
from pickle import PickleBuffer, Pickler, PicklingError
from types import CodeType
from typing import Any, NoReturn, TypeAlias

from adapters._execution.engine import Reducers, reducers_of
from adapters._execution.parts import Message, body_of, message_of
from adapters._importable import main_script
from adapters._importable.functions import CACHED, FUNCTION, FUNCTIONS
from adapters._naming import in_words
from adapters._pickling import Pieces, write
from adapters._plain_pickler import Override, reduction
from adapters._wire.rebuild import registry
from adapters.errors import failures

# How a class or function of the main script is written:
BY_NAME = "by name"  # the process that loads it has it
BY_VALUE = "by value"
BY_EITHER = "by either"  # by name, and by value for a process that does not have it
# That, the library whose reducers are used (as `Engine.library`), more of them for results, and the
# folder of the segments in which large parts travel, "" for none.
Form: TypeAlias = "tuple[str, str, Reducers | None, str]"

# Engines that use cloudpickle send bytes, a copy of the text, and the logger that has the name
# there; elsewhere these are refused.
_COPIED = (memoryview, io.TextIOWrapper, logging.Logger, logging.RootLogger)
# What is done with an object of these is not said by its type.
_ASKED_ABOUT = {*_COPIED, *FUNCTIONS, CACHED, CodeType}
# Libraries have reducers for these, too, which make no copy that can be made only once.
_LEFT_TO_PICKLE = FUNCTIONS | {partial, type(str.join), type(str.__len__)}


class Packed:
    """An object as a message, and what it needs where it arrives.

    Args:
        obj: The object.
        form: How it is written.
        reducers: Some that come before those of the form's library.
        lacking: Definitions, by id, that some worker did not have.
        check: Whether `names` has digests.
        reduced: Reductions of what can be rebuilt once, by the id of the object, which are used
            again and added to; none is made twice.
        is_kept: Whether the message exists until it was read, or never will be.

    Attributes:
        message: The pickle of the object, and the large parts beside it.
        names: The definitions of the main script in it that go by name, with their digests.
        is_plain: Whether it holds nothing but data that pickle loads by itself.
        lacks: Whether it needs one of the definitions that are `lacking`.

    Raises:
        SerializeError: as `adapters.dumps`.
    """

    def __init__(
        self,
        obj: object,
        form: Form,
        reducers: Reducers | None = None,
        *,
        lacking: Collection[int] = (),
        check: bool = True,
        reduced: dict[int, Any] | None = None,
        is_kept: bool = False,
    ) -> None:
        self._main, library, _, folder = form
        self._more = reducers or {}
        self._reducers = reducers_of(library)
        self._left = {} if reducers else _left_by(library, self._reducers)
        self._lacking = lacking
        self._check = check
        self._reduced = {} if reduced is None else reduced
        self.names: dict[str, str | None] = {}
        self.lacks = False
        views: list[PickleBuffer] = []
        copy_main = self._main == BY_VALUE
        override = Override(self._left, {}, self._reduce_plainly)
        pieces = write(
            obj, 5, views.append, override=override, first=self._reduce, copy_main=copy_main
        )
        self.is_plain = not override.was_called and not views
        self.message: Message = message_of(pieces, views, folder, is_kept)

    def _reduce_plainly(self, obj: Any) -> Any:
        """The reduction of an object by the plain pickler."""
        kind = type(obj)
        reduced = self._reduce(obj)
        if reduced is NotImplemented and kind not in registry.copyreg.left:
            reduced = reduction(obj)
        if reduced is NotImplemented and not self._more and not _is_array(kind):
            self._leave(kind)
        return reduced

    def _leave(self, kind: type) -> None:
        """Keep that all objects of a type are left to pickle, if that is so."""
        known = kind in registry.copyreg.left or kind in dispatch_table
        asked = kind in _ASKED_ABOUT or kind in self._reducers
        if known and not asked and not issubclass(kind, (type, BaseException)):
            self._left[kind] = None

    def _reduce(self, obj: Any) -> Any:
        """The reduction of an object that is not to arrive as by the plain pickler."""
        kind = type(obj)
        if kind is FUNCTION or kind is CACHED or issubclass(kind, type):
            is_main = self._main != BY_VALUE and main_script.is_of_main(obj)
            return self._define(obj) if is_main else NotImplemented
        if kind is CodeType:
            return _reduce_code(obj)
        if kind in _COPIED and self._main == BY_VALUE and kind not in dispatch_table:
            return _reduce_as_cloudpickle(obj)
        if kind in _LEFT_TO_PICKLE:
            return NotImplemented
        reducer = self._more.get(kind) or self._reducers.get(kind)
        if reducer is None:
            return self._reduce_other(obj, kind)
        if id(obj) not in self._reduced:
            self._reduced[id(obj)] = reducer(obj), obj  # which keeps its id
        return self._reduced[id(obj)][0]

    def _reduce_other(self, obj: Any, kind: type) -> Any:
        """The reduction of what would not arrive as through the pickler of an executor."""
        if _is_array(kind) and not obj.flags.writeable:
            return obj.copy("K").__reduce_ex__(5)  # the receiver's own, so it can write there
        if issubclass(kind, BaseException) and (kind not in dispatch_table or is_of_tblib(kind)):
            return reduce_frozen(obj)
        return NotImplemented

    def _define(self, definition: Any) -> Any:
        name = definition.__qualname__
        if main_script.find(name) is not definition or name in main_script.defined_again:
            return NotImplemented  # it can go by value alone
        self.lacks |= id(definition) in self._lacking
        if self._main == BY_NAME:
            self.names[name] = main_script.digest_of(definition) if self._check else None
            return main_script.main_definition, (name,)
        digest, body = main_script.digest_of(definition), by_value(definition)
        return main_script.main_definition, (name, digest, body)


_left: dict[str, tuple[tuple[Any, ...], dict[type, None]]] = {}  # by library


def _left_by(library: str, reducers: Reducers) -> dict[type, None]:
    """Types whose objects are left to pickle, as was found out since the last registration."""
    latest = next(reversed(reducers), None) if type(reducers) is dict else None
    state = registry.copyreg.edition, len(dispatch_table), len(reducers), latest
    known = _left.get(library)
    if known is None or known[0] != state:
        known = _left[library] = state, {}
    return known[1]


def _is_array(kind: type) -> bool:
    return kind.__name__ == "ndarray" and kind.__module__ == "numpy"


def is_of_tblib(kind: type) -> bool:
    """Whether tblib, which Dask imports, has given copyreg a reducer for a type of exceptions.

    It also pickles their causes (ionelmc/python-tblib#53), which may fail, and keeps only what is
    in `args` and `__dict__`.
    """
    module = getattr(dispatch_table.get(kind), "__module__", None) or ""
    return str(module).startswith("tblib")


def reduce_frozen(error: BaseException) -> Any:
    """The reduction of an exception that refuses that its attributes are set.

    NotImplemented for any other. What its arguments have set cannot be set once more.
    """
    kind: Any = type(error)
    sets = kind.__setattr__ is BaseException.__setattr__  # not so in a frozen dataclass
    if sets or kind.__reduce__ is not BaseException.__reduce__:
        return NotImplemented
    return kind.__reduce__(error)[:2]


def by_value(definition: Any) -> bytes | str:
    """A class or function by value, as a pickle; or the reason why it cannot be sent so."""
    from adapters._wire.by_value import dump_definition  # imports cloudpickle

    try:
        return dump_definition(definition, registry.reduce)
    except failures() as error:
        return in_words(error, short=True)


def _reduce_code(code: CodeType) -> Any:
    """The reduction of cloudpickle, which leaves out the file that tracebacks name."""
    from cloudpickle import cloudpickle

    reduce = getattr(cloudpickle, "_code_reduce", None)
    if reduce is None:  # a version that does it in another way
        return NotImplemented
    function, arguments = reduce(code)
    file = code.co_filename
    return function, tuple(file if each == "<dynamic-code>" else each for each in arguments)


def _reduce_as_cloudpickle(obj: Any) -> Any:
    """The reduction of what cloudpickle turns into something else."""
    import cloudpickle

    return cloudpickle.Pickler.dispatch_table[type(obj)](obj)


class _PlainPickler(Pickler):
    def reducer_override(self, obj: Any) -> NoReturn:
        raise PicklingError  # whatever is not of pickle's own basic types


def pack_plain(items: list[Any], folder: str, is_kept: bool = False) -> Any:
    """All items as a pickle if they are plain data, which always unpickles; else None.

    Args:
        items: The items.
        folder: As in `Form`.
        is_kept: As in `Packed`.
    """
    file = Pieces()
    with suppress(PicklingError, RecursionError):
        _PlainPickler(file, 5).dump(items)
        return body_of(file.pieces(), folder, is_kept)
    return None
