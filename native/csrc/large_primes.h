/* Large primes, those that exceed the interval that is sieved: a bucket sieve.
 *
 * Of such a prime a line has one multiple or none. Line by line, all the primes would be read from
 * main memory for each line. So their multiples in eight lines are found before the first of these
 * is sieved, a row of primes at a time, which stays in the second-level cache meanwhile: a bucket
 * for each line holds the multiples. Those of more lines would take memory that malloc returns to
 * the system after each call, and new pages are slow. The buckets are those of primesieve's EratBig
 * and of Oliveira e Silva, "Fast implementation of the segmented sieve of Eratosthenes" (2002),
 * with lines in the place of segments. */
#ifndef NATIVE_LARGE_PRIMES_H
#define NATIVE_LARGE_PRIMES_H

#include <stddef.h>
#include <stdint.h>

#include "dispatch.h"
#include "wheel.h"

#define BUCKET_LINES 8 /* each wheel has a multiple of it */

typedef struct {
    size_t room, found[BUCKET_LINES];
    uint32_t *multiples; /* of a line: from line % BUCKET_LINES * room on */
} buckets_t;

/* Puts the multiples of n primes, each above `bits`, in the first `bits` bits of BUCKET_LINES lines
 * from `line` on, a multiple of that, into empty buckets; bit 0 of the line of r stands for
 * k * M + r. The caller zeroes `buckets` before, and frees buckets->multiples in any case.
 * NATIVE_NO_MEMORY. */
int buckets_fill(buckets_t *buckets, const kernels_t *kernels, const wheel_t *wheel, uint64_t k,
                 uint32_t line, uint32_t bits, const uint32_t *primes, size_t n);

/* Crosses off what is in the bucket of a line, and empties it. */
void buckets_cross_off(buckets_t *buckets, const kernels_t *kernels, uint32_t line, uint8_t *bytes);

#endif
