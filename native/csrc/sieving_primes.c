#include "sieving_primes.h"

#include <stdlib.h>

#include "generate.h"
#include "window.h"

size_t base_index(const base_t *base, uint64_t bound)
{
    size_t low = 0, high = base->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (base->primes[middle] < bound)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint64_t base_end(const base_t *base, const kernel_t *kernel, uint64_t last)
{
    uint64_t end = kernel->path->patterns_below;
    size_t used = last > 0 ? base_index(base, square_root(last - 1) + 1) : 0;
    if (used > 0 && base->primes[used - 1] >= end)
        end = (uint64_t)base->primes[used - 1] + 1;
    return end < last ? end : last;
}

typedef struct {
    uint32_t *primes;
    size_t count;
} list32_t;

static int append(void *context, const uint64_t *primes, size_t n)
{
    list32_t *list = context;
    for (size_t i = 0; i < n; i++)
        list->primes[list->count++] = (uint32_t)primes[i];
    return NATIVE_OK;
}

int base_find(const kernel_t *kernel, uint64_t below, base_t *base)
{
    *base = (base_t){SMALL_PRIMES, kernel->small_primes, NULL};
    if (below > LARGEST_BASE)
        return NATIVE_BAD_RANGE;
    if (below <= SMALL_PRIMES_BELOW) {
        base->count = base_index(base, below);
        return NATIVE_OK;
    }
    /* pi(x) < 1.25506 * x / log x (Rosser and Schoenfeld, 1962), and log x > 11 from here on. */
    size_t room = (size_t)below / 8;
    list32_t list = {malloc(room * sizeof(uint32_t)), 0};
    if (list.primes == NULL)
        return NATIVE_NO_MEMORY;
    int status = list_each(kernel, base, 0, below, append, &list);
    *base = (base_t){list.count, list.primes, list.primes};
    return status;
}

void base_clear(base_t *base)
{
    free(base->memory);
    base->memory = NULL;
}
