import Images
import Networks

/// The identities that were set aside, as the network that never saw them sees them: for people to look at.
public struct ValidationLook: Sendable {
  /// Two pictures that are nearer or farther than they should be.
  public struct Pair: Sendable, Hashable {
    /// The files, and whom they show.
    public var sources: [String]
    /// The identities' names.
    public var names: [String]
    /// How far apart they are.
    public var distance: Double
  }

  /// The identity of each picture, an index into `names`.
  public let labels: [Int]
  /// The identities' names.
  public let names: [String]
  /// Where each picture is on the plane of the two directions in which embeddings vary most.
  public let map: EmbeddingPlane
  /// The nearest pictures of different people, no two people twice.
  public let nearestStrangers: [Pair]
  /// The farthest pictures of the same people, one pair a person.
  public let farthestMates: [Pair]

  /// - Parameter pairs: how many pairs of either kind.
  init?(embeddings: [Float], dimension: Int, inputs: LabelledInputs, pairs: Int = 12) throws {
    guard let plane = EmbeddingPlane(embeddings, dimension: dimension) else { return nil }
    labels = inputs.labels
    names = inputs.names
    map = plane
    let distances = PairDistances(Tensor(shape: [inputs.count, dimension], values: embeddings))
    var strangers: [[Int]: (distance: Float, rows: [Int])] = [:]
    var mates: [Int: (distance: Float, rows: [Int])] = [:]
    for i in 0..<inputs.count {
      for j in i + 1..<max(inputs.count, i + 1) {
        let (a, b, distance) = (inputs.labels[i], inputs.labels[j], distances[i, j])
        if a == b {
          if distance > mates[a]?.distance ?? -1 { mates[a] = (distance, [i, j]) }
        } else {
          let key = [min(a, b), max(a, b)]
          if distance < strangers[key]?.distance ?? .infinity { strangers[key] = (distance, [i, j]) }
        }
      }
    }
    func pair(_ distance: Float, _ rows: [Int]) -> Pair {
      Pair(
        sources: inputs.sources.isEmpty ? [] : rows.map { inputs.sources[$0] },
        names: rows.map { inputs.names[inputs.labels[$0]] }, distance: Double(distance))
    }
    nearestStrangers = strangers.values.sorted { ($0.distance, $0.rows[0]) < ($1.distance, $1.rows[0]) }
      .prefix(pairs).map { pair($0.distance, $0.rows) }
    farthestMates = mates.values.sorted { ($0.distance, $0.rows[0]) > ($1.distance, $1.rows[0]) }
      .prefix(pairs).map { pair($0.distance, $0.rows) }
  }
}

extension TrainedEmbedder {
  /// The identities that were set aside, as the first network sees them, framed where the model frames; nil where none were.
  public func look() throws -> ValidationLook? {
    guard let scout = committee.scout else { return nil }
    let model = try scoutModel(scout)
    let inputs = model.network.framing.map { validationInputs.framed(by: $0) } ?? validationInputs
    return try ValidationLook(embeddings: model.embed(inputs), dimension: model.network.dimension, inputs: inputs)
  }
}
