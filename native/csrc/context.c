#include "context.h"

#include <stdlib.h>
#include <string.h>
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

static const path_t *find_path(int path)
{
#ifdef NATIVE_X86_PATHS
    __builtin_cpu_init();
    int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2")
        && __builtin_cpu_supports("popcnt");
    int avx512 = avx2 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi2")
        && __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("gfni");
    if (avx512 && (path == NATIVE_PATH_AVX512 || path == NATIVE_PATH_BEST))
        return &path_avx512;
    if (avx2 && (path == NATIVE_PATH_AVX2 || path == NATIVE_PATH_BEST))
        return &path_avx2;
#endif
    return path == NATIVE_PATH_PLAIN || path == NATIVE_PATH_BEST ? &path_plain : NULL;
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

int kernel_new(int path, size_t l1_bytes, kernel_t **out)
{
    static const uint32_t moduli[WHEELS] = {30, 210, 2310};
    const path_t *found = find_path(path);
    if (found == NULL)
        return NATIVE_BAD_VALUE;
    kernel_t *kernel = calloc(1, sizeof *kernel);
    if (kernel == NULL)
        return NATIVE_NO_MEMORY;
    kernel->path = found;
    kernel->l1_bytes = l1_bytes != 0 ? l1_bytes : ask_l1_bytes();
    size_t within = kernel->l1_bytes < LARGEST_L1 ? kernel->l1_bytes : LARGEST_L1;
    size_t bytes = within / 5 * 4 / 64 * 64;
    kernel->piece_bits = 8 * (uint32_t)(bytes < 4096 ? 4096 : bytes);
    find_small_primes(kernel->small_primes);
    for (int i = 0; i < WHEELS; i++) {
        wheel_init(&kernel->wheels[i], moduli[i]);
        if (patterns_init(&kernel->patterns[i], &kernel->wheels[i], found->patterns_below,
                          kernel->small_primes) != NATIVE_OK) {
            kernel_free(kernel);
            return NATIVE_NO_MEMORY;
        }
    }
    *out = kernel;
    return NATIVE_OK;
}

void kernel_free(kernel_t *kernel)
{
    if (kernel == NULL)
        return;
    for (int i = 0; i < WHEELS; i++)
        patterns_clear(&kernel->patterns[i]);
    free(kernel);
}

int kernel_path(const kernel_t *kernel)
{
    return kernel->path->number;
}

size_t kernel_l1_bytes(const kernel_t *kernel)
{
    return kernel->l1_bytes;
}
