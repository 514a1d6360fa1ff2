import CNetworks

/// One stage of an ``InferencePlan``, for one image, channels-last.
protocol InferenceStep: Sendable {
  var scratchCount: Int { get }
  func run(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>)
}

extension InferenceStep {
  var scratchCount: Int { 0 }
}

/// A ``Block`` with the running statistics: y = act(a (z* - centre) + b).
final class BlockStep: InferenceStep {
  private let plan: BlockPlan
  private let method: (any ConvolutionMethod)?
  private let weights: FloatBuffer
  private let a: FloatBuffer
  private let centre: FloatBuffer
  private let b: FloatBuffer

  init(_ plan: BlockPlan, _ tensors: [String: FloatBuffer]) {
    self.plan = plan
    let channels = plan.middle.channels
    a = FloatBuffer(count: channels)
    centre = FloatBuffer(count: channels)
    b = FloatBuffer(count: channels)
    a.base.update(repeating: 1, count: channels)
    method = plan.method
    weights = FloatBuffer(count: method?.preparedCount ?? 0)
    if let convolution = plan.convolution {
      if let weight = tensors["\(convolution.layer).weight"] { method?.prepare(weight.base, into: weights.base) }
      if convolution.bias, let bias = tensors["\(convolution.layer).bias"] {
        b.base.update(from: bias.base, count: channels)
      }
    }
    guard let layer = plan.normalization,
      let gamma = tensors["\(layer).weight"], let beta = tensors["\(layer).bias"],
      let mean = tensors["\(layer).running_mean"], let variance = tensors["\(layer).running_var"]
    else { return }
    for channel in 0..<channels {
      let deviation = (Double(variance.base[channel]) + BatchNormalization.epsilon).squareRoot()
      a.base[channel] = Float(Double(gamma.base[channel]) / deviation)
      centre.base[channel] = Float(Double(mean.base[channel]) - Double(b.base[channel]))
      b.base[channel] = beta.base[channel]
    }
  }

  var scratchCount: Int {
    guard let method else { return 0 }
    return method.tiling.positions * plan.middle.channels + method.forwardScratch
  }

  func run(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let channels = plan.middle.channels
    guard let method else {
      cn_affine_pool(
        input, plan.middle.height, plan.middle.width, channels, plan.pool, a.base, centre.base, b.base, plan.slope,
        output, nil)
      return
    }
    let tiling = method.tiling
    let rest = scratch + tiling.positions * channels
    tiling.forEachTile(0..<1) { tile in
      method.forward(tile, input: input, prepared: weights.base, z: scratch, scratch: rest)
      cn_affine_pool(
        scratch, tile.rows.count, plan.middle.width, channels, plan.pool, a.base, centre.base, b.base, plan.slope,
        output + tile.rows.lowerBound / plan.pool * plan.output.width * channels, nil)
    }
  }
}

/// y = W x + b, for each group of values.
final class LinearStep: InferenceStep {
  private let from: Int
  private let to: Int
  private let groups: Int
  private let weight: FloatBuffer?
  private let bias: FloatBuffer?

  init(layer: Int, from: Int, to: Int, groups: Int, _ tensors: [String: FloatBuffer]) {
    self.from = from
    self.to = to
    self.groups = groups
    weight = tensors["\(layer).weight"].map { FloatBuffer(copying: $0) }
    bias = tensors["\(layer).bias"].map { FloatBuffer(copying: $0) }
  }

  func run(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    guard let weight else { return }
    if let bias {
      for group in 0..<groups { (output + group * to).update(from: bias.base, count: to) }
    }
    MatrixProduct.multiply(
      m: groups, n: to, k: from, input, weight.base, transposeB: true, beta: bias == nil ? 0 : 1, into: output)
  }
}

/// Pooling of windows that overlap, leave gaps, or are large; mean pooling.
struct PoolingStep: InferenceStep {
  let isMax: Bool
  let size: Int
  let stride: Int
  let from: FeatureShape
  let to: FeatureShape

  /// Winners' places, which nobody asks for.
  var scratchCount: Int { isMax ? (to.count + 1) / 2 : 0 }

  func run(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    if isMax {
      UnsafeMutableRawPointer(scratch).withMemoryRebound(to: UInt16.self, capacity: to.count) { winners in
        cn_max_pool(
          input, from.height, from.width, from.channels, size, stride, to.height, to.width, output, winners)
      }
    } else {
      cn_average_pool(input, from.height, from.width, from.channels, size, stride, to.height, to.width, output)
    }
  }
}

/// The mean of each channel.
struct GlobalAverageStep: InferenceStep {
  let from: FeatureShape

  func run(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    GlobalAveragePoolingStage.mean(
      input, positions: from.height * from.width, channels: from.channels, into: output)
  }
}

/// Channels-last to channel-slowest.
struct FlattenStep: InferenceStep {
  let from: FeatureShape

  func run(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    Layout.transpose(input, rows: from.height * from.width, columns: from.channels, to: output)
  }
}

/// x / ‖x‖₂.
struct NormalizationStep: InferenceStep {
  let count: Int

  func run(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    L2NormalizationStage.normalize(input, count: count, into: output)
  }
}
