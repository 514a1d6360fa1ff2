#ifndef LIKENESS_CLAPACK_H
#define LIKENESS_CLAPACK_H

#ifdef __cplusplus
extern "C" {
#endif

/// Everything here runs on one thread: OpenBLAS is set to one, for the whole process.

/// The largest `count` eigenvalues of the symmetric matrix `a` [n, n] and their eigenvectors, by LAPACK's dsyevr.
///
/// `a` is destroyed. `values` [n] gets the eigenvalues in ascending order in its first `count` places; `vectors`
/// [count, n] gets one eigenvector of unit length a row. Returns 0, LAPACK's `info`, or -1000 when memory runs out.
int clapack_symmetric_eigen(int n, double *a, int count, double *values, double *vectors);

/// All solutions of a x = λ b x for symmetric `a` and positive definite `b` [n, n], by LAPACK's dsygvd.
///
/// `b` is destroyed. `values` [n] gets λ in ascending order, `a` [n, n] one x a row, scaled so that xᵀ b x = 1.
/// Returns 0, LAPACK's `info`, or -1000 when memory runs out.
int clapack_generalized_eigen(int n, double *a, double *b, double *values);

/// c = a aᵀ [n, n] of the row-major `a` [n, k], both triangles.
void clapack_gram(int n, int k, const double *a, double *c);

/// c = a b [m, n] of the row-major `a` [m, k] and `b` [k, n].
void clapack_product(int m, int n, int k, const double *a, const double *b, double *c);

#ifdef __cplusplus
}
#endif

#endif
