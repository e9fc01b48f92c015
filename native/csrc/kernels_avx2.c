#include "dispatch.h"

#ifdef NATIVE_X86_KERNELS
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt")

#include <immintrin.h>
#define KERNEL(name) avx2_##name
#define VECTOR 32
#define POPCOUNT __builtin_popcountll
#include "kernels.h"

/* The starts below the end, four at a time: a permutation moves them together. */
static size_t avx2_collect_large(uint32_t *multiples, uint32_t bits, const uint32_t *starts,
                                 size_t n)
{
    static const uint8_t orders[16][4] = {
        {0}, {0}, {1}, {0, 1}, {2}, {0, 2}, {1, 2}, {0, 1, 2},
        {3}, {0, 3}, {1, 3}, {0, 1, 3}, {2, 3}, {0, 2, 3}, {1, 2, 3}, {0, 1, 2, 3}};
    size_t found = 0, i = 0;
    __m128i last = _mm_set1_epi32((int)bits - 1);
    for (; i + 4 <= n; i += 4) {
        __m128i s = _mm_loadu_si128((const void *)(starts + i));
        __m128i in = _mm_cmpeq_epi32(_mm_min_epu32(s, last), s);
        int mask = _mm_movemask_ps(_mm_castsi128_ps(in)), order;
        memcpy(&order, orders[mask], sizeof order);
        __m128i some = _mm_cvtepu8_epi32(_mm_cvtsi32_si128(order));
        _mm_storeu_ps((void *)(multiples + found), _mm_permutevar_ps(_mm_castsi128_ps(s), some));
        found += (size_t)__builtin_popcount((unsigned)mask);
    }
    return found + avx2_collect(multiples + found, bits, starts + i, n - i);
}

const kernels_t kernels_avx2 = KERNEL_TABLE(NATIVE_ISA_AVX2, 256, collect_large, decode);
#endif
