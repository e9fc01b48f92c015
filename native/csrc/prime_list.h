/* An ascending list of primes, and where a bound falls in it. */
#ifndef NATIVE_PRIME_LIST_H
#define NATIVE_PRIME_LIST_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint32_t *primes;
    size_t count;
} prime_list_t;

/* How many of the primes are below `bound`, which is also the index of the first that is not. */
static inline size_t count_below(const uint32_t *primes, size_t count, uint64_t bound)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (primes[middle] < bound)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

#endif
