#include "context.h"

#include <stdlib.h>
#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

#define USUAL_L1 ((size_t)32 * 1024)
#define LARGEST_L1 ((size_t)256 * 1024)

static size_t ask_l1_bytes(void)
{
    long bytes = 0;
#if defined(_SC_LEVEL1_DCACHE_SIZE)
    bytes = sysconf(_SC_LEVEL1_DCACHE_SIZE);
#endif
    return bytes > 0 ? (size_t)bytes : USUAL_L1;
}

static void find_small_primes(uint32_t *primes)
{
    static const uint32_t half = SMALL_PRIMES_BELOW / 2; /* flag i stands for 2 * i + 1 */
    uint8_t composite[SMALL_PRIMES_BELOW / 2] = {1};
    for (uint32_t i = 1; i < 128; i++)
        if (!composite[i])
            for (uint32_t j = 2 * i * (i + 1); j < half; j += 2 * i + 1)
                composite[j] = 1;
    *primes++ = 2;
    for (uint32_t i = 1; i < half; i++)
        if (!composite[i])
            *primes++ = 2 * i + 1;
}

int context_new(int isa, size_t l1_bytes, context_t **out)
{
    static const uint32_t moduli[WHEELS] = {30, 210, 2310};
    const kernels_t *kernels = dispatch(isa);
    if (kernels == NULL)
        return NATIVE_BAD_VALUE;
    context_t *context = calloc(1, sizeof *context);
    if (context == NULL)
        return NATIVE_NO_MEMORY;
    context->kernels = kernels;
    context->l1_bytes = l1_bytes != 0 ? l1_bytes : ask_l1_bytes();
    size_t within = context->l1_bytes < LARGEST_L1 ? context->l1_bytes : LARGEST_L1;
    size_t bytes = within / 5 * 4 / 64 * 64;
    context->segment_bits = 8 * (uint32_t)(bytes < 4096 ? 4096 : bytes);
    find_small_primes(context->small_primes);
    for (int i = 0; i < WHEELS; i++) {
        wheel_init(&context->wheels[i], moduli[i]);
        if (presieve_init(&context->presieves[i], &context->wheels[i], kernels->presieve_below,
                          context->small_primes) != NATIVE_OK) {
            context_free(context);
            return NATIVE_NO_MEMORY;
        }
    }
    *out = context;
    return NATIVE_OK;
}

void context_free(context_t *context)
{
    if (context == NULL)
        return;
    for (int i = 0; i < WHEELS; i++)
        presieve_clear(&context->presieves[i]);
    free(context);
}

int context_isa(const context_t *context)
{
    return context->kernels->isa;
}

size_t context_l1_bytes(const context_t *context)
{
    return context->l1_bytes;
}
