// What the files of code kernels share.
#ifndef CK_CODES_H
#define CK_CODES_H

#include "CKernels.h"

// Searches read edge codes and node codes while a writer may change them, under a sequence counter, and throw away what
// they made of a torn read. These races are intended: ThreadSanitizer is not to see the reads, and the functions marked
// so call nothing that it would intercept (memcpy).
#define CK_RACY_READS __attribute__((no_sanitize("thread")))

// Encoding an edge tries these fractions of max|y| / 7.5 as its step; 1 / fraction, each rounded to float once.
#define CK_STEP_CANDIDATES 5
#define CK_INVERSE_FRACTIONS                                                                                           \
  {(float)(1 / 0.55), (float)(1 / 0.65), (float)(1 / 0.75), (float)(1 / 0.85), 1.0f}

// Differences smaller than this in all coordinates are taken for none: 7.5 / max|y| stays finite.
#define CK_SMALLEST_PEAK 1e-30f

/// What scales a difference to -7.5…7.5: 7.5 / max|y|, or 0 for no difference.
static inline float ck_inverse_of_peak(float peak) { return peak >= CK_SMALLEST_PEAK ? 7.5f / peak : 0; }

static inline ck_encoded_edge ck_edge_of(float peak, float energy, float y_dot, float from_dot) {
  if (!(peak >= CK_SMALLEST_PEAK)) return (ck_encoded_edge){0, 0, from_dot};
  return (ck_encoded_edge){energy, energy / y_dot, from_dot};
}

extern const ck_code_kernels ck_baseline_code_kernels;

/// The portable encoder, for variants without one of their own.
ck_encoded_edge ck_encode_edge_portable(
  const int8_t *from, float from_scale, const int8_t *to, float to_scale, size_t n, uint8_t *codes);

#if defined(__x86_64__)
extern const ck_code_kernels ck_avx2_code_kernels;
extern const ck_code_kernels ck_avx512_code_kernels;
#endif

#if defined(__aarch64__)
extern const ck_code_kernels ck_neon_code_kernels;
extern const ck_code_kernels ck_neon_dot_code_kernels;
#endif

#endif
