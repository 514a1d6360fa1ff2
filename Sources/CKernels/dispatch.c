// Which kernels this CPU runs, asked once.
#include "CKernels.h"
#include "variants.h"

const ck_kernels *ck_kernels_of(ck_variant variant) {
  switch (variant) {
  case CK_BASELINE:
    return &ck_baseline_kernels;
#if defined(__x86_64__)
  case CK_AVX2:
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &ck_avx2_kernels : NULL;
  case CK_AVX512:
    return __builtin_cpu_supports("avx512f") ? &ck_avx512_kernels : NULL;
#endif
#if defined(__aarch64__)
  case CK_NEON:
    return &ck_neon_kernels;
#endif
  default:
    return NULL;
  }
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CK_WATCHED 1
#endif
#endif

static const ck_kernels *choose(void) {
#ifdef CK_WATCHED
  // ThreadSanitizer does not see loads wider than 16 bytes: with others it would miss the races that matter.
  return &ck_baseline_kernels;
#endif
  static const ck_variant preferred[] = {CK_AVX512, CK_AVX2, CK_NEON};
  for (size_t i = 0; i < sizeof preferred / sizeof *preferred; i++) {
    const ck_kernels *kernels = ck_kernels_of(preferred[i]);
    if (kernels) return kernels;
  }
  return &ck_baseline_kernels;
}

const ck_kernels *ck_best_kernels(void) {
  // Two threads may both choose; they choose the same, so the second store changes nothing.
  static const ck_kernels *chosen;
  const ck_kernels *kernels = __atomic_load_n(&chosen, __ATOMIC_ACQUIRE);
  if (!kernels) {
    kernels = choose();
    __atomic_store_n(&chosen, kernels, __ATOMIC_RELEASE);
  }
  return kernels;
}
