// AVX2. Nibbles times query bytes fit pairwise sums of 16 bits; full bytes are widened to 16 bits first, since the
// byte multiplication of AVX2 saturates.
#include "codes.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang fp contract(off)

#define TARGET __attribute__((target("avx2")))
#include "codes_encode_x86.h"

typedef int32_t four_bytes __attribute__((aligned(1), may_alias));

// Chunks whose products fit one sum of 16 bits: each adds at most 4 * 15 * 128.
#define CHUNKS_IN_16_BITS 4

CK_RACY_READS INLINE __m256i everywhere(const int8_t *four) { return _mm256_set1_epi32(*(const four_bytes *)four); }

CK_RACY_READS INLINE __m256i chunk_products(const uint8_t *codes, __m256i first, __m256i second) {
  const __m256i nibble = _mm256_set1_epi8(0x0F);
  __m256i both = _mm256_loadu_si256((const __m256i *)codes);
  __m256i low = _mm256_and_si256(both, nibble), high = _mm256_and_si256(_mm256_srli_epi16(both, 4), nibble);
  return _mm256_add_epi16(_mm256_maddubs_epi16(low, first), _mm256_maddubs_epi16(high, second));
}

// Half a group: eight neighbours.
CK_RACY_READS INLINE unsigned finish_half(
  __m256i sums, const ck_edges *edges, const ck_edge_query *query, size_t at, float bound, float *estimates
) {
  __m256 sum = _mm256_cvtepi32_ps(sums);
  __m256 constant = _mm256_cvtepi32_ps(
    _mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)(edges->constants + at))));
  __m256 step = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(edges->steps + at))));
  __m256 slope = _mm256_mul_ps(step, _mm256_set1_ps(edges->step_scale * query->unit));
  __m256 fixed = _mm256_add_ps(
    _mm256_set1_ps(edges->base), _mm256_mul_ps(constant, _mm256_set1_ps(edges->constant_scale)));
  __m256 estimate = _mm256_sub_ps(
    fixed, _mm256_mul_ps(slope, _mm256_sub_ps(sum, _mm256_set1_ps(query->offset))));
  _mm256_storeu_ps(estimates + at, estimate);
  return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(estimate, _mm256_set1_ps(bound), _CMP_LT_OQ));
}

TARGET CK_RACY_READS static void row_estimates(
  const ck_edges *edges, const ck_edge_query *query, size_t groups, float bound, float *estimates, uint16_t *below
) {
  const __m256i ones = _mm256_set1_epi16(1);
  size_t n = query->edge_dimension;
  const uint8_t *codes = edges->codes;
  for (size_t g = 0; g < groups; g++) {
    __m256i sum = _mm256_setzero_si256(), other = sum;
    for (size_t i = 0; i < n;) {
      size_t end = n - i < 8 * CHUNKS_IN_16_BITS ? n : i + 8 * CHUNKS_IN_16_BITS;
      __m256i narrow = _mm256_setzero_si256(), other_narrow = narrow;
      for (; i < end; i += 8, codes += 64) {
        __m256i first = everywhere(query->values + i), second = everywhere(query->values + i + 4);
        narrow = _mm256_add_epi16(narrow, chunk_products(codes, first, second));
        other_narrow = _mm256_add_epi16(other_narrow, chunk_products(codes + 32, first, second));
      }
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(narrow, ones));
      other = _mm256_add_epi32(other, _mm256_madd_epi16(other_narrow, ones));
    }
    unsigned found = finish_half(sum, edges, query, CK_GROUP * g, bound, estimates);
    found |= finish_half(other, edges, query, CK_GROUP * g + 8, bound, estimates) << 8;
    below[g] = (uint16_t)found;
  }
}

CK_RACY_READS INLINE __m256i signed_words(const int8_t *bytes) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)bytes));
}

INLINE __m256i unsigned_words(const uint8_t *bytes) {
  return _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)bytes));
}

INLINE __m256i add_products(__m256i sum, __m256i a, __m256i b) {
  return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
}

// The totals of four registers, in the lanes of one.
INLINE __m128i four_lane_totals(__m256i a, __m256i b, __m256i c, __m256i d) {
  __m256i all = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
  return _mm_add_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
}

INLINE int32_t lane_total(__m256i s) {
  __m128i four = _mm_add_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
  __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 1)));
}

// 16 values of a code from the i-th on, int8 or int16; of int16 the last 8 and zeros behind them. Which it is, is known where
// this is inlined.
CK_RACY_READS INLINE __m256i words_at(const int8_t *code, size_t i, size_t n, int is_wide) {
  if (!is_wide) return signed_words(code + i);
  const int8_t *place = code + 2 * i;
  return i + 16 <= n ? _mm256_loadu_si256((const __m256i *)place)
                     : _mm256_zextsi128_si256(_mm_loadu_si128((const __m128i *)place));
}

