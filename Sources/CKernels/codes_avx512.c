// AVX-512 with VNNI: one instruction multiplies 64 pairs of unsigned and signed bytes and adds them up by fours. Where
// both operands are signed, one is made unsigned by adding 128, and what that adds is taken off the sum.
#include "codes.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang fp contract(off)

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#include "codes_encode_x86.h"

typedef int32_t four_bytes __attribute__((aligned(1), may_alias));

// The same four query values beside each neighbour's four codes.
CK_RACY_READS INLINE __m512i everywhere(const int8_t *four) { return _mm512_set1_epi32(*(const four_bytes *)four); }

// Of one group: what low and high nibbles add up to. High nibbles stay in their place, sixteen times as large.
typedef struct {
  __m512i low, high;
} group_sums;

CK_RACY_READS INLINE group_sums add_chunk(group_sums s, const uint8_t *codes, __m512i first, __m512i second) {
  const __m512i nibble = _mm512_set1_epi8(0x0F);
  __m512i both = _mm512_loadu_si512(codes);
  s.low = _mm512_dpbusd_epi32(s.low, _mm512_and_si512(both, nibble), first);
  s.high = _mm512_dpbusd_epi32(s.high, _mm512_andnot_si512(nibble, both), second);
  return s;
}

CK_RACY_READS INLINE void finish_group(
  group_sums s, const ck_edges *edges, const ck_edge_query *query, size_t g, float bound, float *estimates,
  uint16_t *below
) {
  size_t at = CK_GROUP * g;
  __m512 sum = _mm512_cvtepi32_ps(_mm512_add_epi32(s.low, _mm512_srai_epi32(s.high, 4)));
  __m512 constant = _mm512_cvtepi32_ps(
    _mm512_cvtepi16_epi32(_mm256_loadu_si256((const __m256i *)(edges->constants + at))));
  __m512 step = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(edges->steps + at))));
  __m512 slope = _mm512_mul_ps(step, _mm512_set1_ps(edges->step_scale * query->unit));
  __m512 fixed = _mm512_add_ps(
    _mm512_set1_ps(edges->base), _mm512_mul_ps(constant, _mm512_set1_ps(edges->constant_scale)));
  __m512 estimate = _mm512_sub_ps(
    fixed, _mm512_mul_ps(slope, _mm512_sub_ps(sum, _mm512_set1_ps(query->offset))));
  _mm512_storeu_ps(estimates + at, estimate);
  below[g] = (uint16_t)_mm512_cmp_ps_mask(estimate, _mm512_set1_ps(bound), _CMP_LT_OQ);
}

TARGET CK_RACY_READS static void row_estimates(
  const ck_edges *edges, const ck_edge_query *query, size_t groups, float bound, float *estimates, uint16_t *below
) {
  size_t n = query->edge_dimension;
  const group_sums none = {_mm512_setzero_si512(), _mm512_setzero_si512()};
  size_t g = 0;
  // Two groups share the query's broadcasts, and their four sums hide the latency of the multiplication.
  for (; g + 2 <= groups; g += 2) {
    const uint8_t *codes = edges->codes + g * n * 8, *next = codes + n * 8;
    group_sums s = none, t = none;
    for (size_t i = 0; i < n; i += 8, codes += 64, next += 64) {
      __m512i first = everywhere(query->values + i), second = everywhere(query->values + i + 4);
      s = add_chunk(s, codes, first, second);
      t = add_chunk(t, next, first, second);
    }
    finish_group(s, edges, query, g, bound, estimates, below);
    finish_group(t, edges, query, g + 1, bound, estimates, below);
  }
  if (g < groups) {
    const uint8_t *codes = edges->codes + g * n * 8;
    group_sums s = none;
    for (size_t i = 0; i < n; i += 8, codes += 64) {
      s = add_chunk(s, codes, everywhere(query->values + i), everywhere(query->values + i + 4));
    }
    finish_group(s, edges, query, g, bound, estimates, below);
  }
}

