/* What a kept window is: its parts, and how one is made from those of another. */
#include "sieve_struct.h"

#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "window.h"

const uint8_t kept_residues[LINES] = {1, 7, 11, 13, 17, 19, 23, 29};
const int8_t kept_line_of[30] = {-1, 0, -1, -1, -1, -1, -1, 1, -1, -1, -1, 2, -1, 3, -1,
                                  -1, -1, 4, -1, 5, -1, -1, -1, 6, -1, -1, -1, -1, -1, 7};

uint64_t sieve_bitmap_size(uint64_t first, uint64_t last)
{
    return (window_bits(first, last, 30) + 63) / 64 * 8 * LINES;
}

void kept_strike_outside(const sieve_t *sieve, uint32_t line, uint64_t from, uint64_t bits,
                          uint8_t *bytes)
{
    uint64_t residue = kept_residues[line];
    uint64_t first = sieve->first < 2 ? 2 : sieve->first;
    uint64_t end = window_end(sieve->first, sieve->last, 30, residue);
    if (from == 0 && bits > 0 && 30 * sieve->k + residue < first)
        bytes[0] |= 1;
    bits_set(bytes, end <= from ? 0 : end - from, bits);
}

static void strike_all_outside(sieve_t *sieve)
{
    for (uint32_t line = 0; line < LINES; line++)
        kept_strike_outside(sieve, line, 0, 8 * (uint64_t)sieve->stride,
                             sieve->lines + line * sieve->stride);
}

int sieve_new(uint64_t first, uint64_t last, sieve_t **out)
{
    if (first > last || last > LARGEST_LAST)
        return NATIVE_BAD_RANGE;
    sieve_t *sieve = malloc(sizeof *sieve);
    if (sieve == NULL)
        return NATIVE_NO_MEMORY;
    *sieve = (sieve_t){.first = first, .last = last, .progress = FIRST_PROGRESS};
    sieve->needed = first < last ? square_root(last - 1) + 1 : 0;
    sieve->k = first / 30;
    uint64_t stride = sieve_bitmap_size(first, last) / LINES;
    sieve->stride = stride > SIZE_MAX / LINES / 2 ? SIZE_MAX / LINES / 2 : (size_t)stride;
    *out = sieve;
    return NATIVE_OK;
}

int sieve_keep(sieve_t *sieve)
{
    if (sieve->lines != NULL)
        return NATIVE_OK;
    if (sieve->stride != sieve_bitmap_size(sieve->first, sieve->last) / LINES)
        return NATIVE_NO_MEMORY;
    sieve->lines = calloc(LINES, sieve->stride > 0 ? sieve->stride : 1);
    if (sieve->lines == NULL)
        return NATIVE_NO_MEMORY;
    strike_all_outside(sieve);
    return NATIVE_OK;
}

static int restore(uint64_t first, uint64_t last, uint64_t progress, sieve_t **out)
{
    sieve_t *sieve = NULL;
    int status = sieve_new(first, last, &sieve);
    if (status != NATIVE_OK)
        return status;
    if (progress != FIRST_PROGRESS && (progress < FIRST_PROGRESS || progress > sieve->needed))
        status = NATIVE_BAD_VALUE;
    if (status == NATIVE_OK)
        status = sieve_keep(sieve);
    if (status != NATIVE_OK) {
        sieve_free(sieve);
        return status;
    }
    sieve->progress = progress;
    *out = sieve;
    return NATIVE_OK;
}

int sieve_restore(uint64_t first, uint64_t last, uint64_t progress, const void *bitmap,
                  size_t size, sieve_t **out)
{
    if (first > last || last > LARGEST_LAST)
        return NATIVE_BAD_RANGE;
    if (size != sieve_bitmap_size(first, last))
        return NATIVE_BAD_LENGTH;
    int status = restore(first, last, progress, out);
    if (status != NATIVE_OK)
        return status;
    if (size > 0)
        memcpy((*out)->lines, bitmap, size);
    strike_all_outside(*out);
    return NATIVE_OK;
}

