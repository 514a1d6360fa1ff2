/// Layers that are computed together.
///
/// A convolution, the batch normalisation, activation and pooling behind it make one ``Block``: what lies between them
/// is never written to memory twice.
enum StagePlan: Sendable {
  case block(BlockPlan)
  case maxPooling(size: Int, stride: Int, from: FeatureShape, to: FeatureShape)
  case averagePooling(size: Int, stride: Int, from: FeatureShape, to: FeatureShape)
  case globalAveragePooling(from: FeatureShape)
  case flatten(from: FeatureShape)
  /// The same matrix for each of `groups` parts of an example.
  case linear(layer: Int, bias: Bool, from: Int, to: Int, groups: Int)
  case dropout(layer: Int, rate: Double, count: Int)
  case l2Normalization(count: Int)
}

/// A ``StagePlan/block(_:)``: [convolution], [batch normalisation], [activation], [max pooling side by side].
struct BlockPlan: Sendable {
  struct Convolution: Sendable {
    var layer: Int
    var kernel: Int
    var stride: Int
    var padding: Int
    var bias: Bool
  }

  var input: FeatureShape
  var convolution: Convolution?
  /// The shape after the convolution.
  var middle: FeatureShape
  /// The index of the batch normalisation layer.
  var normalization: Int?
  /// The activation is u > 0 ? u : slope u; 1 where there is none.
  var slope: Float = 1
  var pool = 1
  /// Larger windows would make tiles too tall for the cache.
  static let largestPool = 4
  /// The shape after pooling.
  var output: FeatureShape
}

extension Architecture {
  /// Groups the layers into stages.
  var stages: [StagePlan] {
    var stages: [StagePlan] = []
    var index = 0
    while index < layers.count {
      let shape = shapes[index]
      let next = shapes[index + 1]
      switch layers[index] {
      case .convolution, .batchNormalization, .relu, .leakyReLU:
        stages.append(.block(block(from: &index)))
        continue
      case .maxPooling(let size, let stride):
        if size == stride, size <= BlockPlan.largestPool {
          stages.append(.block(block(from: &index)))
          continue
        }
        stages.append(.maxPooling(size: size, stride: stride, from: shape, to: next))
      case .averagePooling(let size, let stride):
        stages.append(.averagePooling(size: size, stride: stride, from: shape, to: next))
      case .globalAveragePooling:
        stages.append(.globalAveragePooling(from: shape))
      case .flatten:
        stages.append(.flatten(from: shape))
      case .linear(let outputs, let bias):
        stages.append(.linear(layer: index, bias: bias, from: shape.count, to: outputs, groups: 1))
      case .sharedLinear(let outputs, let groups, let bias):
        stages.append(
          .linear(layer: index, bias: bias, from: shape.count / groups, to: outputs, groups: groups))
      case .dropout(let rate):
        stages.append(.dropout(layer: index, rate: rate, count: shape.count))
      case .l2Normalization:
        stages.append(.l2Normalization(count: shape.count))
      }
      index += 1
    }
    return stages
  }

  private func block(from index: inout Int) -> BlockPlan {
    let input = shapes[index]
    var block = BlockPlan(input: input, middle: input, output: input)
    if case .convolution(_, let kernel, let stride, let padding, let bias) = layers[index] {
      block.convolution = .init(layer: index, kernel: kernel, stride: stride, padding: padding, bias: bias)
      index += 1
      block.middle = shapes[index]
    }
    if index < layers.count, case .batchNormalization = layers[index] {
      block.normalization = index
      index += 1
    }
    if index < layers.count {
      switch layers[index] {
      case .relu:
        block.slope = 0
        index += 1
      case .leakyReLU(let slope):
        block.slope = Float(slope)
        index += 1
      default:
        break
      }
    }
    if index < layers.count, case .maxPooling(let size, let stride) = layers[index], size == stride,
      size <= BlockPlan.largestPool
    {
      block.pool = size
      index += 1
    }
    block.output = shapes[index]
    return block
  }
}
