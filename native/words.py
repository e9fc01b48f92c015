"""WordList: words packed in C memory, with slices that share it, and a search for palindromes."""

import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from native._buffers import flat_bytes, is_constant
from native._handle import Handle, lend
from native._native import ffi, lib
from native._status import check

if TYPE_CHECKING:
    from typing_extensions import Self

    from native._native import CData

# A C call cannot be interrupted: so many words are searched in one. So many are encoded at once.
_SEARCHED_PER_CALL = 1 << 20
_ENCODED_AT_ONCE = 1 << 14


class WordList(Handle, Sequence[str]):
    """Words packed in C memory: their text as UTF-8, and 8 bytes for each word's offset in it.

    A read-only sequence of str. A slice, with any step, is a WordList that shares the memory, and
    stays usable when the list that it was taken from is closed. Any str is a word: the empty one,
    and those with lone surrogates or NUL characters, too.

    Equality compares the words. A WordList cannot be hashed, nor pickled by itself. `copy.copy` and
    `copy.deepcopy` make a second one with its own memory, of the words of a slice alone. As a
    context manager, a WordList closes itself.

    Args:
        words: any iterable of str but a str.

    Raises:
        TypeError: `words` is a str or no iterable, or holds something else than str.
        MemoryError: malloc returned NULL.

    >>> words = WordList(["level", "word", "noon", "a"])
    >>> words.palindromes(), words[::-1].palindromes(1)
    (['level', 'noon', 'a'], ['noon', 'level'])
    """

    # Views of text and offsets in C memory, and the indices of the words that are in this list.
    _lent: tuple[memoryview, memoryview] | None = None
    _span = range(0)

    def __init__(self, words: Iterable[str]) -> None:
        if isinstance(words, str):
            raise TypeError("words must be an iterable of str, not one str; write [word]")
        text = bytearray()
        offsets = array("Q", [0])
        remaining = iter(words)
        count = 0
        while some := list(islice(remaining, _ENCODED_AT_ONCE)):
            encoded, sizes = _encode(some, count)
            offsets.extend(islice(accumulate(sizes, initial=len(text)), 1, None))
            text += encoded
            count += len(some)
        self._adopt(*_packed(memoryview(text), memoryview(offsets).cast("B")))

    def _adopt(self, out: "CData", borrowed: "Iterable[CData]" = ()) -> None:
        """Become the owner of the words that a C function stored in `out`; see `Handle._own`."""
        count = out[0].count
        offset_bytes = 8 * (count + 1)
        size = int(out[0].offsets[count])
        self._own(out, lib.words_free, 0 if borrowed else size + offset_bytes, borrowed)
        text = lend(self._pointer, out[0].text, size)
        offsets = lend(self._pointer, out[0].offsets, offset_bytes).cast("Q")
        self._lent = text, offsets
        self._span = range(count)

    def close(self) -> None:
        """Release the C memory, which slices may still use; see `Handle.close`."""
        super().close()
        self._lent = None

    def _views(self) -> tuple[memoryview, memoryview]:
        lent = self._lent
        if lent is None:
            raise ValueError("native.WordList: closed")
        return lent

    def __len__(self) -> int:
        self._open()
        return len(self._span)

    @overload
    def __getitem__(self, index: SupportsIndex) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> "Self": ...
    def __getitem__(self, index: "SupportsIndex | slice") -> "str | Self":
        text, offsets = self._views()
        if isinstance(index, slice):
            shared = type(self).__new__(type(self))
            shared._pointer, shared._lent = self._open(), (text, offsets)
            shared._span = _normalized(self._span[index])
            return shared
        try:
            place = self._span[index]
        except IndexError:
            total = len(self._span)
            raise IndexError(f"no word {index} in a native.WordList of {total} words") from None
        return str(text[offsets[place] : offsets[place + 1]], "utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[str]:
        text, offsets = self._views()
        for i in self._span:
            yield str(text[offsets[i] : offsets[i + 1]], "utf-8", "surrogatepass")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, WordList):
            return NotImplemented
        mine, theirs = self._open(), other._open()
        a, b = self._span, other._span
        if len(a) != len(b):
            return False
        return bool(lib.words_equal(mine, a.start, a.step, theirs, b.start, b.step, len(a)))

    def __repr__(self) -> str:
        return f"<native.WordList, {'closed' if self.closed else f'{len(self._span)} words'}>"

    @property
    def nbytes(self) -> int:
        """Bytes of UTF-8 text of the words of this list; one pass over their offsets."""
        out = ffi.new("uint64_t *")
        span = self._span
        check(lib.words_size(self._open(), span.start, span.step, len(span), out), self)
        return int(out[0])

    def palindromes(
        self, start: SupportsIndex | None = 0, stop: SupportsIndex | None = None
    ) -> list[str]:
        """The words of self[start:stop] that read the same backward, in order.

        A palindrome reads the same backward by Unicode code point, case as given. A single
        character is one, the empty word is not. Releases the GIL.
        """
        found: list[str] = []
        with self[slice(start, stop)] as words:
            places = array("Q", [0]) * min(len(words), _SEARCHED_PER_CALL)
            text, offsets = words._views()
            for count in words._search(places):
                found.extend(
                    str(text[offsets[i] : offsets[i + 1]], "utf-8", "surrogatepass")
                    for i in places[:count]
                )
        return found

    def count_palindromes(
        self, start: SupportsIndex | None = 0, stop: SupportsIndex | None = None
    ) -> int:
        """How many palindromes there are among self[start:stop]; see `palindromes`."""
        with self[slice(start, stop)] as words:
            return sum(words._search(None))

    def _search(self, places: "array[int] | None") -> Iterator[int]:
        """The number of palindromes of each C call; their indices go into `places`, if given."""
        pointer = self._open()
        target = ffi.NULL if places is None else ffi.from_buffer("uint64_t[]", places)
        found = ffi.new("size_t *")
        for begin in range(0, len(self._span), _SEARCHED_PER_CALL):
            span = _normalized(self._span[begin : begin + _SEARCHED_PER_CALL])
            status = lib.words_palindromes(pointer, span.start, span.step, len(span), target, found)
            check(status, self)
            yield int(found[0])

    def _duplicate(self) -> "Self":
        span = self._span
        out = ffi.new("words_t **")
        check(lib.words_select(self._open(), span.start, span.step, len(span), out), self)
        duplicate = type(self).__new__(type(self))
        duplicate._adopt(out)
        return duplicate

    def state(self) -> tuple[memoryview, memoryview]:
        """(text, offsets): all that `from_state` needs, and no more than the words of this list.

        Both are read-only views of C memory, which they keep alive; a copy is made only of a slice
        with a step. `offsets` has one uint64 more than there are words, little-endian; word i is
        the bytes offsets[i] - offsets[0] to offsets[i + 1] - offsets[0] of `text`.
        """
        if self._span.step != 1:
            with self._duplicate() as compact:
                return compact.state()
        text, offsets = self._views()
        begin, end = self._span.start, self._span.stop
        own_text = text[offsets[begin] : offsets[end]]
        return own_text, _little_endian(offsets[begin : end + 1].cast("B"))

    @classmethod
    def from_state(cls, state: Any) -> "Self":
        """A new list from what `state` returned.

        Both parts are any bytes-like objects. If they are in constant memory (bytes, a read-only
        mapping), and the offsets aligned and from 0 on, the list reads them where they are, and
        keeps them alive; else it copies them.

        Raises:
            TypeError: a part is not bytes-like.
            ValueError: a part is missing, the offsets do not span the text, or a word is not UTF-8.
            MemoryError: malloc returned NULL.
        """
        try:
            text, offsets = state
        except ValueError:
            raise ValueError("the state of a native.WordList has 2 parts") from None
        flat_text = flat_bytes(text, "the text of a native.WordList")
        flat_offsets = flat_bytes(offsets, "the offsets of a native.WordList")
        words = cls.__new__(cls)
        words._adopt(*_packed(flat_text, _little_endian(flat_offsets)))
        return words


