/* A window and its bitmap: how one is made, also from the parts of another. */
#include "sieve.h"

#include <stdlib.h>
#include <string.h>

#include "sieve_struct.h"

uint64_t sieve_bitmap_size(uint64_t first, uint64_t last)
{
    return (window_bits(first, last, 30) + 63) / 64 * 8 * LINES;
}

static void cross_off_all_outside(sieve_t *sieve)
{
    for (uint32_t line = 0; line < LINES; line++)
        cross_off_outside(sieve, line, 0, 8 * (uint64_t)sieve->stride,
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

int sieve_make_bitmap(sieve_t *sieve)
{
    if (sieve->lines != NULL)
        return NATIVE_OK;
    if (sieve->stride != sieve_bitmap_size(sieve->first, sieve->last) / LINES)
        return NATIVE_NO_MEMORY;
    sieve->lines = calloc(LINES, sieve->stride > 0 ? sieve->stride : 1);
    if (sieve->lines == NULL)
        return NATIVE_NO_MEMORY;
    cross_off_all_outside(sieve);
    return NATIVE_OK;
}

static int is_bad_progress(const sieve_t *sieve, uint64_t progress)
{
    return progress != FIRST_PROGRESS && (progress < FIRST_PROGRESS || progress > sieve->needed);
}

/* A sieve with a fresh bitmap, for one of `size` bytes that is to have `expected` of them. */
static int restore(uint64_t first, uint64_t last, uint64_t progress, size_t size, uint64_t expected,
                   sieve_t **out)
{
    sieve_t *sieve = NULL;
    int status = sieve_new(first, last, &sieve);
    if (status != NATIVE_OK)
        return status;
    sieve->progress = progress;
    if (size != expected)
        status = NATIVE_BAD_LENGTH;
    else if (is_bad_progress(sieve, progress))
        status = NATIVE_BAD_VALUE;
    else
        status = sieve_make_bitmap(sieve);
    if (status == NATIVE_OK)
        *out = sieve;
    else
        sieve_free(sieve);
    return status;
}

int sieve_restore(uint64_t first, uint64_t last, uint64_t progress, const void *bitmap,
                  size_t size, sieve_t **out)
{
    int status = restore(first, last, progress, size, sieve_bitmap_size(first, last), out);
    if (status != NATIVE_OK)
        return status;
    if (size > 0)
        memcpy((*out)->lines, bitmap, size);
    cross_off_all_outside(*out);
    return NATIVE_OK;
}

/* Whether what is outside of the window is crossed off in eight bytes of a line. */
static int is_crossed_off_outside(const sieve_t *sieve, uint32_t line, size_t begin)
{
    uint8_t expected[sizeof(uint64_t)];
    const uint8_t *bytes = sieve->lines + line * sieve->stride + begin;
    memcpy(expected, bytes, sizeof expected);
    cross_off_outside(sieve, line, 8 * (uint64_t)begin, 8 * sizeof expected, expected);
    return memcmp(expected, bytes, sizeof expected) == 0;
}

int sieve_borrow(uint64_t first, uint64_t last, uint64_t progress, const void *bitmap,
                 size_t size, sieve_t **out)
{
    sieve_t *sieve = NULL;
    int status = sieve_new(first, last, &sieve);
    if (status != NATIVE_OK)
        return status;
    sieve->lines = (uint8_t *)bitmap;
    sieve->borrowed = 1;
    sieve->progress = progress;
    if (size != sieve_bitmap_size(first, last))
        status = NATIVE_BAD_LENGTH;
    else if (is_bad_progress(sieve, progress))
        status = NATIVE_BAD_VALUE;
    else if (progress < sieve->needed)
        status = NATIVE_UNFINISHED;
    /* The window begins in the first eight bytes of each line, and ends in the last eight. */
    size_t stride = sieve->stride;
    for (uint32_t line = 0; line < LINES && stride > 0 && status == NATIVE_OK; line++)
        if (!is_crossed_off_outside(sieve, line, 0)
            || !is_crossed_off_outside(sieve, line, stride - sizeof(uint64_t)))
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
    if (progress >= 3 && progress < FIRST_PROGRESS)
        progress = FIRST_PROGRESS;
    int status = restore(first, last, progress, size, (last / 2 - first / 2 + 7) / 8, out);
    if (status != NATIVE_OK)
        return status;
    sieve_t *sieve = *out;
    if (size == 0) /* without an odd number, a sieve of layout 1 is finished from the start */
        sieve_raise_progress(sieve, sieve->needed);
    for (uint64_t number = first | 1; number < last; number += 2) {
        uint64_t odd = (number - (first | 1)) / 2, bit = number / 30 - sieve->k;
        int line = wheel_30_line_of[number % 30];
        if (line >= 0 && (odds[odd / 8] >> odd % 8 & 1) != 0)
            sieve->lines[(size_t)line * sieve->stride + bit / 8] |= (uint8_t)(1u << bit % 8);
    }
    return NATIVE_OK;
}

void sieve_free(sieve_t *sieve)
{
    if (sieve != NULL && !sieve->borrowed)
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

void sieve_raise_progress(sieve_t *sieve, uint64_t below)
{
    if (below > sieve->needed)
        below = sieve->needed;
    if (below > sieve->progress)
        sieve->progress = below;
}
