// AVX2 and FMA. Four sums side by side, a masked load for the odd end; four rows are scored two at a time, which is
// what sixteen registers hold.
#include "variants.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))
#define INLINE TARGET static inline __attribute__((always_inline))

typedef struct {
  __m256 a, b, c, d;
} sums;

INLINE __m256 squared_l2_step(__m256 sum, __m256 x, __m256 y) {
  __m256 difference = _mm256_sub_ps(x, y);
  return _mm256_fmadd_ps(difference, difference, sum);
}

INLINE __m256 dot_step(__m256 sum, __m256 x, __m256 y) { return _mm256_fmadd_ps(x, y, sum); }

INLINE sums zero(void) {
  __m256 z = _mm256_setzero_ps();
  return (sums){z, z, z, z};
}

INLINE float total(sums s) {
  __m256 all = _mm256_add_ps(_mm256_add_ps(s.a, s.b), _mm256_add_ps(s.c, s.d));
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1));
  __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

// All bits set in the first `count` lanes.
INLINE __m256i lanes(size_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

#define PAIR_KERNEL(NAME, STEP)                                                                                        \
  TARGET static float NAME(const float *x, const float *y, size_t n) {                                                 \
    sums s = zero();                                                                                                   \
    size_t i = 0;                                                                                                      \
    for (; i + 32 <= n; i += 32) {                                                                                     \
      s.a = STEP(s.a, _mm256_loadu_ps(x + i), _mm256_loadu_ps(y + i));                                                 \
      s.b = STEP(s.b, _mm256_loadu_ps(x + i + 8), _mm256_loadu_ps(y + i + 8));                                         \
      s.c = STEP(s.c, _mm256_loadu_ps(x + i + 16), _mm256_loadu_ps(y + i + 16));                                       \
      s.d = STEP(s.d, _mm256_loadu_ps(x + i + 24), _mm256_loadu_ps(y + i + 24));                                       \
    }                                                                                                                  \
    for (; i + 8 <= n; i += 8) s.a = STEP(s.a, _mm256_loadu_ps(x + i), _mm256_loadu_ps(y + i));                        \
    if (i < n) {                                                                                                       \
      __m256i rest = lanes(n - i);                                                                                     \
      s.b = STEP(s.b, _mm256_maskload_ps(x + i, rest), _mm256_maskload_ps(y + i, rest));                               \
    }                                                                                                                  \
    return total(s);                                                                                                   \
  }

#define TWO_AT(STEP, FIELD, OFFSET)                                                                                    \
  do {                                                                                                                 \
    __m256 q = _mm256_loadu_ps(query + (OFFSET));                                                                      \
    s0.FIELD = STEP(s0.FIELD, q, _mm256_loadu_ps(row0 + (OFFSET)));                                                    \
    s1.FIELD = STEP(s1.FIELD, q, _mm256_loadu_ps(row1 + (OFFSET)));                                                    \
  } while (0)

#define FOUR_KERNEL(NAME, STEP)                                                                                        \
  INLINE void NAME##_two(const float *query, const float *row0, const float *row1, size_t n, float *out) {             \
    sums s0 = zero(), s1 = zero();                                                                                     \
    size_t i = 0;                                                                                                      \
    for (; i + 32 <= n; i += 32) {                                                                                     \
      TWO_AT(STEP, a, i);                                                                                              \
      TWO_AT(STEP, b, i + 8);                                                                                          \
      TWO_AT(STEP, c, i + 16);                                                                                         \
      TWO_AT(STEP, d, i + 24);                                                                                         \
    }                                                                                                                  \
    for (; i + 8 <= n; i += 8) TWO_AT(STEP, a, i);                                                                     \
    if (i < n) {                                                                                                       \
      __m256i rest = lanes(n - i);                                                                                     \
      __m256 q = _mm256_maskload_ps(query + i, rest);                                                                  \
      s0.b = STEP(s0.b, q, _mm256_maskload_ps(row0 + i, rest));                                                        \
      s1.b = STEP(s1.b, q, _mm256_maskload_ps(row1 + i, rest));                                                        \
    }                                                                                                                  \
    out[0] = total(s0);                                                                                                \
    out[1] = total(s1);                                                                                                \
  }                                                                                                                    \
  TARGET static void NAME(                                                                                             \
    const float *query, const float *row0, const float *row1, const float *row2, const float *row3, size_t n,          \
    float *out                                                                                                         \
  ) {                                                                                                                  \
    NAME##_two(query, row0, row1, n, out);                                                                             \
    NAME##_two(query, row2, row3, n, out + 2);                                                                         \
  }

PAIR_KERNEL(squared_l2, squared_l2_step)
PAIR_KERNEL(dot, dot_step)
FOUR_KERNEL(squared_l2_four, squared_l2_step)
FOUR_KERNEL(dot_four, dot_step)

const ck_kernels ck_avx2_kernels = {CK_AVX2, "avx2", squared_l2, dot, squared_l2_four, dot_four};

#endif
