#include "generate.h"

#include <stdlib.h>
#include <string.h>

#include "segment.h"
#include "window.h"

#define INTERVAL_SEGMENTS 2 /* eight lines of two segments fit the second-level cache */

/* The lines of the wheel 30 side by side, from the number 30 * k on. */
typedef struct {
    const context_t *context;
    uint64_t k;
    uint32_t bits;
    size_t stride;
    uint8_t *lines;
} interval_t;

static void copy_segment(void *argument, uint32_t line, uint32_t from, uint32_t bits,
                         uint8_t *segment)
{
    interval_t *interval = argument;
    memcpy(interval->lines + line * interval->stride + from / 8, segment, (bits + 7) / 8);
}

static int decode(const interval_t *interval, primes_fn *take, void *argument)
{
    uint64_t primes[PRIMES_AT_ONCE];
    for (uint32_t bit = 0; bit < interval->bits;) {
        size_t n = 0;
        for (int word = 0; word < 7 && bit < interval->bits; word++, bit += 64)
            n += interval->context->kernels->decode(interval->lines + bit / 8, interval->stride,
                                                    30 * (interval->k + bit), primes + n);
        int status = take(argument, primes, n);
        if (status != NATIVE_OK)
            return status;
    }
    return NATIVE_OK;
}

int generate(const context_t *context, prime_list_t sieving, uint64_t first, uint64_t last,
             primes_fn *take, void *argument)
{
    uint64_t begin = segment_begin(context, sieving, last);
    for (size_t i = count_below(sieving.primes, sieving.count, first);
         i < sieving.count && sieving.primes[i] < begin; i++) {
        uint64_t prime = sieving.primes[i];
        int status = take(argument, &prime, 1);
        if (status != NATIVE_OK)
            return status;
    }
    if (first < begin)
        first = begin;
    if (first >= last)
        return NATIVE_OK;
    uint64_t root = square_root(last - 1), k = first / 30;
    uint64_t bits = window_bits(first, last, 30);
    uint64_t most = segment_interval_bits(context, root);
    uint64_t usual = INTERVAL_SEGMENTS * (uint64_t)context->segment_bits;
    if (root < usual || most < usual)
        most = most < usual ? most : usual;
    size_t stride = (size_t)((bits < most ? bits : most) + 511) / 512 * 64;
    uint8_t *lines = malloc(8 * stride);
    int status = lines == NULL ? NATIVE_NO_MEMORY : NATIVE_OK;
    for (; bits > 0 && status == NATIVE_OK; k += most) {
        interval_t interval = {context, k, (uint32_t)(bits < most ? bits : most), stride, lines};
        uint64_t end = last / 30 - k < interval.bits ? last : 30 * (k + interval.bits);
        size_t used = count_below(sieving.primes, sieving.count, square_root(end - 1) + 1);
        segment_run_t run = {
            .context = context, .wheel = WHEEL_30, .k = k, .bits = interval.bits,
            .primes = {sieving.primes, used}, .presieve = 1,
            .take = copy_segment, .argument = &interval};
        status = segment_run(&run);
        if (status != NATIVE_OK)
            break;
        for (uint32_t line = 0; line < WHEEL_30_LINES; line++)
            window_cross_off_outside(first, end, 30, 30 * k + wheel_30_residues[line], 8 * stride,
                                     lines + line * stride);
        status = decode(&interval, take, argument);
        bits -= interval.bits;
    }
    free(lines);
    return status;
}
