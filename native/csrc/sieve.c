/* A window and its bitmap: how one is made, also from the parts of another. */
#include "sieve.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_PROGRESS 7

uint64_t sieve_bitmap_size(uint64_t first, uint64_t last)
{
    return (window_bits(first, last, 30) + 63) / 64 * 8 * WHEEL_30_LINES;
}

static void cross_off_all_outside(const sieve_t *sieve, uint8_t *lines)
{
    for (uint32_t line = 0; line < WHEEL_30_LINES; line++)
        cross_off_outside(sieve, line, 0, 8 * (uint64_t)sieve->stride,
                          lines + line * sieve->stride);
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
    uint64_t stride = sieve_bitmap_size(first, last) / WHEEL_30_LINES;
    size_t most = SIZE_MAX / (2 * WHEEL_30_LINES);
    sieve->stride = stride < most ? (size_t)stride : most;
    *out = sieve;
    return NATIVE_OK;
}

int sieve_make_bitmap(sieve_t *sieve)
{
    if (sieve->lines != NULL)
        return NATIVE_OK;
    if (sieve->stride != sieve_bitmap_size(sieve->first, sieve->last) / WHEEL_30_LINES)
        return NATIVE_NO_MEMORY;
    uint8_t *lines = calloc(WHEEL_30_LINES, sieve->stride > 0 ? sieve->stride : 1);
    if (lines == NULL)
        return NATIVE_NO_MEMORY;
    cross_off_all_outside(sieve, lines);
    sieve->lines = lines;
    return NATIVE_OK;
}

/* A sieve for parts of another, whose bitmap has `size` bytes; to be given or freed. */
static int new_for(uint64_t first, uint64_t last, uint64_t progress, size_t size, sieve_t **out)
{
    int status = sieve_new(first, last, out);
    if (status != NATIVE_OK)
        return status;
    (*out)->progress = progress;
    if (size != sieve_bitmap_size(first, last))
        return NATIVE_BAD_LENGTH;
    return progress == FIRST_PROGRESS || (progress > FIRST_PROGRESS && progress <= (*out)->needed)
        ? NATIVE_OK : NATIVE_BAD_VALUE;
}

static int give(sieve_t *sieve, int status, sieve_t **out)
{
    if (status == NATIVE_OK)
        *out = sieve;
    else
        sieve_free(sieve);
    return status;
}

int sieve_restore(uint64_t first, uint64_t last, uint64_t progress, const void *bitmap,
                  size_t size, sieve_t **out)
{
    sieve_t *sieve = NULL;
    int status = new_for(first, last, progress, size, &sieve);
    if (status == NATIVE_OK)
        status = sieve_make_bitmap(sieve);
    if (status == NATIVE_OK && size > 0) {
        memcpy(sieve->lines, bitmap, size);
        cross_off_all_outside(sieve, sieve->lines);
    }
    return give(sieve, status, out);
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
    int status = new_for(first, last, progress, size, &sieve);
    if (status == NATIVE_OK && progress < sieve->needed)
        status = NATIVE_UNFINISHED;
    if (status == NATIVE_OK) {
        sieve->lines = (uint8_t *)bitmap;
        sieve->borrowed = 1;
    }
    /* The window begins in the first eight bytes of each line, and ends in the last eight. */
    for (uint32_t line = 0; line < WHEEL_30_LINES && size > 0 && status == NATIVE_OK; line++)
        if (!is_crossed_off_outside(sieve, line, 0)
            || !is_crossed_off_outside(sieve, line, sieve->stride - sizeof(uint64_t)))
            status = NATIVE_BAD_VALUE;
    return give(sieve, status, out);
}

void sieve_free(sieve_t *sieve)
{
    if (sieve != NULL && !sieve->borrowed)
        free(sieve->lines);
    free(sieve);
}

int sieve_equal(const sieve_t *left, const sieve_t *right)
{
    if (left->first != right->first || left->last != right->last
        || left->progress != right->progress)
        return 0;
    if (left->lines == NULL || right->lines == NULL)
        return left->lines == right->lines ? 1 : -1;
    return memcmp(left->lines, right->lines, WHEEL_30_LINES * left->stride) == 0;
}

void sieve_raise_progress(sieve_t *sieve, uint64_t below)
{
    if (below > sieve->needed)
        below = sieve->needed;
    if (below > sieve->progress)
        sieve->progress = below;
}
