"""The `adapters` command, which needs the extra [cli]."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; without click, say what to install."""
    try:
        from adapters._cli.command import command
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "click":
            raise
        sys.exit(f'adapters: {error}; install the extra: pip install "pickling-adapters[cli]"')
    command(prog_name="adapters")


if __name__ == "__main__":
    main()
