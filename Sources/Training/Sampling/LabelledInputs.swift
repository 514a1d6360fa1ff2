import Images
import Networks

/// Prepared inputs with the identity of each: what a trainer learns from.
///
/// Values are kept on the scale 0…1, before any normalization: augmentation changes light as a lamp would, and only
/// then the network's own scale is made of it.
public struct LabelledInputs: Sendable {
  /// How the inputs were prepared, and how they are normalized.
  public let preprocessing: Preprocessing
  /// All inputs, row-major, `[n] + preprocessing.unnormalized.shape`.
  public let values: [Float]
  /// The identity of each input, as an index into `names`.
  public let labels: [Int]
  /// The identities' names.
  public let names: [String]
  /// The file of each input; empty where they come from nowhere.
  public let sources: [String]

  /// Collects inputs; `values` holds `labels.count` inputs of `preprocessing.unnormalized.shape`, `sources` as many paths or
  /// none.
  public init(
    preprocessing: Preprocessing, values: [Float], labels: [Int], names: [String], sources: [String] = []
  ) {
    precondition(sources.isEmpty || sources.count == labels.count, "sources are given for every input or for none")
    precondition(
      values.count == labels.count * preprocessing.unnormalized.count, "values must hold an input for every label")
    self.preprocessing = preprocessing
    self.values = values
    self.labels = labels
    self.names = names
    self.sources = sources
  }

  /// The number of inputs.
  public var count: Int { labels.count }
  /// The number of values kept for one input.
  var stride: Int { preprocessing.unnormalized.count }

  /// Some of the inputs, in the order given; names stay, so labels keep their meaning.
  public func rows(_ rows: [Int]) -> LabelledInputs {
    var chosen: [Float] = []
    chosen.reserveCapacity(rows.count * stride)
    for row in rows { chosen += values[row * stride..<(row + 1) * stride] }
    return LabelledInputs(
      preprocessing: preprocessing, values: chosen, labels: rows.map { labels[$0] }, names: names,
      sources: sources.isEmpty ? [] : rows.map { sources[$0] })
  }

  /// All inputs, normalized, as one batch.
  public var tensor: Tensor {
    var batch = Tensor(shape: [count] + preprocessing.shape)
    let (stride, width) = (stride, preprocessing.count)
    batch.withUnsafeMutableBufferPointer { target in
      values.withUnsafeBufferPointer { source in
        for row in 0..<count {
          preprocessing.normalize(
            UnsafeBufferPointer(rebasing: source[row * stride..<(row + 1) * stride]),
            into: UnsafeMutableBufferPointer(rebasing: target[row * width..<(row + 1) * width]))
        }
      }
    }
    return batch
  }
}
