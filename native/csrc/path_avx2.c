#include "paths.h"

#ifdef NATIVE_X86_PATHS
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt")

#define PATH(name) avx2_##name
#define VECTOR 32
#define POPCOUNT __builtin_popcountll
#include "hot.h"
#include "hot_list.h"

static size_t avx2_collect(uint32_t *hits, uint32_t bits, const uint32_t *starts, size_t n)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        hits[found] = starts[i];
        found += starts[i] < bits;
    }
    return found;
}

const path_t path_avx2 = {1, 128, avx2_combine, avx2_find_starts, avx2_advance, avx2_often, avx2_sometimes,
                          avx2_collect, avx2_strike_each, avx2_zeros, avx2_list_group};
#endif