INLINE int32_t lane_total(__m512i s) { return _mm512_reduce_add_epi32(s); }

INLINE __m128i sixteen_to_four(__m512i s) {
  __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(s), _mm512_extracti64x4_epi64(s, 1));
  return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

// The totals of four registers, in the lanes of one.
INLINE __m128i four_lane_totals(__m512i a, __m512i b, __m512i c, __m512i d) {
  __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
  __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
  return sixteen_to_four(_mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd)));
}

// 16, 32 or 48 bytes and zeros behind them. A masked load would not read the bytes beyond either, but would wait for their
// cache line.
CK_RACY_READS INLINE __m512i load_rest(const int8_t *bytes, size_t count) {
  if (count == 16) return _mm512_zextsi128_si512(_mm_loadu_si128((const __m128i *)bytes));
  __m512i most = _mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)bytes));
  return count == 32 ? most : _mm512_inserti32x4(most, _mm_loadu_si128((const __m128i *)(bytes + 32)), 2);
}

CK_RACY_READS INLINE __m512i add_products(__m512i sum, __m512i code, __m512i query) {
  return _mm512_dpbusd_epi32(sum, _mm512_xor_si512(code, _mm512_set1_epi8((char)0x80)), query);
}

// Adds the products of 64 int8 or of 32 int16. Which it is, is known where this is inlined.
CK_RACY_READS INLINE __m512i add_line(__m512i sum, __m512i code, __m512i query, int is_wide) {
  return is_wide ? _mm512_dpwssd_epi32(sum, code, query) : add_products(sum, code, query);
}

CK_RACY_READS INLINE int32_t dot(const int8_t *code, const int8_t *query, size_t bytes, int is_wide) {
  __m512i sum = _mm512_setzero_si512(), other = sum;
  size_t i = 0;
  for (; i + 128 <= bytes; i += 128) {
    sum = add_line(sum, _mm512_loadu_si512(code + i), _mm512_loadu_si512(query + i), is_wide);
    other = add_line(other, _mm512_loadu_si512(code + i + 64), _mm512_loadu_si512(query + i + 64), is_wide);
  }
  if (i + 64 <= bytes) {
    sum = add_line(sum, _mm512_loadu_si512(code + i), _mm512_loadu_si512(query + i), is_wide);
    i += 64;
  }
  if (i < bytes) other = add_line(other, load_rest(code + i, bytes - i), load_rest(query + i, bytes - i), is_wide);
  return lane_total(_mm512_add_epi32(sum, other));
}

CK_RACY_READS INLINE __m128i dot_four(
  const int8_t *code0, const int8_t *code1, const int8_t *code2, const int8_t *code3, const int8_t *query,
  size_t bytes, int is_wide
) {
  __m512i s0 = _mm512_setzero_si512(), s1 = s0, s2 = s0, s3 = s0;
  size_t i = 0;
  for (; i + 64 <= bytes; i += 64) {
    __m512i q = _mm512_loadu_si512(query + i);
    s0 = add_line(s0, _mm512_loadu_si512(code0 + i), q, is_wide);
    s1 = add_line(s1, _mm512_loadu_si512(code1 + i), q, is_wide);
    s2 = add_line(s2, _mm512_loadu_si512(code2 + i), q, is_wide);
    s3 = add_line(s3, _mm512_loadu_si512(code3 + i), q, is_wide);
  }
  if (i < bytes) {
    __m512i q = load_rest(query + i, bytes - i);
    s0 = add_line(s0, load_rest(code0 + i, bytes - i), q, is_wide);
    s1 = add_line(s1, load_rest(code1 + i, bytes - i), q, is_wide);
    s2 = add_line(s2, load_rest(code2 + i, bytes - i), q, is_wide);
    s3 = add_line(s3, load_rest(code3 + i, bytes - i), q, is_wide);
  }
  return four_lane_totals(s0, s1, s2, s3);
}

