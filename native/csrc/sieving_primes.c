#include "sieving_primes.h"

#include <stdlib.h>

#include "generate.h"

typedef struct {
    uint32_t *primes;
    size_t count;
} growing_list_t;

static int append(void *argument, const uint64_t *primes, size_t n)
{
    growing_list_t *list = argument;
    for (size_t i = 0; i < n; i++)
        list->primes[list->count++] = (uint32_t)primes[i];
    return NATIVE_OK;
}

int sieving_primes_find(const context_t *context, uint64_t below, sieving_primes_t *sieving)
{
    *sieving = (sieving_primes_t){{context->small_primes, SMALL_PRIMES}, NULL};
    if (below > SIEVING_PRIMES_BELOW)
        return NATIVE_BAD_RANGE;
    if (below <= SMALL_PRIMES_BELOW)
        return NATIVE_OK;
    /* pi(x) < 1.25506 * x / log x (Rosser and Schoenfeld, 1962), and log x > log 2 * log2. */
    uint64_t log2 = 16;
    while (below >> log2 > 1)
        log2++;
    size_t room = (size_t)(below * 29 / 16 / log2);
    growing_list_t list = {malloc(room * sizeof(uint32_t)), 0};
    if (list.primes == NULL)
        return NATIVE_NO_MEMORY;
    int status = generate(context, sieving->list, 0, below, append, &list);
    if (status == NATIVE_OK)
        *sieving = (sieving_primes_t){{list.primes, list.count}, list.primes};
    else
        free(list.primes);
    return status;
}

void sieving_primes_clear(sieving_primes_t *sieving)
{
    free(sieving->memory);
    sieving->memory = NULL;
}
