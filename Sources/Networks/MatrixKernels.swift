import CNetworks

/// The kernels by which matrices are multiplied.
package enum MatrixKernels {
  /// Has OpenBLAS use what this processor can do, where it does not know it.
  ///
  /// For programs, at their very beginning: it changes the environment for a moment, which no other thread may be reading. Libraries
  /// leave that to `OPENBLAS_CORETYPE`, which also wins where it is set.
  package static func chooseForThisProcessor() { _ = cn_recognize_processor() }
}
