// Advanced SIMD of any arm64.
#if defined(__aarch64__)
#define TARGET
#define CK_HAS_DOT 0
#define KERNELS ck_neon_code_kernels
#define NAME "neon"
#include "codes_neon.h"
#endif
