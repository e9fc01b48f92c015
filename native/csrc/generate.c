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
    if (root < usual && usual < most)
        most = usual;
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

typedef struct {
    uint32_t *primes;
    size_t count;
} growing_list_t;

static int append(void *argument, const uint64_t *primes, size_t n)
{
    growing_list_t *list = argument;
    for (size_t i = 0; i < n; i++)
        list->primes[list->count++] = (uint32_t)primes[i];
    return NATIVE_OK;
}

int sieving_primes_find(const context_t *context, uint64_t below, sieving_primes_t *sieving)
{
    *sieving = (sieving_primes_t){{context->small_primes, SMALL_PRIMES}, NULL};
    if (below > SIEVING_PRIMES_BELOW)
        return NATIVE_BAD_RANGE;
    if (below <= SMALL_PRIMES_BELOW)
        return NATIVE_OK;
    /* pi(x) < 1.25506 * x / log x (Rosser and Schoenfeld, 1962), and log x > log 2 * log2. */
    uint64_t log2 = 16;
    while (below >> log2 > 1)
        log2++;
    size_t room = (size_t)(below * 29 / 16 / log2);
    growing_list_t list = {malloc(room * sizeof(uint32_t)), 0};
    if (list.primes == NULL)
        return NATIVE_NO_MEMORY;
    int status = generate(context, sieving->list, 0, below, append, &list);
    if (status == NATIVE_OK)
        *sieving = (sieving_primes_t){{list.primes, list.count}, list.primes};
    else
        free(list.primes);
    return status;
}

void sieving_primes_clear(sieving_primes_t *sieving)
{
    free(sieving->memory);
    sieving->memory = NULL;
}
