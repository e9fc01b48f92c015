"""tantivy: its enumerations, which do not pickle.

| type | what travels | what does not |
|---|---|---|
| `Order`, `Occur`, `FieldType` | which member it is | |

`Schema`, `Document`, `Facet`, `SearchResult`, `DocAddress` pickle by themselves.

Left out: `Index`, `Searcher`: the folder cannot be read back: send its path, and open it there.
`Query`, `TextAnalyzer`, `SnippetGenerator`, `Tokenizer`, `Filter`: what they were made of cannot be
read back: send the text of a query, and parse it there.
"""

from __future__ import annotations

from typing import Any

import tantivy

from adapters import register
from adapters.libraries._states import parts


def _pair(kind: Any) -> tuple[Any, Any]:
    members = {name: getattr(kind, name) for name in dir(kind) if not name.startswith("_")}
    members = {name: member for name, member in members.items() if type(member) is kind}

    def serialize(member: Any) -> Any:
        return next(name for name, each in members.items() if each == member)

    def make(state: Any) -> Any:
        (name,) = parts((state,), str)
        if name not in members:
            raise ValueError(f"{kind.__name__} has no {name!r}, only {', '.join(members)}")
        return members[name]

    return serialize, make


for _name in ("Order", "Occur", "FieldType"):
    if _kind := getattr(tantivy, _name, None):
        register(_kind, *_pair(_kind))
