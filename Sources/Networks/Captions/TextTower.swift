import Foundation

/// From a sentence to an embedding: a bag of trained rows, then a network of vectors.
public struct TextTower: Sendable {
  /// The features that are known.
  public let vocabulary: CaptionVocabulary
  /// Their rows, `[vocabulary.count, width]`.
  public let table: Tensor
  /// What follows the weighted sum of rows: `[width]` to the embedding.
  public let network: EmbeddingModel

  /// The number of values of an embedding.
  public var dimension: Int { network.dimension }

  /// Joins the parts.
  ///
  /// - Throws: ``NetworkError`` where they do not fit, or the table has a value that is no number.
  public init(vocabulary: CaptionVocabulary, table: Tensor, network: EmbeddingModel) throws {
    guard network.input.count == 1, table.shape == [vocabulary.count, network.input[0]] else {
      throw NetworkError(
        "a table of shape \(table.shape) does not fit \(vocabulary.count) features and a network for \(network.input)")
    }
    guard table.withUnsafeBufferPointer({ $0.allSatisfy(\.isFinite) }) else {
      throw NetworkError("the table of features has a value that is not a finite number")
    }
    self.vocabulary = vocabulary
    self.table = table
    self.network = network
  }

  /// The embeddings `[n, dimension]` of sentences. A sentence of which nothing is known has the embedding of an empty
  /// one: ask ``knows(_:)`` first.
  public func embed(_ captions: [String], workers: Int = Workers.cores) throws -> Tensor {
    let sums = EmbeddingBag.sums(captions.map(vocabulary.bag), of: table)
    return try network.embed(sums, workers: workers)
  }

  /// Whether anything of a sentence was seen in training.
  public func knows(_ caption: String) -> Bool { !vocabulary.bag(caption).isEmpty }
}
