/* Collecting and listing without special instructions: start after start, and bit after bit of
 * lines that are transposed 8 by 8 bits at a time. */
static size_t PATH(collect)(uint32_t *hits, uint32_t bits, const uint32_t *starts, size_t n)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        hits[found] = starts[i];
        found += starts[i] < bits;
    }
    return found;
}

static const uint8_t PATH(residues)[8] = {1, 7, 11, 13, 17, 19, 23, 29};

/* Bit 8 * i + j becomes bit 8 * j + i: Hacker's Delight, 7-3. */
static inline uint64_t PATH(transpose)(uint64_t x)
{
    uint64_t t = (x ^ (x >> 7)) & UINT64_C(0x00aa00aa00aa00aa);
    x ^= t ^ (t << 7);
    t = (x ^ (x >> 14)) & UINT64_C(0x0000cccc0000cccc);
    x ^= t ^ (t << 14);
    t = (x ^ (x >> 28)) & UINT64_C(0x00000000f0f0f0f0);
    return x ^ t ^ (t << 28);
}

static size_t PATH(list_group)(const uint8_t *lines, size_t stride, uint64_t number, uint64_t *out)
{
    uint64_t *at = out;
    for (int j = 0; j < 8; j++, number += 240) {
        uint64_t group = 0;
        for (unsigned r = 0; r < 8; r++)
            group |= (uint64_t)(uint8_t)~lines[r * stride + (size_t)j] << 8 * r;
        for (group = PATH(transpose)(group); group != 0; group &= group - 1) {
            unsigned bit = bits_lowest(group);
            *at++ = number + 30 * (bit / 8) + PATH(residues)[bit % 8];
        }
    }
    return (size_t)(at - out);
}
