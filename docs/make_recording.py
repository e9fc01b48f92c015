"""Write docs/how-to/suggest.svg, a picture of a terminal: `python docs/make_recording.py [FILE]`.

It shows what `adapters suggest` prints about an object of matplotlib, in a real run.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

PICTURE = Path(__file__).parent / "how-to" / "suggest.svg"
MODULE, TARGET = "fonts.py", "fonts:font"
SOURCE = """\
import matplotlib
from matplotlib.ft2font import FT2Font

font = FT2Font(f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf")
"""
_TIMEOUT = 240
_LEAST = 80  # columns


def run(target: str, source: str = SOURCE, module: str = MODULE) -> str:
    """What the command prints on a terminal, where a module is in the current folder."""
    colours = {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    with TemporaryDirectory() as folder:
        Path(folder, module).write_text(source, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "adapters", "suggest", target],
            cwd=folder,
            env={**environment, **colours},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
        )
    if not done.stdout:
        raise SystemExit(f"the command prints nothing: {done.stderr}")
    return done.stdout


def picture(command: str, output: str) -> str:
    """A terminal with a command and its output, as SVG."""
    lines = [Text(f"$ {command}", "bold"), *Text.from_ansi(output).split()]
    width = max(_LEAST, *(line.cell_len for line in lines))
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=width, file=nowhere, force_terminal=True)
        for line in lines:
            console.print(line)
        svg = console.export_svg(title="adapters suggest", unique_id="suggest")
    # The fonts would come from another server: those of the reader will do.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return "".join(f"{line.rstrip()}\n" for line in svg.splitlines())


def main(file: Path) -> None:
    """Run the command, and write the picture."""
    file.write_text(picture(f"adapters suggest {TARGET}", run(TARGET)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else PICTURE)
