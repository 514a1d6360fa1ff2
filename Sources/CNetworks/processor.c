// OpenBLAS looks its kernels up in a table of processors when it is loaded. A processor newer than the library is not in the
// table and gets those for the processors of 2004: a third as fast as what it could run.
#if defined(__linux__) && defined(__x86_64__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "CNetworks.h"

#if defined(__linux__) && defined(__x86_64__)
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

// By name, as a library that was not built for many processors has no such functions.
static void *function(const char *name) { return dlsym(RTLD_DEFAULT, name); }

int cn_recognize_processor(void) {
  const char *const variable = "OPENBLAS_CORETYPE";
  if (getenv(variable)) return 0;
  char *(*name)(void);
  void (*leave)(void), (*enter)(void);
  *(void **)&name = function("openblas_get_corename");
  *(void **)&leave = function("gotoblas_dynamic_quit");
  *(void **)&enter = function("gotoblas_dynamic_init");
  if (!name || !leave || !enter || strcmp(name(), "Prescott") != 0) return 0;
  const char *kind = NULL;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) kind = "Haswell";
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    kind = "SkylakeX";
  }
  if (!kind || setenv(variable, kind, 1) != 0) return 0;
  leave();
  enter();
  unsetenv(variable);
  return 1;
}
#else
int cn_recognize_processor(void) { return 0; }
#endif
