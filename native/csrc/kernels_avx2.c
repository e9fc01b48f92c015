#include "dispatch.h"

#ifdef NATIVE_X86_KERNELS
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt")

#define KERNEL(name) avx2_##name
#define VECTOR 32
#define POPCOUNT __builtin_popcountll
#include "kernels.h"
#include "decode.h"

const kernels_t kernels_avx2 = KERNEL_TABLE(NATIVE_ISA_AVX2, 256);
#endif