TARGET CK_RACY_READS static int32_t code_dot(const void *code, const void *query, size_t n, int32_t bias) {
  return dot(code, query, n, 0) - bias;
}

TARGET CK_RACY_READS static void code_dot_four(
  const void *code0, const void *code1, const void *code2, const void *code3, const void *query, size_t n,
  int32_t bias, int32_t *out
) {
  __m128i totals = dot_four(code0, code1, code2, code3, query, n, 0);
  _mm_storeu_si128((__m128i *)out, _mm_sub_epi32(totals, _mm_set1_epi32(bias)));
}

TARGET CK_RACY_READS static int32_t wide_dot(const void *code, const void *query, size_t n, int32_t bias) {
  (void)bias;
  return dot(code, query, 2 * n, 1);
}

TARGET CK_RACY_READS static void wide_dot_four(
  const void *code0, const void *code1, const void *code2, const void *code3, const void *query, size_t n,
  int32_t bias, int32_t *out
) {
  (void)bias;
  _mm_storeu_si128((__m128i *)out, dot_four(code0, code1, code2, code3, query, 2 * n, 1));
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
  const __m512i zero = _mm512_setzero_si512();
  size_t r = 0;
  // Four rows share each load of the vector; the matrix itself is read once.
  for (; r + 4 <= rows; r += 4) {
    const int8_t *m0 = matrix + r * columns, *m1 = m0 + columns, *m2 = m1 + columns, *m3 = m2 + columns;
    __m512i l0 = zero, l1 = zero, l2 = zero, l3 = zero, h0 = zero, h1 = zero, h2 = zero, h3 = zero;
    for (size_t i = 0; i < columns; i += 64) {
      __m512i l = _mm512_loadu_si512(low + i), h = _mm512_loadu_si512(high + i);
      __m512i a = _mm512_loadu_si512(m0 + i), b = _mm512_loadu_si512(m1 + i);
      __m512i c = _mm512_loadu_si512(m2 + i), d = _mm512_loadu_si512(m3 + i);
      l0 = _mm512_dpbusd_epi32(l0, l, a);
      h0 = _mm512_dpbusd_epi32(h0, h, a);
      l1 = _mm512_dpbusd_epi32(l1, l, b);
      h1 = _mm512_dpbusd_epi32(h1, h, b);
      l2 = _mm512_dpbusd_epi32(l2, l, c);
      h2 = _mm512_dpbusd_epi32(h2, h, c);
      l3 = _mm512_dpbusd_epi32(l3, l, d);
      h3 = _mm512_dpbusd_epi32(h3, h, d);
    }
    __m128i sums = _mm_loadu_si128((const __m128i *)(row_sums + r));
    __m128i fine = four_lane_totals(l0, l1, l2, l3), coarse = four_lane_totals(h0, h1, h2, h3);
    _mm_storeu_ps(out + r, joined(coarse, sums, fine));
  }
  for (; r < rows; r++) {
    const int8_t *row = matrix + r * columns;
    __m512i l = zero, h = zero;
    for (size_t i = 0; i < columns; i += 64) {
      __m512i m = _mm512_loadu_si512(row + i);
      l = _mm512_dpbusd_epi32(l, _mm512_loadu_si512(low + i), m);
      h = _mm512_dpbusd_epi32(h, _mm512_loadu_si512(high + i), m);
    }
    __m128i fine = four_lane_totals(l, zero, zero, zero), coarse = four_lane_totals(h, zero, zero, zero);
    _mm_store_ss(out + r, joined(coarse, _mm_cvtsi32_si128(row_sums[r]), fine));
  }
}

const ck_code_kernels ck_avx512_code_kernels = {
  "avx512", row_estimates, code_dot, code_dot_four, project, encode_edge,
  wide_dot, wide_dot_four,
};

#endif
