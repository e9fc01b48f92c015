/* The sieve of Eratosthenes over odd numbers, one bit each, in segments that fit the L1 cache.
 *
 * Segments after Bays and Hudson, "The segmented sieve of Eratosthenes and primes in arithmetic
 * progressions to 10^12", BIT 17 (1977). Numbers below SEGMENT_BITS hit every segment, so they
 * strike one segment after another and each carries on where it stopped; larger ones miss most
 * segments and strike a whole block, which fits the L2 cache. */
#include "sieve.h"

#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "window.h"

#define SEGMENT_BITS (UINT32_C(8) * 32 * 1024)
#define BLOCK_BYTES ((size_t)1024 * 1024)
#define CARRIED 4096                           /* all odd primes below 38,891: enough for 10^9 */
#define LARGEST_ROOT UINT64_C(3037000499)      /* isqrt(2^63 - 1) */
#define FIRST_PROGRESS 3

struct sieve {
    uint64_t first;
    uint64_t last;
    uint64_t progress;
    uint64_t needed;
    uint64_t length; /* odd numbers in the window */
    size_t size;     /* bytes that hold them */
    uint8_t bits[];
};

static uint64_t odd_numbers(uint64_t first, uint64_t last)
{
    return last / 2 - first / 2;
}

static uint64_t number_of(const sieve_t *sieve, uint64_t index)
{
    return (sieve->first | 1) + 2 * index;
}

uint64_t sieve_bitmap_size(uint64_t first, uint64_t last)
{
    return odd_numbers(first, last) / 8 + (odd_numbers(first, last) % 8 != 0);
}

/* What must hold whatever bytes came in: 1 is no prime, and bits behind the window are 0. */
static void normalise(sieve_t *sieve)
{
    if (sieve->first <= 1 && sieve->size > 0)
        sieve->bits[0] |= 1;
    if (sieve->length % 8 != 0)
        sieve->bits[sieve->size - 1] &= (uint8_t)((1u << sieve->length % 8) - 1);
}

int sieve_new(uint64_t first, uint64_t last, sieve_t **out)
{
    if (first > last || last > LARGEST_LAST)
        return NATIVE_BAD_RANGE;
    uint64_t size = sieve_bitmap_size(first, last);
    if (size > SIZE_MAX / 2 - sizeof(sieve_t))
        return NATIVE_NO_MEMORY;
    sieve_t *sieve = calloc(1, sizeof(sieve_t) + (size_t)size);
    if (sieve == NULL)
        return NATIVE_NO_MEMORY;
    sieve->first = first;
    sieve->last = last;
    sieve->progress = FIRST_PROGRESS;
    sieve->length = odd_numbers(first, last);
    sieve->needed = sieve->length == 0 ? 0 : square_root(last - 1) + 1;
    sieve->size = (size_t)size;
    normalise(sieve);
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
    sieve_t *sieve = NULL;
    int status = sieve_new(first, last, &sieve);
    if (status != NATIVE_OK)
        return status;
    if (progress != FIRST_PROGRESS && (progress < FIRST_PROGRESS || progress > sieve->needed)) {
        sieve_free(sieve);
        return NATIVE_BAD_VALUE;
    }
    sieve->progress = progress;
    if (size > 0)
        memcpy(sieve->bits, bitmap, size);
    normalise(sieve);
    *out = sieve;
    return NATIVE_OK;
}

int sieve_copy(const sieve_t *sieve, sieve_t **out)
{
    return sieve_restore(sieve->first, sieve->last, sieve->progress, sieve->bits, sieve->size,
                         out);
}

void sieve_free(sieve_t *sieve)
{
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
    return sieve->bits;
}

size_t sieve_size(const sieve_t *sieve)
{
    return sieve->size;
}

int sieve_equal(const sieve_t *left, const sieve_t *right)
{
    return left->first == right->first && left->last == right->last
        && left->progress == right->progress
        && memcmp(left->bits, right->bits, left->size) == 0;
}

static uint64_t prime_at(const void *primes, size_t index)
{
    uint64_t prime;
    memcpy(&prime, (const uint8_t *)primes + index * sizeof prime, sizeof prime);
    return prime;
}

size_t sieve_check_primes(const void *primes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (prime_at(primes, i) < 2)
            return i;
    return count;
}

/* Strikes every step-th bit from `index` on; returns the first index at or behind `end`. */
static uint32_t strike(uint8_t *bits, uint32_t index, uint32_t end, uint32_t step)
{
    for (; index < end; index += step)
        bits[index / 8] |= (uint8_t)(1u << index % 8);
    return index;
}

/* The bit, from the number `low` on, of the first odd multiple of `prime` that is not below its
 * square: the smaller ones have a smaller factor. Both arguments are odd. */
static uint64_t first_multiple(uint64_t prime, uint64_t low)
{
    uint64_t square = prime * prime;
    if (square >= low)
        return (square - low) / 2;
    uint64_t rest = low % prime;
    if (rest == 0)
        return 0;
    uint64_t gap = prime - rest;
    return (gap % 2 == 0 ? gap : gap + prime) / 2;
}

