// Advanced SIMD with the dot product instructions of Armv8.2 and later.
#if defined(__aarch64__)
#define TARGET __attribute__((target("dotprod")))
#define CK_HAS_DOT 1
#define KERNELS ck_neon_dot_code_kernels
#define NAME "neon-dot"
#include "codes_neon.h"
#endif
