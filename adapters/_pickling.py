"""dumps and loads: what plain pickle does not do by itself.

Plain pickle takes reducers from copyreg, so it serves each registered type and the subclasses that
exist at registration. These two also serve later subclasses, send by value what no other process
could import (lambdas, closures, classes of a notebook), and turn each failure into an error of this
package.
"""

from __future__ import annotations

try:
    import _pickle as pickle
    from _pickle import PickleBuffer
except ImportError:  # an interpreter without the C pickler
    import pickle  # type: ignore[no-redef]
    from pickle import PickleBuffer

from adapters import _events
from adapters._naming import in_words, notes_of, qualified_name, shown
from adapters._plain_pickler import NotImportableError, PlainPickler
from adapters._wire.rebuild import registry
from adapters.errors import AdapterError, RebuildError, SerializeError, failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from _typeshed import ReadableBuffer

    from adapters._plain_pickler import Override

DEFAULT_PROTOCOL = 5
_ADVICE = "adapters.explain(obj) names the part that refuses, adapters.register serves it"


class _Callback:
    """A buffer callback for two runs over the same buffers, which calls the user's only once.

    `failure` is what the user's has raised.
    """

    failure: BaseException | None = None

    def __init__(self, callback: Callable[[Any], Any]) -> None:
        if not callable(callback):
            raise TypeError(f"buffer_callback must be callable, and is {shown(callback)}")
        self._callback = callback
        self._answers: list[Any] = []
        self._position = 0

    def __call__(self, buffer: Any) -> Any:
        if self._position == len(self._answers):
            try:
                self._answers.append(self._callback(buffer))
            except failures() as error:
                self.failure = error
                raise
        self._position += 1
        return self._answers[self._position - 1]

    def rewind(self) -> None:
        """Begin the second run: the same objects are pickled again, in the same order."""
        self._position = 0


def is_final(error: BaseException) -> bool:
    """Whether to pickle by value is of no use after the plain pickler failed with `error`."""
    return isinstance(error, (AdapterError, MemoryError, RecursionError))


def dumps(
    obj: object,
    protocol: int | None = None,
    *,
    buffer_callback: Callable[[PickleBuffer], Any] | None = None,
) -> bytes:
    """Pickle `obj`, native objects anywhere inside included.

    Args:
        obj: Any object.
        protocol: As in pickle, 2 to 5; None means 5.
        buffer_callback: As in pickle: called with a `pickle.PickleBuffer` for each large part,
            which then is not in the bytes; pass them to `loads` in the same order. Protocol 5 only.

    Raises:
        SerializeError: a part of it cannot be pickled, or the callback raised; its cause says why.
        ValueError: there is no such protocol, or it has no buffers.
        TypeError: `protocol` is no integer, or `buffer_callback` is no function.
    """
    observer = _events.observer
    if observer is None:
        return b"".join(write(obj, protocol, buffer_callback))
    return b"".join(observer.dumps(write, obj, protocol, buffer_callback))


class Pieces(list):  # type: ignore[type-arg]
    """A file for a pickler, which writes large parts to it as they are, without a copy."""

    write = list.append

    def pieces(self) -> list[bytes]:
        """What was written, with copies of what may change."""
        if len(self) > 1:
            self[:] = [
                each if type(each) is bytes else bytes(PickleBuffer(each).raw()) for each in self
            ]
        return self


