"""pydantic_core: arguments, and optional values.

| type | what travels | what does not |
|---|---|---|
| `ArgsKwargs` | the arguments | nothing |
| `Some` | the value | nothing |

`SchemaValidator`, `SchemaSerializer`, `Url`, `TzInfo` and the errors pickle by themselves.

Left out: `ValidatorIterator`, a half-read stream.
"""

from __future__ import annotations

from typing import Any

import pydantic_core

from adapters import register
from adapters.libraries._states import parts


def _arguments(state: Any) -> Any:
    args, kwargs = parts(state, tuple, (dict, type(None)))
    return pydantic_core.ArgsKwargs(args, None if kwargs is None else dict(kwargs))


def _arguments_state(each: Any) -> tuple[Any, Any]:
    return tuple(each.args), None if each.kwargs is None else dict(each.kwargs)


register(pydantic_core.ArgsKwargs, _arguments_state, _arguments)
register(
    pydantic_core.Some,
    lambda some: (some.value,),
    lambda state: pydantic_core.Some(*parts(state, object)),
)
