// From float32 to the numbers that the code kernels take, and the copy that publishes them.
#ifndef CODE_PREPARATION_H
#define CODE_PREPARATION_H

#include <stddef.h>
#include <stdint.h>

#ifdef __clang__
#pragma clang assume_nonnull begin
#else
#define _Nullable
#define _Nonnull
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// Writes (row - mean) as 16 bit fixed point, 256 * (high - 128) + low, and returns the value of one unit: 0 where row
/// equals mean. n values; the caller pads the planes, with low 0 and high 128 for zero.
float ck_fixed_point(const float *row, const float *mean, size_t n, uint8_t *low, uint8_t *high);

/// Rounds values to -127…127 units of max|value| / 127 and returns the unit; 0 and zeros where all are zero.
float ck_round_to_int8(const float *values, size_t n, int8_t *out);

/// The greatest length of a code of int16: products of two such codes fit 32 bits.
#define CK_WIDE_LENGTH 46000.0f

/// Rounds values to int16, in units in which they are CK_WIDE_LENGTH long or the longest of them is 32,767, and returns the
/// unit; 0 and zeros where all are zero.
float ck_round_to_int16(const float *values, size_t n, int16_t *out);

/// The squared length of row - mean, n values each, the same bits on every CPU.
float ck_squared_distance_from_mean(const float *row, const float *mean, size_t n);

/// A number that the writer may be changing under a sequence counter.
uint32_t ck_load_link(const uint32_t *link);

/// Where blocks of memory are: that of a number at `chunks[number >> shift] + (number & mask) * stride`.
typedef struct {
  void *_Nullable const *_Nonnull chunks;
  uint32_t shift;
  uint32_t mask;
  size_t stride;
} ck_blocks;

/// Writes those of a row's links that are not marked yet to `out`, in their order, and marks them; returns how many.
///
/// Without a branch, as whether a neighbour was seen before is a coin toss that no predictor learns. `marks` and `out` have a
/// place more than there are links below `limit`, and in the row: what is no new link is written there.
size_t ck_new_links(
  const uint32_t *row, size_t capacity, uint32_t limit, uint8_t *marks, uint8_t mark, uint32_t *out);

/// The same, asking for the first cache line of the block of each as soon as it is known: for blocks of which no more is
/// read at first.
size_t ck_new_links_and_blocks(
  const uint32_t *row, size_t capacity, uint32_t limit, uint8_t *marks, uint8_t mark, uint32_t *out,
  const ck_blocks *blocks);

/// Copies n bytes, a multiple of 8, to memory that searches may be reading under a sequence counter.
void ck_publish(void *to, const void *from, size_t n);

#ifdef __cplusplus
}
#endif

#ifdef __clang__
#pragma clang assume_nonnull end
#endif

#endif
