import CNetworks

/// Max pooling whose windows overlap, leave gaps, or are large.
final class MaxPoolingStage: Stage {
  let size: Int
  let stride: Int
  let from: FeatureShape
  let to: FeatureShape
  private var y = FloatBuffer(count: 0)
  private var index: UnsafeMutableBufferPointer<UInt16> = .allocate(capacity: 0)

  init(size: Int, stride: Int, from: FeatureShape, to: FeatureShape) {
    (self.size, self.stride, self.from, self.to) = (size, stride, from, to)
  }

  deinit {
    index.deallocate()
  }

  var inputCount: Int { from.count }
  var outputCount: Int { to.count }

  func forward(_ pass: Pass, input: UnsafePointer<Float>) -> UnsafePointer<Float> {
    FloatBuffer.reserve(&y, count: pass.images * outputCount)
    if index.count < pass.images * outputCount {
      index.deallocate()
      index = .allocate(capacity: pass.images * outputCount)
      index.initialize(repeating: 0)
    }
    guard let winners = index.baseAddress else { return UnsafePointer(y.base) }
    let y = self.y.base
    pass.later { [self] images, _, _ in
      for image in images {
        cn_max_pool(
          input + image * inputCount, from.height, from.width, from.channels, size, stride, to.height, to.width,
          y + image * outputCount, winners + image * outputCount)
      }
    }
    return UnsafePointer(y)
  }

  func backward(_ pass: Pass, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?) {
    guard let inputGradient, let winners = index.baseAddress else { return }
    pass.later { [self] images, _, _ in
      for image in images {
        cn_max_pool_gradient(
          outputGradient + image * outputCount, winners + image * outputCount, from.height, from.width, from.channels,
          size, stride, to.height, to.width, inputGradient + image * inputCount)
      }
    }
  }
}

/// The mean of each window.
final class AveragePoolingStage: Stage {
  let size: Int
  let stride: Int
  let from: FeatureShape
  let to: FeatureShape
  private var y = FloatBuffer(count: 0)

  init(size: Int, stride: Int, from: FeatureShape, to: FeatureShape) {
    (self.size, self.stride, self.from, self.to) = (size, stride, from, to)
  }

  var inputCount: Int { from.count }
  var outputCount: Int { to.count }

  func forward(_ pass: Pass, input: UnsafePointer<Float>) -> UnsafePointer<Float> {
    FloatBuffer.reserve(&y, count: pass.images * outputCount)
    let y = self.y.base
    pass.later { [self] images, _, _ in
      for image in images {
        cn_average_pool(
          input + image * inputCount, from.height, from.width, from.channels, size, stride, to.height, to.width,
          y + image * outputCount)
      }
    }
    return UnsafePointer(y)
  }

  func backward(_ pass: Pass, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?) {
    guard let inputGradient else { return }
    pass.later { [self] images, _, _ in
      for image in images {
        cn_average_pool_gradient(
          outputGradient + image * outputCount, from.height, from.width, from.channels, size, stride, to.height,
          to.width, inputGradient + image * inputCount)
      }
    }
  }
}

/// The mean of each channel over all positions.
final class GlobalAveragePoolingStage: Stage {
  let from: FeatureShape
  private var y = FloatBuffer(count: 0)

  init(from: FeatureShape) {
    self.from = from
  }

  var inputCount: Int { from.count }
  var outputCount: Int { from.channels }
  private var positions: Int { from.height * from.width }

  func forward(_ pass: Pass, input: UnsafePointer<Float>) -> UnsafePointer<Float> {
    FloatBuffer.reserve(&y, count: pass.images * outputCount)
    let y = self.y.base
    pass.later { [self] images, _, _ in
      for image in images {
        Self.mean(
          input + image * inputCount, positions: positions, channels: outputCount, into: y + image * outputCount)
      }
    }
    return UnsafePointer(y)
  }

  static func mean(
    _ input: UnsafePointer<Float>, positions: Int, channels: Int, into y: UnsafeMutablePointer<Float>
  ) {
    y.update(repeating: 0, count: channels)
    cn_column_sums_add(input, positions, channels, y)
    let scale = 1 / Float(positions)
    for channel in 0..<channels { y[channel] *= scale }
  }

  func backward(_ pass: Pass, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?) {
    guard let inputGradient else { return }
    let scale = 1 / Float(positions)
    pass.later { [self] images, _, _ in
      for image in images {
        let target = inputGradient + image * inputCount
        let source = outputGradient + image * outputCount
        for channel in 0..<outputCount { target[channel] = source[channel] * scale }
        for position in 1..<max(1, positions) {
          (target + position * outputCount).update(from: target, count: outputCount)
        }
      }
    }
  }
}
