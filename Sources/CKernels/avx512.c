// AVX-512F. Four sums run side by side to hide the latency of the fused multiply-add; what does not fill a
// register is read through a mask, so odd lengths need no scalar loop.
#include "variants.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f")))
#define INLINE TARGET static inline __attribute__((always_inline))

typedef struct {
  __m512 a, b, c, d;
} sums;

INLINE __m512 squared_l2_step(__m512 sum, __m512 x, __m512 y) {
  __m512 difference = _mm512_sub_ps(x, y);
  return _mm512_fmadd_ps(difference, difference, sum);
}

INLINE __m512 dot_step(__m512 sum, __m512 x, __m512 y) { return _mm512_fmadd_ps(x, y, sum); }

INLINE sums zero(void) {
  __m512 z = _mm512_setzero_ps();
  return (sums){z, z, z, z};
}

// Sixteen lanes to four, in the order that `total` and `four_totals` share.
INLINE __m128 fold(sums s) {
  __m512 all = _mm512_add_ps(_mm512_add_ps(s.a, s.b), _mm512_add_ps(s.c, s.d));
  __m256 high = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(all), 1));
  __m256 half = _mm256_add_ps(_mm512_castps512_ps256(all), high);
  return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
}

INLINE float total(sums s) {
  __m128 four = fold(s);
  __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

// (lane 0 + lane 2) + (lane 1 + lane 3) of each of four folded sums at once: the additions of `total`.
INLINE void four_totals(__m128 r0, __m128 r1, __m128 r2, __m128 r3, float *out) {
  _MM_TRANSPOSE4_PS(r0, r1, r2, r3);
  _mm_storeu_ps(out, _mm_add_ps(_mm_add_ps(r0, r2), _mm_add_ps(r1, r3)));
}

#define PAIR_KERNEL(NAME, STEP)                                                                                        \
  TARGET static float NAME(const float *x, const float *y, size_t n) {                                                 \
    sums s = zero();                                                                                                   \
    size_t i = 0;                                                                                                      \
    for (; i + 64 <= n; i += 64) {                                                                                     \
      s.a = STEP(s.a, _mm512_loadu_ps(x + i), _mm512_loadu_ps(y + i));                                                 \
      s.b = STEP(s.b, _mm512_loadu_ps(x + i + 16), _mm512_loadu_ps(y + i + 16));                                       \
      s.c = STEP(s.c, _mm512_loadu_ps(x + i + 32), _mm512_loadu_ps(y + i + 32));                                       \
      s.d = STEP(s.d, _mm512_loadu_ps(x + i + 48), _mm512_loadu_ps(y + i + 48));                                       \
    }                                                                                                                  \
    for (; i + 16 <= n; i += 16) s.a = STEP(s.a, _mm512_loadu_ps(x + i), _mm512_loadu_ps(y + i));                      \
    if (i < n) {                                                                                                       \
      __mmask16 rest = (__mmask16)((1u << (n - i)) - 1);                                                               \
      s.b = STEP(s.b, _mm512_maskz_loadu_ps(rest, x + i), _mm512_maskz_loadu_ps(rest, y + i));                         \
    }                                                                                                                  \
    return total(s);                                                                                                   \
  }

#define FOUR_AT(STEP, FIELD, OFFSET)                                                                                   \
  do {                                                                                                                 \
    __m512 q = _mm512_loadu_ps(query + (OFFSET));                                                                      \
    s0.FIELD = STEP(s0.FIELD, q, _mm512_loadu_ps(row0 + (OFFSET)));                                                    \
    s1.FIELD = STEP(s1.FIELD, q, _mm512_loadu_ps(row1 + (OFFSET)));                                                    \
    s2.FIELD = STEP(s2.FIELD, q, _mm512_loadu_ps(row2 + (OFFSET)));                                                    \
    s3.FIELD = STEP(s3.FIELD, q, _mm512_loadu_ps(row3 + (OFFSET)));                                                    \
  } while (0)

#define FOUR_KERNEL(NAME, STEP)                                                                                        \
  TARGET static void NAME(                                                                                             \
    const float *query, const float *row0, const float *row1, const float *row2, const float *row3, size_t n,          \
    float *out                                                                                                         \
  ) {                                                                                                                  \
    sums s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero();                                                           \
    size_t i = 0;                                                                                                      \
    for (; i + 64 <= n; i += 64) {                                                                                     \
      FOUR_AT(STEP, a, i);                                                                                             \
      FOUR_AT(STEP, b, i + 16);                                                                                        \
      FOUR_AT(STEP, c, i + 32);                                                                                        \
      FOUR_AT(STEP, d, i + 48);                                                                                        \
    }                                                                                                                  \
    for (; i + 16 <= n; i += 16) FOUR_AT(STEP, a, i);                                                                  \
    if (i < n) {                                                                                                       \
      __mmask16 rest = (__mmask16)((1u << (n - i)) - 1);                                                               \
      __m512 q = _mm512_maskz_loadu_ps(rest, query + i);                                                               \
      s0.b = STEP(s0.b, q, _mm512_maskz_loadu_ps(rest, row0 + i));                                                     \
      s1.b = STEP(s1.b, q, _mm512_maskz_loadu_ps(rest, row1 + i));                                                     \
      s2.b = STEP(s2.b, q, _mm512_maskz_loadu_ps(rest, row2 + i));                                                     \
      s3.b = STEP(s3.b, q, _mm512_maskz_loadu_ps(rest, row3 + i));                                                     \
    }                                                                                                                  \
    four_totals(fold(s0), fold(s1), fold(s2), fold(s3), out);                                                          \
  }

PAIR_KERNEL(squared_l2, squared_l2_step)
PAIR_KERNEL(dot, dot_step)
FOUR_KERNEL(squared_l2_four, squared_l2_step)
FOUR_KERNEL(dot_four, dot_step)

const ck_kernels ck_avx512_kernels = {CK_AVX512, "avx512", squared_l2, dot, squared_l2_four, dot_four};

#endif
