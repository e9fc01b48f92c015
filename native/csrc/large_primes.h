/* Buckets: the strikes of primes that exceed a line, found for all lines before the first is sieved.
 *
 * Such a prime strikes a line once or not at all. Done line after line, all of them would be read
 * from far memory for each line. So they are taken a chunk at a time, which stays in the
 * second-level cache while its strikes in every line are written down: a bucket for each chunk and
 * line, as in the segment lists of Oliveira e Silva, "Fast implementation of the segmented sieve of
 * Eratosthenes" (2002), with lines in place of segments. */
#ifndef NATIVE_BUCKETS_H
#define NATIVE_BUCKETS_H

#include <stddef.h>
#include <stdint.h>

#include "context.h"

typedef struct {
    size_t chunks;
    uint32_t lines;
    uint32_t *hits;  /* those of chunk c in line l: from ends[c * lines + l - 1], or 0, on */
    size_t *ends;
} buckets_t;

/* The strikes of n primes, each above `bits`, in the first `bits` bits of every line; bit 0 of the
 * line of residue 1 stands for `number`. NATIVE_NO_MEMORY. To be cleared in any case. */
int buckets_fill(buckets_t *buckets, const path_t *path, const wheel_t *wheel, uint64_t number,
                 uint32_t bits, const uint32_t *primes, size_t n);
void buckets_strike(const buckets_t *buckets, const path_t *path, uint32_t line, uint8_t *bits);
void buckets_clear(buckets_t *buckets);

#endif
