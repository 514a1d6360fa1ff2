import Foundation
import Likeness
import VectorFiles

/// A probe as written on the command line.
enum ProbeArgument {
  /// What any gallery can be asked.
  case given(Probe)
  /// What the gallery's embedder has to make sense of: a picture's path, a word.
  case input(String)

  /// Reads `vector:1,2,3`, `id:123`, `@file.npy`, or anything else.
  init(_ text: String) throws {
    if text.hasPrefix("vector:") {
      self = .given(.vector(try Self.vector(String(text.dropFirst("vector:".count)))))
    } else if text.hasPrefix("id:") {
      guard let id = Int64(text.dropFirst("id:".count)) else {
        throw CommandFailure("\(text): an embedding's id is a whole number: write id:123")
      }
      self = .given(.embedding(EmbeddingID(rawValue: id)))
    } else if text.hasPrefix("@") {
      self = .given(.vector(try Self.vector(inFile: String(text.dropFirst()))))
    } else {
      self = .input(text)
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
