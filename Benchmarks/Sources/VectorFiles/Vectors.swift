import ArgumentParser
import Foundation

/// The rows of an .fvecs file: for each its dimension as Int32, then its values as Float32, little-endian.
public struct Vectors: Sendable {
  /// Values in a row.
  public let dimension: Int
  /// Rows.
  public let count: Int
  private let values: [Float]

  /// The first `limit` rows of a file.
  public init(path: String, limit: Int) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    guard data.count >= 4 else { throw ValidationError("\(path) holds no vector") }
    let dimension = data.withUnsafeBytes { Int(Int32(littleEndian: $0.loadUnaligned(as: Int32.self))) }
    guard (1...65_536).contains(dimension), data.count % (4 * dimension + 4) == 0 else {
      throw ValidationError("\(path) is not .fvecs: rows of \(dimension) values do not fill it")
    }
    let count = min(data.count / (4 * dimension + 4), limit)
    self.dimension = dimension
    self.count = count
    values = data.withUnsafeBytes { bytes in
      var values = [Float](repeating: 0, count: count * dimension)
      for row in 0..<count {
        for i in 0..<dimension {
          let bits = bytes.loadUnaligned(fromByteOffset: (row * (dimension + 1) + 1 + i) * 4, as: UInt32.self)
          values[row * dimension + i] = Float(bitPattern: UInt32(littleEndian: bits))
        }
      }
      return values
    }
  }

  /// One row.
  public func row(_ i: Int) -> [Float] { Array(values[i * dimension..<(i + 1) * dimension]) }
}
