/* The primes of a window, counted or listed interval by interval; no bitmap is kept. */
#ifndef NATIVE_PRIMES_H
#define NATIVE_PRIMES_H

#include <stddef.h>
#include <stdint.h>

#include "context.h"
#include "status.h"

/* cffi begins */
/* How many primes [first, last) holds, into *out. NATIVE_BAD_RANGE unless last <= 2^52, as beyond
 * that the list of sieving primes would be long; NATIVE_NO_MEMORY. Memory: the primes up to the
 * root of `last`, the multiples of large ones in one interval, and some 100 KiB.
 * A call cannot be interrupted: pass windows of 10^9 or so. */
int primes_count(const context_t *context, uint64_t first, uint64_t last, uint64_t *out);

/* The primes of [first, last), ascending, into out[] and how many into *written. As primes_count;
 * NATIVE_BAD_LENGTH where there are more than `capacity`, of which `capacity` are then in out[]. */
int primes_list(const context_t *context, uint64_t first, uint64_t last, uint64_t *out,
                size_t capacity, size_t *written);
/* cffi ends */

#endif
