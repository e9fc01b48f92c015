/* Packed words, their validation and the search for palindromes.
 *
 * UTF-8 as in RFC 3629, section 4, with surrogates allowed. A palindrome is found by walking whole
 * encoded characters from both ends: in valid UTF-8, equal characters are equal bytes. */
#include "words.h"

#include <stdlib.h>
#include <string.h>

#include "bits.h"

static int is_continuation(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Bytes of the character at `text`, of which `size` are left; 0 where there is no valid one. */
static size_t character_size(const uint8_t *text, size_t size)
{
    uint8_t lead = text[0];
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || size < 2 || !is_continuation(text[1]))
        return 0;
    if (lead < 0xe0)
        return 2;
    if (size < 3 || !is_continuation(text[2]))
        return 0;
    if (lead < 0xf0) /* E0 80..9F would be a character of two bytes written in three */
        return lead == 0xe0 && text[1] < 0xa0 ? 0 : 3;
    if (size < 4 || !is_continuation(text[3]))
        return 0;
    if (lead > 0xf4 || (lead == 0xf0 && text[1] < 0x90) || (lead == 0xf4 && text[1] > 0x8f))
        return 0;
    return 4;
}

static int is_text(const uint8_t *text, size_t size)
{
    while (size > 0) {
        size_t step = character_size(text, size);
        if (step == 0)
            return 0;
        text += step;
        size -= step;
    }
    return 1;
}

#define HEADER ((sizeof(words_t) + 7) / 8) /* of the memory of a list, in words of 64 bits */

/* A list without words yet, in one piece of memory: behind the struct come the offsets, then `size`
 * bytes of text. */
static words_t *allocate(size_t count, size_t size)
{
    if (count >= SIZE_MAX / 16 || size >= SIZE_MAX / 4)
        return NULL;
    words_t *words = malloc((HEADER + count + 1) * sizeof(uint64_t) + size);
    if (words == NULL)
        return NULL;
    uint64_t *offsets = (uint64_t *)words + HEADER;
    *words = (words_t){count, offsets, (uint8_t *)(offsets + count + 1)};
    offsets[0] = 0;
    return words;
}

static int check(const uint8_t *text, size_t size, const void *offsets, size_t count,
                 size_t *where)
{
    uint64_t origin = bits_load(offsets, 0);
    uint64_t begin = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t end = bits_load(offsets, i + 1) - origin;
        *where = i;
        if (end < begin || end > size)
            return NATIVE_BAD_OFFSETS;
        if (!is_text(text + begin, (size_t)(end - begin)))
            return NATIVE_BAD_TEXT;
        begin = end;
    }
    return begin == size ? NATIVE_OK : NATIVE_BAD_OFFSETS;
}

int words_borrow(const void *text, size_t size, const void *offsets, size_t count, words_t **out,
                 size_t *where)
{
    int status = check(text, size, offsets, count, where);
    if (status != NATIVE_OK)
        return status;
    if (bits_load(offsets, 0) != 0 || (uintptr_t)offsets % sizeof(uint64_t) != 0)
        return NATIVE_BAD_OFFSETS;
    words_t *words = malloc(sizeof *words);
    if (words == NULL)
        return NATIVE_NO_MEMORY;
    *words = (words_t){count, (uint64_t *)offsets, (uint8_t *)text};
    *out = words;
    return NATIVE_OK;
}

int words_new(const void *text, size_t size, const void *offsets, size_t count, words_t **out,
              size_t *where)
{
    int status = check(text, size, offsets, count, where);
    if (status != NATIVE_OK)
        return status;
    uint64_t origin = bits_load(offsets, 0);
    words_t *words = allocate(count, size);
    if (words == NULL)
        return NATIVE_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        words->offsets[i + 1] = bits_load(offsets, i + 1) - origin;
    if (size > 0)
        memcpy(words->text, text, size);
    *out = words;
    return NATIVE_OK;
}

void words_free(words_t *words)
{
    free(words);
}

/* Whether all of a selection lies in the list. Division instead of multiplication: steps of any
 * length are compared without overflow. */
static int in_range(const words_t *words, size_t start, int64_t step, size_t count)
{
    if (count == 0)
        return 1;
    if (start >= words->count)
        return 0;
    if (count == 1)
        return 1;
    uint64_t room = step > 0 ? words->count - 1 - start : start;
    uint64_t stride = step > 0 ? (uint64_t)step : (uint64_t)0 - (uint64_t)step;
    return stride != 0 && stride <= room / (count - 1);
}

/* The i-th word of a selection. Unsigned arithmetic wraps, so a negative step works. */
static size_t selected(size_t start, int64_t step, size_t i)
{
    return start + (size_t)step * i;
}

static size_t word_size(const words_t *words, size_t index)
{
    return (size_t)(words->offsets[index + 1] - words->offsets[index]);
}

static const uint8_t *word_text(const words_t *words, size_t index)
{
    return words->text + words->offsets[index];
}

int words_size(const words_t *words, size_t start, int64_t step, size_t count, uint64_t *out)
{
    if (!in_range(words, start, step, count))
        return NATIVE_BAD_RANGE;
    uint64_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += word_size(words, selected(start, step, i));
    *out = size;
    return NATIVE_OK;
}

int words_select(const words_t *words, size_t start, int64_t step, size_t count, words_t **out)
{
    uint64_t size = 0;
    int status = words_size(words, start, step, count, &size);
    if (status != NATIVE_OK)
        return status;
    words_t *copy = allocate(count, (size_t)size);
    if (copy == NULL)
        return NATIVE_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        size_t index = selected(start, step, i);
        size_t length = word_size(words, index);
        memcpy(copy->text + copy->offsets[i], word_text(words, index), length);
        copy->offsets[i + 1] = copy->offsets[i] + length;
    }
    *out = copy;
    return NATIVE_OK;
}

int words_equal(const words_t *left, size_t left_start, int64_t left_step,
                const words_t *right, size_t right_start, int64_t right_step, size_t count)
{
    if (!in_range(left, left_start, left_step, count)
        || !in_range(right, right_start, right_step, count))
        return 0;
    for (size_t i = 0; i < count; i++) {
        size_t l = selected(left_start, left_step, i);
        size_t r = selected(right_start, right_step, i);
        size_t length = word_size(left, l);
        if (length != word_size(right, r)
            || memcmp(word_text(left, l), word_text(right, r), length) != 0)
            return 0;
    }
    return 1;
}

static int is_palindrome(const uint8_t *text, size_t size)
{
    const uint8_t *front = text;
    const uint8_t *back = text + size;
    if (size == 0)
        return 0;
    while (front < back) {
        const uint8_t *character = back - 1;
        while (is_continuation(*character))
            character--;
        size_t length = (size_t)(back - character);
        /* Reads no byte behind `back`: `character` is not before `front`, and the middle character
         * of an odd number is compared with itself. */
        if (*front != *character || (length > 1 && memcmp(front, character, length) != 0))
            return 0;
        front += length;
        back = character;
    }
    return 1;
}

int words_palindromes(const words_t *words, size_t start, int64_t step, size_t count,
                      uint64_t *out, size_t *found)
{
    if (!in_range(words, start, step, count))
        return NATIVE_BAD_RANGE;
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        size_t index = selected(start, step, i);
        if (!is_palindrome(word_text(words, index), word_size(words, index)))
            continue;
        if (out != NULL)
            out[n] = index;
        n++;
    }
    *found = n;
    return NATIVE_OK;
}
