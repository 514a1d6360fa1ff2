import Foundation

/// Rows of a file in the TEXMEX formats: each row is its length as a little-endian Int32, then that many 32-bit values,
/// float32 in `.fvecs` and int32 in `.ivecs` (http://corpus-texmex.irisa.fr).
struct VectorFile<Value> {
  /// `[count, dimension]`, row-major.
  var values: [Value]
  /// Values in each row.
  var dimension: Int
  /// Rows.
  var count: Int { values.count / dimension }
}

/// What is wrong with a vector file.
struct VectorFileError: Error, CustomStringConvertible {
  var path: String
  var reason: String
  var description: String { "\(path): \(reason)" }
}

extension VectorFile<Float> {
  /// Reads an `.fvecs` file. Memory follows what the file really holds, whatever its rows claim.
  init(fvecs path: String) throws { try self.init(path: path, zero: 0) }
}

extension VectorFile<Int32> {
  /// Reads an `.ivecs` file.
  init(ivecs path: String) throws { try self.init(path: path, zero: 0) }
}

extension VectorFile {
  private static var longestRow: Int { 65_536 }

  /// `Value` must be a 32-bit number, stored as the file stores it.
  private init(path: String, zero: Value) throws {
    func refuse(_ reason: String) -> VectorFileError { VectorFileError(path: path, reason: reason) }
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw refuse("cannot be opened: check the path and that it may be read")
    }
    defer { try? file.close() }
    guard let head = try file.read(upToCount: 4), head.count == 4 else {
      throw refuse("is empty: an .fvecs or .ivecs file begins with the length of its first row")
    }
    let dimension = Int(head.loadInt32(at: 0))
    guard (1...Self.longestRow).contains(dimension) else {
      throw refuse("its first row claims \(dimension) values: is it an .fvecs or .ivecs file?")
    }
    let rowBytes = 4 + 4 * dimension
    let size = try file.seekToEnd()
    guard size % UInt64(rowBytes) == 0 else {
      throw refuse(
        "\(size) bytes are not a whole number of rows of \(rowBytes): the file is truncated or not of this kind")
    }
    try file.seek(toOffset: 0)
    var values: [Value] = []
    values.reserveCapacity(Int(size) / rowBytes * dimension)
    let rowsAtOnce = max(1, (4 << 20) / rowBytes)
    var row = 0
    while let block = try file.read(upToCount: rowsAtOnce * rowBytes), !block.isEmpty {
      guard block.count % rowBytes == 0 else { throw refuse("ends inside row \(row + block.count / rowBytes)") }
      for start in stride(from: 0, to: block.count, by: rowBytes) {
        guard Int(block.loadInt32(at: start)) == dimension else {
          throw refuse("row \(row) has another length than the \(dimension) of the first")
        }
        block.withUnsafeBytes { bytes in
          let payload = UnsafeRawBufferPointer(rebasing: bytes[start + 4..<start + rowBytes])
          values.append(
            contentsOf: [Value](unsafeUninitializedCapacity: dimension) { buffer, count in
              UnsafeMutableRawBufferPointer(buffer).copyMemory(from: payload)
              count = dimension
            })
        }
        row += 1
      }
    }
    self.values = values
    self.dimension = dimension
  }
}

extension Data {
  fileprivate func loadInt32(at offset: Int) -> Int32 {
    withUnsafeBytes { Int32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Int32.self)) }
  }
}
