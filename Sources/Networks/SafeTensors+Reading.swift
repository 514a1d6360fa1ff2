import Files
import Foundation

extension SafeTensors {
  /// Reads a file.
  ///
  /// - Throws: ``ModelFileError`` where it cannot be read or is not a sound safetensors file.
  public init(contentsOf path: String) throws {
    if let reason = DatabaseFiles.refusal(of: path) { throw ModelFileError("\(path) \(reason)") }
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw ModelFileError("\(path) cannot be read: \(error.localizedDescription)")
    }
    do {
      try self.init(data)
    } catch let error as ModelFileError {
      throw ModelFileError("\(path): \(error.description)")
    }
  }

  /// Reads a file's bytes.
  ///
  /// - Throws: ``ModelFileError`` where they are not a sound safetensors file of float32 tensors and bytes, or not the bytes
  ///   whose digest the file says.
  public init(_ data: Data) throws {
    let bytes = [UInt8](data)
    let (header, start) = try Self.header(of: bytes)
    metadata = header.metadata
    tensors = [:]
    self.bytes = [:]
    let available = bytes.count - start
    var expected = 0
    for (name, entry) in try Self.ordered(header.entries, available: available) {
      guard entry.offsets[0] == expected else {
        throw ModelFileError(
          "tensor \"\(name)\" starts at byte \(entry.offsets[0]) of the data, not at \(expected): tensors overlap or "
            + "leave a gap")
      }
      expected = entry.offsets[1]
      if entry.dtype == Self.byteType {
        self.bytes[name] = Array(bytes[start + entry.offsets[0]..<start + entry.offsets[1]])
      } else {
        tensors[name] = Self.tensor(entry, in: bytes, from: start)
      }
    }
    guard expected == available else {
      throw ModelFileError("the tensors fill \(expected) bytes, but the data has \(available): the file is damaged")
    }
    if let digest = metadata.removeValue(forKey: Self.digestKey) {
      try Self.check(bytes, start: start, digest: digest)
    }
    try takeLongMetadata()
  }

  /// Brings texts back that were too long for the header.
  private mutating func takeLongMetadata() throws {
    for (name, text) in bytes where name.hasPrefix(Self.longMetadata) {
      let key = String(name.dropFirst(Self.longMetadata.count))
      guard metadata[key] == nil, let text = String(validating: text, as: UTF8.self) else {
        throw ModelFileError(
          "the metadata \"\(key.prefix(80))\" are there twice, or no UTF-8 text: the file is damaged")
      }
      metadata[key] = text
      bytes[name] = nil
    }
  }

  /// The strings under `__metadata__`, without reading the tensors, and so without those that are too long for the header.
  ///
  /// - Throws: ``ModelFileError`` where the header is not a sound one.
  public static func metadata(of data: Data) throws -> [String: String] {
    // The bytes after the header are not looked at.
    var metadata = try header(of: [UInt8](data.prefix(8 + longestHeader))).header.metadata
    metadata[digestKey] = nil
    return metadata
  }

  /// The header, and where the data begins.
  private static func header(of bytes: [UInt8]) throws -> (header: Header, start: Int) {
    guard bytes.count >= 8 else {
      throw ModelFileError("a model file has at least 8 bytes, this one \(bytes.count): it is truncated or empty")
    }
    let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << (8 * UInt64($1)) }
    guard length <= UInt64(Self.longestHeader) else {
      throw ModelFileError(
        "the header claims \(length) bytes, more than \(Self.longestHeader): this is not a model file")
    }
    let start = 8 + Int(length)
    guard start <= bytes.count else {
      throw ModelFileError("the header claims \(length) bytes, the file has \(bytes.count - 8): it is truncated")
    }
    return (try header(bytes[8..<start]), start)
  }

  private static func header(_ bytes: ArraySlice<UInt8>) throws -> Header {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw ModelFileError("the header is not UTF-8 text: this is not a model file, or it is damaged")
    }
    try checkNesting(bytes)
    do {
      return try JSONDecoder().decode(Header.self, from: Data(bytes))
    } catch {
      throw ModelFileError("the header is not the JSON of a model file: \(sentence(error))")
    }
  }

  /// The entries in the data's order, each one sound in itself.
  private static func ordered(_ entries: [String: Entry], available: Int) throws -> [(String, Entry)] {
    for (name, entry) in entries {
      guard let width = Self.widths[entry.dtype] else {
        throw ModelFileError("tensor \"\(name)\" is \(entry.dtype); only F32 and U8 are supported: convert it")
      }
      guard entry.offsets.count == 2, entry.offsets[0] >= 0, entry.offsets[0] <= entry.offsets[1],
        entry.offsets[1] <= available
      else {
        throw ModelFileError("tensor \"\(name)\" lies at \(entry.offsets), outside the \(available) bytes of data")
      }
      guard let count = product(entry.shape), count == (entry.offsets[1] - entry.offsets[0]) / width,
        (entry.offsets[1] - entry.offsets[0]) % width == 0
      else {
        throw ModelFileError(
          "tensor \"\(name)\" has shape \(entry.shape.prefix(8)), which is not what its "
            + "\(entry.offsets[1] - entry.offsets[0]) bytes hold")
      }
    }
    return entries.map { ($0.key, $0.value) }.sorted {
      ($0.1.offsets[0], $0.1.offsets[1], $0.0) < ($1.1.offsets[0], $1.1.offsets[1], $1.0)
    }
  }

  private static func product(_ shape: [Int]) -> Int? {
    guard shape.count <= 8 else { return nil }
    var product = 1
    for dimension in shape {
      guard dimension >= 0 else { return nil }
      let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
      guard !overflow else { return nil }
      product = next
    }
    return product
  }

  private static func tensor(_ entry: Entry, in bytes: [UInt8], from start: Int) -> Tensor {
    var tensor = Tensor(shape: entry.shape)
    bytes.withUnsafeBytes { source in
      tensor.withUnsafeMutableBufferPointer { target in
        for i in target.indices {
          let bits = source.loadUnaligned(fromByteOffset: start + entry.offsets[0] + 4 * i, as: UInt32.self)
          target[i] = Float(bitPattern: UInt32(littleEndian: bits))
        }
      }
    }
    return tensor
  }

  /// Parsers of JSON recurse; a header of a million brackets would exhaust the stack.
  static func checkNesting(_ json: some Sequence<UInt8>) throws {
    var depth = 0
    var isInString = false
    var isEscaped = false
    for byte in json {
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isInString = true
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        guard depth <= deepestNesting else {
          throw ModelFileError("the JSON is nested deeper than \(deepestNesting): this is not a model file")
        }
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      default: break
      }
    }
  }

  /// A decoding error in words.
  static func sentence(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "\(error)" }
    let context: DecodingError.Context
    switch error {
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .keyNotFound(_, let found),
      .dataCorrupted(let found):
      context = found
    @unknown default: return "\(error)"
    }
    let path = context.codingPath.map(\.stringValue).joined(separator: ".")
    return path.isEmpty ? context.debugDescription : "at \(path): \(context.debugDescription)"
  }
}
