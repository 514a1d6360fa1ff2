import Foundation

/// One trained network, or a committee of several, as it is used and stored: the one way from a batch to embeddings, in validation, evaluation and
/// enrolment alike.
///
/// It is immutable; any number of threads may embed at a time. An image's embedding does not depend on the batch it
/// came in, nor on the number of workers.
public struct EmbeddingModel: Sendable {
  /// What each network computes.
  public let architecture: Architecture
  /// The tensors of each network, named as in ``Network/weights``. Several networks of one architecture, trained apart,
  /// are a committee: their embeddings are joined end to end.
  public let members: [[String: Tensor]]
  /// What else the file says: preprocessing, the model card.
  public let metadata: [String: String]
  /// How each picture is looked at. With more views than one an embedding is the mean of the views' embeddings,
  /// normalised to length 1.
  public let views: [View]

  /// The number of values of an embedding.
  public var dimension: Int { members.count * architecture.outputShape[0] }

  private let plans: [InferencePlan]

  /// A model of trained weights.
  ///
  /// - Parameters:
  ///   - architecture: what each network computes; its result must be a vector.
  ///   - members: the weights of each network; one or more. The parts of a committee's embedding are each normalised
  ///     and scaled so that the whole has length 1.
  ///   - metadata: strings for the file.
  ///   - views: how pictures are looked at; inputs that are no pictures take the straight view alone.
  /// - Throws: ``NetworkError`` where the weights do not fit the architecture or are not finite, the result is not a
  ///   vector, views are asked of something that is not a picture, or metadata uses a reserved key.
  public init(
    architecture: Architecture, members: [[String: Tensor]], metadata: [String: String] = [:],
    views: [View] = [.straight]
  ) throws {
    guard architecture.outputShape.count == 1 else {
      throw NetworkError(
        "an embedding is a vector, but the network's result has shape \(architecture.outputShape): end it with "
          + "globalAveragePooling, flatten or linear")
    }
    guard (1...Self.mostMembers).contains(members.count) else {
      throw NetworkError("a model has 1 to \(Self.mostMembers) networks, not \(members.count)")
    }
    guard (1...Self.mostViews).contains(views.count), views.allSatisfy(\.isSound) else {
      throw NetworkError("a model looks at a picture in 1 to \(Self.mostViews) views that keep it in sight")
    }
    guard views == [.straight] || architecture.input.count == 3 else {
      throw NetworkError("an input of shape \(architecture.input) is no picture: take the straight view alone")
    }
    if let key = metadata.keys.sorted().first(where: { $0.hasPrefix(FileKey.prefix) }) {
      throw NetworkError("metadata keys that start with \"\(FileKey.prefix)\" are reserved: rename \"\(key)\"")
    }
    let size = metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    guard size <= Self.mostMetadata else {
      throw NetworkError("the metadata has \(size) bytes, more than \(Self.mostMetadata): shorten it")
    }
    for weights in members { try architecture.check(weights) }
    self.architecture = architecture
    self.members = members
    self.metadata = metadata
    self.views = views
    plans = members.map { InferencePlan(architecture, weights: $0) }
  }

  /// A model of one network, that looks straight or takes the mean of a picture and its mirror image.
  ///
  /// - Throws: as ``init(architecture:members:metadata:views:)``.
  public init(
    architecture: Architecture, weights: [String: Tensor], metadata: [String: String] = [:], mirrorMean: Bool = false
  ) throws {
    try self.init(
      architecture: architecture, members: [weights], metadata: metadata,
      views: mirrorMean ? [.straight, .mirrored] : [.straight])
  }

  static let mostMembers = 64
  static let mostViews = 64
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
    if views == [.straight], plans.count == 1 { return plans[0].run(batch, workers: workers) }
    let (images, count, dimension) = (batch.shape[0], batch.count / max(1, batch.shape[0]), dimension)
    var result = Tensor(shape: [images, dimension])
    let memories = (0..<min(workers.count, max(1, images))).map { _ in CommitteeMemory(plans, input: count) }
    batch.withUnsafeBufferPointer { source in
      result.withUnsafeMutableBufferPointer { target in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        workers.forEach(images) { image, worker in
          embed(from + image * count, memories[worker], into: to + image * dimension)
        }
      }
    }
    return result
  }

  /// The sum over the views for each network, its direction, and all of them joined to one vector of length 1.
  private func embed(
    _ image: UnsafePointer<Float>, _ memory: CommitteeMemory, into embedding: UnsafeMutablePointer<Float>
  ) {
    let size = architecture.outputShape[0]
    let (input, part) = (architecture.input, memory.part.base)
    embedding.update(repeating: 0, count: dimension)
    for view in views {
      var seen = image
      if !view.isInPlace {
        view.sample(
          image, channels: input[0], height: input[1], width: input[2], into: memory.seen.base)
        seen = UnsafePointer(memory.seen.base)
      }
      for (member, plan) in plans.enumerated() {
        plan.run(seen, isMirrored: view.isInPlace && view.isMirrored, memory.plan, into: part)
        for i in 0..<size { embedding[member * size + i] += part[i] }
      }
    }
    let scale = 1 / Float(plans.count).squareRoot()
    for member in plans.indices {
      let own = embedding + member * size
      L2NormalizationStage.normalize(own, count: size, into: own)
      if plans.count > 1 { for i in 0..<size { own[i] *= scale } }
    }
  }
}

/// What one worker needs to embed one picture at a time.
private final class CommitteeMemory {
  /// The networks have one architecture, and so one size of memory.
  let plan: InferencePlan.Memory
  let seen: FloatBuffer
  let part: FloatBuffer

  init(_ plans: [InferencePlan], input: Int) {
    plan = InferencePlan.Memory(for: plans[0])
    seen = FloatBuffer(count: input)
    part = FloatBuffer(count: plans[0].outputCount)
  }
}
