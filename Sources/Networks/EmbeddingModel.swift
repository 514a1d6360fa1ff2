import Foundation

/// One trained network, or a committee of several, as it is used and stored: the one way from a batch to embeddings, in validation, evaluation and
/// enrolment alike.
///
/// It is immutable; any number of threads may embed at a time. An image's embedding does not depend on the batch it
/// came in, nor on the number of workers.
public struct EmbeddingModel: Sendable {
  /// One network of a model.
  public struct Member: Sendable, Equatable {
    /// What it computes.
    public let architecture: Architecture
    /// Its tensors, named as in ``Network/weights``.
    public let weights: [String: Tensor]

    /// A network of trained weights; ``EmbeddingModel`` checks that they fit.
    public init(architecture: Architecture, weights: [String: Tensor]) {
      self.architecture = architecture
      self.weights = weights
    }
  }

  /// The networks. Several that take the same input are a committee: their embeddings are joined end to end.
  public let members: [Member]
  /// What else the file says: preprocessing, the model card.
  public let metadata: [String: String]
  /// How each picture is looked at. With more views than one an embedding is the mean of the views' embeddings,
  /// normalised to length 1.
  public let views: [View]
  /// What finds a picture's usual part before it is prepared for ``embed(_:workers:)``; nil where pictures are shown as they are.
  public let framing: FramingNetwork?

  /// The shape of one input.
  public var input: [Int] { members[0].architecture.input }
  /// The number of values of an embedding.
  public var dimension: Int { members.reduce(0) { $0 + $1.architecture.outputShape[0] } }

  private let plans: [InferencePlan]

  /// A model of trained weights.
  ///
  /// - Parameters:
  ///   - members: one or more networks that take the same input and make vectors. The parts of a committee's
  ///     embedding are each normalised and scaled so that the whole has length 1.
  ///   - metadata: strings for the file.
  ///   - views: how pictures are looked at; inputs that are no pictures take the straight view alone.
  ///   - framing: what finds a picture's usual part; it takes the same input.
  /// - Throws: ``NetworkError`` where the weights do not fit the architecture or are not finite, the result is not a
  ///   vector, views are asked of something that is not a picture, or metadata uses a reserved key.
  public init(
    members: [Member], metadata: [String: String] = [:], views: [View] = [.straight], framing: FramingNetwork? = nil
  ) throws {
    guard (1...Self.mostMembers).contains(members.count) else {
      throw NetworkError("a model has 1 to \(Self.mostMembers) networks, not \(members.count)")
    }
    let input = members[0].architecture.input
    for member in members {
      guard member.architecture.outputShape.count == 1 else {
        throw NetworkError(
          "an embedding is a vector, but the network's result has shape \(member.architecture.outputShape): end it with "
            + "globalAveragePooling, flatten or linear")
      }
      guard member.architecture.input == input else {
        throw NetworkError("one network takes \(input), another \(member.architecture.input): they need the same input")
      }
    }
    guard (1...Self.mostViews).contains(views.count), views.allSatisfy(\.isSound) else {
      throw NetworkError("a model looks at a picture in 1 to \(Self.mostViews) views that keep it in sight")
    }
    guard views == [.straight] || input.count == 3 else {
      throw NetworkError("an input of shape \(input) is no picture: take the straight view alone")
    }
    if let framing, framing.network.architecture.input != input {
      throw NetworkError(
        "the network of framing takes \(framing.network.architecture.input), the others \(input): they need the same input"
      )
    }
    if let key = metadata.keys.sorted().first(where: { $0.hasPrefix(FileKey.prefix) }) {
      throw NetworkError("metadata keys that start with \"\(FileKey.prefix)\" are reserved: rename \"\(key)\"")
    }
    let size = SafeTensors.inHeader(metadata).reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    guard size <= Self.mostMetadata else {
      throw NetworkError("the metadata has \(size) bytes, more than \(Self.mostMetadata): shorten it")
    }
    for member in members { try member.architecture.check(member.weights) }
    self.members = members
    self.metadata = metadata
    self.views = views
    self.framing = framing
    plans = members.map { InferencePlan($0.architecture, weights: $0.weights) }
  }

  /// A model of one network, that looks straight or takes the mean of a picture and its mirror image.
  ///
  /// - Throws: as ``init(members:metadata:views:framing:)``.
  public init(
    architecture: Architecture, weights: [String: Tensor], metadata: [String: String] = [:], mirrorMean: Bool = false
  ) throws {
    try self.init(
      members: [Member(architecture: architecture, weights: weights)], metadata: metadata,
      views: mirrorMean ? [.straight, .mirrored] : [.straight])
  }

  static let mostMembers = 64
  static let mostViews = 64
  /// Of those that stand in the header: JSON may make six bytes of one, and the header must stay readable.
  private static let mostMetadata = 256 << 10

  /// The embeddings `[n, dimension]` of a batch `[n] + input`.
  ///
  /// - Throws: ``NetworkError`` where the batch has another shape.
  public func embed(_ batch: Tensor, workers: Int = Workers.cores) throws -> Tensor {
    guard !batch.shape.isEmpty, Array(batch.shape.dropFirst()) == input else {
      throw NetworkError("a batch of shape \(batch.shape) does not fit a model for [n] + \(input): resize the input")
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
    let part = memory.part.base
    embedding.update(repeating: 0, count: dimension)
    for view in views {
      var seen = image
      if !view.isInPlace {
        view.sample(
          image, channels: input[0], height: input[1], width: input[2], into: memory.seen.base)
        seen = UnsafePointer(memory.seen.base)
      }
      var own = embedding
      for (plan, room) in zip(plans, memory.plans) {
        plan.run(seen, isMirrored: view.isInPlace && view.isMirrored, room, into: part)
        for i in 0..<plan.outputCount { own[i] += part[i] }
        own += plan.outputCount
      }
    }
    let scale = 1 / Float(plans.count).squareRoot()
    var own = embedding
    for plan in plans {
      L2NormalizationStage.normalize(own, count: plan.outputCount, into: own)
      if plans.count > 1 { for i in 0..<plan.outputCount { own[i] *= scale } }
      own += plan.outputCount
    }
  }
}

/// What one worker needs to embed one picture at a time.
private final class CommitteeMemory {
  let plans: [InferencePlan.Memory]
  let seen: FloatBuffer
  let part: FloatBuffer

  init(_ plans: [InferencePlan], input: Int) {
    self.plans = plans.map { InferencePlan.Memory(for: $0) }
    seen = FloatBuffer(count: input)
    part = FloatBuffer(count: plans.map(\.outputCount).max() ?? 0)
  }
}
