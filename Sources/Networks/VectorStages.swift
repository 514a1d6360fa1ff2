/// Channels-last to channel-slowest, the order a flat vector has everywhere else.
final class FlattenStage: Stage {
  let from: FeatureShape
  private var y = FloatBuffer(count: 0)

  init(from: FeatureShape) {
    self.from = from
  }

  var inputCount: Int { from.count }
  var outputCount: Int { from.count }

  func forward(_ pass: Pass, input: UnsafePointer<Float>) -> UnsafePointer<Float> {
    FloatBuffer.reserve(&y, count: pass.images * outputCount)
    let y = self.y.base
    let (positions, channels) = (from.height * from.width, from.channels)
    pass.later { [self] images, _, _ in
      for image in images {
        Layout.transpose(input + image * inputCount, rows: positions, columns: channels, to: y + image * outputCount)
      }
    }
    return UnsafePointer(y)
  }

  func backward(_ pass: Pass, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?) {
    guard let inputGradient else { return }
    let (positions, channels) = (from.height * from.width, from.channels)
    pass.later { [self] images, _, _ in
      for image in images {
        Layout.transpose(
          outputGradient + image * outputCount, rows: channels, columns: positions,
          to: inputGradient + image * inputCount)
      }
    }
  }
}

/// Moving between channels-last and channel-slowest.
enum Layout {
  /// `to[columns][rows] = from[rows][columns]` transposed.
  static func transpose(
    _ from: UnsafePointer<Float>, rows: Int, columns: Int, to: UnsafeMutablePointer<Float>
  ) {
    if rows == 1 || columns == 1 {
      to.update(from: from, count: rows * columns)
      return
    }
    for column in 0..<columns {
      for row in 0..<rows { to[column * rows + row] = from[row * columns + column] }
    }
  }
}

/// Zeroes values at random in training. The mask is a function of the pass's key, the layer and the value's place, so
/// it does not depend on which worker comes first.
final class DropoutStage: Stage {
  let layer: Int
  let rate: Double
  let inputCount: Int
  var outputCount: Int { inputCount }
  private var y = FloatBuffer(count: 0)

  init(layer: Int, rate: Double, count: Int) {
    self.layer = layer
    self.rate = rate
    inputCount = count
  }

  func forward(_ pass: Pass, input: UnsafePointer<Float>) -> UnsafePointer<Float> {
    FloatBuffer.reserve(&y, count: pass.images * outputCount)
    apply(pass, input, to: y.base)
    return UnsafePointer(y.base)
  }

  func backward(_ pass: Pass, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?) {
    if let inputGradient { apply(pass, outputGradient, to: inputGradient) }
  }

  private func apply(_ pass: Pass, _ from: UnsafePointer<Float>, to: UnsafeMutablePointer<Float>) {
    let key = SeededRandom.mix(pass.key, UInt64(layer))
    let threshold = UInt64(rate * 0x1p53)
    let scale = Float(1 / (1 - rate))
    pass.later { [inputCount] images, _, _ in
      for i in images.lowerBound * inputCount..<images.upperBound * inputCount {
        let isKept = SeededRandom.mix(key, UInt64(i)) >> 11 >= threshold
        to[i] = isKept ? from[i] * scale : 0
      }
    }
  }
}

/// x / ‖x‖₂. Below ``smallestNorm`` the divisor stays there: a zero vector gives zero and a finite gradient.
final class L2NormalizationStage: Stage {
  static let smallestNorm: Float = 1e-12

  let inputCount: Int
  var outputCount: Int { inputCount }
  private var y = FloatBuffer(count: 0)
  private var norms = FloatBuffer(count: 0)

  init(count: Int) {
    inputCount = count
  }

  func forward(_ pass: Pass, input: UnsafePointer<Float>) -> UnsafePointer<Float> {
    FloatBuffer.reserve(&y, count: pass.images * outputCount)
    FloatBuffer.reserve(&norms, count: pass.images)
    let (y, norms) = (self.y.base, self.norms.base)
    pass.later { [inputCount] images, _, _ in
      for image in images {
        norms[image] = Self.normalize(input + image * inputCount, count: inputCount, into: y + image * inputCount)
      }
    }
    return UnsafePointer(y)
  }

  /// Writes the normalised vector, which may be where `x` is, and returns the norm it was divided by.
  @discardableResult
  static func normalize(_ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>) -> Float {
    var square = 0.0
    for i in 0..<count { square += Double(x[i]) * Double(x[i]) }
    let norm = max(Float(square.squareRoot()), smallestNorm)
    for i in 0..<count { y[i] = x[i] / norm }
    return norm
  }

  func backward(_ pass: Pass, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?) {
    guard let inputGradient else { return }
    pass.later { [self] images, _, _ in
      for image in images {
        differentiate(image, outputGradient: outputGradient, inputGradient: inputGradient)
      }
    }
  }

  private func differentiate(
    _ image: Int, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
  ) {
    let range = image * inputCount..<(image + 1) * inputCount
    let (y, norm) = (self.y.base, norms.base[image])
    var along = 0.0
    if norm > Self.smallestNorm {
      for i in range { along += Double(y[i]) * Double(outputGradient[i]) }
    }
    for i in range { inputGradient[i] = (outputGradient[i] - y[i] * Float(along)) / norm }
  }
}
