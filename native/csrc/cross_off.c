/* Striking in a kept window: with given numbers, or with all base primes at once.
 *
 * Both run the engine, see engine.h, on the eight lines. The numbers whose squares lie in the
 * window strike in a plain loop, as they begin there to the bit. */
#include <stdlib.h>
#include <string.h>

#include "sieving_primes.h"
#include "segment.h"
#include "sieve_struct.h"
#include "window.h"

#define LARGEST_ROOT UINT64_C(3037000499) /* isqrt(2^63 - 1) */

typedef struct {
    sieve_t *sieve;
    size_t begin;       /* of the bytes in work, in each line */
    const base_t *base; /* primes below `end` are not struck, even by themselves */
    uint64_t end;
} work_t;

static int bad_range(const sieve_t *sieve, size_t begin, size_t end)
{
    return sieve->lines == NULL || sieve->lent || begin > end || end > sieve->stride || begin % 8 != 0
        || end % 8 != 0;
}

static uint8_t *bytes_of(const work_t *work, uint32_t line, uint32_t from)
{
    return work->sieve->lines + line * work->sieve->stride + work->begin + from / 8;
}

static void load_piece(void *context, uint32_t line, uint32_t from, uint32_t bits, uint8_t *piece)
{
    memcpy(piece, bytes_of(context, line, from), bits / 8);
}

static void store_piece(void *context, uint32_t line, uint32_t from, uint32_t bits, uint8_t *piece)
{
    memcpy(bytes_of(context, line, from), piece, bits / 8);
}

static void store_final_piece(void *context, uint32_t line, uint32_t from, uint32_t bits,
                              uint8_t *piece)
{
    const work_t *work = context;
    uint64_t bit = 8 * (uint64_t)work->begin + from, k = work->sieve->k + bit;
    uint64_t begin = 30 * k, end = begin + 30 * (uint64_t)bits;
    if (end > work->end)
        end = work->end;
    for (size_t i = base_index(work->base, begin);
         i < work->base->count && work->base->primes[i] < end; i++)
        if (kept_line_of[work->base->primes[i] % 30] == (int)line) {
            uint64_t own = work->base->primes[i] / 30 - k;
            piece[own / 8] &= (uint8_t)~(1u << own % 8);
        }
    kept_strike_outside(work->sieve, line, bit, bits, piece);
    store_piece(context, line, from, bits, piece);
}

/* Runs the engine on the bytes [begin, end) of each line, in stretches as long as it allows. */
static int run_engine(const kernel_t *kernel, work_t *work, size_t end, const uint32_t *primes,
                      size_t count, int fill)
{
    uint64_t largest = count > 0 ? primes[count - 1] : 0;
    size_t most = engine_line_bits(kernel, largest) / 8;
    int status = NATIVE_OK;
    for (; work->begin < end && status == NATIVE_OK; work->begin += most) {
        engine_run_t run = {
            .kernel = kernel, .wheel = WHEEL_30, .k = work->sieve->k + 8 * (uint64_t)work->begin,
            .bits = 8 * (uint32_t)(end - work->begin < most ? end - work->begin : most),
            .primes = primes, .count = count, .patterns = fill,
            .load = fill ? NULL : load_piece, .take = fill ? store_final_piece : store_piece,
            .context = work};
        status = engine_run(&run);
    }
    return status;
}

int sieve_fill(const kernel_t *kernel, sieve_t *sieve, size_t begin, size_t end)
{
    base_t base;
    if (bad_range(sieve, begin, end) || sieve->needed > LARGEST_BASE)
        return NATIVE_BAD_RANGE;
    uint64_t below = sieve->needed < SMALL_PRIMES_BELOW ? SMALL_PRIMES_BELOW : sieve->needed;
    int status = base_find(kernel, below, &base);
    if (status != NATIVE_OK)
        return status;
    work_t work = {sieve, begin, &base, base_end(&base, kernel, sieve->last)};
    status = run_engine(kernel, &work, end, base.primes, base_index(&base, sieve->needed), 1);
    base_clear(&base);
    return status;
}

static uint64_t prime_at(const void *primes, size_t index)
{
    uint64_t prime;
    memcpy(&prime, (const uint8_t *)primes + index * sizeof prime, sizeof prime);
    return prime;
}

size_t sieve_check_primes(const void *primes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (prime_at(primes, i) < 2)
            return i;
    return count;
}

static int ascending(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* Strikes the multiples of a number from its square on, which lies behind the start. */
static void strike_from_square(sieve_t *sieve, uint64_t number, uint64_t end_bit)
{
    for (uint32_t line = 0; line < LINES; line++) {
        uint8_t *bytes = sieve->lines + line * sieve->stride;
        uint64_t factor = number;
        while (number * factor % 30 != kept_residues[line])
            factor += 2;
        for (uint64_t bit = number * factor / 30 - sieve->k; bit < end_bit; bit += number)
            bytes[bit / 8] |= (uint8_t)(1u << bit % 8);
    }
}

int sieve_cross_off(const kernel_t *kernel, sieve_t *sieve, const void *primes, size_t count,
                    size_t begin, size_t end)
{
    if (bad_range(sieve, begin, end))
        return NATIVE_BAD_RANGE;
    uint32_t *numbers = malloc(count * sizeof *numbers + 1);
    if (numbers == NULL)
        return NATIVE_NO_MEMORY;
    uint64_t first = 30 * (sieve->k + 8 * (uint64_t)begin);
    uint64_t length = 30 * 8 * (uint64_t)(end - begin);
    size_t far = 0;
    int sorted = 1;
    for (size_t i = 0; i < count && length > 0; i++) {
        uint64_t number = prime_at(primes, i);
        if (number > LARGEST_ROOT || kept_line_of[number % 30] < 0 || number == 1)
            continue; /* multiples of 2, 3 and 5 are not stored */
        if (number * number > first) {
            if (number * number - first < length)
                strike_from_square(sieve, number, 8 * (uint64_t)end);
            continue;
        }
        sorted = sorted && (far == 0 || numbers[far - 1] <= number);
        numbers[far++] = (uint32_t)number;
    }
    if (!sorted)
        qsort(numbers, far, sizeof *numbers, ascending);
    work_t work = {sieve, begin, NULL, 0};
    int status = far > 0 ? run_engine(kernel, &work, end, numbers, far, 0) : NATIVE_OK;
    free(numbers);
    return status;
}
