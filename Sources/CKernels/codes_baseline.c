// The code kernels as plain C: what every other variant must give, bit for bit.
#include "codes.h"

#pragma clang fp contract(off)

CK_RACY_READS static void row_estimates(
  const ck_edges *edges, const ck_edge_query *query, size_t groups, float bound, float *estimates, uint16_t *below
) {
  size_t chunks = query->edge_dimension / 8;
  float slope = edges->step_scale * query->unit;
  for (size_t g = 0; g < groups; g++) {
    const uint8_t *codes = edges->codes + g * chunks * 64;
    int32_t sums[CK_GROUP] = {0};
    for (size_t c = 0; c < chunks; c++, codes += 64) {
      const int8_t *q = query->values + 8 * c;
      for (size_t j = 0; j < CK_GROUP; j++) {
        for (size_t t = 0; t < 4; t++) {
          int32_t both = codes[4 * j + t];
          sums[j] += (both & 15) * q[t] + (both >> 4) * q[4 + t];
        }
      }
    }
    uint32_t found = 0;
    for (size_t j = 0; j < CK_GROUP; j++) {
      size_t at = CK_GROUP * g + j;
      float fixed = edges->base + (float)edges->constants[at] * edges->constant_scale;
      float estimate = fixed - (float)edges->steps[at] * slope * ((float)sums[j] - query->offset);
      estimates[at] = estimate;
      found |= (uint32_t)(estimate < bound) << j;
    }
    below[g] = (uint16_t)found;
  }
}

// The products of codes of one type; unsigned, so that what no code can be wraps around.
#define CK_DEFINE_DOTS(TYPE, DOT, DOT_FOUR)                                                                            \
  CK_RACY_READS static int32_t DOT(const void *code, const void *query, size_t n, int32_t bias) {                      \
    const TYPE *a = code, *b = query;                                                                                  \
    (void)bias;                                                                                                        \
    uint32_t sum = 0;                                                                                                  \
    for (size_t i = 0; i < n; i++) sum += (uint32_t)((int32_t)a[i] * b[i]);                                            \
    return (int32_t)sum;                                                                                               \
  }                                                                                                                    \
  CK_RACY_READS static void DOT_FOUR(                                                                                  \
    const void *code0, const void *code1, const void *code2, const void *code3, const void *query, size_t n,           \
    int32_t bias, int32_t *out                                                                                         \
  ) {                                                                                                                  \
    out[0] = DOT(code0, query, n, bias);                                                                               \
    out[1] = DOT(code1, query, n, bias);                                                                               \
    out[2] = DOT(code2, query, n, bias);                                                                               \
    out[3] = DOT(code3, query, n, bias);                                                                               \
  }

CK_DEFINE_DOTS(int8_t, code_dot, code_dot_four)
CK_DEFINE_DOTS(int16_t, wide_dot, wide_dot_four)

static void project(
  const int8_t *matrix, const int32_t *row_sums, size_t rows, size_t columns, const uint8_t *low, const uint8_t *high,
  float *out
) {
  (void)row_sums;
  for (size_t r = 0; r < rows; r++) {
    const int8_t *row = matrix + r * columns;
    int32_t coarse = 0, fine = 0;
    for (size_t i = 0; i < columns; i++) {
      coarse += (int32_t)row[i] * ((int32_t)high[i] - 128);
      fine += (int32_t)row[i] * low[i];
    }
    out[r] = (float)coarse * 256 + (float)fine;
  }
}

// Eight partial sums, coordinate i in the one of i % 8, and one order of adding them up.
static float total(const float *s) {
  return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

static inline float magnitude(float x) { return x < 0 ? -x : x; }

// The code of a scaled difference, less 7.5. Adding 1.5 * 2^23 leaves no bits for a fraction: it rounds to the nearest
// even integer without a call into the mathematical library.
static inline float centred_code(float z, float inverse_fraction) {
  float t = z * inverse_fraction + 7.5f;
  t = t > 0 ? t : 0;
  t = t < 15 ? t : 15;
  return ((t + 12582912.0f) - 12582912.0f) - 7.5f;
}

ck_encoded_edge ck_encode_edge_portable(
  const int8_t *from, float from_scale, const int8_t *to, float to_scale, size_t n, uint8_t *codes
) {
  static const float inverse_fractions[CK_STEP_CANDIDATES] = CK_INVERSE_FRACTIONS;

  float peaks[8] = {0}, energies[8] = {0};
  for (size_t i = 0; i < n; i += 8) {
    for (size_t l = 0; l < 8; l++) {
      float y = to_scale * (float)to[i + l] - from_scale * (float)from[i + l];
      peaks[l] = magnitude(y) > peaks[l] ? magnitude(y) : peaks[l];
      energies[l] += y * y;
    }
  }
  float peak = 0;
  for (size_t l = 0; l < 8; l++) peak = peaks[l] > peak ? peaks[l] : peak;
  float inverse = ck_inverse_of_peak(peak);

  // Scores are taken of the scaled difference, which neither overflows nor vanishes.
  float best_score = -1, best = 0;
  for (size_t k = 0; k < CK_STEP_CANDIDATES; k++) {
    float dots[8] = {0}, squares[8] = {0};
    for (size_t i = 0; i < n; i += 8) {
      for (size_t l = 0; l < 8; l++) {
        float z = (to_scale * (float)to[i + l] - from_scale * (float)from[i + l]) * inverse;
        float c = centred_code(z, inverse_fractions[k]);
        dots[l] += z * c;
        squares[l] += c * c;
      }
    }
    float dot = total(dots), score = dot * dot / total(squares);
    if (score > best_score) {
      best_score = score;
      best = inverse_fractions[k];
    }
  }

  float y_dots[8] = {0}, from_dots[8] = {0};
  for (size_t i = 0; i < n; i += 8) {
    for (size_t l = 0; l < 8; l++) {
      float start = from_scale * (float)from[i + l];
      float y = to_scale * (float)to[i + l] - start;
      float c = centred_code(y * inverse, best);
      y_dots[l] += y * c;
      from_dots[l] += start * c;
      codes[i + l] = (uint8_t)(c + 7.5f);
    }
  }
  return ck_edge_of(peak, total(energies), total(y_dots), total(from_dots));
}

const ck_code_kernels ck_baseline_code_kernels = {
  "baseline", row_estimates, code_dot, code_dot_four, project, ck_encode_edge_portable,
  wide_dot, wide_dot_four,
};

void ck_pack_edge(uint8_t *codes, size_t lane, const uint8_t *edge, size_t n) {
  uint8_t *place = codes + lane / CK_GROUP * (n / 8) * 64 + lane % CK_GROUP * 4;
  for (size_t i = 0; i < n; i += 8, place += 64) {
    for (size_t t = 0; t < 4; t++) place[t] = (uint8_t)((edge[i + t] & 15) | edge[i + 4 + t] << 4);
  }
}
