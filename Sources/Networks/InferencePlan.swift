import CNetworks

/// A network for use only: immutable, so any number of threads may run it at a time.
///
/// Every image passes through all layers on its own. Its result does not depend on the batch it came in, and what one
/// layer writes is still in the cache when the next one reads it. Batch normalisation is the scale and shift of the
/// block's last pass.
final class InferencePlan: Sendable {
  private let steps: [any InferenceStep]
  private let input: FeatureShape
  private let output: FeatureShape
  private let outputShape: [Int]
  private let widest: Int
  private let scratchCount: Int

  convenience init(_ architecture: Architecture, tensors: [StoredTensor]) {
    self.init(architecture, Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.buffer) }))
  }

  /// From tensors in the public order, already checked against the architecture.
  convenience init(_ architecture: Architecture, weights: [String: Tensor]) {
    let stored = weights.mapValues { tensor in
      let buffer = FloatBuffer(count: tensor.count)
      tensor.withUnsafeBufferPointer { source in
        guard let from = source.baseAddress else { return }
        StoredTensor.storedOrder(from, shape: tensor.shape, to: buffer.base)
      }
      return buffer
    }
    self.init(architecture, stored)
  }

  private init(_ architecture: Architecture, _ tensors: [String: FloatBuffer]) {
    MatrixProduct.prepare()
    steps = architecture.stages.compactMap { plan in
      switch plan {
      case .block(let plan): BlockStep(plan, tensors)
      case .linear(let layer, _, let from, let to, let groups):
        LinearStep(layer: layer, from: from, to: to, groups: groups, tensors)
      case .dropout: nil
      case .maxPooling(let size, let stride, let from, let to):
        PoolingStep(isMax: true, size: size, stride: stride, from: from, to: to)
      case .averagePooling(let size, let stride, let from, let to):
        PoolingStep(isMax: false, size: size, stride: stride, from: from, to: to)
      case .globalAveragePooling(let from): GlobalAverageStep(from: from)
      case .flatten(let from): FlattenStep(from: from)
      case .l2Normalization(let count): NormalizationStep(count: count)
      }
    }
    input = architecture.shapes[0]
    output = architecture.shapes[architecture.shapes.count - 1]
    outputShape = architecture.outputShape
    widest = architecture.shapes.map(\.count).max() ?? 0
    scratchCount = steps.map(\.scratchCount).max() ?? 0
  }

  /// The number of values of one result.
  var outputCount: Int { output.count }

  /// Memory for one image at a time.
  final class Memory {
    let first: FloatBuffer
    let second: FloatBuffer
    let scratch: FloatBuffer

    init(for plan: InferencePlan) {
      first = FloatBuffer(count: plan.widest)
      second = FloatBuffer(count: plan.widest)
      scratch = FloatBuffer(count: plan.scratchCount)
    }
  }

  /// Computes one image's result from the public order into the public order. `image` and `result` may be the same.
  func run(
    _ image: UnsafePointer<Float>, isMirrored: Bool = false, _ memory: Memory, into result: UnsafeMutablePointer<Float>
  ) {
    var (current, other) = (memory.first.base, memory.second.base)
    let (channels, height, width) = (input.channels, input.height, input.width)
    for channel in 0..<channels {
      for row in 0..<height {
        let source = image + (channel * height + row) * width
        let target = current + row * width * channels + channel
        if isMirrored {
          for column in 0..<width { target[column * channels] = source[width - 1 - column] }
        } else {
          for column in 0..<width { target[column * channels] = source[column] }
        }
      }
    }
    for step in steps {
      step.run(current, into: other, scratch: memory.scratch.base)
      swap(&current, &other)
    }
    Layout.transpose(current, rows: output.height * output.width, columns: output.channels, to: result)
  }

  /// Computes the results `[n] + outputShape` of a batch.
  func run(_ batch: Tensor, workers: Workers) -> Tensor {
    let images = batch.shape[0]
    var result = Tensor(shape: [images] + outputShape)
    let memories = (0..<min(workers.count, max(1, images))).map { _ in Memory(for: self) }
    batch.withUnsafeBufferPointer { source in
      result.withUnsafeMutableBufferPointer { target in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        workers.forEach(images) { image, worker in
          run(from + image * input.count, memories[worker], into: to + image * output.count)
        }
      }
    }
    return result
  }
}
