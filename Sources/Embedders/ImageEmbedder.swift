import Foundation
import Images
import Likeness
import Networks

/// An embedder of pictures: decode, prepare, run the network of a model file.
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

  /// Reads a model file.
  ///
  /// - Throws: ``ModelError`` where the file is no picture model, and the reader's error where it is damaged.
  public init(modelAt path: String) throws {
    try self.init(model: ModelFile(path: path).bytes, name: path)
  }

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
    guard model.metadata["kind"] == Self.kind else {
      throw ModelError(
        model: name,
        reason: "embeds inputs of kind \"\(model.metadata["kind"] ?? "unknown")\", pictures were expected")
    }
    guard let text = model.metadata[Preprocessing.metadataKey],
      let preprocessing = try? JSONDecoder().decode(Preprocessing.self, from: Data(text.utf8)),
      preprocessing.shape == model.input
    else {
      throw ModelError(model: name, reason: "says nothing usable of how pictures are prepared: train it again")
    }
    guard let metric = Metric(rawValue: model.metadata["metric"] ?? "") else {
      throw ModelError(
        model: name, reason: "names the metric \"\(model.metadata["metric"] ?? "")\", which is not known here")
    }
    self.model = model
    self.preprocessing = preprocessing
    let draft = EmbedderSpecification(
      name: "", kind: Self.kind, dimension: model.dimension, metric: metric, model: bytes,
      card: model.metadata["card"] ?? "{}")
    // The hash makes the name unique: two trainings on different people never share one.
    var named = draft
    named.name = "\(model.metadata["recipe"] ?? Self.kind)-\(draft.sha256?.prefix(8) ?? "")"
    self.specification = named
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
    do {
      switch input {
      case .file(let path):
        return .success(try preprocessing.prepare(contentsOf: path, limits: limits))
      case .data(let data):
        return .success(preprocessing.prepare(try Picture(decoding: data, limits: limits, as: preprocessing.colour)))
      case .text:
        return .failure(EmbedderError(input: input, reason: "this embedder takes pictures, not text"))
      }
    } catch let error as PictureError {
      return .failure(EmbedderError(input: input, reason: error.reason))
    } catch {
      return .failure(EmbedderError(input: input, reason: "\(error)"))
    }
  }
}
