/* The loops of paths.h. Whoever includes this defines PATH(name) and VECTOR, bytes in a vector. */
#include <string.h>

#include "bits.h"
#include "dispatch.h"

/* GCC and Clang make the vectors of any size from those of the machine. */
#if defined(__GNUC__)
typedef uint64_t PATH(vector) __attribute__((vector_size(VECTOR), aligned(1), may_alias));
#else
typedef uint64_t PATH(vector);
#endif
#if defined(__GNUC__)
typedef uint64_t PATH(word) __attribute__((may_alias));
#else
typedef uint64_t PATH(word);
#endif
#define LANE sizeof(PATH(vector))

static inline void PATH(combine_some)(uint8_t *dst, const uint8_t *const *sources, size_t count,
                                      size_t n, int store)
{
    const uint8_t *s[8];
    for (size_t j = 0; j < count; j++)
        s[j] = sources[j];
    for (size_t i = 0; i < n; i += LANE) {
        PATH(vector) sum = *(const PATH(vector) *)(s[0] + i);
        for (size_t j = 1; j < count; j++)
            sum |= *(const PATH(vector) *)(s[j] + i);
        if (!store)
            sum |= *(const PATH(vector) *)(dst + i);
        *(PATH(vector) *)(dst + i) = sum;
    }
}

static void PATH(combine)(uint8_t *dst, const uint8_t *const *sources, size_t count, size_t n,
                          int store)
{
    for (; count >= 8; count -= 8, sources += 8, store = 0)
        PATH(combine_some)(dst, sources, 8, n, store);
    for (; count >= 4; count -= 4, sources += 4, store = 0)
        PATH(combine_some)(dst, sources, 4, n, store);
    for (; count > 0; count--, sources++, store = 0)
        PATH(combine_some)(dst, sources, 1, n, store);
}

static inline void PATH(advance_by)(uint32_t *restrict starts, const uint32_t *restrict steps,
                                    const uint32_t *restrict primes, size_t n, unsigned times)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t start = starts[i], step = steps[i], prime = primes[i];
        for (unsigned t = 0; t < times; t++)
            start = start - step + (start < step ? prime : 0);
        starts[i] = start;
    }
}

static void PATH(advance)(uint32_t *starts, const uint32_t *steps, const uint32_t *primes,
                          size_t n, unsigned times)
{
    switch (times) { /* constants, so that the inner loop is unrolled and the outer one vectorised */
    case 0: return;
    case 1: PATH(advance_by)(starts, steps, primes, n, 1); return;
    case 2: PATH(advance_by)(starts, steps, primes, n, 2); return;
    case 3: PATH(advance_by)(starts, steps, primes, n, 3); return;
    case 4: PATH(advance_by)(starts, steps, primes, n, 4); return;
    case 5: PATH(advance_by)(starts, steps, primes, n, 5); return;
    case 6: PATH(advance_by)(starts, steps, primes, n, 6); return;
    default:
        PATH(advance_by)(starts, steps, primes, n, 7);
        PATH(advance)(starts, steps, primes, n, times - 7);
    }
}

/* x modulo p for an estimate of x / p that is wrong by 1 at most. */
static inline uint64_t PATH(rest)(uint64_t x, double quotient, uint64_t p)
{
    int64_t rest = (int64_t)(x - (uint64_t)(int64_t)quotient * p);
    rest += rest < 0 ? (int64_t)p : 0;
    return (uint64_t)(rest >= (int64_t)p ? rest - (int64_t)p : rest);
}

/* Everything modulo p by multiplication with 1 / p in double precision, as vectors do not divide
 * integers: quotients are below 2^52, so that they are wrong by 1 at most. */
