// Distances between float32 vectors, in the widest instructions this CPU has.
//
// A set of kernels (`ck_kernels`) is chosen once per process; its functions are then called through plain
// pointers. Every function takes vectors of any length and any alignment. The variants of a set agree with
// each other to rounding, and within one variant the functions that score four rows give, bit for bit, what four
// calls of the one-row function give: an answer does not depend on which of them found it.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __clang__
#pragma clang assume_nonnull begin
#else
#define _Nullable
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// One number from two vectors of n floats.
typedef float (*ck_pair_function)(const float *a, const float *b, size_t n);

/// Four numbers, into out, from a query and four rows of n floats each.
typedef void (*ck_four_function)(
  const float *query, const float *row0, const float *row1, const float *row2, const float *row3, size_t n,
  float *out);

/// The instruction sets that kernels are written for.
typedef enum {
  CK_BASELINE = 0, ///< Whatever every CPU of the architecture has (SSE2, or NEON through the compiler).
  CK_AVX2 = 1,     ///< AVX2 and FMA.
  CK_AVX512 = 2,   ///< AVX-512F.
  CK_NEON = 3,     ///< Advanced SIMD of arm64.
} ck_variant;

/// The kernels of one variant.
typedef struct {
  ck_variant variant;
  const char *name;
  /// Squared Euclidean distance, sum of (a[i] - b[i])^2.
  ck_pair_function squared_l2;
  /// Inner product, sum of a[i] * b[i].
  ck_pair_function dot;
  /// squared_l2 of the query and four rows.
  ck_four_function squared_l2_four;
  /// dot of the query and four rows.
  ck_four_function dot_four;
} ck_kernels;

/// The fastest kernels that this CPU runs. Decided on the first call; safe from any thread.
const ck_kernels *ck_best_kernels(void);

/// The kernels of one variant, or NULL where this CPU or this build has none. For tests and measurements.
const ck_kernels *_Nullable ck_kernels_of(ck_variant variant);

/// The sum of squares in double precision: infinite or NaN exactly when a value of x is.
double ck_norm_squared(const float *x, size_t n);

/// Ask for the cache line at p ahead of its use. Any address is allowed, none is read.
static inline void ck_prefetch(const void *_Nullable p) { __builtin_prefetch(p, 0, 3); }

/// Ask for n bytes from p on, a cache line at a time.
static inline void ck_prefetch_range(const void *_Nullable p, size_t n) {
  for (size_t at = 0; at < n; at += 64) __builtin_prefetch((const char *)p + at, 0, 3);
}

#ifdef __cplusplus
}
#endif

#ifdef __clang__
#pragma clang assume_nonnull end
#endif

#include "Checksum.h"
#include "CodeKernels.h"
#include "CodePreparation.h"

#endif
