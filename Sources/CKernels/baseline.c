// Plain loops that the compiler may vectorise for any CPU of the architecture: `reassociate` gives it leave to keep
// several partial sums, which strict C forbids. Not inlined, so that one row and four rows run the same code.
#include "variants.h"

__attribute__((noinline)) static float squared_l2(const float *a, const float *b, size_t n) {
#pragma clang fp reassociate(on)
  float sum = 0;
  for (size_t i = 0; i < n; i++) {
    float difference = a[i] - b[i];
    sum += difference * difference;
  }
  return sum;
}

__attribute__((noinline)) static float dot(const float *a, const float *b, size_t n) {
#pragma clang fp reassociate(on)
  float sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

static void squared_l2_four(
  const float *query, const float *row0, const float *row1, const float *row2, const float *row3, size_t n,
  float *out
) {
  out[0] = squared_l2(query, row0, n);
  out[1] = squared_l2(query, row1, n);
  out[2] = squared_l2(query, row2, n);
  out[3] = squared_l2(query, row3, n);
}

static void dot_four(
  const float *query, const float *row0, const float *row1, const float *row2, const float *row3, size_t n,
  float *out
) {
  out[0] = dot(query, row0, n);
  out[1] = dot(query, row1, n);
  out[2] = dot(query, row2, n);
  out[3] = dot(query, row3, n);
}

const ck_kernels ck_baseline_kernels = {CK_BASELINE, "baseline", squared_l2, dot, squared_l2_four, dot_four};

double ck_norm_squared(const float *x, size_t n) {
#pragma clang fp reassociate(on)
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
  return sum;
}
