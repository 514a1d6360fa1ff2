import Foundation
import Images
import Likeness
import Networks

/// An embedder of pictures and of sentences into one space: a file or its bytes are a picture, text is a sentence.
///
/// ```swift
/// let embedder = try CaptionEmbedder(modelAt: "captions.model")
/// let vectors = try embedder.embed([.file(path: "cat.png"), .text("a cat that laughs")])
/// ```
public struct CaptionEmbedder: ModelEmbedder, TolerantEmbedder {
  /// The kind of input, as a gallery's `embedder` row says it.
  public static let kind = CaptionModel.kind

  /// The embedder's identity, with the model file's bytes and hash.
  public let specification: EmbedderSpecification
  /// How a picture becomes the network's input.
  public let preprocessing: Preprocessing
  /// The two towers.
  public let model: CaptionModel
  /// The largest picture that is decoded.
  public var limits = PictureLimits.default

  /// Reads a model from the bytes of its file.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - name: what errors call it.
  public init(model bytes: Data, name: String = "model") throws {
    let model: CaptionModel
    do {
      model = try CaptionModel(bytes)
    } catch {
      throw ModelError(model: name, reason: "\(error)")
    }
    let read = try PictureModelMetadata(
      model.metadata, kind: Self.kind, inputs: "captions", shape: model.pictures.input, name: name)
    self.model = model
    preprocessing = read.preprocessing
    specification = EmbedderSpecification(
      kind: Self.kind, dimension: model.dimension, metric: read.metric, metadata: model.metadata, model: bytes)
  }

  /// Embeds pictures and sentences.
  ///
  /// - Throws: `EmbedderError` naming the first input that is no picture, or the first sentence of which no word is
  ///   known.
  public func embed(_ inputs: [EmbedderInput]) throws -> [[Float]] {
    try embedEach(inputs).map { try $0.get() }
  }

  /// Embeds pictures and sentences, giving each input's own vector or error.
  public func embedEach(_ inputs: [EmbedderInput]) throws -> [Result<[Float], EmbedderError>] {
    var results: [Result<[Float], EmbedderError>] = []
    for start in stride(from: 0, to: inputs.count, by: Self.batch) {
      results += try embedBatch(Array(inputs[start..<min(start + Self.batch, inputs.count)]))
    }
    return results
  }

  private static let batch = 256

  /// What an input is before the towers.
  private enum Prepared: Sendable {
    case picture([Float])
    case sentence(String)
  }

  private func embedBatch(_ inputs: [EmbedderInput]) throws -> [Result<[Float], EmbedderError>] {
    let prepared = Workers().map(inputs) { prepare($0) }
    var (pictures, sentences): ([(place: Int, values: [Float])], [(place: Int, text: String)]) = ([], [])
    for (place, result) in prepared.enumerated() {
      switch result {
      case .success(.picture(let values)): pictures.append((place, values))
      case .success(.sentence(let text)): sentences.append((place, text))
      case .failure: break
      }
    }
    var vectors = [[Float]](repeating: [], count: inputs.count)
    func deal(_ embeddings: Tensor, to places: [Int]) {
      let values = embeddings.values
      for (row, place) in places.enumerated() {
        vectors[place] = Array(values[row * model.dimension..<(row + 1) * model.dimension])
      }
    }
    if !pictures.isEmpty {
      let batch = Tensor(shape: [pictures.count] + model.pictures.input, values: pictures.flatMap(\.values))
      deal(try model.embed(pictures: batch), to: pictures.map(\.place))
    }
    if !sentences.isEmpty { deal(try model.embed(sentences.map(\.text)), to: sentences.map(\.place)) }
    return zip(prepared, vectors).map { prepared, vector in prepared.map { _ in vector } }
  }

  private func prepare(_ input: EmbedderInput) -> Result<Prepared, EmbedderError> {
    preprocessing.prepare(input, limits: limits, picture: Prepared.picture) { text in
      guard model.knows(text) else {
        return .failure(
          EmbedderError(input: input, reason: "no word of it was seen in training: describe it in other words"))
      }
      return .success(.sentence(text))
    }
  }
}
