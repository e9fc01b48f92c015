/* The inner loops that dispatch.h declares, for one instruction set.
 *
 * The file that includes this defines KERNEL(name), the name of a function in this build; VECTOR,
 * the bytes in a vector; and POPCOUNT(word). */
#include <string.h>

#include "bits.h"
#include "dispatch.h"

/* GCC and Clang compile vectors of any size to those that the processor has. */
#if defined(__GNUC__)
typedef uint64_t KERNEL(vector) __attribute__((vector_size(VECTOR), aligned(1), may_alias));
typedef uint64_t KERNEL(word) __attribute__((may_alias));
#define PREFETCH(address) __builtin_prefetch(address, 1)
#else
typedef uint64_t KERNEL(vector);
typedef uint64_t KERNEL(word);
#define PREFETCH(address) ((void)0)
#endif
#define LANE sizeof(KERNEL(vector))

static inline void KERNEL(combine_some)(uint8_t *dst, const uint8_t *const *sources, size_t count,
                                        size_t n, int store)
{
    const uint8_t *s[8];
    for (size_t j = 0; j < count; j++)
        s[j] = sources[j];
    for (size_t i = 0; i < n; i += LANE) {
        KERNEL(vector) sum = *(const KERNEL(vector) *)(s[0] + i);
        for (size_t j = 1; j < count; j++)
            sum |= *(const KERNEL(vector) *)(s[j] + i);
        if (!store)
            sum |= *(const KERNEL(vector) *)(dst + i);
        *(KERNEL(vector) *)(dst + i) = sum;
    }
}

static void KERNEL(combine)(uint8_t *dst, const uint8_t *const *sources, size_t count, size_t n,
                            int store)
{
    for (; count >= 8; count -= 8, sources += 8, store = 0)
        KERNEL(combine_some)(dst, sources, 8, n, store);
    for (; count >= 4; count -= 4, sources += 4, store = 0)
        KERNEL(combine_some)(dst, sources, 4, n, store);
    for (; count > 0; count--, sources++, store = 0)
        KERNEL(combine_some)(dst, sources, 1, n, store);
}

static inline void KERNEL(advance_by)(uint32_t *restrict starts, const uint32_t *restrict steps,
                                      const uint32_t *restrict primes, size_t n, unsigned times)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t start = starts[i], step = steps[i], prime = primes[i];
        for (unsigned t = 0; t < times; t++)
            start = start - step + (start < step ? prime : 0);
        starts[i] = start;
    }
}

static void KERNEL(advance)(uint32_t *starts, const uint32_t *steps, const uint32_t *primes,
                            size_t n, unsigned times)
{
    switch (times) { /* constants: the inner loop is unrolled, and the outer one vectorised */
#define TIMES(t) case t: KERNEL(advance_by)(starts, steps, primes, n, t); break;
    TIMES(0) TIMES(1) TIMES(2) TIMES(3) TIMES(4) TIMES(5) TIMES(6)
#undef TIMES
    default:
        KERNEL(advance_by)(starts, steps, primes, n, 7);
        KERNEL(advance)(starts, steps, primes, n, times - 7);
    }
}

/* Vector units neither divide integers nor, before AVX-512, convert 64 bits of them. Below 2^52 an
 * integer is the low bits of a double between 2^52 and 2^53, and what is added there is rounded. */
#define SHIFT 4503599627370496.0
#define SHIFT_BITS UINT64_C(0x4330000000000000)

static inline double KERNEL(to_double)(uint64_t x)
{
    double shifted;
    x |= SHIFT_BITS;
    memcpy(&shifted, &x, sizeof shifted);
    return shifted - SHIFT;
}

static inline uint64_t KERNEL(to_integer)(double x)
{
    double shifted = x + SHIFT;
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    return bits - SHIFT_BITS;
}

/* x modulo m for integers below 2^45, given 1 / m. The quotient of x + 1 / 2 is never so near to an
 * integer that an error of the multiplication could lead to the next one. */
static inline double KERNEL(modulo)(double x, double m, double by_m)
{
    double shifted = ((x + 0.5) * by_m - 0.5) + 1.5 * SHIFT;
    return x - m * (shifted - 1.5 * SHIFT);
}

