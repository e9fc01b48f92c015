/* Crossing off in the bitmap of a sieve: the multiples of given numbers, or all composites at once.
 *
 * Both run the segmented sieve, see segment.h, on the eight lines. A number whose square lies in
 * the window begins at exactly that bit, and crosses off in a plain loop. */
#include <stdlib.h>
#include <string.h>

#include "segment.h"
#include "sieve.h"
#include "sieve_struct.h"
#include "sieving_primes.h"
#include "window.h"

#define LARGEST_ROOT UINT64_C(3037000499) /* isqrt(2^63 - 1) */

typedef struct {
    sieve_t *sieve;
    size_t begin;       /* byte of each line at which the interval begins */
    prime_list_t known; /* of these, the primes below `end` are not crossed off */
    uint64_t end;
} work_t;

static int bad_range(const sieve_t *sieve, size_t begin, size_t end)
{
    return sieve->lines == NULL || sieve->borrowed || begin > end || end > sieve->stride
        || begin % 8 != 0 || end % 8 != 0;
}

static uint8_t *bytes_of(const work_t *work, uint32_t line, uint32_t from)
{
    return work->sieve->lines + line * work->sieve->stride + work->begin + from / 8;
}

static void load(void *argument, uint32_t line, uint32_t from, uint32_t bits, uint8_t *segment)
{
    memcpy(segment, bytes_of(argument, line, from), bits / 8);
}

static void store(void *argument, uint32_t line, uint32_t from, uint32_t bits, uint8_t *segment)
{
    memcpy(bytes_of(argument, line, from), segment, bits / 8);
}

/* Stores a segment of a finished sieve: with the primes that have crossed off themselves, and
 * without what is outside of the window. */
static void store_finished(void *argument, uint32_t line, uint32_t from, uint32_t bits,
                           uint8_t *segment)
{
    const work_t *work = argument;
    const uint32_t *primes = work->known.primes;
    uint64_t bit = 8 * (uint64_t)work->begin + from, k = work->sieve->k + bit;
    uint64_t begin = 30 * k, end = begin + 30 * (uint64_t)bits;
    if (end > work->end)
        end = work->end;
    for (size_t i = count_below(primes, work->known.count, begin);
         i < work->known.count && primes[i] < end; i++)
        if (wheel_30_line_of[primes[i] % 30] == (int)line) {
            uint64_t own = primes[i] / 30 - k;
            segment[own / 8] &= (uint8_t)~(1u << own % 8);
        }
    cross_off_outside(work->sieve, line, bit, bits, segment);
    store(argument, line, from, bits, segment);
}

/* Sieves the bytes [begin, end) of each line, in intervals as long as can be. */
static int sieve_intervals(const context_t *context, work_t *work, size_t end, prime_list_t list,
                           int finish)
{
    uint64_t largest = list.count > 0 ? list.primes[list.count - 1] : 0;
    size_t most = segment_interval_bits(context, largest) / 8;
    int status = NATIVE_OK;
    for (; work->begin < end && status == NATIVE_OK; work->begin += most) {
        segment_run_t run = {
            .context = context, .wheel = WHEEL_30, .k = work->sieve->k + 8 * (uint64_t)work->begin,
            .bits = 8 * (uint32_t)(end - work->begin < most ? end - work->begin : most),
            .primes = list, .presieve = finish, .load = finish ? NULL : load,
            .take = finish ? store_finished : store, .argument = work};
        status = segment_run(&run);
    }
    return status;
}

int sieve_cross_off_all(const context_t *context, sieve_t *sieve, size_t begin, size_t end)
{
    sieving_primes_t sieving;
    if (bad_range(sieve, begin, end))
        return NATIVE_BAD_RANGE;
    int status = sieving_primes_find(context, sieve->needed, &sieving);
    if (status != NATIVE_OK)
        return status;
    prime_list_t list = sieving.list;
    work_t work = {sieve, begin, list, segment_begin(context, list, sieve->last)};
    list.count = count_below(list.primes, list.count, sieve->needed);
    status = sieve_intervals(context, &work, end, list, 1);
    sieving_primes_clear(&sieving);
    return status;
}

static uint64_t number_at(const void *numbers, size_t index)
{
    uint64_t number;
    memcpy(&number, (const uint8_t *)numbers + index * sizeof number, sizeof number);
    return number;
}

size_t sieve_check_primes(const void *primes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (number_at(primes, i) < 2)
            return i;
    return count;
}

static int ascending(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* Crosses off the multiples of a number from its square on, which lies behind the first bit. */
static void cross_off_from_square(sieve_t *sieve, uint64_t number, uint64_t end_bit)
{
    for (uint32_t line = 0; line < LINES; line++) {
        uint8_t *bytes = sieve->lines + line * sieve->stride;
        uint64_t factor = number;
        while (number * factor % 30 != wheel_30_residues[line])
            factor += 2;
        for (uint64_t bit = number * factor / 30 - sieve->k; bit < end_bit; bit += number)
            bytes[bit / 8] |= (uint8_t)(1u << bit % 8);
    }
}

int sieve_cross_off(const context_t *context, sieve_t *sieve, const void *primes, size_t count,
                    size_t begin, size_t end)
{
    if (bad_range(sieve, begin, end))
        return NATIVE_BAD_RANGE;
    uint32_t *numbers = malloc(count * sizeof *numbers + 1);
    if (numbers == NULL)
        return NATIVE_NO_MEMORY;
    uint64_t first = 30 * (sieve->k + 8 * (uint64_t)begin);
    uint64_t length = 30 * 8 * (uint64_t)(end - begin);
    size_t far = 0; /* numbers whose squares lie before the interval */
    int sorted = 1;
    for (size_t i = 0; i < count && length > 0; i++) {
        uint64_t number = number_at(primes, i);
        if (number > LARGEST_ROOT || wheel_30_line_of[number % 30] < 0 || number == 1)
            continue; /* multiples of 2, 3 and 5 are not stored */
        if (number * number > first) {
            if (number * number - first < length)
                cross_off_from_square(sieve, number, 8 * (uint64_t)end);
            continue;
        }
        sorted = sorted && (far == 0 || numbers[far - 1] <= number);
        numbers[far++] = (uint32_t)number;
    }
    if (!sorted)
        qsort(numbers, far, sizeof *numbers, ascending);
    work_t work = {sieve, begin, {NULL, 0}, 0};
    int status = NATIVE_OK;
    if (far > 0)
        status = sieve_intervals(context, &work, end, (prime_list_t){numbers, far}, 0);
    free(numbers);
    return status;
}
