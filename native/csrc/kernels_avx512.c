#include "dispatch.h"

#ifdef NATIVE_X86_KERNELS
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt", "avx512f,avx512bw,avx512dq,avx512vl", \
                   "avx512vpopcntdq,avx512vbmi,avx512vbmi2,gfni", "prefer-vector-width=512")

#include <immintrin.h>
#define KERNEL(name) avx512_##name
#define VECTOR 64
#define POPCOUNT __builtin_popcountll
#include "kernels.h"

/* The starts below the end, 16 at a time: vpcompressd moves them together. */
static size_t avx512_collect_large(uint32_t *multiples, uint32_t bits, const uint32_t *starts,
                                   size_t n)
{
    size_t found = 0, i = 0;
    __m512i end = _mm512_set1_epi32((int)bits);
    for (; i + 16 <= n; i += 16) {
        __m512i s = _mm512_loadu_si512(starts + i);
        __mmask16 in = _mm512_cmplt_epu32_mask(s, end);
        _mm512_storeu_si512(multiples + found, _mm512_maskz_compress_epi32(in, s));
        found += (size_t)__builtin_popcount(in);
    }
    return found + avx512_collect(multiples + found, bits, starts + i, n - i);
}

/* 64 bits of each line are transposed 8 by 8 at once: a byte permutation brings byte j of all lines
 * together, and gf2p8affineqb transposes those eight bytes. Then bit 8 * b + i of word j stands for
 * 30 * (8 * j + b) plus the residue of line i. vpcompressb moves the offsets of its set bits
 * together; they are widened and added to the number of the word. */
static size_t avx512_decode_words(const uint8_t *lines, size_t stride, uint64_t number,
                                  uint64_t *out)
{
    uint64_t words[8], transposed[8];
    uint8_t order[64], found[64];
    for (int i = 0; i < 64; i++)
        order[i] = (uint8_t)(8 * (7 - i % 8) + i / 8);
    for (int line = 0; line < 8; line++)
        memcpy(&words[line], lines + (size_t)line * stride, 8);
    __m512i bits = _mm512_xor_si512(_mm512_loadu_si512(words), _mm512_set1_epi64(-1));
    bits = _mm512_permutexvar_epi8(_mm512_loadu_si512(order), bits);
    bits = _mm512_gf2p8affine_epi64_epi8(_mm512_set1_epi64((int64_t)0x8040201008040201), bits, 0);
    _mm512_storeu_si512(transposed, bits);
    uint64_t *at = out;
    __m512i all = _mm512_loadu_si512(wheel_30_numbers);
    for (int j = 0; j < 8; j++, number += 240) {
        int n = __builtin_popcountll(transposed[j]);
        __m512i base = _mm512_set1_epi64((int64_t)number);
        __m512i some = _mm512_maskz_compress_epi8(transposed[j], all);
        __m128i low = _mm512_castsi512_si128(some);
        _mm512_storeu_si512(at, _mm512_add_epi64(base, _mm512_cvtepu8_epi64(low)));
        _mm512_storeu_si512(at + 8, _mm512_add_epi64(base, _mm512_cvtepu8_epi64(
                                        _mm_srli_si128(low, 8))));
        if (n > 16) {
            _mm512_storeu_si512(found, some);
            for (int i = 16; i < n; i += 8)
                _mm512_storeu_si512(at + i, _mm512_add_epi64(base, _mm512_cvtepu8_epi64(
                                                _mm_loadl_epi64((const void *)(found + i)))));
        }
        at += n;
    }
    return (size_t)(at - out);
}

const kernels_t kernels_avx512 = KERNEL_TABLE(NATIVE_ISA_AVX512, 256, collect_large, decode_words);
#endif