static void PATH(find_starts)(uint32_t *restrict starts, uint32_t *restrict steps,
                              const uint32_t *restrict primes, size_t n, const wheel_t *wheel,
                              uint64_t number)
{
    uint64_t modulus = wheel->modulus;
    double by_modulus = 1.0 / (double)modulus;
    for (size_t i = 0; i < n; i++) {
        uint64_t p = primes[i];
        double by_p = 1.0 / (double)(int64_t)p;
        uint64_t residue = p - (uint64_t)(int64_t)((double)(int64_t)p * by_modulus) * modulus;
        residue = residue >= modulus ? residue - modulus : residue;
        uint64_t t = modulus - wheel->inverse[residue];
        uint64_t scaled = 1 + p * t; /* a multiple of the modulus: rounding finds its quotient */
        uint64_t inverse = (uint64_t)(int64_t)((double)(int64_t)scaled * by_modulus + 0.5);
        uint64_t rest = PATH(rest)(number, (double)(int64_t)number * by_p, p);
        uint64_t ahead = p - rest;
        double product = (double)(int64_t)ahead * (double)(int64_t)inverse;
        starts[i] = (uint32_t)PATH(rest)(ahead * inverse, product * by_p, p);
        uint64_t step = 2 * inverse;
        steps[i] = (uint32_t)(step >= p ? step - p : step);
    }
}

/* Eight strikes of p = 8 * a + b fall into p bytes, at bits that b alone decides once the first is
 * at bit 0 of its byte. So the strikes begin up to 7 * p bits in front of the piece, and end up to
 * 2 * p bytes behind it. */
#define ONE(j, b) at[(j) * a + (j) * (b) / 8] |= (uint8_t)(1u << ((j) * (b)) % 8)
#define EIGHT(b)                                                                                   \
    for (; at < end; at += p) {                                                                    \
        ONE(0, b); ONE(1, b); ONE(2, b); ONE(3, b);                                                \
        ONE(4, b); ONE(5, b); ONE(6, b); ONE(7, b);                                                \
    }

static void PATH(often)(uint8_t *piece, uint32_t bits, const uint32_t *starts,
                        const uint32_t *primes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t p = primes[i], a = p / 8;
        uint32_t back = starts[i] * (uint32_t)p % 8; /* p * p = 1 modulo 8 */
        uint8_t *at = piece + ((ptrdiff_t)starts[i] - (ptrdiff_t)(back * p)) / 8;
        const uint8_t *end = piece + bits / 8;
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

static inline void PATH(strike)(uint8_t *piece, uint32_t index)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    ((PATH(word) *)(void *)piece)[index / 64] |= UINT64_C(1) << index % 64;
#else
    piece[index / 8] |= (uint8_t)(1u << index % 8);
#endif
}

/* Primes that all strike `times` times, and perhaps once more: no branch depends on which. */
static inline size_t PATH(strike_times)(uint8_t *piece, uint32_t bits, const uint32_t *starts,
                                        const uint32_t *primes, size_t n, uint32_t times)
{
    size_t i = 0;
    for (; i < n && primes[i] <= bits / times; i++) {
        uint32_t first = starts[i], at = first, p = primes[i];
        for (uint32_t t = 0; t < times; t++, at += p)
            PATH(strike)(piece, at);
        /* Behind the end, the first one once more; without a branch, which nobody could predict. */
        PATH(strike)(piece, at - ((at - first) & (0u - (at >= bits))));
    }
    return i;
}

static void PATH(sometimes)(uint8_t *piece, uint32_t bits, const uint32_t *starts,
                            const uint32_t *primes, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint32_t times = bits / primes[i];
        const uint32_t *s = starts + i, *p = primes + i;
        switch (times) {
#define TIMES(t) case t: i += PATH(strike_times)(piece, bits, s, p, n - i, t); break;
        TIMES(1) TIMES(2) TIMES(3) TIMES(4) TIMES(5) TIMES(6) TIMES(7) TIMES(8)
        TIMES(9) TIMES(10) TIMES(11) TIMES(12) TIMES(13) TIMES(14) TIMES(15) TIMES(16)
#undef TIMES
        default: i += PATH(strike_times)(piece, bits, s, p, n - i, times);
        }
    }
}

static void PATH(strike_each)(uint8_t *piece, const uint32_t *hits, size_t n)
{
    for (size_t i = 0; i < n; i++)
        PATH(strike)(piece, hits[i]);
}

static uint64_t PATH(zeros)(const uint8_t *bytes, size_t n)
{
    uint64_t ones = 0;
    for (size_t i = 0; i < n; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, 8);
        ones += POPCOUNT(word);
    }
    return 8 * (uint64_t)n - ones;
}
