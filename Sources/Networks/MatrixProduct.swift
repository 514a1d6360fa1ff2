#if canImport(Accelerate)
  import CNetworks
#else
  import COpenBLAS
#endif

/// The one matrix product everything else stands on: C = op(A) op(B) + beta C, row-major float32.
///
/// OpenBLAS or Accelerate, always on the calling thread: the room's own workers divide the work, so that the order
/// of every sum is known.
enum MatrixProduct {
  /// OpenBLAS is told once, for the whole process, not to start threads of its own.
  private static let singleThreaded: Void = {
    #if !canImport(Accelerate)
      openblas_set_num_threads(1)
    #endif
  }()

  /// Must be called before the first product.
  static func prepare() {
    _ = singleThreaded
  }

  /// `c[m, n] = op(a)[m, k] op(b)[k, n] + beta c`; the operands are dense, transposed ones are stored as
  /// `a[k, m]` and `b[n, k]`. `strideA` and `strideC` are the distances of rows where `a` and `c` are parts of wider
  /// matrices.
  @inline(__always)
  static func multiply(
    m: Int, n: Int, k: Int,
    _ a: UnsafePointer<Float>, transposeA: Bool = false, strideA: Int? = nil,
    _ b: UnsafePointer<Float>, transposeB: Bool = false,
    beta: Float = 0, into c: UnsafeMutablePointer<Float>, strideC: Int? = nil
  ) {
    #if canImport(Accelerate)
      cn_accelerate_sgemm(
        transposeA ? 1 : 0, transposeB ? 1 : 0, Int32(m), Int32(n), Int32(k), 1, a,
        Int32(strideA ?? (transposeA ? m : k)), b,
        Int32(transposeB ? k : n), beta, c, Int32(strideC ?? n))
    #else
      cblas_sgemm(
        CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
        blasint(m), blasint(n), blasint(k), 1, a, blasint(strideA ?? (transposeA ? m : k)), b,
        blasint(transposeB ? k : n), beta, c,
        blasint(strideC ?? n))
    #endif
  }
}
