import Foundation
import Likeness
import VectorFiles

/// A probe as written on the command line.
struct ProbeArgument {
  let probe: Probe
  /// Whether the gallery's embedder must run to answer it.
  let needsEmbedder: Bool

  /// Reads `vector:1,2,3`, `id:123`, `@file.npy`, or the path of a picture.
  init(_ text: String) throws {
    if text.hasPrefix("vector:") {
      probe = .vector(try Self.vector(String(text.dropFirst("vector:".count))))
      needsEmbedder = false
    } else if text.hasPrefix("id:") {
      guard let id = Int64(text.dropFirst("id:".count)) else {
        throw CommandFailure("\(text): an embedding's id is a whole number: write id:123")
      }
      probe = .embedding(EmbeddingID(rawValue: id))
      needsEmbedder = false
    } else if text.hasPrefix("@") {
      probe = .vector(try Self.vector(inFile: String(text.dropFirst())))
      needsEmbedder = false
    } else {
      guard FileManager.default.fileExists(atPath: text) else {
        throw CommandFailure("\(text): there is no such file: give a picture, vector:…, id:… or @file.npy")
      }
      probe = .input(.file(path: text))
      needsEmbedder = true
    }
  }

  private static func vector(inFile path: String) throws -> [Float] {
    let table = try VectorTable(path: path, format: VectorFileFormat(path: path) ?? .npy, limit: 2)
    guard table.count == 1 else {
      throw CommandFailure("\(path): holds more than one vector: save the one to ask about, with numpy.save")
    }
    return table.values
  }

  private static func vector(_ text: String) throws -> [Float] {
    try text.split(separator: ",", omittingEmptySubsequences: false).enumerated().map { index, part in
      // Float's own parser knows no locale.
      guard let value = Float(part.trimmingCharacters(in: .whitespaces)) else {
        throw CommandFailure("vector: value \(index + 1), \"\(part)\", is not a number: write vector:0.1,0.2,…")
      }
      return value
    }
  }
}
