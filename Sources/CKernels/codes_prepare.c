// Rounding by adding 1.5 * 2^23, which leaves the nearest integer in the low bits: it vectorizes everywhere, and every CPU
// rounds alike.
#include "CodePreparation.h"

#include <string.h>

#pragma clang fp contract(off)

static inline int32_t nearest(float x) {
  float shifted = x + 12582912.0f;
  int32_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  return bits - 0x4B400000;
}

static float largest_magnitude(const float *x, size_t n) {
  float lanes[16] = {0};
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    for (int l = 0; l < 16; l++) {
      float magnitude = __builtin_fabsf(x[i + (size_t)l]);
      lanes[l] = magnitude > lanes[l] ? magnitude : lanes[l];
    }
  }
  for (; i < n; i++) {
    float magnitude = __builtin_fabsf(x[i]);
    lanes[0] = magnitude > lanes[0] ? magnitude : lanes[0];
  }
  float most = 0;
  for (int l = 0; l < 16; l++) most = lanes[l] > most ? lanes[l] : most;
  return most;
}

float ck_fixed_point(const float *row, const float *mean, size_t n, uint8_t *low, uint8_t *high) {
  float lanes[16] = {0};
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    for (int l = 0; l < 16; l++) {
      float magnitude = __builtin_fabsf(row[i + (size_t)l] - mean[i + (size_t)l]);
      lanes[l] = magnitude > lanes[l] ? magnitude : lanes[l];
    }
  }
  for (; i < n; i++) {
    float magnitude = __builtin_fabsf(row[i] - mean[i]);
    lanes[0] = magnitude > lanes[0] ? magnitude : lanes[0];
  }
  float most = 0;
  for (int l = 0; l < 16; l++) most = lanes[l] > most ? lanes[l] : most;
  // Below 2^-100 the reciprocal would overflow: such a difference is no difference.
  float inverse = most > 0x1p-100f ? 32767.0f / most : 0;
  for (i = 0; i < n; i++) {
    uint32_t value = (uint32_t)(nearest((row[i] - mean[i]) * inverse) + 32768);
    low[i] = (uint8_t)value;
    high[i] = (uint8_t)(value >> 8);
  }
  return inverse > 0 ? most / 32767.0f : 0;
}

float ck_round_to_int8(const float *values, size_t n, int8_t *out) {
  float most = largest_magnitude(values, n);
  float inverse = most > 0x1p-100f ? 127.0f / most : 0;
  for (size_t i = 0; i < n; i++) out[i] = (int8_t)nearest(values[i] * inverse);
  return inverse > 0 ? most / 127.0f : 0;
}

float ck_round_to_int16(const float *values, size_t n, int16_t *out) {
  float most = largest_magnitude(values, n);
  // Of values divided by the largest, whose squares neither overflow nor vanish.
  float scale = most > 0x1p-100f ? 1.0f / most : 0;
  float lanes[16] = {0};
  for (size_t i = 0; i < n; i++) lanes[i % 16] += (values[i] * scale) * (values[i] * scale);
  float squared = 0;
  for (int l = 0; l < 16; l++) squared += lanes[l];
  float length = __builtin_sqrtf(squared), shortest = CK_WIDE_LENGTH / 32767.0f;
  if (length < shortest) length = shortest;
  float unit = scale > 0 ? most * (length / CK_WIDE_LENGTH) : 0, inverse = scale > 0 ? 1.0f / unit : 0;
  for (size_t i = 0; i < n; i++) out[i] = (int16_t)nearest(values[i] * inverse);
  return unit;
}

float ck_squared_distance_from_mean(const float *row, const float *mean, size_t n) {
  float lanes[16] = {0};
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    for (int l = 0; l < 16; l++) {
      float difference = row[i + (size_t)l] - mean[i + (size_t)l];
      lanes[l] += difference * difference;
    }
  }
  for (; i < n; i++) lanes[0] += (row[i] - mean[i]) * (row[i] - mean[i]);
  float sum = 0;
  for (int l = 0; l < 16; l++) sum += lanes[l];
  return sum;
}

// Both ways in one: which it is, the compiler knows where it puts this.
__attribute__((always_inline, no_sanitize("thread"))) static inline size_t new_links(
  const uint32_t *row, size_t capacity, uint32_t limit, uint8_t *marks, uint8_t mark, uint32_t *out,
  const ck_blocks *blocks
) {
  size_t count = 0;
  for (size_t i = 0; i < capacity; i++) {
    uint32_t link = __atomic_load_n(row + i, __ATOMIC_ACQUIRE);
    uint32_t place = link < limit ? link : limit;
    size_t is_new = marks[place] != mark;
    marks[place] = mark;
    out[count] = link;
    count += is_new;
    if (!blocks) continue;
    // Those that are not new ask for the row, which is there: no branch here either.
    uint32_t known = link < limit ? link : 0;
    const char *block = (const char *)blocks->chunks[known >> blocks->shift] + (known & blocks->mask) * blocks->stride;
    __builtin_prefetch(is_new ? block : (const char *)row, 0, 3);
  }
  return count;
}

__attribute__((no_sanitize("thread"))) size_t ck_new_links(
  const uint32_t *row, size_t capacity, uint32_t limit, uint8_t *marks, uint8_t mark, uint32_t *out
) {
  return new_links(row, capacity, limit, marks, mark, out, NULL);
}

__attribute__((no_sanitize("thread"))) size_t ck_new_links_and_blocks(
  const uint32_t *row, size_t capacity, uint32_t limit, uint8_t *marks, uint8_t mark, uint32_t *out,
  const ck_blocks *blocks
) {
  ck_blocks all = *blocks;
  return new_links(row, capacity, limit, marks, mark, out, &all);
}

uint32_t ck_load_link(const uint32_t *link) {
  return *(const volatile uint32_t *)link;
}

// Not instrumented: readers compare the counter and throw away what they read during the copy.
__attribute__((no_sanitize("thread"), no_builtin("memcpy", "memmove"))) void ck_publish(
  void *to, const void *from, size_t n
) {
  volatile uint64_t *target = to;
  const uint64_t *source = from;
  for (size_t i = 0; i < n / 8; i++) target[i] = source[i];
}
