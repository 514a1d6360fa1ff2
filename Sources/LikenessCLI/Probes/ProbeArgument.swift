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
    if let probe = try Probe(text: text) {
      self = .given(probe)
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
}
