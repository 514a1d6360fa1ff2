import Foundation
import Images
import Likeness
import Networks

/// An embedder of pictures: decode, find the usual part where the model has a network that does, prepare, run the networks of a
/// model file.
///
/// ```swift
/// let embedder = try ImageEmbedder(modelAt: "faces.model")
/// let vector = try embedder.embed(.file(path: "ada.jpg"))   // embedder.specification.dimension values
/// ```
public struct ImageEmbedder: ModelEmbedder, TolerantEmbedder {
  /// The kind of input, as a gallery's `embedder` row says it.
  public static let kind = "image"

  /// The embedder's identity, with the model file's bytes and hash.
  public let specification: EmbedderSpecification
  /// How a picture becomes the network's input.
  public let preprocessing: Preprocessing
  /// The largest picture that is decoded.
  public var limits = PictureLimits.default

  let model: EmbeddingModel

  /// Reads a model from the bytes of its file.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - name: what errors call it.
  public init(model bytes: Data, name: String = "model") throws {
    let model: EmbeddingModel
    do {
      model = try EmbeddingModel(bytes)
    } catch {
      throw ModelError(model: name, reason: "\(error)")
    }
    let read = try PictureModelMetadata(
      model.metadata, kind: Self.kind, inputs: "pictures", shape: model.input, name: name)
    self.model = model
    preprocessing = read.preprocessing
    specification = EmbedderSpecification(
      kind: Self.kind, dimension: model.dimension, metric: read.metric, metadata: model.metadata, model: bytes)
  }

  /// Embeds pictures, decoding on all cores.
  ///
  /// - Throws: `EmbedderError` naming the first input that is no picture.
  public func embed(_ inputs: [EmbedderInput]) throws -> [[Float]] {
    try embedEach(inputs).map { try $0.get() }
  }

  /// Embeds pictures, giving each input's own vector or error, so that a caller can leave broken ones out.
  public func embedEach(_ inputs: [EmbedderInput]) throws -> [Result<[Float], EmbedderError>] {
    let planes = Workers().map(inputs) { input in prepare(input) }
    let usable = planes.indices.filter { if case .success = planes[$0] { true } else { false } }
    var vectors = [[Float]](repeating: [], count: inputs.count)
    for start in stride(from: 0, to: usable.count, by: Self.batch) {
      let rows = usable[start..<min(start + Self.batch, usable.count)]
      let values = try rows.flatMap { try planes[$0].get() }
      let output = try model.embed(Tensor(shape: [rows.count] + model.input, values: values))
      let all = output.values
      for (offset, row) in rows.enumerated() {
        vectors[row] = Array(all[offset * model.dimension..<(offset + 1) * model.dimension])
      }
    }
    return zip(planes, vectors).map { plane, vector in plane.map { _ in vector } }
  }

  private static let batch = 64

  private func prepare(_ input: EmbedderInput) -> Result<[Float], EmbedderError> {
    preprocessing.prepare(input, limits: limits, framing: model.framing, picture: { $0 }) { _ in
      .failure(EmbedderError(input: input, reason: "this embedder takes pictures, not text"))
    }
  }
}
