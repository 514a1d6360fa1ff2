#include "clapack.h"

#include <stdlib.h>

#if defined(__APPLE__)
#include <Accelerate/Accelerate.h>
#else
#include <cblas.h>

// Debian's OpenBLAS carries LAPACK without a header of its own. The trailing arguments are the lengths of the
// character arguments, which the Fortran calling convention passes out of sight.
extern void openblas_set_num_threads(int);
extern void dsyevr_(const char *jobz, const char *range, const char *uplo, const int *n, double *a, const int *lda,
                    const double *vl, const double *vu, const int *il, const int *iu, const double *abstol, int *m,
                    double *w, double *z, const int *ldz, int *isuppz, double *work, const int *lwork, int *iwork,
                    const int *liwork, int *info, size_t, size_t, size_t);
extern void dsygvd_(const int *itype, const char *jobz, const char *uplo, const int *n, double *a, const int *lda,
                    double *b, const int *ldb, double *w, double *work, const int *lwork, int *iwork,
                    const int *liwork, int *info, size_t, size_t);
#endif

enum { out_of_memory = -1000 };

// Sums are added up in another order by another number of threads; the same data shall give the same bits.
static void use_one_thread(void) {
#if !defined(__APPLE__)
  openblas_set_num_threads(1);
#endif
}

#if defined(__APPLE__)
#define FORTRAN_LENGTHS_3
#define FORTRAN_LENGTHS_2
#else
#define FORTRAN_LENGTHS_3 , 1, 1, 1
#define FORTRAN_LENGTHS_2 , 1, 1
#endif

static int eigen_call(int n, double *a, int count, double *values, double *vectors, int *support, double *work,
                      int work_size, int *iwork, int iwork_size) {
  char jobz = 'V', range = 'I', uplo = 'U';
  int first = n - count + 1, last = n, found = 0, info = 0;
  double low = 0, high = 0, tolerance = 0;
  dsyevr_(&jobz, &range, &uplo, &n, a, &n, &low, &high, &first, &last, &tolerance, &found, values, vectors, &n,
          support, work, &work_size, iwork, &iwork_size, &info FORTRAN_LENGTHS_3);
  return info == 0 && found != count ? 1 : info;
}

int clapack_symmetric_eigen(int n, double *a, int count, double *values, double *vectors) {
  use_one_thread();
  double work_size = 0;
  int iwork_size = 0;
  int *support = malloc(2 * (size_t)count * sizeof(int));
  if (!support) return out_of_memory;
  // A query finds no eigenvalues, so only its sizes are of interest.
  eigen_call(n, a, count, values, vectors, support, &work_size, -1, &iwork_size, -1);
  double *work = malloc((size_t)work_size * sizeof(double));
  int *iwork = malloc((size_t)iwork_size * sizeof(int));
  int info = out_of_memory;
  if (work && iwork)
    info = eigen_call(n, a, count, values, vectors, support, work, (int)work_size, iwork, iwork_size);
  free(support);
  free(work);
  free(iwork);
  return info;
}

static int generalized_call(int n, double *a, double *b, double *values, double *work, int work_size, int *iwork,
                            int iwork_size) {
  char jobz = 'V', uplo = 'U';
  int type = 1, info = 0;
  dsygvd_(&type, &jobz, &uplo, &n, a, &n, b, &n, values, work, &work_size, iwork, &iwork_size,
          &info FORTRAN_LENGTHS_2);
  return info;
}

int clapack_generalized_eigen(int n, double *a, double *b, double *values) {
  use_one_thread();
  double work_size = 0;
  int iwork_size = 0;
  int info = generalized_call(n, a, b, values, &work_size, -1, &iwork_size, -1);
  if (info != 0) return info;
  double *work = malloc((size_t)work_size * sizeof(double));
  int *iwork = malloc((size_t)iwork_size * sizeof(int));
  info = out_of_memory;
  if (work && iwork) info = generalized_call(n, a, b, values, work, (int)work_size, iwork, iwork_size);
  free(work);
  free(iwork);
  return info;
}

void clapack_gram(int n, int k, const double *a, double *c) {
  use_one_thread();
  cblas_dsyrk(CblasRowMajor, CblasUpper, CblasNoTrans, n, k, 1, a, k, 0, c, n);
  for (int row = 1; row < n; row++)
    for (int column = 0; column < row; column++) c[(size_t)row * n + column] = c[(size_t)column * n + row];
}

void clapack_product(int m, int n, int k, const double *a, const double *b, double *c) {
  use_one_thread();
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, a, k, b, n, 0, c, n);
}
