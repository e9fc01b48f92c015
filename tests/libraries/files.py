"""Files of examples, each made once for all test processes."""

import os
import tempfile


def made(name, write):
    """The path of a file of this name; `write(path)` makes it, where it is missing."""
    folder = os.path.join(tempfile.gettempdir(), f"adapters-test-libraries-{os.getuid()}")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        with tempfile.TemporaryDirectory(dir=folder) as own:
            write(os.path.join(own, name))
            os.replace(os.path.join(own, name), path)  # whole, or not at all
    return path
