#include "dispatch.h"

const kernels_t *dispatch(int isa)
{
#ifdef NATIVE_X86_KERNELS
    __builtin_cpu_init();
    int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2")
        && __builtin_cpu_supports("popcnt");
    int avx512 = avx2 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi2")
        && __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("gfni");
    if (avx512 && (isa == NATIVE_ISA_AVX512 || isa == NATIVE_ISA_BEST))
        return &kernels_avx512;
    if (avx2 && (isa == NATIVE_ISA_AVX2 || isa == NATIVE_ISA_BEST))
        return &kernels_avx2;
#endif
    return isa == NATIVE_ISA_PLAIN || isa == NATIVE_ISA_BEST ? &kernels_plain : NULL;
}