static void KERNEL(find_distances)(uint32_t *restrict distances, const uint32_t *restrict primes,
                                   size_t n, uint64_t number)
{
    size_t i = 0;
    for (; i < n && primes[i] <= number >> 50; i++) /* quotients that doubles do not hold */
        distances[i] = (uint32_t)((primes[i] - number % primes[i]) % primes[i]);
    double x = (double)(int64_t)number;
    for (; i < n; i++) {
        uint64_t prime = primes[i];
        uint64_t quotient = KERNEL(to_integer)(x * (1.0 / KERNEL(to_double)(prime)));
        uint64_t ahead = quotient * prime - number; /* to the nearest multiple */
        distances[i] = (uint32_t)(ahead + ((int64_t)ahead < 0 ? prime : 0));
    }
}

/* With d the distance to the next multiple of p, M * start = d + u * p for the u in [0, M) that
 * makes the right side divisible by M: that is d times -1 / p, modulo M. */
static void KERNEL(find_starts)(uint32_t *restrict starts, uint32_t *restrict steps,
                                const uint32_t *restrict primes, size_t n, const wheel_t *wheel,
                                uint64_t number)
{
    double modulus = wheel->modulus, by_modulus = 1.0 / modulus;
    KERNEL(find_distances)(starts, primes, n, number);
    for (size_t i = 0; i < n; i++) {
        double p = KERNEL(to_double)(primes[i]), d = KERNEL(to_double)(starts[i]);
        double residue = KERNEL(modulo)(p, modulus, by_modulus);
        double t = wheel->factors[KERNEL(to_integer)(residue)];
        double u = KERNEL(modulo)(d * t, modulus, by_modulus);
        double step = KERNEL(modulo)(2 * (1 + t * p) * by_modulus, p, 1.0 / p);
        starts[i] = (uint32_t)KERNEL(to_integer)((d + u * p) * by_modulus);
        steps[i] = (uint32_t)KERNEL(to_integer)(step);
    }
}
#undef SHIFT
#undef SHIFT_BITS

/* Eight multiples of p = 8 * a + b lie in p bytes. Once the first is at bit 0 of its byte, b alone
 * decides the bits of the others. So that this holds, the loop begins up to 7 * p bits before the
 * segment, and it ends up to 2 * p bytes behind the segment: both must be writable memory. */
#define ONE(j, b) at[(j) * a + (j) * (b) / 8] |= (uint8_t)(1u << ((j) * (b)) % 8)
#define EIGHT(b)                                                                                   \
    for (; at < end; at += p) {                                                                    \
        ONE(0, b); ONE(1, b); ONE(2, b); ONE(3, b);                                                \
        ONE(4, b); ONE(5, b); ONE(6, b); ONE(7, b);                                                \
    }

static void KERNEL(cross_off_small)(uint8_t *segment, uint32_t bits, const uint32_t *starts,
                                    const uint32_t *primes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t p = primes[i], a = p / 8;
        uint32_t back = starts[i] * (uint32_t)p % 8; /* p * p = 1 modulo 8 */
        uint8_t *at = segment + ((ptrdiff_t)starts[i] - (ptrdiff_t)(back * p)) / 8;
        const uint8_t *end = segment + bits / 8;
        switch (p % 8) {
        case 1: EIGHT(1) break;
        case 3: EIGHT(3) break;
        case 5: EIGHT(5) break;
        default: EIGHT(7) break;
        }
    }
}
#undef EIGHT
#undef ONE

static inline void KERNEL(set_bit)(uint8_t *bytes, uint32_t index)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    ((KERNEL(word) *)(void *)bytes)[index / 64] |= UINT64_C(1) << index % 64;
#else
    bytes[index / 8] |= (uint8_t)(1u << index % 8);
#endif
}

/* The primes of which a segment has `times` multiples, or one more: the trip count is known before
 * the loop. Returns how many of the primes those are. */
