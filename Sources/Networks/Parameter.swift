/// A named tensor inside a network, in the order its loops want.
///
/// Convolution weights are public as `[outputs, channels, kernel, kernel]` (the order of PyTorch and safetensors files)
/// and kept channels-last: `[outputs, kernel, kernel, channels]`.
final class StoredTensor {
  let name: String
  /// The public shape.
  let shape: [Int]
  let buffer: FloatBuffer

  init(name: String, shape: [Int], fill: Float = 0) {
    self.name = name
    self.shape = shape
    buffer = FloatBuffer(count: shape.reduce(1, *))
    buffer.base.update(repeating: fill, count: buffer.count)
  }

  var count: Int { buffer.count }

  /// `buffer` in the public order.
  var tensor: Tensor { Self.publicOrder(buffer.base, shape: shape) }

  /// Fills `buffer` from `tensor`, which is in the public order.
  func load(_ tensor: Tensor) {
    tensor.withUnsafeBufferPointer { source in
      guard let from = source.baseAddress else { return }
      Self.storedOrder(from, shape: shape, to: buffer.base)
    }
  }

  static func publicOrder(_ base: UnsafePointer<Float>, shape: [Int]) -> Tensor {
    var result = Tensor(shape: shape)
    result.withUnsafeMutableBufferPointer { target in
      guard let to = target.baseAddress else { return }
      permute(base, shape: shape, to: to, storing: false)
    }
    return result
  }

  static func storedOrder(_ from: UnsafePointer<Float>, shape: [Int], to: UnsafeMutablePointer<Float>) {
    permute(from, shape: shape, to: to, storing: true)
  }

  private static func permute(
    _ from: UnsafePointer<Float>, shape: [Int], to: UnsafeMutablePointer<Float>, storing: Bool
  ) {
    guard shape.count == 4 else {
      to.update(from: from, count: shape.reduce(1, *))
      return
    }
    let channels = shape[1]
    let places = shape[2] * shape[3]
    for output in 0..<shape[0] {
      let start = output * channels * places
      for channel in 0..<channels {
        for place in 0..<places {
          let publicIndex = start + channel * places + place
          let storedIndex = start + place * channels + channel
          if storing { to[storedIndex] = from[publicIndex] } else { to[publicIndex] = from[storedIndex] }
        }
      }
    }
  }
}

/// One trained tensor of a ``Network``: its value and the gradient that ``Network/backward(_:)`` adds to.
public final class Parameter {
  let stored: StoredTensor
  let gradientBuffer: FloatBuffer

  /// The layer's index and the tensor's role, such as `0.weight`.
  public var name: String { stored.name }
  /// The shape, for convolutions `[outputs, channels, kernel, kernel]`.
  public var shape: [Int] { stored.shape }
  /// The number of elements.
  public var count: Int { stored.count }
  /// Whether weight decay applies: true for weights, false for biases and batch normalisation.
  public let isDecayed: Bool

  /// The value, copied.
  public var value: Tensor {
    get { stored.tensor }
    set {
      precondition(newValue.shape == shape, "\(name) has shape \(shape), not \(newValue.shape)")
      stored.load(newValue)
    }
  }

  /// The gradient accumulated since ``Network/zeroGradients()``, copied.
  public var gradient: Tensor { StoredTensor.publicOrder(gradientBuffer.base, shape: shape) }

  init(name: String, shape: [Int], isDecayed: Bool, fill: Float = 0) {
    stored = StoredTensor(name: name, shape: shape, fill: fill)
    gradientBuffer = FloatBuffer(count: stored.count)
    self.isDecayed = isDecayed
  }

  var base: UnsafeMutablePointer<Float> { stored.buffer.base }
  var gradientBase: UnsafeMutablePointer<Float> { gradientBuffer.base }
}
