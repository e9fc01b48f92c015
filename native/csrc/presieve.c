#include "presieve.h"

#include <stdlib.h>

#include "status.h"

/* Bytes: the patterns of a wheel, 256 KiB at most, then stay in the second-level cache. */
#define LONGEST_PERIOD 20000

/* 1 / a modulo m, by Euclid's algorithm. */
static uint32_t inverse_modulo(uint64_t a, uint32_t m)
{
    int64_t r0 = m, r1 = (int64_t)(a % m), t0 = 0, t1 = 1;
    while (r1 != 0) {
        int64_t q = r0 / r1, r2 = r0 - q * r1, t2 = t0 - q * t1;
        r0 = r1;
        r1 = r2;
        t0 = t1;
        t1 = t2;
    }
    return (uint32_t)(t0 < 0 ? t0 + m : t0);
}

/* Groups of primes for one pattern each: the largest prime that is left, with up to two of the
 * smallest that are left. */
static size_t group_periods(uint32_t *members, uint32_t *periods, const wheel_t *wheel,
                            uint32_t below, const uint32_t *primes)
{
    size_t low = 0, high = 0, groups = 0, lows;
    while (primes[low] < wheel->next_prime)
        low++;
    for (high = low; primes[high] < below; high++)
        ;
    while (low < high && groups < PRESIEVE_MOST_PATTERNS) {
        uint32_t product = primes[--high];
        uint32_t *member = members + 4 * groups;
        *member++ = product;
        for (lows = 0; lows < 2 && low < high; lows++) {
            uint32_t larger = product * primes[low];
            if (larger > LONGEST_PERIOD)
                break;
            product = larger;
            *member++ = primes[low++];
        }
        *member = 0;
        periods[groups++] = product;
    }
    return groups;
}

int presieve_init(presieve_t *presieve, const wheel_t *wheel, uint32_t below,
                  const uint32_t *small_primes)
{
    uint32_t members[4 * PRESIEVE_MOST_PATTERNS], periods[PRESIEVE_MOST_PATTERNS];
    size_t size = 0;
    presieve->below = below;
    presieve->count = group_periods(members, periods, wheel, below, small_primes);
    for (size_t i = 0; i < presieve->count; i++)
        size += periods[i] + PATTERN_OVERLAP;
    presieve->memory = calloc(size, 1);
    if (presieve->memory == NULL)
        return NATIVE_NO_MEMORY;
    uint8_t *bytes = presieve->memory;
    for (size_t i = 0; i < presieve->count; i++) {
        uint32_t period = periods[i];
        for (const uint32_t *prime = members + 4 * i; *prime != 0; prime++)
            for (uint32_t bit = 0; bit < 8 * period; bit += *prime)
                bytes[bit / 8] |= (uint8_t)(1u << bit % 8);
        for (uint32_t done = period; done < period + PATTERN_OVERLAP; done++)
            bytes[done] = bytes[done - period];
        presieve->patterns[i] = (pattern_t){
            period, inverse_modulo(8, period),
            inverse_modulo(8 * (uint64_t)wheel->modulus, period), bytes};
        bytes += period + PATTERN_OVERLAP;
    }
    return NATIVE_OK;
}

void presieve_clear(presieve_t *presieve)
{
    free(presieve->memory);
    presieve->memory = NULL;
}
