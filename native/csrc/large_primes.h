/* Large primes, those that exceed the interval that is sieved: a bucket sieve.
 *
 * Of such a prime a line has one multiple or none. Line by line, all the primes would be read from
 * main memory for each line. So their multiples in as many lines as memory is spent for are found
 * before the first of these is sieved, a row of primes at a time, which stays in the second-level
 * cache meanwhile: a bucket for each row and line holds the multiples. The memory is of a size that
 * malloc keeps for the next call: pages that are new each time took a quarter of the time. The
 * buckets are those of primesieve's EratBig and of
 * Oliveira e Silva, "Fast implementation of the segmented sieve of Eratosthenes" (2002), with lines
 * in the place of segments. */
#ifndef NATIVE_LARGE_PRIMES_H
#define NATIVE_LARGE_PRIMES_H

#include <stddef.h>
#include <stdint.h>

#include "dispatch.h"
#include "wheel.h"

typedef struct {
    size_t rows, room;
    uint32_t first, lines; /* the lines that these buckets are for */
    uint32_t *multiples;   /* of row r in line l: from ends[r * lines + l - first - 1], or 0, on */
    size_t *ends;
} buckets_t;

/* Finds the multiples of n primes, each above `bits`, in the first `bits` bits of some lines, from
 * number `line` on; bit 0 of the line of r stands for k * M + r. The caller zeroes `buckets` before
 * the first call, for line 0, and clears it in any case. NATIVE_NO_MEMORY. */
int buckets_fill(buckets_t *buckets, const kernels_t *kernels, const wheel_t *wheel, uint64_t k,
                 uint32_t line, uint32_t bits, const uint32_t *primes, size_t n);
void buckets_cross_off(const buckets_t *buckets, const kernels_t *kernels, uint32_t line,
                       uint8_t *bytes);
void buckets_clear(buckets_t *buckets);

#endif