CK_RACY_READS INLINE int32_t dot(const int8_t *code, const int8_t *query, size_t n, int is_wide) {
  __m256i sum = _mm256_setzero_si256(), other = sum;
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    sum = add_products(sum, words_at(code, i, n, is_wide), words_at(query, i, n, is_wide));
    other = add_products(other, words_at(code, i + 16, n, is_wide), words_at(query, i + 16, n, is_wide));
  }
  for (; i < n; i += 16) sum = add_products(sum, words_at(code, i, n, is_wide), words_at(query, i, n, is_wide));
  return lane_total(_mm256_add_epi32(sum, other));
}

CK_RACY_READS INLINE __m128i dot_four(
  const int8_t *code0, const int8_t *code1, const int8_t *code2, const int8_t *code3, const int8_t *query, size_t n,
  int is_wide
) {
  __m256i s0 = _mm256_setzero_si256(), s1 = s0, s2 = s0, s3 = s0;
  for (size_t i = 0; i < n; i += 16) {
    __m256i q = words_at(query, i, n, is_wide);
    s0 = add_products(s0, words_at(code0, i, n, is_wide), q);
    s1 = add_products(s1, words_at(code1, i, n, is_wide), q);
    s2 = add_products(s2, words_at(code2, i, n, is_wide), q);
    s3 = add_products(s3, words_at(code3, i, n, is_wide), q);
  }
  return four_lane_totals(s0, s1, s2, s3);
}

TARGET CK_RACY_READS static int32_t code_dot(const void *code, const void *query, size_t n, int32_t bias) {
  (void)bias;
  return dot(code, query, n, 0);
}

TARGET CK_RACY_READS static void code_dot_four(
  const void *code0, const void *code1, const void *code2, const void *code3, const void *query, size_t n,
  int32_t bias, int32_t *out
) {
  (void)bias;
  _mm_storeu_si128((__m128i *)out, dot_four(code0, code1, code2, code3, query, n, 0));
}

TARGET CK_RACY_READS static int32_t wide_dot(const void *code, const void *query, size_t n, int32_t bias) {
  (void)bias;
  return dot(code, query, n, 1);
}

TARGET CK_RACY_READS static void wide_dot_four(
  const void *code0, const void *code1, const void *code2, const void *code3, const void *query, size_t n,
  int32_t bias, int32_t *out
) {
  (void)bias;
  _mm_storeu_si128((__m128i *)out, dot_four(code0, code1, code2, code3, query, n, 1));
}

// 256 * the sums of high bytes + the sums of low bytes, of four rows.
INLINE __m128 joined(__m128i high, __m128i row_sums, __m128i low) {
  __m128 coarse = _mm_mul_ps(_mm_cvtepi32_ps(_mm_sub_epi32(high, row_sums)), _mm_set1_ps(256));
  return _mm_add_ps(coarse, _mm_cvtepi32_ps(low));
}

TARGET static void project(
  const int8_t *matrix, const int32_t *row_sums, size_t rows, size_t columns, const uint8_t *low, const uint8_t *high,
  float *out
) {
  const __m256i zero = _mm256_setzero_si256();
  size_t r = 0;
  // Four rows share each widening of the vector: its sums fill half the registers.
  for (; r + 4 <= rows; r += 4) {
    const int8_t *m0 = matrix + r * columns, *m1 = m0 + columns, *m2 = m1 + columns, *m3 = m2 + columns;
    __m256i l0 = zero, l1 = zero, l2 = zero, l3 = zero, h0 = zero, h1 = zero, h2 = zero, h3 = zero;
    for (size_t i = 0; i < columns; i += 16) {
      __m256i l = unsigned_words(low + i), h = unsigned_words(high + i);
      __m256i m = signed_words(m0 + i);
      l0 = add_products(l0, l, m);
      h0 = add_products(h0, h, m);
      m = signed_words(m1 + i);
      l1 = add_products(l1, l, m);
      h1 = add_products(h1, h, m);
      m = signed_words(m2 + i);
      l2 = add_products(l2, l, m);
      h2 = add_products(h2, h, m);
      m = signed_words(m3 + i);
      l3 = add_products(l3, l, m);
      h3 = add_products(h3, h, m);
    }
    __m128i sums = _mm_loadu_si128((const __m128i *)(row_sums + r));
    __m128i fine = four_lane_totals(l0, l1, l2, l3), coarse = four_lane_totals(h0, h1, h2, h3);
    _mm_storeu_ps(out + r, joined(coarse, sums, fine));
  }
  for (; r < rows; r++) {
    const int8_t *row = matrix + r * columns;
    __m256i l = zero, h = zero;
    for (size_t i = 0; i < columns; i += 16) {
      __m256i m = signed_words(row + i);
      l = add_products(l, unsigned_words(low + i), m);
      h = add_products(h, unsigned_words(high + i), m);
    }
    __m128i fine = four_lane_totals(l, zero, zero, zero), coarse = four_lane_totals(h, zero, zero, zero);
    _mm_store_ss(out + r, joined(coarse, _mm_cvtsi32_si128(row_sums[r]), fine));
  }
}

const ck_code_kernels ck_avx2_code_kernels = {
  "avx2", row_estimates, code_dot, code_dot_four, project, encode_edge,
  wide_dot, wide_dot_four,
};

#endif
