#define PATH(name) plain_##name
#define VECTOR 16
#define POPCOUNT bits_count
#include "kernels.h"
#include "decode.h"

const path_t path_plain = {0, 64, plain_combine, plain_find_starts, plain_advance, plain_often, plain_sometimes,
                           plain_collect, plain_strike_each, plain_zeros, plain_list_group};
