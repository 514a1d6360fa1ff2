import Foundation

extension CaptionModel {
  private static let format = "likeness.format"
  private static let formatValue = "caption model 1"
  private static let towers = "likeness.towers"

  /// The model as a safetensors file. The towers' own files lie in it under prefixes (`pictures.`, `text.0.`), with
  /// `text.0.rows` the table and `text.0.features` the hashes, the upper and the lower 24 bits as two numbers.
  ///
  /// - Throws: ``ModelFileError`` where the header would be too long to be read back.
  public func encoded() throws -> Data {
    var file = SafeTensors(tensors: [:], metadata: metadata)
    file.metadata[Self.format] = Self.formatValue
    file.metadata[Self.towers] = "\(texts.count)"
    file.absorb(try pictures.file(), prefix: "pictures.")
    for (index, text) in texts.enumerated() {
      let prefix = "text.\(index)."
      file.absorb(try text.network.file(), prefix: prefix)
      file.tensors[prefix + "rows"] = text.table
      file.tensors[prefix + "features"] = Tensor(
        shape: [text.vocabulary.count, 2],
        values: text.vocabulary.hashes.flatMap { [Float($0 >> 24), Float($0 & 0xFF_FFFF)] })
    }
    return try file.encoded()
  }

  /// Reads a model file's bytes.
  ///
  /// - Throws: ``ModelFileError`` where they are not a sound model of captions.
  public init(_ data: Data) throws {
    let file = try SafeTensors(data)
    guard file.metadata[Self.format] == Self.formatValue else {
      let found = file.metadata[Self.format].map { "format \"\($0.prefix(80))\"" } ?? "no format"
      throw ModelFileError(
        "the file has \(found) where a model of captions has \"\(Self.formatValue)\": it is another kind, or a newer one"
      )
    }
    guard let count = Int(file.metadata[Self.towers] ?? ""), (1...EmbeddingModel.mostMembers).contains(count) else {
      throw ModelFileError("the file does not say how many towers it has: train the model again")
    }
    guard !file.tensors.keys.contains(where: { $0.hasPrefix("text.\(count).") }) else {
      throw ModelFileError("the file has more towers for sentences than the \(count) it speaks of: it is damaged")
    }
    do {
      let pictures = try EmbeddingModel(file.part(prefix: "pictures."), named: "")
      let texts = try (0..<count).map { try Self.text(in: file.part(prefix: "text.\($0).")) }
      let own = file.metadata.filter { key, _ in
        key != Self.format && key != Self.towers && !key.hasPrefix("pictures.") && !key.hasPrefix("text.")
      }
      try self.init(pictures: pictures, texts: texts, metadata: own)
    } catch let error as NetworkError {
      throw ModelFileError(error.description)
    }
  }

  private static func text(in file: SafeTensors) throws -> TextTower {
    var rest = file
    guard let rows = rest.tensors.removeValue(forKey: "rows"),
      let features = rest.tensors.removeValue(forKey: "features"), features.shape.count == 2, features.shape[1] == 2
    else { throw ModelFileError("a tower for sentences has no features: train the model again") }
    let halves = features.values
    guard halves.allSatisfy({ $0 >= 0 && $0 < 0x1p24 && $0.rounded() == $0 }) else {
      throw ModelFileError("a tower for sentences has features that are no hashes: the file is damaged")
    }
    let hashes = stride(from: 0, to: halves.count, by: 2).map { UInt64(halves[$0]) << 24 | UInt64(halves[$0 + 1]) }
    let vocabulary = CaptionVocabulary(hashes: hashes)
    guard vocabulary.hashes == hashes else {
      throw ModelFileError("the features of a tower for sentences are not in order: the file is damaged")
    }
    return try TextTower(vocabulary: vocabulary, table: rows, network: EmbeddingModel(rest, named: ""))
  }
}

extension SafeTensors {
  fileprivate mutating func absorb(_ other: SafeTensors, prefix: String) {
    for (name, tensor) in other.tensors { tensors[prefix + name] = tensor }
    for (key, value) in other.metadata { metadata[prefix + key] = value }
  }

  fileprivate func part(prefix: String) -> SafeTensors {
    func own<Value>(_ all: [String: Value]) -> [String: Value] {
      Dictionary(
        uniqueKeysWithValues: all.filter { $0.key.hasPrefix(prefix) }.map {
          (String($0.key.dropFirst(prefix.count)), $0.value)
        })
    }
    return SafeTensors(tensors: own(tensors), metadata: own(metadata))
  }
}
