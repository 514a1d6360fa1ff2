import Foundation

extension EmbeddingModel {
  /// Metadata keys of the file that are not the caller's.
  enum FileKey {
    static let prefix = "likeness."
    static let format = "likeness.format"
    static let architecture = "likeness.architecture"
    static let members = "likeness.members"
    static let views = "likeness.views"
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
      metadata[FileKey.views] = String(decoding: try encoder.encode(views), as: UTF8.self)
    } catch {
      throw ModelFileError("the architecture cannot be written as JSON: \(error)")
    }
    metadata[FileKey.format] = FileKey.formatValue
    metadata[FileKey.members] = "\(members.count)"
    var tensors: [String: Tensor] = [:]
    for (member, weights) in members.enumerated() {
      for (name, tensor) in weights { tensors[Self.prefix(member, of: members.count) + name] = tensor }
    }
    return try SafeTensors(tensors: tensors, metadata: metadata).encoded()
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
    guard let count = metadata[FileKey.members].flatMap({ Int($0) }), (1...Self.mostMembers).contains(count) else {
      throw ModelFileError("\(name)\(FileKey.members) is not a number from 1 to \(Self.mostMembers): the file is damaged")
    }
    let seen = metadata[FileKey.views] ?? ""
    for key in [FileKey.format, FileKey.architecture, FileKey.members, FileKey.views] { metadata[key] = nil }
    do {
      try SafeTensors.checkNesting(json.utf8)
      try SafeTensors.checkNesting(seen.utf8)
      let architecture = try JSONDecoder().decode(Architecture.self, from: Data(json.utf8))
      try self.init(
        architecture: architecture, members: Self.members(count, of: file.tensors), metadata: metadata,
        views: JSONDecoder().decode([View].self, from: Data(seen.utf8)))
    } catch let error as NetworkError {
      throw ModelFileError("\(name)\(error.description)")
    } catch let error as ModelFileError {
      throw ModelFileError("\(name)\(error.description)")
    } catch {
      throw ModelFileError("\(name)its architecture cannot be read: \(SafeTensors.sentence(error))")
    }
  }

  /// Deals a file's tensors to the networks they belong to.
  private static func members(_ count: Int, of tensors: [String: Tensor]) throws -> [[String: Tensor]] {
    guard count > 1 else { return [tensors] }
    var members = [[String: Tensor]](repeating: [:], count: count)
    for (name, tensor) in tensors {
      let parts = name.split(separator: ".", maxSplits: 1)
      guard parts.count == 2, let member = Int(parts[0]), members.indices.contains(member) else {
        throw ModelFileError("the tensor \"\(name.prefix(80))\" belongs to none of the \(count) networks")
      }
      members[member][String(parts[1])] = tensor
    }
    return members
  }
}
