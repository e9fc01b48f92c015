"""The text of a conformance test to go with a candidate."""

from __future__ import annotations

from adapters._suggest.names import in_words, rendered


def kit_text(target: str, examples: int) -> str:
    """A class of tests that checks each promise; the examples are to be filled in."""
    name = in_words(target).rpartition(".")[2] or "Suggested"
    imports = ["import adapters.testing"]
    adapter, needs = rendered(target or "adapter")
    for short, (module, head) in needs.items():
        imports.append(f"from {module} import {head}" + f" as {short}" * (short != head))
    rows = "\n".join(
        f"        lambda: make_example_{number}(),  # an object like the one that was given"
        for number in range(1, examples + 1)
    )
    return (
        "\n".join(imports)
        + f"\n\n\nclass Test{name}(adapters.testing.Conformance):\n"
        + f"    adapter = {adapter}\n    examples = [\n{rows}\n    ]\n"
    )
