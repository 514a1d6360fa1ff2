import Files
import Foundation
import Likeness
import Networks

/// An embedder that a model file holds whole: its kind stands in the file's metadata, and the file's bytes are all that
/// is needed to run it.
public protocol ModelEmbedder: Embedder {
  /// The kind of input, as model files (`kind` in the metadata) and a gallery's `embedder` row say it.
  static var kind: String { get }

  /// Reads a model from the bytes of its file.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - name: what errors call it.
  /// - Throws: ``ModelError`` where the file is no model of this kind.
  init(model bytes: Data, name: String) throws
}

/// A model file of any kind.
///
/// ```swift
/// let embedder = try ModelFile(path: "words.model").makeEmbedder()   // pictures, words: what the file says
/// ```
public struct ModelFile: Sendable {
  /// The kinds of embedder that can be run.
  public static let embedders: [any ModelEmbedder.Type] = [
    ImageEmbedder.self, WordEmbedder.self, SeriesEmbedder.self, CaptionEmbedder.self,
  ]

  /// What errors call the file.
  public let name: String
  /// The whole file.
  public let bytes: Data
  /// The kind of input that it embeds.
  public let kind: String

  /// Reads a file and the kind in it.
  ///
  /// - Throws: ``ModelError`` where it cannot be read or is no model.
  public init(path: String) throws {
    guard let bytes = FileContents.of(path) else {
      throw ModelError(model: path, reason: "cannot be read: give the path of a model made by 'likeness train'")
    }
    try self.init(bytes: bytes, name: path)
  }

  /// Reads the kind in a file's bytes.
  ///
  /// - Throws: ``ModelError`` where they are no model's.
  public init(bytes: Data, name: String) throws {
    self.name = name
    self.bytes = bytes
    do {
      guard let kind = try SafeTensors.metadata(of: bytes)["kind"] else {
        throw ModelError(model: name, reason: "does not say what it embeds: it was not made by 'likeness train'")
      }
      self.kind = kind
    } catch let error as ModelFileError {
      throw ModelError(model: name, reason: error.description)
    }
  }

  /// The embedder of the file's kind.
  ///
  /// - Throws: ``ModelError`` where the file is damaged, or of a kind that this version cannot run.
  public func makeEmbedder() throws -> any ModelEmbedder {
    guard let type = Self.embedders.first(where: { $0.kind == kind }) else {
      throw ModelError(model: name, reason: "embeds inputs of kind \"\(kind)\", which this version cannot run")
    }
    return try type.init(model: bytes, name: name)
  }
}
