#include "primes.h"

#include <string.h>

#include "generate.h"
#include "segment.h"
#include "window.h"

#define LARGEST_WINDOW (UINT64_C(1) << 52)
#define LEAST_LINE_BITS 100000 /* in a shorter line, finding the starts costs more than it saves */

typedef struct {
    const context_t *context;
    const wheel_t *wheel;
    uint64_t first, last;
    uint64_t found;
} count_t;

static void count_segment(void *argument, uint32_t line, uint32_t from, uint32_t bits,
                          uint8_t *segment)
{
    count_t *count = argument;
    uint64_t modulus = count->wheel->modulus;
    uint64_t number = (count->first / modulus + from) * modulus + count->wheel->residues[line];
    window_cross_off_outside(count->first, count->last, modulus, number, (bits + 511) / 512 * 512,
                             segment);
    count->found += count->context->kernels->count_zeros(segment, (bits + 511) / 512 * 64);
}

/* Measured: in a larger wheel there is less to cross off, but each of its lines costs a start for
 * each sieving prime. */
static int choose_wheel(uint64_t length, uint64_t sieving_primes)
{
    if (length / 2310 >= LEAST_LINE_BITS && length / 48000 >= sieving_primes)
        return WHEEL_2310;
    if (length / 210 >= LEAST_LINE_BITS && length / 240 >= sieving_primes)
        return WHEEL_210;
    return WHEEL_30;
}

static int count_interval(const context_t *context, prime_list_t sieving, int wheel,
                          uint64_t first, uint64_t last, uint64_t *out)
{
    count_t count = {context, &context->wheels[wheel], first, last, 0};
    size_t used = count_below(sieving.primes, sieving.count, square_root(last - 1) + 1);
    segment_run_t run = {
        .context = context, .wheel = wheel, .k = first / count.wheel->modulus,
        .bits = (uint32_t)window_bits(first, last, count.wheel->modulus),
        .primes = {sieving.primes, used}, .presieve = 1,
        .take = count_segment, .argument = &count};
    int status = segment_run(&run);
    *out += count.found;
    return status;
}

static int find_sieving_primes(const context_t *context, uint64_t first, uint64_t last,
                               sieving_primes_t *sieving)
{
    if (first > last || last > LARGEST_WINDOW)
        return NATIVE_BAD_RANGE;
    return sieving_primes_find(context, first < last ? square_root(last - 1) + 1 : 0, sieving);
}

int primes_count(const context_t *context, uint64_t first, uint64_t last, uint64_t *out)
{
    sieving_primes_t sieving;
    int status = find_sieving_primes(context, first, last, &sieving);
    if (status != NATIVE_OK)
        return status;
    prime_list_t list = sieving.list;
    uint64_t found = 0, begin = segment_begin(context, list, last);
    if (first < begin) {
        found = count_below(list.primes, list.count, begin)
            - count_below(list.primes, list.count, first);
        first = begin;
    }
    if (first < last) {
        uint64_t root = square_root(last - 1);
        int wheel = choose_wheel(last - first, count_below(list.primes, list.count, root + 1));
        uint64_t modulus = context->wheels[wheel].modulus;
        uint64_t most = segment_interval_bits(context, root) * modulus;
        while (first < last && status == NATIVE_OK) {
            /* All intervals but the first begin with bit 0 of each line. */
            uint64_t end = first - first % modulus + most;
            end = end < last ? end : last;
            status = count_interval(context, list, wheel, first, end, &found);
            first = end;
        }
    }
    sieving_primes_clear(&sieving);
    *out = found;
    return status;
}

typedef struct {
    uint64_t *out;
    size_t capacity, written;
} room_t;

static int write_out(void *argument, const uint64_t *primes, size_t n)
{
    room_t *room = argument;
    size_t fit = room->capacity - room->written < n ? room->capacity - room->written : n;
    memcpy(room->out + room->written, primes, fit * sizeof *primes);
    room->written += fit;
    return fit < n ? NATIVE_BAD_LENGTH : NATIVE_OK;
}

int primes_list(const context_t *context, uint64_t first, uint64_t last, uint64_t *out,
                size_t capacity, size_t *written)
{
    sieving_primes_t sieving;
    room_t room = {out, capacity, 0};
    int status = find_sieving_primes(context, first, last, &sieving);
    if (status == NATIVE_OK) {
        status = generate(context, sieving.list, first, last, write_out, &room);
        sieving_primes_clear(&sieving);
    }
    *written = room.written;
    return status;
}
