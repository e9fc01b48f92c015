"""The Python code of the README and of the pages in docs/, as modules for type checkers.

There is a module for each file that a page writes, and one for each of its sessions, without
prompts and output. A module's name begins with that of its page, as checkers take each name once. A
line that the page shows to fail ends with a comment that says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from doctest import DocTestParser
from pathlib import Path, PurePosixPath

from test_docs import PAGES, ROOT, Block, sessions_of

FAILS = "  # fails, as the page shows"
# Of --strict is left out what asks readers for annotations, what a session may do and a module may
# not (use a name again, show a value that is None), and what a page compiles or installs.
OPTIONS = (
    "# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls, allow-redefinition,"
    ' allow-subclassing-any, disable-error-code="func-returns-value, import-not-found,'
    ' import-untyped, no-redef, var-annotated"'
)


def write_pages(folder: Path) -> None:
    """Write the modules of all pages."""
    for page in (ROOT / "README.md", *PAGES):
        name = page.relative_to(ROOT).with_suffix("").as_posix()
        slug = re.sub(r"\W", "_", name.removeprefix("docs/"))
        for module, text in modules_of(page, slug):
            (folder / f"{slug}__{module}.py").write_text(f"{OPTIONS}\n{text}", "utf-8")


def modules_of(page: Path, slug: str) -> Iterator[tuple[str, str]]:
    """(name, text) of the modules of a page."""
    blocks = list(python_blocks(page))
    texts = {PurePosixPath(what).stem: text for _, kind, what, text in blocks if kind == "file"}
    imports = re.compile(rf"^( *)(from|import) ({'|'.join(texts) or '$'})\b(?! as)", re.MULTILINE)
    for number, session in enumerate(sessions_of(blocks), 1):
        texts[f"session_{number}"] = "".join(
            code_of(text) for _, kind, _, text in session if kind == "session"
        )

    def renamed(match: re.Match[str]) -> str:
        indent, word, name = match.groups()
        alias = f" as {name}" if word == "import" else ""
        return f"{indent}{word} {slug}__{name}{alias}"

    for name, text in texts.items():
        if text:
            yield name, imports.sub(renamed, text)


def python_blocks(page: Path) -> Iterator[Block]:
    """(line, "file" or "session", name of the file or the text before, code) of each block."""
    text = page.read_text("utf-8")
    for match in re.finditer(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        line = text.count("\n", 0, match.start()) + 1
        named = re.match(r"# file: (\S+)", match[1])
        before = text[: match.start()].rstrip().rpartition("\n")[2]
        yield line, *(("file", named[1]) if named else ("session", before)), match[1]


def code_of(block: str) -> str:
    """The code of a block, without the prompts and the output of a session."""
    if not block.startswith(">>>"):
        return block
    lines = []
    for example in DocTestParser().get_examples(block):
        fails = "" if example.exc_msg is None else FAILS
        lines += [line + fails for line in example.source.splitlines()]
    return "\n".join([*lines, ""])
