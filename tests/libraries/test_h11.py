import pytest
from kit import check_examples

import adapters

h11 = pytest.importorskip("h11")


def request():
    headers = [("Host", "example.org"), ("X-A", "1"), ("x-a", "2")]
    return h11.Request(method="POST", target="/a?b", headers=headers)


def received():
    connection = h11.Connection(h11.SERVER)
    head = b"GET /x HTTP/1.0\r\nAccept:  a,\r\n b\r\nTransfer-Encoding: Chunked\r\n\r\n"
    connection.receive_data(head)
    return connection.next_event()


def response():
    return h11.Response(status_code=404, reason=b"Not Found", headers=[("Content-Length", "3, 3")])


def informational():
    return h11.InformationalResponse(status_code=100, headers=[], http_version="1.0")


def data():
    return h11.Data(data=b"abc", chunk_start=True)


def mutable_data():
    return h11.Data(data=bytearray(b"abc"), chunk_end=True)


def end():
    return h11.EndOfMessage()


def end_with_headers():
    return h11.EndOfMessage(headers=[("X-Sum", "1")])


TYPES = {
    "Request": [request, received],
    "Response": [response],
    "InformationalResponse": [informational],
    "Data": [data, mutable_data],
    "EndOfMessage": [end, end_with_headers],
}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


@pytest.mark.parametrize("make", [make for makers in TYPES.values() for make in makers])
def test_events_are_equal(make):
    first, arrived = make(), adapters.loads(adapters.dumps(make()))
    assert arrived == first
    if hasattr(first, "headers"):
        assert arrived.headers.raw_items() == first.headers.raw_items()