/* Whether striking what is outside of the window changes nothing in eight bytes of a line. */
static int is_struck_outside(const sieve_t *sieve, uint32_t line, size_t begin)
{
    uint8_t struck[sizeof(uint64_t)];
    const uint8_t *bytes = sieve->lines + line * sieve->stride + begin;
    memcpy(struck, bytes, sizeof struck);
    kept_strike_outside(sieve, line, 8 * (uint64_t)begin, 8 * sizeof struck, struck);
    return memcmp(struck, bytes, sizeof struck) == 0;
}

int sieve_borrow(uint64_t first, uint64_t last, uint64_t progress, const void *bitmap,
                 size_t size, sieve_t **out)
{
    if (first > last || last > LARGEST_LAST)
        return NATIVE_BAD_RANGE;
    if (size != sieve_bitmap_size(first, last))
        return NATIVE_BAD_LENGTH;
    sieve_t *sieve = NULL;
    int status = sieve_new(first, last, &sieve);
    if (status != NATIVE_OK)
        return status;
    sieve->lines = (uint8_t *)bitmap;
    sieve->lent = 1;
    sieve->progress = progress;
    if (progress < sieve->needed)
        status = NATIVE_UNFINISHED;
    if (progress != FIRST_PROGRESS && (progress < FIRST_PROGRESS || progress > sieve->needed))
        status = NATIVE_BAD_VALUE;
    /* The window begins in the first eight bytes of each line, and ends in the last eight. */
    size_t stride = sieve->stride;
    for (uint32_t line = 0; line < LINES && stride > 0 && status == NATIVE_OK; line++)
        if (!is_struck_outside(sieve, line, 0)
            || !is_struck_outside(sieve, line, stride - sizeof(uint64_t)))
            status = NATIVE_BAD_VALUE;
    if (status == NATIVE_OK)
        *out = sieve;
    else
        sieve_free(sieve);
    return status;
}

int sieve_restore_odd(uint64_t first, uint64_t last, uint64_t progress, const void *bitmap,
                      size_t size, sieve_t **out)
{
    const uint8_t *odds = bitmap;
    if (first > last || last > LARGEST_LAST)
        return NATIVE_BAD_RANGE;
    if (size != (last / 2 - first / 2 + 7) / 8)
        return NATIVE_BAD_LENGTH;
    if (progress >= 3 && progress < FIRST_PROGRESS)
        progress = FIRST_PROGRESS;
    int status = restore(first, last, progress, out);
    if (status != NATIVE_OK)
        return status;
    sieve_t *sieve = *out;
    if (size == 0) /* without an odd number it was finished from the start */
        sieve_reach(sieve, sieve->needed);
    for (uint64_t number = first | 1; number < last; number += 2) {
        uint64_t odd = (number - (first | 1)) / 2, bit = number / 30 - sieve->k;
        int line = kept_line_of[number % 30];
        if (line >= 0 && (odds[odd / 8] >> odd % 8 & 1) != 0)
            sieve->lines[(size_t)line * sieve->stride + bit / 8] |= (uint8_t)(1u << bit % 8);
    }
    return NATIVE_OK;
}

void sieve_free(sieve_t *sieve)
{
    if (sieve != NULL && !sieve->lent)
        free(sieve->lines);
    free(sieve);
}

uint64_t sieve_first(const sieve_t *sieve)
{
    return sieve->first;
}

uint64_t sieve_last(const sieve_t *sieve)
{
    return sieve->last;
}

uint64_t sieve_progress(const sieve_t *sieve)
{
    return sieve->progress;
}

uint64_t sieve_needed(const sieve_t *sieve)
{
    return sieve->needed;
}

const uint8_t *sieve_bitmap(const sieve_t *sieve)
{
    return sieve->lines;
}

size_t sieve_size(const sieve_t *sieve)
{
    return LINES * sieve->stride;
}

int sieve_equal(const sieve_t *left, const sieve_t *right)
{
    if (left->first != right->first || left->last != right->last
        || left->progress != right->progress)
        return 0;
    if (left->lines == NULL || right->lines == NULL)
        return left->lines == right->lines ? 1 : -1;
    return memcmp(left->lines, right->lines, LINES * left->stride) == 0;
}

void sieve_reach(sieve_t *sieve, uint64_t below)
{
    if (below > sieve->needed)
        below = sieve->needed;
    if (below > sieve->progress)
        sieve->progress = below;
}
