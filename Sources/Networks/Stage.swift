/// One pass over a batch: how it is divided, and the memory workers may scribble on.
struct Pass {
  let images: Int
  let workers: Workers
  /// One piece of memory a worker, of the largest ``Stage/scratchCount``.
  let scratch: [FloatBuffer]
  /// Different in every training pass; dropout masks are computed from it.
  let key: UInt64

  /// The batch is always cut into the same slices, whatever the number of workers: sums over the batch are computed
  /// a slice at a time and combined in the slices' order.
  var slices: Int { min(Self.mostSlices, images) }
  static let mostSlices = 16

  func images(in slice: Int) -> Range<Int> {
    Workers.range(of: slice, in: slices, items: images)
  }

  /// Calls `body(images, slice, scratch)` for every slice, in parallel.
  func forEachSlice(_ body: (Range<Int>, Int, UnsafeMutablePointer<Float>) -> Void) {
    workers.forEach(slices) { slice, worker in
      body(images(in: slice), slice, scratch[worker].base)
    }
  }
}

/// A part of a network that can be trained. Activations are channels-last, image after image.
protocol Stage: AnyObject {
  var parameters: [Parameter] { get }
  /// Running statistics: part of the weights, not trained by gradient.
  var statistics: [StoredTensor] { get }
  /// Values an example in and out.
  var inputCount: Int { get }
  var outputCount: Int { get }
  /// Floats of scratch a worker needs.
  var scratchCount: Int { get }

  /// Computes the batch's result in memory the stage owns, and keeps what ``backward(_:outputGradient:inputGradient:)``
  /// needs. `input` must stay as it is until then.
  func forward(_ pass: Pass, input: UnsafePointer<Float>) -> UnsafePointer<Float>

  /// Adds to the parameters' gradients and, unless it is nil, overwrites `inputGradient`.
  func backward(_ pass: Pass, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?)
}

extension Stage {
  var parameters: [Parameter] { [] }
  var statistics: [StoredTensor] { [] }
  var scratchCount: Int { 0 }
}
