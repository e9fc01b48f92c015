"""Children of the kit: started, asked, waited for with a time-out, and never left behind."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import sys
import traceback
import warnings
from typing import TYPE_CHECKING, Any

from adapters._conformance.case import unpack
from adapters._conformance.outcomes import Broken, NotHere
from adapters._naming import in_words
from adapters._pickling import dumps

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from adapters._conformance.case import Trial

KEPT, BROKEN, NOT_HERE, BACK, DOING = "kept", "broken", "not here", "back", "doing"


_END = "end"
_left: list[Any] = []  # what is alive when the interpreter of a child ends


class Died(Exception):  # noqa: N818
    """A child crashed or hung; the message says how, and `doing` what it was doing.

    Args:
        how: How it ended.
        doing: What it had said last.
        hung: Whether it was ended because it said nothing.
    """

    def __init__(self, how: str, doing: str, hung: bool = False) -> None:
        super().__init__(how, doing)
        self.hung = hung
        self.how = how
        self.doing = doing

    def __str__(self) -> str:
        return f"a child process {self.how} while it tried {self.doing}"


class Child:
    """One child that tries what it is asked to; a context manager that ends it.

    Args:
        method: How it is started: spawn, forkserver or fork.
        luggage: What it gets: that of a trial.
        timeout: Seconds that it may be silent.
    """

    def __init__(self, method: str, luggage: bytes, timeout: float) -> None:
        context: Any = multiprocessing.get_context(method)
        self._timeout = timeout
        self._doing = "to start"
        self._connection: Connection
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, luggage), daemon=True)
        with warnings.catch_warnings():
            # Forking a process with threads is what the promise about fork is about.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process.start()
        theirs.close()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._connection.send((_END, ()))  # a forked child has our end, too: no EOF for it
        self._connection.close()
        self._process.join(5)
        if self._process.is_alive():
            self._kill()
            self._process.join(5)
        if self._process.exitcode is not None:
            self._process.close()

    def ask(self, name: str, *args: Any) -> Any:
        """Let it run a check, or "send_back"; the payloads that come back.

        Raises:
            Broken: the promise is broken.
            NotHere: it cannot be checked here.
            Died: the child crashed, or said nothing for too long.
        """
        self._doing = "to rebuild the examples" if name == "arrive" else name.replace("_", " ")
        try:
            self._connection.send((name, args))
            while True:
                kind, content = self._receive()
                if kind == BROKEN:
                    raise Broken(content)
                if kind == NOT_HERE:
                    raise NotHere(content)
                if kind != DOING:
                    return content
                self._doing = content
        except (EOFError, OSError):
            raise Died(self._ending(), self._doing) from None

    def _receive(self) -> Any:
        if not self._connection.poll(self._timeout):
            self._kill()
            raise Died(f"said nothing for {self._timeout:g} s and was ended", self._doing, True)
        return self._connection.recv()

    def end(self) -> None:
        """Let it end with its examples alive, as programs do.

        Raises:
            Died: it crashed, hung or failed then.
        """
        self._doing = "to end, with the examples alive"
        try:
            self._connection.send((_END, (True,)))
        except OSError:
            raise Died(self._ending(), self._doing) from None
        self._process.join(self._timeout)
        if self._process.is_alive():
            self._kill()
            raise Died(f"did not end within {self._timeout:g} s", self._doing, True)
        if self._process.exitcode:
            raise Died(self._ending(), self._doing)

    def _kill(self) -> None:
        # Not every platform has the signal that cannot be ignored.
        (self._process.kill if hasattr(signal, "SIGKILL") else self._process.terminate)()

    def _ending(self) -> str:
        self._process.join(5)
        code = self._process.exitcode
        if code is None or code >= 0:
            hint = " (it runs the main script again, which must be a file and call this"
            hint += " under if __name__ == '__main__':)"
            return f"ended with exit code {code}{hint if code == 1 else ''}"
        try:
            return f"died of {signal.Signals(-code).name}"
        except ValueError:
            return f"died of signal {-code}"


def _serve(connection: Connection, luggage: bytes) -> None:
    """What a child does: answer until its parent closes the connection."""
    from adapters._conformance.promises import CHECKS

    trial: Trial | None = None

    def say(text: str) -> None:
        connection.send((DOING, text))

    with connection:
        while True:
            try:
                name, args = connection.recv()
            except EOFError:
                return
            if name == _END:
                _left.append(trial if args else None)
                return
            try:
                if trial is None or name == "arrive":
                    trial = unpack(luggage)
                    trial.say = say
                if name == "send_back":
                    connection.send((BACK, [dumps(example) for example in trial.examples]))
                    continue
                if name != "arrive":
                    trial.begin()
                    CHECKS[name](trial, *args)
                connection.send((KEPT, None))
            except Broken as problem:
                connection.send((BROKEN, trial.about(str(problem)) if trial else str(problem)))
            except NotHere as reason:
                connection.send((NOT_HERE, str(reason)))
            except Exception as error:
                connection.send((BROKEN, _unexpected(trial, error)))


def _unexpected(trial: Trial | None, error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1]
    said = f"{in_words(error)} (at {last.filename}:{last.lineno}, in {last.name})"
    return trial.about(said) if trial else said


def try_here(check: Callable[[Trial], None], trial: Trial) -> None:
    """Run a check in this process; raises as `Child.ask` does."""
    trial.begin()
    try:
        check(trial)
    except Broken as problem:
        raise Broken(trial.about(str(problem))) from problem
    except (NotHere, Died):
        raise
    except Exception as error:
        raise Broken(_unexpected(trial, error)) from error


def can_start(method: str) -> bool:
    """Whether this platform starts processes in that way."""
    return method in multiprocessing.get_all_start_methods() and sys.platform != "emscripten"
