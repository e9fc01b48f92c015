"""Status codes of the C library (csrc/status.h) as Python exceptions."""

from native._native import lib

_EXCEPTIONS: dict[int, tuple[type[Exception], str]] = {
    lib.NATIVE_NO_MEMORY: (MemoryError, "not enough memory"),
    lib.NATIVE_BAD_RANGE: (ValueError, "out of range"),
    lib.NATIVE_BAD_LENGTH: (ValueError, "a buffer of the wrong length"),
    lib.NATIVE_BAD_VALUE: (ValueError, "a number that cannot be"),
    lib.NATIVE_UNFINISHED: (RuntimeError, "not finished; call finish() first"),
    lib.NATIVE_BAD_OFFSETS: (ValueError, "offsets that descend or do not span the text"),
    lib.NATIVE_BAD_TEXT: (ValueError, "text that is not UTF-8"),
}


def check(status: int, subject: object) -> None:
    """Raise the exception for a status code; return if it is NATIVE_OK.

    Args:
        status: what the C function returned.
        subject: what the call was about; its str() begins the message.

    Raises:
        MemoryError: malloc returned NULL.
        ValueError: an argument is wrong.
        RuntimeError: a sieve is not finished.
        SystemError: there is no such status.
    """
    if status == lib.NATIVE_OK:
        return
    unknown = (SystemError, f"unknown status {status} of the C library")
    kind, message = _EXCEPTIONS.get(status, unknown)
    raise kind(f"{subject}: {message}")
