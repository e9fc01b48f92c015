"""The `adapters` command, which needs the extra [cli]."""

from __future__ import annotations

import sys
from contextlib import suppress

from adapters._installation import require_whole


def main() -> None:
    """Run the command; without click, say what to install.

    What the encoding of the terminal lacks is printed as an escape.
    """
    with suppress(AttributeError, OSError, ValueError):  # stdout is None, replaced or closed
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        require_whole()
    except ImportError as error:
        sys.exit(f"adapters: {error}")
    try:
        from adapters._cli.command import command
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "click":
            raise
        sys.exit(f'adapters: {error}; install the extra: pip install "pickling-adapters[cli]"')
    command(prog_name="adapters")


if __name__ == "__main__":
    main()
