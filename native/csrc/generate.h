/* Generating primes in order: the lines of the wheel 30 are sieved, an interval at a time, and
 * decoded side by side. So the list of the primes to sieve with is made, too. */
#ifndef NATIVE_GENERATE_H
#define NATIVE_GENERATE_H

#include "context.h"
#include "prime_list.h"

#define PRIMES_AT_ONCE (8 * DECODE_ROOM)
#define SIEVING_PRIMES_BELOW (UINT64_C(1) << 26) /* their list takes 16 MB */

/* Gets up to PRIMES_AT_ONCE primes, ascending; any status but NATIVE_OK ends the generation. */
typedef int primes_fn(void *argument, const uint64_t *primes, size_t n);

/* Passes the primes of [first, last) to `take`. `sieving` holds the primes up to the root of
 * last - 1, and those below SMALL_PRIMES_BELOW. NATIVE_NO_MEMORY, or what `take` returned. */
int generate(const context_t *context, prime_list_t sieving, uint64_t first, uint64_t last,
             primes_fn *take, void *argument);

/* The primes to sieve with: those up to the square root of the end of what is sieved. */
typedef struct {
    prime_list_t list; /* from 2 on */
    uint32_t *memory;  /* NULL where the list is the context's */
} sieving_primes_t;

/* The primes below `below`, and at least those below SMALL_PRIMES_BELOW.
 * NATIVE_BAD_RANGE where `below` exceeds SIEVING_PRIMES_BELOW; NATIVE_NO_MEMORY. */
int sieving_primes_find(const context_t *context, uint64_t below, sieving_primes_t *sieving);
void sieving_primes_clear(sieving_primes_t *sieving);

#endif
