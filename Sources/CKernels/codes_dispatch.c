// Which code kernels this CPU runs, asked once. All give the same bits, and their racy reads are hidden from
// ThreadSanitizer in every variant, so there too the fastest is chosen.
#include "codes.h"

#if defined(__aarch64__)
#if defined(__ARM_FEATURE_DOTPROD)
static int has_dot(void) { return 1; }
#elif defined(__APPLE__)
#include <sys/sysctl.h>
static int has_dot(void) {
  int found = 0;
  size_t size = sizeof found;
  return sysctlbyname("hw.optional.arm.FEAT_DotProd", &found, &size, NULL, 0) == 0 && found;
}
#elif defined(__linux__)
#include <sys/auxv.h>
static int has_dot(void) {
  const unsigned long dot_product = 1ul << 20;  // HWCAP_ASIMDDP of <asm/hwcap.h>
  return (getauxval(AT_HWCAP) & dot_product) != 0;
}
#else
static int has_dot(void) { return 0; }
#endif
#endif

#if defined(__x86_64__)
static int has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}
#endif

const ck_code_kernels *ck_code_kernels_of(int variant) {
  switch (variant) {
  case CK_BASELINE:
    return &ck_baseline_code_kernels;
#if defined(__x86_64__)
  case CK_AVX2:
    return __builtin_cpu_supports("avx2") ? &ck_avx2_code_kernels : NULL;
  case CK_AVX512:
    return has_avx512() ? &ck_avx512_code_kernels : NULL;
#endif
#if defined(__aarch64__)
  case CK_NEON:
    return has_dot() ? &ck_neon_dot_code_kernels : &ck_neon_code_kernels;
#endif
  default:
    return NULL;
  }
}

static const ck_code_kernels *choose(void) {
  static const ck_variant preferred[] = {CK_AVX512, CK_AVX2, CK_NEON};
  for (size_t i = 0; i < sizeof preferred / sizeof *preferred; i++) {
    const ck_code_kernels *kernels = ck_code_kernels_of((int)preferred[i]);
    if (kernels) return kernels;
  }
  return &ck_baseline_code_kernels;
}

const ck_code_kernels *ck_best_code_kernels(void) {
  // Two threads may both choose; they choose the same, so the second store changes nothing.
  static const ck_code_kernels *chosen;
  const ck_code_kernels *kernels = __atomic_load_n(&chosen, __ATOMIC_ACQUIRE);
  if (!kernels) {
    kernels = choose();
    __atomic_store_n(&chosen, kernels, __ATOMIC_RELEASE);
  }
  return kernels;
}
