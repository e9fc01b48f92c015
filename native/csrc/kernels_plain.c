#include "dispatch.h"

#define KERNEL(name) plain_##name
#define VECTOR 16
#define POPCOUNT bits_count
#include "kernels.h"

const kernels_t kernels_plain = KERNEL_TABLE(NATIVE_ISA_PLAIN, 64, collect, decode);
