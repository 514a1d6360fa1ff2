import Foundation

extension SafeTensors {
  /// The file's bytes. The same tensors and metadata always give the same bytes: names are sorted. Among the metadata
  /// (`sha256`) is a digest of all of it, by which a damaged file is known when it is read.
  ///
  /// - Throws: ``ModelFileError`` where the header would be too long to be read back.
  public func encoded() throws -> Data { try encoded(isSealed: true) }

  /// The file's bytes, with its digest or, as files of before are, without.
  package func encoded(isSealed: Bool) throws -> Data {
    let short = Self.inHeader(metadata)
    var bytes = self.bytes
    for (key, text) in metadata where short[key] == nil {
      guard bytes.updateValue(Array(text.utf8), forKey: Self.longMetadata + key) == nil else {
        throw ModelFileError("a tensor cannot be called \(Self.longMetadata + key): rename it")
      }
    }
    return try encoded(bytes, isSealed ? Self.unsealed(short) : short, isSealed: isSealed)
  }

  /// The metadata that stay in the header: all but the longest that are too much for it.
  static func inHeader(_ metadata: [String: String]) -> [String: String] {
    let ordered = metadata.sorted { ($0.value.utf8.count, $0.key) < ($1.value.utf8.count, $1.key) }
    var size = 0
    return Dictionary(
      uniqueKeysWithValues: ordered.prefix { key, text in
        size += text.utf8.count
        return size <= longestMetadata
      })
  }

  private func encoded(_ bytes: [String: [UInt8]], _ metadata: [String: String], isSealed: Bool) throws -> Data {
    var header: [String: Entry] = [:]
    var offset = 0
    let names = (Array(tensors.keys) + bytes.keys).sorted()
    guard !names.contains(Self.metadataKey) else {
      throw ModelFileError("a tensor cannot be called \(Self.metadataKey): rename it")
    }
    guard Set(names).count == names.count else {
      throw ModelFileError("a tensor of numbers and one of bytes have the same name: rename one")
    }
    // Numbers first, so that they stay on multiples of 4.
    let ordered = names.filter { tensors[$0] != nil } + names.filter { bytes[$0] != nil }
    for name in ordered {
      let (type, shape) = tensors[name].map { (Self.floatType, $0.shape) } ?? (Self.byteType, [bytes[name]?.count ?? 0])
      let size = shape.reduce(type == Self.floatType ? 4 : 1, *)
      header[name] = Entry(dtype: type, shape: shape, offsets: [offset, offset + size])
      offset += size
    }
    var json = try Self.json(Header(entries: header, metadata: metadata))
    // The data starts on a multiple of 8, as other readers like it.
    json.append(contentsOf: [UInt8](repeating: UInt8(ascii: " "), count: (8 - json.count % 8) % 8))
    guard json.count <= Self.longestHeader else {
      throw ModelFileError(
        "the header would have \(json.count) bytes, more than \(Self.longestHeader): shorten the metadata")
    }
    var data = Data(capacity: 8 + json.count + offset)
    withUnsafeBytes(of: UInt64(json.count).littleEndian) { data.append(contentsOf: $0) }
    data.append(json)
    for name in ordered {
      tensors[name]?.withUnsafeBufferPointer { values in
        #if _endian(little)
          data.append(contentsOf: UnsafeRawBufferPointer(values))
        #else
          for value in values {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
          }
        #endif
      }
      if let text = bytes[name] { data.append(contentsOf: text) }
    }
    if isSealed { Self.seal(&data, start: 8 + json.count) }
    return data
  }

  private static func json(_ header: Header) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return try encoder.encode(header)
    } catch {
      throw ModelFileError("the header cannot be written as JSON: \(error)")
    }
  }
}

extension SafeTensors {
  static let metadataKey = "__metadata__"

  /// One tensor in the header.
  struct Entry: Codable {
    var dtype: String
    var shape: [Int]
    /// From and to, in bytes from the start of the data.
    var offsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  /// The whole header.
  struct Header: Codable {
    var entries: [String: Entry]
    var metadata: [String: String]

    private struct Name: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }
      init(_ name: String) { stringValue = name }
      init?(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    init(entries: [String: Entry], metadata: [String: String]) {
      self.entries = entries
      self.metadata = metadata
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Name.self)
      entries = [:]
      metadata = [:]
      for key in container.allKeys {
        if key.stringValue == SafeTensors.metadataKey {
          metadata = try container.decode([String: String].self, forKey: key)
        } else {
          entries[key.stringValue] = try container.decode(Entry.self, forKey: key)
        }
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Name.self)
      for (name, entry) in entries { try container.encode(entry, forKey: Name(name)) }
      if !metadata.isEmpty { try container.encode(metadata, forKey: Name(SafeTensors.metadataKey)) }
    }
  }
}
