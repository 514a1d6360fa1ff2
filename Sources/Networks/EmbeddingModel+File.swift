import Foundation

extension EmbeddingModel {
  /// Metadata keys of the file that are not the caller's.
  enum FileKey {
    static let prefix = "likeness."
    static let format = "likeness.format"
    static let architectures = "likeness.architectures"
    static let views = "likeness.views"
    /// There only where a network of framing is.
    static let framing = "likeness.framing"
    static let framingTensors = "framing."
    static let formatValue = "embedding model 1"
  }

  /// The model as a safetensors file: architecture and metadata are strings in its header. The same model always gives
  /// the same bytes.
  ///
  /// - Throws: ``ModelFileError`` where the header would be too long to be read back.
  public func encoded() throws -> Data { try file().encoded() }

  /// What the file holds.
  func file() throws -> SafeTensors {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var metadata = self.metadata
    do {
      metadata[FileKey.architectures] = String(decoding: try encoder.encode(members.map(\.architecture)), as: UTF8.self)
      metadata[FileKey.views] = String(decoding: try encoder.encode(views), as: UTF8.self)
      if let framing {
        metadata[FileKey.framing] = String(decoding: try encoder.encode(framing.network.architecture), as: UTF8.self)
      }
    } catch {
      throw ModelFileError("the architecture cannot be written as JSON: \(error)")
    }
    metadata[FileKey.format] = FileKey.formatValue
    var tensors: [String: Tensor] = [:]
    for (index, member) in members.enumerated() {
      for (name, tensor) in member.weights { tensors[Self.prefix(index, of: members.count) + name] = tensor }
    }
    for (name, tensor) in framing?.network.weights ?? [:] { tensors[FileKey.framingTensors + name] = tensor }
    return SafeTensors(tensors: tensors, metadata: metadata)
  }

  /// What stands before a tensor's name: nothing where there is one network only.
  private static func prefix(_ member: Int, of count: Int) -> String { count == 1 ? "" : "\(member)." }

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

  /// The model that a file, or a part of one, holds.
  ///
  /// - Parameter name: what errors begin with.
  /// - Throws: ``ModelFileError``.
  init(_ file: SafeTensors, named name: String) throws {
    var metadata = file.metadata
    guard metadata[FileKey.format] == FileKey.formatValue else {
      let found = metadata[FileKey.format].map { "format \"\($0.prefix(80))\"" } ?? "no format"
      throw ModelFileError(
        "\(name)the file has \(found) where a model has \"\(FileKey.formatValue)\": it is not a model, or a newer one")
    }
    guard let json = metadata[FileKey.architectures] else {
      throw ModelFileError("\(name)the file does not say its architecture: train the model again")
    }
    let seen = metadata[FileKey.views] ?? ""
    let framed = metadata[FileKey.framing]
    for key in [FileKey.format, FileKey.architectures, FileKey.views, FileKey.framing] { metadata[key] = nil }
    do {
      for text in [json, seen, framed ?? ""] { try SafeTensors.checkNesting(text.utf8) }
      let architectures = try JSONDecoder().decode([Architecture].self, from: Data(json.utf8))
      var tensors = file.tensors
      let framing = try framed.map { try Self.framing($0, takingFrom: &tensors) }
      try self.init(
        members: Self.members(architectures, of: tensors), metadata: metadata,
        views: JSONDecoder().decode([View].self, from: Data(seen.utf8)), framing: framing)
    } catch let error as NetworkError {
      throw ModelFileError("\(name)\(error.description)")
    } catch let error as ModelFileError {
      throw ModelFileError("\(name)\(error.description)")
    } catch {
      throw ModelFileError("\(name)its architecture cannot be read: \(SafeTensors.sentence(error))")
    }
  }

  /// The network of framing, of its architecture's JSON and its tensors, which are taken out of the file's.
  private static func framing(_ json: String, takingFrom tensors: inout [String: Tensor]) throws -> FramingNetwork {
    let own = tensors.filter { $0.key.hasPrefix(FileKey.framingTensors) }
    for name in own.keys { tensors[name] = nil }
    let weights = own.map { (String($0.key.dropFirst(FileKey.framingTensors.count)), $0.value) }
    return try FramingNetwork(
      Member(
        architecture: JSONDecoder().decode(Architecture.self, from: Data(json.utf8)),
        weights: Dictionary(uniqueKeysWithValues: weights)))
  }

  /// Deals a file's tensors to the networks they belong to.
  private static func members(_ architectures: [Architecture], of tensors: [String: Tensor]) throws -> [Member] {
    guard architectures.count > 1 else {
      return architectures.map { Member(architecture: $0, weights: tensors) }
    }
    var weights = [[String: Tensor]](repeating: [:], count: architectures.count)
    for (name, tensor) in tensors {
      let parts = name.split(separator: ".", maxSplits: 1)
      guard parts.count == 2, let member = Int(parts[0]), weights.indices.contains(member) else {
        throw ModelFileError("the tensor \"\(name.prefix(80))\" belongs to none of the \(architectures.count) networks")
      }
      weights[member][String(parts[1])] = tensor
    }
    return zip(architectures, weights).map { Member(architecture: $0, weights: $1) }
  }
}
