"""wrapt: object proxies, with what they wrap.

| type | what travels | what does not |
|---|---|---|
| `ObjectProxy`, `CallableObjectProxy` | the wrapped object, `_self_` attributes | nothing |
| `PartialCallableObjectProxy` | the wrapped object and its arguments, `_self_` attributes | nothing |

Proxies refuse to be pickled. Classes that derive from them are served by adapters of their own.

Left out: `FunctionWrapper` and `BoundFunctionWrapper`: the name of the function that one wraps leads
to the wrapper, so send that name; `WeakFunctionProxy`, a weak reference; `LazyObjectProxy`, whose
function cannot be read back.
"""

from __future__ import annotations

import gc
from typing import Any

import wrapt

from adapters import register
from adapters.libraries._states import parts


def _own(proxy: Any) -> dict[str, Any]:
    """The attributes of the proxy itself: its `__dict__` is that of what it wraps."""
    own: dict[str, Any] = {}
    for each in gc.get_referents(proxy):
        if type(each) is dict and each is not proxy.__wrapped__:
            own.update((k, v) for k, v in each.items() if type(k) is str and k[:6] == "_self_")
    return own


def _wrapping(kind: Any, state: Any) -> Any:
    wrapped, own = parts(state, object, dict)
    return _with(kind(wrapped), own)


def _with(proxy: Any, own: dict[str, Any]) -> Any:
    for name, value in own.items():
        if type(name) is not str or not name.startswith("_self_"):
            raise ValueError(f"{name!r} is no attribute of a proxy itself")
        setattr(proxy, name, value)
    return proxy


def _partial_state(proxy: Any) -> tuple[Any, ...]:
    return proxy.__wrapped__, proxy._self_args, dict(proxy._self_kwargs), _own(proxy)


def _partial(state: Any) -> Any:
    wrapped, args, keywords, own = parts(state, object, tuple, dict, dict)
    if not callable(wrapped):
        raise TypeError(f"a {type(wrapped).__name__} cannot be called")
    return _with(wrapt.PartialCallableObjectProxy(wrapped, *args, **keywords), own)


def _serve(kind: Any) -> None:
    register(kind, lambda proxy: (proxy.__wrapped__, _own(proxy)), lambda s: _wrapping(kind, s))


_serve(wrapt.ObjectProxy)
_serve(wrapt.CallableObjectProxy)
register(wrapt.PartialCallableObjectProxy, _partial_state, _partial)
