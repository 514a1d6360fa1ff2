import Foundation
import Seeded
import VectorFiles

/// A folder of its own for one test, gone with it.
final class Scratch: Sendable {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("vector-files-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  /// The names of the files in the folder.
  func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
}

extension Seeded {
  /// Any finite float32, of every size there is.
  mutating func float() -> Float {
    while true {
      let value = Float(bitPattern: UInt32(truncatingIfNeeded: next()))
      if value.isFinite { return value }
    }
  }

  /// A name of pieces that formats trip over.
  mutating func name(_ pieces: [String]) -> String {
    (0..<Int.random(in: 1...8, using: &self)).map { _ in pieces.randomElement(using: &self) ?? "a" }.joined()
  }
}

/// All rows of a reader.
func rows(_ reader: any VectorReader) throws -> [VectorRow] {
  var rows: [VectorRow] = []
  while let row = try reader.next() { rows.append(row) }
  return rows
}

/// All rows of a file's text.
func rows(_ text: String, _ format: VectorFileFormat) throws -> [VectorRow] {
  try rows(VectorFile.reader(bytes: Array(text.utf8), format: format, path: "file"))
}

/// A NumPy array file.
func npy(
  _ values: [Float], shape: String, type: String = "<f4", order: String = "False", version: UInt8 = 1
) -> [UInt8] {
  let header = "{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }\n"
  let length = header.utf8.count
  return [0x93] + Array("NUMPY".utf8) + [version, 0, UInt8(length & 255), UInt8(length >> 8)]
    + (version == 1 ? [] : [0, 0]) + Array(header.utf8) + bytes(values)
}

func bytes(_ values: [Float]) -> [UInt8] { values.flatMap { word($0.bitPattern) } }

func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
