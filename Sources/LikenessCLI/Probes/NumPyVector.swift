import Foundation

/// One vector in NumPy's `.npy` format: float32 or float64, little-endian, shape `[n]` or `[1, n]`.
struct NumPyVector {
  let values: [Float]

  init(path: String) throws {
    guard let bytes = FileManager.default.contents(atPath: path) else {
      throw CommandFailure("\(path): cannot be read: check the path")
    }
    do {
      values = try Self.parse([UInt8](bytes))
    } catch let problem as Problem {
      throw CommandFailure("\(path): \(problem.reason): save one float32 vector with numpy.save")
    }
  }

  private struct Problem: Error {
    var reason: String
  }

  private static func parse(_ bytes: [UInt8]) throws -> [Float] {
    guard bytes.count >= 10, bytes.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw Problem(reason: "is not an .npy file")
    }
    let isVersionOne = bytes[6] == 1
    let lengthBytes = isVersionOne ? 2 : 4
    guard bytes.count >= 8 + lengthBytes else { throw Problem(reason: "ends inside its header") }
    let headerLength = (0..<lengthBytes).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    let start = 8 + lengthBytes + headerLength
    guard start <= bytes.count else { throw Problem(reason: "ends inside its header") }
    let header = String(decoding: bytes[8 + lengthBytes..<start], as: UTF8.self)
    let width: Int
    if header.contains("'<f4'") {
      width = 4
    } else if header.contains("'<f8'") {
      width = 8
    } else {
      throw Problem(reason: "does not hold little-endian float32 or float64")
    }
    let shape = try Self.shape(in: header)
    let count = bytes.count - start
    guard shape.filter({ $0 != 1 }).count <= 1, count % width == 0,
      shape.reduce(1, { $0.multipliedReportingOverflow(by: $1).partialValue }) == count / width
    else { throw Problem(reason: "does not hold exactly one vector") }
    return bytes.withUnsafeBytes { raw in
      (0..<count / width).map { index in
        width == 4
          ? Float(
            bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: start + index * 4, as: UInt32.self)))
          : Float(
            Double(
              bitPattern: UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: start + index * 8, as: UInt64.self))))
      }
    }
  }

  private static func shape(in header: String) throws -> [Int] {
    guard let open = header.range(of: "'shape': ("), let close = header[open.upperBound...].firstIndex(of: ")") else {
      throw Problem(reason: "has a header without a shape")
    }
    return try header[open.upperBound..<close].split(separator: ",").compactMap { part in
      let text = part.trimmingCharacters(in: .whitespaces)
      if text.isEmpty { return nil }
      guard let size = Int(text), size >= 0 else { throw Problem(reason: "has a header without a usable shape") }
      return size
    }
  }
}
