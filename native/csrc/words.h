/* Words packed one after the other: their text as UTF-8, and the offset at which each begins.
 *
 * Word i is the bytes [offsets[i], offsets[i + 1]) of the text, so `count` words have count + 1
 * offsets, the first of them 0 and the last the size of the text. A lone surrogate is written as
 * the three bytes that UTF-8 would give its number (Python's "surrogatepass"); NUL is a character
 * like any other. Words never change once they are made, so all functions may run concurrently.
 * Each words_t has one owner, who calls words_free.
 *
 * A selection of `count` words is start, start + step, ...; every function that takes one returns
 * NATIVE_BAD_RANGE where a word of it is outside the list. */
#ifndef NATIVE_WORDS_H
#define NATIVE_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"

/* cffi begins */
/* For callers to read. */
typedef struct {
    size_t count;
    uint64_t *offsets; /* count + 1 of them; like the text, valid until words_free */
    uint8_t *text;
} words_t;

/* A copy of text and offsets, into *out. The caller owns it.
 * `offsets` are count + 1 uint64_t in the machine's byte order at any alignment; the first need
 * not be 0: it is subtracted from all of them.
 * NATIVE_BAD_OFFSETS unless they ascend and span exactly `size` bytes; NATIVE_BAD_TEXT where a
 * word is not UTF-8; both say which word in *where. NATIVE_NO_MEMORY. Cost: one pass. */
int words_new(const void *text, size_t size, const void *offsets, size_t count, words_t **out,
              size_t *where);

/* The same, but the list reads text and offsets where they are: the caller keeps them unchanged
 * until words_free. NATIVE_BAD_OFFSETS also where the first is not 0, or they are not aligned. */
int words_borrow(const void *text, size_t size, const void *offsets, size_t count, words_t **out,
                 size_t *where);

/* The selected words alone, in their order, in memory of their own, into *out.
 * NATIVE_BAD_RANGE, NATIVE_NO_MEMORY. */
int words_select(const words_t *words, size_t start, int64_t step, size_t count, words_t **out);

/* Frees the memory; NULL is allowed. */
void words_free(words_t *words);

/* 1 where both selections hold the same words in the same order, else 0; both within range. */
int words_equal(const words_t *left, size_t left_start, int64_t left_step,
                const words_t *right, size_t right_start, int64_t right_step, size_t count);

/* Bytes of text of the selected words, into *out. NATIVE_BAD_RANGE. */
int words_size(const words_t *words, size_t start, int64_t step, size_t count, uint64_t *out);

/* The selected words that read the same backward by code point and are not empty: how many, into
 * *found, and, unless `out` is NULL, the index of each in the list into out[] (room for `count`).
 * NATIVE_BAD_RANGE. Cost: one pass over half of their text. */
int words_palindromes(const words_t *words, size_t start, int64_t step, size_t count,
                      uint64_t *out, size_t *found);
/* cffi ends */

#endif
