import Foundation

extension EmbeddingModel {
  /// Metadata keys of the file that are not the caller's.
  enum FileKey {
    static let prefix = "likeness."
    static let format = "likeness.format"
    static let architecture = "likeness.architecture"
    static let mirrorMean = "likeness.mirror_mean"
    static let formatValue = "embedding model 1"
  }

  /// The model as a safetensors file: architecture and metadata are strings in its header. The same model always gives
  /// the same bytes.
  ///
  /// - Throws: ``ModelFileError`` where the header would be too long to be read back.
  public func encoded() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var metadata = self.metadata
    do {
      metadata[FileKey.architecture] = String(decoding: try encoder.encode(architecture), as: UTF8.self)
    } catch {
      throw ModelFileError("the architecture cannot be written as JSON: \(error)")
    }
    metadata[FileKey.format] = FileKey.formatValue
    metadata[FileKey.mirrorMean] = mirrorMean ? "true" : "false"
    return try SafeTensors(tensors: weights, metadata: metadata).encoded()
  }

  /// Reads a model file.
  ///
  /// - Throws: ``ModelFileError`` where it cannot be read or is not a sound model.
  public init(contentsOf path: String) throws {
    try self.init(SafeTensors(contentsOf: path), named: "\(path): ")
  }

  /// Reads a model file's bytes.
  ///
  /// - Throws: ``ModelFileError`` where they are not a sound model.
  public init(_ data: Data) throws {
    try self.init(SafeTensors(data), named: "")
  }

  private init(_ file: SafeTensors, named name: String) throws {
    var metadata = file.metadata
    guard metadata[FileKey.format] == FileKey.formatValue else {
      let found = metadata[FileKey.format].map { "format \"\($0.prefix(80))\"" } ?? "no format"
      throw ModelFileError(
        "\(name)the file has \(found) where a model has \"\(FileKey.formatValue)\": it is not a model, or a newer one")
    }
    guard let json = metadata[FileKey.architecture] else {
      throw ModelFileError("\(name)the file does not say its architecture: train the model again")
    }
    let mirrorMean = metadata[FileKey.mirrorMean]
    guard mirrorMean == "true" || mirrorMean == "false" else {
      throw ModelFileError("\(name)\(FileKey.mirrorMean) is neither true nor false: the file is damaged")
    }
    for key in [FileKey.format, FileKey.architecture, FileKey.mirrorMean] { metadata[key] = nil }
    do {
      try SafeTensors.checkNesting(json.utf8)
      let architecture = try JSONDecoder().decode(Architecture.self, from: Data(json.utf8))
      try self.init(
        architecture: architecture, weights: file.tensors, metadata: metadata, mirrorMean: mirrorMean == "true")
    } catch let error as NetworkError {
      throw ModelFileError("\(name)\(error.description)")
    } catch let error as ModelFileError {
      throw ModelFileError("\(name)\(error.description)")
    } catch {
      throw ModelFileError("\(name)its architecture cannot be read: \(SafeTensors.sentence(error))")
    }
  }
}
