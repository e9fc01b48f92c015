"""gmpy2: contexts of multiple-precision arithmetic; the numbers pickle by themselves.

| type | what travels | what does not |
|---|---|---|
| `context` | precisions, rounding, limits, traps, flags | that it is the current one of a thread |

Left out: `random_state`, whose state cannot be read; iterators over bits.
"""

from __future__ import annotations

from typing import Any

import gmpy2

from adapters import register

_FLAGS = ("underflow", "overflow", "inexact", "invalid", "erange", "divzero")
_SETTINGS = (
    *("precision", "real_prec", "imag_prec", "round", "real_round", "imag_round"),
    *("emax", "emin", "subnormalize", "allow_complex", "rational_division"),
    *("allow_release_gil", *(f"trap_{flag}" for flag in _FLAGS)),
)
_SWITCHES = _SETTINGS[8:]


def _state_of(context: Any) -> dict[str, Any]:
    # The getter of a setting that was left to another one gives the value of that one.
    words = repr(context).replace("(", " ").replace(",", " ").split()
    left = {name for name in _SETTINGS[:6] if f"{name}=Default" in words}
    known = (name for name in (*_SETTINGS, *_FLAGS) if name not in left and hasattr(context, name))
    return {name: getattr(context, name) for name in known}


def _context(state: Any) -> Any:
    known = {*_SETTINGS, *_FLAGS}
    if type(state) is not dict or not {"precision", "emax", "emin"} <= {*state} <= known:
        raise ValueError(f"the state has to be a dict of settings of a context: {sorted(known)}")
    for name, value in state.items():
        kind = bool if name in _FLAGS or name in _SWITCHES else int
        if type(value) is not kind:
            raise TypeError(f"{name} has to be a {kind.__name__}, but is {value!r}")
    if state["emax"] < 1 or state["emin"] > 0 or state.get("real_round", 0) < 0:
        raise ValueError("emax has to be positive, emin negative, and a way of rounding known")
    context = gmpy2.context()
    for name, value in state.items():
        setattr(context, name, value)
    return context


register(gmpy2.context, _state_of, _context)
