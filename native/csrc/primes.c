#include "primes.h"

#include <string.h>

#include "sieving_primes.h"
#include "bits.h"
#include "segment.h"
#include "generate.h"
#include "window.h"

#define LARGEST_UNKEPT (UINT64_C(1) << 52)
#define LINE_BITS 100000 /* a line that is shorter is not worth the starts of its primes */

typedef struct {
    const kernel_t *kernel;
    const wheel_t *wheel;
    uint64_t first, last;
    uint64_t unstruck;
} count_t;

static void count_piece(void *context, uint32_t line, uint32_t from, uint32_t bits, uint8_t *piece)
{
    count_t *count = context;
    uint64_t modulus = count->wheel->modulus, residue = count->wheel->residues[line];
    uint64_t end = window_end(count->first, count->last, modulus, residue);
    uint32_t valid = end <= from ? 0 : end - from < bits ? (uint32_t)(end - from) : bits;
    if (from == 0 && count->first % modulus > residue)
        piece[0] |= 1; /* below the window */
    bits_set(piece, valid, (bits + 63) / 64 * 64);
    count->unstruck += count->kernel->path->zeros(piece, (bits + 63) / 64 * 8);
}

/* Measured: more lines have fewer numbers to strike, but each line costs a start for each prime. */
static int choose_wheel(uint64_t length, uint64_t base_count)
{
    if (length / 2310 >= LINE_BITS && length / 48000 >= base_count)
        return WHEEL_2310;
    if (length / 210 >= LINE_BITS && length / 240 >= base_count)
        return WHEEL_210;
    return WHEEL_30;
}

static int count_stretch(const kernel_t *kernel, const base_t *base, int wheel, uint64_t first,
                         uint64_t last, uint64_t *out)
{
    count_t count = {kernel, &kernel->wheels[wheel], first, last, 0};
    uint64_t root = square_root(last - 1);
    engine_run_t run = {
        .kernel = kernel, .wheel = wheel, .k = first / count.wheel->modulus,
        .bits = (uint32_t)window_bits(first, last, count.wheel->modulus),
        .primes = base->primes, .count = base_index(base, root + 1), .patterns = 1,
        .take = count_piece, .context = &count};
    int status = engine_run(&run);
    *out += count.unstruck;
    return status;
}

static int find_base(const kernel_t *kernel, uint64_t first, uint64_t last, base_t *base)
{
    if (first > last || last > LARGEST_UNKEPT)
        return NATIVE_BAD_RANGE;
    uint64_t below = first < last ? square_root(last - 1) + 1 : 0;
    return base_find(kernel, below < SMALL_PRIMES_BELOW ? SMALL_PRIMES_BELOW : below, base);
}

int primes_count(const kernel_t *kernel, uint64_t first, uint64_t last, uint64_t *out)
{
    base_t base;
    int status = find_base(kernel, first, last, &base);
    if (status != NATIVE_OK)
        return status;
    uint64_t found = 0, begin = base_end(&base, kernel, last);
    if (first < begin) {
        found = base_index(&base, begin) - base_index(&base, first);
        first = begin;
    }
    if (first < last) {
        uint64_t root = square_root(last - 1);
        int wheel = choose_wheel(last - first, base_index(&base, root + 1));
        uint64_t most = engine_line_bits(kernel, root) * (uint64_t)kernel->wheels[wheel].modulus;
        while (first < last && status == NATIVE_OK) {
            /* Whole rows, so that no stretch begins in the middle of one. */
            uint64_t end = first - first % kernel->wheels[wheel].modulus + most;
            end = end < last ? end : last;
            status = count_stretch(kernel, &base, wheel, first, end, &found);
            first = end;
        }
    }
    base_clear(&base);
    *out = found;
    return status;
}

typedef struct {
    uint64_t *out;
    size_t capacity, written;
} room_t;

static int write_out(void *context, const uint64_t *primes, size_t n)
{
    room_t *room = context;
    size_t fit = room->capacity - room->written < n ? room->capacity - room->written : n;
    memcpy(room->out + room->written, primes, fit * sizeof *primes);
    room->written += fit;
    return fit < n ? NATIVE_BAD_LENGTH : NATIVE_OK;
}

int primes_list(const kernel_t *kernel, uint64_t first, uint64_t last, uint64_t *out,
                size_t capacity, size_t *written)
{
    base_t base;
    room_t room = {out, capacity, 0};
    int status = find_base(kernel, first, last, &base);
    if (status == NATIVE_OK) {
        status = list_each(kernel, &base, first, last, write_out, &room);
        base_clear(&base);
    }
    *written = room.written;
    return status;
}
