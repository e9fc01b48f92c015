#include "dispatch.h"

#ifdef NATIVE_X86_PATHS
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt")

#define PATH(name) avx2_##name
#define VECTOR 32
#define POPCOUNT __builtin_popcountll
#include "kernels.h"
#include "decode.h"

const path_t path_avx2 = {1, 128, avx2_combine, avx2_find_starts, avx2_advance, avx2_often, avx2_sometimes,
                          avx2_collect, avx2_strike_each, avx2_zeros, avx2_list_group};
#endif
