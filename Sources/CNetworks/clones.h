// CN_CLONES compiles a function for several x86-64 levels; the loader picks one (ifunc, a glibc feature).
// Everywhere else the baseline is used as it is, which on arm64 includes NEON. The loader asks which one before the
// thread sanitizer is ready, so with it the baseline is used too.
#ifndef CNETWORKS_CLONES_H
#define CNETWORKS_CLONES_H

#include "CNetworks.h"

#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__) && defined(__clang__)
#if !__has_feature(thread_sanitizer)
#define CN_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
#endif
#ifndef CN_CLONES
#define CN_CLONES
#endif

// A loop over channels: its iterations are independent by construction, which the compiler cannot see where many
// pointers are at work, and rows of channels are too short to pay for finding out.
#define CN_EACH_CHANNEL \
  _Pragma("clang loop vectorize(assume_safety) interleave(disable)") for (ptrdiff_t i = 0; i < c; i++)

#define CN_INLINE static inline __attribute__((always_inline))

#endif
