/* Large primes, those that exceed the interval that is sieved: a bucket sieve.
 *
 * Of such a prime a line has one multiple or none. Line by line, all the primes would be read from
 * main memory for each line. So their multiples in all lines are found before the first line is
 * sieved, a row of primes at a time, which stays in the second-level cache meanwhile: a bucket for
 * each row and line holds the multiples. The buckets are those of primesieve's EratBig and of
 * Oliveira e Silva, "Fast implementation of the segmented sieve of Eratosthenes" (2002), with lines
 * in the place of segments. */
#ifndef NATIVE_LARGE_PRIMES_H
#define NATIVE_LARGE_PRIMES_H

#include <stddef.h>
#include <stdint.h>

#include "dispatch.h"
#include "wheel.h"

typedef struct {
    size_t rows;
    uint32_t lines;
    uint32_t *multiples; /* of row r in line l: from ends[r * lines + l - 1], or 0, on */
    size_t *ends;
} buckets_t;

/* Finds the multiples of n primes, each above `bits`, in the first `bits` bits of every line; bit 0
 * of the line of residue 1 stands for `number`. The caller zeroes `buckets` before, and clears it
 * in any case. NATIVE_NO_MEMORY. */
int buckets_fill(buckets_t *buckets, const kernels_t *kernels, const wheel_t *wheel,
                 uint64_t number, uint32_t bits, const uint32_t *primes, size_t n);
void buckets_cross_off(const buckets_t *buckets, const kernels_t *kernels, uint32_t line,
                       uint8_t *bytes);
void buckets_clear(buckets_t *buckets);

#endif