static inline size_t KERNEL(cross_off_times)(uint8_t *segment, uint32_t bits,
                                             const uint32_t *starts, const uint32_t *primes,
                                             size_t n, uint32_t times)
{
    size_t i = 0;
    for (; i < n && primes[i] <= bits / times; i++) {
        uint32_t first = starts[i], at = first, p = primes[i];
        for (uint32_t t = 0; t < times; t++, at += p)
            KERNEL(set_bit)(segment, at);
        /* The one more, or, where that is behind the end, the first again: a branch would be
         * unpredictable. */
        KERNEL(set_bit)(segment, at - ((at - first) & (0u - (at >= bits))));
    }
    return i;
}

static void KERNEL(cross_off_medium)(uint8_t *segment, uint32_t bits, const uint32_t *starts,
                                     const uint32_t *primes, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint32_t times = bits / primes[i];
        const uint32_t *s = starts + i, *p = primes + i;
        switch (times) {
#define TIMES(t) case t: i += KERNEL(cross_off_times)(segment, bits, s, p, n - i, t); break;
        TIMES(1) TIMES(2) TIMES(3) TIMES(4) TIMES(5) TIMES(6) TIMES(7) TIMES(8)
        TIMES(9) TIMES(10) TIMES(11) TIMES(12) TIMES(13) TIMES(14) TIMES(15) TIMES(16)
#undef TIMES
        default: i += KERNEL(cross_off_times)(segment, bits, s, p, n - i, times);
        }
    }
}

/* The starts below the end, one at a time: all of them, or those that a vector has no room for. */
static inline size_t KERNEL(collect)(uint32_t *multiples, uint32_t bits, const uint32_t *starts,
                                     size_t n)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        multiples[found] = starts[i];
        found += starts[i] < bits;
    }
    return found;
}

#define AHEAD 32 /* multiples: a line may be in main memory */

static void KERNEL(cross_off_large)(uint8_t *line, const uint32_t *multiples, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        PREFETCH(line + multiples[i + AHEAD < n ? i + AHEAD : i] / 8);
        KERNEL(set_bit)(line, multiples[i]);
    }
}

static uint64_t KERNEL(count_zeros)(const uint8_t *bytes, size_t n)
{
    uint64_t ones[8] = {0}, zeros = 8 * (uint64_t)n; /* eight sums do not wait for each other */
    for (size_t i = 0; i < n / 8; i += 8)
        for (size_t j = 0; j < 8; j++)
            ones[j] += POPCOUNT(bits_load(bytes, i + j));
    for (size_t j = 0; j < 8; j++)
        zeros -= ones[j];
    return zeros;
}

/* 8 by 8 bits are transposed (bit 8 * i + j becomes bit 8 * j + i: Hacker's Delight, 7-3), so that
 * they stand in the order of their numbers, and read from the lowest on. */
static inline uint64_t KERNEL(transpose)(uint64_t x)
{
    uint64_t t = (x ^ (x >> 7)) & UINT64_C(0x00aa00aa00aa00aa);
    x ^= t ^ (t << 7);
    t = (x ^ (x >> 14)) & UINT64_C(0x0000cccc0000cccc);
    x ^= t ^ (t << 14);
    t = (x ^ (x >> 28)) & UINT64_C(0x00000000f0f0f0f0);
    return x ^ t ^ (t << 28);
}

static inline size_t KERNEL(decode)(const uint8_t *lines, size_t stride, uint64_t number,
                                    uint64_t *out)
{
    uint64_t *at = out;
    for (int j = 0; j < 8; j++, number += 240) {
        uint64_t bits = 0;
        for (unsigned line = 0; line < 8; line++)
            bits |= (uint64_t)(uint8_t)~lines[line * stride + (size_t)j] << 8 * line;
        for (bits = KERNEL(transpose)(bits); bits != 0; bits &= bits - 1)
            *at++ = number + wheel_30_numbers[bits_lowest(bits)];
    }
    return (size_t)(at - out);
}

/* The table of this build, for where all of its kernels are defined; two have other names in some
 * builds. */
#define KERNEL_TABLE(isa, presieve_below, collect_by, decode_by)                                   \
    {isa, presieve_below, KERNEL(combine), KERNEL(find_distances), KERNEL(find_starts),            \
     KERNEL(advance), KERNEL(cross_off_small), KERNEL(cross_off_medium), KERNEL(collect_by),       \
     KERNEL(cross_off_large), KERNEL(count_zeros), KERNEL(decode_by)}
