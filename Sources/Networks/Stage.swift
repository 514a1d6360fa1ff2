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

  /// Computes the batch's result in memory the stage owns, at the latest when the pass is finished, and keeps what ``backward(_:outputGradient:inputGradient:)``
  /// needs. `input` must stay as it is until then.
  func forward(_ pass: Pass, input: UnsafePointer<Float>) -> UnsafePointer<Float>

  /// Adds to the parameters' gradients and, unless it is nil, overwrites `inputGradient`, both at the latest when the
  /// pass is finished.
  func backward(_ pass: Pass, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?)
}

extension Stage {
  var parameters: [Parameter] { [] }
  var statistics: [StoredTensor] { [] }
  var scratchCount: Int { 0 }
}
