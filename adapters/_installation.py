"""Whether the installed package is whole: the distribution `adapters` has one of the same name.

pip lets each overwrite files of the other, and an uninstallation removes what both have: both have
an `__init__.py`. Where that is not this project's, `import adapters` runs nothing of it; the public
modules and the command look here.
"""

from __future__ import annotations

import os
import sys


def require_whole() -> None:
    """Check that the root of the package is there, and is this project's.

    Raises:
        ImportError: it is missing, or another distribution's.
    """
    if not hasattr(sys.modules["adapters"], "rebuild"):
        raise ImportError(
            f"{os.path.dirname(__file__)} is damaged: its __init__.py is missing, or that of the"
            " distribution adapters, which has a package of the same name; run pip uninstall"
            " adapters pickling-adapters, then install one of the two",
            name="adapters",
        )