def _normalized(span: range) -> range:
    """The same indices with a start and a step that fit C integers.

    Those of a range of no or one index may be any int, however large.
    """
    if len(span) > 1:
        return span
    return range(span.start, span.start + 1) if span else range(0)


def _encode(words: list[str], index: int) -> tuple[bytes, list[int]]:
    """The UTF-8 text of words and the bytes of each; `index` is that of the first in the list."""
    try:
        text = "".join(words)
    except TypeError:
        wrong = next(i for i, word in enumerate(words) if not isinstance(word, str))
        found = f"the one at index {index + wrong} is {type(words[wrong]).__qualname__}"
        raise TypeError(f"words must be str, but {found}") from None
    if text.isascii():
        return text.encode(), [str.__len__(word) for word in words]
    encoded = [str.encode(word, "utf-8", "surrogatepass") for word in words]
    return b"".join(encoded), [len(word) for word in encoded]


def _packed(text: memoryview, offsets: memoryview) -> "tuple[CData, list[CData]]":
    """A new words_t from text and offsets (uint64 in this machine's byte order, as bytes).

    Returns:
        The pointer, in an out parameter, and the memory that is used where it is, if any.
    """
    if len(offsets) == 0 or len(offsets) % 8:
        raise ValueError(f"the offsets of words are 8 bytes each, so not {len(offsets)} bytes")
    count = len(offsets) // 8 - 1
    out, where = ffi.new("words_t **"), ffi.new("size_t *")
    memory = [ffi.from_buffer("char[]", text), ffi.from_buffer("char[]", offsets)]
    arguments = memory[0], len(text), memory[1], count, out, where
    constant = is_constant(text) and is_constant(offsets)
    if constant and lib.words_borrow(*arguments) == lib.NATIVE_OK:
        return out, memory
    status = lib.words_new(*arguments)
    for buffer in memory:  # see flat_bytes: an error's traceback would hold a view of a view
        ffi.release(buffer)
    check(status, f"word {where[0]} of {count} in {len(text)} bytes of text")
    return out, []


def _little_endian(offsets: memoryview) -> memoryview:
    """Offsets from this machine's byte order to little-endian, or back; a copy if they differ."""
    if sys.byteorder == "little" or len(offsets) % 8:
        return offsets
    swapped = array("Q", bytes(offsets))
    swapped.byteswap()
    return memoryview(swapped).cast("B").toreadonly()
