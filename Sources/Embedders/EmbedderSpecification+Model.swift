import Foundation
import Framing
import Images
import Likeness
import Networks

extension EmbedderSpecification {
  /// The embedder that a model file holds, by what its metadata say.
  ///
  /// - Parameter recipe: what it is called where the metadata name no recipe.
  init(
    kind: String, recipe: String? = nil, dimension: Int, metric: Metric, metadata: [String: String], model bytes: Data
  ) {
    self.init(
      name: "", kind: kind, dimension: dimension, metric: metric, model: bytes, card: metadata["card"] ?? "{}")
    // The hash makes the name unique: two trainings never share one.
    name = "\(metadata["recipe"] ?? recipe ?? kind)-\(sha256?.prefix(8) ?? "")"
  }
}

/// What the metadata of a model that takes pictures have to say.
struct PictureModelMetadata {
  let preprocessing: Preprocessing
  let metric: Metric

  /// - Parameters:
  ///   - kind: what the model has to embed.
  ///   - inputs: that in words, `pictures`.
  ///   - shape: what its network takes.
  ///   - name: what errors call it.
  /// - Throws: ``ModelError``.
  init(_ metadata: [String: String], kind: String, inputs: String, shape: [Int], name: String) throws {
    guard metadata["kind"] == kind else {
      throw ModelError(
        model: name, reason: "embeds inputs of kind \"\(metadata["kind"] ?? "unknown")\", \(inputs) were expected")
    }
    guard let text = metadata[Preprocessing.metadataKey],
      let preprocessing = try? JSONDecoder().decode(Preprocessing.self, from: Data(text.utf8)),
      preprocessing.shape == shape
    else {
      throw ModelError(model: name, reason: "says nothing usable of how pictures are prepared: train it again")
    }
    guard let metric = Metric(rawValue: metadata["metric"] ?? "") else {
      throw ModelError(model: name, reason: "names the metric \"\(metadata["metric"] ?? "")\", which is not known here")
    }
    (self.preprocessing, self.metric) = (preprocessing, metric)
  }
}

extension Preprocessing {
  /// The values of a picture's file or bytes, or why there are none; `text` is what text is to the embedder.
  ///
  /// - Parameter framing: what finds the picture's usual part; nil to show it as it is.
  func prepare<Prepared>(
    _ input: EmbedderInput, limits: PictureLimits, framing: FramingNetwork? = nil, picture: ([Float]) -> Prepared,
    text: (String) -> Result<Prepared, EmbedderError>
  ) -> Result<Prepared, EmbedderError> {
    func framed(_ seen: Picture) -> Prepared {
      picture(prepare(seen, through: window(of: seen, by: framing)))
    }
    do {
      switch input {
      case .file(let path): return .success(framed(try Picture(contentsOf: path, limits: limits, as: colour)))
      case .data(let data): return .success(framed(try Picture(decoding: data, limits: limits, as: colour)))
      case .text(let words): return text(words)
      }
    } catch let error as PictureError {
      return .failure(EmbedderError(input: input, reason: error.reason))
    } catch {
      return .failure(EmbedderError(input: input, reason: "\(error)"))
    }
  }
}

extension ModelEmbedder {
  /// Reads a model file.
  ///
  /// - Throws: ``ModelError`` where it cannot be read or is no model of this kind.
  public init(modelAt path: String) throws {
    try self.init(model: ModelFile(path: path).bytes, name: path)
  }
}
