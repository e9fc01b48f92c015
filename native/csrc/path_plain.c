#define PATH(name) plain_##name
#define VECTOR 16
#define POPCOUNT bits_count
#include "hot.h"
#include "hot_list.h"

static size_t plain_collect(uint32_t *hits, uint32_t bits, const uint32_t *starts, size_t n)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        hits[found] = starts[i];
        found += starts[i] < bits;
    }
    return found;
}

const path_t path_plain = {0, 64, plain_combine, plain_find_starts, plain_advance, plain_often, plain_sometimes,
                           plain_collect, plain_strike_each, plain_zeros, plain_list_group};
