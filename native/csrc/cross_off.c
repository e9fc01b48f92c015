/* Crossing off in the bitmap of a sieve: the multiples of given numbers, of all primes below a
 * bound at once, or of the primes of a range, which are generated.
 *
 * The first two run the segmented sieve, see segment.h, on the eight lines. A number whose square
 * lies in the window begins at exactly that bit, and crosses off in a plain loop. The last is for
 * windows near 2^63, which have few multiples of each of 10^8 primes: one at most, where the prime
 * exceeds the length of the window, and for most primes none, as their distance from it tells. */
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "generate.h"
#include "large_primes.h"
#include "segment.h"
#include "sieve.h"
#include "window.h"

#define LARGEST_ROOT UINT64_C(3037000499) /* isqrt(2^63 - 1) */
#define LEAST_GENERATED (UINT64_C(1) << 23) /* of the primes in sieve_cross_off_primes */
#define MOST_BYTES (UINT64_C(1) << 23)      /* of a line there */
#define BUCKET 65552 /* multiples, and not a power of 2: the buckets go to different cache sets */

typedef struct {
    sieve_t *sieve;
    size_t begin;       /* byte of each line at which the interval begins */
    prime_list_t known; /* primes that may have crossed off themselves */
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
 * without what is outside of the window, as others may read the bitmap meanwhile. */
static void store_finished(void *argument, uint32_t line, uint32_t from, uint32_t bits,
                           uint8_t *segment)
{
    const work_t *work = argument;
    prime_list_t known = work->known;
    uint64_t bit = 8 * (uint64_t)work->begin + from, k = work->sieve->k + bit;
    for (size_t i = count_below(known.primes, known.count, 30 * k);
         i < known.count && known.primes[i] / 30 < k + bits; i++) {
        uint64_t own = known.primes[i] / 30 - k;
        if (wheel_30_line_of[known.primes[i] % 30] == (int)line)
            segment[own / 8] &= (uint8_t)~(1u << own % 8);
    }
    cross_off_outside(work->sieve, line, bit, bits, segment);
    store(argument, line, from, bits, segment);
}

/* Sieves the bytes [begin, end) of each line, which it cuts evenly into intervals: to finish them
 * with all primes of `known`, of which the first `used` cross off, or to cross off more. */
static int sieve_intervals(const context_t *context, sieve_t *sieve, prime_list_t known,
                           size_t used, size_t begin, size_t end, int finish)
{
    work_t work = {sieve, begin, known};
    prime_list_t list = {known.primes, used};
    uint64_t largest = list.count > 0 ? list.primes[list.count - 1] : 0;
    size_t most = segment_interval_bits(context, largest) / 8;
    size_t pieces = (end - begin + most - 1) / most;
    if (pieces > 0)
        most = ((end - begin + pieces - 1) / pieces + 63) / 64 * 64;
    int status = NATIVE_OK;
    for (; work.begin < end && status == NATIVE_OK; work.begin += most) {
        segment_run_t run = {
            .context = context, .wheel = WHEEL_30, .k = sieve->k + 8 * (uint64_t)work.begin,
            .bits = 8 * (uint32_t)(end - work.begin < most ? end - work.begin : most),
            .primes = list, .presieve = finish, .load = finish ? NULL : load,
            .take = finish ? store_finished : store, .argument = &work};
        status = segment_run(&run);
    }
    return status;
}

int sieve_cross_off_below(const context_t *context, sieve_t *sieve, uint64_t below, size_t begin,
                          size_t end)
{
    sieving_primes_t sieving;
    if (bad_range(sieve, begin, end))
        return NATIVE_BAD_RANGE;
    if (below > sieve->needed)
        below = sieve->needed;
    int status = sieving_primes_find(context, below, &sieving);
    if (status != NATIVE_OK)
        return status;
    size_t used = count_below(sieving.list.primes, sieving.list.count, below);
    status = sieve_intervals(context, sieve, sieving.list, used, begin, end, 1);
    sieving_primes_clear(&sieving);
    return status;
}

/* Multiples of generated primes in an interval. */
typedef struct {
    const kernels_t *kernels;
    uint64_t k;        /* of its bit 0 */
    uint32_t bits;     /* of each line */
    size_t stride;     /* bytes from a line to the next */
    uint8_t *bytes;    /* of the first line */
    buckets_t buckets;
    uint32_t primes[PRIMES_AT_ONCE], halves[PRIMES_AT_ONCE], near[PRIMES_AT_ONCE + 16];
} far_t;

static void empty_buckets(far_t *far, size_t most)
{
    for (uint32_t line = 0; line < WHEEL_30_LINES; line++)
        if (far->buckets.found[line] > most)
            buckets_cross_off(&far->buckets, far->kernels, line, far->bytes + line * far->stride);
}

/* Collects the odd multiples of the primes: the next of each is at 30 * k + 1 + 2 * half. */
static int fill_buckets(void *argument, const uint64_t *primes, size_t n)
{
    far_t *far = argument;
    buckets_t *buckets = &far->buckets;
    uint32_t below = 15 * far->bits, *restrict halves = far->halves;
    for (size_t i = 0; i < n; i++)
        far->primes[i] = (uint32_t)primes[i];
    far->kernels->find_distances(halves, far->primes, n, 30 * far->k);
    for (size_t i = 0; i < n; i++)
        halves[i] = halves[i] / 2 + ((halves[i] % 2 - 1) & far->primes[i] / 2);
    for (uint64_t least = 0; least < below && n > 0; least += primes[0]) {
        size_t count = far->kernels->collect_large(far->near, below, halves, n);
        for (size_t i = 0; i < count; i++) {
            int line = wheel_30_line_of[far->near[i] % 15 * 2 + 1];
            size_t to = line & (WHEEL_30_LINES - 1); /* of line -1 to the last one */
            buckets->multiples[to * BUCKET + buckets->found[to]] = far->near[i] / 15;
            buckets->found[to] += line >= 0; /* else the next one takes its place */
        }
        empty_buckets(far, BUCKET - PRIMES_AT_ONCE);
        for (size_t i = 0; i < n; i++)
            halves[i] += far->primes[i];
    }
    return NATIVE_OK;
}

int sieve_cross_off_primes(const context_t *context, sieve_t *sieve, uint64_t first, uint64_t last,
                           size_t begin, size_t end)
{
    prime_list_t small = {context->small_primes, SMALL_PRIMES};
    if (bad_range(sieve, begin, end) || first < LEAST_GENERATED || last > UINT32_MAX
        || end - begin > MOST_BYTES)
        return NATIVE_BAD_RANGE;
    far_t *far = calloc(1, sizeof *far + WHEEL_30_LINES * BUCKET * sizeof(uint32_t));
    if (far == NULL)
        return NATIVE_NO_MEMORY;
    far->kernels = context->kernels;
    far->k = sieve->k + 8 * (uint64_t)begin;
    far->bits = 8 * (uint32_t)(end - begin);
    far->stride = sieve->stride;
    far->bytes = sieve->lines + begin;
    far->buckets = (buckets_t){.room = BUCKET, .multiples = (uint32_t *)(far + 1)};
    int status = generate(context, small, first, last, fill_buckets, far);
    empty_buckets(far, 0);
    free(far);
    return status;
}

size_t sieve_check_primes(const void *primes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bits_load(primes, i) < 2)
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
    for (uint32_t line = 0; line < WHEEL_30_LINES; line++) {
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
        uint64_t number = bits_load(primes, i);
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
    int status = NATIVE_OK;
    if (far > 0)
        status = sieve_intervals(context, sieve, (prime_list_t){numbers, far}, far, begin, end, 0);
    free(numbers);
    return status;
}
