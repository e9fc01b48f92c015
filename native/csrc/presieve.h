/* The pre-sieve: the smallest primes strike so often that their strikes are copied in.
 *
 * In a line the strikes of a prime repeat every p bits, so those of a group of primes repeat every
 * p * q * ... bytes. Such a pattern, written once, is combined with the line by OR, a vector at a
 * time. The idea is that of pre-sieving in primesieve; the same pattern serves every line of every
 * wheel, entered at another byte. */
#ifndef NATIVE_PATTERNS_H
#define NATIVE_PATTERNS_H

#include <stddef.h>
#include <stdint.h>

#include "wheel.h"

#define PATTERNS_MOST 20
#define PATTERN_CHUNK 1024 /* bytes that can be read from any entry on without wrapping */

typedef struct {
    uint32_t period;       /* bytes: the product of the primes of the group */
    uint32_t eighth;       /* 1 / 8 modulo the period */
    uint32_t step;         /* 1 / (8 * M) modulo the period */
    const uint8_t *bytes;  /* period + PATTERN_CHUNK of them; bit 0 is struck by each prime */
} pattern_t;

typedef struct {
    uint32_t below;        /* the primes from the wheel's next one on, below this, are in a group */
    size_t count;
    pattern_t groups[PATTERNS_MOST];
    uint8_t *memory;
} patterns_t;

/* Builds the patterns of a wheel, for primes below `below`. NATIVE_NO_MEMORY. */
int patterns_init(patterns_t *patterns, const wheel_t *wheel, uint32_t below,
                  const uint32_t *small_primes);
void patterns_clear(patterns_t *patterns);

/* The byte of a pattern that belongs to the first byte of a line piece: that of the line of residue
 * r whose first bit stands for k * M + r. */
static inline uint32_t pattern_entry(const pattern_t *pattern, uint64_t k, uint32_t r)
{
    uint64_t from_k = k % pattern->period * pattern->eighth;
    return (uint32_t)((from_k + (uint64_t)r * pattern->step) % pattern->period);
}

#endif
