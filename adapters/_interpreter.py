"""A new Python as a child process, which does not run the main script again."""

from __future__ import annotations

import os
import subprocess
import sys
from multiprocessing.connection import Connection
from typing import Any


class Interpreter(subprocess.Popen[bytes]):
    """A new Python that serves, with what a `Child` uses of multiprocessing's processes."""

    exitcode = property(subprocess.Popen.poll)
    close = subprocess.Popen.poll  # there is nothing to close

    def __init__(self, reader: Connection, writer: Connection, options: Any) -> None:
        handles = reader.fileno(), writer.fileno()
        path = [each or os.getcwd() for each in sys.path if isinstance(each, str)]
        program = (
            f"import sys; sys.path[:] = {path!a}; from adapters._child import _serve;"
            f" from multiprocessing.connection import {type(reader).__name__} as End;"
            f" _serve(End({handles[0]}, writable=False), End({handles[1]}, readable=False),"
            f" {options!a})"
        )
        inherited: dict[str, Any] = {"pass_fds": handles}
        if sys.platform == "win32":
            inherited = {"close_fds": False}
            for handle in handles:
                os.set_handle_inheritable(handle, True)
        super().__init__([sys.executable, "-c", program], stdin=subprocess.DEVNULL, **inherited)
