import Foundation
import Likeness
import Networks

/// An embedder of series: of a CSV file, the last window or the one around a time.
///
/// ```swift
/// let embedder = try SeriesEmbedder(modelAt: "watch.model")
/// let now = try embedder.embed(.file(path: "today.csv"))                  // the file's last window
/// let moments = try embedder.model.embed(SeriesStream(contentsOf: "s03_01_sw.csv"))   // all of them, with their times
/// ```
public struct SeriesEmbedder: ModelEmbedder {
  /// The kind of input, as a gallery's `embedder` row says it.
  public static let kind = SeriesModel.kind

  /// The embedder's identity, with the model file's bytes and hash.
  public let specification: EmbedderSpecification
  /// What describes and embeds moments.
  public let model: SeriesModel

  /// Reads a model from the bytes of its file.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - name: what errors call it.
  public init(model bytes: Data, name: String = "model") throws {
    do {
      model = try SeriesModel(bytes)
    } catch {
      throw ModelError(model: name, reason: "\(error)")
    }
    specification = EmbedderSpecification(
      kind: Self.kind, dimension: model.dimension, metric: .euclidean, metadata: model.network.metadata, model: bytes)
  }

  /// Embeds the last window of each file.
  ///
  /// - Throws: `EmbedderError` for a file that is no series of the model's channels, or is shorter than a window.
  public func embed(_ inputs: [EmbedderInput]) throws -> [[Float]] {
    try inputs.map { try embed($0, at: nil).vector }
  }

  /// Embeds the window of a file whose middle is nearest to a time.
  ///
  /// - Parameters:
  ///   - input: a file, or its bytes.
  ///   - time: milliseconds, as the file counts them; nil for the last window.
  /// - Throws: `EmbedderError` as ``embed(_:)``, and where the file has no window there.
  public func embed(_ input: EmbedderInput, at time: Double?) throws -> SeriesModel.Moment {
    do {
      switch input {
      case .file(let path): return try model.embed(SeriesStream(contentsOf: path), at: time)
      case .data(let data): return try model.embed(SeriesStream(csv: data, name: "series"), at: time)
      case .text: throw EmbedderError(input: input, reason: "this embedder takes CSV files, not text")
      }
    } catch let error as SeriesError {
      throw EmbedderError(input: input, reason: error.reason)
    }
  }
}
