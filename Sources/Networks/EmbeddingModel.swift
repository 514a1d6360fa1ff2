import Foundation

/// A trained network as it is used and stored: the one way from a batch to embeddings, in validation, evaluation and
/// enrolment alike.
///
/// It is immutable; any number of threads may embed at a time. An image's embedding does not depend on the batch it
/// came in, nor on the number of workers.
public struct EmbeddingModel: Sendable {
  /// What the network computes; its result is `[dimension]`.
  public let architecture: Architecture
  /// All tensors, named as in ``Network/weights``.
  public let weights: [String: Tensor]
  /// What else the file says: preprocessing, the model card.
  public let metadata: [String: String]
  /// Whether an embedding is the mean of the picture's and its mirror image's, normalised to length 1.
  public let mirrorMean: Bool

  /// The number of values of an embedding.
  public var dimension: Int { architecture.outputShape[0] }

  private let plan: InferencePlan

  /// A model of trained weights.
  ///
  /// - Throws: ``NetworkError`` where the weights do not fit the architecture or are not finite, its result is not a
  ///   vector, a mirror image is asked of something that is not a picture, or metadata uses a reserved key.
  public init(
    architecture: Architecture, weights: [String: Tensor], metadata: [String: String] = [:], mirrorMean: Bool = false
  ) throws {
    guard architecture.outputShape.count == 1 else {
      throw NetworkError(
        "an embedding is a vector, but the network's result has shape \(architecture.outputShape): end it with "
          + "globalAveragePooling, flatten or linear")
    }
    guard !mirrorMean || architecture.input.count == 3 else {
      throw NetworkError("an input of shape \(architecture.input) has no mirror image: leave mirrorMean off")
    }
    if let key = metadata.keys.sorted().first(where: { $0.hasPrefix(FileKey.prefix) }) {
      throw NetworkError("metadata keys that start with \"\(FileKey.prefix)\" are reserved: rename \"\(key)\"")
    }
    let size = metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    guard size <= Self.mostMetadata else {
      throw NetworkError("the metadata has \(size) bytes, more than \(Self.mostMetadata): shorten it")
    }
    try architecture.check(weights)
    self.architecture = architecture
    self.weights = weights
    self.metadata = metadata
    self.mirrorMean = mirrorMean
    plan = InferencePlan(architecture, weights: weights)
  }

  /// JSON may make six bytes of one, and the header must stay readable.
  private static let mostMetadata = 256 << 10

  /// The embeddings `[n, dimension]` of a batch `[n] + architecture.input`.
  ///
  /// - Throws: ``NetworkError`` where the batch has another shape.
  public func embed(_ batch: Tensor, workers: Int = Workers.cores) throws -> Tensor {
    guard !batch.shape.isEmpty, Array(batch.shape.dropFirst()) == architecture.input else {
      throw NetworkError(
        "a batch of shape \(batch.shape) does not fit a model for [n] + \(architecture.input): resize the input")
    }
    let workers = Workers(workers)
    guard mirrorMean else { return plan.run(batch, workers: workers) }
    let (images, count, dimension) = (batch.shape[0], batch.count / max(1, batch.shape[0]), dimension)
    var result = Tensor(shape: [images, dimension])
    let memories = (0..<min(workers.count, max(1, images))).map { _ in
      (plan: InferencePlan.Memory(for: plan), mirrored: FloatBuffer(count: dimension))
    }
    batch.withUnsafeBufferPointer { source in
      result.withUnsafeMutableBufferPointer { target in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        workers.forEach(images) { image, worker in
          let memory = memories[worker]
          let embedding = to + image * dimension
          plan.run(from + image * count, memory.plan, into: embedding)
          plan.run(from + image * count, isMirrored: true, memory.plan, into: memory.mirrored.base)
          for i in 0..<dimension { embedding[i] = (embedding[i] + memory.mirrored.base[i]) / 2 }
          L2NormalizationStage.normalize(embedding, count: dimension, into: embedding)
        }
      }
    }
    return result
  }
}
