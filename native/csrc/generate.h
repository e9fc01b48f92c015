/* Listing primes in order: lines of the wheel 30 are sieved side by side and read across. */
#ifndef NATIVE_LIST_H
#define NATIVE_LIST_H

#include "sieving_primes.h"
#include "context.h"

/* Gets primes, ascending; what it returns other than NATIVE_OK ends the listing. */
typedef int list_fn(void *context, const uint64_t *primes, size_t n);

/* Hands the primes of [first, last) on. `base` holds those up to the root of last - 1.
 * NATIVE_NO_MEMORY, or what `each` returned. */
int list_each(const kernel_t *kernel, const base_t *base, uint64_t first, uint64_t last,
              list_fn *each, void *context);

#endif
