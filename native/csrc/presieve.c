#include "presieve.h"

#include <stdlib.h>

#include "status.h"

/* Bytes: the patterns of a wheel, 256 KiB at most, then stay in the second-level cache. */
#define LONGEST_PERIOD 20000

/* Groups of primes for one pattern each, as the products of their members: the largest prime that
 * is left, with up to two of the smallest that are left. */
static size_t group_primes(uint32_t *periods, const wheel_t *wheel, uint32_t below,
                           const uint32_t *primes)
{
    size_t low = 0, high = 0, groups = 0;
    while (primes[low] < wheel->residues[1])
        low++;
    while (primes[high] < below)
        high++;
    for (; low < high && groups < PRESIEVE_MOST_PATTERNS; groups++) {
        periods[groups] = primes[--high];
        for (int i = 0; i < 2 && low < high && periods[groups] * primes[low] <= LONGEST_PERIOD; i++)
            periods[groups] *= primes[low++];
    }
    return groups;
}

int presieve_init(presieve_t *presieve, const wheel_t *wheel, uint32_t below,
                  const uint32_t *small_primes)
{
    uint32_t periods[PRESIEVE_MOST_PATTERNS];
    size_t size = 0;
    presieve->count = group_primes(periods, wheel, below, small_primes);
    for (size_t i = 0; i < presieve->count; i++)
        size += periods[i] + PATTERN_OVERLAP;
    presieve->memory = calloc(size, 1);
    if (presieve->memory == NULL)
        return NATIVE_NO_MEMORY;
    uint8_t *bytes = presieve->memory;
    for (size_t i = 0; i < presieve->count; i++) {
        uint32_t period = periods[i];
        for (const uint32_t *prime = small_primes; *prime < below; prime++)
            for (uint32_t bit = 0; period % *prime == 0 && bit < 8 * period; bit += *prime)
                bytes[bit / 8] |= (uint8_t)(1u << bit % 8);
        for (uint32_t done = period; done < period + PATTERN_OVERLAP; done++)
            bytes[done] = bytes[done - period];
        presieve->patterns[i] = (pattern_t){
            period, inverse_modulo(8 * (uint64_t)wheel->modulus, period), PATTERN_OVERLAP % period,
            bytes};
        bytes += period + PATTERN_OVERLAP;
    }
    return NATIVE_OK;
}

void presieve_clear(presieve_t *presieve)
{
    free(presieve->memory);
    presieve->memory = NULL;
}
