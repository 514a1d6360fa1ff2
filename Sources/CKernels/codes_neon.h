// The code kernels in Advanced SIMD, once for each way to multiply bytes. Included by the arm64 variants, which define
// TARGET (instruction sets), CK_HAS_DOT (0 or 1), and KERNELS (what to define) and NAME (its name) first.
#include "codes.h"

#include <arm_neon.h>

#pragma clang fp contract(off)

#define INLINE TARGET static inline __attribute__((always_inline))

typedef int32_t four_bytes __attribute__((aligned(1), may_alias));

// Adds a[i] * b[i]; which lane a product lands in is not promised.
INLINE int32x4_t add_products(int32x4_t sum, int8x16_t a, int8x16_t b) {
#if CK_HAS_DOT
  return vdotq_s32(sum, a, b);
#else
  sum = vpadalq_s16(sum, vmull_s8(vget_low_s8(a), vget_low_s8(b)));
  return vpadalq_s16(sum, vmull_high_s8(a, b));
#endif
}

// The same for nibbles, where lane i takes the products of bytes 4 i…4 i + 3.
INLINE int32x4_t add_nibbles(int32x4_t sum, uint8x16_t nibbles, int8x16_t query) {
  int8x16_t codes = vreinterpretq_s8_u8(nibbles);
#if CK_HAS_DOT
  return vdotq_s32(sum, codes, query);
#else
  int16x8_t low = vmull_s8(vget_low_s8(codes), vget_low_s8(query)), high = vmull_high_s8(codes, query);
  return vpadalq_s16(sum, vpaddq_s16(low, high));
#endif
}

CK_RACY_READS INLINE int8x16_t everywhere(const int8_t *four) {
  return vreinterpretq_s8_s32(vdupq_n_s32(*(const four_bytes *)four));
}

CK_RACY_READS INLINE int32x4_t add_chunk(int32x4_t sum, const uint8_t *codes, int8x16_t first, int8x16_t second) {
  uint8x16_t both = vld1q_u8(codes);
  sum = add_nibbles(sum, vandq_u8(both, vdupq_n_u8(15)), first);
  return add_nibbles(sum, vshrq_n_u8(both, 4), second);
}

// A quarter of a group: four neighbours, with their bits of `below`.
CK_RACY_READS INLINE uint32_t finish_quarter(
  int32x4_t sums, uint16x4_t steps, const ck_edges *edges, const ck_edge_query *query, size_t at, float bound,
  float *estimates
) {
  static const uint32_t bits[4] = {1, 2, 4, 8};
  float32x4_t constant = vcvtq_f32_s32(vmovl_s16(vld1_s16(edges->constants + at)));
  float32x4_t step = vcvtq_f32_u32(vmovl_u16(steps));
  float32x4_t slope = vmulq_f32(step, vdupq_n_f32(edges->step_scale * query->unit));
  float32x4_t fixed = vaddq_f32(vdupq_n_f32(edges->base), vmulq_f32(constant, vdupq_n_f32(edges->constant_scale)));
  float32x4_t sum = vsubq_f32(vcvtq_f32_s32(sums), vdupq_n_f32(query->offset));
  float32x4_t estimate = vsubq_f32(fixed, vmulq_f32(slope, sum));
  vst1q_f32(estimates + at, estimate);
  return vaddvq_u32(vandq_u32(vcltq_f32(estimate, vdupq_n_f32(bound)), vld1q_u32(bits)));
}

TARGET CK_RACY_READS static void row_estimates(
  const ck_edges *edges, const ck_edge_query *query, size_t groups, float bound, float *estimates, uint16_t *below
) {
  size_t n = query->edge_dimension;
  const uint8_t *codes = edges->codes;
  for (size_t g = 0; g < groups; g++) {
    int32x4_t a = vdupq_n_s32(0), b = a, c = a, d = a;
    for (size_t i = 0; i < n; i += 8, codes += 64) {
      int8x16_t first = everywhere(query->values + i), second = everywhere(query->values + i + 4);
      a = add_chunk(a, codes, first, second);
      b = add_chunk(b, codes + 16, first, second);
      c = add_chunk(c, codes + 32, first, second);
      d = add_chunk(d, codes + 48, first, second);
    }
    size_t at = CK_GROUP * g;
    uint8x16_t steps = vld1q_u8(edges->steps + at);
    uint16x8_t low = vmovl_u8(vget_low_u8(steps)), high = vmovl_u8(vget_high_u8(steps));
    uint32_t found = finish_quarter(a, vget_low_u16(low), edges, query, at, bound, estimates);
    found |= finish_quarter(b, vget_high_u16(low), edges, query, at + 4, bound, estimates) << 4;
    found |= finish_quarter(c, vget_low_u16(high), edges, query, at + 8, bound, estimates) << 8;
    found |= finish_quarter(d, vget_high_u16(high), edges, query, at + 12, bound, estimates) << 12;
    below[g] = (uint16_t)found;
  }
}

// The totals of four registers, in the lanes of one.
INLINE int32x4_t four_lane_totals(int32x4_t a, int32x4_t b, int32x4_t c, int32x4_t d) {
  return vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d));
}

