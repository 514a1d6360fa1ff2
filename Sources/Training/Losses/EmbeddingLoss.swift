import Networks

/// What a batch of labelled embeddings costs, and the direction that lowers it.
///
/// A loss compares the rows of a batch with each other, by the triplets that a miner chose or all with all, or with
/// learned points of the sphere, one an identity: its ``LossHead``, which is thrown away after the training.
public protocol EmbeddingLoss: Sendable {
  /// Whether it is paid by triplets, so that a miner must choose some.
  var takesTriplets: Bool { get }
  /// Whether it compares with one learned point an identity.
  var takesHead: Bool { get }
  /// What a batch of equal embeddings costs, where that is a number of its own: what tells a collapse.
  var costOfCollapse: Double? { get }

  /// Evaluates the loss and its gradients.
  func evaluate(_ batch: LossBatch) -> LossValue
}

extension EmbeddingLoss {
  /// All rows with all, unless a loss says otherwise.
  public var takesTriplets: Bool { false }
  /// None, unless a loss says otherwise.
  public var takesHead: Bool { false }
  /// Unknown, unless a loss says otherwise.
  public var costOfCollapse: Double? { nil }
}

/// What a loss looks at.
public struct LossBatch: Sendable {
  /// Shape `[n, dimension]`, rows of length 1.
  public var embeddings: Tensor
  /// The identity of each row; for losses with a head, the row of the head.
  public var labels: [Int]
  /// The pair distances of `embeddings`.
  public var distances: PairDistances
  /// Chosen rows, for losses that take triplets.
  public var triplets: [Triplet]
  /// Whether a mean over triplets is taken over those that cost something only.
  public var averagesOverActive: Bool
  /// Shape `[identities, dimension]`, rows of any length but 0, for losses with a head.
  public var head: Tensor?

  /// Collects a batch.
  public init(
    embeddings: Tensor, labels: [Int], distances: PairDistances? = nil, triplets: [Triplet] = [],
    averagesOverActive: Bool = false, head: Tensor? = nil
  ) {
    self.embeddings = embeddings
    self.labels = labels
    self.distances = distances ?? PairDistances(embeddings)
    self.triplets = triplets
    self.averagesOverActive = averagesOverActive
    self.head = head
  }

  /// The number of embeddings.
  var count: Int { labels.count }
  /// Values in each.
  var dimension: Int { embeddings.shape[1] }
}

/// What a loss says of a batch.
public struct LossValue: Sendable {
  /// The loss.
  public var loss: Double
  /// Its derivative for the embeddings, shape `[n, dimension]`.
  public var gradient: Tensor
  /// The share of terms (triplets, pairs, rows) that cost anything.
  public var active: Double
  /// Its derivative for the head, shape `[identities, dimension]`; nil without one.
  public var headGradient: Tensor?

  /// Collects an outcome.
  public init(loss: Double, gradient: Tensor, active: Double, headGradient: Tensor? = nil) {
    self.loss = loss
    self.gradient = gradient
    self.active = active
    self.headGradient = headGradient
  }
}
