// Advanced SIMD of arm64. Four sums side by side; the odd end is a scalar loop.
#include "variants.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#define INLINE static inline __attribute__((always_inline))

typedef struct {
  float32x4_t a, b, c, d;
} sums;

INLINE float32x4_t squared_l2_step(float32x4_t sum, float32x4_t x, float32x4_t y) {
  float32x4_t difference = vsubq_f32(x, y);
  return vfmaq_f32(sum, difference, difference);
}

INLINE float32x4_t dot_step(float32x4_t sum, float32x4_t x, float32x4_t y) { return vfmaq_f32(sum, x, y); }

INLINE float squared_l2_scalar(float x, float y) { return (x - y) * (x - y); }

INLINE float dot_scalar(float x, float y) { return x * y; }

INLINE sums zero(void) {
  float32x4_t z = vdupq_n_f32(0);
  return (sums){z, z, z, z};
}

INLINE float total(sums s) { return vaddvq_f32(vaddq_f32(vaddq_f32(s.a, s.b), vaddq_f32(s.c, s.d))); }

#define PAIR_KERNEL(NAME, STEP, SCALAR)                                                                                \
  static float NAME(const float *x, const float *y, size_t n) {                                                        \
    sums s = zero();                                                                                                   \
    size_t i = 0;                                                                                                      \
    for (; i + 16 <= n; i += 16) {                                                                                     \
      s.a = STEP(s.a, vld1q_f32(x + i), vld1q_f32(y + i));                                                             \
      s.b = STEP(s.b, vld1q_f32(x + i + 4), vld1q_f32(y + i + 4));                                                     \
      s.c = STEP(s.c, vld1q_f32(x + i + 8), vld1q_f32(y + i + 8));                                                     \
      s.d = STEP(s.d, vld1q_f32(x + i + 12), vld1q_f32(y + i + 12));                                                   \
    }                                                                                                                  \
    for (; i + 4 <= n; i += 4) s.a = STEP(s.a, vld1q_f32(x + i), vld1q_f32(y + i));                                    \
    float sum = total(s);                                                                                              \
    for (; i < n; i++) sum += SCALAR(x[i], y[i]);                                                                      \
    return sum;                                                                                                        \
  }

#define FOUR_AT(STEP, FIELD, OFFSET)                                                                                   \
  do {                                                                                                                 \
    float32x4_t q = vld1q_f32(query + (OFFSET));                                                                       \
    s0.FIELD = STEP(s0.FIELD, q, vld1q_f32(row0 + (OFFSET)));                                                          \
    s1.FIELD = STEP(s1.FIELD, q, vld1q_f32(row1 + (OFFSET)));                                                          \
    s2.FIELD = STEP(s2.FIELD, q, vld1q_f32(row2 + (OFFSET)));                                                          \
    s3.FIELD = STEP(s3.FIELD, q, vld1q_f32(row3 + (OFFSET)));                                                          \
  } while (0)

#define FOUR_KERNEL(NAME, STEP, SCALAR)                                                                                \
  static void NAME(                                                                                                    \
    const float *query, const float *row0, const float *row1, const float *row2, const float *row3, size_t n,          \
    float *out                                                                                                         \
  ) {                                                                                                                  \
    sums s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero();                                                           \
    size_t i = 0;                                                                                                      \
    for (; i + 16 <= n; i += 16) {                                                                                     \
      FOUR_AT(STEP, a, i);                                                                                             \
      FOUR_AT(STEP, b, i + 4);                                                                                         \
      FOUR_AT(STEP, c, i + 8);                                                                                         \
      FOUR_AT(STEP, d, i + 12);                                                                                        \
    }                                                                                                                  \
    for (; i + 4 <= n; i += 4) FOUR_AT(STEP, a, i);                                                                    \
    float t0 = total(s0), t1 = total(s1), t2 = total(s2), t3 = total(s3);                                              \
    for (; i < n; i++) {                                                                                               \
      t0 += SCALAR(query[i], row0[i]);                                                                                 \
      t1 += SCALAR(query[i], row1[i]);                                                                                 \
      t2 += SCALAR(query[i], row2[i]);                                                                                 \
      t3 += SCALAR(query[i], row3[i]);                                                                                 \
    }                                                                                                                  \
    out[0] = t0;                                                                                                       \
    out[1] = t1;                                                                                                       \
    out[2] = t2;                                                                                                       \
    out[3] = t3;                                                                                                       \
  }

PAIR_KERNEL(squared_l2, squared_l2_step, squared_l2_scalar)
PAIR_KERNEL(dot, dot_step, dot_scalar)
FOUR_KERNEL(squared_l2_four, squared_l2_step, squared_l2_scalar)
FOUR_KERNEL(dot_four, dot_step, dot_scalar)

const ck_kernels ck_neon_kernels = {CK_NEON, "neon", squared_l2, dot, squared_l2_four, dot_four};

#endif