// Adds the products of 16 bytes of codes: 16 int8 or 8 int16. Which it is, is known where this is inlined.
CK_RACY_READS INLINE int32x4_t add_bytes(int32x4_t sum, const int8_t *code, int8x16_t query, int is_wide) {
  int8x16_t bytes = vld1q_s8(code);
  if (!is_wide) return add_products(sum, bytes, query);
  int16x8_t a = vreinterpretq_s16_s8(bytes), b = vreinterpretq_s16_s8(query);
  return vmlal_high_s16(vmlal_s16(sum, vget_low_s16(a), vget_low_s16(b)), a, b);
}

CK_RACY_READS INLINE int32_t dot(const int8_t *code, const int8_t *query, size_t bytes, int is_wide) {
  int32x4_t sum = vdupq_n_s32(0), other = sum;
  size_t i = 0;
  for (; i + 32 <= bytes; i += 32) {
    sum = add_bytes(sum, code + i, vld1q_s8(query + i), is_wide);
    other = add_bytes(other, code + i + 16, vld1q_s8(query + i + 16), is_wide);
  }
  if (i < bytes) sum = add_bytes(sum, code + i, vld1q_s8(query + i), is_wide);
  return vaddvq_s32(vaddq_s32(sum, other));
}

CK_RACY_READS INLINE int32x4_t dot_four(
  const int8_t *code0, const int8_t *code1, const int8_t *code2, const int8_t *code3, const int8_t *query,
  size_t bytes, int is_wide
) {
  int32x4_t s0 = vdupq_n_s32(0), s1 = s0, s2 = s0, s3 = s0;
  for (size_t i = 0; i < bytes; i += 16) {
    int8x16_t q = vld1q_s8(query + i);
    s0 = add_bytes(s0, code0 + i, q, is_wide);
    s1 = add_bytes(s1, code1 + i, q, is_wide);
    s2 = add_bytes(s2, code2 + i, q, is_wide);
    s3 = add_bytes(s3, code3 + i, q, is_wide);
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
  vst1q_s32(out, dot_four(code0, code1, code2, code3, query, n, 0));
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
  vst1q_s32(out, dot_four(code0, code1, code2, code3, query, 2 * n, 1));
}

// Bytes less 128, as signed bytes: there is no multiplication of signed with unsigned.
INLINE int8x16_t centred(const uint8_t *bytes) {
  return vreinterpretq_s8_u8(veorq_u8(vld1q_u8(bytes), vdupq_n_u8(128)));
}

// 256 * the sums of high bytes + the sums of low bytes, of four rows. Sums of centred low bytes lack 128 * the rows.
INLINE float32x4_t joined(int32x4_t high, int32x4_t low, int32x4_t row_sums) {
  float32x4_t coarse = vmulq_f32(vcvtq_f32_s32(high), vdupq_n_f32(256));
  return vaddq_f32(coarse, vcvtq_f32_s32(vaddq_s32(low, row_sums)));
}

TARGET static void project(
  const int8_t *matrix, const int32_t *row_sums, size_t rows, size_t columns, const uint8_t *low, const uint8_t *high,
  float *out
) {
  const int32x4_t zero = vdupq_n_s32(0);
  size_t r = 0;
  // Four rows share each load of the vector; the matrix itself is read once.
  for (; r + 4 <= rows; r += 4) {
    const int8_t *m0 = matrix + r * columns, *m1 = m0 + columns, *m2 = m1 + columns, *m3 = m2 + columns;
    int32x4_t l0 = zero, l1 = zero, l2 = zero, l3 = zero, h0 = zero, h1 = zero, h2 = zero, h3 = zero;
    for (size_t i = 0; i < columns; i += 16) {
      int8x16_t l = centred(low + i), h = centred(high + i);
      int8x16_t a = vld1q_s8(m0 + i), b = vld1q_s8(m1 + i), c = vld1q_s8(m2 + i), d = vld1q_s8(m3 + i);
      l0 = add_products(l0, l, a);
      h0 = add_products(h0, h, a);
      l1 = add_products(l1, l, b);
      h1 = add_products(h1, h, b);
      l2 = add_products(l2, l, c);
      h2 = add_products(h2, h, c);
      l3 = add_products(l3, l, d);
      h3 = add_products(h3, h, d);
    }
    int32x4_t fine = four_lane_totals(l0, l1, l2, l3), coarse = four_lane_totals(h0, h1, h2, h3);
    vst1q_f32(out + r, joined(coarse, fine, vld1q_s32(row_sums + r)));
  }
  for (; r < rows; r++) {
    const int8_t *row = matrix + r * columns;
    int32x4_t l = zero, h = zero;
    for (size_t i = 0; i < columns; i += 16) {
      int8x16_t m = vld1q_s8(row + i);
      l = add_products(l, centred(low + i), m);
      h = add_products(h, centred(high + i), m);
    }
    int32x4_t fine = vdupq_n_s32(vaddvq_s32(l)), coarse = vdupq_n_s32(vaddvq_s32(h));
    out[r] = vgetq_lane_f32(joined(coarse, fine, vdupq_n_s32(row_sums[r])), 0);
  }
}

// The compiler makes of the portable encoder, written in eight lanes, what would be written here.
const ck_code_kernels KERNELS = {
  NAME, row_estimates, code_dot, code_dot_four, project, ck_encode_edge_portable,
  wide_dot, wide_dot_four,
};
