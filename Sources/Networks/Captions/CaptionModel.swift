import Foundation

/// Two towers that meet: pictures and sentences embedded into one space, near each other where one describes the other.
///
/// Several pairs of towers are a committee: their embeddings are joined end to end, each scaled so that the whole has
/// length 1, and the likeness of a picture and a sentence is the mean of the pairs'.
public struct CaptionModel: Sendable {
  /// The kind of input, as model files (`kind` in the metadata) and a gallery's `embedder` row say it.
  public static let kind = "caption"

  /// The towers for pictures.
  public let pictures: EmbeddingModel
  /// The towers for sentences, one for each of the networks of ``pictures``.
  public let texts: [TextTower]
  /// What else the file says: preprocessing, the model card.
  public let metadata: [String: String]

  /// The number of values of an embedding.
  public var dimension: Int { pictures.dimension }

  /// Joins towers.
  ///
  /// - Throws: ``NetworkError`` where the towers do not pair off.
  public init(pictures: EmbeddingModel, texts: [TextTower], metadata: [String: String] = [:]) throws {
    let sizes = pictures.members.map { $0.architecture.outputShape[0] }
    guard sizes == texts.map(\.dimension) else {
      throw NetworkError(
        "towers for pictures make \(sizes) values, those for sentences \(texts.map(\.dimension)): they must pair off")
    }
    guard pictures.input.count == 3 else {
      throw NetworkError("a tower for pictures takes [channels, height, width], not \(pictures.input)")
    }
    self.pictures = pictures
    self.texts = texts
    self.metadata = metadata
  }

  /// The embeddings `[n, dimension]` of sentences.
  public func embed(_ captions: [String], workers: Int = Workers.cores) throws -> Tensor {
    let parts = try texts.map { try $0.embed(captions, workers: workers) }
    guard parts.count > 1 else { return parts[0] }
    var result = Tensor(shape: [captions.count, dimension])
    let scale = 1 / Float(parts.count).squareRoot()
    result.withUnsafeMutableBufferPointer { target in
      var offset = 0
      for part in parts {
        let width = part.shape[1]
        part.withUnsafeBufferPointer { source in
          for row in 0..<captions.count {
            for d in 0..<width { target[row * dimension + offset + d] = source[row * width + d] * scale }
          }
        }
        offset += width
      }
    }
    return result
  }

  /// The embeddings `[n, dimension]` of prepared pictures `[n, channels, height, width]`.
  public func embed(pictures batch: Tensor, workers: Int = Workers.cores) throws -> Tensor {
    try pictures.embed(batch, workers: workers)
  }

  /// Whether anything of a sentence was seen in training.
  public func knows(_ caption: String) -> Bool { texts.contains { $0.knows(caption) } }
}
