/// The trained scale and shift of a batch normalisation, its running statistics, and what the current batch made of
/// them.
///
///     y = gamma (z - mean) / sqrt(variance + epsilon) + beta = a (z - centre) + b
final class BatchNormalization {
  static let epsilon = 1e-5
  static let momentum = 0.1

  let channels: Int
  let gamma: Parameter
  let beta: Parameter
  let runningMean: StoredTensor
  let runningVariance: StoredTensor
  /// The bias of a convolution before it: it moves the running mean and nothing else.
  let bias: Parameter?

  /// 1 / sqrt(variance + epsilon) of the current batch.
  let inverseDeviation: FloatBuffer

  init(layer: Int, channels: Int, bias: Parameter?) {
    self.channels = channels
    self.bias = bias
    gamma = Parameter(name: "\(layer).weight", shape: [channels], isDecayed: false, fill: 1)
    beta = Parameter(name: "\(layer).bias", shape: [channels], isDecayed: false)
    runningMean = StoredTensor(name: "\(layer).running_mean", shape: [channels])
    runningVariance = StoredTensor(name: "\(layer).running_var", shape: [channels], fill: 1)
    inverseDeviation = FloatBuffer(count: channels)
  }

  /// Takes in the batch's moments: running statistics move, `a`, `centre` and `b` become this batch's.
  func normalize(
    _ moments: ChannelMoments, a: UnsafeMutablePointer<Float>, centre: UnsafeMutablePointer<Float>,
    b: UnsafeMutablePointer<Float>
  ) {
    let rows = Double(moments.rows)
    for channel in 0..<channels {
      let variance = moments.deviation[channel] / rows
      let inverse = 1 / (variance + Self.epsilon).squareRoot()
      inverseDeviation.base[channel] = Float(inverse)
      a[channel] = Float(Double(gamma.base[channel]) * inverse)
      centre[channel] = Float(moments.mean[channel])
      b[channel] = beta.base[channel]

      let biased = moments.mean[channel] + Double(bias?.base[channel] ?? 0)
      let unbiased = moments.deviation[channel] / max(1, rows - 1)
      Self.move(&runningMean.buffer.base[channel], towards: biased)
      Self.move(&runningVariance.buffer.base[channel], towards: unbiased)
    }
  }

  private static func move(_ running: inout Float, towards value: Double) {
    running = Float((1 - momentum) * Double(running) + momentum * value)
  }
}
