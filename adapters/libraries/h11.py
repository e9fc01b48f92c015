"""h11: events.

| type | what travels | what does not |
|---|---|---|
| `Request` | method, target, headers as they were written, version | |
| `Response`, `InformationalResponse` | status, reason, headers as they were written, version | |
| `Data` | the data, whether a chunk starts and ends with it | |
| `EndOfMessage` | the headers | |

Their own pickles cannot be read. `Connection` and `ConnectionClosed` objects pickle by themselves.
"""

from __future__ import annotations

from typing import Any

import h11

from adapters import register
from adapters.libraries._states import parts


def _headers(state: Any) -> list[Any]:
    return [tuple(parts(each, bytes, bytes)) for each in parts(state, *[tuple] * len(state))]


def _make_request(state: Any) -> Any:
    method, target, headers, version = parts(state, bytes, bytes, list, bytes)
    return h11.Request(
        method=method, target=target, headers=_headers(headers), http_version=version
    )


def _register_response(kind: Any) -> None:
    def make(state: Any) -> Any:
        status, reason, headers, version = parts(state, int, bytes, list, bytes)
        return kind(
            status_code=status, reason=reason, headers=_headers(headers), http_version=version
        )

    register(
        kind,
        lambda found: (
            found.status_code,
            found.reason,
            found.headers.raw_items(),
            found.http_version,
        ),
        make,
    )


def _serialize_data(found: Any) -> Any:
    data, mutable = found.data, type(found.data) is bytearray
    return bytes(data) if mutable else data, mutable, found.chunk_start, found.chunk_end


def _make_data(state: Any) -> Any:
    data, mutable, start, end = parts(state, object, bool, bool, bool)
    if not hasattr(data, "__len__"):
        raise TypeError(f"the data has no length, but is {data!r}")
    if mutable:
        data = bytearray(data)
    return h11.Data(data=data, chunk_start=start, chunk_end=end)


register(
    h11.Request,
    lambda found: (found.method, found.target, found.headers.raw_items(), found.http_version),
    _make_request,
)
_register_response(h11.Response)
_register_response(h11.InformationalResponse)
register(h11.Data, _serialize_data, _make_data)
register(
    h11.EndOfMessage,
    lambda end: end.headers.raw_items(),
    lambda state: h11.EndOfMessage(headers=_headers(*parts((state,), list))),
)
