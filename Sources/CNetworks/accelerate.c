#ifdef __APPLE__
// The current CBLAS interface; without this the compiler warns about the deprecated one.
#define ACCELERATE_NEW_LAPACK
#include <Accelerate/Accelerate.h>

#include "CNetworks.h"

void cn_accelerate_sgemm(int transposeA, int transposeB, int m, int n, int k, float alpha, const float *a, int lda,
                         const float *b, int ldb, float beta, float *c, int ldc) {
  cblas_sgemm(CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans, m, n, k,
              alpha, a, lda, b, ldb, beta, c, ldc);
}
#else
typedef int cn_accelerate_is_apple_only;
#endif