/* Strikes with the carried numbers, one segment after another. */
static void strike_segments(uint8_t *bits, uint32_t length, const uint32_t *primes,
                            uint32_t *next, size_t count)
{
    uint32_t end = 0;
    while (end < length) {
        end = length - end > SEGMENT_BITS ? end + SEGMENT_BITS : length;
        for (size_t i = 0; i < count; i++)
            next[i] = strike(bits, next[i], end, primes[i]);
    }
}

/* Strikes `length` bits, at most 8 * BLOCK_BYTES; the first stands for the number `low`. */
static void strike_block(uint8_t *bits, uint32_t length, uint64_t low, const void *primes,
                         size_t count)
{
    uint32_t carried[CARRIED];
    uint32_t next[CARRIED];
    size_t held = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t prime = prime_at(primes, i);
        if (prime < 3 || prime % 2 == 0 || prime > LARGEST_ROOT)
            continue;
        uint64_t index = first_multiple(prime, low);
        if (index >= length)
            continue;
        if (prime >= SEGMENT_BITS) {
            for (; index < length; index += prime)
                bits[index / 8] |= (uint8_t)(1u << index % 8);
            continue;
        }
        carried[held] = (uint32_t)prime;
        next[held] = (uint32_t)index;
        if (++held == CARRIED) {
            strike_segments(bits, length, carried, next, held);
            held = 0;
        }
    }
    strike_segments(bits, length, carried, next, held);
}

int sieve_cross_off(sieve_t *sieve, const void *primes, size_t count, size_t begin, size_t end)
{
    if (begin > end || end > sieve->size)
        return NATIVE_BAD_RANGE;
    for (; begin < end; begin += BLOCK_BYTES) {
        size_t bytes = end - begin < BLOCK_BYTES ? end - begin : BLOCK_BYTES;
        uint64_t index = 8 * (uint64_t)begin;
        uint64_t left = sieve->length - index;
        uint32_t length = left < 8 * bytes ? (uint32_t)left : (uint32_t)(8 * bytes);
        strike_block(sieve->bits + begin, length, number_of(sieve, index), primes, count);
        if (bytes < BLOCK_BYTES)
            break;
    }
    return NATIVE_OK;
}

void sieve_reach(sieve_t *sieve, uint64_t below)
{
    if (below > sieve->needed)
        below = sieve->needed;
    if (below > sieve->progress)
        sieve->progress = below;
}

static int finished(const sieve_t *sieve)
{
    return sieve->progress >= sieve->needed;
}

static int holds_two(const sieve_t *sieve)
{
    return sieve->first <= 2 && 2 < sieve->last;
}

int sieve_count(const sieve_t *sieve, uint64_t *out)
{
    if (!finished(sieve))
        return NATIVE_UNFINISHED;
    uint64_t struck = 0;
    size_t i = 0;
    for (; i + 8 <= sieve->size; i += 8)
        struck += bits_count(bits_load(sieve->bits + i));
    for (; i < sieve->size; i++)
        struck += bits_count(sieve->bits[i]);
    *out = sieve->length - struck + (holds_two(sieve) ? 1 : 0);
    return NATIVE_OK;
}

/* The 64 bits from `index` on, a multiple of 64: a bit is set where its number is prime. */
static uint64_t unstruck(const sieve_t *sieve, uint64_t index)
{
    size_t byte = (size_t)(index / 8);
    if (sieve->size - byte >= 8 && sieve->length - index >= 64)
        return ~bits_load(sieve->bits + byte);
    uint8_t tail[8] = {0};
    memcpy(tail, sieve->bits + byte, sieve->size - byte);
    return ~bits_load(tail) & ((UINT64_C(1) << (sieve->length - index)) - 1);
}

int sieve_list(const sieve_t *sieve, uint64_t from, uint64_t *out, size_t capacity,
               size_t *written)
{
    if (!finished(sieve))
        return NATIVE_UNFINISHED;
    size_t n = 0;
    if (from <= 2 && holds_two(sieve) && n < capacity)
        out[n++] = 2;
    uint64_t low = number_of(sieve, 0);
    uint64_t index = from <= low ? 0 : (from - low + 1) / 2;
    uint64_t mask = ~UINT64_C(0) << index % 64;
    for (index -= index % 64; index < sieve->length && n < capacity; index += 64) {
        uint64_t word = unstruck(sieve, index) & mask;
        mask = ~UINT64_C(0);
        for (; word != 0 && n < capacity; word &= word - 1)
            out[n++] = number_of(sieve, index + bits_lowest(word));
    }
    *written = n;
    return NATIVE_OK;
}

int sieve_contains(const sieve_t *sieve, uint64_t number, int *out)
{
    if (number < sieve->first || number >= sieve->last)
        return NATIVE_BAD_RANGE;
    if (!finished(sieve))
        return NATIVE_UNFINISHED;
    if (number % 2 == 0) {
        *out = number == 2;
        return NATIVE_OK;
    }
    uint64_t index = (number - number_of(sieve, 0)) / 2;
    *out = (sieve->bits[index / 8] >> index % 8 & 1) == 0;
    return NATIVE_OK;
}
