/* Queries of a finished sieve: how many primes, and which ones. */
#include <string.h>

#include "sieve.h"

static const uint8_t wheel_primes[] = {2, 3, 5}; /* no line holds them */

static int readable(const sieve_t *sieve)
{
    return sieve->lines != NULL && sieve->progress >= sieve->needed;
}

int sieve_count(const context_t *context, const sieve_t *sieve, uint64_t *out)
{
    if (!readable(sieve))
        return NATIVE_UNFINISHED;
    *out = context->kernels->count_zeros(sieve->lines, WHEEL_30_LINES * sieve->stride);
    for (int i = 0; i < 3; i++)
        *out += sieve->first <= wheel_primes[i] && wheel_primes[i] < sieve->last;
    return NATIVE_OK;
}

int sieve_list(const context_t *context, const sieve_t *sieve, uint64_t from, uint64_t *out,
               size_t capacity, size_t *written)
{
    uint64_t primes[DECODE_ROOM];
    size_t n = 0;
    if (!readable(sieve))
        return NATIVE_UNFINISHED;
    if (from < sieve->first)
        from = sieve->first;
    for (int i = 0; i < 3; i++)
        if (from <= wheel_primes[i] && wheel_primes[i] < sieve->last && n < capacity)
            out[n++] = wheel_primes[i];
    size_t byte = (size_t)(from / 30 - sieve->k) / 64 * 8;
    for (; byte < sieve->stride && n < capacity; byte += 8) {
        size_t found = context->kernels->decode(sieve->lines + byte, sieve->stride,
                                                30 * (sieve->k + 8 * (uint64_t)byte), primes);
        size_t skip = 0;
        while (skip < found && primes[skip] < from)
            skip++;
        size_t fit = found - skip < capacity - n ? found - skip : capacity - n;
        memcpy(out + n, primes + skip, fit * sizeof *out);
        n += fit;
    }
    *written = n;
    return NATIVE_OK;
}