def write(
    obj: object,
    protocol: int | None,
    buffer_callback: Callable[[Any], Any] | None,
    *,
    override: Override | None = None,
    first: Callable[[Any], Any] | None = None,
    copy_main: bool = False,
) -> list[bytes]:
    """The pieces of what `dumps` returns; large `bytes` of the object are pieces as they are.

    Args:
        obj: As in `dumps`.
        protocol: As in `dumps`.
        buffer_callback: As in `dumps`.
        override: What the plain pickler asks for reductions in place of `reduction`.
        first: A function that the pickler by value asks first.
        copy_main: Whether classes of the main script are copied, together with the functions, also
            for a process that runs the same script.

    Raises:
        SerializeError, ValueError, TypeError: as `dumps`.
    """
    protocol = DEFAULT_PROTOCOL if protocol is None else protocol
    callback = None if buffer_callback is None else _Callback(buffer_callback)
    file = Pieces()
    try:
        pickler = PlainPickler(file, protocol, buffer_callback=callback)
    except (OverflowError, TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"adapters.dumps with protocol {shown(protocol)}: {error}") from None
    if override is not None:
        pickler.reducer_override = override.reduce
    failure: BaseException | None = None
    try:
        try:
            pickler.dump(obj)
        except failures() as error:
            failure = error
        else:
            return file.pieces()
        if is_final(failure) or (callback is not None and failure is callback.failure):
            raise failure
        file.clear()
        options: Any = {"first": first, "copy_main": copy_main}
        _write_by_value(obj, file, protocol, callback, failure, options)
        return file.pieces()
    except MemoryError:
        raise
    except failures() as error:
        from adapters import _nesting

        name, deep = qualified_name(type(obj)), _nesting.too_deep(error)
        if callback is not None and error is callback.failure:
            problem = f"the buffer_callback raised {in_words(error, short=True, places=False)}"
        elif deep:
            problem = f"it is nested too deep for pickle; {_nesting.advice()}"
        elif isinstance(error, AdapterError):
            if notes := notes_of(error):  # as Python 3.14 says where in its containers obj is
                error.args = (f"{error} ({notes})", *error.args[1:])
                vars(error).pop("__notes__", None)
            raise
        else:
            problem = f"{in_words(error, short=True)}; {_ADVICE}"
        raise SerializeError(f"cannot pickle {name}: {problem}", name) from error
    finally:
        failure = None  # its traceback would keep `obj` in a cycle


def _write_by_value(
    obj: object,
    file: Pieces,
    protocol: int,
    callback: _Callback | None,
    failure: BaseException,
    options: dict[str, Any],
) -> None:
    """Pickle an object again, by value, after the plain pickler has failed with `failure`.

    So what needs that gets it, whatever stands before it. If this fails, too, its error is that of
    the part that cannot go at all.
    """
    try:
        from adapters._wire.by_value import Pickler
    except ImportError:  # there is no cloudpickle
        if isinstance(failure, NotImportableError):
            raise
        raise failure from None
    if callback is not None:
        callback.rewind()
    options |= {"reduce": registry.reduce, "buffer_callback": callback}
    Pickler(file, protocol, **options).dump(obj)


def loads(
    data: ReadableBuffer,
    *,
    buffers: Iterable[ReadableBuffer | PickleBuffer] | None = None,
    trusted: Iterable[str] | Mapping[str, str] | None = None,
    by_value: bool = False,
    max_bytes: int | None = None,
) -> Any:
    """Load what `dumps` (or pickle) made. As with pickle, loading runs code: trust the sender.

    With `trusted`, nothing is loaded but plain data and objects of the adapters that it names; all
    else is refused before anything runs. This does not make a trusted factory safe: it runs, on a
    state that the sender chose.

    Args:
        data: Any bytes-like object.
        buffers: What `buffer_callback` was given, in that order, as any bytes-like objects.
        trusted: Names of adapters that are registered here or are of `adapters.libraries`, or
            {name: module that registers it}; the provider that the payload names is never
            imported. None trusts the sender.
        by_value: Whether trusted adapters may also come by value: then the sender's code runs.
        max_bytes: How much memory loading may take, with `trusted`, besides what factories take.
            None means 64 MiB, 128 times the payload and 4 times the buffers, together.

    Raises:
        RebuildError: a native object in it cannot be rebuilt here, or the payload is damaged.
        UntrustedError: it asks for something that is not trusted, or for too much memory.
    """
    if trusted is not None:
        from adapters._payload.trusted import trusted_loads

        return trusted_loads(
            data, buffers=buffers, trusted=trusted, by_value=by_value, max_bytes=max_bytes
        )
    observer = _events.observer
    try:
        if observer is None:
            return pickle.loads(data, buffers=buffers)
        return observer.loads(pickle.loads, data, buffers)
    except (AdapterError, MemoryError):
        raise
    except failures() as error:
        raise _rebuild_error(error, data, buffers) from error


def load_message(data: Any, buffers: Iterable[Any]) -> Any:
    """As `loads`, for a message of this package, of which a trace is told elsewhere.

    It is faster where the payload holds large `bytes`, and is memory of a segment.
    """
    try:
        if type(data) is not memoryview:
            return pickle.loads(data, buffers=buffers)
        from adapters._segments.body import Body

        return pickle.Unpickler(Body(data), buffers=buffers).load()
    except (AdapterError, MemoryError):
        raise
    except failures() as error:
        raise _rebuild_error(error, data, buffers) from error


def _rebuild_error(error: BaseException, data: Any, buffers: Iterable[Any] | None) -> RebuildError:
    from adapters._payload.diagnosis import diagnosis

    problem = diagnosis(error, data, buffers)
    return RebuildError(f"cannot load a payload: {problem}", "payload")
