#include "generate.h"

#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "segment.h"
#include "window.h"

#define BLOCK_PIECES 2 /* of each line: eight lines of two pieces fit the second-level cache */

/* A block: the lines of the wheel 30 side by side, from the number 30 * k on. */
typedef struct {
    const kernel_t *kernel;
    const wheel_t *wheel;
    uint64_t k;
    uint32_t bits;
    size_t stride;
    uint8_t *lines;
} block_t;

static void keep_piece(void *context, uint32_t line, uint32_t from, uint32_t bits, uint8_t *piece)
{
    block_t *block = context;
    memcpy(block->lines + line * block->stride + from / 8, piece, (bits + 7) / 8);
}

/* Strikes what is outside of [first, last). */
static void strike_outside(block_t *block, uint64_t first, uint64_t last)
{
    const wheel_t *wheel = block->wheel;
    uint64_t begin = block->k * 30;
    for (uint32_t line = 0; line < wheel->lines; line++) {
        uint8_t *bytes = block->lines + line * block->stride;
        if (begin + wheel->residues[line] < first)
            bytes[0] |= 1;
        bits_set(bytes, window_end(begin, last, 30, wheel->residues[line]),
                 8 * (uint64_t)block->stride);
    }
}

static int list_block(const block_t *block, list_fn *each, void *context)
{
    uint64_t primes[8 * LIST_ROOM];
    for (uint32_t bit = 0; bit < block->bits;) {
        size_t n = 0;
        for (int group = 0; group < 7 && bit < block->bits; group++, bit += 64)
            n += block->kernel->path->list_group(block->lines + bit / 8, block->stride,
                                                 30 * (block->k + bit), primes + n);
        int status = each(context, primes, n);
        if (status != NATIVE_OK)
            return status;
    }
    return NATIVE_OK;
}

int list_each(const kernel_t *kernel, const base_t *base, uint64_t first, uint64_t last,
              list_fn *each, void *context)
{
    uint64_t begin = base_end(base, kernel, last);
    for (size_t i = base_index(base, first); i < base->count && base->primes[i] < begin; i++) {
        uint64_t prime = base->primes[i];
        int status = each(context, &prime, 1);
        if (status != NATIVE_OK)
            return status;
    }
    if (first < begin)
        first = begin;
    if (first >= last)
        return NATIVE_OK;
    uint64_t root = square_root(last - 1), k = first / 30;
    uint64_t bits = window_bits(first, last, 30);
    uint64_t most = engine_line_bits(kernel, root);
    uint64_t usual = BLOCK_PIECES * (uint64_t)kernel->piece_bits;
    if (root < usual || most < usual)
        most = most < usual ? most : usual;
    size_t stride = (size_t)((bits < most ? bits : most) + 511) / 512 * 64;
    uint8_t *lines = malloc(8 * stride);
    int status = lines == NULL ? NATIVE_NO_MEMORY : NATIVE_OK;
    for (; bits > 0 && status == NATIVE_OK; k += most) {
        block_t block = {kernel, &kernel->wheels[WHEEL_30], k,
                         (uint32_t)(bits < most ? bits : most), stride, lines};
        uint64_t end = last / 30 - k < block.bits ? last : 30 * (k + block.bits);
        engine_run_t run = {
            .kernel = kernel, .wheel = WHEEL_30, .k = k, .bits = block.bits,
            .primes = base->primes, .count = base_index(base, square_root(end - 1) + 1),
            .patterns = 1, .take = keep_piece, .context = &block};
        status = engine_run(&run);
        if (status != NATIVE_OK)
            break;
        strike_outside(&block, first, end);
        status = list_block(&block, each, context);
        bits -= block.bits;
    }
    free(lines);
    return status;
}
