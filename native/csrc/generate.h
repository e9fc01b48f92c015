/* Generating primes in order: the lines of the wheel 30 are sieved, an interval at a time, and
 * decoded side by side. */
#ifndef NATIVE_GENERATE_H
#define NATIVE_GENERATE_H

#include "context.h"
#include "prime_list.h"

#define PRIMES_AT_ONCE (8 * DECODE_ROOM)

/* Gets up to PRIMES_AT_ONCE primes, ascending; any status but NATIVE_OK ends the generation. */
typedef int primes_fn(void *argument, const uint64_t *primes, size_t n);

/* Passes the primes of [first, last) to `take`. `sieving` holds the primes up to the root of
 * last - 1, and those below SMALL_PRIMES_BELOW. NATIVE_NO_MEMORY, or what `take` returned. */
int generate(const context_t *context, prime_list_t sieving, uint64_t first, uint64_t last,
             primes_fn *take, void *argument);

#endif
