// The sets of kernels that dispatch.c chooses from; one source file defines each.
#ifndef CK_VARIANTS_H
#define CK_VARIANTS_H

#include "CKernels.h"

extern const ck_kernels ck_baseline_kernels;

#if defined(__x86_64__)
extern const ck_kernels ck_avx2_kernels;
extern const ck_kernels ck_avx512_kernels;
#endif

#if defined(__aarch64__)
extern const ck_kernels ck_neon_kernels;
#endif

#endif
