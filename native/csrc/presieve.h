/* The pre-sieve: the multiples of the smallest primes are copied in, not crossed off one by one.
 *
 * In a line the multiples of a prime p are every p-th bit, so those of the primes p, q, ...
 * together repeat every p * q * ... bytes. Such a pattern is computed once; then it is combined
 * with a segment by OR, a vector at a time. The idea is that of pre-sieving in primesieve. One
 * pattern serves every line of a wheel: lines differ in the byte at which they enter it. */
#ifndef NATIVE_PRESIEVE_H
#define NATIVE_PRESIEVE_H

#include <stddef.h>
#include <stdint.h>

#include "wheel.h"

#define PRESIEVE_MOST_PATTERNS 32
#define PATTERN_OVERLAP 1024 /* bytes that can be read from any entry on without wrapping around */

typedef struct {
    uint32_t period;       /* bytes: the product of the primes of this pattern */
    uint32_t step;         /* 1 / (8 * M) modulo the period */
    uint32_t overlap_step; /* PATTERN_OVERLAP modulo the period */
    const uint8_t *bytes;  /* period + PATTERN_OVERLAP of them; bit 0 is a multiple of each prime */
} pattern_t;

typedef struct {
    size_t count;
    pattern_t patterns[PRESIEVE_MOST_PATTERNS];
    uint8_t *memory;
} presieve_t;

/* Computes the patterns of a wheel, for primes below `below`. NATIVE_NO_MEMORY. */
int presieve_init(presieve_t *presieve, const wheel_t *wheel, uint32_t below,
                  const uint32_t *small_primes);
void presieve_clear(presieve_t *presieve);

/* The byte at which a line enters a pattern, from the bit on that stands for `number`. */
static inline uint32_t pattern_entry(const pattern_t *pattern, uint64_t number)
{
    return (uint32_t)(number % pattern->period * pattern->step % pattern->period);
}

#endif
